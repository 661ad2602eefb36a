package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"

	"lotse/internal/platform/db"
)

type postgresClient struct{ *river.Client[pgx.Tx] }

// add lends River the connection the transaction runs on. River speaks pgx, the
// rest of Lotse database/sql; both share one transaction this way.
func (c postgresClient) add(ctx context.Context, tx *db.Tx, jobs []river.InsertManyParams) error {
	return withLent(tx, func(conn lent) error {
		_, err := c.InsertManyFastTx(ctx, conn, jobs)
		return err
	})
}

func withLent(tx *db.Tx, use func(lent) error) error {
	return tx.Conn().Raw(func(driver any) error {
		conn, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T, not one of pgx", driver)
		}
		return use(lent{conn.Conn()})
	})
}
func (c postgresClient) start(ctx context.Context) error { return c.Start(ctx) }
func (c postgresClient) stop(ctx context.Context) error  { return c.Stop(ctx) }

// lent makes a connection with a running transaction look like that transaction.
// Whoever began it ends it: Commit and Rollback are refused.
type lent struct{ conn *pgx.Conn }

var errLent = errors.New("a lent transaction is ended by its owner")

func (l lent) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := l.conn.Exec(ctx, "SAVEPOINT lent"); err != nil {
		return nil, err
	}
	return lentPart{l}, nil
}
func (lent) Commit(context.Context) error   { return errLent }
func (lent) Rollback(context.Context) error { return errLent }

func (l lent) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return l.conn.CopyFrom(ctx, table, columns, rows)
}
func (l lent) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return l.conn.SendBatch(ctx, b)
}
func (lent) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }
func (l lent) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return l.conn.Prepare(ctx, name, sql)
}
func (l lent) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return l.conn.Exec(ctx, sql, args...)
}
func (l lent) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return l.conn.Query(ctx, sql, args...)
}
func (l lent) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return l.conn.QueryRow(ctx, sql, args...)
}
func (l lent) Conn() *pgx.Conn { return l.conn }

// lentPart is a savepoint within a lent transaction.
type lentPart struct{ lent }

func (p lentPart) Commit(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, "RELEASE SAVEPOINT lent")
	return err
}

func (p lentPart) Rollback(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT lent")
	return err
}
