package account

import (
	"context"
	"net/http"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// profile is what the account page shows.
type profile struct {
	who      staff.Staff
	sessions []access.Session
	now      time.Time
	form     form.Form
}

func (p *Pages) showAccount(w http.ResponseWriter, r *http.Request) error {
	return p.renderAccount(w, r, http.StatusOK, form.Form{})
}

// renderAccount shows the page; f is a form of it that was refused, or empty.
func (p *Pages) renderAccount(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	ctx := r.Context()
	a := access.FromContext(ctx)
	who, err := p.kit.Staff.ByID(ctx, a, a.ID)
	if err != nil {
		return err
	}
	sessions, err := p.kit.Sessions.List(ctx, a, a.ID)
	if err != nil {
		return err
	}
	rhythm, err := p.digest.Chosen(ctx, a)
	if err != nil {
		return err
	}
	frame := p.kit.Shell(r, t(ctx, "account.title"), "/account")
	frame.Errors, frame.Styles = f.Errors, append(frame.Styles, form.Style, style)
	return web.Render(w, r, status, accountPage(frame, profile{who, sessions, p.kit.Clock.Now(), f.Over(form.New("language", who.Language, "rhythm", rhythm.String()))}))
}

func (p *Pages) setLanguage(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	a := access.FromContext(r.Context())
	if err := p.kit.Staff.SetLanguage(r.Context(), a, a.ID, f.Get("language")); err != nil {
		return p.refuse(w, r, err, f, "language")
	}
	return p.saved(w, r, "account.language.saved")
}

// changePassword ends all sessions, so this browser gets a new one.
func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	a := access.FromContext(r.Context())
	if err := p.kit.Staff.ChangePassword(r.Context(), a, f.Get("old_password"), f.Get("password")); err != nil {
		return p.refuse(w, r, err, f, "old_password")
	}
	return p.enter(w, r, a.ID, "account.password_saved", "/account")
}

func (p *Pages) endSession(w http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.Wrap(errs.NotFound, err, "ending a session")
	}
	err = p.kit.Sessions.Revoke(r.Context(), access.FromContext(r.Context()), id)
	if err != nil && !errs.Is(err, errs.NotFound) { // it is over, which is what was asked for
		return err
	}
	return p.saved(w, r, "account.sessions.ended")
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.kit.Sessions.RevokeOthers(r.Context(), access.FromContext(r.Context())); err != nil {
		return err
	}
	return p.saved(w, r, "account.sessions.ended_others")
}

func (p *Pages) refuse(w http.ResponseWriter, r *http.Request, err error, f form.Form, at string) error {
	status, err := f.Refused(r.Context(), err, at)
	if err != nil {
		return err
	}
	return p.renderAccount(w, r, status, f)
}

func (p *Pages) saved(w http.ResponseWriter, r *http.Request, key string) error {
	if err := p.kit.Flash(r, ui.Success, key); err != nil {
		return err
	}
	return web.Redirect(w, r, "/account")
}

// others reports whether there are sessions beside the one that asks.
func (p profile) others() bool { return len(p.sessions) > 1 }

// deviceName is how a session's browser is called.
func deviceName(ctx context.Context, agent string) string {
	if agent == "" {
		return t(ctx, "account.sessions.unknown")
	}
	return agent
}

func deviceIcon(agent string) string {
	for _, small := range []string{"iPhone", "iPad", "Android"} {
		if strings.Contains(agent, small) {
			return "smartphone"
		}
	}
	return "monitor"
}
