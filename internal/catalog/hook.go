package catalog

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// The providers whose inbound mail a hook takes.
const (
	CloudMailin = "cloudmailin"
	Mailgun     = "mailgun"
	Mandrill    = "mandrill"
	Postmark    = "postmark"
	SendGrid    = "sendgrid"
	// OwnProgram is any program that signs what it hands over (Standard Webhooks).
	OwnProgram = "program"
)

// HookProviders returns every provider, by name, a program of one's own last.
func HookProviders() []string {
	return []string{CloudMailin, Mailgun, Mandrill, Postmark, SendGrid, OwnProgram}
}

// HookUser is the user name of hooks that are guarded by a password.
const HookUser = "lotse"

const (
	maxHooks      = 100
	maxHookName   = 80  // characters
	maxHookSecret = 500 // bytes
	hookTouched   = 5 * time.Minute
	// secretPrefix marks a secret of Standard Webhooks.
	secretPrefix = "whsec_"
)

// Hook is an address on the web at which mail for a mailbox is handed over.
type Hook struct {
	ID         ids.ID
	BrandID    ids.ID
	AccountID  ids.ID // the mailbox it feeds
	Provider   string
	Name       string // for administrators
	Secret     string // the provider's key, or ours; "" lets nobody in
	Active     bool
	CreatedAt  clock.Stamp
	LastUsedAt clock.Stamp // to five minutes; zero if never
}

// PublicHook is a hook without its secret.
type PublicHook struct {
	Hook
	HasSecret bool
}

// Public returns the hook as pages may have it.
func (h Hook) Public() PublicHook {
	p := PublicHook{Hook: h, HasSecret: h.Secret != ""}
	p.Secret = ""
	return p
}

// KeyOfProvider reports whether the provider makes the secret, so that it has to
// be typed in. All others are ours and shown once.
func (h Hook) KeyOfProvider() bool { return keyOfProvider(h.Provider) }

func keyOfProvider(provider string) bool { return provider == Mailgun || provider == Mandrill }

type hookRow struct {
	bun.BaseModel `bun:"table:hooks,alias:h"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	AccountID     ids.ID
	Provider      string
	Name          string
	Secret        []byte
	Active        bool
	CreatedAt     clock.Stamp
	LastUsedAt    clock.Stamp `bun:",nullzero"`
}

func (c *Catalog) hook(r hookRow) Hook {
	return Hook{ID: r.ID, BrandID: r.BrandID, AccountID: r.AccountID, Provider: r.Provider, Name: r.Name,
		Secret: c.seal.Open(r.ID, r.Secret), Active: r.Active, CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsedAt}
}

// HookForm is what an administrator says about a new hook. Fields: provider,
// account, name, secret.
type HookForm struct {
	ID        ids.ID // chosen by the caller, so that sending it again makes no second hook
	AccountID ids.ID
	Provider  string
	Name      string
	Secret    string // of Mailgun and Mandrill, if known already; of others it is made
}

// Check mends the form and returns what is wrong with it.
func (f *HookForm) Check() error {
	f.Name, f.Secret = markup.CleanLine(f.Name, 0), strings.TrimSpace(f.Secret)
	var faults []error
	if !slices.Contains(HookProviders(), f.Provider) {
		faults = append(faults, errs.Field("provider", "hook.provider_unknown"))
	}
	if utf8.RuneCountInString(f.Name) > maxHookName {
		faults = append(faults, errs.Field("name", "hook.name_long", "Max", maxHookName))
	}
	if f.ID.IsZero() {
		f.ID = ids.New()
	}
	return errors.Join(append(faults, checkHookSecret(f.Secret))...)
}

func checkHookSecret(secret string) error {
	if len(secret) > maxHookSecret || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errs.Field("secret", "hook.secret_wrong")
	}
	return nil
}

// newHookSecret makes the secret of a provider that has none of its own.
func newHookSecret(provider string) string {
	if provider != OwnProgram {
		return string(ids.NewToken())
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails on a supported system
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}
