package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// What customers may read of their own. A customer is known by a pass: for one
// case (Actor.Case), or for all of them. What is not theirs is errs.NotFound,
// exactly as if it did not exist.

// ownPage is how many cases a page of the virtual file shows.
const ownPage = 50

// OwnFile is a case as its customer sees it.
type OwnFile struct {
	Case      Case      // where Elsewhere: only number, brand, team and state
	Messages  []Message // what was said between customer and staff, oldest first
	More      bool      // older messages exist than are shown
	Elsewhere bool      // merged into a case of somebody else, where it goes on
}

// hidden are the kinds of message a customer never sees.
var hidden = []MessageKind{Note, HandOver, Withdrawn, MovedAway, SideOut, SideIn}

// OwnFile returns the customer's case with a number. It holds no notes, no
// hand-overs, nothing withdrawn, nothing that others who take part wrote to the
// desk, and no reply that can still be taken back, which is for as long as undo.
// A case merged into another of the same customer is
// shown as that one.
func (d *Desk) OwnFile(ctx context.Context, a access.Actor, number string, undo time.Duration) (OwnFile, error) {
	if err := a.RequireCustomer(); err != nil {
		return OwnFile{}, err
	}
	var row caseRow
	err := d.db.Read().NewSelect().Model(&row).Where("number = ? AND brand_id = ?", number, a.BrandID).Scan(ctx)
	if err = db.Classify(err); err != nil && !errs.Is(err, errs.NotFound) {
		return OwnFile{}, fmt.Errorf("reading a case: %w", err)
	}
	c, elsewhere, err := d.own(ctx, d.db.Read(), a, row)
	if err != nil {
		return OwnFile{}, err
	}
	if elsewhere {
		return OwnFile{Elsewhere: true, Case: Case{BrandID: c.BrandID, Number: row.Number, TeamID: c.TeamID, State: c.State}}, nil
	}
	f := OwnFile{Case: c}
	if err := d.ownTimeline(ctx, &f, clock.Now(d.clock).Add(-undo)); err != nil {
		return OwnFile{}, err
	}
	return f, nil
}

// own returns the case of row as the actor may use it, after following merges.
// elsewhere says that it was merged into a case of somebody else, which is then
// what is returned.
func (d *Desk) own(ctx context.Context, q bun.IDB, a access.Actor, row caseRow) (c Case, elsewhere bool, err error) {
	none := errs.New(errs.NotFound, "case.not_found")
	if row.ID.IsZero() || row.BrandID != a.BrandID || row.CustomerID != a.ID {
		return Case{}, false, none
	}
	if !a.Case.IsZero() && row.ID != a.Case {
		opened, err := d.opens(ctx, q, a, row)
		if err != nil {
			return Case{}, false, err
		}
		if !opened {
			return Case{}, false, none
		}
	}
	at, err := follow(ctx, q, row)
	return d.caseFromRow(at), at.CustomerID != a.ID, err
}

// opens reports whether the case that the actor's pass is for was merged into
// the one of row.
func (d *Desk) opens(ctx context.Context, q bun.IDB, a access.Actor, row caseRow) (bool, error) {
	var from caseRow
	err := db.Classify(q.NewSelect().Model(&from).Where("id = ?", a.Case).Scan(ctx))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading a case: %w", err)
	}
	if from.MergedInto == row.ID && row.MergedInto.IsZero() {
		return true, nil
	}
	at, err := follow(ctx, q, from)
	return at.ID == row.ID, err
}

// follow returns the case that holds what r held. Merging is rare, so the extra
// statements are too.
func follow(ctx context.Context, q bun.IDB, r caseRow) (caseRow, error) {
	for range 20 {
		if r.MergedInto.IsZero() {
			return r, nil
		}
		next := caseRow{ID: r.MergedInto}
		if err := q.NewSelect().Model(&next).WherePK().Scan(ctx); err != nil {
			return caseRow{}, db.Classify(fmt.Errorf("following a merge: %w", err))
		}
		r = next
	}
	return r, nil
}

// ownTimeline fills in the messages. settled is when a reply must have been
// written at the latest to be shown.
func (d *Desk) ownTimeline(ctx context.Context, f *OwnFile, settled clock.Stamp) error {
	var rows []messageRow
	err := d.db.Read().NewSelect().Model(&rows).Where("case_id = ?", f.Case.ID).
		Where("visibility <> ? AND kind NOT IN (?) AND joined <> ?", Internal, bun.List(hidden), ByMerge).
		Where("kind <> ? OR author_id = ?", Inbound, f.Case.CustomerID).
		Order("seq DESC").Limit(maxShown + 1).Scan(ctx)
	if err != nil {
		return db.Classify(fmt.Errorf("reading the customer's timeline: %w", err))
	}
	if len(rows) > maxShown {
		rows, f.More = rows[:maxShown], true
	}
	files, err := d.attachments(ctx, f.Case)
	if err != nil {
		return err
	}
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].Kind == Reply && rows[i].CreatedAt > settled {
			f.Case.unanswer()
			continue
		}
		m := d.messageFromRow(f.Case.CustomerID, rows[i])
		m.ExternalID, m.EnvelopeID, m.Addressed, m.Attachments = "", ids.ID{}, nil, files[m.ID]
		f.Messages = append(f.Messages, m)
	}
	f.Case.Messages = int64(len(f.Messages)) // the true count would tell of notes
	return nil
}

// unanswer shows a case as it was before a reply that can still be taken back.
func (c *Case) unanswer() {
	if c.State != Fresh {
		c.State = Open
	}
	c.ClosedAt = 0
}

// OwnCases returns the customer's cases over all channels, open ones first, then
// the newest; after is the last of the page before. A pass for one case lists
// that one. next is zero on the last page.
func (d *Desk) OwnCases(ctx context.Context, a access.Actor, after ids.ID) (cases []Case, next ids.ID, err error) {
	if err := a.RequireCustomer(); err != nil {
		return nil, ids.ID{}, err
	}
	var rows []caseRow
	q := d.db.Read().NewSelect().Model(&rows).
		Where("customer_id = ? AND brand_id = ? AND merged_into IS NULL", a.ID, a.BrandID).
		OrderExpr("CASE WHEN state < 6 THEN 1 ELSE 0 END DESC, id DESC").Limit(ownPage + 1)
	if !a.Case.IsZero() {
		q = q.Where("id IN (SELECT coalesce(p.merged_into, p.id) FROM cases AS p WHERE p.id = ?)", a.Case)
	}
	if !after.IsZero() {
		q = q.Where("(CASE WHEN state < 6 THEN 1 ELSE 0 END, id) < "+
			"(SELECT CASE WHEN l.state < 6 THEN 1 ELSE 0 END, l.id FROM cases AS l WHERE l.id = ? AND l.customer_id = ?)", after, a.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, ids.ID{}, db.Classify(fmt.Errorf("reading the customer's cases: %w", err))
	}
	if len(rows) > ownPage {
		rows, next = rows[:ownPage], rows[ownPage-1].ID
	}
	cases = make([]Case, len(rows))
	for i, r := range rows {
		cases[i] = d.caseFromRow(r)
		cases[i].Messages = 0
	}
	return cases, next, nil
}

// OwnAttachment returns the description of a file of one of the customer's
// messages. The bytes are in the blob store.
func (d *Desk) OwnAttachment(ctx context.Context, a access.Actor, id ids.ID) (Attachment, error) {
	if err := a.RequireCustomer(); err != nil {
		return Attachment{}, err
	}
	var row attachmentRow
	err := d.db.Read().NewSelect().Model(&row).
		Join("JOIN messages AS m ON m.id = a.message_id").
		Where("a.id = ? AND a.brand_id = ?", id, a.BrandID).
		Where("m.visibility <> ? AND m.kind NOT IN (?) AND m.joined <> ?", Internal, bun.List(hidden), ByMerge).
		Where("m.kind <> ? OR m.author_id = ?", Inbound, a.ID).Scan(ctx)
	if err != nil {
		return Attachment{}, db.Classify(fmt.Errorf("reading an attachment: %w", err))
	}
	var in caseRow
	if err := d.db.Read().NewSelect().Model(&in).Where("id = ?", row.CaseID).Scan(ctx); err != nil {
		return Attachment{}, db.Classify(fmt.Errorf("reading a case: %w", err))
	}
	c, elsewhere, err := d.own(ctx, d.db.Read(), a, in)
	if err != nil {
		return Attachment{}, err
	}
	if elsewhere {
		return Attachment{}, errs.New(errs.NotFound, "case.not_found")
	}
	return d.attachmentFromRow(c.CustomerID, row), nil
}
