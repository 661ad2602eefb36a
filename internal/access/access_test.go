package access_test

import (
	"context"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func sealer(t *testing.T, d *db.DB) *seal.Sealer {
	t.Helper()
	s, err := seal.Load(context.Background(), d, clock.NewFixed(noon))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, d *db.DB, fn func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// person adds a staff member, and the brand if it is the zero ID.
func person(t *testing.T, d *db.DB, brand ids.ID, email string) (staff, inBrand ids.ID) {
	t.Helper()
	staff = ids.New()
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		if brand.IsZero() {
			brand = ids.New()
			if _, err := tx.ExecContext(ctx, "INSERT INTO brands (id, slug, name, host, language, created_at) VALUES (?, ?, 'B', '', 'de', 1)", brand, brand.String()); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO staff (id, brand_id, email, name, role, password_hash, language, active, created_at) VALUES (?, ?, ?, 'N', 1, '', 'de', ?, 1)", staff, brand, email, true)
		return err
	})
	return staff, brand
}

func wantKind(t *testing.T, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("error = %v, want kind %d", err, want)
	}
}

func TestRolesHoldPermissions(t *testing.T) {
	all := []access.Permission{access.ReadCases, access.WorkCases, access.RepairIntake, access.ReadStaff, access.ManageStaff, access.ManageCatalog, access.OperateSystem}
	held := map[access.Role]string{0: ".......", access.Agent: "xx.x...", access.Lead: "xxxx...", access.Admin: "xxxxxxx"}
	for role, want := range held {
		got := ""
		for _, p := range all {
			if (access.Actor{Kind: access.Staff, Role: role}).May(p) {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != want {
			t.Errorf("%q holds %s, want %s", role, got, want)
		}
	}
	for _, p := range all {
		if (access.Actor{Role: access.Admin}).May(p) || (access.Actor{Kind: access.Customer, Role: access.Admin}).May(p) {
			t.Errorf("nobody or a customer holds %d", p)
		}
		if !access.Lotse(ids.New()).May(p) {
			t.Errorf("the program itself lacks %d", p)
		}
	}
	wantKind(t, access.Actor{}.Require(access.ReadCases), errs.SignedOut)
	wantKind(t, access.Actor{Kind: access.Staff, Role: access.Agent}.Require(access.ManageStaff), errs.Forbidden)
}

func TestWhoSeesARestrictedTeamsCase(t *testing.T) {
	team, mia := ids.New(), ids.New()
	for name, c := range map[string]struct {
		actor access.Actor
		owner ids.ID
		want  bool
	}{
		"a member":             {access.Actor{Kind: access.Staff, ID: ids.New(), Teams: []ids.ID{ids.New(), team}}, mia, true},
		"the owner":            {access.Actor{Kind: access.Staff, ID: mia}, mia, true},
		"a colleague":          {access.Actor{Kind: access.Staff, ID: ids.New(), Teams: []ids.ID{ids.New()}, Role: access.Admin}, mia, false},
		"nobody, owner nobody": {access.Actor{}, ids.ID{}, false},
		"the program":          {access.Lotse(ids.New()), mia, true},
	} {
		if got := c.actor.Sees(true, team, c.owner); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if !c.actor.Sees(false, team, c.owner) {
			t.Errorf("%s does not see the case of an open team", name)
		}
	}
}

func TestRoleNames(t *testing.T) {
	for _, r := range access.Roles() {
		if back, ok := access.ParseRole(r.String()); !ok || back != r {
			t.Errorf("%s does not come back", r)
		}
	}
	if _, ok := access.ParseRole("root"); ok {
		t.Error("an unknown role was read")
	}
}
