package db_test

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
)

// withBroken are the program's migrations and one more that fails in the middle.
func withBroken(t *testing.T) fs.FS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(db.Embedded, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(db.Embedded, path)
		all[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	broken := &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE half (x integer);\nUPDATE brands SET name = 'changed';\nDROP INDEX cases_by_customer;\nALTER TABLE nowhere ADD COLUMN y integer;\n")}
	all["migrations/sqlite/00900_broken.sql"], all["migrations/postgres/00900_broken.sql"] = broken, broken
	return all
}

// A migration that fails leaves the schema and the rows as they were, and the
// next one finds them so.
func TestBrokenMigrationChangesNothing(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(ctx, insertBrand("kept")); err != nil {
			t.Fatal(err)
		}
		before := schemaOf(t, d)
		if err := d.MigrateWith(ctx, withBroken(t)); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Fatalf("the broken migration gave %v", err)
		}
		if after := schemaOf(t, d); after != before {
			t.Errorf("the schema was\n%s\nand is\n%s", before, after)
		}
		var changed int
		if err := d.Read().NewRaw("SELECT count(*) FROM brands WHERE name = 'changed'").Scan(ctx, &changed); err != nil || changed != 0 {
			t.Errorf("%d rows were changed (%v)", changed, err)
		}
		if err := d.Migrate(ctx); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}

// schemaOf is the version, tables, columns and indexes as text.
func schemaOf(t *testing.T, d *db.DB) string {
	t.Helper()
	var s strings.Builder
	err := d.View(context.Background(), func(ctx context.Context, v *db.View) error {
		version, queue, err := v.SchemaVersion(ctx)
		if err != nil {
			return err
		}
		if version != db.KnownSchema() || queue == 0 {
			t.Errorf("the schema has version %d, the queue %d", version, queue)
		}
		tables, err := v.Tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			s.WriteString(table.Name + " " + strings.Join(table.Columns, " ") + "\n")
		}
		indexes, err := v.Indexes(ctx)
		for _, table := range tables {
			for name, of := range indexes {
				if of == table.Name && name == "cases_by_customer" {
					s.WriteString(name + "\n")
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}

// A view shows one moment whatever is written meanwhile, and holds no writer up.
func TestViewStandsStill(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.View(ctx, func(ctx context.Context, v *db.View) error {
			for want := range 3 {
				if n, err := v.Count(ctx, "brands"); err != nil || n != 0 {
					t.Errorf("the view shows %d brands after %d were added (%v)", n, want, err)
				}
				if err := d.Write(context.Background(), insertBrand(string(rune('a'+want)))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || count(t, d) != 3 {
			t.Errorf("%d brands, %v", count(t, d), err)
		}
	})
}

// Those who want to be alone take turns.
func TestAloneTakesTurns(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		if kind != "postgres" {
			continue // the lock of the data folder sees to that
		}
		url := dbtest.URL(t, kind)
		var inside, waited atomic.Int32
		var wg sync.WaitGroup
		for range 4 {
			d := dbtest.Open(t, url)
			wg.Go(func() {
				err := d.Alone(context.Background(), func() { waited.Add(1) }, func(ctx context.Context) error {
					if inside.Add(1) != 1 {
						t.Error("two are alone")
					}
					defer inside.Add(-1)
					return d.Ping(ctx)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
