package outbox

import (
	"context"
	"fmt"

	"lotse/internal/platform/db"
)

// SettleRestored makes everything that waits or is being sent uncertain, for a
// desk that came out of a backup: the desk it was made of may have sent it since.
// It returns how many deliveries that were. Staff see them among what went wrong
// and decide; nothing of it leaves by itself.
func (o *Outbox) SettleRestored(ctx context.Context) (int, error) {
	for settled := 0; ; {
		var rows []deliveryRow
		err := o.DB.Read().NewSelect().Model(&rows).Where("state IN (?, ?, ?)", Queued, Sending, Held).Limit(1000).Scan(ctx)
		if err != nil {
			return settled, db.Classify(fmt.Errorf("finding deliveries that waited: %w", err))
		}
		if len(rows) == 0 {
			return settled, nil
		}
		for _, row := range rows {
			if err := o.abandon(ctx, row, Restored); err != nil {
				return settled, err
			}
			settled++
		}
	}
}
