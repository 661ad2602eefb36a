package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"lotse/internal/domains"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/i18n"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

const domainsPath = "/admin/domains"

// keptGone is how long the page says that the record of a key can go.
const keptGone = 30 * 24 * time.Hour

// domain is what the page of one domain shows.
type domain struct {
	domains.Domain
	now time.Time
}

func (d domain) path() string { return domainsPath + "/" + d.Name }

func (d domain) keyPath(k domains.Key, act string) string {
	return d.path() + "/keys/" + k.Selector + "/" + act
}

// check is what was found of a kind, the zero one before the first time.
func (d domain) check(kind domains.Kind) domains.Check {
	if found := d.Of(kind); len(found) > 0 {
		return found[0]
	}
	return domains.Check{Kind: kind, State: domains.Unknown, Key: "domain.unknown.new"}
}

// ofKey is what was found of a key's record, the zero one before the first time.
func (d domain) ofKey(k domains.Key) domains.Check {
	for _, c := range d.Of(domains.DKIM) {
		if c.Selector == k.Selector {
			return c
		}
	}
	return domains.Check{Kind: domains.DKIM, State: domains.Unknown, Key: "domain.unknown.new"}
}

// keys are those the page speaks of: all but those that are long gone.
func (d domain) keys() []domains.Key {
	var shown []domains.Key
	for _, k := range d.Keys {
		if k.State != domains.Gone || !k.ActiveAt.IsZero() && clock.At(d.now) < k.GoneAt.Add(keptGone) {
			shown = append(shown, k)
		}
	}
	return shown
}

// advises reports whether new keys should be made: there are none, or old ones.
func (d domain) advises() (none, old bool) {
	if d.Waits() {
		return false, false
	}
	for _, k := range d.Keys {
		old = old || k.Old(clock.At(d.now))
	}
	return !d.Signed(), old
}

// stateTone is how a state is shown: what is not there yet is no fault of anybody.
func stateTone(s domains.State) ui.Tone {
	switch s {
	case domains.OK:
		return ui.Success
	case domains.Missing:
		return ui.Warning
	case domains.Wrong:
		return ui.Danger
	}
	return ui.Neutral
}

func checkText(ctx context.Context, c domains.Check) string { return i18n.From(ctx).Err(c.Key, c.Args) }

// keyTone and keyWord say where a key stands.
func keyTone(k domains.Key) ui.Tone {
	switch k.State {
	case domains.Prepared:
		return ui.Warning
	case domains.Active:
		return ui.Success
	}
	return ui.Neutral
}

func keyWord(ctx context.Context, k domains.Key) string {
	return t(ctx, "domain.key.state_"+[]string{"", "prepared", "active", "retiring", "gone"}[k.State])
}

// keyText says what that means, and what to do.
func keyText(ctx context.Context, d domain, k domains.Key) string {
	p := i18n.From(ctx)
	switch k.State {
	case domains.Prepared:
		return p.T("domain.key.prepared")
	case domains.Active:
		return p.T("domain.key.active", "Since", p.Date(k.ActiveAt.Time()))
	case domains.Retiring:
		return p.T("domain.key.retiring", "Until", p.Date(k.RecordUntil().Time()))
	}
	return p.T("domain.key.gone")
}

// zoneLine is a record as a zone file has it, long texts in parts (RFC 1035 §5.1).
func zoneLine(name, kind, value string) string {
	if kind != "TXT" {
		return name + ". IN " + kind + " " + value
	}
	var b strings.Builder
	for len(value) > 250 {
		b.WriteString(` "` + value[:250] + `"`)
		value = value[250:]
	}
	return name + ". IN TXT (" + b.String() + ` "` + value + `" )`
}

func (p *Pages) listDomains(w http.ResponseWriter, r *http.Request) error {
	found, err := p.domains.List(r.Context(), actor(r))
	if err != nil {
		return err
	}
	all := make([]domain, len(found))
	for i, f := range found {
		all[i] = domain{f, p.kit.Clock.Now()}
	}
	return web.Render(w, r, http.StatusOK, domainsPage(p.shell(r, t(r.Context(), "domain.title"), domainsPath, nil), all))
}

func (p *Pages) showDomain(w http.ResponseWriter, r *http.Request) error {
	found, err := p.domains.Get(r.Context(), actor(r), r.PathValue("name"))
	if err != nil {
		return err
	}
	frame := p.shell(r, found.Shown(), domainsPath, nil)
	return web.Render(w, r, http.StatusOK, domainPage(frame, domain{found, p.kit.Clock.Now()}))
}

func (p *Pages) checkDomain(w http.ResponseWriter, r *http.Request) error {
	found, err := p.domains.Check(r.Context(), actor(r), r.PathValue("name"))
	return p.changedDomain(w, r, found, err, "domain.checked")
}

func (p *Pages) prepareKeys(w http.ResponseWriter, r *http.Request) error {
	found, err := p.domains.Prepare(r.Context(), actor(r), r.PathValue("name"))
	return p.changedDomain(w, r, found, err, "domain.key.made")
}

func (p *Pages) useKey(w http.ResponseWriter, r *http.Request) error {
	found, err := p.domains.Activate(r.Context(), actor(r), r.PathValue("name"), r.PathValue("selector"))
	return p.changedDomain(w, r, found, err, "domain.key.used")
}

func (p *Pages) dropKey(w http.ResponseWriter, r *http.Request) error {
	found, err := p.domains.Drop(r.Context(), actor(r), r.PathValue("name"), r.PathValue("selector"))
	return p.changedDomain(w, r, found, err, "domain.key.dropped")
}

// changedDomain leads back to the page and says what happened.
func (p *Pages) changedDomain(w http.ResponseWriter, r *http.Request, found domains.Domain, err error, key string) error {
	if err != nil {
		return err
	}
	return p.done(w, r, domain{Domain: found}.path(), key)
}
