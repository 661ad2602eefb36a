// Package db is the one way to the database, SQLite or PostgreSQL.
//
// Reading and writing are apart. Read hands out a pool to query; Often is for the
// few queries everybody asks all the time (see often.go). A write happens
// inside Write, which passes a *Tx: a function that wants to change data takes
// one, so a change outside a transaction can't be written down.
//
// SQLite has one writer. Write requests that wait at the same moment share one
// transaction and one sync to disk (group commit, see group.go); each has a
// savepoint of its own, so that one failure does not touch its neighbours. On
// PostgreSQL every Write is a transaction of its own.
//
// What is of one database only lives in this package and is asked for by name
// (Postgres, OpenFirst). Errors of the drivers leave it classified: a broken
// uniqueness is errs.Conflict, a database that is away or full errs.Unavailable.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"lotse/internal/platform/errs"
)

// DB is an open database.
type DB struct {
	url      string
	postgres bool
	writer   *bun.DB
	reader   *bun.DB
	group    *group   // SQLite only
	watch    *watch   // who is told how long things take
	often    sync.Map // query to *sql.Stmt, see Often
}

// Open opens the database at url: "postgres://…" or "sqlite:PATH" (PATH is
// created if missing, its folder too). It fails at once if the database can't be
// reached; later outages are errors of single calls, never of the process.
func Open(ctx context.Context, url string) (*DB, error) {
	var d *DB
	var err error
	if IsPostgres(url) {
		d, err = openPostgres(url)
	} else {
		d, err = openSQLite(strings.TrimPrefix(url, "sqlite:"))
	}
	if err != nil {
		return nil, err
	}
	d.url = url
	if err := d.Ping(ctx); err != nil {
		d.Close()
		return nil, errs.Wrap(errs.Unavailable, err, "opening the database")
	}
	return d, nil
}

// IsPostgres reports whether url names a PostgreSQL database.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

func openSQLite(path string) (*DB, error) {
	if path == "" {
		return nil, errs.Field("database", "config.database_empty")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the database folder: %w", err)
	}
	w, err := sql.Open(sqliteDriver, sqliteDSN(path, false))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	r, err := sql.Open(sqliteDriver, sqliteDSN(path, true))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	// More readers than cores make SQLite slower, not faster.
	readers := max(2, runtime.NumCPU())
	r.SetMaxOpenConns(readers)
	r.SetMaxIdleConns(readers)
	told := &watch{}
	d := &DB{
		writer: bun.NewDB(w, sqlitedialect.New()).WithQueryHook(countHook{told}),
		reader: bun.NewDB(r, sqlitedialect.New()).WithQueryHook(countHook{told}),
		watch:  told,
	}
	d.group = newGroup(d.writer)
	return d, nil
}

func openPostgres(url string) (*DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errs.Field("database", "config.database_url")
	}
	// bun writes arguments into the statement, so a prepared statement would
	// never be used twice. Those of Often are prepared by name.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(4 + 4*runtime.NumCPU())
	pool.SetMaxIdleConns(4 + 4*runtime.NumCPU())
	pool.SetConnMaxIdleTime(5 * time.Minute)
	told := &watch{}
	b := bun.NewDB(pool, pgdialect.New()).WithQueryHook(countHook{told})
	return &DB{postgres: true, writer: b, reader: b, watch: told}, nil
}

// Postgres reports whether the database is PostgreSQL.
func (d *DB) Postgres() bool { return d.postgres }

// URL returns the address the database was opened with. It may hold a password:
// never log it.
func (d *DB) URL() string { return d.url }

// Read returns the pool for queries. It never shows an uncommitted change.
func (d *DB) Read() bun.IDB { return d.reader }

// Writer returns the pool that holds the write connections, for the job queue,
// which brings its own transactions. Nothing else may use it.
func (d *DB) Writer() *sql.DB { return d.writer.DB }

// Careless lets SQLite commit without waiting for the disk: a power cut may cost
// everything. It is for a database that is being made and would be made again,
// and ends when the database is closed. PostgreSQL stays careful.
func (d *DB) Careless(ctx context.Context) error {
	if d.postgres {
		return nil
	}
	_, err := d.writer.ExecContext(ctx, "PRAGMA synchronous = OFF")
	return Classify(err)
}

// Ping reports whether the database answers and can be read.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	if err := d.reader.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return Classify(err)
	}
	return nil
}

// Close ends running writes and closes all connections.
func (d *DB) Close() error {
	if d.group != nil {
		d.group.close()
	}
	err := d.writer.Close()
	if d.reader != d.writer {
		err = errors.Join(err, d.reader.Close())
	}
	return err
}

// Write runs fn in a transaction and commits it. When Write returns nil, the
// data is on disk. If fn fails, all it wrote is gone and its error is returned.
// fn may run more than once (a deadlock on PostgreSQL is tried again), so it
// must not have effects outside the database; those belong into AfterCommit.
func (d *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	begin, began := time.Now(), time.Time{}
	work := fn
	fn = func(ctx context.Context, tx *Tx) error {
		began = time.Now()
		return work(ctx, tx)
	}
	defer func() { d.watch.write(begin, began) }()
	if d.postgres {
		return Classify(d.writePostgres(ctx, fn))
	}
	return Classify(d.group.write(ctx, fn))
}

func (d *DB) writePostgres(ctx context.Context, fn func(context.Context, *Tx) error) error {
	var err error
	for range 4 {
		if err = d.tryPostgres(ctx, fn); !isTransient(err) {
			return err
		}
	}
	return err
}

func (d *DB) tryPostgres(ctx context.Context, fn func(context.Context, *Tx) error) (err error) {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("getting a connection: %w", err)
	}
	defer conn.Close()
	btx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	tx := &Tx{Tx: btx, postgres: true, conn: conn.Conn}
	if err := protect(ctx, tx, fn); err != nil {
		_ = btx.Rollback() // the error that led here says more
		return err
	}
	if err := btx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	tx.committed()
	return nil
}

// protect turns a panic of fn into an error, so that a bug in one write can't
// take the writer of all others down.
func protect(ctx context.Context, tx *Tx, fn func(context.Context, *Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			buf := make([]byte, 8<<10)
			err = fmt.Errorf("panic in a write: %v\n%s", p, buf[:runtime.Stack(buf, false)])
		}
	}()
	return fn(ctx, tx)
}
