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

// Trash moves a case out of all lists. Nothing of it is lost: what arrives for it
// still joins it, and Restore brings it back. It needs BlockSenders.
func (d *Desk) Trash(ctx context.Context, a access.Actor, id ids.ID) error {
	return d.changeTrash(ctx, a, id, func(e *edit) error {
		if !e.c.TrashedAt.IsZero() {
			return nil
		}
		e.c.TrashedAt = e.now
		e.note(Change{Kind: Trashed, Awaits: !e.c.DueAt.IsZero(), Moved: true})
		return nil
	})
}

// Restore takes a case out of the trash, in the state it is in. It needs
// BlockSenders.
func (d *Desk) Restore(ctx context.Context, a access.Actor, id ids.ID) error {
	return d.changeTrash(ctx, a, id, func(e *edit) error {
		if e.c.TrashedAt.IsZero() {
			return nil
		}
		e.c.TrashedAt = 0
		e.note(Change{Kind: Restored, Awaits: !e.c.DueAt.IsZero(), Moved: true})
		return nil
	})
}

func (d *Desk) changeTrash(ctx context.Context, a access.Actor, id ids.ID, act func(*edit) error) error {
	if err := a.Require(access.BlockSenders); err != nil {
		return err
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return d.changeTx(ctx, tx, a, id, 0, act)
	})
}

// Reasons to delete a case, and to settle a wish for erasure without.
const (
	ReasonSpam         = "spam"
	ReasonErasure      = "erasure"       // the customer asked for it
	ReasonMistake      = "mistake"       // it should never have been here
	ReasonDeclinedDuty = "declined_duty" // a law says that it must be kept
	ReasonElsewhere    = "done_otherwise"
	ReasonTakenBack    = "taken_back" // the customer no longer wants it
)

var (
	deleteReasons = []string{ReasonSpam, ReasonErasure, ReasonMistake}
	settleReasons = []string{ReasonDeclinedDuty, ReasonElsewhere, ReasonTakenBack}
)

// DeleteReasons returns the reasons Delete takes, in the order to offer them.
func DeleteReasons() []string { return slices.Clone(deleteReasons) }

// SettleReasons returns the reasons SettleErasure takes.
func SettleReasons() []string { return slices.Clone(settleReasons) }

// Delete erases a case for good: its messages, files, deliveries, links and what
// arrived for it, with the cases that were merged into it, and a customer who has
// nothing else at the desk. What stays is events, which hold ids and no words.
// It needs DeleteCases.
func (d *Desk) Delete(ctx context.Context, a access.Actor, id ids.ID, reason string) error {
	if err := a.Require(access.DeleteCases); err != nil {
		return err
	}
	if !slices.Contains(deleteReasons, reason) {
		return errs.Field("reason", "case.reason_unknown")
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		found, err := d.lockCases(ctx, tx, []ids.ID{id})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errs.New(errs.NotFound, "case.not_found")
		}
		c := found[0]
		if err := d.admit(ctx, a, c); err != nil {
			return err
		}
		if !c.MergedInto.IsZero() {
			return errs.New(errs.Conflict, "case.merged")
		}
		return d.deleteTx(ctx, tx, a, c, reason)
	})
}

func (d *Desk) deleteTx(ctx context.Context, tx *db.Tx, a access.Actor, c Case, reason string) error {
	merged, err := mergedInto(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	r := &Removal{Cases: append([]ids.ID{c.ID}, merged...)}
	customers, err := d.collect(ctx, tx, r)
	if err != nil {
		return err
	}
	params := map[string]any{"case": c.ID, "by": a.ID, "messages": len(r.Messages), "reason": reason}
	if err := d.finish(ctx, tx, []Change{{Kind: Deleted, Actor: a, Case: c, Removed: r, Params: params}}); err != nil {
		return err
	}
	if err := d.passes.RevokeCasesTx(ctx, tx, r.Cases); err != nil {
		return err
	}
	if err := d.remove(ctx, tx, r); err != nil {
		return err
	}
	if d.forget == nil {
		return nil
	}
	return d.forget(ctx, tx, customers)
}

// mergedInto returns the cases that were merged into one, also by way of others.
func mergedInto(ctx context.Context, tx *db.Tx, id ids.ID) (all []ids.ID, err error) {
	level := []ids.ID{id}
	for range 20 {
		var rows []caseRow
		if err := tx.NewSelect().Model(&rows).Column("id").Where("merged_into IN (?)", bun.List(level)).Scan(ctx); err != nil {
			return nil, fmt.Errorf("finding merged cases: %w", err)
		}
		if len(rows) == 0 {
			break
		}
		level = level[:0:0]
		for _, r := range rows {
			level = append(level, r.ID)
		}
		all = append(all, level...)
	}
	return all, nil
}

// collect finds what lies with others, and who took part.
func (d *Desk) collect(ctx context.Context, tx *db.Tx, r *Removal) (customers []ids.ID, err error) {
	var messages []messageRow
	if err := tx.NewSelect().Model(&messages).Column("id", "envelope_id").Where("case_id IN (?)", bun.List(r.Cases)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading what to delete: %w", err)
	}
	for _, m := range messages {
		r.Messages = append(r.Messages, m.ID)
		if !m.EnvelopeID.IsZero() {
			r.Envelopes = append(r.Envelopes, m.EnvelopeID)
		}
	}
	var files []attachmentRow
	if err := tx.NewSelect().Model(&files).Column("blob_id").Where("case_id IN (?)", bun.List(r.Cases)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading what to delete: %w", err)
	}
	for _, f := range files {
		r.Blobs = append(r.Blobs, f.BlobID)
	}
	err = tx.NewRaw("SELECT customer_id FROM participants WHERE case_id IN (?) UNION SELECT customer_id FROM cases WHERE id IN (?)",
		bun.List(r.Cases), bun.List(r.Cases)).Scan(ctx, &customers)
	if err != nil {
		return nil, fmt.Errorf("reading what to delete: %w", err)
	}
	return customers, nil
}

// remove deletes the rows of the desk itself.
func (d *Desk) remove(ctx context.Context, tx *db.Tx, r *Removal) error {
	cases := bun.List(r.Cases)
	steps := []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM attachments WHERE case_id IN (?)", []any{cases}},
		{"DELETE FROM suggestions WHERE case_id IN (?) OR target_id IN (?)", []any{cases, cases}},
		{"DELETE FROM participants WHERE case_id IN (?)", []any{cases}},
		{"DELETE FROM message_references WHERE message_id IN (SELECT id FROM messages WHERE case_id IN (?))", []any{cases}},
		{"DELETE FROM side_conversations WHERE case_id IN (?)", []any{cases}},
		{"DELETE FROM messages WHERE case_id IN (?)", []any{cases}},
		{"UPDATE cases SET merged_into = NULL WHERE id IN (?)", []any{cases}},
		{"DELETE FROM cases WHERE id IN (?)", []any{cases}},
	}
	for _, s := range steps {
		if _, err := tx.NewRaw(s.sql, s.args...).Exec(ctx); err != nil {
			return fmt.Errorf("deleting a case: %w", err)
		}
	}
	return nil
}

// Erasures returns the cases whose customers ask for erasure, the oldest wish
// first; after is the last of the page before, next is zero on the last page. Of
// cases of restricted teams others see number, team and state.
func (d *Desk) Erasures(ctx context.Context, a access.Actor, after ids.ID) (cases []Case, next ids.ID, err error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, ids.ID{}, err
	}
	var rows []caseRow
	q := d.db.Read().NewSelect().Model(&rows).Where("brand_id = ? AND erasure_at IS NOT NULL", a.BrandID).
		Order("erasure_at", "id").Limit(ownPage + 1)
	if !after.IsZero() {
		q = q.Where("(erasure_at, id) > (SELECT l.erasure_at, l.id FROM cases AS l WHERE l.id = ?)", after)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, ids.ID{}, db.Classify(fmt.Errorf("reading wishes for erasure: %w", err))
	}
	if len(rows) > ownPage {
		rows, next = rows[:ownPage], rows[ownPage-1].ID
	}
	for _, r := range rows {
		c := d.caseFromRow(r)
		ok, err := d.visible(ctx, a, c)
		if err != nil {
			return nil, ids.ID{}, err
		}
		if !ok {
			c = Case{ID: c.ID, BrandID: c.BrandID, Number: c.Number, TeamID: c.TeamID, State: c.State, ErasureAt: c.ErasureAt}
		}
		cases = append(cases, c)
	}
	return cases, next, nil
}

// SettleErasure ends a wish for erasure without deleting the case, for one of
// SettleReasons. It needs DeleteCases: who may not grant a wish may not refuse it.
func (d *Desk) SettleErasure(ctx context.Context, a access.Actor, id ids.ID, reason string) error {
	if err := a.Require(access.DeleteCases); err != nil {
		return err
	}
	if !slices.Contains(settleReasons, reason) {
		return errs.Field("reason", "case.reason_unknown")
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return d.changeTx(ctx, tx, a, id, 0, func(e *edit) error {
			if e.c.ErasureAt.IsZero() {
				return nil
			}
			e.c.ErasureAt = 0
			e.note(Change{Kind: ErasureSettled, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"reason": reason}})
			return nil
		})
	})
}
