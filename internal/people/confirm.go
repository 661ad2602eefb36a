package people

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

// OnConfirmed registers who is told, in the same transaction, that a customer has
// shown to receive what is sent to the address. Not for use once the desk works.
func (p *People) OnConfirmed(f func(ctx context.Context, tx *db.Tx, customer ids.ID) error) {
	p.confirmed = f
}

// ConfirmTx notes that the customer receives what is sent to the first identity
// of a kind, and tells whoever registered. Confirming again changes nothing.
func (p *People) ConfirmTx(ctx context.Context, tx *db.Tx, customer ids.ID, kind string) error {
	_, err := tx.NewUpdate().Model((*identityRow)(nil)).Set("confirmed_at = ?", clock.Now(p.clock)).
		Where("id = (SELECT f.id FROM identities AS f WHERE f.customer_id = ? AND f.kind = ? ORDER BY f.created_at, f.id LIMIT 1)", customer, kind).
		Where("confirmed_at IS NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("confirming an identity: %w", err)
	}
	if p.confirmed == nil {
		return nil
	}
	return p.confirmed(ctx, tx, customer)
}

// Confirmed reports whether the customer has confirmed a mail address.
func (p *People) Confirmed(ctx context.Context, customer ids.ID) (bool, error) {
	found, err := p.db.Read().NewSelect().Model((*identityRow)(nil)).
		Where("customer_id = ? AND kind = ? AND confirmed_at IS NOT NULL", customer, Email).Exists(ctx)
	if err != nil {
		return false, db.Classify(fmt.Errorf("reading whether an address is confirmed: %w", err))
	}
	return found, nil
}

// PeekLink returns what a secret link opens and changes nothing. What opens
// nothing is errs.Gone.
func (p *People) PeekLink(ctx context.Context, brand ids.ID, token string) (access.Pass, error) {
	found, err := p.passes.Peek(ctx, brand, token)
	if err != nil {
		return access.Pass{}, err
	}
	if len(found) == 0 {
		return access.Pass{}, errs.New(errs.Gone, "pass.gone")
	}
	return found[0], nil
}

// OpenLink opens a secret link: it returns what the link opens and the token to
// keep in a cookie, which is that of the link. A link that came by mail confirms
// the customer's address. What opens nothing is errs.Gone.
func (p *People) OpenLink(ctx context.Context, brand ids.ID, token string) (access.Pass, ids.Token, error) {
	pass, err := p.PeekLink(ctx, brand, token)
	if err != nil {
		return access.Pass{}, "", err
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := p.passes.UseTx(ctx, tx, token); err != nil {
			return err
		}
		if pass.Origin != access.FromMail {
			return nil
		}
		return p.ConfirmTx(ctx, tx, pass.CustomerID, Email)
	})
	if err != nil {
		return access.Pass{}, "", err
	}
	return pass, ids.Token(token), nil
}

// PeekFileLink reports with errs.Gone that a link to the virtual file opens
// nothing; it changes nothing.
func (p *People) PeekFileLink(ctx context.Context, brand ids.ID, token string) error {
	customer, err := p.links.Peek(ctx, access.FileLink, token)
	if err != nil {
		return err
	}
	return p.ofBrand(ctx, p.db.Read(), brand, customer)
}

// OpenFileLink uses a link to the virtual file up: once, however many ask at the
// same moment. It returns a pass for all of the customer's cases and its token,
// to keep in a cookie, and confirms the customer's address. What opens nothing is
// errs.Gone.
func (p *People) OpenFileLink(ctx context.Context, brand ids.ID, token string) (access.Pass, ids.Token, error) {
	var pass access.Pass
	var cookie ids.Token
	err := p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		customer, err := p.links.RedeemTx(ctx, tx, access.FileLink, token)
		if err != nil {
			return err
		}
		if err := p.ofBrand(ctx, tx, brand, customer); err != nil {
			return err
		}
		if err := p.ConfirmTx(ctx, tx, customer, Email); err != nil {
			return err
		}
		pass = access.Pass{BrandID: brand, CustomerID: customer, Origin: access.FromMail}
		cookie, err = p.passes.IssueTx(ctx, tx, pass)
		return err
	})
	return pass, cookie, err
}

func (p *People) ofBrand(ctx context.Context, q bun.IDB, brand, customer ids.ID) error {
	found, err := q.NewSelect().Model((*customerRow)(nil)).Where("id = ? AND brand_id = ?", customer, brand).Exists(ctx)
	if err != nil {
		return db.Classify(fmt.Errorf("reading a customer: %w", err))
	}
	if !found {
		return errs.New(errs.Gone, "access.link.gone")
	}
	return nil
}

// ForgetTx drops those of the customers who have nothing left at the desk: no
// case, no part in one, no public post. Their identities, passes and unused links
// go with them. The desk calls it when a case is deleted.
func (p *People) ForgetTx(ctx context.Context, tx *db.Tx, customers []ids.ID) error {
	if len(customers) == 0 {
		return nil
	}
	var gone []ids.ID
	err := tx.NewSelect().Model((*customerRow)(nil)).Column("id").Where("id IN (?)", bun.List(customers)).
		Where("NOT EXISTS (SELECT 1 FROM cases AS k WHERE k.customer_id = c.id)").
		Where("NOT EXISTS (SELECT 1 FROM participants AS k WHERE k.customer_id = c.id)").
		Where("NOT EXISTS (SELECT 1 FROM posts AS k WHERE k.customer_id = c.id)").Scan(ctx, &gone)
	if err != nil {
		return fmt.Errorf("finding customers without a case: %w", err)
	}
	for _, id := range gone {
		if err := p.passes.RevokeTx(ctx, tx, id, ids.ID{}); err != nil {
			return err
		}
		if err := p.links.RevokeTx(ctx, tx, id); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if _, err := tx.NewDelete().Model((*identityRow)(nil)).Where("customer_id IN (?)", bun.List(gone)).Exec(ctx); err != nil {
		return fmt.Errorf("dropping identities: %w", err)
	}
	if _, err := tx.NewDelete().Model((*customerRow)(nil)).Where("id IN (?)", bun.List(gone)).Exec(ctx); err != nil {
		return fmt.Errorf("dropping customers: %w", err)
	}
	return nil
}
