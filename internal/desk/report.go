package desk

import (
	"context"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Trouble is what a report says of a delivery, in the words of an event: ids,
// keys and flags.
type Trouble struct {
	Message  ids.ID // that was sent
	Delivery ids.ID
	Report   ids.ID // message that says so
	Reason   string // key of the catalogue below "bounce.reason."
	Hard     bool
}

// BouncedTx notes on a case that a message came back after it had been sent, so
// that it asks for a person again.
func (d *Desk) BouncedTx(ctx context.Context, tx *db.Tx, id ids.ID, t Trouble) error {
	return d.changeTx(ctx, tx, access.Actor{Kind: access.System}, id, 0, func(e *edit) error {
		if !e.c.State.IsOpen() || e.c.State == Answered || e.c.State == WaitingCustomer {
			e.setState(Open)
		}
		e.note(Change{Kind: DeliveryBounced, Awaits: true, Moved: true, Params: map[string]any{
			"message": t.Message, "delivery": t.Delivery, "report": t.Report, "reason": t.Reason, "hard": t.Hard}})
		return nil
	})
}

// ComplainedTx notes on a case that the receiver of a message calls it spam: a
// person should look at it.
func (d *Desk) ComplainedTx(ctx context.Context, tx *db.Tx, id ids.ID, t Trouble) error {
	return d.changeTx(ctx, tx, access.Actor{Kind: access.System}, id, 0, func(e *edit) error {
		e.note(Change{Kind: Complained, Awaits: true, Moved: true, Params: map[string]any{"message": t.Message, "delivery": t.Delivery, "report": t.Report}})
		return nil
	})
}

// Settling is how a person dealt with a delivery that did not simply arrive, in the
// words of an event.
type Settling struct {
	Message  ids.ID
	Delivery ids.ID
	Next     ids.ID // the delivery that was sent instead; zero if none
	Way      string // key of the catalogue below "delivery.way."
}

// DeliverySettledTx notes on a case that the actor dealt with a delivery. What is owed
// to the customer stays owed.
func (d *Desk) DeliverySettledTx(ctx context.Context, tx *db.Tx, a access.Actor, id ids.ID, s Settling) error {
	return d.changeTx(ctx, tx, a, id, 0, func(e *edit) error {
		if !e.c.TrashedAt.IsZero() {
			return errs.New(errs.Conflict, "case.trashed")
		}
		params := map[string]any{"message": s.Message, "delivery": s.Delivery, "way": s.Way}
		if !s.Next.IsZero() {
			params["next"] = s.Next
		}
		e.note(Change{Kind: DeliverySettled, Awaits: !e.c.DueAt.IsZero(), Params: params})
		return nil
	})
}
