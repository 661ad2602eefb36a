package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"lotse/internal/platform/ids"
)

// Often scans the rows of a SELECT into dest, a pointer to a slice of rows as bun
// knows them. The query is a constant of its package with the places $1, $2, …: it
// is kept prepared until the database is closed. That pays where reading the
// query's text costs as much as its answer and everybody asks it; anything else
// is built from Read.
func (d *DB) Often(ctx context.Context, dest any, query string, args ...any) error {
	count(ctx)
	begin := time.Now()
	defer func() { d.watch.query(time.Since(begin)) }()
	statement, err := d.prepared(ctx, query)
	if err != nil {
		return Classify(fmt.Errorf("preparing a query: %w", err))
	}
	rows, err := statement.QueryContext(ctx, d.bound(args)...)
	if err != nil {
		return Classify(err)
	}
	return Classify(d.reader.ScanRows(ctx, rows, dest)) // closes rows
}

// prepared returns the statement of a query. Two who ask first at the same moment
// both prepare it: waiting for each other would let one that hangs stop the rest.
func (d *DB) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if known, ok := d.often.Load(query); ok {
		return known.(*sql.Stmt), nil
	}
	statement, err := d.reader.DB.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	known, isKnown := d.often.LoadOrStore(query, statement)
	if isKnown {
		_ = statement.Close() // the other one serves both
	}
	return known.(*sql.Stmt), nil
}

// bound returns the arguments as the driver takes them: SQLite keeps an id as its
// bytes.
func (d *DB) bound(args []any) []any {
	if d.postgres {
		return args
	}
	all := make([]any, len(args))
	for i, a := range args {
		if id, ok := a.(ids.ID); ok {
			a = id[:]
			if id.IsZero() {
				a = nil
			}
		}
		all[i] = a
	}
	return all
}
