package db

import (
	"context"
	"fmt"
	"io"

	"github.com/uptrace/bun"
)

// Integrity reads the whole database and returns what is wrong with it, and how
// many rows it read. SQLite checks its own structure, every index included;
// PostgreSQL has no such check, so that every row is read instead, which finds
// what can't be read any more.
func (v *View) Integrity(ctx context.Context, each func(table string, rows int64)) (faults []string, err error) {
	tables, err := v.Tables(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		var n int64
		if v.postgres {
			n, err = v.CopyOut(ctx, t, io.Discard)
		} else {
			n, err = v.Count(ctx, t.Name)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			faults = append(faults, err.Error())
			if v.postgres { // its transaction is over
				return faults, nil
			}
		}
		each(t.Name, n)
	}
	if v.postgres {
		return faults, nil
	}
	found, err := v.structure(ctx)
	return append(faults, found...), err
}

// structure asks SQLite for at most 20 faults.
func (v *View) structure(ctx context.Context) ([]string, error) {
	var said []string
	if err := v.NewRaw("PRAGMA integrity_check(20)").Scan(ctx, &said); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return []string{err.Error()}, nil
	}
	if len(said) == 1 && said[0] == "ok" {
		return nil, nil
	}
	return said, nil
}

// Orphan is a column whose values should be found in another table, and how
// often they are not.
type Orphan struct {
	Table, Target string
	Rows          int64
}

// Orphans checks every reference of the schema and returns the broken ones, and
// how many references there are.
func (v *View) Orphans(ctx context.Context) (broken []Orphan, checked int, err error) {
	if v.postgres {
		return v.orphansPostgres(ctx)
	}
	if err := v.NewRaw(`SELECT count(*) FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) WHERE m.type = 'table'`).Scan(ctx, &checked); err != nil {
		return nil, 0, fmt.Errorf("listing references: %w", err)
	}
	rows, err := v.QueryContext(ctx, `SELECT "table", parent, count(*) FROM pragma_foreign_key_check() GROUP BY 1, 2 ORDER BY 1, 2`)
	if err != nil {
		return nil, 0, fmt.Errorf("checking references: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o Orphan
		if err := rows.Scan(&o.Table, &o.Target, &o.Rows); err != nil {
			return nil, 0, fmt.Errorf("checking references: %w", err)
		}
		broken = append(broken, o)
	}
	return broken, checked, rows.Err()
}

// references of one column each: the schema has no others.
const postgresReferences = `SELECT c.relname, a.attname, t.relname, b.attname FROM pg_constraint r
	JOIN pg_class c ON c.oid = r.conrelid JOIN pg_class t ON t.oid = r.confrelid
	JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = r.conkey[1]
	JOIN pg_attribute b ON b.attrelid = r.confrelid AND b.attnum = r.confkey[1]
	WHERE r.contype = 'f' AND cardinality(r.conkey) = 1 AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2`

func (v *View) orphansPostgres(ctx context.Context) (broken []Orphan, checked int, err error) {
	var references []struct{ Child, Column, Parent, Key string }
	rows, err := v.QueryContext(ctx, postgresReferences)
	if err != nil {
		return nil, 0, fmt.Errorf("listing references: %w", err)
	}
	for rows.Next() {
		var r struct{ Child, Column, Parent, Key string }
		if err := rows.Scan(&r.Child, &r.Column, &r.Parent, &r.Key); err != nil {
			rows.Close()
			return nil, 0, fmt.Errorf("listing references: %w", err)
		}
		references = append(references, r)
	}
	rows.Close()
	for _, r := range references {
		o := Orphan{Table: r.Child, Target: r.Parent}
		err := v.NewRaw("SELECT count(*) FROM ? c WHERE c.? IS NOT NULL AND NOT EXISTS (SELECT FROM ? p WHERE p.? = c.?)",
			bun.Ident(r.Child), bun.Ident(r.Column), bun.Ident(r.Parent), bun.Ident(r.Key), bun.Ident(r.Column)).Scan(ctx, &o.Rows)
		if err != nil {
			return nil, 0, fmt.Errorf("checking references: %w", err)
		}
		if o.Rows > 0 {
			broken = append(broken, o)
		}
	}
	return broken, len(references), rows.Err()
}
