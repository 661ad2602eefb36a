package access_test

import (
	"context"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
)

// passWorld is a brand with two customers, the first with two cases.
type passWorld struct {
	d         *db.DB
	clock     *clock.Fixed
	passes    *access.Passes
	brand     ids.ID
	customers [2]ids.ID
	cases     [2]ids.ID
}

func newPassWorld(t *testing.T, d *db.DB) *passWorld {
	t.Helper()
	w := &passWorld{d: d, clock: clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), brand: ids.New()}
	w.passes = access.NewPasses(d, w.clock)
	team := ids.New()
	w.write(t, func(ctx context.Context, tx *db.Tx) error {
		exec := func(sql string, args ...any) {
			if _, err := tx.NewRaw(sql, args...).Exec(ctx); err != nil {
				t.Fatal(err)
			}
		}
		exec("INSERT INTO brands (id, slug, name, host, language, created_at) VALUES (?, 'x', 'X', '', 'de', 1)", w.brand)
		exec("INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, created_at) VALUES (?, ?, 'T', ?, 1, 1)", team, w.brand, []byte("{}"))
		for i := range w.customers {
			w.customers[i] = ids.New()
			exec("INSERT INTO customers (id, brand_id, name, language, created_at) VALUES (?, ?, ?, 'de', 1)", w.customers[i], w.brand, []byte{})
		}
		for i := range w.cases {
			w.cases[i] = ids.New()
			exec("INSERT INTO cases (id, brand_id, number, subject, state, team_id, customer_id, channel, language, version, messages, created_at, changed_at) VALUES (?, ?, ?, ?, 1, ?, ?, 'web', 'de', 1, 0, 1, 1)",
				w.cases[i], w.brand, ids.NewNumber(), []byte{}, team, w.customers[0])
		}
		return nil
	})
	return w
}

func (w *passWorld) write(t *testing.T, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := w.d.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func (w *passWorld) issue(t *testing.T, customer, caseID ids.ID) (token ids.Token) {
	t.Helper()
	w.write(t, func(ctx context.Context, tx *db.Tx) (err error) {
		token, err = w.passes.IssueTx(ctx, tx, access.Pass{BrandID: w.brand, CustomerID: customer, CaseID: caseID, Origin: access.FromMail})
		return err
	})
	return token
}

func (w *passWorld) peek(t *testing.T, tokens ...ids.Token) []access.Pass {
	t.Helper()
	var plain []string
	for _, k := range tokens {
		plain = append(plain, string(k))
	}
	ctx, n := db.WithCounter(context.Background())
	found, err := w.passes.Peek(ctx, w.brand, plain...)
	if err != nil || n.Load() > 1 {
		t.Fatalf("%v after %d statements", err, n.Load())
	}
	return found
}

func TestPasses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newPassWorld(t, d)
		one, file := w.issue(t, w.customers[0], w.cases[0]), w.issue(t, w.customers[0], ids.ID{})
		found := w.peek(t, file, "unknown", one)
		if len(found) != 2 || !found[0].CaseID.IsZero() || found[1].CaseID != w.cases[0] || found[1].Origin != access.FromMail {
			t.Fatalf("found %+v", found)
		}
		if a := found[1].Actor(); a.Kind != access.Customer || a.ID != w.customers[0] || a.Case != w.cases[0] || a.BrandID != w.brand || a.RequireCustomer() != nil {
			t.Fatalf("actor %+v", a)
		}
		if other, err := w.passes.Peek(context.Background(), ids.New(), string(one)); err != nil || len(other) != 0 {
			t.Fatalf("another brand opens %v, %v", other, err)
		}
		if none := w.peek(t); len(none) != 0 {
			t.Fatalf("no token opens %v", none)
		}
	})
}

func TestPassesLiveWithTheirUse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newPassWorld(t, d)
		used, idle := w.issue(t, w.customers[0], w.cases[0]), w.issue(t, w.customers[0], w.cases[0])
		use := func() {
			w.write(t, func(ctx context.Context, tx *db.Tx) error { return w.passes.UseTx(ctx, tx, string(used)) })
		}
		w.clock.Advance(23 * time.Hour)
		use() // within a day of the last use nothing is written
		w.clock.Advance(access.PassLifetime - 24*time.Hour)
		use()
		w.clock.Advance(2 * time.Hour)
		if found := w.peek(t, idle); len(found) != 0 {
			t.Fatal("a pass nobody used lives on")
		}
		if found := w.peek(t, used); len(found) != 1 {
			t.Fatal("a pass in use ran out")
		}
		if err := access.Sweep(context.Background(), d, w.clock); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.Read().NewRaw("SELECT count(*) FROM passes").Scan(context.Background(), &n); err != nil || n != 1 {
			t.Fatalf("%d passes are kept (%v)", n, err)
		}
	})
}

func TestPassesAreRevoked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newPassWorld(t, d)
		one, two, file := w.issue(t, w.customers[0], w.cases[0]), w.issue(t, w.customers[0], w.cases[1]), w.issue(t, w.customers[0], ids.ID{})
		other := w.issue(t, w.customers[1], ids.ID{})
		w.write(t, func(ctx context.Context, tx *db.Tx) error {
			if err := w.passes.RevokeTx(ctx, tx, w.customers[1], w.cases[0]); err != nil { // not theirs
				return err
			}
			return w.passes.RevokeTx(ctx, tx, w.customers[0], w.cases[1])
		})
		if found := w.peek(t, one, two, file, other); len(found) != 3 || len(w.peek(t, two)) != 0 {
			t.Fatalf("left %+v", found)
		}
		w.write(t, func(ctx context.Context, tx *db.Tx) error { return w.passes.RevokeCasesTx(ctx, tx, w.cases[:]) })
		if len(w.peek(t, one)) != 0 || len(w.peek(t, file)) != 1 {
			t.Fatal("revoking cases took the wrong ones")
		}
		w.write(t, func(ctx context.Context, tx *db.Tx) error {
			return w.passes.RevokeTx(ctx, tx, w.customers[0], ids.ID{})
		})
		if found := w.peek(t, one, two, file, other); len(found) != 1 || found[0].CustomerID != w.customers[1] {
			t.Fatalf("left %+v", found)
		}
	})
}
