// Package account holds the pages around signing in: the setup of an empty desk,
// sign-in and sign-out, invitation and forgotten password, and what staff see of
// their own account.
//
// It owns no data and no rule: setup, staff and access decide, the pages show.
// Only app builds it.
package account

import (
	"context"
	_ "embed"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/digest"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/setup"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// home is where the day begins for somebody who signed in.
const home = "/cases"

//go:embed account.css
var css string

var style = assets.RegisterStyle("account.css", css)

// Parts are what the pages stand on.
type Parts struct {
	Kit    *web.Kit
	Setup  *setup.Setup
	Digest *digest.Digest
}

// Pages are the handlers of this package.
type Pages struct {
	kit    *web.Kit
	setup  *setup.Setup
	digest *digest.Digest
}

// New returns the pages.
func New(p Parts) *Pages { return &Pages{kit: p.Kit, setup: p.Setup, digest: p.Digest} }

// Routes mounts the pages.
func (p *Pages) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]web.Handler{
		"GET /setup": p.showSetup, "POST /setup": p.runSetup,
		"GET /signin": p.showSignIn, "POST /signin": p.signIn,
		"POST /signout": p.signOut,
		"GET /forgot":   p.showForgot, "POST /forgot": p.forgot,
		"GET /reset/{token}": web.Secret(p.showReset), "POST /reset/{token}": web.Secret(p.reset),
		"GET /portraits/{id}": p.portrait,
		"GET /invite/{token}": web.Secret(p.showInvite), "POST /invite/{token}": web.Secret(p.accept),
		"GET /unsubscribe/{token}": web.Secret(p.showUnsubscribe), "POST /unsubscribe/{token}": web.Secret(p.unsubscribe),
	} {
		mux.Handle(pattern, p.kit.Page(h))
	}
	for pattern, h := range map[string]web.Handler{
		"GET /account":                    p.showAccount,
		"POST /account/language":          p.setLanguage,
		"POST /account/digest":            p.setDigest,
		"POST /account/password":          p.changePassword,
		"POST /account/portrait":          p.setPortrait,
		"POST /account/portrait/public":   p.showPortrait,
		"POST /account/sessions/others":   p.endOthers,
		"POST /account/sessions/{id}/end": p.endSession,
	} {
		mux.Handle(pattern, p.kit.StaffPage(h))
	}
}

// bare is the frame of a page for somebody who is not signed in.
func (p *Pages) bare(r *http.Request, title, lead string) ui.BareProps {
	page := p.kit.Bare(r, title)
	page.Styles = []string{form.Style, style}
	return ui.BareProps{Page: page, Heading: title, Lead: lead}
}

// network is what the limits on guessing know of the peer.
func (p *Pages) network(r *http.Request) string { return access.NetworkOf(p.kit.Client(r)) }

// enter signs somebody in and leads on, with a notice unless key is empty.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, who ids.ID, key, to string) error {
	if err := p.kit.Sessions.SignIn(r.Context(), w, who); err != nil {
		return err
	}
	if key != "" {
		if err := p.kit.Flash(r, ui.Success, key); err != nil {
			return err
		}
	}
	return web.Redirect(w, r, to)
}

// t returns a text of the catalogue in the reader's language.
func t(ctx context.Context, key string, args ...any) string { return i18n.From(ctx).T(key, args...) }
