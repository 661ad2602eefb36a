package intake

import (
	"context"
	"strings"

	"lotse/internal/access"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Handing says whose case a forwarded message is to be.
type Handing struct {
	Message ids.ID
	Back    bool  // of whoever passed it on, as it was before
	Seen    int64 // version of the case; 0 skips the check
}

// MakeCustomer makes whoever first wrote a forwarded message the customer of its
// case, or, to undo that, whoever passed it on. It needs WorkCases. A message that
// passes nothing on is errs.Conflict.
func (in *Intake) MakeCustomer(ctx context.Context, a access.Actor, h Handing) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	c, m, err := in.Desk.CaseOf(ctx, a, h.Message)
	if err != nil {
		return err
	}
	f := ForwardedOf(m)
	if f == nil || f.From.Value == "" || m.AuthorID.IsZero() {
		return errs.New(errs.Conflict, "case.forward_missing")
	}
	if own, err := in.isOwn(ctx, f.From.Value); err != nil || own {
		return orConflict(err, "case.forward_own")
	}
	contact := people.Contact{Kind: people.Email, Value: strings.ToLower(f.From.Value), Name: f.From.Name, Language: c.Language}
	return in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		customer, name := m.AuthorID, m.AuthorName
		if !h.Back {
			made, err := in.People.ResolveTx(ctx, tx, c.BrandID, []people.Contact{contact})
			if err != nil {
				return err
			}
			customer, name = made[0], contact.Name
			if name == "" {
				name = contact.Value
			}
		}
		return in.Desk.SetCustomerTx(ctx, tx, a, c.ID, customer, name, h.Seen)
	})
}

func orConflict(err error, key string) error {
	if err != nil {
		return err
	}
	return errs.New(errs.Conflict, key)
}
