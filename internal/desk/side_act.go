package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Longest subject and name of a side conversation, in characters.
const (
	maxSideSubject = 200
	maxSideName    = 100
)

// OpenSide begins a side conversation about a case with its first letter, which a
// hook sends. Whoever asks on a case nobody owns becomes its owner. It needs
// WorkCases. Field errors: to, name, subject, text, files.
func (d *Desk) OpenSide(ctx context.Context, a access.Actor, id ids.ID, form SideForm) (Side, Message, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return Side{}, Message{}, err
	}
	if err := form.check(); err != nil {
		return Side{}, Message{}, err
	}
	var side Side
	var sent Message
	err := d.change(ctx, a, id, form.Seen, func(e *edit) (err error) {
		side = Side{ID: ids.New(), BrandID: e.c.BrandID, CaseID: e.c.ID, Code: newSideCode(), Subject: form.Subject, Address: form.To, Name: form.Name,
			CreatedAt: e.now}
		if a.Kind == access.Staff {
			side.OpenedBy = a.ID
		}
		row, err := d.sideToRow(side)
		if err != nil {
			return fmt.Errorf("writing a side conversation: %w", err)
		}
		if err := insert(e.ctx, e.tx, []sideRow{row}, "side conversations", ""); err != nil {
			return err
		}
		sent, err = e.sideLetter(side, form.SideLetter)
		return err
	})
	return side, sent, err
}

// check tidies a form up. It returns field errors for what is missing or wrong.
func (f *SideForm) check() error {
	var faults []error
	address, err := catalog.ParseAddress("to", f.To)
	f.To, faults = address, append(faults, err)
	f.Name = markup.CleanLine(f.Name, 0)
	if utf8.RuneCountInString(f.Name) > maxSideName {
		faults = append(faults, errs.Field("name", "side.name_long", "Max", maxSideName))
	}
	if f.Subject = markup.CleanLine(f.Subject, 0); f.Subject == "" {
		faults = append(faults, errs.Field("subject", "side.subject_missing"))
	} else if utf8.RuneCountInString(f.Subject) > maxSideSubject {
		faults = append(faults, errs.Field("subject", "side.subject_long", "Max", maxSideSubject))
	}
	return errors.Join(append(faults, f.SideLetter.check())...)
}

func (l *SideLetter) check() (err error) {
	l.Text, err = CheckText("text", l.Text)
	return err
}

// WriteSide sends a further letter; a closed conversation is open again. It needs
// WorkCases. Field errors: text, files.
func (d *Desk) WriteSide(ctx context.Context, a access.Actor, side ids.ID, letter SideLetter) (Message, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return Message{}, err
	}
	if err := letter.check(); err != nil {
		return Message{}, err
	}
	var sent Message
	err := d.changeSide(ctx, a, side, letter.Seen, func(e *edit, s Side) (err error) {
		if !s.ClosedAt.IsZero() {
			s.ClosedAt = 0
			if err := e.closeSide(s); err != nil {
				return err
			}
		}
		sent, err = e.sideLetter(s, letter)
		return err
	})
	return sent, err
}

// CloseSide ends a side conversation: what is owed is done, and what still comes
// into it does not open the case again. It needs WorkCases.
func (d *Desk) CloseSide(ctx context.Context, a access.Actor, side ids.ID) error {
	return d.endSide(ctx, a, side, true)
}

// ReopenSide takes CloseSide back. It needs WorkCases.
func (d *Desk) ReopenSide(ctx context.Context, a access.Actor, side ids.ID) error {
	return d.endSide(ctx, a, side, false)
}

func (d *Desk) endSide(ctx context.Context, a access.Actor, side ids.ID, closed bool) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	return d.changeSide(ctx, a, side, 0, func(e *edit, s Side) error {
		if !s.ClosedAt.IsZero() == closed {
			return nil
		}
		kind := SideReopened
		s.ClosedAt = 0
		if closed {
			kind, s.ClosedAt = SideClosed, e.now
		}
		e.note(Change{Kind: kind, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"side": s.ID}})
		return e.closeSide(s)
	})
}

// changeSide runs an action on a side conversation as one on its case.
func (d *Desk) changeSide(ctx context.Context, a access.Actor, side ids.ID, seen int64, act func(*edit, Side) error) error {
	s, err := d.sideByID(ctx, d.db.Read(), a, side)
	if err != nil {
		return err
	}
	return d.change(ctx, a, s.CaseID, seen, func(e *edit) error {
		now, err := d.sideByID(e.ctx, e.tx, a, side)
		if err != nil {
			return err
		}
		if now.CaseID != e.c.ID {
			return errs.New(errs.Conflict, "case.changed") // merged since it was read
		}
		return act(e, now)
	})
}

func (d *Desk) sideByID(ctx context.Context, q bun.IDB, a access.Actor, id ids.ID) (Side, error) {
	var row sideRow
	err := q.NewSelect().Model(&row).Where("id = ? AND brand_id = ?", id, a.BrandID).Scan(ctx)
	if err = db.Classify(err); errs.Is(err, errs.NotFound) {
		return Side{}, errs.New(errs.NotFound, "side.not_found")
	}
	if err != nil {
		return Side{}, fmt.Errorf("reading a side conversation: %w", err)
	}
	return d.sideFromRow(row)
}

// sideLetter adds a letter to the third party to the timeline.
func (e *edit) sideLetter(s Side, l SideLetter) (Message, error) {
	enclosed, err := e.encloseFiles(l)
	if err != nil {
		return Message{}, err
	}
	if e.c.OwnerID.IsZero() && e.actor.Kind == access.Staff {
		e.c.OwnerID = e.actor.ID
	}
	if l.Wait {
		e.setState(WaitingOthers)
	} else if e.c.State == Fresh {
		e.setState(Open)
	}
	m := e.write(Message{Kind: SideOut, Visibility: Internal, Channel: "email", Subject: s.Subject, Body: l.Text, HTML: markup.HTMLFromMarkdown(l.Text),
		SideID: s.ID, Found: Findings{Enclosed: enclosed}})
	if m.Attachments, err = e.sideUploads(m.ID, l, enclosed); err != nil {
		return Message{}, err
	}
	e.note(Change{Kind: SideSent, Message: m, Side: &s, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"message": m.ID, "side": s.ID, "state": e.c.State}})
	return *m, nil
}

// encloseFiles checks the files of the case that are to go along.
func (e *edit) encloseFiles(l SideLetter) ([]Enclosed, error) {
	if len(l.Files) == 0 {
		return nil, nil
	}
	var rows []attachmentRow
	err := e.tx.NewSelect().Model(&rows).Where("id IN (?) AND case_id = ?", bun.List(l.Files), e.c.ID).Scan(e.ctx)
	if err != nil {
		return nil, fmt.Errorf("reading files to send along: %w", err)
	}
	var enclosed []Enclosed
	for _, id := range l.Files {
		at := slices.IndexFunc(rows, func(r attachmentRow) bool { return r.ID == id })
		switch {
		case at < 0:
			return nil, errs.Field("files", "side.file_gone")
		case rows[at].Virus != "":
			return nil, errs.Field("files", "side.file_infected")
		case slices.ContainsFunc(enclosed, func(f Enclosed) bool { return f.ID == id }):
			continue
		}
		enclosed = append(enclosed, Enclosed{ID: id, Name: e.desk.seal.Open(e.c.CustomerID, rows[at].Name), Size: rows[at].Size})
	}
	return enclosed, nil
}

// sideUploads makes staged files those of the letter, and sees that all it carries
// fits into a mail.
func (e *edit) sideUploads(message ids.ID, l SideLetter, enclosed []Enclosed) ([]Attachment, error) {
	var files []Attachment
	if len(l.Uploads) > 0 {
		if e.desk.claim == nil {
			return nil, errs.Field("files", "upload.gone")
		}
		var err error
		if files, err = e.desk.claim(e.ctx, e.tx, e.c.BrandID, l.Uploads); err != nil {
			return nil, err
		}
	}
	var sum int64
	for _, f := range enclosed {
		sum += f.Size
	}
	for _, f := range files {
		sum += f.Size
	}
	if sum > MaxSideFiles {
		return nil, errs.Field("files", "side.files_large", "Max", MaxSideFiles>>20)
	}
	return e.attach(message, files), nil
}

// closeSide stores whether a side conversation is open.
func (e *edit) closeSide(s Side) error {
	q := e.tx.NewUpdate().Model((*sideRow)(nil)).Where("id = ?", s.ID)
	if s.ClosedAt.IsZero() {
		q = q.Set("closed_at = NULL")
	} else {
		q = q.Set("closed_at = ?", s.ClosedAt)
	}
	if _, err := q.Exec(e.ctx); err != nil {
		return fmt.Errorf("closing a side conversation: %w", err)
	}
	return nil
}

// ReaddressSideTx gives the side conversation of a letter another address of its
// third party. It is for the outbox, which has asked who corrects it, and takes no
// actor.
func (d *Desk) ReaddressSideTx(ctx context.Context, tx *db.Tx, letter ids.ID, address string) error {
	var row sideRow
	err := tx.NewSelect().Model(&row).Where("id = (SELECT m.side_id FROM messages AS m WHERE m.id = ?)", letter).Scan(ctx)
	if err != nil {
		return db.Classify(fmt.Errorf("reading a side conversation: %w", err))
	}
	side, err := d.sideFromRow(row)
	if err != nil {
		return fmt.Errorf("reading the head of a side conversation: %w", err)
	}
	side.Address = address
	if row, err = d.sideToRow(side); err != nil {
		return fmt.Errorf("writing the head of a side conversation: %w", err)
	}
	if _, err := tx.NewUpdate().Model(&row).Column("head").WherePK().Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("correcting the address of a side conversation: %w", err)
	}
	return nil
}
