package db

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// Watch is told how long things take, for figures. Its functions are called from
// many goroutines; each may be nil.
type Watch struct {
	Query func(took time.Duration)       // one statement
	Write func(wait, took time.Duration) // one Write: until its function began, and until it was committed or failed
}

// SetWatch names who is told from now on.
func (d *DB) SetWatch(w Watch) { d.watch.Store(&w) }

// watch holds a Watch that may be set while statements run.
type watch struct{ atomic.Pointer[Watch] }

func (w *watch) query(took time.Duration) {
	if told := w.Load(); told != nil && told.Query != nil {
		told.Query(took)
	}
}

func (w *watch) write(begin, began time.Time) {
	told := w.Load()
	if told == nil || told.Write == nil {
		return
	}
	end := time.Now()
	if began.IsZero() { // it never did
		began = end
	}
	told.Write(began.Sub(begin), end.Sub(begin))
}

// Pools returns the state of the connections: "read" and "write" on SQLite,
// "all" on PostgreSQL.
func (d *DB) Pools() map[string]sql.DBStats {
	if d.postgres {
		return map[string]sql.DBStats{"all": d.writer.Stats()}
	}
	return map[string]sql.DBStats{"read": d.reader.Stats(), "write": d.writer.Stats()}
}

// Size returns how many bytes the database takes on disk, and how many its
// write-ahead log beside it: 0 on PostgreSQL, which keeps one for all databases.
func (d *DB) Size(ctx context.Context) (data, log int64, err error) {
	if d.postgres {
		err = d.reader.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&data)
		return data, 0, Classify(err)
	}
	if data, err = fileSize(Path(d.url)); err != nil {
		return 0, 0, err
	}
	log, err = fileSize(Path(d.url) + "-wal")
	return data, log, err
}

// fileSize is 0 for a file that is not there.
func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
