package catalog_test

import (
	"context"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
)

// withTokens is a mailbox that fetches and sends with one refresh token, and how it
// gets access tokens.
func (h *house) withTokens(t *testing.T) (catalog.Account, catalog.OAuthSettings) {
	t.Helper()
	f := h.form("hilfe@lindenau.example")
	f.Receive, f.Relay = withOAuth(), relayWithOAuth()
	made, err := h.catalog.CreateAccount(t.Context(), h.admin, f)
	if err != nil {
		t.Fatal(err)
	}
	full, err := h.catalog.Account(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	return full, full.Receive.OAuth
}

// Whoever has a refresh token that was exchanged finds the one that counts, and what
// comes late undoes nothing.
func TestTokensAreFoundByThoseTheyReplaced(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		account, first := h.withTokens(t)
		other := h.anotherNode()
		with := func(refresh string) catalog.OAuthSettings {
			o := first
			o.RefreshToken = refresh
			return o
		}
		until := clock.Now(h.clock).Add(time.Hour)
		for _, c := range []struct{ old, fresh, access, want string }{
			{"geheim-token", "zwei", "a2", "zwei a2"},
			{"zwei", "drei", "a3", "drei a3"},
			{"geheim-token", "vier", "a4", "vier a4"}, // "zwei" and "drei" could not be stored, as far as this process knows
			{"geheim-token", "drei", "a3", "vier a4"}, // too late
			{"nie gehabt", "fünf", "a5", "vier a4"},
			{"vier", "vier", "a6", "vier a6"}, // not exchanged
		} {
			if err := h.catalog.KeepTokens(ctx, with(c.old), catalog.Tokens{Refresh: c.fresh, Access: c.access, Until: until}); err != nil {
				t.Fatal(err)
			}
			for _, refresh := range []string{"geheim-token", "vier"} {
				got, err := other.Tokens(ctx, with(refresh))
				if c.fresh == "zwei" && refresh == "vier" || c.fresh == "drei" && c.old == "zwei" && refresh == "vier" {
					if !errs.Is(err, errs.NotFound) {
						t.Errorf("what nobody has: %v", err)
					}
					continue
				}
				if err != nil || got.Refresh+" "+got.Access != c.want || got.Until != until {
					t.Errorf("%s for %s, asked with %s: %+v, %v, want %s", c.fresh, c.old, refresh, got, err, c.want)
				}
			}
		}
		full, err := h.catalog.Account(ctx, account.ID)
		if err != nil || full.Receive.OAuth.RefreshToken != "vier" || full.Relay.OAuth.RefreshToken != "vier" || full.Relay.OAuth.ClientSecret != "geheim-versand" {
			t.Errorf("fetching and sending: %+v, %v", full, err)
		}
	})
}

// What was given is for the settings it was given for.
func TestTokensGoWithTheirSettings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		account, o := h.withTokens(t)
		if err := h.catalog.KeepTokens(ctx, o, catalog.Tokens{Refresh: "zwei", Access: "a2", Until: clock.Now(h.clock).Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		scope, client := o, o
		scope.Scope, client.ClientID = "c", "another"
		if got, err := h.catalog.Tokens(ctx, scope); err != nil || got.Refresh != "zwei" || got.Access != "" {
			t.Errorf("for something else: %+v, %v", got, err)
		}
		if _, err := h.catalog.Tokens(ctx, client); !errs.Is(err, errs.NotFound) {
			t.Errorf("for another client: %v", err)
		}
		if _, err := h.catalog.SetAccountActive(ctx, h.admin, account.ID, true); err != nil {
			t.Fatal(err)
		}
		if got, err := h.catalog.Tokens(ctx, o); err != nil || got.Access != "a2" {
			t.Errorf("after another change: %+v, %v", got, err)
		}
		f := h.form(account.Address)
		f.Receive, f.Relay = withOAuth(), relayWithOAuth()
		f.Receive.OAuth.RefreshToken, f.Relay.OAuth.RefreshToken = "neu", "neu"
		if _, err := h.catalog.UpdateAccount(ctx, h.admin, account.ID, f); err != nil {
			t.Fatal(err)
		}
		if _, err := h.catalog.Tokens(ctx, o); !errs.Is(err, errs.NotFound) {
			t.Errorf("after an administrator authorised anew: %v", err)
		}
		if err := h.catalog.KeepTokens(ctx, o, catalog.Tokens{Refresh: "drei"}); err != nil {
			t.Fatal(err)
		}
		if full, _ := h.catalog.Account(ctx, account.ID); full.Receive.OAuth.RefreshToken != "neu" {
			t.Errorf("the administrator's token is lost: %+v", full.Receive.OAuth)
		}
	})
}
