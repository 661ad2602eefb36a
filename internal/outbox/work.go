package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

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

const (
	// sendTimeout bounds an attempt up to the point of no return, for a short mail.
	sendTimeout = 2 * time.Minute
	// slowest is how many bytes a second of a large mail are waited for.
	slowest = 64 << 10
	// busyPause is how long a mail waits that there is no room for.
	busyPause = 5 * time.Second
	// sendingTime is how long a delivery that is marked as being sent belongs to who
	// marked it: a little longer than a server may think about its answer
	// (RFC 5321 §4.5.3.2.6). After that its program has died.
	sendingTime = 11 * time.Minute
)

// errTaken says that somebody else has the delivery, or that it was taken back.
var errTaken = errors.New("the delivery is not ours to send")

// attempt is one try to send a delivery.
type attempt struct {
	row    deliveryRow // as it was before
	marked atomic.Bool // it was, or may have been, marked as being sent
	until  clock.Stamp // the mark; nobody else has the same
}

// work sends one delivery. It is idempotent: only one attempt at a time gets
// past the mark, and what is sent is never queued again.
func (o *Outbox) work(ctx context.Context, args sendArgs) error {
	if known, err := o.writeKnown(ctx, args.Delivery); known || err != nil {
		return err
	}
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
	a := &attempt{row: row}
	switch {
	case noAccount(err):
		return o.failed(ctx, a, &SendError{Outcome: Rejected, Words: "no mailbox is set up for this brand", Cause: err})
	case errs.Is(err, errs.Gone):
		return o.giveUp(ctx, a)
	case err != nil:
		return o.failed(ctx, a, &SendError{Outcome: Retry, Words: err.Error(), Cause: err})
	case relay.Host == "":
		return o.failed(ctx, a, &SendError{Outcome: Rejected, Words: NoRelay})
	}
	return o.try(ctx, a, out, relay, keep)
}

// try hands a mail to its relay, unless that one rests, and stores what became of it.
func (o *Outbox) try(ctx context.Context, a *attempt, out Outgoing, relay Relay, keep keep) error {
	at := placeOf(relay)
	if wait, fault := o.rests.wait(at, o.Clock.Now()); wait > 0 {
		return o.postpone(ctx, a, spread(wait, a.row.ID), fault)
	}
	var fault *SendError
	heard := false // something of the relay
	defer func() {
		if heard {
			o.rests.tried(at, o.Clock.Now(), fault)
		} else {
			o.rests.untried(at)
		}
	}()
	words, err := o.give(ctx, a, out, relay, keep)
	ctx = context.WithoutCancel(ctx)
	switch {
	case errors.Is(err, errTaken):
		return nil
	case errors.Is(err, ErrBusy):
		return queue.Later(busyPause)
	case err != nil:
		e := AsSendError(err)
		fault, heard = relayFault(e), e.Code != 0 || e.Relay != nil
		o.noteSending(ctx, a.row.AccountID, e)
		return o.failed(ctx, a, e)
	}
	heard = true
	if err := o.markSent(ctx, a, words); err != nil { // first of all: nothing may stand between 250 and its mark
		return err
	}
	o.noteSending(ctx, a.row.AccountID, nil)
	return nil
}

// give hands a mail to its sender. Up to the point of no return it has little time, a
// large one a little more; after it the server may think as long as the adapter waits,
// for nobody else can tell what became of the mail: the time a job may take does not
// count, only that the program is to end.
func (o *Outbox) give(ctx context.Context, a *attempt, out Outgoing, relay Relay, keep keep) (words string, err error) {
	job := ctx
	ctx, cancel := context.WithCancel(context.WithoutCancel(job))
	defer cancel()
	defer context.AfterFunc(job, func() {
		if !errors.Is(job.Err(), context.DeadlineExceeded) {
			cancel()
		}
	})()
	late := time.AfterFunc(sendTimeout+time.Duration(out.Size()/slowest)*time.Second, func() {
		if !a.marked.Load() {
			cancel()
		}
	})
	defer late.Stop()
	return o.Senders[a.row.Channel].Send(ctx, relay, out, func() error {
		o.rests.tried(placeOf(relay), o.Clock.Now(), nil) // it takes mail: others need not wait for its last word
		return o.markSending(ctx, a, keep)
	})
}

func (o *Outbox) load(ctx context.Context, id ids.ID) (deliveryRow, error) {
	var row deliveryRow
	err := o.DB.Read().NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row, db.Classify(err)
}

// markSending is the last step before the point of no return. From then on the
// link in the mail works.
func (o *Outbox) markSending(ctx context.Context, a *attempt, keep keep) error {
	a.until = clock.Now(o.Clock).Add(sendingTime)
	a.marked.Store(true)
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", Sending).Set("attempts = attempts + 1").
			Set("next_at = NULL").Set("sending_until = ?", a.until).
			Where("id = ? AND state = ? AND attempts = ?", a.row.ID, Queued, a.row.Attempts).Exec(ctx)
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

// postpone lets a delivery wait for a relay that rests. That is no attempt; but who
// has waited for days has failed.
func (o *Outbox) postpone(ctx context.Context, a *attempt, wait time.Duration, fault *SendError) error {
	now := clock.Now(o.Clock)
	waited := a.row.Attempts > 0 || a.row.Reason == Resting
	if waited && now.Time().Sub(a.row.CreatedAt.Time()) > patience {
		return o.failed(ctx, a, &SendError{Outcome: Rejected, Code: fault.Code, Words: fault.Words, Status: fault.Status, Reason: fault.Reason})
	}
	err := o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("next_at = ?", now.Add(wait)).Set("code = ?", fault.Code).
			Set("words = ?", o.Seal.Seal(a.row.CaseID, fault.Words)).Set("status = ?", fault.Status).Set("reason = ?", Resting).
			Where("id = ? AND state = ? AND attempts = ?", a.row.ID, Queued, a.row.Attempts).Exec(ctx)
		if err != nil {
			return fmt.Errorf("letting a delivery wait: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 || a.row.Reason == Resting {
			return err
		}
		o.signal(tx, a.row) // whoever looks at it learns why nothing happens
		return nil
	})
	if err != nil {
		return err
	}
	return queue.Later(wait)
}

// signal tells open screens that a delivery changed.
func (o *Outbox) signal(tx *db.Tx, row deliveryRow) {
	if !row.CaseID.IsZero() {
		tx.AfterCommit(func() { o.Hub.Send(live.Signal{Topic: "case", Brand: row.BrandID, ID: row.CaseID}) })
	}
}

func (o *Outbox) markSent(ctx context.Context, a *attempt, words string) error {
	return o.conclude(ctx, a, func(d *deliveryRow) {
		d.State, d.SentAt, d.Code, d.Words = Sent, clock.Now(o.Clock), 250, o.Seal.Seal(d.CaseID, words)
		d.Status, d.Reason, d.Hard, d.Content = "", "", false, []byte{}
	})
}

// giveUp ends a delivery that has nothing to say any more. Nothing was tried.
func (o *Outbox) giveUp(ctx context.Context, a *attempt) error {
	return o.conclude(ctx, a, func(d *deliveryRow) {
		d.State, d.Attempts, d.NextAt = Cancelled, a.row.Attempts, 0
		d.Words, d.Content = o.Seal.Seal(d.CaseID, Pointless), []byte{}
	})
}

// failed stores what became of an attempt and says when the next one is.
func (o *Outbox) failed(ctx context.Context, a *attempt, e *SendError) error {
	state := map[Outcome]State{Retry: Queued, Rejected: Failed, Uncertain: Unsure}[e.Outcome]
	reason, pause := e.Reason, time.Duration(0)
	if state == Queued {
		var again bool
		pause, again = pauseAfter(a.row.Attempts, e)
		switch {
		case !again:
			state, reason = Failed, cmp.Or(reason, expired)
		case greylists(e):
			reason = Greylisted
		}
	}
	now := clock.Now(o.Clock)
	err := o.conclude(ctx, a, func(d *deliveryRow) {
		d.State, d.Code, d.Words = state, int64(e.Code), o.Seal.Seal(d.CaseID, e.Words)
		d.Status, d.Reason, d.Hard = e.Status, reason, e.Hard && state == Failed
		d.NextAt = 0
		if state == Queued {
			d.NextAt = now.Add(pause)
		}
	})
	if err == nil && state == Queued {
		return queue.Later(pause)
	}
	return err
}

// conclude writes the outcome of an attempt. If the database can't take it, it is
// remembered: what a server answered is not to be lost while the program lives.
func (o *Outbox) conclude(ctx context.Context, a *attempt, set func(*deliveryRow)) error {
	err := o.settle(ctx, a, set)
	if err != nil && a.marked.Load() {
		o.known.keep(a.row.ID, func(ctx context.Context) error { return o.settle(ctx, a, set) })
	}
	return err
}

// settle writes the outcome of an attempt and tells the case of trouble.
func (o *Outbox) settle(ctx context.Context, a *attempt, set func(*deliveryRow)) error {
	after, done := a.row, false
	err := o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) (err error) {
		after = a.row
		after.Attempts++
		after.SendingUntil = 0
		set(&after)
		if done, err = o.store(ctx, tx, a, &after); err != nil || !done {
			return err
		}
		o.signal(tx, after)
		if after.State == Sent {
			if err := o.copyTx(ctx, tx, after); err != nil {
				return err
			}
		}
		if after.alarms() {
			if err := o.Desk.DeliveryFailedTx(ctx, tx, after.CaseID, after.MessageID, after.ID); err != nil {
				return err
			}
		}
		return o.tally(ctx, tx, a.row, after)
	})
	if err == nil && done {
		o.Counted(after.State)
	}
	return err
}

// alarms reports whether an outcome calls for a person. An acknowledgement that may
// have arrived does not, nor does a link somebody asked for.
func (r deliveryRow) alarms() bool {
	if r.CaseID.IsZero() || r.Kind != ReplyKind && r.Kind != AckKind && r.Kind != SideKind {
		return false
	}
	return r.State == Failed || r.State == Unsure && r.Kind != AckKind
}

// wipe takes address and content out of a delivery that has ended and belongs to no
// case: nothing else would ever remove them. It reports whether it did.
func (r *deliveryRow) wipe() bool {
	if r.Kind != FileLinkKind {
		return false
	}
	r.Address, r.Content = []byte{}, []byte{}
	return true
}

// store writes the row of an attempt that has ended, if the delivery is still where
// the attempt left it: what another attempt, a report or a person made of it stays.
// That a server took it is true whatever has been thought of it meanwhile.
func (o *Outbox) store(ctx context.Context, tx *db.Tx, a *attempt, after *deliveryRow) (bool, error) {
	columns := []string{"state", "attempts", "next_at", "sending_until", "code", "words", "status", "reason", "hard", "sent_at", "content"}
	if after.State != Queued && after.wipe() {
		columns = append(columns, "address")
	}
	q := tx.NewUpdate().Model(after).Column(columns...).Where("id = ?", after.ID)
	if after.State == Sent {
		q = q.Where("state IN (?, ?, ?)", Queued, Sending, Unsure)
	} else { // without a mark nothing can have that one
		from := a.row.State
		if from == Sending {
			from = Queued // its mark may never have been written
		}
		q = q.Where("state = ? AND attempts = ? OR state = ? AND coalesce(sending_until, 0) = ?", from, a.row.Attempts, Sending, a.until)
	}
	before := after.CaseID
	_, err := q.Returning("case_id").Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("settling a delivery: %w", err)
	}
	if after.CaseID == before {
		return true, nil
	}
	after.Words = o.Seal.Seal(after.CaseID, o.Seal.Open(before, after.Words)) // its case was merged meanwhile
	if _, err := tx.NewUpdate().Model(after).Column("words").WherePK().Returning("NULL").Exec(ctx); err != nil {
		return false, fmt.Errorf("settling a delivery: %w", err)
	}
	return true, nil
}
