package people

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// blockPage is how many blocks a page shows, maxReason bounds a reason in runes.
const (
	blockPage = 50
	maxReason = 500
)

// Block is a correspondent whose messages go to the trash.
type Block struct {
	ID        ids.ID
	Kind      string
	Value     string
	Reason    string
	BlockedBy ids.ID // zero: the program
	CreatedAt clock.Stamp
}

type blockRow struct {
	bun.BaseModel `bun:"table:blocks,alias:b"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	Kind          string
	Lookup        []byte
	Value         []byte
	Reason        string
	BlockedBy     ids.ID `bun:",nullzero"`
	CreatedAt     clock.Stamp
}

// Block blocks a customer by every identity known: what comes from there is kept
// in the trash and not acknowledged. Blocking again changes nothing. It needs
// BlockSenders. The reason is for colleagues; it must not quote the customer.
func (p *People) Block(ctx context.Context, a access.Actor, customer ids.ID, reason string) error {
	if err := a.Require(access.BlockSenders); err != nil {
		return err
	}
	return p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var known []identityRow
		err := tx.NewSelect().Model(&known).Where("customer_id = ? AND brand_id = ?", customer, a.BrandID).Scan(ctx)
		if err != nil {
			return fmt.Errorf("reading identities: %w", err)
		}
		if len(known) == 0 {
			return errs.New(errs.NotFound, "customer.not_found")
		}
		contacts := make([]Contact, len(known))
		for i, k := range known {
			contacts[i] = Contact{Kind: k.Kind, Value: p.seal.Open(customer, k.Value)}
		}
		return p.blockTx(ctx, tx, a, contacts, reason)
	})
}

// BlockAddress blocks a mail address, also one that never wrote. It needs
// BlockSenders.
func (p *People) BlockAddress(ctx context.Context, a access.Actor, address, reason string) error {
	if err := a.Require(access.BlockSenders); err != nil {
		return err
	}
	address, err := catalog.ParseAddress("address", address)
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return p.blockTx(ctx, tx, a, []Contact{{Kind: Email, Value: address}}, reason)
	})
}

func (p *People) blockTx(ctx context.Context, tx *db.Tx, a access.Actor, contacts []Contact, reason string) error {
	rows := make([]blockRow, len(contacts))
	for i, c := range contacts {
		id := ids.New()
		rows[i] = blockRow{ID: id, BrandID: a.BrandID, Kind: c.Kind, Lookup: p.lookup(c), Value: p.seal.Seal(id, c.Value),
			Reason: markup.CleanLine(reason, maxReason), BlockedBy: a.ID, CreatedAt: clock.Now(p.clock)}
	}
	if _, err := tx.NewInsert().Model(&rows).On("CONFLICT (brand_id, kind, lookup) DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("blocking a sender: %w", err)
	}
	return nil
}

// Unblock takes a block away. What is in the trash stays there. It needs
// BlockSenders.
func (p *People) Unblock(ctx context.Context, a access.Actor, id ids.ID) error {
	if err := a.Require(access.BlockSenders); err != nil {
		return err
	}
	return p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*blockRow)(nil)).Where("id = ? AND brand_id = ?", id, a.BrandID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("taking a block away: %w", err)
		}
		return nil
	})
}

// Blocks returns whom the brand blocks, the latest first; after is the last of
// the page before, next is zero on the last page. It needs BlockSenders.
func (p *People) Blocks(ctx context.Context, a access.Actor, after ids.ID) (blocks []Block, next ids.ID, err error) {
	if err := a.Require(access.BlockSenders); err != nil {
		return nil, ids.ID{}, err
	}
	var rows []blockRow
	q := p.db.Read().NewSelect().Model(&rows).Where("brand_id = ?", a.BrandID).Order("id DESC").Limit(blockPage + 1)
	if !after.IsZero() {
		q = q.Where("id < ?", after)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, ids.ID{}, db.Classify(fmt.Errorf("reading blocks: %w", err))
	}
	if len(rows) > blockPage {
		rows, next = rows[:blockPage], rows[blockPage-1].ID
	}
	for _, r := range rows {
		blocks = append(blocks, Block{ID: r.ID, Kind: r.Kind, Value: p.seal.Open(r.ID, r.Value), Reason: r.Reason, BlockedBy: r.BlockedBy, CreatedAt: r.CreatedAt})
	}
	return blocks, next, nil
}

// BlockedTx says for each contact, in order, whether the brand blocks it, with
// one statement for all of them.
func (p *People) BlockedTx(ctx context.Context, tx *db.Tx, brand ids.ID, contacts []Contact) ([]bool, error) {
	blocked := make([]bool, len(contacts))
	if len(contacts) == 0 {
		return blocked, nil
	}
	lookups := make([][]byte, len(contacts))
	for i, c := range contacts {
		lookups[i] = p.lookup(c)
	}
	var rows []blockRow
	err := tx.NewSelect().Model(&rows).Column("kind", "lookup").
		Where("brand_id = ? AND kind IN (?) AND lookup IN (?)", brand, bun.List(kindsOf(contacts)), bun.List(lookups)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading blocks: %w", err)
	}
	for i, c := range contacts {
		for _, r := range rows {
			blocked[i] = blocked[i] || (r.Kind == c.Kind && string(r.Lookup) == string(lookups[i]))
		}
	}
	return blocked, nil
}

// CustomerBlockedTx reports whether one of the customer's identities is blocked.
func (p *People) CustomerBlockedTx(ctx context.Context, tx *db.Tx, customer ids.ID) (bool, error) {
	found, err := tx.NewSelect().Model((*blockRow)(nil)).
		Join("JOIN identities AS i ON i.brand_id = b.brand_id AND i.kind = b.kind AND i.lookup = b.lookup").
		Where("i.customer_id = ?", customer).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("reading blocks: %w", err)
	}
	return found, nil
}
