package desk

import (
	"context"
	"errors"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Classification says what a case is about: at most one topic, one product and one
// region of its brand. The zero id is none.
type Classification struct {
	Topic   ids.ID
	Product ids.ID
	Region  ids.ID
}

// of returns what is chosen from one list.
func (c *Classification) of(kind catalog.EntryKind) *ids.ID {
	switch kind {
	case catalog.Topic:
		return &c.Topic
	case catalog.Product:
		return &c.Product
	}
	return &c.Region
}

// Entries is what the desk asks about topics, products and regions; package
// catalog answers.
type Entries interface {
	// Entry returns an entry of the brand, errs.NotFound if it has none with this id.
	Entry(ctx context.Context, brand, id ids.ID) (catalog.Entry, error)
}

// SetEntries registers who knows topics, products and regions. Without it none can
// be chosen.
func (d *Desk) SetEntries(e Entries) { d.entries = e }

// Classify says what a case is about. Each entry must be one of the case's brand
// that is active, or the one that was chosen already: else it is a field error for
// topic, product or region. If the case changed since seen (0 skips the check), it
// is errs.Conflict. Choosing the same again changes nothing.
func (d *Desk) Classify(ctx context.Context, a access.Actor, id ids.ID, seen int64, to Classification) error {
	return d.change(ctx, a, id, seen, func(e *edit) error {
		if e.c.Class == to {
			return nil
		}
		var faults []error
		params := map[string]any{}
		for _, kind := range catalog.EntryKinds() {
			chosen := *to.of(kind)
			if !chosen.IsZero() {
				params[kind.String()] = chosen
			}
			if chosen == *e.c.Class.of(kind) {
				continue
			}
			ok, err := e.desk.canChoose(e.ctx, e.c.BrandID, kind, chosen)
			if err != nil {
				return err
			}
			if !ok {
				faults = append(faults, errs.Field(kind.String(), "case.class."+kind.String()))
			}
		}
		if err := errors.Join(faults...); err != nil {
			return err
		}
		e.c.Class = to
		e.note(Change{Kind: Classified, Awaits: !e.c.DueAt.IsZero(), Params: params})
		return nil
	})
}

// canChoose reports whether an entry is one that new cases of the brand may have.
// None may always be chosen.
func (d *Desk) canChoose(ctx context.Context, brand ids.ID, kind catalog.EntryKind, id ids.ID) (bool, error) {
	if id.IsZero() {
		return true, nil
	}
	if d.entries == nil {
		return false, nil
	}
	entry, err := d.entries.Entry(ctx, brand, id)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil && entry.Kind == kind && entry.Active(), err
}

// choosable returns what of c new cases of the brand may have: a page may be older
// than the list it offers, and a question must not be lost for it.
func (d *Desk) choosable(ctx context.Context, brand ids.ID, c Classification) (Classification, error) {
	for _, kind := range catalog.EntryKinds() {
		ok, err := d.canChoose(ctx, brand, kind, *c.of(kind))
		if err != nil {
			return Classification{}, err
		}
		if !ok {
			*c.of(kind) = ids.ID{}
		}
	}
	return c, nil
}
