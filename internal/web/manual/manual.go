// Package manual shows the document of the API to people: one page at /api, made
// of the document alone, with examples to be copied into a terminal.
//
// It is the same for everybody and loads nothing from elsewhere. The frame speaks
// the reader's language, the document itself is English.
package manual

import (
	_ "embed"
	"net/http"
	"sync"

	"lotse/internal/platform/i18n"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

//go:embed manual.css
var css string

var style = assets.RegisterStyle("manual.css", css)

// Parts are what the page is made of.
type Parts struct {
	Kit      *web.Kit
	Document func() []byte  // OpenAPI, as it is served
	Codes    map[int]string // of problems, by HTTP status
}

// Manual shows the page.
type Manual struct {
	Parts
	read func() (book, error)
}

// New returns the page of a document. The document is read when the first reader
// comes.
func New(p Parts) *Manual {
	return &Manual{Parts: p, read: sync.OnceValues(func() (book, error) { return parse(p.Document(), p.Kit.BaseURL) })}
}

// Routes mounts the page.
func (m *Manual) Routes(mux *http.ServeMux) {
	mux.Handle("GET /api", m.Kit.Page(m.show))
}

func (m *Manual) show(w http.ResponseWriter, r *http.Request) error {
	b, err := m.read()
	if err != nil {
		return err
	}
	p := i18n.From(r.Context())
	page := m.Kit.Bare(r, p.T("api.manual.title"))
	page.Styles = append(page.Styles, style)
	w.Header().Set("Cache-Control", "no-cache")
	frame := ui.PublicProps{Page: page, Nav: ui.PublicNav(p, ""), Wide: true, NoIndex: true, OwnSignpost: true}
	return web.Render(w, r, http.StatusOK, manualPage(frame, b, m.Codes))
}
