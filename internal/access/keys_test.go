package access_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func TestKeyLife(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, c := context.Background(), clock.NewFixed(noon)
		keys := access.NewKeys(d, c)
		ada, brand := person(t, d, ids.ID{}, "ada@lindenau.example")
		admin := access.Actor{Kind: access.Staff, ID: ada, BrandID: brand, Role: access.Admin}
		form := access.KeyForm{Name: " Shop\x00 ", Scopes: []access.Scope{access.CasesWrite, access.CasesRead, access.CasesRead}, ExpiresAt: clock.Now(c).Add(time.Hour)}
		made, secret, err := keys.Create(ctx, admin, form)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(secret, "lotse_") || len(secret) != 49 || made.Name != "Shop" || made.StaffID != ada || made.PerMinute != access.DefaultPerMinute ||
			!slices.Equal(made.Scopes, []access.Scope{access.CasesRead, access.CasesWrite}) || !strings.HasPrefix(secret[6:], made.Hint) {
			t.Fatalf("made %+v, a secret of %d", made, len(secret))
		}
		for _, wrong := range []string{"", "lotse_", secret + "x", secret[:48], strings.ToUpper(secret), "lotse_" + string(ids.NewToken()), strings.Repeat("lotse_", 1000)} {
			_, err := keys.Find(ctx, wrong)
			wantKind(t, err, errs.SignedOut)
		}
		found, err := keys.Find(ctx, secret)
		if err != nil || found.ID != made.ID || !found.UsedAt.IsZero() {
			t.Fatalf("found %+v, %v", found, err)
		}
		keysAreTouchedSeldom(t, d, keys, c, secret)
		stored := ""
		if err := d.Read().NewRaw("SELECT name || hint || scopes FROM api_keys").Scan(ctx, &stored); err != nil || strings.Contains(stored, secret[10:]) {
			t.Errorf("the secret is stored: %v", err)
		}
		c.Advance(time.Hour)
		_, err = keys.Find(ctx, secret)
		wantKind(t, err, errs.SignedOut)
	})
}

func keysAreTouchedSeldom(t *testing.T, d *db.DB, keys *access.Keys, c *clock.Fixed, secret string) {
	t.Helper()
	ctx := context.Background()
	used := func() clock.Stamp {
		k, err := keys.Find(ctx, secret)
		if err == nil {
			err = keys.Used(ctx, k)
		}
		if err != nil {
			t.Fatal(err)
		}
		k, err = keys.Find(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		return k.UsedAt
	}
	first := used()
	c.Advance(4 * time.Minute)
	if again := used(); first != clock.At(noon) || again != first {
		t.Errorf("used at %v, then %v", first.Time(), again.Time())
	}
	c.Advance(2 * time.Minute)
	if used() != clock.Now(c) {
		t.Error("later use is not noted")
	}
}

func TestRevokedKeysAreWorthless(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, keys := context.Background(), access.NewKeys(d, clock.NewFixed(noon))
		ada, brand := person(t, d, ids.ID{}, "ada@lindenau.example")
		admin := access.Actor{Kind: access.Staff, ID: ada, BrandID: brand, Role: access.Admin}
		made, secret, err := keys.Create(ctx, admin, access.KeyForm{Name: "Shop", Scopes: access.AllScopes()})
		if err != nil {
			t.Fatal(err)
		}
		stranger := admin
		stranger.BrandID = ids.New()
		wantKind(t, keys.Revoke(ctx, stranger, made.ID), errs.NotFound)
		for range 2 {
			if err := keys.Revoke(ctx, admin, made.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err = keys.Find(ctx, secret)
		wantKind(t, err, errs.SignedOut)
		list, err := keys.List(ctx, admin)
		if err != nil || len(list) != 1 || list[0].RevokedAt.IsZero() {
			t.Errorf("list %+v, %v", list, err)
		}
		if others, err := keys.List(ctx, stranger); err != nil || len(others) != 0 {
			t.Errorf("another brand sees %d keys, %v", len(others), err)
		}
	})
}

func TestKeysAreMadeOnceAndRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, keys := context.Background(), access.NewKeys(d, clock.NewFixed(noon))
		ada, brand := person(t, d, ids.ID{}, "ada@lindenau.example")
		admin := access.Actor{Kind: access.Staff, ID: ada, BrandID: brand, Role: access.Admin}
		good := access.KeyForm{ID: ids.New(), Name: "Shop", Scopes: []access.Scope{access.CasesRead}}
		if _, _, err := keys.Create(ctx, admin, good); err != nil {
			t.Fatal(err)
		}
		_, _, err := keys.Create(ctx, admin, good)
		wantKind(t, err, errs.Conflict)
		program := access.Key{ID: ids.New(), Scopes: []access.Scope{access.KeysScope, access.CasesRead}}.Actor(admin)
		for name, tried := range map[string]struct {
			as     access.Actor
			change func(*access.KeyForm)
			field  string
		}{
			"name":       {admin, func(f *access.KeyForm) { f.Name = " \t" }, "name"},
			"long":       {admin, func(f *access.KeyForm) { f.Name = strings.Repeat("ä", 61) }, "name"},
			"no scope":   {admin, func(f *access.KeyForm) { f.Scopes = nil }, "scopes"},
			"unknown":    {admin, func(f *access.KeyForm) { f.Scopes = []access.Scope{"everything"} }, "scopes"},
			"per minute": {admin, func(f *access.KeyForm) { f.PerMinute = -1 }, "per_minute"},
			"past":       {admin, func(f *access.KeyForm) { f.ExpiresAt = clock.At(noon) }, "expires"},
			"stranger":   {admin, func(f *access.KeyForm) { f.StaffID = ids.New() }, "staff"},
			"more":       {program, func(f *access.KeyForm) { f.Scopes = []access.Scope{access.CasesWrite} }, "scopes"},
			"as others":  {program, func(f *access.KeyForm) { f.StaffID = ids.New() }, "staff"},
		} {
			f := good
			f.ID = ids.ID{}
			tried.change(&f)
			_, _, err := keys.Create(ctx, tried.as, f)
			if faults := errs.Fields(err); len(faults) != 1 || faults[0].Field != tried.field {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// What a program may do is what both its key and its staff member may do.
func TestScopesNarrowRoles(t *testing.T) {
	for _, tried := range []struct {
		role  access.Role
		scope access.Scope
		may   access.Permission
		want  bool
	}{
		{access.Admin, access.CasesRead, access.ReadCases, true}, {access.Admin, access.CasesRead, access.WorkCases, false},
		{access.Admin, access.CasesWrite, access.DeleteCases, false}, {access.Agent, access.CasesDelete, access.DeleteCases, false},
		{access.Agent, access.StaffWrite, access.ManageStaff, false}, {access.Lead, access.IntakeScope, access.RepairIntake, true},
		{access.Admin, access.KeysScope, access.ManageKeys, true}, {access.Admin, "everything", access.ReadCases, false},
	} {
		a := access.Key{ID: ids.New(), Scopes: []access.Scope{tried.scope}}.Actor(access.Actor{Kind: access.Staff, Role: tried.role})
		if a.May(tried.may) != tried.want || !a.Has(tried.scope) {
			t.Errorf("%s with %s may %d: %v", tried.role, tried.scope, tried.may, !tried.want)
		}
	}
	for _, s := range access.AllScopes() {
		person := access.Actor{Kind: access.Staff, Role: access.Admin}
		if !person.Has(s) {
			t.Errorf("who uses no key lacks %s", s)
		}
	}
}
