package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
)

// forgotten is how long a delivery may be overdue before its job is believed
// lost.
const forgotten = 10 * time.Minute

// Recover writes outcomes that could not be written when they were known, settles
// what a program that died left in the middle of being sent, and gives a new job to
// deliveries that lost theirs. With alone, this process is the only one there is and
// everything being sent is left behind; else what has been for too long is. Run it at
// start and then every minute.
func (o *Outbox) Recover(ctx context.Context, alone bool) error {
	return errors.Join(o.known.write(ctx), o.settleInterrupted(ctx, alone), o.freeStray(ctx), o.remind(ctx))
}

// remind adds a job for each delivery that waits although its time has passed
// long ago. One job too many does no harm: only one gets past the mark.
func (o *Outbox) remind(ctx context.Context) error {
	now := clock.Now(o.Clock)
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		var rows []deliveryRow
		err := tx.NewSelect().Model(&rows).Column("id").
			Where("state = 1 AND next_at < ?", now.Add(-forgotten)).Order("next_at").Limit(1000).Scan(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		jobs := make([]queue.Job, len(rows))
		which := make([]ids.ID, len(rows))
		for i, r := range rows {
			which[i], jobs[i] = r.ID, queue.Job{Args: sendArgs{Delivery: r.ID}, Queue: queue.Delivery}
		}
		if _, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("next_at = ?", now).Where("id IN (?) AND state = 1", bun.List(which)).Exec(ctx); err != nil {
			return fmt.Errorf("reminding of deliveries: %w", err)
		}
		return o.Queue.Add(ctx, tx, jobs...)
	})
}

func (o *Outbox) settleInterrupted(ctx context.Context, alone bool) error {
	var rows []deliveryRow
	q := o.DB.Read().NewSelect().Model(&rows).Where("state = 2").Limit(1000)
	if !alone {
		q = q.Where("sending_until < ?", clock.Now(o.Clock))
	}
	if err := q.Scan(ctx); err != nil {
		return db.Classify(fmt.Errorf("finding interrupted deliveries: %w", err))
	}
	var failed error
	for _, row := range rows { // one that can't be settled holds up no other
		failed = errors.Join(failed, o.abandon(ctx, row, Interrupted))
	}
	return failed
}

// abandon makes a delivery uncertain that waits or is being sent by nobody any more.
func (o *Outbox) abandon(ctx context.Context, row deliveryRow, words string) error {
	a := &attempt{row: row}
	if row.State == Sending {
		a.row.Attempts-- // counted when it was marked
		a.until = row.SendingUntil
	}
	return o.failed(ctx, a, &SendError{Outcome: Uncertain, Words: words})
}

// ledger holds outcomes that are known and could not be written yet.
type ledger struct {
	mu  sync.Mutex
	all map[ids.ID]func(context.Context) error
}

func newLedger() *ledger { return &ledger{all: map[ids.ID]func(context.Context) error{}} }

func (l *ledger) keep(id ids.ID, write func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[id] = write
}

func (l *ledger) of(id ids.ID) func(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[id]
}

func (l *ledger) ids() []ids.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	which := make([]ids.ID, 0, len(l.all))
	for id := range l.all {
		which = append(which, id)
	}
	return which
}

func (l *ledger) drop(id ids.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, id)
}

// write writes all that is known.
func (l *ledger) write(ctx context.Context) error {
	var failed error
	for _, id := range l.ids() {
		if _, err := l.writeOne(ctx, id); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// writeOne writes the outcome of one delivery and reports whether there was any.
func (l *ledger) writeOne(ctx context.Context, id ids.ID) (bool, error) {
	write := l.of(id)
	if write == nil {
		return false, nil
	}
	if err := write(ctx); err != nil {
		return true, err
	}
	l.drop(id)
	return true, nil
}

// writeKnown writes what is known of a delivery. Then there is nothing left to do
// but, if it waits for its next attempt, to come back.
func (o *Outbox) writeKnown(ctx context.Context, id ids.ID) (bool, error) {
	known, err := o.known.writeOne(ctx, id)
	if !known || err != nil {
		return known, err
	}
	row, err := o.load(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return true, nil // its case was deleted
	}
	if err != nil || row.State != Queued {
		return true, err
	}
	return true, queue.Later(max(0, row.NextAt.Time().Sub(o.Clock.Now())))
}
