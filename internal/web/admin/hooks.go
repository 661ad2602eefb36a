package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

const hooksPath = "/admin/webhooks"

// hookFields are the controls of a new hook from top to bottom.
var hookFields = []string{"provider", "account", "name", "secret"}

// hooks is what the list shows.
type hooks struct {
	hooks     []catalog.PublicHook
	mailboxes map[ids.ID]string
	now       time.Time
}

// hook is what the page of one hook shows.
type hook struct {
	catalog.PublicHook
	mailbox string
	base    string // public address of the desk
	secret  string // just made, shown this once; else ""
	form    form.Form
	now     time.Time
}

func (h hook) path() string { return hooksPath + "/" + h.ID.String() }

// address is what is entered at the provider. Where the password belongs into it,
// dots stand for one that is not shown any more.
func (h hook) address() string {
	address := h.base + "/hooks/" + h.ID.String()
	switch h.Provider {
	case catalog.Mailgun:
		return address + "/mime" // or Mailgun does not send the whole mail
	case catalog.Mandrill, catalog.OwnProgram:
		return address
	}
	secret := h.secret
	if secret == "" {
		secret = "…"
	}
	scheme, rest, _ := strings.Cut(address, "://")
	return scheme + "://" + catalog.HookUser + ":" + secret + "@" + rest
}

// inAddress reports whether the secret is a part of the address.
func (h hook) inAddress() bool { return !h.KeyOfProvider() && h.Provider != catalog.OwnProgram }

func hookTitle(ctx context.Context, h catalog.Hook) string {
	if h.Name != "" {
		return h.Name
	}
	return providerName(ctx, h.Provider)
}

// providerName is how a provider calls itself.
func providerName(ctx context.Context, provider string) string {
	switch provider {
	case catalog.CloudMailin:
		return "CloudMailin"
	case catalog.Mailgun:
		return "Mailgun"
	case catalog.Mandrill:
		return "Mandrill"
	case catalog.Postmark:
		return "Postmark"
	case catalog.SendGrid:
		return "SendGrid"
	}
	return t(ctx, "hook.program")
}

func providerOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, p := range catalog.HookProviders() {
		options = append(options, ui.Option{Value: p, Label: providerName(ctx, p)})
	}
	return options
}

// hookState says whether mail comes in by a hook, and how to show it.
func hookState(ctx context.Context, h catalog.PublicHook) (ui.Tone, string) {
	switch {
	case !h.Active:
		return ui.Neutral, t(ctx, "hook.state_off")
	case !h.HasSecret:
		return ui.Warning, t(ctx, "hook.state_no_key")
	}
	return ui.Success, t(ctx, "hook.state_on")
}

func (p *Pages) listHooks(w http.ResponseWriter, r *http.Request) error {
	list, err := p.kit.Catalog.HooksFor(r.Context(), actor(r))
	if err != nil {
		return err
	}
	_, names, err := p.mailboxNames(r)
	if err != nil {
		return err
	}
	frame := p.shell(r, t(r.Context(), "hook.title"), hooksPath, nil)
	return web.Render(w, r, http.StatusOK, hooksPage(frame, hooks{list, names, p.kit.Clock.Now()}))
}

// mailboxNames returns the mailboxes to choose from, and their addresses.
func (p *Pages) mailboxNames(r *http.Request) ([]ui.Option, map[ids.ID]string, error) {
	accounts, err := p.kit.Catalog.AccountsFor(r.Context(), actor(r))
	if err != nil {
		return nil, nil, err
	}
	var options []ui.Option
	names := map[ids.ID]string{}
	for _, a := range accounts {
		names[a.ID] = a.Shown()
		if a.Channel == catalog.Email {
			options = append(options, ui.Option{Value: a.ID.String(), Label: a.Shown()})
		}
	}
	return options, names, nil
}

func (p *Pages) showNewHook(w http.ResponseWriter, r *http.Request) error {
	return p.renderNewHook(w, r, http.StatusOK, form.New("id", ids.New().String()))
}

// createHook answers with the secret itself, once: no other page has it. The form
// carries the id of the hook to be, so that sending it again makes no second one.
func (p *Pages) createHook(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	id, err := ids.Parse(f.Get("id"))
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "reading a form")
	}
	account, _ := ids.Parse(f.Get("account")) // what is none is refused as unknown
	made, secret, err := p.kit.Catalog.CreateHook(r.Context(), actor(r), catalog.HookForm{ID: id, AccountID: account, Provider: f.Get("provider"), Name: f.Get("name")})
	if errs.Is(err, errs.Conflict) {
		if err := p.kit.Flash(r, ui.Warning, "hook.made"); err != nil {
			return err
		}
		return web.Redirect(w, r, hooksPath)
	}
	if err != nil {
		status, err := f.Refused(r.Context(), err, "provider")
		if err != nil {
			return err
		}
		f.Sort(hookFields...)
		return p.renderNewHook(w, r, status, f)
	}
	if secret == "" {
		return p.done(w, r, hooksPath+"/"+made.ID.String(), "hook.created_key")
	}
	return p.renderMade(w, r, http.StatusCreated, made, secret)
}

func (p *Pages) renderNewHook(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	mailboxes, _, err := p.mailboxNames(r)
	if err != nil {
		return err
	}
	frame := p.shell(r, t(r.Context(), "hook.new"), hooksPath, f.Errors)
	return web.Render(w, r, status, newHookPage(frame, f, mailboxes))
}

func (p *Pages) showHook(w http.ResponseWriter, r *http.Request) error {
	h, err := p.hookOf(r)
	if err != nil {
		return err
	}
	return p.renderHook(w, r, http.StatusOK, h)
}

func (p *Pages) hookOf(r *http.Request) (hook, error) {
	id, err := pathID(r)
	if err != nil {
		return hook{}, err
	}
	found, err := p.kit.Catalog.HookFor(r.Context(), actor(r), id)
	if err != nil {
		return hook{}, err
	}
	return p.hookShown(r, found)
}

func (p *Pages) hookShown(r *http.Request, found catalog.PublicHook) (hook, error) {
	_, names, err := p.mailboxNames(r)
	return hook{PublicHook: found, mailbox: names[found.AccountID], base: p.kit.BaseURL, now: p.kit.Clock.Now()}, err
}

func (p *Pages) renderHook(w http.ResponseWriter, r *http.Request, status int, h hook) error {
	title := hookTitle(r.Context(), h.Hook)
	return web.Render(w, r, status, hookPage(p.shell(r, title, hooksPath, h.form.Errors), title, h))
}

func (p *Pages) renderMade(w http.ResponseWriter, r *http.Request, status int, made catalog.PublicHook, secret string) error {
	h, err := p.hookShown(r, made)
	if err != nil {
		return err
	}
	h.secret = secret
	w.Header().Set("Cache-Control", "no-store")
	title := hookTitle(r.Context(), h.Hook)
	return web.Render(w, r, status, hookMadePage(p.shell(r, title, hooksPath, nil), title, h))
}

// setHookSecret keeps the key of the provider, or makes a new secret of ours and
// shows it.
func (p *Pages) setHookSecret(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	h, err := p.hookOf(r)
	if err != nil {
		return err
	}
	changed, secret, err := p.kit.Catalog.SetHookSecret(r.Context(), actor(r), h.ID, f.Get("secret"))
	if err != nil {
		status, err := f.Refused(r.Context(), err, "secret")
		if err != nil {
			return err
		}
		h.form = f
		return p.renderHook(w, r, status, h)
	}
	if secret == "" {
		return p.done(w, r, h.path(), "hook.key_saved")
	}
	return p.renderMade(w, r, http.StatusOK, changed, secret)
}

func (p *Pages) setHookActive(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	on := f.Get("active") == "1"
	if err := p.kit.Catalog.SetHookActive(r.Context(), actor(r), id, on); err != nil {
		return err
	}
	key := "hook.off"
	if on {
		key = "hook.on"
	}
	return p.done(w, r, hooksPath+"/"+id.String(), key)
}

func (p *Pages) deleteHook(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.kit.Catalog.DeleteHook(r.Context(), actor(r), id); err != nil {
		return err
	}
	return p.done(w, r, hooksPath, "hook.deleted")
}
