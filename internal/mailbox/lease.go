package mailbox

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// leasePrefix begins the names of our leases; the lanes of the intake have others.
const leasePrefix = "fetch:"

type leaseRow struct {
	bun.BaseModel `bun:"table:leases,alias:l"`
	Name          string `bun:",pk"`
	Holder        ids.ID
	ExpiresAt     clock.Stamp
}

// Lease takes or renews the right to fetch an account for d from now and reports
// whether the holder has it: over all nodes one fetches. It is for the program
// and takes no actor.
func (b *Boxes) Lease(ctx context.Context, account, holder ids.ID, d time.Duration) (bool, error) {
	now := clock.Now(b.Clock)
	row := leaseRow{Name: leasePrefix + account.String(), Holder: holder, ExpiresAt: now.Add(d)}
	mine := false
	err := b.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewInsert().Model(&row).
			On("CONFLICT (name) DO UPDATE").Set("holder = EXCLUDED.holder").Set("expires_at = EXCLUDED.expires_at").
			Where("l.holder = ? OR l.expires_at < ?", holder, now).Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("leasing a mailbox: %w", err)
		}
		n, err := res.RowsAffected()
		mine = n == 1
		return err
	})
	return mine && err == nil, err
}

// Release gives a lease back, so that another node need not wait for its end. It
// is for the program and takes no actor.
func (b *Boxes) Release(ctx context.Context, account, holder ids.ID) error {
	return b.free(ctx, "name = ? AND holder = ?", leasePrefix+account.String(), holder)
}

// ReleaseAll frees every mailbox, for a start after a crash where this process is
// the only one there is. It is for the program and takes no actor.
func (b *Boxes) ReleaseAll(ctx context.Context) error {
	return b.free(ctx, "name LIKE ?", leasePrefix+"%")
}

func (b *Boxes) free(ctx context.Context, which string, args ...any) error {
	return b.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.NewDelete().Model((*leaseRow)(nil)).Where(which, args...).Exec(ctx); err != nil {
			return fmt.Errorf("freeing a mailbox: %w", err)
		}
		return nil
	})
}
