package domains

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

type domainRow struct {
	bun.BaseModel `bun:"table:sending_domains,alias:d"`
	ID            ids.ID `bun:",pk"`
	Name          string
	Checks        []byte
	CheckedAt     clock.Stamp `bun:",nullzero"`
	DueAt         clock.Stamp
	CreatedAt     clock.Stamp
}

type keyRow struct {
	bun.BaseModel `bun:"table:dkim_keys,alias:k"`
	ID            ids.ID `bun:",pk"`
	DomainID      ids.ID
	Selector      string
	Algorithm     Algorithm
	Private       []byte
	Public        []byte
	State         KeyState
	CreatedAt     clock.Stamp
	ActiveAt      clock.Stamp `bun:",nullzero"`
	RetiredAt     clock.Stamp `bun:",nullzero"`
	GoneAt        clock.Stamp `bun:",nullzero"`
}

func (r keyRow) key() Key {
	return Key{Selector: r.Selector, Algorithm: r.Algorithm, State: r.State, CreatedAt: r.CreatedAt, ActiveAt: r.ActiveAt,
		RetiredAt: r.RetiredAt, GoneAt: r.GoneAt, public: r.Public}
}

// state is every domain that was ever looked at, by name, as it was at one moment.
type state struct{ domains map[string]known }

// known is a stored domain.
type known struct {
	Domain
	id    ids.ID
	dueAt clock.Stamp
	signs []SigningKey // the keys in use, RSA first
}

func (d *Domains) state(ctx context.Context) (*state, error) {
	return d.snapshot.Get(ctx, d.Clock, d.read)
}

// read costs two statements.
func (d *Domains) read(ctx context.Context) (*state, error) {
	var rows []domainRow
	if err := d.DB.Read().NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading domains: %w", err)
	}
	var keys []keyRow
	if err := d.DB.Read().NewSelect().Model(&keys).OrderExpr("created_at DESC, selector").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading signing keys: %w", err)
	}
	found := &state{domains: map[string]known{}}
	names := map[ids.ID]string{}
	for _, r := range rows {
		k := known{Domain: Domain{Name: r.Name, CheckedAt: r.CheckedAt}, id: r.ID, dueAt: r.DueAt}
		if err := json.Unmarshal(r.Checks, &k.Checks); err != nil {
			return nil, fmt.Errorf("reading the checks of a domain: %w", err)
		}
		found.domains[r.Name], names[r.ID] = k, r.Name
	}
	for _, r := range keys {
		k := found.domains[names[r.DomainID]]
		k.Keys = append(k.Keys, r.key())
		if r.State == Active {
			signer, err := d.signer(r)
			if err != nil {
				return nil, err
			}
			k.signs = append(k.signs, SigningKey{Selector: r.Selector, Signer: signer})
		}
		found.domains[names[r.DomainID]] = k
	}
	for _, k := range found.domains {
		slices.SortStableFunc(k.signs, rsaFirst)
	}
	return found, nil
}

// write runs fn in a transaction and makes what was read stale.
func (d *Domains) write(ctx context.Context, fn func(ctx context.Context, tx *db.Tx) error) error {
	err := d.DB.Write(ctx, fn)
	d.snapshot.Changed()
	return err
}

// rowTx returns the row of a domain, made if it was never looked at, and keeps
// others from changing its keys meanwhile.
func (d *Domains) rowTx(ctx context.Context, tx *db.Tx, name string) (domainRow, error) {
	now := clock.Now(d.Clock)
	row := domainRow{ID: ids.New(), Name: name, Checks: []byte("[]"), DueAt: now, CreatedAt: now}
	_, err := tx.NewInsert().Model(&row).On("CONFLICT (name) DO UPDATE SET name = EXCLUDED.name").Returning("NULL").Exec(ctx) // takes the row's lock
	if err != nil {
		return domainRow{}, fmt.Errorf("adding a domain: %w", err)
	}
	if err := tx.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx); err != nil {
		return domainRow{}, fmt.Errorf("reading a domain: %w", err)
	}
	return row, nil
}

// keysTx returns the keys of a domain, newest first.
func keysTx(ctx context.Context, tx *db.Tx, domain ids.ID) ([]keyRow, error) {
	var rows []keyRow
	if err := tx.NewSelect().Model(&rows).Where("domain_id = ?", domain).OrderExpr("created_at DESC, selector").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading signing keys: %w", err)
	}
	return rows, nil
}
