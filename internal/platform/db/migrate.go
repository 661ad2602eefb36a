package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// Migrate brings the schema to this program's version. Each migration is one
// transaction: if it fails, the schema before it stands. Nodes that start at the
// same time on PostgreSQL take turns.
func (d *DB) Migrate(ctx context.Context) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return Classify(fmt.Errorf("migrating the schema: %w", err))
	}
	return nil
}

// MigrateTo brings the schema of an empty or older database to a version this
// program knows, and no further: a backup of that version is then put into it.
func (d *DB) MigrateTo(ctx context.Context, version int64) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return Classify(fmt.Errorf("migrating the schema: %w", err))
	}
	return nil
}

// KnownSchema returns the newest version of the schema this program knows.
func KnownSchema() int64 {
	var newest int64
	files, _ := fs.Glob(migrations, "migrations/sqlite/*.sql") // the pattern is valid
	for _, f := range files {
		if n, err := goose.NumericComponent(f); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}

// upgradeLock is the number of the lock that Alone takes.
const upgradeLock = 0x6c6f747365

// Alone runs fn while no other node on the same database runs one in Alone.
// waiting is told before it waits for another. On SQLite there is one process
// only, which the lock of the data folder sees to.
func (d *DB) Alone(ctx context.Context, waiting func(), fn func(ctx context.Context) error) error {
	if !d.postgres {
		return fn(ctx)
	}
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return Classify(fmt.Errorf("getting a connection: %w", err))
	}
	defer conn.Close()
	var mine bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(?)", upgradeLock).Scan(&mine); err != nil {
		return Classify(fmt.Errorf("taking the upgrade lock: %w", err))
	}
	if !mine {
		waiting()
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(?)", upgradeLock); err != nil {
			return Classify(fmt.Errorf("waiting for the upgrade lock: %w", err))
		}
	}
	// Without ctx: a lock that stays with a pooled connection would stop everybody.
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(?)", upgradeLock)
	}()
	return fn(ctx)
}

// SchemaVersion returns the version the database stands at and the newest this
// program knows. A database newer than the program must not be touched.
func (d *DB) SchemaVersion(ctx context.Context) (have, known int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, 0, err
	}
	have, known, err = p.GetVersions(ctx)
	return have, known, Classify(err)
}

func (d *DB) provider() (*goose.Provider, error) { return d.providerOf(migrations) }

// providerOf works with the migrations of all, which has a folder per database:
// tests break one of them.
func (d *DB) providerOf(all fs.FS) (*goose.Provider, error) {
	dialect, folder := goose.DialectSQLite3, "migrations/sqlite"
	var opts []goose.ProviderOption
	if d.postgres {
		dialect, folder = goose.DialectPostgres, "migrations/postgres"
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("preparing the migration lock: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(all, folder)
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	return goose.NewProvider(dialect, d.sqlDB(), files, opts...)
}

func (d *DB) sqlDB() *sql.DB { return d.writer.DB }

// SchemaSource returns the text of all migrations of both databases: tests name
// their template databases after its hash.
func SchemaSource() string {
	var all []byte
	_ = fs.WalkDir(migrations, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := migrations.ReadFile(path)
		all = append(all, text...)
		return err
	}) // an embedded file system can't fail
	return string(all)
}
