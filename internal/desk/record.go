package desk

import (
	"context"
	"fmt"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
)

// RecordTx writes events of what others did with cases, without hooks and
// signals. Only Kind, Actor, Params and the case's id and brand are used; the id
// may be zero.
func (d *Desk) RecordTx(ctx context.Context, tx *db.Tx, changes ...Change) error {
	if len(changes) == 0 {
		return nil
	}
	now := clock.Now(d.clock)
	rows := make([]eventRow, len(changes))
	for i, c := range changes {
		row, err := eventToRow(c, now)
		if err != nil {
			return fmt.Errorf("writing an event's parameters: %w", err)
		}
		rows[i] = row
	}
	if _, err := tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	return nil
}
