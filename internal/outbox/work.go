package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
)

// sendArgs is the job that sends one delivery.
type sendArgs struct {
	Delivery ids.ID `json:"delivery"`
}

// Kind names the job.
func (sendArgs) Kind() string { return "outbox.send" }

// pauses are the waits after each failed attempt; after the last one the
// delivery has failed. Together they are three days: less than the four to five
// of RFC 5321 §4.5.4.1, because here a person sees the failure and can act.
var pauses = []time.Duration{
	30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	4 * time.Hour, 8 * time.Hour, 8 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

// sendTimeout bounds one attempt; a delivery that is marked as being sent for
// longer was left behind by a program that died.
const sendTimeout = 2 * time.Minute

// errTaken says that somebody else has the delivery, or that it was taken back.
var errTaken = errors.New("the delivery is not ours to send")

// work sends one delivery. It is idempotent: only one attempt at a time gets
// past the mark, and what is sent is never queued again.
func (o *Outbox) work(ctx context.Context, args sendArgs) error {
	row, err := o.load(ctx, args.Delivery)
	if errs.Is(err, errs.NotFound) {
		return nil // its transaction never was
	}
	if err != nil {
		return err
	}
	now := clock.Now(o.Clock)
	switch {
	case row.State != Queued:
		return nil
	case row.NextAt > now:
		return queue.Later(row.NextAt.Time().Sub(now.Time()))
	}
	out, relay, keep, err := o.compose(ctx, row)
	if errs.Is(err, errs.NotFound) && !noAccount(err) { // its case was merged since it was loaded
		if row, err = o.load(ctx, args.Delivery); err != nil {
			return err
		}
		out, relay, keep, err = o.compose(ctx, row)
	}
	if noAccount(err) {
		return o.failed(ctx, row, &SendError{Outcome: Rejected, Words: "no mailbox is set up for this brand", Cause: err})
	}
	if err != nil {
		return o.failed(ctx, row, &SendError{Outcome: Retry, Words: err.Error(), Cause: err})
	}
	if relay.Host == "" {
		return o.failed(ctx, row, &SendError{Outcome: Rejected, Words: NoRelay})
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	words, err := o.Senders[row.Channel].Send(ctx, relay, out, func() error { return o.markSending(ctx, row.ID, keep) })
	if errors.Is(err, errTaken) {
		return nil
	}
	if err != nil {
		return o.failed(context.WithoutCancel(ctx), row, AsSendError(err))
	}
	return o.markSent(context.WithoutCancel(ctx), row, words)
}

func (o *Outbox) load(ctx context.Context, id ids.ID) (deliveryRow, error) {
	var row deliveryRow
	err := o.DB.Read().NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row, db.Classify(err)
}

// markSending is the last step before the point of no return. From then on the
// link in the mail works.
func (o *Outbox) markSending(ctx context.Context, id ids.ID, keep keep) error {
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", Sending).Set("attempts = attempts + 1").
			Set("next_at = NULL").Set("sending_until = ?", clock.Now(o.Clock).Add(2*sendTimeout)).
			Where("id = ? AND state = ?", id, Queued).Exec(ctx)
		if err != nil {
			return fmt.Errorf("marking a delivery: %w", err)
		}
		n, err := res.RowsAffected()
		switch {
		case err != nil:
			return err
		case n == 0:
			return errTaken
		case keep == nil:
			return nil
		}
		return keep(ctx, tx)
	})
}

func (o *Outbox) markSent(ctx context.Context, row deliveryRow, words string) error {
	err := o.settle(ctx, row, func(d *deliveryRow) {
		d.State, d.SentAt, d.Code, d.Words = Sent, clock.Now(o.Clock), 250, o.Seal.Seal(row.CaseID, words)
		d.Content = []byte{}
	})
	if err == nil {
		o.Counted(Sent)
	}
	return err
}

// failed stores what became of an attempt and says when the next one is.
func (o *Outbox) failed(ctx context.Context, row deliveryRow, e *SendError) error {
	state := map[Outcome]State{Retry: Queued, Rejected: Failed, Uncertain: Unsure}[e.Outcome]
	pause := time.Duration(0)
	if state == Queued {
		if int(row.Attempts) >= len(pauses) {
			state = Failed
		} else {
			pause = pauses[row.Attempts]
		}
	}
	err := o.settle(ctx, row, func(d *deliveryRow) {
		d.State, d.Code, d.Words = state, int64(e.Code), o.Seal.Seal(row.CaseID, e.Words)
		d.NextAt, d.Attempts = 0, row.Attempts+1
		if state == Queued {
			d.NextAt = clock.Now(o.Clock).Add(pause)
		}
	})
	if err != nil {
		return err
	}
	o.Counted(state)
	if state == Queued {
		return queue.Later(pause)
	}
	return nil
}

// settle writes the outcome of an attempt and tells the case of trouble.
func (o *Outbox) settle(ctx context.Context, row deliveryRow, set func(*deliveryRow)) error {
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		after := row
		set(&after)
		after.SendingUntil = 0
		columns := []string{"state", "next_at", "sending_until", "code", "words", "sent_at", "content"}
		if row.Kind == FileLinkKind && after.State != Queued { // nothing else would ever remove it
			after.Address, after.Content, columns = []byte{}, []byte{}, append(columns, "address")
		}
		if after.State != Sent { // a sent one was counted when it was marked
			columns = append(columns, "attempts")
		}
		res, err := tx.NewUpdate().Model(&after).Column(columns...).
			Where("id = ? AND state IN (?, ?)", row.ID, Queued, Sending).Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("settling a delivery: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if !row.CaseID.IsZero() {
			tx.AfterCommit(func() { o.Hub.Send(live.Signal{Topic: "case", Brand: row.BrandID, ID: row.CaseID}) })
			// An acknowledgement that may have arrived calls for nobody, nor does a
			// link somebody asked for.
			if row.Kind <= AckKind && (after.State == Failed || (after.State == Unsure && row.Kind != AckKind)) {
				return o.Desk.DeliveryFailedTx(ctx, tx, row.CaseID, row.MessageID, row.ID)
			}
		}
		return nil
	})
}

// forgotten is how long a delivery may be overdue before its job is believed
// lost.
const forgotten = 10 * time.Minute

// Recover settles what a program that died left in the middle of being sent, and
// gives a new job to deliveries that lost theirs. With alone, this process is the
// only one there is and everything being sent is left behind; else what has been
// for too long is. Run it at start and then every minute.
func (o *Outbox) Recover(ctx context.Context, alone bool) error {
	if err := o.settleInterrupted(ctx, alone); err != nil {
		return err
	}
	return o.remind(ctx)
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
		if _, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("next_at = ?", now).Where("id IN (?)", bun.List(which)).Exec(ctx); err != nil {
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
	for _, row := range rows {
		lost := &SendError{Outcome: Uncertain, Words: Interrupted}
		row.Attempts-- // counted when it was marked
		if err := o.failed(ctx, row, lost); err != nil {
			return err
		}
	}
	return nil
}
