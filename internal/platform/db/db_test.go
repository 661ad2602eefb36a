package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

type brand struct {
	ID        ids.ID `bun:",pk"`
	Slug      string
	Name      string
	Host      string
	Language  string
	CreatedAt clock.Stamp
}

func insertBrand(slug string) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		b := brand{ID: ids.New(), Slug: slug, Name: "Stadtwerke \\ 'Lindenau' — Ä", CreatedAt: 1}
		_, err := tx.NewInsert().Model(&b).Exec(ctx)
		return err
	}
}

func count(t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := d.Read().NewSelect().Model((*brand)(nil)).Count(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func TestWriteKeepsOrDropsAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.Write(ctx, insertBrand("a")); err != nil {
			t.Fatal(err)
		}
		boom := errors.New("boom")
		called := false
		err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			tx.AfterCommit(func() { called = true })
			if err := insertBrand("b")(ctx, tx); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || called {
			t.Fatalf("err = %v, callback ran: %v", err, called)
		}
		err = d.Write(ctx, func(context.Context, *db.Tx) error { panic("bug") })
		if err == nil {
			t.Fatal("a panic passed as success")
		}
		if err := d.Write(ctx, insertBrand("a")); !errs.Is(err, errs.Conflict) {
			t.Fatalf("a second slug gave %v", err)
		}
		if n := count(t, d); n != 1 {
			t.Fatalf("%d rows, want 1", n)
		}
		var got brand
		if err := d.Read().NewSelect().Model(&got).Where("slug = ?", "a").Scan(ctx); err != nil {
			t.Fatal(err)
		}
		if got.Name != "Stadtwerke \\ 'Lindenau' — Ä" || got.ID.IsZero() {
			t.Fatalf("read back %+v", got)
		}
	})
}

func TestNeighboursInOneGroupDoNotShareFate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers = 200
		var wg sync.WaitGroup
		var mu sync.Mutex
		after := 0
		failures := 0
		for i := range writers {
			wg.Go(func() {
				err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					tx.AfterCommit(func() { mu.Lock(); after++; mu.Unlock() })
					if err := insertBrand(fmt.Sprintf("w%d", i))(ctx, tx); err != nil {
						return err
					}
					if i%3 == 0 {
						return errors.New("on purpose")
					}
					return nil
				})
				if err != nil {
					mu.Lock()
					failures++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != writers-failures || failures != 67 || after != n {
			t.Fatalf("%d rows, %d failures, %d callbacks", n, failures, after)
		}
	})
}

func TestSavepointUndoesOnlyItsPart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			if err := insertBrand("kept")(ctx, tx); err != nil {
				return err
			}
			part := tx.Savepoint(ctx, func(ctx context.Context) error { return insertBrand("kept")(ctx, tx) })
			if !errs.Is(db.Classify(part), errs.Conflict) {
				return fmt.Errorf("the part gave %w", part)
			}
			return insertBrand("after")(ctx, tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d); n != 2 {
			t.Fatalf("%d rows, want 2", n)
		}
	})
}

func TestCancelledBeforeItStartsWritesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := d.Write(ctx, insertBrand("never")); err == nil {
			t.Fatal("a cancelled write succeeded")
		}
		if n := count(t, d); n != 0 {
			t.Fatalf("%d rows, want 0", n)
		}
	})
}

func TestClosedDatabaseIsUnavailable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.Close()
		if err := d.Write(context.Background(), insertBrand("x")); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("write gave %v", err)
		}
		if err := d.Ping(context.Background()); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("ping gave %v", err)
		}
	})
}

func TestCounterCountsStatements(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, n := db.WithCounter(context.Background())
		for range 3 {
			if _, err := d.Read().NewSelect().Model((*brand)(nil)).Count(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n.Load() != 3 {
			t.Fatalf("counted %d statements, want 3", n.Load())
		}
	})
}
