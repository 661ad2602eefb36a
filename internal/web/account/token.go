package account

import (
	"cmp"
	"context"
	"net/http"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/staff"
	"lotse/internal/web"
	"lotse/internal/web/form"
)

// showReset only looks: a mail scanner follows the link too.
func (p *Pages) showReset(w http.ResponseWriter, r *http.Request) error {
	who, err := p.kit.Staff.PeekReset(r.Context(), r.PathValue("token"))
	if err != nil {
		return p.over(w, r, err, resetTexts)
	}
	return p.renderToken(w, r, http.StatusOK, who, form.Form{}, resetTexts)
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	who, err := p.kit.Staff.Reset(r.Context(), r.PathValue("token"), f.Get("password"))
	if err == nil {
		return p.enter(w, r, who.ID, "account.reset.done", home)
	}
	return p.refuseToken(w, r, err, f, p.kit.Staff.PeekReset, resetTexts)
}

// showInvite only looks: a mail scanner follows the link too.
func (p *Pages) showInvite(w http.ResponseWriter, r *http.Request) error {
	who, err := p.kit.Staff.PeekInvite(r.Context(), r.PathValue("token"))
	if err != nil {
		return p.over(w, r, err, inviteTexts)
	}
	return p.renderToken(w, r, http.StatusOK, who, form.New("name", who.Name), inviteTexts)
}

func (p *Pages) accept(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	who, err := p.kit.Staff.Accept(r.Context(), r.PathValue("token"), f.Get("password"), f.Get("name"))
	if err == nil {
		return p.enter(w, r, who.ID, "account.invite.done", home)
	}
	return p.refuseToken(w, r, err, f, p.kit.Staff.PeekInvite, inviteTexts)
}

// tokenTexts tells the two pages behind a link apart.
type tokenTexts struct {
	area     string // of the catalogue
	asksName bool   // the page asks for the name too
}

var (
	resetTexts  = tokenTexts{area: "account.reset"}
	inviteTexts = tokenTexts{area: "account.invite", asksName: true}
)

// peeker looks whom a link is for.
type peeker func(ctx context.Context, token string) (staff.Staff, error)

func (p *Pages) refuseToken(w http.ResponseWriter, r *http.Request, err error, f form.Form, peek peeker, texts tokenTexts) error {
	who, gone := peek(r.Context(), r.PathValue("token"))
	if gone == nil {
		r = inLanguageOf(who, r)
	}
	status, err := f.Refused(r.Context(), err, "password")
	if err = cmp.Or(err, gone); err != nil {
		return p.over(w, r, err, texts)
	}
	f.Sort("name", "password")
	return p.renderToken(w, r, status, who, f, texts)
}

// inLanguageOf makes a page speak the language of who is invited, unless they
// choose another.
func inLanguageOf(who staff.Staff, r *http.Request) *http.Request {
	if r.URL.Query().Get("lang") != "" {
		return r
	}
	return r.WithContext(i18n.With(r.Context(), i18n.For(i18n.Match(who.Language))))
}

func (p *Pages) renderToken(w http.ResponseWriter, r *http.Request, status int, who staff.Staff, f form.Form, texts tokenTexts) error {
	r = inLanguageOf(who, r)
	frame := p.bare(r, t(r.Context(), texts.area+".title"), t(r.Context(), texts.area+".lead"))
	frame.Errors = f.Errors
	return web.Render(w, r, status, tokenPage(frame, form.Action(r), who.Email, f, texts))
}

// over shows the way on from a link that has expired or was used.
func (p *Pages) over(w http.ResponseWriter, r *http.Request, err error, texts tokenTexts) error {
	if !errs.Is(err, errs.Gone) {
		return err
	}
	frame := p.bare(r, t(r.Context(), texts.area+".over"), t(r.Context(), texts.area+".over_text"))
	return web.Render(w, r, http.StatusGone, overPage(frame, form.Link(r, "/forgot"), form.Link(r, "/signin"), texts))
}
