package desk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Merge moves all messages of a case into another of the same brand, because a
// person said they belong together. The first keeps its number, which from then
// on leads to the second.
func (d *Desk) Merge(ctx context.Context, a access.Actor, from, into ids.ID) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	if from == into {
		return errs.Field("target", "case.merge_self")
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return d.mergeTx(ctx, tx, a, from, into)
	})
}

func (d *Desk) mergeTx(ctx context.Context, tx *db.Tx, a access.Actor, from, into ids.ID) error {
	found, err := d.lockCases(ctx, tx, []ids.ID{from, into})
	if err != nil {
		return err
	}
	if len(found) != 2 {
		return errs.New(errs.NotFound, "case.not_found")
	}
	source, target := found[0], found[1]
	if source.ID != from {
		source, target = target, source
	}
	for _, c := range found {
		if err := d.admit(ctx, a, c); err != nil {
			return err
		}
		if !c.MergedInto.IsZero() {
			return errs.New(errs.Conflict, "case.merged")
		}
		if !c.TrashedAt.IsZero() {
			return errs.New(errs.Conflict, "case.trashed")
		}
	}
	now := clock.Now(d.clock)
	if err := d.moveMessages(ctx, tx, a, source, target); err != nil {
		return err
	}
	target.Messages += source.Messages
	target.Version++
	target.ChangedAt = now
	if target.State != Fresh && source.State.IsOpen() {
		target.State, target.ClosedAt = Open, 0
	}
	if target.DueAt.IsZero() || (!source.DueAt.IsZero() && source.DueAt < target.DueAt) {
		target.DueAt = source.DueAt // what was announced first is kept
	}
	source.Version++
	source.Messages, source.State, source.MergedInto, source.DueAt = 0, Closed, target.ID, 0
	source.ChangedAt, source.ClosedAt = now, now
	if !source.ErasureAt.IsZero() && source.CustomerID == target.CustomerID && target.ErasureAt.IsZero() {
		target.ErasureAt = source.ErasureAt
	}
	for _, c := range []Case{source, target} {
		if err := d.saveCase(ctx, tx, c); err != nil {
			return err
		}
	}
	params := map[string]any{"from": from, "into": into}
	return d.finish(ctx, tx, []Change{
		{Kind: Merged, Actor: a, Case: source, Params: params},
		{Kind: Merged, Actor: a, Case: target, Awaits: !target.DueAt.IsZero(), Moved: true, Params: params},
	})
}

// moveMessages appends the source's timeline to the target's. What came from
// somebody else's case stays marked as such: the customer of the target, who may
// read the case, must not read that. Where the program itself merges, only the
// message that opened the source has a new reason to be where it is.
func (d *Desk) moveMessages(ctx context.Context, tx *db.Tx, a access.Actor, source, target Case) error {
	joined, keep := ByHand, []Joined{ByMerge}
	if source.CustomerID != target.CustomerID {
		joined = ByMerge
	} else if a.Kind == access.System {
		joined, keep = ByAnswer, []Joined{ByToken, ByReference, ByHand, ByStaff, ByLink, ByMerge, BySibling, ByReport}
	}
	steps := []struct {
		what, sql string
		args      []any
	}{
		{"messages", "UPDATE messages SET case_id = ?, seq = seq + ?, joined = CASE WHEN joined IN (?) THEN joined ELSE ? END WHERE case_id = ?",
			[]any{target.ID, target.Messages, bun.List(keep), joined, source.ID}},
		{"attachments", "UPDATE attachments SET case_id = ? WHERE case_id = ?", []any{target.ID, source.ID}},
		{"side conversations", "UPDATE side_conversations SET case_id = ? WHERE case_id = ?", []any{target.ID, source.ID}},
		{"participants", "INSERT INTO participants (case_id, customer_id) SELECT ?, customer_id FROM participants WHERE case_id = ? ON CONFLICT DO NOTHING", []any{target.ID, source.ID}},
		{"suggestions", "UPDATE suggestions SET settled_at = ? WHERE case_id = ? AND settled_at IS NULL", []any{clock.Now(d.clock), source.ID}},
	}
	for _, s := range steps {
		if _, err := tx.NewRaw(s.sql, s.args...).Exec(ctx); err != nil {
			return fmt.Errorf("moving %s: %w", s.what, err)
		}
	}
	return nil
}

// UniteTx merges a case into another because a message showed that both are one
// conversation of the same customer. It leaves them as they are, and reports
// false, where a person has begun to work on the first, or anything else speaks
// against it.
func (d *Desk) UniteTx(ctx context.Context, tx *db.Tx, from, into ids.ID) (bool, error) {
	if from == into {
		return false, nil
	}
	found, err := d.lockCases(ctx, tx, []ids.ID{from, into})
	if err != nil || len(found) != 2 {
		return false, err
	}
	source, target := found[0], found[1]
	if source.ID != from {
		source, target = target, source
	}
	begun := !source.OwnerID.IsZero() || !source.AnsweredAt.IsZero() || source.Public != NotPublic
	over := !source.MergedInto.IsZero() || !target.MergedInto.IsZero() || !source.TrashedAt.IsZero() || !target.TrashedAt.IsZero()
	if begun || over || source.CustomerID != target.CustomerID || source.BrandID != target.BrandID || source.TeamID != target.TeamID {
		return false, nil
	}
	return true, d.mergeTx(ctx, tx, access.Lotse(target.BrandID), from, into)
}

// Dismiss settles a suggestion: the cases do not belong together.
func (d *Desk) Dismiss(ctx context.Context, a access.Actor, id, target ids.ID) error {
	return d.change(ctx, a, id, 0, func(e *edit) error {
		res, err := e.tx.NewUpdate().Model((*suggestionRow)(nil)).Set("settled_at = ?", e.now).
			Where("case_id = ? AND target_id = ? AND settled_at IS NULL", id, target).Exec(e.ctx)
		if err != nil {
			return fmt.Errorf("settling a suggestion: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		e.note(Change{Kind: SuggestionDropped, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"target": target}})
		return nil
	})
}
