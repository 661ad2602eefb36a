package desk

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// What customers may do with their own cases. A case that was merged into
// another of the same customer stands for that one.

// OwnTx returns the customer's case for a change, locked until the transaction
// ends. The intake calls it to add a message.
func (d *Desk) OwnTx(ctx context.Context, tx *db.Tx, a access.Actor, id ids.ID) (Case, error) {
	if err := a.RequireCustomer(); err != nil {
		return Case{}, err
	}
	var row caseRow
	err := db.Classify(tx.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return Case{}, fmt.Errorf("reading a case: %w", err)
	}
	c, elsewhere, err := d.own(ctx, tx, a, row)
	if err != nil {
		return Case{}, err
	}
	if elsewhere {
		return Case{}, errs.New(errs.Conflict, "case.merged")
	}
	if !tx.Postgres() {
		return c, nil // there is one writer
	}
	locked, err := d.lockCases(ctx, tx, []ids.ID{c.ID})
	if err != nil {
		return Case{}, err
	}
	if len(locked) == 0 || !locked[0].MergedInto.IsZero() || locked[0].CustomerID != a.ID {
		return Case{}, errs.New(errs.Conflict, "case.changed")
	}
	return locked[0], nil
}

func (d *Desk) changeOwn(ctx context.Context, a access.Actor, id ids.ID, act func(*edit) error) error {
	if err := a.RequireCustomer(); err != nil {
		return err
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, err := d.OwnTx(ctx, tx, a, id)
		if err != nil {
			return err
		}
		return d.act(ctx, tx, a, c, act)
	})
}

// Solved says that the customer's concern is settled. Saying so again changes
// nothing.
func (d *Desk) Solved(ctx context.Context, a access.Actor, id ids.ID) error {
	return d.changeOwn(ctx, a, id, func(e *edit) error {
		if e.c.State == Solved {
			return nil
		}
		from := e.c.State
		e.setState(Solved)
		e.c.DueAt = 0
		e.note(Change{Kind: Confirmed, Moved: true, Params: map[string]any{"from": from}})
		return nil
	})
}

// Contest says that the concern is not settled, and why: the text joins the case
// as a message of the customer, and the case is open again with an answer time
// of its own. The same text twice in a row is one message.
func (d *Desk) Contest(ctx context.Context, a access.Actor, id ids.ID, text string) error {
	if err := a.RequireCustomer(); err != nil {
		return err
	}
	text, err := CheckText("text", text)
	if err != nil {
		return err
	}
	return d.changeOwn(ctx, a, id, func(e *edit) error {
		first, last, err := e.inbound()
		if err != nil || (last.Channel == Web && last.Body == text && last.Seq == e.c.Messages) {
			return err
		}
		if e.c.State != Fresh {
			e.setState(Open)
		}
		if e.c.DueAt.IsZero() {
			due, err := d.teams.AnswerBy(e.ctx, e.c.TeamID, e.now.Time())
			if err != nil {
				return fmt.Errorf("computing the answer time: %w", err)
			}
			e.c.DueAt = clock.At(due)
		}
		e.actor.Name = first.AuthorName
		m := e.write(Message{Kind: Inbound, Visibility: Private, Channel: Web, Body: text, HTML: markup.HTMLFromText(text), Joined: ByLink})
		e.note(Change{Kind: MessageReceived, Message: m, Awaits: true, Moved: true, Params: map[string]any{"message": m.ID, "joined": ByLink}})
		e.note(Change{Kind: Contested, Awaits: true, Moved: true, Params: map[string]any{"message": m.ID}})
		return nil
	})
}

// inbound returns the first and the last message of the case that came in.
func (e *edit) inbound() (first, last Message, err error) {
	var rows []messageRow
	err = e.tx.NewSelect().Model(&rows).
		Where("case_id = ? AND (seq = 1 OR seq = ?)", e.c.ID, e.c.Messages).Order("seq").Scan(e.ctx)
	if err != nil {
		return Message{}, Message{}, fmt.Errorf("reading a message: %w", err)
	}
	for i, r := range rows {
		m := e.desk.messageFromRow(e.c.CustomerID, r)
		if m.Kind != Inbound {
			continue
		}
		if i == 0 && m.AuthorID == e.c.CustomerID {
			first = m
		}
		last = m
	}
	return first, last, nil
}

// OpenerTx returns the name under which the case was opened, as it was given
// then: what a customer writes later on a page carries it too. The name that is
// kept with the customer's record is never shown to the holder of a link.
func (d *Desk) OpenerTx(ctx context.Context, tx *db.Tx, c Case) (string, error) {
	var row messageRow
	err := tx.NewSelect().Model(&row).Column("author_name", "author_id").Where("case_id = ? AND seq = 1", c.ID).Scan(ctx)
	if err != nil {
		return "", db.Classify(fmt.Errorf("reading who opened a case: %w", err))
	}
	if row.AuthorID != c.CustomerID {
		return "", nil
	}
	return d.seal.Open(c.CustomerID, row.AuthorName), nil
}

// AskErasure asks staff to erase the case. The wish stands until they settle it.
func (d *Desk) AskErasure(ctx context.Context, a access.Actor, id ids.ID) error {
	return d.changeOwn(ctx, a, id, func(e *edit) error {
		if !e.c.ErasureAt.IsZero() {
			return nil
		}
		e.c.ErasureAt = e.now
		e.note(Change{Kind: ErasureAsked, Awaits: !e.c.DueAt.IsZero(), Moved: true})
		return nil
	})
}

// RenewLinks makes all secret links to a case worthless, those in mails too, and
// returns a new one. With the zero id it does so for all the customer's cases and
// the virtual file, which takes a pass for the file.
func (d *Desk) RenewLinks(ctx context.Context, a access.Actor, id ids.ID) (ids.Token, error) {
	if err := a.RequireCustomer(); err != nil {
		return "", err
	}
	if id.IsZero() && !a.Case.IsZero() {
		return "", errs.New(errs.NotFound, "case.not_found")
	}
	var token ids.Token
	err := d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		pass := access.Pass{BrandID: a.BrandID, CustomerID: a.ID, Origin: access.FromForm}
		if !id.IsZero() {
			c, err := d.OwnTx(ctx, tx, a, id)
			if err != nil {
				return err
			}
			pass.CaseID = c.ID
			if err := d.revokeTx(ctx, tx, a, c); err != nil {
				return err
			}
		} else if err := d.passes.RevokeTx(ctx, tx, a.ID, ids.ID{}); err != nil {
			return err
		}
		var err error
		token, err = d.passes.IssueTx(ctx, tx, pass)
		return err
	})
	return token, err
}

// revokeTx revokes the passes of a case and of those merged into it.
func (d *Desk) revokeTx(ctx context.Context, tx *db.Tx, a access.Actor, c Case) error {
	all, err := mergedInto(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, id := range append(all, c.ID) {
		if err := d.passes.RevokeTx(ctx, tx, a.ID, id); err != nil {
			return err
		}
	}
	return d.finish(ctx, tx, []Change{{Kind: LinksRenewed, Actor: a, Case: c, Awaits: !c.DueAt.IsZero()}})
}
