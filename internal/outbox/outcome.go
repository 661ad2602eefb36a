package outbox

import (
	"context"
	"errors"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Way is how a delivery that did not simply arrive was dealt with.
type Way uint8

// The ways. They are stored: never renumber.
const (
	ByPhone   Way = 1 // said by phone
	ByLetter  Way = 2 // sent on paper
	ByPage    Way = 3 // read on the page of the case
	Arrived   Way = 4 // it did arrive
	Corrected Way = 5 // sent to another address instead
	Repeated  Way = 6 // sent once more
	Dropped   Way = 7 // it is no longer needed
)

var wayNames = map[Way]string{ByPhone: "phone", ByLetter: "letter", ByPage: "page", Arrived: "arrived", Corrected: "corrected",
	Repeated: "again", Dropped: "dropped"}

// String returns the way's name in the catalogue ("delivery.way.phone").
func (w Way) String() string { return wayNames[w] }

// ParseWay reads the name of a way that a person can say a delivery was dealt
// with; false for any other.
func ParseWay(name string) (Way, bool) {
	for _, w := range []Way{ByPhone, ByLetter, ByPage, Arrived, Dropped} {
		if w.String() == name {
			return w, true
		}
	}
	return 0, false
}

// SendAgain sends once more what failed or whose outcome is uncertain, as a delivery
// of its own. A person decides that: the customer may get the message twice. What
// cannot arrive (Hard) needs sure, else it is errs.Conflict. Of any other delivery,
// such as one that was sent again already, nothing changes.
func (o *Outbox) SendAgain(ctx context.Context, a access.Actor, delivery ids.ID, sure bool) error {
	row, err := o.mine(ctx, a, delivery)
	switch {
	case err != nil:
		return err
	case row.State != Failed && row.State != Unsure:
		return nil
	case row.Hard && !sure:
		return errs.New(errs.Conflict, "delivery.hard")
	}
	_, err = o.replace(ctx, a, row, Repeated, "")
	return err
}

// Correct sends to another address what failed, is uncertain, or waits after an
// attempt that failed. With keep the address becomes one of the customer's, in place
// of the old one if that cannot work (Hard). An address that is none, or one of the
// desk's own, is a field error of address; a delivery that went on meanwhile is
// errs.Conflict.
func (o *Outbox) Correct(ctx context.Context, a access.Actor, delivery ids.ID, address string, keep bool) error {
	row, err := o.mine(ctx, a, delivery)
	if err != nil {
		return err
	}
	if address, err = catalog.ParseAddress("address", address); err != nil {
		return err
	}
	if err := o.CheckRecipient(ctx, "address", address); err != nil {
		return err
	}
	if !row.settleable() {
		return errs.New(errs.Conflict, "delivery.moved_on")
	}
	forget := func() error { return nil }
	if keep && row.Kind != SideKind {
		if forget, err = o.keepAddress(ctx, a, row, address); err != nil {
			return err
		}
	}
	done, err := o.replace(ctx, a, row, Corrected, address)
	if err == nil && !done {
		err = errs.New(errs.Conflict, "delivery.moved_on")
	}
	if err != nil {
		return err
	}
	return forget()
}

// keepAddress gives the customer of a case an address. forget takes away the old one
// if nothing can arrive there.
func (o *Outbox) keepAddress(ctx context.Context, a access.Actor, row deliveryRow, address string) (forget func() error, err error) {
	c, _, err := o.Desk.CaseOf(ctx, a, row.MessageID)
	if err != nil {
		return nil, err
	}
	customer, err := o.People.Get(ctx, a, c.CustomerID)
	if err != nil {
		return nil, err
	}
	if !receives(customer, address) {
		if _, err := o.People.AddIdentity(ctx, a, c.CustomerID, people.Email, address); err != nil {
			return nil, named(err, "address")
		}
	}
	old := o.Seal.Open(c.CustomerID, row.Address)
	return func() error {
		if !row.Hard || old == address || !receives(customer, old) {
			return nil
		}
		_, err := o.People.RemoveIdentity(ctx, a, c.CustomerID, people.Email, old)
		return err
	}, nil
}

// named gives a refused value the name it has here.
func named(err error, field string) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Field == "" {
		return err
	}
	renamed := *e
	renamed.Field = field
	return &renamed
}

// Settle notes how a person dealt with what failed, is uncertain, or waits after an
// attempt that failed: it is not tried again. A way that a person can't say is a field
// error of way; a delivery that went on meanwhile is errs.Conflict.
func (o *Outbox) Settle(ctx context.Context, a access.Actor, delivery ids.ID, way Way) error {
	row, err := o.mine(ctx, a, delivery)
	if err != nil {
		return err
	}
	if _, ok := ParseWay(way.String()); !ok {
		return errs.Field("way", "delivery.way_unknown")
	}
	return o.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		done, err := o.settleTx(ctx, tx, a, &row, way)
		if err != nil {
			return err
		}
		if !done {
			return errs.New(errs.Conflict, "delivery.moved_on")
		}
		return o.Desk.DeliverySettledTx(ctx, tx, a, row.CaseID, desk.Settling{Message: row.MessageID, Delivery: row.ID, Way: way.String()})
	})
}

// mine returns a delivery of a message the actor may work on.
func (o *Outbox) mine(ctx context.Context, a access.Actor, delivery ids.ID) (deliveryRow, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return deliveryRow{}, err
	}
	row, err := o.load(ctx, delivery)
	if err != nil {
		return deliveryRow{}, err
	}
	if row.MessageID.IsZero() {
		return deliveryRow{}, errs.New(errs.NotFound, "delivery.not_found")
	}
	_, err = o.Desk.Message(ctx, a, row.MessageID)
	return row, err
}

// settleable reports whether a person can deal with a delivery in another way: it
// failed, nobody knows what became of it, or it waits and was refused before.
func (r deliveryRow) settleable() bool {
	return r.State == Failed || r.State == Unsure || r.State == Queued && r.Attempts > 0
}

// settleTx settles a delivery if it still is where a person can, and reads where it
// is now. It reports whether it did.
func (o *Outbox) settleTx(ctx context.Context, tx *db.Tx, a access.Actor, row *deliveryRow, way Way) (bool, error) {
	res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", Settled).Set("way = ?", way).Set("settled_by = ?", a.ID).
		Set("settled_at = ?", clock.Now(o.Clock)).Set("next_at = NULL").
		Where("id = ? AND (state IN (?, ?) OR state = ? AND attempts > 0)", row.ID, Failed, Unsure, Queued).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("settling a delivery: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	if err := tx.NewSelect().Model(row).WherePK().Scan(ctx); err != nil { // its case may have been merged
		return false, fmt.Errorf("reading a delivery: %w", err)
	}
	o.signal(tx, *row)
	return true, nil
}

// replace settles a delivery and makes one that follows it, to another address or,
// with none, to the same. It reports whether it did.
func (o *Outbox) replace(ctx context.Context, a access.Actor, row deliveryRow, way Way, address string) (done bool, err error) {
	err = o.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if done, err = o.settleTx(ctx, tx, a, &row, way); err != nil || !done {
			return err
		}
		now := clock.Now(o.Clock)
		next := deliveryRow{
			ID: ids.New(), BrandID: row.BrandID, AccountID: row.AccountID, CaseID: row.CaseID, MessageID: row.MessageID, Kind: row.Kind,
			Channel: row.Channel, Address: row.Address, AddressLookup: row.AddressLookup, Content: append([]byte{}, row.Content...), State: Queued, NextAt: now,
			Words: []byte{}, CreatedAt: now, Role: row.Role, Follows: row.ID,
		}
		if address != "" {
			customers, err := o.Desk.CustomersTx(ctx, tx, []ids.ID{row.CaseID})
			if err != nil {
				return err
			}
			if row.Kind == SideKind {
				if err := o.readdressSide(ctx, tx, row, customers[row.CaseID], address); err != nil {
					return err
				}
			}
			next.Address, next.AddressLookup = o.Seal.Seal(customers[row.CaseID], address), o.lookup(address)
		}
		if err := o.add(ctx, tx, []deliveryRow{next}); err != nil {
			return err
		}
		return o.Desk.DeliverySettledTx(ctx, tx, a, row.CaseID, desk.Settling{Message: row.MessageID, Delivery: row.ID, Next: next.ID, Way: way.String()})
	})
	return done, err
}
