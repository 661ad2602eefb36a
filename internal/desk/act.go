package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// MaxText is the longest reply, note or reason, in bytes.
const MaxText = 200_000

// Note adds an internal note. It never reaches the customer.
func (d *Desk) Note(ctx context.Context, a access.Actor, id ids.ID, text string) (Message, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return Message{}, err
	}
	text, err := CheckText("text", text)
	if err != nil {
		return Message{}, err
	}
	var added Message
	err = d.change(ctx, a, id, 0, func(e *edit) error {
		m := e.write(Message{Kind: Note, Visibility: Internal, Channel: "desk", Body: text, HTML: markup.HTMLFromMarkdown(text)})
		added = *m
		e.note(Change{Kind: Noted, Message: m, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"message": m.ID}})
		return nil
	})
	return added, err
}

// Take makes the actor the owner. Taking one's own case again changes nothing.
func (d *Desk) Take(ctx context.Context, a access.Actor, id ids.ID, seen int64) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	if a.Kind != access.Staff {
		return errs.New(errs.Forbidden, "access.forbidden")
	}
	return d.change(ctx, a, id, seen, func(e *edit) error {
		if e.c.OwnerID == a.ID {
			return nil
		}
		before := e.c.OwnerID
		e.c.OwnerID = a.ID
		if e.c.State == Fresh {
			e.setState(Open)
		}
		e.note(Change{Kind: Taken, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"from": before}})
		return nil
	})
}

// HandOverForm names the new owner.
type HandOverForm struct {
	TeamID ids.ID
	Owner  ids.ID // zero: the team's duty roster
	Reason string // mandatory: the next one must know why
	Seen   int64
}

// HandOver gives the case to a team or to one of its members. The reason stays
// on the timeline, internally. The case is never without an owner.
func (d *Desk) HandOver(ctx context.Context, a access.Actor, id ids.ID, form HandOverForm) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	reason, err := CheckText("reason", form.Reason)
	if form.TeamID.IsZero() {
		err = errors.Join(errs.Field("team", "case.team_missing"), err)
	}
	if err != nil {
		return err
	}
	ok, err := d.teams.Assignable(ctx, a.BrandID, form.TeamID, form.Owner)
	if err != nil {
		return err
	}
	if !ok {
		return errs.Field("owner", "case.owner_unknown")
	}
	return d.change(ctx, a, id, form.Seen, func(e *edit) error {
		from, fromTeam := e.c.OwnerID, e.c.TeamID
		e.c.TeamID, e.c.OwnerID = form.TeamID, form.Owner
		m := e.write(Message{Kind: HandOver, Visibility: Internal, Channel: "desk", Body: reason, HTML: markup.HTMLFromMarkdown(reason),
			ToTeam: form.TeamID, ToOwner: form.Owner})
		e.note(Change{Kind: HandedOver, Message: m, Awaits: !e.c.DueAt.IsZero(), Moved: true, Params: map[string]any{
			"message": m.ID, "from": from, "from_team": fromTeam, "to": form.Owner, "to_team": form.TeamID}})
		return nil
	})
}

// SetState moves the case to a state by hand. Fresh can't be set: it means that
// nobody has looked yet.
func (d *Desk) SetState(ctx context.Context, a access.Actor, id ids.ID, to State, seen int64) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	if to == Fresh || stateNames[to] == "" {
		return errs.Field("state", "case.state_unknown")
	}
	return d.change(ctx, a, id, seen, func(e *edit) error {
		from := e.c.State
		if from == to {
			return nil
		}
		e.setState(to)
		if to != Open && to != WaitingOthers {
			e.c.DueAt = 0
		}
		e.note(Change{Kind: StateChanged, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"from": from, "to": to}})
		return nil
	})
}

// Withdraw takes a reply back that has not been sent yet and returns its text,
// so that it can be mended. What was owed before is owed again. The hook that
// owns the delivery refuses with errs.Conflict once the sending has begun.
func (d *Desk) Withdraw(ctx context.Context, a access.Actor, id, message ids.ID) (string, error) {
	var text string
	err := d.change(ctx, a, id, 0, func(e *edit) error {
		m, err := d.messageTx(e.ctx, e.tx, e.c, message)
		if err != nil {
			return err
		}
		if m.Kind != Reply || (m.AuthorID != a.ID && !a.May(access.RepairIntake)) {
			return errs.New(errs.Forbidden, "case.withdraw_other")
		}
		text = m.Body
		m.Kind = Withdrawn
		if err := setKind(e.ctx, e.tx, m); err != nil {
			return err
		}
		e.setState(Open)
		if e.c.AnsweredAt == m.CreatedAt {
			e.c.AnsweredAt = 0 // it was the first answer
		}
		due, err := owedBefore(e.ctx, e.tx, m)
		if err != nil {
			return err
		}
		if !due.IsZero() {
			e.c.DueAt = due
		}
		e.note(Change{Kind: ReplyWithdrawn, Message: &m, Awaits: !e.c.DueAt.IsZero(), Params: map[string]any{"message": m.ID}})
		return nil
	})
	return text, err
}

// owedBefore returns when an answer was due before a reply was written; zero if
// none was. The reply's event remembers it.
func owedBefore(ctx context.Context, tx *db.Tx, reply Message) (clock.Stamp, error) {
	var rows []eventRow
	err := tx.NewSelect().Model(&rows).Column("params").Where("case_id = ? AND kind = ?", reply.CaseID, Replied).
		Order("seq DESC").Limit(20).Scan(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading what was owed: %w", err)
	}
	for _, r := range rows {
		var params struct {
			Message ids.ID      `json:"message"`
			Due     clock.Stamp `json:"due"`
		}
		if err := json.Unmarshal(r.Params, &params); err != nil {
			return 0, fmt.Errorf("reading an event's parameters: %w", err)
		}
		if params.Message == reply.ID {
			return params.Due, nil
		}
	}
	return 0, nil
}

func setKind(ctx context.Context, tx *db.Tx, m Message) error {
	_, err := tx.NewUpdate().Model((*messageRow)(nil)).Set("kind = ?", m.Kind).Where("id = ?", m.ID).Exec(ctx)
	return err
}

// DeliveryFailedTx notes on a case that a message did not arrive, so that it
// asks for a person again.
func (d *Desk) DeliveryFailedTx(ctx context.Context, tx *db.Tx, id, message, delivery ids.ID) error {
	return d.changeTx(ctx, tx, access.Actor{Kind: access.System}, id, 0, func(e *edit) error {
		if !e.c.State.IsOpen() || e.c.State == Answered || e.c.State == WaitingCustomer {
			e.setState(Open)
		}
		e.note(Change{Kind: DeliveryFailed, Awaits: true, Moved: true, Params: map[string]any{"message": message, "delivery": delivery}})
		return nil
	})
}

// CheckText returns a text as it is stored, or a field error if there is none or
// too much of it.
func CheckText(field, text string) (string, error) {
	text = strings.TrimSpace(markup.Clean(text))
	if text == "" {
		return "", errs.Field(field, "case.text_missing")
	}
	if len(text) > MaxText {
		return "", errs.Field(field, "case.text_too_long", "Max", MaxText)
	}
	return text, nil
}
