package db

import (
	"context"
	"fmt"
	"strings"
)

// versionTable is where goose notes which migrations were applied.
const versionTable = "goose_db_version"

// Table is a table with its columns in order, without those the database works
// out by itself.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// IsBookkeeping reports whether the table only says which migrations were
// applied: migrating writes it, nothing else does.
func (t Table) IsBookkeeping() bool { return t.Name == versionTable || t.Name == "river_migration" }

// IsQueue reports whether the table belongs to the job queue.
func (t Table) IsQueue() bool { return strings.HasPrefix(t.Name, "river_") }

const sqliteTables = `SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
	WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, p.cid`

// Tables that PostgreSQL empties after a crash hold nothing to keep.
const postgresTables = `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.relnamespace = current_schema()::regnamespace
	AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY c.relname, a.attnum`

// Tables returns the tables there are, by name.
func (v *View) Tables(ctx context.Context) ([]Table, error) {
	query := sqliteTables
	if v.postgres {
		query = postgresTables
	}
	pairs, err := v.pairs(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("listing tables: %w", err)
	}
	var all []Table
	for _, p := range pairs {
		if len(all) == 0 || all[len(all)-1].Name != p[0] {
			all = append(all, Table{Name: p[0]})
		}
		last := &all[len(all)-1]
		last.Columns = append(last.Columns, p[1])
	}
	return all, nil
}

const sqliteIndexes = `SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`

// An index that PostgreSQL marks as not valid is used by no query: it counts as
// missing.
const postgresIndexes = `SELECT i.relname, t.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
	WHERE t.relnamespace = current_schema()::regnamespace AND x.indisvalid
	AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = x.indexrelid AND contype IN ('p', 'u')) ORDER BY 1`

// Indexes returns the table of each index by the index's name, without the
// indexes of primary keys and uniqueness, which are part of their tables.
func (v *View) Indexes(ctx context.Context) (map[string]string, error) {
	query := sqliteIndexes
	if v.postgres {
		query = postgresIndexes
	}
	pairs, err := v.pairs(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("listing indexes: %w", err)
	}
	all := make(map[string]string, len(pairs))
	for _, p := range pairs {
		all[p[0]] = p[1]
	}
	return all, nil
}

func (v *View) pairs(ctx context.Context, query string) ([][2]string, error) {
	rows, err := v.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][2]string
	for rows.Next() {
		var p [2]string
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}
