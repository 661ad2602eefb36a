package queue

import (
	"context"
	"fmt"
	"slices"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
)

// CanRetry reports whether a job in the state can be run at once.
func (s State) CanRetry() bool {
	return slices.Contains([]State{Planned, Failing, GivenUp, Discarded}, s)
}

// CanDiscard reports whether a job in the state can be thrown away.
func (s State) CanDiscard() bool {
	return slices.Contains([]State{Waiting, Planned, Failing}, s)
}

// Retry makes a job run at once that waits for its time, failed, or was
// discarded. One that runs, waits already or is done is an errs.Conflict.
func (q *Queue) Retry(ctx context.Context, tx *db.Tx, id int64) error {
	return q.repair(ctx, tx, id, State.CanRetry, q.client.retry)
}

// Discard throws away a job that waits or failed. It is kept for a day, so that
// it can still be retried. One that runs or is over is an errs.Conflict.
func (q *Queue) Discard(ctx context.Context, tx *db.Tx, id int64) error {
	return q.repair(ctx, tx, id, State.CanDiscard, q.client.discard)
}

func (q *Queue) repair(ctx context.Context, tx *db.Tx, id int64, can func(State) bool, do func(context.Context, *db.Tx, int64) error) error {
	query := "SELECT state FROM river_job WHERE id = ?"
	if q.db.Postgres() {
		query = "SELECT state::text FROM river_job WHERE id = ? FOR UPDATE"
	}
	var state State
	if err := tx.NewRaw(query, id).Scan(ctx, &state); err != nil {
		return db.Classify(fmt.Errorf("reading a job: %w", err))
	}
	if !can(state) {
		return errs.New(errs.Conflict, "jobs.moved_on")
	}
	if err := do(ctx, tx, id); err != nil {
		return fmt.Errorf("changing a job: %w", err)
	}
	return nil
}

func (c sqliteClient) retry(ctx context.Context, tx *db.Tx, id int64) error {
	_, err := c.JobRetryTx(ctx, tx.Tx.Tx, id)
	return err
}

func (c sqliteClient) discard(ctx context.Context, tx *db.Tx, id int64) error {
	_, err := c.JobCancelTx(ctx, tx.Tx.Tx, id)
	return err
}

func (c postgresClient) retry(ctx context.Context, tx *db.Tx, id int64) error {
	return withLent(tx, func(conn lent) error {
		_, err := c.JobRetryTx(ctx, conn, id)
		return err
	})
}

func (c postgresClient) discard(ctx context.Context, tx *db.Tx, id int64) error {
	return withLent(tx, func(conn lent) error {
		_, err := c.JobCancelTx(ctx, conn, id)
		return err
	})
}

// A queue by hand keeps no jobs that somebody could see.
func (h *hand) retry(context.Context, *db.Tx, int64) error   { return errByHand }
func (h *hand) discard(context.Context, *db.Tx, int64) error { return errByHand }

var errByHand = errs.New(errs.Conflict, "jobs.moved_on")
