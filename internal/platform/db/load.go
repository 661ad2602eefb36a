package db

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// Sequence is a counter of PostgreSQL and the number it gave last.
type Sequence struct {
	Name string `json:"name"`
	Last int64  `json:"last"`
}

// Sequences returns the counters that have been used. They stand outside of
// transactions: read after the rows, they are never behind them.
func (v *View) Sequences(ctx context.Context) ([]Sequence, error) {
	if !v.postgres {
		return nil, nil
	}
	var all []Sequence
	rows, err := v.QueryContext(ctx, `SELECT sequencename, last_value FROM pg_sequences
		WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("reading sequences: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Sequence
		if err := rows.Scan(&s.Name, &s.Last); err != nil {
			return nil, fmt.Errorf("reading sequences: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// Loader fills the tables of a PostgreSQL database.
type Loader struct{ tx *Tx }

// Load empties all tables but the ones that say which migrations were applied,
// and lets fn fill them, in one transaction. References are switched off
// meanwhile, so that tables may come in any order and point in circles, and are
// checked when fn is done: a row that points nowhere undoes everything.
func (d *DB) Load(ctx context.Context, fn func(ctx context.Context, l *Loader) error) error {
	if !d.postgres {
		return errors.New("a SQLite database is loaded by copying its file")
	}
	return Classify(d.tryPostgres(ctx, func(ctx context.Context, tx *Tx) error {
		restore, err := dropReferences(ctx, tx)
		if err != nil {
			return err
		}
		if err := fn(ctx, &Loader{tx}); err != nil {
			return err
		}
		for _, statement := range restore {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("checking references: %w", err)
			}
		}
		return nil
	}))
}

// dropReferences removes all foreign keys and returns the statements that put
// them back.
func dropReferences(ctx context.Context, tx *Tx) (restore []string, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT c.relname, r.conname, pg_get_constraintdef(r.oid) FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid
		WHERE r.contype = 'f' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("listing references: %w", err)
	}
	var drop []string
	for rows.Next() {
		var table, name, definition string
		if err := rows.Scan(&table, &name, &definition); err != nil {
			rows.Close()
			return nil, fmt.Errorf("listing references: %w", err)
		}
		alter := "ALTER TABLE " + pgx.Identifier{table}.Sanitize()
		quoted := pgx.Identifier{name}.Sanitize()
		drop = append(drop, alter+" DROP CONSTRAINT "+quoted)
		restore = append(restore, alter+" ADD CONSTRAINT "+quoted+" "+definition)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing references: %w", err)
	}
	for _, statement := range drop {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("switching references off: %w", err)
		}
	}
	return restore, nil
}

// Empty removes all rows of a table.
func (l *Loader) Empty(ctx context.Context, t Table) error {
	if _, err := l.tx.NewRaw("TRUNCATE ?", bun.Ident(t.Name)).Exec(ctx); err != nil {
		return fmt.Errorf("emptying table %s: %w", t.Name, err)
	}
	return nil
}

// CopyIn adds rows to a table from what View.CopyOut wrote, and returns how many
// they were.
func (l *Loader) CopyIn(ctx context.Context, t Table, r io.Reader) (int64, error) {
	var rows int64
	err := withConn(l.tx.conn, func(c *pgx.Conn) error {
		tag, err := c.PgConn().CopyFrom(ctx, r, "COPY "+t.copied()+" FROM STDIN")
		rows = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("filling table %s: %w", t.Name, err)
	}
	return rows, nil
}

// Advance sets the counters.
func (l *Loader) Advance(ctx context.Context, all []Sequence) error {
	for _, s := range all {
		if _, err := l.tx.ExecContext(ctx, "SELECT setval(?::text::regclass, ?)", pgx.Identifier{s.Name}.Sanitize(), s.Last); err != nil {
			return fmt.Errorf("setting the sequence %s: %w", s.Name, err)
		}
	}
	return nil
}
