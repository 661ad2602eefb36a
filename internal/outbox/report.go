package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// reportWindow is how long after a send a report that names nothing but its
// receiver is believed to speak of it.
const reportWindow = 7 * 24 * time.Hour

const (
	maxWords = 500         // runes of a server's answer that are kept
	unnamed  = "undefined" // reason of a report that gives none
)

// FindTx returns for each question the delivery it speaks of, in order. What came
// to the return path of a delivery speaks of that one. A report that names our
// message, or came to the signed address of a case, knows what it speaks of. One that
// names only a receiver is believed if we wrote to them within the week, by the
// mailbox it came to.
func (o *Outbox) FindTx(ctx context.Context, tx *db.Tx, asked []intake.SpokenOf) ([]intake.Sent, error) {
	rows, err := o.candidates(ctx, tx, asked)
	if err != nil {
		return nil, err
	}
	found := make([]intake.Sent, len(asked))
	for i, x := range asked {
		if r := o.spokenOf(rows, x); r != nil {
			found[i] = intake.Sent{Delivery: r.ID, Case: r.CaseID, Message: r.MessageID}
			if r.Kind == CaseLinkKind { // it stays at the case it opens, wherever that went
				if found[i].Case, err = o.Desk.HomeTx(ctx, tx, r.CaseID); err != nil {
					return nil, err
				}
			}
		}
	}
	return found, nil
}

// candidates are the deliveries that reports may speak of, the newest first.
func (o *Outbox) candidates(ctx context.Context, tx *db.Tx, asked []intake.SpokenOf) (rows []deliveryRow, err error) {
	var which, messages, cases []ids.ID
	var lookups [][]byte
	for _, x := range asked {
		if !x.Delivery.IsZero() {
			which = append(which, x.Delivery)
			continue
		}
		messages, cases = append(messages, x.Message), append(cases, x.Case)
		for _, a := range x.Addresses {
			lookups = append(lookups, o.lookup(a))
		}
	}
	which, messages, cases, lookups = append(which, ids.ID{}), append(messages, ids.ID{}), append(cases, ids.ID{}), append(lookups, []byte{}) // a list is never empty
	columns := "id, brand_id, account_id, case_id, message_id, kind, address_lookup, state, created_at"
	// Literals: the partial index says the same.
	err = tx.NewRaw("SELECT "+columns+" FROM deliveries WHERE id IN (?) UNION SELECT "+columns+" FROM deliveries WHERE message_id IN (?) UNION SELECT "+columns+" FROM deliveries WHERE case_id IN (?) "+
		"UNION SELECT "+columns+" FROM deliveries WHERE kind < 3 AND address_lookup IN (?) AND created_at > ? ORDER BY created_at DESC, id DESC",
		bun.List(which), bun.List(messages), bun.List(cases), bun.List(lookups), clock.Now(o.Clock).Add(-reportWindow)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("finding deliveries: %w", err)
	}
	return rows, nil
}

// spokenOf chooses the delivery of one report, nil if none fits.
func (o *Outbox) spokenOf(rows []deliveryRow, x intake.SpokenOf) *deliveryRow {
	named := func(r deliveryRow) bool {
		return slices.ContainsFunc(x.Addresses, func(a string) bool { return string(o.lookup(a)) == string(r.AddressLookup) })
	}
	pick := func(of func(r deliveryRow) bool) (first *deliveryRow) {
		for i, r := range rows {
			if r.BrandID != x.BrandID || !r.ofCase() || !r.left() || !of(r) {
				continue
			}
			if named(r) {
				return &rows[i]
			}
			if first == nil {
				first = &rows[i]
			}
		}
		return first // forwarded elsewhere by its receiver, whose new address we do not know
	}
	if !x.Delivery.IsZero() { // the path is that of one delivery and signed: nothing else needs to fit
		i := slices.IndexFunc(rows, func(r deliveryRow) bool { return r.ID == x.Delivery && r.BrandID == x.BrandID })
		if i < 0 {
			return nil
		}
		return &rows[i]
	}
	if !x.Message.IsZero() {
		if r := pick(func(r deliveryRow) bool { return r.MessageID == x.Message }); r != nil {
			return r
		}
	}
	if !x.Case.IsZero() {
		if r := pick(func(r deliveryRow) bool { return r.CaseID == x.Case && (r.Kind != SideKind || named(r)) }); r != nil {
			return r
		}
	}
	since := clock.Now(o.Clock).Add(-reportWindow)
	r := pick(func(r deliveryRow) bool {
		return named(r) && r.CreatedAt > since && (r.AccountID == x.AccountID || r.AccountID.IsZero())
	})
	return r
}

// ofCase reports whether a delivery carries a message of a case.
func (r deliveryRow) ofCase() bool {
	return r.Kind == ReplyKind || r.Kind == AckKind || r.Kind == SideKind
}

// left reports whether a delivery may have left the desk: only of such a one
// something can come back.
func (r deliveryRow) left() bool {
	return r.State != Queued && r.State != Held && r.State != Cancelled
}

// ReportTx notes what was reported of deliveries. What came back has failed and
// raises its case; what is late, arrived, or met an absent receiver is noted; who
// complains is noted, and the case wants a look. Of one that was uncertain, whatever
// is reported decides what became of it.
func (o *Outbox) ReportTx(ctx context.Context, tx *db.Tx, all []intake.Reported) error {
	slices.SortFunc(all, func(a, b intake.Reported) int { return slices.Compare(a.Delivery[:], b.Delivery[:]) })
	var steps []step
	for _, x := range all {
		var row deliveryRow
		q := tx.NewSelect().Model(&row).Where("id = ?", x.Delivery)
		if tx.Postgres() {
			q = q.For("UPDATE")
		}
		if err := q.Scan(ctx); err != nil {
			return fmt.Errorf("reading a delivery: %w", err)
		}
		if !row.left() {
			continue // it speaks of nothing that happened
		}
		after, err := o.reported(ctx, tx, row, x)
		if err != nil {
			return err
		}
		steps = append(steps, step{row, after})
		o.signal(tx, row)
	}
	return o.tallyAll(ctx, tx, steps)
}

func (o *Outbox) reported(ctx context.Context, tx *db.Tx, before deliveryRow, x intake.Reported) (deliveryRow, error) {
	if !supersedes(x.Kind, before.Reported) {
		return before, nil
	}
	about, row := o.recipient(before, x.Report), before
	row.Reported, row.ReportID, row.UntilAt = x.Kind, x.By, clock.At(x.Report.Until)
	row.Status, row.Reason, row.Hard = markup.CleanLine(about.Status, 20), reasonKey(about.Reason), about.Hard
	row.decide(x.Kind, clock.Now(o.Clock))
	if about.Code != 0 || about.Words != "" {
		row.Code, row.Words = int64(about.Code), o.Seal.Seal(row.CaseID, markup.CleanLine(about.Words, maxWords))
	}
	columns := []string{"reported", "report_id", "status", "reason", "hard", "until_at", "code", "words", "state", "next_at", "sending_until", "sent_at", "way", "settled_at"}
	if _, err := tx.NewUpdate().Model(&row).Column(columns...).WherePK().Returning("NULL").Exec(ctx); err != nil {
		return row, fmt.Errorf("noting a report: %w", err)
	}
	if row.State != before.State {
		tx.AfterCommit(func() { o.Counted(row.State) })
	}
	return row, o.alarm(ctx, tx, before, row)
}

// supersedes reports whether a report says more than what was reported before. That
// something came back, or that its receiver complains, nothing later takes back.
func supersedes(kind, before intake.ReportKind) bool {
	switch {
	case before == intake.Complaint || before == intake.Undelivered && kind != intake.Complaint:
		return false
	case kind == intake.Unexplained:
		return before == 0
	}
	return true
}

// decide puts a delivery where a report shows it to be. What a person settled stays
// settled.
func (r *deliveryRow) decide(kind intake.ReportKind, now clock.Stamp) {
	switch {
	case kind == intake.Unexplained || r.State == Settled:
	case kind == intake.Undelivered && r.State != Failed:
		r.State, r.NextAt, r.SendingUntil = Failed, 0, 0
	case kind != intake.Undelivered && r.State == Unsure: // else nothing could be reported of it
		r.State, r.SentAt, r.Way, r.SettledAt = Sent, now, Arrived, now
	}
}

// alarm raises the case of what came back, of what is called spam, and of what only
// a person can make sense of.
func (o *Outbox) alarm(ctx context.Context, tx *db.Tx, before, after deliveryRow) error {
	if !after.ofCase() || after.State == Settled && after.Reported != intake.Complaint {
		return nil
	}
	trouble := desk.Trouble{Message: after.MessageID, Delivery: after.ID, Report: after.ReportID, Reason: after.Reason, Hard: after.Hard}
	switch {
	case after.Reported == intake.Undelivered && before.State != Failed, after.Reported == intake.Unexplained && after.Kind != AckKind:
		return o.Desk.BouncedTx(ctx, tx, after.CaseID, trouble)
	case after.Reported == intake.Complaint:
		return o.Desk.ComplainedTx(ctx, tx, after.CaseID, trouble)
	}
	return nil
}

// recipient is what a report says of the receiver of a delivery: by address, else
// the only one it names.
func (o *Outbox) recipient(row deliveryRow, r intake.Report) intake.Recipient {
	for _, x := range r.Recipients {
		if string(o.lookup(x.Address)) == string(row.AddressLookup) {
			return x
		}
	}
	if len(r.Recipients) == 1 {
		return r.Recipients[0]
	}
	return intake.Recipient{}
}

// reasonKey bounds a reason to what a key of the catalogue can be.
func reasonKey(reason string) string {
	reason = cmp.Or(reason, unnamed)
	for _, c := range reason {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return unnamed
		}
	}
	return reason[:min(len(reason), 40)]
}

// AnsweredTx settles what was uncertain and was answered: it arrived. One who answers
// from another address proves it too where the message went to nobody else.
func (o *Outbox) AnsweredTx(ctx context.Context, tx *db.Tx, all []intake.Answered) error {
	messages := make([]ids.ID, len(all))
	for i, x := range all {
		messages[i] = x.Message
	}
	var rows []deliveryRow
	err := tx.NewSelect().Model(&rows).Where("message_id IN (?) AND state <> ?", bun.List(messages), Cancelled).Order("id").Scan(ctx)
	if err != nil {
		return fmt.Errorf("finding what was answered: %w", err)
	}
	now := clock.Now(o.Clock)
	var steps []step
	for _, row := range rows {
		if row.State != Unsure || !o.provesArrival(row, rows, all) {
			continue
		}
		after := row
		after.State, after.SentAt, after.Way, after.SettledAt = Sent, now, Arrived, now
		res, err := tx.NewUpdate().Model(&after).Column("state", "sent_at", "way", "settled_at").Where("id = ? AND state = ?", row.ID, Unsure).Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("noting that a message arrived: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 { // somebody else settled it at this moment
			continue
		}
		steps = append(steps, step{row, after})
		o.signal(tx, row)
		tx.AfterCommit(func() { o.Counted(Sent) })
	}
	return o.tallyAll(ctx, tx, steps)
}

// provesArrival reports whether an answer shows that a delivery arrived: it comes from
// its receiver, or the message went to nobody else.
func (o *Outbox) provesArrival(row deliveryRow, of []deliveryRow, all []intake.Answered) bool {
	first := origin(row, of)
	alone := !slices.ContainsFunc(of, func(r deliveryRow) bool { return r.MessageID == row.MessageID && origin(r, of) != first })
	return slices.ContainsFunc(all, func(x intake.Answered) bool {
		return x.Message == row.MessageID && (alone || string(o.lookup(x.From)) == string(row.AddressLookup))
	})
}

// origin is the first of the deliveries that follow each other up to row: all of them
// went to one person.
func origin(row deliveryRow, of []deliveryRow) ids.ID {
	for range of {
		i := slices.IndexFunc(of, func(r deliveryRow) bool { return r.ID == row.Follows })
		if i < 0 {
			break
		}
		row = of[i]
	}
	return row.ID
}
