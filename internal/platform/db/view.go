package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
)

// View is one state of the database that stands still while others go on
// writing. It can only be read.
type View struct {
	bun.Tx
	postgres bool
	conn     *sql.Conn
}

// View runs fn on one state of the database: everything that was committed
// before, nothing that is committed meanwhile. Writers are not held up. Keep it
// short all the same: what is written meanwhile can't be tidied up on disk.
func (d *DB) View(ctx context.Context, fn func(ctx context.Context, v *View) error) error {
	conn, err := d.reader.Conn(ctx)
	if err != nil {
		return Classify(fmt.Errorf("getting a connection: %w", err))
	}
	defer conn.Close()
	opts := &sql.TxOptions{ReadOnly: true}
	if d.postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return Classify(fmt.Errorf("beginning to read: %w", err))
	}
	defer func() { _ = tx.Rollback() }() // it wrote nothing
	if d.postgres {                      // a pause while a part is put on disk is no reason to be thrown out
		if _, err := tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0"); err != nil {
			return Classify(fmt.Errorf("beginning to read: %w", err))
		}
	}
	return Classify(fn(ctx, &View{Tx: tx, postgres: d.postgres, conn: conn.Conn}))
}

// Postgres reports whether the database is PostgreSQL.
func (v *View) Postgres() bool { return v.postgres }

// CopyOut writes all rows of a table in the text form of PostgreSQL's COPY, and
// returns how many there were. It works on PostgreSQL only.
func (v *View) CopyOut(ctx context.Context, t Table, w io.Writer) (int64, error) {
	var rows int64
	err := withConn(v.conn, func(c *pgx.Conn) error {
		tag, err := c.PgConn().CopyTo(ctx, w, "COPY "+t.copied()+" TO STDOUT")
		rows = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("copying table %s: %w", t.Name, err)
	}
	return rows, nil
}

// Count returns how many rows a table has. It reads all of it.
func (v *View) Count(ctx context.Context, table string) (int64, error) {
	var n int64
	if err := v.NewRaw("SELECT count(*) FROM ?", bun.Ident(table)).Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("counting %s: %w", table, err)
	}
	return n, nil
}

// SchemaVersion returns the versions of the schema and of the job queue's own
// tables; zero where there are none.
func (v *View) SchemaVersion(ctx context.Context) (schema, queue int64, err error) {
	tables, err := v.Tables(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, t := range tables {
		switch t.Name {
		case versionTable:
			err = v.NewRaw("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(ctx, &schema)
		case "river_migration":
			err = v.NewRaw("SELECT coalesce(max(version), 0) FROM river_migration").Scan(ctx, &queue)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("reading the version of the schema: %w", err)
		}
	}
	return schema, queue, nil
}

// copied names the table and its columns as COPY wants them.
func (t Table) copied() string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = pgx.Identifier{c}.Sanitize()
	}
	return pgx.Identifier{t.Name}.Sanitize() + " (" + strings.Join(columns, ", ") + ")"
}

// withConn lends out the driver's own connection.
func withConn(conn *sql.Conn, use func(*pgx.Conn) error) error {
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return errors.New("this works on PostgreSQL only")
		}
		return use(c.Conn())
	})
}
