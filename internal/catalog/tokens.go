package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
)

// maxPast is how many refresh tokens are remembered that were exchanged for others.
const maxPast = 20

// Tokens are what an authorisation server gave (RFC 6749 §5.1).
type Tokens struct {
	Refresh string // the refresh token to trade next
	Access  string
	Until   clock.Stamp // how long Access is used
}

// granted is what a server gave for one side of an account. It lies with its settings
// and all processes share it: a refresh token that is traded twice, by two of them, is
// taken for stolen by some servers, which then revoke everything.
type granted struct {
	Access string      `json:"access,omitempty"`
	Until  clock.Stamp `json:"until,omitempty"`
	Past   []string    `json:"past,omitempty"` // marks of refresh tokens that were exchanged, the newest last
}

// side is how an account gets access tokens for fetching or for sending.
type side struct {
	settings *OAuthSettings
	granted  *granted
}

func (a *Account) sides() []side {
	return []side{{&a.Receive.OAuth, &a.fetching}, {&a.Relay.OAuth, &a.sending}}
}

// livesOn reports whether a side has the refresh token of o, or one that it was
// exchanged for.
func (s side) livesOn(o OAuthSettings) bool {
	own := s.settings
	return own.RefreshToken != "" && own.TokenURL == o.TokenURL && own.ClientID == o.ClientID &&
		(own.RefreshToken == o.RefreshToken || slices.Contains(s.granted.Past, mark(o.RefreshToken)))
}

// mark tells a refresh token from others and nothing of it.
func mark(refresh string) string {
	sum := sha256.Sum256([]byte(refresh))
	return hex.EncodeToString(sum[:12])
}

// keep takes over what was given for o and reports whether that changed anything. What
// was exchanged since changes nothing.
func (s side) keep(o OAuthSettings, given Tokens) bool {
	if !s.livesOn(o) || slices.Contains(s.granted.Past, mark(given.Refresh)) {
		return false
	}
	changed := false
	if given.Refresh != "" && given.Refresh != s.settings.RefreshToken {
		past := append(slices.Clone(s.granted.Past), mark(s.settings.RefreshToken))
		s.granted.Past, s.settings.RefreshToken, changed = past[max(len(past)-maxPast, 0):], given.Refresh, true
	}
	if s.settings.Scope == o.Scope && s.granted.Access != given.Access {
		s.granted.Access, s.granted.Until, changed = given.Access, given.Until, true
	}
	return changed
}

// Tokens returns the tokens that count now for some settings, of which the refresh
// token may have been exchanged since: by any process, so it reads the database. It
// fails with errs.NotFound if no account lives on them. It is for the program and
// takes no actor.
func (c *Catalog) Tokens(ctx context.Context, o OAuthSettings) (Tokens, error) {
	var rows []accountRow
	if err := c.db.Read().NewSelect().Model(&rows).Order("created_at", "id").Scan(ctx); err != nil {
		return Tokens{}, db.Classify(fmt.Errorf("reading tokens: %w", err))
	}
	var found Tokens
	for _, row := range rows {
		a, err := c.account(row)
		if err != nil {
			return Tokens{}, err
		}
		for _, s := range a.sides() {
			if !s.livesOn(o) {
				continue
			}
			found.Refresh = s.settings.RefreshToken
			if s.settings.Scope == o.Scope && s.granted.Until > found.Until {
				found.Access, found.Until = s.granted.Access, s.granted.Until
			}
		}
	}
	if found.Refresh == "" {
		return Tokens{}, errs.New(errs.NotFound, "catalog.account.not_found")
	}
	return found, nil
}

// KeepTokens keeps what an authorisation server gave for some settings (RFC 6749 §6),
// wherever an account lives on them, for fetching and for sending. An account that has
// other settings by now does not change: an administrator was faster. It is for the
// program and takes no actor.
func (c *Catalog) KeepTokens(ctx context.Context, o OAuthSettings, given Tokens) error {
	return c.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		var rows []accountRow
		if err := tx.NewSelect().Model(&rows).Order("id").Scan(ctx); err != nil {
			return fmt.Errorf("reading accounts: %w", err)
		}
		for _, row := range rows {
			if err := c.keepTokensTx(ctx, tx, row, o, given); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Catalog) keepTokensTx(ctx context.Context, tx *db.Tx, row accountRow, o OAuthSettings, given Tokens) error {
	a, err := c.account(row)
	if err != nil {
		return err
	}
	changed := false
	for _, s := range a.sides() {
		changed = s.keep(o, given) || changed
	}
	if !changed {
		return nil
	}
	if row, err = c.row(a); err != nil {
		return err
	}
	if _, err := tx.NewUpdate().Model(&row).Column("receive", "relay").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("keeping tokens: %w", err)
	}
	return nil
}
