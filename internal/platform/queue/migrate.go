package queue

import (
	"context"
	"fmt"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"lotse/internal/platform/db"
)

// Migrate brings the queue's own tables to this program's version.
func Migrate(ctx context.Context, d *db.DB) error {
	_, err := migrate(ctx, d, func(int) int { return 0 })
	return err
}

// MigrateTo brings the tables of an empty database to a version of their own, and
// no further: a backup of that version is then put into it.
func MigrateTo(ctx context.Context, d *db.DB, version int) error {
	newest, err := migrate(ctx, d, func(newest int) int { return min(version, newest) })
	if err == nil && version > newest {
		return fmt.Errorf("the job queue is of a newer Lotse (its tables have version %d, this program knows %d)", version, newest)
	}
	return err
}

// KnownVersion returns the newest version of the queue's tables this program
// knows for a database.
func KnownVersion(ctx context.Context, d *db.DB) (int, error) {
	return migrate(ctx, d, func(int) int { return -1 })
}

// migrate moves the tables up to the version that target chooses, knowing the
// newest there is: 0 is the newest, less is no move at all.
func migrate(ctx context.Context, d *db.DB, target func(newest int) int) (newest int, err error) {
	if !d.Postgres() {
		m, err := rivermigrate.New(riversqlite.New(d.Writer()), nil)
		if err != nil {
			return 0, fmt.Errorf("preparing the queue's tables: %w", err)
		}
		return migrateUp(ctx, m, target)
	}
	pool, err := openPool(ctx, d.URL())
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return 0, fmt.Errorf("preparing the queue's tables: %w", err)
	}
	return migrateUp(ctx, m, target)
}

func migrateUp[T any](ctx context.Context, m *rivermigrate.Migrator[T], target func(newest int) int) (newest int, err error) {
	all := m.AllVersions()
	newest = all[len(all)-1].Version
	version := target(newest)
	if version < 0 {
		return newest, nil
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: version}); err != nil {
		return newest, fmt.Errorf("migrating the queue's tables: %w", err)
	}
	return newest, nil
}
