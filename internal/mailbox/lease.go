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
// Turns are leases too, under turnPrefix.
const (
	leasePrefix = "fetch:"
	turnPrefix  = leasePrefix + "turn:"
)

const (
	turnTime  = 45 * time.Second       // a turn is over this long after its process died
	turnPause = 100 * time.Millisecond // between looks whether it is ours
)

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
	return b.lease(ctx, leasePrefix+account.String(), holder, d)
}

func (b *Boxes) lease(ctx context.Context, name string, holder ids.ID, d time.Duration) (bool, error) {
	now := clock.Now(b.Clock)
	row := leaseRow{Name: name, Holder: holder, ExpiresAt: now.Add(d)}
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

// Turn waits until nobody has the turn of a name, in any process, and takes it until
// done is called, or for 45 seconds. It ends early with ctx, and fails with
// errs.Unavailable when the database is away. It is for the program and takes no actor.
func (b *Boxes) Turn(ctx context.Context, name string) (done func(), err error) {
	name, holder := turnPrefix+name, ids.New()
	for {
		mine, err := b.lease(ctx, name, holder, turnTime)
		if err != nil {
			return nil, err
		}
		if mine {
			return func() {
				_ = b.free(context.WithoutCancel(ctx), "name = ? AND holder = ?", name, holder) // else it ends by itself
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for a turn: %w", ctx.Err())
		case <-time.After(turnPause):
		}
	}
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
