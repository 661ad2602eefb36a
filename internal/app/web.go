package app

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lotse/internal/access"
	"lotse/internal/api"
	"lotse/internal/channel"
	"lotse/internal/platform/errs"
	"lotse/internal/web"
	"lotse/internal/web/account"
	"lotse/internal/web/admin"
	"lotse/internal/web/manual"
	"lotse/internal/web/workspace"
)

func (a *App) buildWeb(context.Context) error {
	secure := strings.HasPrefix(a.Config.PublicURL(), "https://")
	a.Kit = &web.Kit{
		Log: a.Log, Clock: a.Clock, Staff: a.Staff, Catalog: a.Catalog, Boxes: a.Boxes, Domains: a.Domains, Brakes: a.Outbox, BaseURL: a.Config.PublicURL(), Secure: secure,
		Proxies: a.Config.Proxies(), NeedsSetup: a.Setup.Needed,
	}
	a.Kit.Sessions = access.NewSessions(a.DB, a.Clock, access.SessionOptions{Secure: secure, Address: a.Kit.Client, Failed: a.Kit.Fail})
	a.figures.begin(a.Queue.Kinds(), channel.Kinds())
	a.figures.registry.MustRegister(newNow(a))
	return nil
}

// handler is everything the web server answers.
func (a *App) handler() http.Handler {
	pages := http.NewServeMux()
	workspace.New(workspace.Parts{
		Kit: a.Kit, Desk: a.Desk, Views: a.Views, Outbox: a.Outbox, Intake: a.Intake, People: a.People, Hub: a.Hub, Blobs: a.Blobs, Seal: a.Seal,
		Publish: a.Publish,
	}).Routes(pages)
	a.portal().Routes(pages)
	account.New(account.Parts{Kit: a.Kit, Setup: a.Setup, Digest: a.Digest}).Routes(pages)
	admin.New(admin.Parts{Kit: a.Kit, Tester: a.Outbox, Boxes: a.Boxes, Domains: a.Domains, Keys: a.Keys, Jobs: a.Jobs, Templates: a.Texts, Mails: a.Outbox, Views: a.Views}).Routes(pages)
	manual.New(manual.Parts{Kit: a.Kit, Document: a.API.Document, Codes: api.Codes()}).Routes(pages)
	pages.Handle("GET /{$}", a.Kit.Page(front))
	if a.pages != nil {
		a.pages(a, pages)
	}
	pages.Handle("/", a.Kit.Page(func(http.ResponseWriter, *http.Request) error { return errs.New(errs.NotFound, "") }))
	all := http.NewServeMux()
	all.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	all.HandleFunc("GET /readyz", a.readyz)
	if a.Config.Metrics == "" {
		all.Handle("GET /metrics", onlyHere(a.metrics()))
	}
	all.Handle("/hooks/", a.hooks())
	a.API.Routes(all) // neither session nor cookie
	all.Handle("/", a.Kit.Chain(noted(pages), a.publicPages()))
	return a.figures.http.count(all)
}

// hooks are the addresses of channels that are reached over the web: programs post
// there, no browser does.
func (a *App) hooks() http.Handler {
	mux := http.NewServeMux()
	for _, adapter := range a.adapters {
		if w, ok := adapter.(channel.Web); ok {
			w.Routes(mux)
		}
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

// readyz says whether requests can be served now: for a load balancer.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.DB.Ping(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "the database does not answer\n")
		return
	}
	plain(w, http.StatusOK, "ready\n"+a.failingMailboxes(ctx))
}

// failingMailboxes is a line with their number, "" if all work. Which they are is
// not told: anybody may ask.
func (a *App) failingMailboxes(ctx context.Context) string {
	all, err := a.Boxes.All(ctx)
	if err != nil {
		return ""
	}
	failing := 0
	for _, h := range all {
		if h.Alarming() {
			failing++
		}
	}
	if failing == 0 {
		return ""
	}
	return fmt.Sprintf("failing mailboxes: %d\n", failing)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // nobody to tell if the peer is gone
}

func (a *App) metrics() http.Handler {
	return promhttp.HandlerFor(a.figures.registry, promhttp.HandlerOpts{ErrorLog: serverLog(a.Log)})
}

// serveMetrics opens an address of its own for /metrics, if one is set.
func (a *App) serveMetrics(ctx context.Context, wg *sync.WaitGroup) error {
	if a.Config.Metrics == "" {
		return nil
	}
	l, err := net.Listen("tcp", a.Config.Metrics)
	if err != nil {
		return fmt.Errorf("opening the address for metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // profiles, for whoever may reach this address
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: serverLog(a.Log)}
	wg.Go(func() { _ = s.Serve(l) }) // ends with Close
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return nil
}

// onlyHere lets only this machine in. What a proxy on this machine forwards
// comes from elsewhere.
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		forwarded := r.Header.Get("X-Forwarded-For") + r.Header.Get("Forwarded") + r.Header.Get("X-Real-Ip")
		if err != nil || !peer.Addr().Unmap().IsLoopback() || forwarded != "" {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serverLog hands what net/http complains about to our log, quietly: most of it
// is about peers that went away.
func serverLog(l *slog.Logger) *log.Logger { return slog.NewLogLogger(l.Handler(), slog.LevelDebug) }
