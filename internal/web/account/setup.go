package account

import (
	"context"
	"errors"
	"net/http"

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/setup"
	"lotse/internal/web"
	"lotse/internal/web/form"
)

// setupFields are the controls of the setup page from top to bottom.
var setupFields = []string{"code", "name", "email", "password", "brand_name", "language", "region",
	"address", "relay_host", "relay_port", "relay_security", "relay_user", "relay_password"}

func (p *Pages) showSetup(w http.ResponseWriter, r *http.Request) error {
	if err := p.needsSetup(r.Context()); err != nil {
		return err
	}
	f := form.New("language", string(i18n.From(r.Context()).Locale()), "region", "DE", "relay_port", "587", "relay_security", catalog.StartTLS)
	return p.renderSetup(w, r, http.StatusOK, f)
}

func (p *Pages) runSetup(w http.ResponseWriter, r *http.Request) error {
	if err := p.needsSetup(r.Context()); err != nil {
		return err
	}
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	typed := setupForm(f)
	made, err := p.setup.Run(r.Context(), typed, p.network(r))
	if err == nil {
		return p.enter(w, r, made.ID, "account.setup.done", "/admin/mailboxes")
	}
	if errs.Is(err, errs.Conflict) {
		return err // somebody else was faster
	}
	status, err := f.Refused(r.Context(), everyFault(err, typed), "code")
	if err != nil {
		return err
	}
	f.Sort(setupFields...)
	return p.renderSetup(w, r, status, f)
}

func (p *Pages) needsSetup(ctx context.Context) error {
	needed, err := p.setup.Needed(ctx)
	if err == nil && !needed {
		err = errs.New(errs.NotFound, "")
	}
	return err
}

// everyFault adds to a wrong code what else is wrong: nobody likes to mend a form
// twice.
func everyFault(err error, typed setup.Form) error {
	if fields := errs.Fields(err); len(fields) == 1 && fields[0].Field == "code" {
		return errors.Join(err, typed.Check())
	}
	return err
}

func (p *Pages) renderSetup(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	frame := p.bare(r, t(r.Context(), "account.setup.title"), t(r.Context(), "account.setup.lead"))
	frame.Wide, frame.Errors = true, f.Errors
	return web.Render(w, r, status, setupPage(frame, form.Action(r), f))
}

func setupForm(f form.Form) setup.Form {
	return setup.Form{
		Code: f.Get("code"), Name: f.Get("name"), Email: f.Get("email"), Password: f.Get("password"),
		BrandName: f.Get("brand_name"), Language: f.Get("language"), Region: f.Get("region"),
		Address: f.Get("address"), RelayHost: f.Get("relay_host"), RelayPort: f.Int("relay_port", 0),
		RelaySecurity: f.Get("relay_security"), RelayUser: f.Get("relay_user"), RelayPassword: f.Get("relay_password"),
	}
}
