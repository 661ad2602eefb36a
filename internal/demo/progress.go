package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"lotse/internal/platform/i18n"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

// progress is the page that says how far a world is while it is made.
type progress struct {
	server    *http.Server
	address   string
	ended     chan struct{}
	done, all atomic.Int64
}

// showProgress opens the page at the address the desk will have.
func showProgress(address string) (*progress, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the web server: %w", err)
	}
	p := &progress{address: l.Addr().String(), ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.Handle(assets.Prefix, assets.Handler())
	mux.HandleFunc("/", p.page)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(p.ended)
		_ = p.server.Serve(l) // ends with close
	}()
	return p, nil
}

func (p *progress) tell(done, all int) {
	p.done.Store(int64(done))
	p.all.Store(int64(all))
}

// page answers whatever is asked for with how far the world is, and with the tour to
// read meanwhile; the browser asks again by itself, and comes to the tour.
func (p *progress) page(w http.ResponseWriter, r *http.Request) {
	words := i18n.For(i18n.Match(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"), "de"))
	ctx := i18n.With(r.Context(), words)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", "1")
	h.Set("Refresh", next(r))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(http.StatusServiceUnavailable)
	page := ui.BareProps{Page: ui.Page{Title: words.T("demo.making.title"), Brand: "Stadtwerke Lindenau", Home: TourPath, Styles: []string{styleName}},
		Heading: words.T("demo.making.title"), Lead: words.T("demo.making.text"), Wide: true}
	_ = progressView(page, int(p.done.Load()), max(int(p.all.Load()), 1), stops(ctx, [5]string{})).Render(ctx, w) // who went away needs no page
}

// next says what the browser asks for after a second: the same, or the tour if nothing
// in particular was asked for.
func next(r *http.Request) string {
	switch {
	case r.URL.Path != "/":
		return "1"
	case r.URL.RawQuery == "":
		return "1; url=" + TourPath
	}
	return "1; url=" + TourPath + "?" + r.URL.RawQuery
}

// close gives the address back.
func (p *progress) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := p.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		_ = p.server.Close()
	}
	<-p.ended
}
