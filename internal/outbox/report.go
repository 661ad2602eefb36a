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
	"lotse/internal/platform/live"
	"lotse/internal/platform/markup"
)

// reportWindow is how long after a send a report that names nothing but its
// receiver is believed to speak of it.
const reportWindow = 7 * 24 * time.Hour

const (
	maxWords = 500         // runes of a server's answer that are kept
	unnamed  = "undefined" // reason of a report that gives none
)

// FindTx returns for each report the delivery it speaks of, in order. A report
// that names our message, or came to the signed address of a case, knows what it
// speaks of. One that names only a receiver is believed if we wrote to them within
// the week, by the mailbox it came to.
func (o *Outbox) FindTx(ctx context.Context, tx *db.Tx, asked []intake.SpokenOf) ([]intake.Sent, error) {
	rows, err := o.candidates(ctx, tx, asked)
	if err != nil {
		return nil, err
	}
	found := make([]intake.Sent, len(asked))
	for i, x := range asked {
		if r := o.spokenOf(rows, x); r != nil {
			found[i] = intake.Sent{Delivery: r.ID, Case: r.CaseID, Message: r.MessageID}
		}
	}
	return found, nil
}

// candidates are the deliveries that reports may speak of, the newest first.
func (o *Outbox) candidates(ctx context.Context, tx *db.Tx, asked []intake.SpokenOf) (rows []deliveryRow, err error) {
	var messages, cases []ids.ID
	var lookups [][]byte
	for _, x := range asked {
		messages, cases = append(messages, x.Message), append(cases, x.Case)
		for _, a := range x.Addresses {
			lookups = append(lookups, o.lookup(a))
		}
	}
	lookups = append(lookups, []byte{}) // a list is never empty
	columns := "id, brand_id, account_id, case_id, message_id, kind, address_lookup, state, created_at"
	// Literals: the partial index says the same.
	err = tx.NewRaw("SELECT "+columns+" FROM deliveries WHERE message_id IN (?) UNION SELECT "+columns+" FROM deliveries WHERE case_id IN (?) "+
		"UNION SELECT "+columns+" FROM deliveries WHERE kind < 3 AND address_lookup IN (?) AND created_at > ? ORDER BY created_at DESC, id DESC",
		bun.List(messages), bun.List(cases), bun.List(lookups), clock.Now(o.Clock).Add(-reportWindow)).Scan(ctx, &rows)
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
			if r.BrandID != x.BrandID || r.Kind > AckKind || r.State == Cancelled || (r.State == Queued) || !of(r) {
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
	if !x.Message.IsZero() {
		if r := pick(func(r deliveryRow) bool { return r.MessageID == x.Message }); r != nil {
			return r
		}
	}
	if !x.Case.IsZero() {
		if r := pick(func(r deliveryRow) bool { return r.CaseID == x.Case }); r != nil {
			return r
		}
	}
	since := clock.Now(o.Clock).Add(-reportWindow)
	r := pick(func(r deliveryRow) bool {
		return named(r) && r.CreatedAt > since && (r.AccountID == x.AccountID || r.AccountID.IsZero())
	})
	return r
}

// ReportTx notes what was reported of deliveries. What came back has failed and
// raises its case; what is late, arrived, or met an absent receiver is noted; who
// complains is noted, and the case wants a look.
func (o *Outbox) ReportTx(ctx context.Context, tx *db.Tx, all []intake.Reported) error {
	slices.SortFunc(all, func(a, b intake.Reported) int { return slices.Compare(a.Delivery[:], b.Delivery[:]) })
	for _, x := range all {
		var row deliveryRow
		if err := tx.NewSelect().Model(&row).Where("id = ?", x.Delivery).Scan(ctx); err != nil {
			return fmt.Errorf("reading a delivery: %w", err)
		}
		if err := o.reported(ctx, tx, row, x); err != nil {
			return err
		}
		tx.AfterCommit(func() { o.Hub.Send(live.Signal{Topic: "case", Brand: row.BrandID, ID: row.CaseID}) })
	}
	return nil
}

func (o *Outbox) reported(ctx context.Context, tx *db.Tx, row deliveryRow, x intake.Reported) error {
	about := o.recipient(row, x.Report)
	columns := []string{"reported", "report_id", "status", "reason", "hard", "until_at"}
	before := row
	row.Reported, row.ReportID, row.Status, row.Reason, row.Hard = x.Kind, x.By, markup.CleanLine(about.Status, 20), reasonKey(about.Reason), about.Hard
	row.UntilAt = clock.At(x.Report.Until)
	switch {
	case before.Reported == intake.Undelivered || before.Reported == intake.Complaint: // nothing later takes that back
		if x.Kind != intake.Complaint {
			return nil
		}
	case x.Kind == intake.Undelivered && before.State != Failed:
		row.State, row.NextAt, row.SendingUntil = Failed, 0, 0
		columns = append(columns, "state", "next_at", "sending_until")
	}
	if about.Code != 0 || about.Words != "" {
		row.Code, row.Words = int64(about.Code), o.Seal.Seal(row.CaseID, markup.CleanLine(about.Words, maxWords))
		columns = append(columns, "code", "words")
	}
	if _, err := tx.NewUpdate().Model(&row).Column(columns...).WherePK().Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("noting a report: %w", err)
	}
	trouble := desk.Trouble{Message: row.MessageID, Delivery: row.ID, Report: x.By, Reason: row.Reason, Hard: row.Hard}
	switch {
	case x.Kind == intake.Undelivered && before.State != Failed:
		o.Counted(Failed)
		return o.Desk.BouncedTx(ctx, tx, row.CaseID, trouble)
	case x.Kind == intake.Complaint:
		return o.Desk.ComplainedTx(ctx, tx, row.CaseID, trouble)
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
