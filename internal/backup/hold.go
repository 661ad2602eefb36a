package backup

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// A hold is renewed as long as its backup runs, and runs out by itself when that
// was killed.
const (
	holdTime  = 3 * time.Minute
	holdRenew = 30 * time.Second
)

// Held reports whether a backup runs that may still need bytes whose rows are
// gone. The job that removes such bytes asks, and comes again later.
func Held(ctx context.Context, d *db.DB, c clock.Clock) (bool, error) {
	held, err := d.Read().NewSelect().TableExpr("leases").Where("name LIKE 'backup:%' AND expires_at > ?", clock.Now(c)).Exists(ctx)
	if err != nil {
		return false, db.Classify(fmt.Errorf("looking for a running backup: %w", err))
	}
	return held, nil
}

// hold keeps the bytes of a desk from being removed.
type hold struct {
	source  Source
	id      ids.ID
	until   atomic.Int64 // a clock.Stamp
	stop    context.CancelFunc
	stopped chan struct{}
}

// takeHold returns once the hold is committed.
func takeHold(ctx context.Context, s Source) (*hold, error) {
	h := &hold{source: s, id: ids.New(), stopped: make(chan struct{})}
	if err := h.renew(ctx); err != nil {
		return nil, err
	}
	ctx, h.stop = context.WithCancel(ctx)
	go h.keep(ctx)
	return h, nil
}

func (h *hold) name() string { return "backup:" + h.id.String() }

func (h *hold) renew(ctx context.Context) error {
	until := clock.Now(h.source.Clock).Add(holdTime)
	err := h.source.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`, h.name(), h.id, until).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("asking for attachments to be kept while they are copied: %w", err)
	}
	h.until.Store(int64(until))
	return nil
}

func (h *hold) keep(ctx context.Context) {
	defer close(h.stopped)
	tick := time.NewTicker(holdRenew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := h.renew(ctx); err != nil && ctx.Err() == nil {
				h.source.Log.Warn("the backup can't renew its hold on attachments, trying again", "error", err)
			}
		}
	}
}

// check fails if the hold ran out, so that bytes may have been removed before
// they were copied.
func (h *hold) check() error {
	if clock.Now(h.source.Clock) > clock.Stamp(h.until.Load()) {
		return errors.New("the database was away for too long while attachments were copied: start the backup again")
	}
	return nil
}

// release gives the hold back. One that can't be given back runs out.
func (h *hold) release(ctx context.Context) {
	h.stop()
	<-h.stopped
	err := h.source.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw("DELETE FROM leases WHERE name = ? OR (name LIKE 'backup:%' AND expires_at < ?)", h.name(), clock.Now(h.source.Clock)).Exec(ctx)
		return err
	})
	if err != nil {
		h.source.Log.Warn("the backup can't give its hold on attachments back: it runs out by itself", "error", err)
	}
}
