package catalog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func (h *house) hookMailbox(brand, team ids.ID, address string) ids.ID {
	h.t.Helper()
	made, err := h.catalog.CreateAccount(context.Background(), h.actor(brand, access.Admin), catalog.AccountForm{TeamID: team, Address: address, Name: "Hilfe", Language: "de",
		Relay: catalog.RelaySettings{Host: "smtp.example.org", Port: 587, Security: catalog.StartTLS}})
	if err != nil {
		h.t.Fatal(err)
	}
	return made.ID
}

func TestHooks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, h := context.Background(), newHouse(t, d)
		mine, theirs := h.hookMailbox(h.lindenau, h.team, "a@lindenau.example"), h.hookMailbox(h.other, h.otherTeam, "a@other.example")
		stranger := h.actor(h.other, access.Admin)
		for name, f := range map[string]catalog.HookForm{
			"provider": {AccountID: mine, Provider: "x"}, "account": {AccountID: theirs, Provider: catalog.Postmark},
			"name": {AccountID: mine, Provider: catalog.Postmark, Name: strings.Repeat("x", 81)}, "secret": {AccountID: mine, Provider: catalog.Mailgun, Secret: "a b"},
		} {
			if _, _, err := h.catalog.CreateHook(ctx, h.admin, f); len(errs.Fields(err)) != 1 || errs.Fields(err)[0].Field != name {
				t.Errorf("%s: %v", name, err)
			}
		}
		for provider, prefix := range map[string]string{catalog.Postmark: "", catalog.SendGrid: "", catalog.CloudMailin: "", catalog.OwnProgram: "whsec_"} {
			made, secret, err := h.catalog.CreateHook(ctx, h.admin, catalog.HookForm{AccountID: mine, Provider: provider})
			if err != nil || len(secret) < 40 || !strings.HasPrefix(secret, prefix) || made.Secret != "" || !made.HasSecret {
				t.Fatalf("%s: %+v %v", provider, made, err)
			}
			if got, err := h.anotherNode().Hook(ctx, made.ID); err != nil || got.Secret != secret || got.AccountID != mine {
				t.Errorf("%s: %+v %v", provider, got, err)
			}
			_, renewed, err := h.catalog.SetHookSecret(ctx, h.admin, made.ID, "mine")
			if got, _ := h.catalog.Hook(ctx, made.ID); err != nil || renewed == secret || got.Secret != renewed {
				t.Errorf("%s: the secret is %q after %v", provider, got.Secret, err)
			}
		}
		id := ids.New()
		form := catalog.HookForm{ID: id, AccountID: mine, Provider: catalog.Mailgun, Name: " Mail\ngun "}
		made, secret, err := h.catalog.CreateHook(ctx, h.admin, form)
		if err != nil || secret != "" || made.HasSecret || made.Name != "Mail gun" {
			t.Fatalf("%+v %q %v", made, secret, err)
		}
		if _, _, err := h.catalog.CreateHook(ctx, h.admin, form); !errs.Is(err, errs.Conflict) {
			t.Errorf("twice: %v", err)
		}
		if _, _, err := h.catalog.SetHookSecret(ctx, h.admin, id, " "); len(errs.Fields(err)) != 1 {
			t.Errorf("an empty key: %v", err)
		}
		if _, _, err := h.catalog.SetHookSecret(ctx, h.admin, id, " key-1 "); err != nil {
			t.Error(err)
		}
		if got, _ := h.catalog.Hook(ctx, id); got.Secret != "key-1" {
			t.Errorf("secret %q", got.Secret)
		}
		for name, err := range map[string]error{
			"reading": second(h.catalog.HookFor(ctx, stranger, id)), "switching": h.catalog.SetHookActive(ctx, stranger, id, false), "deleting": h.catalog.DeleteHook(ctx, stranger, id),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s another brand's: %v", name, err)
			}
		}
		if err := h.catalog.DeleteHook(ctx, h.admin, id); !errs.Is(err, errs.Conflict) {
			t.Errorf("deleting one that is on: %v", err)
		}
		if err := h.catalog.SetHookActive(ctx, h.admin, id, false); err != nil {
			t.Error(err)
		}
		if _, err := h.anotherNode().Hook(ctx, id); !errs.Is(err, errs.NotFound) {
			t.Errorf("one that is off: %v", err)
		}
		if err := h.catalog.DeleteHook(ctx, h.admin, id); err != nil {
			t.Error(err)
		}
		if list, err := h.catalog.HooksFor(ctx, h.admin); err != nil || len(list) != 4 {
			t.Errorf("%d hooks, %v", len(list), err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestTheUseOfAHook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, h := context.Background(), newHouse(t, d)
		made, _, err := h.catalog.CreateHook(ctx, h.admin, catalog.HookForm{AccountID: h.hookMailbox(h.lindenau, h.team, "a@lindenau.example"), Provider: catalog.Postmark})
		if err != nil {
			t.Fatal(err)
		}
		use := func() time.Time {
			got, err := h.catalog.Hook(ctx, made.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.catalog.HookUsed(ctx, got); err != nil {
				t.Fatal(err)
			}
			got, _ = h.catalog.Hook(ctx, made.ID)
			return got.LastUsedAt.Time()
		}
		first := use()
		h.clock.Advance(time.Minute)
		if again := use(); !again.Equal(first) || !first.Equal(h.clock.Now().Add(-time.Minute)) {
			t.Errorf("used at %v, then %v", first, again)
		}
		h.clock.Advance(10 * time.Minute)
		if later := use(); !later.Equal(h.clock.Now()) {
			t.Errorf("later at %v", later)
		}
	})
}
