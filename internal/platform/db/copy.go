package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Path returns the file of the SQLite database that url names, "" for
// PostgreSQL.
func Path(url string) string {
	if IsPostgres(url) {
		return ""
	}
	return strings.TrimPrefix(url, "sqlite:")
}

// CopyTo writes one state of a SQLite database to a new file, while others go
// on writing. The copy is made by VACUUM INTO: it reads in one transaction of
// its own, so that a busy writer can't make it start over as it does the online
// backup of pages, and it holds no free pages, so that words that were deleted
// do not live on in it.
func (d *DB) CopyTo(ctx context.Context, path string) error {
	if d.postgres {
		return errors.New("only a SQLite database is copied as a file")
	}
	conn, err := sql.Open(sqliteDriver, sqliteDSN(Path(d.url), false))
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	defer conn.Close()
	// SQLite takes an empty file and keeps its mode.
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return fmt.Errorf("making the copy: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		_ = os.Remove(path)
		return Classify(fmt.Errorf("copying the database to %s: %w", filepath.Dir(path), err))
	}
	return nil
}
