package outbox

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// CasesOf returns the cases of deliveries, for the job list; a delivery without
// one is missing.
func (o *Outbox) CasesOf(ctx context.Context, deliveries []ids.ID) (map[ids.ID]ids.ID, error) {
	cases := map[ids.ID]ids.ID{}
	if len(deliveries) == 0 {
		return cases, nil
	}
	var rows []deliveryRow
	err := o.DB.Read().NewSelect().Model(&rows).Column("id", "case_id").Where("id IN (?) AND case_id IS NOT NULL", bun.List(deliveries)).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading cases of deliveries: %w", err))
	}
	for _, r := range rows {
		cases[r.ID] = r.CaseID
	}
	return cases, nil
}

// HastenTx lets a delivery that waits for its next attempt be sent by the next
// job that comes. For any other it does nothing.
func (o *Outbox) HastenTx(ctx context.Context, tx *db.Tx, delivery ids.ID) error {
	_, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("next_at = ?", clock.Now(o.Clock)).
		Where("id = ? AND state = ? AND next_at > ?", delivery, Queued, clock.Now(o.Clock)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("hastening a delivery: %w", err)
	}
	tx.AfterCommit(o.rests.wake) // who asks wants to see what its relay says now
	return nil
}

// Backlog is what waits to be sent.
type Backlog struct {
	Waiting int         // deliveries with another attempt before them
	Oldest  clock.Stamp // since when the one that is due longest should have been tried; zero if none is due
}

// Backlog counts what waits, for figures. Its cost grows with that number only.
func (o *Outbox) Backlog(ctx context.Context) (Backlog, error) {
	n, err := o.Pending(ctx)
	if err != nil {
		return Backlog{}, err
	}
	var due clock.Stamp
	err = o.DB.Read().NewSelect().Model((*deliveryRow)(nil)).ColumnExpr("coalesce(min(next_at), 0)").
		Where("state = 1 AND next_at <= ?", clock.Now(o.Clock)).Scan(ctx, &due)
	if err != nil {
		return Backlog{}, db.Classify(fmt.Errorf("finding the oldest delivery: %w", err))
	}
	return Backlog{Waiting: n, Oldest: due}, nil
}
