package public

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/publish"
	"lotse/internal/search"
)

// Finder answers what somebody looks for; *search.Index does.
type Finder interface {
	Find(ctx context.Context, q search.Query) ([]search.Hit, error)
}

// Parts are what the public pages are made of.
type Parts struct {
	Publish *publish.Publish
	Search  Finder // nil: search is off, and the pages say so
	Catalog *catalog.Catalog
	Hub     *live.Hub
	Clock   clock.Clock
	BaseURL string // public address of the desk, no slash at the end
	Alone   bool   // no other process changes what is public, as on SQLite
	// Fail shows an error in the language of the request's context.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
	Log  *slog.Logger
	// Served is told of each answer whether it was kept or had to be made, for
	// figures; it may be nil.
	Served func(kept bool)
}

// cacheBytes bounds what is kept in memory.
const cacheBytes = 32 << 20

// Pages answers the public routes.
type Pages struct {
	Parts
	desk    *url.URL
	cache   *cache
	flights singleflight.Group

	mu      sync.RWMutex
	shelves map[ids.ID]*shelf
	maps    map[ids.ID]*siteMap
}

// New returns the public pages. They listen to the hub for as long as it is open.
func New(p Parts) *Pages {
	if p.Served == nil {
		p.Served = func(bool) {}
	}
	desk, err := url.Parse(p.BaseURL)
	if err != nil {
		desk = &url.URL{Scheme: "http", Host: "localhost"} // the configuration was checked before
	}
	return &Pages{Parts: p, desk: desk, cache: newCache(cacheBytes), shelves: map[ids.ID]*shelf{}, maps: map[ids.ID]*siteMap{}}
}

// Routes adds the public routes to a mux outside of sessions.
func (p *Pages) Routes(mux *http.ServeMux) {
	for _, l := range i18n.Locales() {
		at := "GET /" + string(l)
		mux.HandleFunc(at+"/{$}", p.page(l, p.home))
		mux.HandleFunc(at+"/search", p.page(l, p.results))
		mux.HandleFunc(at+"/suggest", p.page(l, p.suggest))
		mux.HandleFunc(at+"/questions", p.page(l, p.latest))
		mux.HandleFunc(at+"/questions/unanswered", p.page(l, p.unanswered))
		mux.HandleFunc(at+"/questions/{key}", p.page(l, p.short))
		mux.HandleFunc(at+"/questions/{key}/{slug}", p.page(l, p.thread))
		mux.HandleFunc(at+"/questions.atom", p.page(l, p.latestFeed))
		mux.HandleFunc("/"+string(l)+"/", p.page(l, nothing))
	}
	mux.HandleFunc("GET /sitemap.xml", p.page(i18n.English, p.sitemap))
	mux.HandleFunc("GET /sitemap/{part}", p.page(i18n.English, p.sitemapPart))
	mux.HandleFunc("GET /robots.txt", p.page(i18n.English, p.robots))
}

// visit is one request: of which brand, in which language.
type visit struct {
	brand catalog.Brand
	look  look
	p     *i18n.Printer
	desk  *url.URL // the desk's public address
}

// in returns a context that carries the visit's language.
func (v visit) in(ctx context.Context) context.Context { return i18n.With(ctx, v.p) }

func (v visit) locale() string { return string(v.p.Locale()) }

// path returns an address in the visit's language: path("/questions").
func (v visit) path(rest string) string { return "/" + v.locale() + rest }

// local turns a path in one language into the same in the visit's.
func (v visit) local(path, language string) string {
	return v.path(strings.TrimPrefix(path, "/"+language))
}

// look is what pages take from their brand. A page of another look is made anew.
type look struct {
	name    string
	version int64
	faces   string // of the portraits beside official answers
}

type handler func(w http.ResponseWriter, r *http.Request, v visit) error

// page makes a handler of h. A desk without a brand is not set up yet: its start
// page leads on.
func (p *Pages) page(l i18n.Locale, h handler) http.HandlerFunc {
	printer := i18n.For(l)
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := p.Catalog.BrandByHost(r.Context(), r.Host)
		if errs.Is(err, errs.NotFound) {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		if err == nil {
			var faces string
			if faces, err = p.Publish.PortraitVersion(r.Context(), b.ID); err == nil {
				err = h(w, r, visit{brand: b, look: look{b.Name, b.LookVersion, faces}, p: printer, desk: p.desk})
			}
		}
		if err != nil {
			p.Fail(w, r.WithContext(i18n.With(r.Context(), printer)), err)
		}
	}
}

// base is the address the brand's pages live at, no slash at the end: the desk's,
// or the brand's own host.
func (v visit) base() string {
	host := v.desk.Host
	if v.brand.Host != "" && !strings.EqualFold(v.desk.Hostname(), v.brand.Host) {
		host = v.brand.Host
		if port := v.desk.Port(); port != "" {
			host += ":" + port
		}
	}
	return v.desk.Scheme + "://" + host + strings.TrimSuffix(v.desk.Path, "/")
}

func nothing(http.ResponseWriter, *http.Request, visit) error { return errs.New(errs.NotFound, "") }
