package domains

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Domain is one domain the desk sends from.
type Domain struct {
	Name      string // in ASCII, lower case
	Addresses []string
	Keys      []Key   // newest first, those that are gone too
	Checks    []Check // SPF, DKIM (one for each key), DMARC, MX; none before the first time
	CheckedAt clock.Stamp
}

// Shown is the name as people write it (IDNA).
func (d Domain) Shown() string {
	if shown, err := idna.Display.ToUnicode(d.Name); err == nil {
		return shown
	}
	return d.Name
}

// Signed reports whether mail of the domain is signed.
func (d Domain) Signed() bool {
	return slices.ContainsFunc(d.Keys, func(k Key) bool { return k.State == Active })
}

// Waits reports whether a key waits for its record.
func (d Domain) Waits() bool {
	return slices.ContainsFunc(d.Keys, func(k Key) bool { return k.State == Prepared })
}

// Key returns the key of a selector.
func (d Domain) Key(selector string) (Key, bool) {
	i := slices.IndexFunc(d.Keys, func(k Key) bool { return k.Selector == selector })
	if i < 0 {
		return Key{}, false
	}
	return d.Keys[i], true
}

// Kind says what a check looks at.
type Kind string

// The kinds of checks.
const (
	SPF   Kind = "spf"   // may our servers send for the domain (RFC 7208)?
	DKIM  Kind = "dkim"  // does the record hold our key (RFC 6376 §3.6)?
	DMARC Kind = "dmarc" // what is asked of those who receive (RFC 7489)?
	MX    Kind = "mx"    // do answers arrive?
)

// Kinds returns all of them, in the order they are shown.
func Kinds() []Kind { return []Kind{SPF, DKIM, DMARC, MX} }

// State is how a check went.
type State string

// The outcomes.
const (
	OK      State = "ok"
	Missing State = "missing" // there is no record
	Wrong   State = "wrong"   // there is one that does not do what it should
	Unknown State = "unknown" // it can't be told from here
)

// Check is one record: what is there, and what should be.
type Check struct {
	Kind     Kind           `json:"kind"`
	Selector string         `json:"selector,omitempty"` // of DKIM: the key
	Name     string         `json:"name"`               // of the record, in full
	Type     string         `json:"type"`               // "TXT" or "MX"
	State    State          `json:"state"`
	Found    []string       `json:"found,omitempty"`
	Wanted   string         `json:"wanted,omitempty"` // the value to set; "" if nothing is to be done, or it can't be told
	Key      string         `json:"key"`              // text of the catalogue that says what this means and what to do
	Args     map[string]any `json:"args,omitempty"`
	Since    clock.Stamp    `json:"since"`           // when State began
	OKAt     clock.Stamp    `json:"ok_at,omitempty"` // when it was last OK; zero if never
	Fails    int            `json:"fails,omitempty"` // how often in a row it was missing or wrong
}

// failing reports whether something has to be done.
func (c Check) failing() bool { return c.State == Missing || c.State == Wrong }

// Checks of a kind.
func (d Domain) Of(kind Kind) []Check {
	var found []Check
	for _, c := range d.Checks {
		if c.Kind == kind {
			found = append(found, c)
		}
	}
	return found
}

// State sums up the checks of a kind: the worst of them, Unknown if there is none.
// Keys that sign nothing do not count while another signs.
func (d Domain) State(kind Kind) State {
	worst, rank := Unknown, -1
	for _, c := range d.Of(kind) {
		if k, ok := d.Key(c.Selector); ok && k.State != Active && d.Signed() {
			continue
		}
		if r := slices.Index([]State{OK, Unknown, Missing, Wrong}, c.State); r > rank {
			worst, rank = c.State, r
		}
	}
	return worst
}

// List returns the domains the actor's brand sends from, by name. It needs
// ManageCatalog.
func (d *Domains) List(ctx context.Context, a access.Actor) ([]Domain, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	return d.ofBrand(ctx, a.BrandID)
}

// Get returns one of these domains. It needs ManageCatalog.
func (d *Domains) Get(ctx context.Context, a access.Actor, name string) (Domain, error) {
	all, err := d.List(ctx, a)
	if err != nil {
		return Domain{}, err
	}
	name = Normal(name)
	i := slices.IndexFunc(all, func(f Domain) bool { return f.Name == name })
	if i < 0 {
		return Domain{}, errs.New(errs.NotFound, "domain.not_found")
	}
	return all[i], nil
}

// All returns the domains of the whole desk, by name, from memory. It is for the
// program (figures, the daily work) and takes no actor.
func (d *Domains) All(ctx context.Context) ([]Domain, error) { return d.ofBrand(ctx, ids.ID{}) }

// ofBrand returns the domains of one brand, of all for the zero id.
func (d *Domains) ofBrand(ctx context.Context, brand ids.ID) ([]Domain, error) {
	accounts, err := d.Accounts.Accounts(ctx, catalog.Email)
	if err != nil {
		return nil, err
	}
	s, err := d.state(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]*Domain{}
	for _, account := range accounts {
		name := Of(account.Address)
		if name == "" || !brand.IsZero() && account.BrandID != brand {
			continue
		}
		if found[name] == nil {
			stored := s.domains[name].Domain // the zero one has its name only
			stored.Name = name
			found[name] = &stored
		}
		found[name].Addresses = append(found[name].Addresses, account.Address)
	}
	all := make([]Domain, 0, len(found))
	for _, f := range found {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b Domain) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
