package desk

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// edit is one action on one case in its transaction.
type edit struct {
	ctx      context.Context
	tx       *db.Tx
	desk     *Desk
	actor    access.Actor
	now      clock.Stamp
	c        *Case
	messages []messageRow
	files    []attachmentRow // new ones
	again    []attachmentRow // that move to another message of the case
	changes  []Change
}

// change runs one action of staff on a case: access, lock, the action, one
// version more, events and hooks. An action that notes no change writes nothing.
// A case in the trash is taken out first.
func (d *Desk) change(ctx context.Context, a access.Actor, id ids.ID, seen int64, act func(*edit) error) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return d.changeTx(ctx, tx, a, id, seen, func(e *edit) error {
			if !e.c.TrashedAt.IsZero() {
				return errs.New(errs.Conflict, "case.trashed")
			}
			return act(e)
		})
	})
}

func (d *Desk) changeTx(ctx context.Context, tx *db.Tx, a access.Actor, id ids.ID, seen int64, act func(*edit) error) error {
	found, err := d.lockCases(ctx, tx, []ids.ID{id})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errs.New(errs.NotFound, "case.not_found")
	}
	c := found[0]
	if a.Kind == access.System && a.BrandID.IsZero() {
		a.BrandID = c.BrandID
	}
	if err := d.admit(ctx, a, c); err != nil {
		return err
	}
	if !c.MergedInto.IsZero() {
		return errs.New(errs.Conflict, "case.merged")
	}
	if seen != 0 && seen != c.Version {
		return errs.New(errs.Conflict, "case.changed")
	}
	return d.act(ctx, tx, a, c, act)
}

// act runs an action on a locked case and stores what it did.
func (d *Desk) act(ctx context.Context, tx *db.Tx, a access.Actor, c Case, act func(*edit) error) error {
	e := &edit{ctx: ctx, tx: tx, desk: d, actor: a, now: clock.Now(d.clock), c: &c}
	if err := act(e); err != nil {
		return err
	}
	if len(e.changes) == 0 {
		return nil
	}
	return e.save()
}

func (e *edit) save() error {
	e.c.Version++
	e.c.ChangedAt = e.now
	if err := e.desk.saveCase(e.ctx, e.tx, *e.c); err != nil {
		return err
	}
	if err := insert(e.ctx, e.tx, e.messages, "messages", ""); err != nil {
		return err
	}
	if err := insert(e.ctx, e.tx, e.files, "attachments", ""); err != nil {
		return err
	}
	for i := range e.again {
		_, err := e.tx.NewUpdate().Model(&e.again[i]).Column("message_id", "position", "content_id", "inline", "linked").WherePK().Returning("NULL").Exec(e.ctx)
		if err != nil {
			return fmt.Errorf("moving attachments: %w", err)
		}
	}
	for i := range e.changes {
		e.changes[i].Case, e.changes[i].Actor = *e.c, e.actor
	}
	return e.desk.finish(e.ctx, e.tx, e.changes)
}

// write adds a message by the actor to the timeline.
func (e *edit) write(m Message) *Message {
	e.c.Messages++
	m.ID, m.BrandID, m.CaseID, m.Seq, m.CreatedAt = ids.New(), e.c.BrandID, e.c.ID, e.c.Messages, e.now
	m.AuthorKind, m.AuthorID, m.AuthorName = e.actor.Kind, e.actor.ID, e.actor.Name
	if m.Joined == Opened {
		m.Joined = ByStaff
	}
	e.messages = append(e.messages, e.desk.messageToRow(e.c.CustomerID, m, nil))
	return &m
}

func (e *edit) note(c Change) { e.changes = append(e.changes, c) }

func (e *edit) setState(to State) {
	e.c.State = to
	if to.IsOpen() {
		e.c.ClosedAt = 0
	} else if e.c.ClosedAt.IsZero() {
		e.c.ClosedAt = e.now
	}
}

// messageTx reads one message of the case without attachments.
func (d *Desk) messageTx(ctx context.Context, tx *db.Tx, c *Case, id ids.ID) (Message, error) {
	var row messageRow
	err := tx.NewSelect().Model(&row).Where("id = ? AND case_id = ?", id, c.ID).Scan(ctx)
	if err != nil {
		return Message{}, db.Classify(fmt.Errorf("reading a message: %w", err))
	}
	return d.messageFromRow(c.CustomerID, row), nil
}
