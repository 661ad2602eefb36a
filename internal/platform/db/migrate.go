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

func (d *DB) provider() (*goose.Provider, error) {
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
	files, err := fs.Sub(migrations, folder)
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
