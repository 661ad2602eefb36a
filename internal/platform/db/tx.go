package db

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"
)

// Tx is a running write transaction.
type Tx struct {
	bun.Tx
	postgres bool
	conn     *sql.Conn // PostgreSQL: the connection the transaction runs on
	after    []func()
	depth    int
}

// Postgres reports whether the transaction runs on PostgreSQL.
func (t *Tx) Postgres() bool { return t.postgres }

// Conn returns the connection of a transaction on PostgreSQL, for the job
// queue, which speaks the driver's own language; nil on SQLite.
func (t *Tx) Conn() *sql.Conn { return t.conn }

// WholeDesk is the zero id as a value: what stands for a brand where a row is for
// the whole desk. The zero ids.ID itself is NULL.
func (t *Tx) WholeDesk() any {
	if t.postgres {
		return bun.Safe("'00000000-0000-0000-0000-000000000000'::uuid")
	}
	return bun.Safe("zeroblob(16)")
}

// AfterCommit runs f once the data is on disk. f must be quick and can't fail:
// work that must happen is a job.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

func (t *Tx) committed() {
	for _, f := range t.after {
		f()
	}
}

// Savepoint runs fn so that its failure undoes what fn wrote and nothing else.
// It returns fn's error.
func (t *Tx) Savepoint(ctx context.Context, fn func(ctx context.Context) error) error {
	t.depth++
	defer func() { t.depth-- }()
	name := fmt.Sprintf("s%d", t.depth)
	if _, err := t.Tx.Tx.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return fmt.Errorf("setting a savepoint: %w", err)
	}
	callbacks := len(t.after)
	if err := fn(ctx); err != nil {
		t.after = t.after[:callbacks]
		if _, rerr := t.Tx.Tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+name); rerr != nil {
			return &lostTransaction{cause: err}
		}
		return err
	}
	if _, err := t.Tx.Tx.ExecContext(ctx, "RELEASE SAVEPOINT "+name); err != nil {
		return &lostTransaction{cause: err}
	}
	return nil
}

// lostTransaction says that the database gave the whole transaction up (disk
// full, connection lost), not only the part at hand.
type lostTransaction struct{ cause error }

func (e *lostTransaction) Error() string { return "transaction lost: " + e.cause.Error() }
func (e *lostTransaction) Unwrap() error { return e.cause }
