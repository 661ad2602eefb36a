package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lotse/test/program"
)

const mailBytes = 3 << 10

// disk measures how long the disk takes to keep 4 KB for good.
func (b *bench) disk() error {
	f, err := os.CreateTemp(b.folder, "sync-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4<<10)
	var all []time.Duration
	for range 200 {
		begin := time.Now()
		if _, err := f.Write(block); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		all = append(all, time.Since(begin))
	}
	times := program.Sorted(all)
	b.results = append(b.results, result{Name: "disk: write and sync of 4 KB, p50", Value: ms(times.At(0.5)), Unit: "ms"},
		result{Name: "disk: write and sync of 4 KB, p99", Value: ms(times.At(0.99)), Unit: "ms"})
	return nil
}

// limits measures what the database alone does with rows of a mail's size, set
// up as the desk sets it up: nothing accepted can be faster than this.
func limits(ctx context.Context, e *env) error {
	url, err := e.url(ctx)
	if err != nil {
		return err
	}
	pool, err := openRaw(url)
	if err != nil {
		return err
	}
	defer pool.Close()
	blob := map[bool]string{true: "bytea", false: "BLOB"}[e.server != nil]
	if _, err := pool.ExecContext(ctx, fmt.Sprintf("CREATE TABLE raw (key %s PRIMARY KEY, raw %s NOT NULL)", blob, blob)); err != nil {
		return err
	}
	writers := []int{1}
	if e.server != nil { // SQLite has one writer
		writers = append(writers, 8, 32)
	}
	for _, n := range writers {
		rate, err := e.insert(ctx, pool, n, 1)
		if err != nil {
			return err
		}
		e.note(result{Name: "database alone: commits of one row", Load: fmt.Sprintf("%d connections", n), Value: rate, Unit: "/s"})
	}
	rate, err := e.insert(ctx, pool, 1, 100)
	if err != nil {
		return err
	}
	e.note(result{Name: "database alone: rows, 100 in a commit", Load: "1 connections", Value: rate, Unit: "/s"})
	return nil
}

// insert returns how many rows a second a number of writers commit.
func (e *env) insert(ctx context.Context, pool *sql.DB, writers, perCommit int) (float64, error) {
	var rows atomic.Int64
	failed := make([]error, writers)
	var wg sync.WaitGroup
	begin := time.Now()
	for w := range writers {
		wg.Go(func() {
			for failed[w] == nil && time.Since(begin) < e.raw {
				failed[w] = e.commit(ctx, pool, perCommit)
				rows.Add(int64(perCommit))
			}
		})
	}
	wg.Wait()
	rate := float64(rows.Load()) / time.Since(begin).Seconds()
	for _, err := range failed {
		if err != nil {
			return 0, err
		}
	}
	return rate, nil
}

func (e *env) commit(ctx context.Context, pool *sql.DB, rows int) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	var values []any
	var places []string
	for i := range rows {
		key, raw := make([]byte, 32), make([]byte, mailBytes)
		_, _ = rand.Read(key) // never fails on a supported system
		values = append(values, key, raw)
		places = append(places, fmt.Sprintf("($%d, $%d)", 2*i+1, 2*i+2))
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO raw (key, raw) VALUES "+strings.Join(places, ", "), values...); err != nil {
		return err
	}
	return tx.Commit()
}

// openRaw opens a database for writing, set up as the desk sets it up.
func openRaw(url string) (*sql.DB, error) {
	path, isSQLite := strings.CutPrefix(url, "sqlite:")
	if !isSQLite {
		return sql.Open("pgx", url)
	}
	pool, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)&_pragma=cache_size(-32000)")
	if err == nil {
		pool.SetMaxOpenConns(1)
	}
	return pool, err
}
