package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Sides returns the side conversations of a case, the oldest first. It needs
// ReadCases, and the case must be the actor's to see.
func (d *Desk) Sides(ctx context.Context, a access.Actor, id ids.ID) ([]Side, error) {
	if _, err := d.readable(ctx, a, id); err != nil {
		return nil, err
	}
	var rows []sideRow
	if err := d.db.Read().NewSelect().Model(&rows).Where("case_id = ?", id).Order("created_at", "id").Limit(maxSides).Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading side conversations: %w", err))
	}
	return d.sidesFromRows(rows)
}

// maxSides bounds how many side conversations of a case are shown.
const maxSides = 200

func (d *Desk) sidesFromRows(rows []sideRow) (sides []Side, err error) {
	for _, r := range rows {
		s, err := d.sideFromRow(r)
		if err != nil {
			return nil, fmt.Errorf("reading the head of a side conversation: %w", err)
		}
		sides = append(sides, s)
	}
	return sides, nil
}

// Side returns a side conversation with its case and its newest letters, oldest
// first, with their files. It needs ReadCases.
func (d *Desk) Side(ctx context.Context, a access.Actor, id ids.ID) (Side, Case, []Message, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Side{}, Case{}, nil, err
	}
	s, err := d.sideByID(ctx, d.db.Read(), a, id)
	if err != nil {
		return Side{}, Case{}, nil, err
	}
	c, err := d.byID(ctx, s.CaseID)
	if err != nil {
		return Side{}, Case{}, nil, err
	}
	if err := d.admit(ctx, a, c); err != nil {
		return Side{}, Case{}, nil, err
	}
	letters, err := d.letters(ctx, c, s)
	return s, c, letters, err
}

func (d *Desk) letters(ctx context.Context, c Case, s Side) ([]Message, error) {
	var rows []messageRow
	err := d.db.Read().NewSelect().Model(&rows).Where("side_id = ? AND case_id = ?", s.ID, c.ID).Order("seq DESC").Limit(maxShown).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading a side conversation: %w", err))
	}
	files, err := d.attachments(ctx, c)
	if err != nil {
		return nil, err
	}
	slices.Reverse(rows)
	letters := make([]Message, len(rows))
	for i, r := range rows {
		letters[i] = d.messageFromRow(c.CustomerID, r)
		letters[i].Attachments = files[r.ID]
	}
	return letters, nil
}

// EnclosedIn returns the files of the case that go along with a letter of a side
// conversation, in order, whichever case they belong to by now. One that is gone
// is errs.NotFound: a letter is not sent without what it speaks of. It is for the
// program, which sends what the desk wrote, and takes no actor.
func (d *Desk) EnclosedIn(ctx context.Context, letter Message) ([]Attachment, error) {
	if len(letter.Found.Enclosed) == 0 {
		return nil, nil
	}
	which := make([]ids.ID, len(letter.Found.Enclosed))
	for i, f := range letter.Found.Enclosed {
		which[i] = f.ID
	}
	var rows []attachmentRow
	err := d.db.Read().NewSelect().Model(&rows).Where("id IN (?) AND brand_id = ?", bun.List(which), letter.BrandID).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading files to send along: %w", err))
	}
	files := make([]Attachment, len(which))
	for i, f := range letter.Found.Enclosed {
		at := slices.IndexFunc(rows, func(r attachmentRow) bool { return r.ID == f.ID })
		if at < 0 {
			return nil, errs.New(errs.NotFound, "side.file_gone")
		}
		r := rows[at]
		files[i] = Attachment{ID: r.ID, BrandID: r.BrandID, CaseID: r.CaseID, MessageID: r.MessageID, Name: f.Name, ContentType: r.ContentType,
			Size: r.Size, SHA256: r.Sha256, BlobID: r.BlobID, Virus: r.Virus}
	}
	return files, nil
}

// SidesTx returns the side conversations of a brand with one of the codes or ids,
// for what comes in. It is for the program and takes no actor.
func (d *Desk) SidesTx(ctx context.Context, tx *db.Tx, brand ids.ID, codes []string, which []ids.ID) ([]Side, error) {
	if len(codes) == 0 && len(which) == 0 {
		return nil, nil
	}
	codes, which = append(codes, ""), append(which, ids.ID{}) // a list is never empty
	var rows []sideRow
	err := tx.NewSelect().Model(&rows).Where("brand_id = ? AND (code IN (?) OR id IN (?))", brand, bun.List(codes), bun.List(which)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding side conversations: %w", err)
	}
	return d.sidesFromRows(rows)
}

// SideOfTx returns the side conversation of each message that is of one. It is for
// the program and takes no actor.
func (d *Desk) SideOfTx(ctx context.Context, tx *db.Tx, messages []ids.ID) (map[ids.ID]ids.ID, error) {
	of := map[ids.ID]ids.ID{}
	if len(messages) == 0 {
		return of, nil
	}
	var rows []messageRow
	err := tx.NewSelect().Model(&rows).Column("id", "side_id").Where("id IN (?) AND side_id IS NOT NULL", bun.List(messages)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding side conversations of messages: %w", err)
	}
	for _, r := range rows {
		of[r.ID] = r.SideID
	}
	return of, nil
}
