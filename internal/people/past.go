package people

import (
	"context"
	"fmt"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// BringTx adds a customer who is known elsewhere, with at least one identity. Who
// is known by address already gets the numbers that are missing, and a name if there was
// none. Identities that somebody else has are errs.Conflict. It is for the
// program, which an operator told to: it takes no actor.
func (p *People) BringTx(ctx context.Context, tx *db.Tx, brand ids.ID, f CustomerForm) (id ids.ID, isNew bool, err error) {
	if err := f.check(); err != nil {
		return ids.ID{}, false, err
	}
	found, err := p.FindTx(ctx, tx, brand, f.Identities)
	if err != nil {
		return ids.ID{}, false, err
	}
	id, missing, err := oneOf(f.Identities, found)
	if err != nil {
		return ids.ID{}, false, err
	}
	if isNew = id.IsZero(); isNew {
		id = ids.New()
		row := customerRow{ID: id, BrandID: brand, Name: p.seal.Seal(id, f.Name), Language: f.Language, CreatedAt: clock.Now(p.clock)}
		if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
			return ids.ID{}, false, fmt.Errorf("adding a customer: %w", err)
		}
	} else if err := p.nameTx(ctx, tx, id, f.Name); err != nil {
		return ids.ID{}, false, err
	}
	if len(missing) == 0 {
		return id, isNew, nil
	}
	return id, isNew, p.addIdentities(ctx, tx, brand, id, missing)
}

// oneOf returns who is known by the contacts, and which contacts are new. A number
// alone does not show that a new address is of the same person: many share one,
// and who is taken for somebody else reads their letters.
func oneOf(contacts []Contact, found []ids.ID) (id ids.ID, missing []Contact, err error) {
	newAddress := false
	for i, c := range contacts {
		switch {
		case found[i].IsZero():
			missing, newAddress = append(missing, c), newAddress || c.Kind == Email
		case !id.IsZero() && found[i] != id:
			return ids.ID{}, nil, taken()
		default:
			id = found[i]
		}
	}
	if !id.IsZero() && newAddress {
		return ids.ID{}, nil, taken()
	}
	return id, missing, nil
}

func taken() error {
	return &errs.Error{Kind: errs.Conflict, Field: "identities", Key: "customer.identity_taken"}
}

// nameTx names a customer who has no name.
func (p *People) nameTx(ctx context.Context, tx *db.Tx, id ids.ID, name string) error {
	var row customerRow
	if err := tx.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return fmt.Errorf("reading a customer: %w", err)
	}
	if name == "" || p.seal.Open(id, row.Name) != "" {
		return nil
	}
	_, err := tx.NewUpdate().Model((*customerRow)(nil)).Set("name = ?", p.seal.Seal(id, name)).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("naming a customer: %w", err)
	}
	return nil
}
