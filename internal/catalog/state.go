package catalog

import (
	"context"
	"fmt"

	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// state is everything the catalog knows, as it was at one moment.
type state struct {
	brands   []Brand
	accounts []Account
	settings map[settingKey][]byte
	entries  []Entry
}

type settingKey struct {
	brand ids.ID
	key   string
}

func (c *Catalog) state(ctx context.Context) (*state, error) {
	return c.snapshot.Get(ctx, c.clock, c.read)
}

// read costs four statements.
func (c *Catalog) read(ctx context.Context) (*state, error) {
	next := &state{settings: map[settingKey][]byte{}}
	var brands []brandRow
	if err := c.db.Read().NewSelect().Model(&brands).OrderExpr("created_at, id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading brands: %w", err)
	}
	for _, r := range brands {
		next.brands = append(next.brands, r.brand())
	}
	var accounts []accountRow
	if err := c.db.Read().NewSelect().Model(&accounts).OrderExpr("created_at, id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading accounts: %w", err)
	}
	for _, r := range accounts {
		a, err := c.account(r)
		if err != nil {
			return nil, err
		}
		next.accounts = append(next.accounts, a)
	}
	var settings []settingRow
	if err := c.db.Read().NewSelect().Model(&settings).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading settings: %w", err)
	}
	for _, r := range settings {
		next.settings[settingKey{r.BrandID, r.Key}] = r.Value
	}
	var err error
	next.entries, err = readEntries(ctx, c.db.Read().NewSelect())
	return next, err
}

// write runs fn in a transaction and makes what was read stale.
func (c *Catalog) write(ctx context.Context, fn func(ctx context.Context, tx *db.Tx) error) error {
	err := c.db.Write(ctx, fn)
	c.snapshot.Changed()
	return err
}
