package outbox

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
)

// Boxes keeps how the mailboxes are doing; mailbox.Boxes is one.
type Boxes interface {
	// NoteSending keeps how a part of a mailbox went and reports whether it works
	// again after it had failed. That all is well as before costs nothing.
	NoteSending(ctx context.Context, account ids.ID, part mailbox.Part, r mailbox.Result) (recovered bool, err error)
}

// relayCodes are what a relay answers that can't be used at the moment: they say
// nothing about the mail (RFC 5321 §4.2.3, RFC 4954 §6). Zero is no answer.
var relayCodes = []int64{0, 421, 454, 530, 534, 535, 538}

// noteSending keeps at the mailbox what an attempt says about it: nil and a refusal
// of the mail alone mean that its relay can be used. When that works again, what
// waited for it leaves at once. It only notes: a failure changes nothing about the
// delivery.
func (o *Outbox) noteSending(ctx context.Context, account ids.ID, e *SendError) {
	if o.Boxes == nil || account.IsZero() {
		return
	}
	r := mailbox.Result{Step: mailbox.SignIn, OK: true}
	switch {
	case e == nil:
	case e.Relay != nil:
		r = mailbox.RelayFailed(e.Relay)
	case e.Code == 0:
		return // the server was not asked
	}
	recovered, err := o.Boxes.NoteSending(ctx, account, mailbox.SendPart, r)
	if err == nil && recovered {
		err = o.hastenAccount(ctx, account)
	}
	if err != nil {
		o.Log.Warn("how a mailbox sends could not be noted", "account", account, "error", err)
	}
}

// hastenAccount sends what waits for the relay of an account and not for a time of
// its own: what nobody has tried yet may still be taken back.
func (o *Outbox) hastenAccount(ctx context.Context, account ids.ID) error {
	now := clock.Now(o.Clock)
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		var rows []deliveryRow
		err := o.waitingFor(tx.NewSelect().Model(&rows).Column("id"), account, now).Limit(1000).Scan(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		tx.AfterCommit(o.rests.wake) // before its jobs come
		which, jobs := make([]ids.ID, len(rows)), make([]queue.Job, len(rows))
		for i, r := range rows {
			which[i], jobs[i] = r.ID, queue.Job{Args: sendArgs{Delivery: r.ID}, Queue: queue.Delivery}
		}
		if _, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("next_at = ?", now).Where("id IN (?) AND state = 1", bun.List(which)).Exec(ctx); err != nil {
			return fmt.Errorf("hastening what a mailbox sends: %w", err)
		}
		return o.Queue.Add(ctx, tx, jobs...)
	})
}

// waitingFor narrows a query to what waits for the relay of an account: what waits at
// all is little beside what an account ever sent.
func (o *Outbox) waitingFor(q *bun.SelectQuery, account ids.ID, now clock.Stamp) *bun.SelectQuery {
	return q.Where("state = 1 AND next_at > ?", now).Where(o.unindexed("account_id")+" = ?", account).
		Where("(attempts > 0 OR reason = ?) AND code IN (?)", Resting, bun.List(relayCodes)).Order("next_at")
}
