package db_test

import (
	"context"
	"sync"
	"testing"

	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

const brandBySlug = "SELECT id, slug, name FROM brands WHERE slug = $1 AND id <> $2"

func TestOftenReadsWhatIsThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, n := db.WithCounter(context.Background())
		often := func(slug string, other ids.ID) []brand {
			t.Helper()
			var rows []brand
			if err := d.Often(ctx, &rows, brandBySlug, slug, other); err != nil {
				t.Fatal(err)
			}
			return rows
		}
		if rows := often("a", ids.New()); len(rows) != 0 {
			t.Fatalf("an empty table gave %v", rows)
		}
		if err := d.Write(context.Background(), insertBrand("a")); err != nil {
			t.Fatal(err)
		}
		n.Store(0)
		rows := often("a", ids.New())
		if len(rows) != 1 || rows[0].Slug != "a" || rows[0].ID.IsZero() || n.Load() != 1 {
			t.Fatalf("%+v with %d statements", rows, n.Load())
		}
		if again := often("a", rows[0].ID); len(again) != 0 {
			t.Error("an id as argument is not the id that is stored")
		}
		if none := often("a", ids.ID{}); len(none) != 0 {
			t.Error("the zero id is not NULL, as elsewhere")
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				var rows []brand
				if err := d.Often(context.Background(), &rows, brandBySlug, "a", ids.New()); err != nil || len(rows) != 1 {
					t.Errorf("%v, %v", rows, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestOftenFailsAsReadingDoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var rows []brand
		if err := d.Often(context.Background(), &rows, "SELECT nothing FROM nowhere"); err == nil {
			t.Error("nonsense was read")
		}
		if err := d.Often(context.Background(), &rows, brandBySlug, "a", ids.New()); err != nil {
			t.Fatal(err)
		}
		d.Close()
		if err := d.Often(context.Background(), &rows, brandBySlug, "a", ids.New()); !errs.Is(err, errs.Unavailable) {
			t.Errorf("a closed database gave %v", err)
		}
	})
}
