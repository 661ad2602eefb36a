package account

import (
	"net/http"

	"lotse/internal/access"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

func (p *Pages) showSignIn(w http.ResponseWriter, r *http.Request) error {
	if access.FromContext(r.Context()).Kind == access.Staff {
		return web.Redirect(w, r, next(r))
	}
	return p.renderSignIn(w, r, http.StatusOK, form.Form{})
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	who, err := p.kit.Staff.SignIn(r.Context(), f.Get("email"), f.Get("password"), p.network(r))
	if err == nil {
		return p.enter(w, r, who.ID, "", next(r))
	}
	status, err := f.Refused(r.Context(), err, "email")
	if err != nil {
		return err
	}
	return p.renderSignIn(w, r, status, f)
}

// next is where somebody wanted to go before signing in: a page of this desk.
func next(r *http.Request) string { return web.Local(r.URL.Query().Get("next"), home) }

func (p *Pages) renderSignIn(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	frame := p.bare(r, t(r.Context(), "account.sign_in.title"), "")
	frame.Errors = f.Errors
	if r.URL.Query().Has("out") {
		frame.Flash = &ui.FlashProps{Tone: ui.Success, Text: t(r.Context(), "account.sign_in.out")}
	}
	return web.Render(w, r, status, signInPage(frame, form.Action(r), form.Link(r, "/forgot"), f))
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.kit.Sessions.SignOut(r.Context(), w); err != nil {
		return err
	}
	return web.Redirect(w, r, "/signin?out=1")
}

func (p *Pages) showForgot(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("sent") {
		frame := p.bare(r, t(r.Context(), "account.forgot.sent"), t(r.Context(), "account.forgot.sent_text"))
		return web.Render(w, r, http.StatusOK, forgotSentPage(frame, form.Link(r, "/signin")))
	}
	return p.renderForgot(w, r, http.StatusOK, form.Form{})
}

// forgot answers everybody alike: who works here is nobody's business.
func (p *Pages) forgot(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	err = p.kit.Staff.RequestReset(r.Context(), f.Get("email"), p.network(r))
	if err == nil {
		return web.Redirect(w, r, form.Link(r, "/forgot?sent=1"))
	}
	status, err := f.Refused(r.Context(), err, "email")
	if err != nil {
		return err
	}
	return p.renderForgot(w, r, status, f)
}

func (p *Pages) renderForgot(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	frame := p.bare(r, t(r.Context(), "account.forgot.title"), t(r.Context(), "account.forgot.lead"))
	frame.Errors = f.Errors
	return web.Render(w, r, status, forgotPage(frame, form.Action(r), form.Link(r, "/signin"), f))
}
