// Package portal holds the pages of customers who write to the desk: the form
// to ask, their own cases and file, the ways back to them, and the choice to
// make a question public.
//
// Nobody registers. Who asked holds a pass (see package access): the secret link
// of a case, or the link that opens the whole file. A link is exchanged by a
// button for a cookie of the same power that is sent to the pages of this case,
// or of this file, alone. Everything works without a script; what was typed
// comes back whatever happens to the form.
//
// The package holds no rule of its own: what a customer may see or do is decided
// by desk, intake and publish, which get the actor. Package app makes the Portal
// and mounts its routes behind web.Kit's chain.
package portal

import (
	"context"
	_ "embed"
	"net"
	"net/http"
	"net/url"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

//go:embed portal.css
var styleSource string

//go:embed portal.js
var scriptSource string

var (
	style  = assets.RegisterStyle("portal.css", letter.Style+styleSource)
	script = assets.RegisterScript("portal.js", scriptSource)
)

// Parts are what the portal is made of.
type Parts struct {
	Kit     *web.Kit
	Seal    *seal.Sealer
	Desk    *desk.Desk
	Intake  *intake.Intake
	Outbox  *outbox.Outbox
	People  *people.People
	Publish *publish.Publish
	Passes  *access.Passes
	Limiter *access.Limiter
	Blobs   *blob.Folder
	Spam    publish.Scorer // points of spam for a text; nil finds nothing
	// Signpost names the script that suggests public questions while one types, as
	// registered with package assets; "" for none.
	Signpost string
}

// Portal answers the requests of customers.
type Portal struct{ Parts }

// New returns the portal. A process has one.
func New(p Parts) *Portal { return &Portal{p} }

// Routes mounts the pages.
func (p *Portal) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]web.Handler{
		"GET /ask": p.showAsk, "POST /ask": p.ask, "POST /ask/files": p.stage,
		"GET /track": p.showTrack, "POST /track": p.track,
		"GET /my": p.showFile, "POST /my/link": p.sendFileLink, "POST /my/leave": p.leave,
		"GET /l/{token}": web.Secret(p.showCaseLink), "POST /l/{token}": web.Secret(p.openCase),
		"GET /f/{token}": web.Secret(p.showFileLink), "POST /f/{token}": web.Secret(p.openFile),
		"GET /d/{token}": web.Secret(p.showDownloads), "POST /d/{token}": web.Secret(p.download),
		"GET /my/{number}":                      p.showCase,
		"POST /my/{number}/files":               p.stageOwn,
		"POST /my/{number}/message":             p.write,
		"POST /my/{number}/contest":             p.contest,
		"POST /my/{number}/solved":              p.solved,
		"GET /my/{number}/erasure":              p.showErasure,
		"POST /my/{number}/erasure":             p.askErasure,
		"GET /my/{number}/revoke":               p.showRevoke,
		"POST /my/{number}/revoke":              p.revoke,
		"GET /my/{number}/public":               p.showPublic,
		"POST /my/{number}/public":              p.publish,
		"GET /my/{number}/public/back":          p.showTakeBack,
		"POST /my/{number}/public/back":         p.takeBack,
		"GET /my/{number}/files/{id}/{name...}": p.attachment,
	} {
		mux.Handle(pattern, p.Kit.Page(private(h)))
	}
}

// private keeps a page out of every cache.
func private(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		return h(w, r)
	}
}

// frame is the frame of our pages. way is the entry of the signpost the page
// belongs to.
func (p *Portal) frame(r *http.Request, title, way string) ui.PublicProps {
	page := p.Kit.Bare(r, title)
	page.Styles, page.Scripts = []string{style}, []string{script}
	ways := web.Ways(r)
	ways.Current = way
	page.Home = ways.Solve
	return ui.PublicProps{Page: page, Ways: ways, NoIndex: true, Nav: ui.PublicNav(i18n.From(r.Context()), "")}
}

// brand is the brand the host belongs to.
func (p *Portal) brand(r *http.Request) (ids.ID, error) {
	b, err := p.Kit.Catalog.BrandByHost(r.Context(), r.Host)
	return b.ID, err
}

// base is where the pages of the brand are: the desk's address, with the host
// name of the brand if it has one.
func (p *Portal) base(r *http.Request) (string, error) {
	b, err := p.Kit.Catalog.BrandByHost(r.Context(), r.Host)
	if err != nil || b.Host == "" {
		return p.Kit.BaseURL, err
	}
	u, err := url.Parse(p.Kit.BaseURL)
	if err != nil {
		return p.Kit.BaseURL, nil
	}
	if port := u.Port(); port != "" {
		u.Host = net.JoinHostPort(b.Host, port)
	} else {
		u.Host = b.Host
	}
	return u.String(), nil
}

// notFound is the answer for a case that is not there, or not the asker's.
func notFound() error { return errs.New(errs.NotFound, "portal.case.not_found") }

// noticed is what the page that follows an action says about it, by the value
// of ?done in its address.
func noticed(r *http.Request) *ui.FlashProps {
	done := r.URL.Query().Get("done")
	for _, known := range []string{"message", "contest", "solved", "erasure", "revoked", "left", "proposed", "taken_back"} {
		if done == known {
			return &ui.FlashProps{Tone: ui.Success, Text: t(r.Context(), "portal.done."+done)}
		}
	}
	return nil
}

// t returns a text of the catalogue in the reader's language.
func t(ctx context.Context, key string, args ...any) string { return i18n.From(ctx).T(key, args...) }

// masked shows enough of an address to know one's own: "m…@lindenau.example".
func masked(address string) string {
	name, domain, ok := strings.Cut(address, "@")
	if !ok || name == "" {
		return ""
	}
	return string([]rune(name)[:1]) + "…@" + domain
}
