// Package dbtest runs a test on every database Lotse supports.
//
// SQLite gets a file in the test's own folder. PostgreSQL gets a server of the
// tests' own, started once per machine user and kept for the next run (see
// postgres.go); each test gets a database cloned from a migrated template.
// LOTSE_TEST_DATABASES ("sqlite", "postgres", or both, the default) narrows the
// choice. A database that can't be had fails the test: it is never skipped.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lotse/internal/platform/db"
	"lotse/internal/platform/queue"
)

// Each runs f once per database, as subtests named after it. The database is
// empty but migrated, and is removed when the subtest ends.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { f(t, Open(t, url)) })
}

// EachURL is Each for tests that open the database themselves.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) { f(t, URL(t, kind)) })
	}
}

// Kinds returns the databases to test on.
func Kinds() []string {
	if v := os.Getenv("LOTSE_TEST_DATABASES"); v != "" {
		return strings.Split(v, ",")
	}
	return []string{"sqlite", "postgres"}
}

// URL returns the address of a fresh, migrated database of a kind.
func URL(t testing.TB, kind string) string {
	t.Helper()
	switch kind {
	case "sqlite":
		return sqliteURL(t)
	case "postgres":
		return postgresURL(t)
	}
	t.Fatalf("LOTSE_TEST_DATABASES names an unknown database %q", kind)
	return ""
}

// Open opens url and closes it when the test ends.
func Open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatalf("opening the test database: %v", err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

var migratedSQLite = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "lotse-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "template.db")
	d, err := db.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	if err := Prepare(context.Background(), d); err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // the last connection folds the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

func sqliteURL(t testing.TB) string {
	t.Helper()
	template, err := migratedSQLite()
	if err != nil {
		t.Fatalf("making the template database: %v", err)
	}
	path := filepath.Join(t.TempDir(), "lotse.db")
	if err := os.WriteFile(path, template, 0o600); err != nil {
		t.Fatalf("copying the template database: %v", err)
	}
	return "sqlite:" + path
}

// Prepare brings an empty database to the program's schema, the job queue's
// tables included.
func Prepare(ctx context.Context, d *db.DB) error {
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	return queue.Migrate(ctx, d)
}
