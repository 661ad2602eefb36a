package access

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Origin says how a pass reached its holder.
type Origin uint8

// The origins. They are stored: never renumber.
const (
	FromForm Origin = 1 // shown to whoever filled in a form
	FromMail Origin = 2 // sent to the customer's address: using it proves the address
)

// PassLifetime is how long a pass lives after its last use. Each use prolongs
// it, so that a dialogue that pauses for months goes on.
const PassLifetime = 400 * 24 * time.Hour

// passTouched is how exact the last use is: a write per page would cost more
// than the page.
const passTouched = 24 * time.Hour

// Pass is what a secret link opens, again and again: one case, or all of a
// customer's.
type Pass struct {
	BrandID    ids.ID
	CustomerID ids.ID
	CaseID     ids.ID // zero: the customer's virtual file
	Origin     Origin
}

// Actor returns the customer who holds the pass.
func (p Pass) Actor() Actor {
	return Actor{Kind: Customer, ID: p.CustomerID, BrandID: p.BrandID, Case: p.CaseID}
}

// Passes issues and reads passes. A token is 256 random bits and kept as SHA-256
// only; it stands in a secret link or in the cookie it was exchanged for.
type Passes struct {
	db    *db.DB
	clock clock.Clock
}

// NewPasses returns the passes in d.
func NewPasses(d *db.DB, c clock.Clock) *Passes { return &Passes{db: d, clock: c} }

type passRow struct {
	bun.BaseModel `bun:"table:passes,alias:p"`
	TokenHash     []byte `bun:",pk"`
	BrandID       ids.ID
	CustomerID    ids.ID
	CaseID        ids.ID `bun:",nullzero"`
	Origin        Origin
	CreatedAt     clock.Stamp
	UsedAt        clock.Stamp
	ExpiresAt     clock.Stamp
}

// IssueTx makes a pass and returns its token, which exists nowhere else.
func (p *Passes) IssueTx(ctx context.Context, tx *db.Tx, pass Pass) (ids.Token, error) {
	token := ids.NewToken()
	return token, p.KeepTx(ctx, tx, token, pass)
}

// KeepTx makes a pass of a fresh token that was made before its transaction: a
// mail carries the link, and the link works once the mail is about to leave.
func (p *Passes) KeepTx(ctx context.Context, tx *db.Tx, token ids.Token, pass Pass) error {
	now := clock.Now(p.clock)
	row := passRow{
		TokenHash: token.Hash(), BrandID: pass.BrandID, CustomerID: pass.CustomerID, CaseID: pass.CaseID, Origin: pass.Origin,
		CreatedAt: now, UsedAt: now, ExpiresAt: now.Add(PassLifetime),
	}
	if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("issuing a pass: %w", err)
	}
	return nil
}

// Peek returns what the tokens open, in the order of the tokens, with one
// statement; what is not good opens nothing. It changes nothing.
func (p *Passes) Peek(ctx context.Context, brand ids.ID, tokens ...string) ([]Pass, error) {
	if len(tokens) == 0 {
		return nil, nil
	}
	hashes := make([][]byte, len(tokens))
	for i, t := range tokens {
		hashes[i] = ids.Token(t).Hash()
	}
	var rows []passRow
	err := p.db.Read().NewSelect().Model(&rows).Where("token_hash IN (?)", bun.List(hashes)).
		Where("brand_id = ? AND expires_at > ?", brand, clock.Now(p.clock)).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading passes: %w", err))
	}
	var found []Pass
	for _, h := range hashes {
		for _, r := range rows {
			if string(r.TokenHash) == string(h) {
				found = append(found, Pass{BrandID: r.BrandID, CustomerID: r.CustomerID, CaseID: r.CaseID, Origin: r.Origin})
			}
		}
	}
	return found, nil
}

// UseTx notes that a pass was used and prolongs it, at most once a day.
func (p *Passes) UseTx(ctx context.Context, tx *db.Tx, token string) error {
	now := clock.Now(p.clock)
	_, err := tx.NewUpdate().Model((*passRow)(nil)).Set("used_at = ?", now).Set("expires_at = ?", now.Add(PassLifetime)).
		Where("token_hash = ? AND used_at < ?", ids.Token(token).Hash(), now.Add(-passTouched)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("prolonging a pass: %w", err)
	}
	return nil
}

// RevokeTx makes all passes of a customer for a case worthless; with the zero
// case, all of the customer's.
func (p *Passes) RevokeTx(ctx context.Context, tx *db.Tx, customer, caseID ids.ID) error {
	q := tx.NewDelete().Model((*passRow)(nil)).Where("customer_id = ?", customer)
	if !caseID.IsZero() {
		q = q.Where("case_id = ?", caseID)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("revoking passes: %w", err)
	}
	return nil
}

// RevokeCasesTx makes all passes for the cases worthless, whoever holds them.
func (p *Passes) RevokeCasesTx(ctx context.Context, tx *db.Tx, cases []ids.ID) error {
	if _, err := tx.NewDelete().Model((*passRow)(nil)).Where("case_id IN (?)", bun.List(cases)).Exec(ctx); err != nil {
		return fmt.Errorf("revoking passes: %w", err)
	}
	return nil
}
