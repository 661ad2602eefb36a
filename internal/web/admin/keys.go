package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

const keysPath = "/admin/keys"

// keyFields are the controls of a new key from top to bottom.
var keyFields = []string{"name", "staff", "scopes", "expires", "per_minute"}

// keyring is what the list of keys shows.
type keyring struct {
	keys  []access.Key
	names map[ids.ID]string // of staff
	now   time.Time
}

func (p *Pages) listKeys(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	keys, err := p.keys.List(ctx, actor(r))
	if err != nil {
		return err
	}
	var people []ids.ID
	for _, k := range keys {
		people = append(people, k.StaffID)
	}
	names, err := p.kit.Staff.Names(ctx, actor(r).BrandID, people...)
	if err != nil {
		return err
	}
	frame := p.shell(r, t(ctx, "api.keys.title"), keysPath, nil)
	return web.Render(w, r, http.StatusOK, keysPage(frame, keyring{keys, names, p.kit.Clock.Now()}))
}

func (p *Pages) showNewKey(w http.ResponseWriter, r *http.Request) error {
	f := form.New("id", ids.New().String(), "staff", actor(r).ID.String())
	return p.renderNewKey(w, r, http.StatusOK, f)
}

// createKey answers with the secret itself, once: no other page has it. The form
// carries the id of the key to be, so that sending it again makes no second key.
func (p *Pages) createKey(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	typed, err := readKey(f, p.kit.Clock.Now())
	if err != nil {
		return err
	}
	key, secret, err := p.keys.Create(r.Context(), actor(r), typed)
	if errs.Is(err, errs.Conflict) {
		if err := p.kit.Flash(r, ui.Warning, "access.key.made"); err != nil {
			return err
		}
		return web.Redirect(w, r, keysPath)
	}
	if err != nil {
		status, err := f.Refused(r.Context(), err, "name")
		if err != nil {
			return err
		}
		f.Sort(keyFields...)
		return p.renderNewKey(w, r, status, f)
	}
	w.Header().Set("Cache-Control", "no-store")
	frame := p.shell(r, key.Name, keysPath, nil)
	return web.Render(w, r, http.StatusCreated, keyMadePage(frame, key, secret, p.kit.BaseURL))
}

func (p *Pages) revokeKey(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.keys.Revoke(r.Context(), actor(r), id); err != nil {
		return err
	}
	return p.done(w, r, keysPath, "api.keys.revoked_done")
}

func (p *Pages) renderNewKey(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	colleagues, err := p.kit.Staff.Colleagues(r.Context(), actor(r))
	if err != nil {
		return err
	}
	frame := p.shell(r, t(r.Context(), "api.keys.new"), keysPath, f.Errors)
	return web.Render(w, r, status, newKeyPage(frame, f, colleagues))
}

// readKey reads what was typed. A day of expiry lasts until its end.
func readKey(f form.Form, now time.Time) (access.KeyForm, error) {
	id, err := ids.Parse(f.Get("id"))
	if err != nil {
		return access.KeyForm{}, errs.Wrap(errs.Invalid, err, "reading a form")
	}
	k := access.KeyForm{ID: id, Name: f.Get("name"), PerMinute: f.Int("per_minute", 0)}
	if k.StaffID, err = ids.Parse(f.Get("staff")); err != nil {
		k.StaffID = ids.New() // nobody: the domain says so
	}
	for _, s := range f.Typed["scopes"] {
		k.Scopes = append(k.Scopes, access.Scope(s))
	}
	if typed := strings.TrimSpace(f.Get("expires")); typed != "" {
		k.ExpiresAt = clock.At(now) // what is no day is refused as one that is over
		if day, err := calendar.ParseDate(typed); err == nil {
			k.ExpiresAt = clock.At(time.Date(day.Year, day.Month, day.Day+1, 0, 0, 0, 0, time.UTC))
		}
	}
	return k, nil
}

func memberOptions(colleagues []staff.Staff) []ui.Option {
	var options []ui.Option
	for _, s := range colleagues {
		if s.Active {
			options = append(options, ui.Option{Value: s.ID.String(), Label: s.Name})
		}
	}
	return options
}

// scopeText says what a scope is for, "cases_read" for "cases:read".
func scopeText(ctx context.Context, s access.Scope) string {
	return t(ctx, "api.scope."+strings.ReplaceAll(string(s), ":", "_"))
}

func scopeNames(k access.Key) string {
	names := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

func scopeChoice(ctx context.Context, f form.Form, s access.Scope) ui.FieldProps {
	i := slices.Index(access.AllScopes(), s)
	c := teamChoice(ctx, f, staff.Team{}, i)
	c.Label, c.Value, c.Hint = string(s), string(s), scopeText(ctx, s)
	c.Name = strings.Replace(c.Name, "teams", "scopes", 1)
	if c.Attrs != nil {
		c.Attrs["name"] = "scopes"
	} else {
		c.Error = web.ErrorOf(f.Errors, "scopes")
	}
	return c
}

// keyState says whether a key is good, and how to show it.
func keyState(ctx context.Context, k access.Key, now time.Time) (ui.Tone, string) {
	switch {
	case !k.RevokedAt.IsZero():
		return ui.Neutral, t(ctx, "api.keys.state_revoked")
	case !k.Good(clock.At(now)):
		return ui.Warning, t(ctx, "api.keys.state_expired")
	}
	return ui.Success, t(ctx, "api.keys.state_good")
}
