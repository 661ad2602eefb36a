package people

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nyaruka/phonenumbers"
	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// The directory: customers as staff and programs find and mend them, without a
// case at hand. Whom an actor may know of follows from the cases they may see;
// the desk says so, through the Guard.

// Phone is the identity kind of telephone numbers, normalised to E.164 (+49…).
const Phone = "phone"

const (
	maxPage       = 100
	maxName       = 100 // runes
	maxIdentities = 20  // of one customer
)

// Guard says which customers an actor may know of.
type Guard func(ctx context.Context, a access.Actor, customers []ids.ID) (map[ids.ID]bool, error)

// SetGuard registers who says which customers an actor may know of. Without one
// nobody finds anybody.
func (p *People) SetGuard(g Guard) { p.guard = g }

func (p *People) known(ctx context.Context, a access.Actor, customers ...ids.ID) (map[ids.ID]bool, error) {
	if p.guard == nil {
		return nil, nil
	}
	return p.guard(ctx, a, customers)
}

// Lookup is Get for whoever has no case at hand: it finds nobody the actor may
// not know of. It needs ReadCustomers.
func (p *People) Lookup(ctx context.Context, a access.Actor, id ids.ID) (Customer, error) {
	if err := a.Require(access.ReadCustomers); err != nil {
		return Customer{}, err
	}
	known, err := p.known(ctx, a, id)
	if err != nil {
		return Customer{}, err
	}
	if !known[id] {
		return Customer{}, errUnknown()
	}
	return p.Get(ctx, access.Lotse(a.BrandID), id)
}

func errUnknown() error { return errs.New(errs.NotFound, "customer.not_found") }

// ByIdentity returns the customer with an address or number. It needs
// ReadCustomers.
func (p *People) ByIdentity(ctx context.Context, a access.Actor, kind, value string) (Customer, error) {
	if err := a.Require(access.ReadCustomers); err != nil {
		return Customer{}, err
	}
	value, err := NormalIdentity("value", kind, value)
	if err != nil {
		return Customer{}, err
	}
	var rows []identityRow
	err = p.db.Read().NewSelect().Model(&rows).Column("customer_id").
		Where("brand_id = ? AND kind = ? AND lookup = ?", a.BrandID, kind, p.lookup(Contact{Kind: kind, Value: value})).Scan(ctx)
	if err != nil {
		return Customer{}, db.Classify(fmt.Errorf("finding a customer: %w", err))
	}
	if len(rows) == 0 {
		return Customer{}, errUnknown()
	}
	return p.Lookup(ctx, a, rows[0].CustomerID)
}

// List returns the brand's customers whom the actor may know of, the latest
// first: of at most limit (1 to 100) behind after. next is zero on the last page.
// It needs ReadCustomers.
func (p *People) List(ctx context.Context, a access.Actor, after ids.ID, limit int) (page []Customer, next ids.ID, err error) {
	if err := a.Require(access.ReadCustomers); err != nil {
		return nil, ids.ID{}, err
	}
	limit = min(max(limit, 1), maxPage)
	var rows []customerRow
	q := p.db.Read().NewSelect().Model(&rows).Where("brand_id = ?", a.BrandID).Order("id DESC").Limit(int64(limit) + 1)
	if !after.IsZero() {
		q = q.Where("id < ?", after)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, ids.ID{}, db.Classify(fmt.Errorf("reading customers: %w", err))
	}
	if len(rows) > limit {
		rows, next = rows[:limit], rows[limit-1].ID
	}
	page, err = p.shown(ctx, a, rows)
	return page, next, err
}

// shown makes customers of the rows the actor may know of, with two statements.
func (p *People) shown(ctx context.Context, a access.Actor, rows []customerRow) ([]Customer, error) {
	which := make([]ids.ID, len(rows))
	for i, r := range rows {
		which[i] = r.ID
	}
	known, err := p.known(ctx, a, which...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	identities, err := p.identitiesOf(ctx, which)
	if err != nil {
		return nil, err
	}
	var page []Customer
	for _, r := range rows {
		if known[r.ID] {
			page = append(page, Customer{ID: r.ID, BrandID: r.BrandID, Name: p.seal.Open(r.ID, r.Name), Language: r.Language,
				CreatedAt: r.CreatedAt, Identities: identities[r.ID]})
		}
	}
	return page, nil
}

func (p *People) identitiesOf(ctx context.Context, customers []ids.ID) (map[ids.ID][]Identity, error) {
	var rows []identityRow
	err := p.db.Read().NewSelect().Model(&rows).Where("customer_id IN (?)", bun.List(customers)).OrderExpr("created_at, id").Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading identities: %w", err))
	}
	found := map[ids.ID][]Identity{}
	for _, r := range rows {
		found[r.CustomerID] = append(found[r.CustomerID], Identity{Kind: r.Kind, Value: p.seal.Open(r.CustomerID, r.Value), Confirmed: !r.ConfirmedAt.IsZero()})
	}
	return found, nil
}

// CustomerForm is what is known of a customer. Fields: name, language,
// identities.
type CustomerForm struct {
	Name       string // up to 100 runes; may be empty
	Language   string // "de" or "en"; "" is German
	Identities []Contact
}

// Add makes a customer with at least one identity. One that belongs to somebody
// is errs.Conflict. It needs ChangeCustomers.
func (p *People) Add(ctx context.Context, a access.Actor, f CustomerForm) (Customer, error) {
	if err := a.Require(access.ChangeCustomers); err != nil {
		return Customer{}, err
	}
	if err := f.check(); err != nil {
		return Customer{}, err
	}
	id := ids.New()
	err := p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row := customerRow{ID: id, BrandID: a.BrandID, Name: p.seal.Seal(id, f.Name), Language: f.Language, CreatedAt: clock.Now(p.clock)}
		if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("adding a customer: %w", err)
		}
		return p.addIdentities(ctx, tx, a.BrandID, id, f.Identities)
	})
	if err != nil {
		return Customer{}, err
	}
	return p.Get(ctx, access.Lotse(a.BrandID), id)
}

func (f *CustomerForm) check() error {
	f.Name = markup.CleanLine(f.Name, maxName)
	if f.Language == "" {
		f.Language = string(i18n.German)
	}
	faults := []error{catalog.CheckLanguage(f.Language)}
	switch {
	case len(f.Identities) == 0:
		faults = append(faults, errs.Field("identities", "customer.identity_missing"))
	case len(f.Identities) > maxIdentities:
		faults = append(faults, errs.Field("identities", "customer.identity_many", "Max", maxIdentities))
	}
	clean := make([]Contact, 0, len(f.Identities))
	for _, c := range f.Identities {
		value, err := NormalIdentity("identities", c.Kind, c.Value)
		faults = append(faults, err)
		if c = (Contact{Kind: c.Kind, Value: value}); !slices.Contains(clean, c) {
			clean = append(clean, c)
		}
	}
	f.Identities = clean
	return errors.Join(faults...)
}

// NormalIdentity returns an identity as it is stored and found, or a field error.
func NormalIdentity(field, kind, value string) (string, error) {
	switch kind {
	case Email:
		return catalog.ParseAddress(field, value)
	case Phone:
		number, err := phonenumbers.Parse(markup.CleanLine(value, maxName), "")
		if err != nil || !phonenumbers.IsValidNumber(number) {
			return "", errs.Field(field, "customer.phone_wrong")
		}
		return phonenumbers.Format(number, phonenumbers.E164), nil
	}
	return "", errs.Field(field, "customer.kind_unknown")
}

func (p *People) addIdentities(ctx context.Context, tx *db.Tx, brand, customer ids.ID, contacts []Contact) error {
	rows := make([]identityRow, len(contacts))
	for i, c := range contacts {
		rows[i] = identityRow{ID: ids.New(), BrandID: brand, CustomerID: customer, Kind: c.Kind, Lookup: p.lookup(c),
			Value: p.seal.Seal(customer, c.Value), CreatedAt: clock.Now(p.clock)}
	}
	res, err := tx.NewInsert().Model(&rows).On("CONFLICT (brand_id, kind, lookup) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("adding identities: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || int(n) == len(rows) {
		return err
	}
	return &errs.Error{Kind: errs.Conflict, Field: "identities", Key: "customer.identity_taken"}
}

// Mend changes a customer's name and language; nil keeps what there is. It needs
// ChangeCustomers.
func (p *People) Mend(ctx context.Context, a access.Actor, id ids.ID, name, language *string) (Customer, error) {
	return p.change(ctx, a, id, func(ctx context.Context, tx *db.Tx) error {
		q := tx.NewUpdate().Model((*customerRow)(nil)).Where("id = ? AND brand_id = ?", id, a.BrandID)
		if name == nil && language == nil {
			return nil
		}
		if name != nil {
			q = q.Set("name = ?", p.seal.Seal(id, markup.CleanLine(*name, maxName)))
		}
		if language != nil {
			if err := catalog.CheckLanguage(*language); err != nil {
				return err
			}
			q = q.Set("language = ?", *language)
		}
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("mending a customer: %w", err)
		}
		return nil
	})
}

// AddIdentity gives a customer a further address or number. One that belongs to
// somebody is errs.Conflict. It needs ChangeCustomers.
func (p *People) AddIdentity(ctx context.Context, a access.Actor, id ids.ID, kind, value string) (Customer, error) {
	return p.change(ctx, a, id, func(ctx context.Context, tx *db.Tx) error {
		normal, err := NormalIdentity("value", kind, value)
		if err != nil {
			return err
		}
		n, err := tx.NewSelect().Model((*identityRow)(nil)).Where("customer_id = ?", id).Count(ctx)
		if err != nil {
			return fmt.Errorf("counting identities: %w", err)
		}
		if n >= maxIdentities {
			return errs.Field("value", "customer.identity_many", "Max", maxIdentities)
		}
		err = p.addIdentities(ctx, tx, a.BrandID, id, []Contact{{Kind: kind, Value: normal}})
		if errs.Is(err, errs.Conflict) {
			return &errs.Error{Kind: errs.Conflict, Field: "value", Key: "customer.identity_taken"}
		}
		return err
	})
}

// RemoveIdentity takes an address or number from a customer. The last one stays:
// nobody could reach or find them any more. It needs ChangeCustomers.
func (p *People) RemoveIdentity(ctx context.Context, a access.Actor, id ids.ID, kind, value string) (Customer, error) {
	return p.change(ctx, a, id, func(ctx context.Context, tx *db.Tx) error {
		normal, err := NormalIdentity("value", kind, value)
		if err != nil {
			return err
		}
		res, err := tx.NewDelete().Model((*identityRow)(nil)).
			Where("customer_id = ? AND kind = ? AND lookup = ?", id, kind, p.lookup(Contact{Kind: kind, Value: normal})).
			Where("(SELECT count(*) FROM identities AS o WHERE o.customer_id = ?) > 1", id).Exec(ctx)
		if err != nil {
			return fmt.Errorf("taking an identity away: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errs.New(errs.Conflict, "customer.identity_last")
	})
}

// change runs one change to a customer the actor may know of, locked against
// others, and returns what came of it.
func (p *People) change(ctx context.Context, a access.Actor, id ids.ID, act func(context.Context, *db.Tx) error) (Customer, error) {
	if err := a.Require(access.ChangeCustomers); err != nil {
		return Customer{}, err
	}
	known, err := p.known(ctx, a, id)
	if err != nil {
		return Customer{}, err
	}
	if !known[id] {
		return Customer{}, errUnknown()
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*customerRow)(nil)).Set("language = language").Where("id = ? AND brand_id = ?", id, a.BrandID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("locking a customer: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errUnknown())
		}
		return act(ctx, tx)
	})
	if err != nil {
		return Customer{}, err
	}
	return p.Get(ctx, access.Lotse(a.BrandID), id)
}
