package catalog

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

const findHook = `SELECT id, brand_id, account_id, provider, name, secret, active, created_at, last_used_at FROM hooks WHERE id = $1`

// Hook returns an active hook with its secret, with one query: nothing is
// remembered, so that one that was switched off is shut on every node at once. It
// is for the program and takes no actor; pages ask HookFor.
func (c *Catalog) Hook(ctx context.Context, id ids.ID) (Hook, error) {
	var rows []hookRow
	if err := c.db.Often(ctx, &rows, findHook, id); err != nil {
		return Hook{}, fmt.Errorf("finding a hook: %w", err)
	}
	if len(rows) == 0 || !rows[0].Active {
		return Hook{}, noHook()
	}
	return c.hook(rows[0]), nil
}

func noHook() error { return errs.New(errs.NotFound, "hook.not_found") }

// HookUsed notes that something came by a hook, at most once in five minutes.
func (c *Catalog) HookUsed(ctx context.Context, h Hook) error {
	now := clock.Now(c.clock)
	if now < h.LastUsedAt.Add(hookTouched) {
		return nil
	}
	return c.db.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewUpdate().Model((*hookRow)(nil)).Set("last_used_at = ?", now).
			Where("id = ? AND (last_used_at IS NULL OR last_used_at < ?)", h.ID, now.Add(-hookTouched)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("noting the use of a hook: %w", err)
		}
		return nil
	})
}

// HooksFor returns the hooks of the actor's brand, the latest first. It needs
// ManageCatalog.
func (c *Catalog) HooksFor(ctx context.Context, a access.Actor) ([]PublicHook, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	var rows []hookRow
	if err := c.db.Read().NewSelect().Model(&rows).Where("brand_id = ?", a.BrandID).Order("id DESC").Limit(maxHooks).Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading hooks: %w", err))
	}
	hooks := make([]PublicHook, len(rows))
	for i, r := range rows {
		hooks[i] = c.hook(r).Public()
	}
	return hooks, nil
}

// HookFor returns a hook of the actor's brand. It needs ManageCatalog.
func (c *Catalog) HookFor(ctx context.Context, a access.Actor, id ids.ID) (PublicHook, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return PublicHook{}, err
	}
	var row hookRow
	err := c.db.Read().NewSelect().Model(&row).Where("id = ? AND brand_id = ?", id, a.BrandID).Scan(ctx)
	if err := notFound(err, "reading a hook", "hook.not_found"); err != nil {
		return PublicHook{}, db.Classify(err)
	}
	return c.hook(row).Public(), nil
}

// CreateHook adds a hook to a mailbox of the actor's brand and returns the secret
// that was made for it, which no other call returns; it is "" if the provider makes
// the secret. It needs ManageCatalog.
func (c *Catalog) CreateHook(ctx context.Context, a access.Actor, f HookForm) (PublicHook, string, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return PublicHook{}, "", err
	}
	if err := f.Check(); err != nil {
		return PublicHook{}, "", err
	}
	h := Hook{ID: f.ID, BrandID: a.BrandID, AccountID: f.AccountID, Provider: f.Provider, Name: f.Name, Secret: f.Secret, Active: true, CreatedAt: clock.Now(c.clock)}
	made := ""
	if !h.KeyOfProvider() {
		made = newHookSecret(h.Provider)
		h.Secret = made
	}
	err := c.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := c.roomForHook(ctx, tx, h); err != nil {
			return err
		}
		row := hookRow{ID: h.ID, BrandID: h.BrandID, AccountID: h.AccountID, Provider: h.Provider, Name: h.Name,
			Secret: c.seal.Seal(h.ID, h.Secret), Active: true, CreatedAt: h.CreatedAt}
		res, err := tx.NewInsert().Model(&row).On("CONFLICT (id) DO NOTHING").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("adding a hook: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return errs.New(errs.Conflict, "hook.made")
	})
	if err != nil {
		return PublicHook{}, "", err
	}
	return h.Public(), made, nil
}

// roomForHook checks that the mailbox is the brand's and that there are not too
// many hooks.
func (c *Catalog) roomForHook(ctx context.Context, tx *db.Tx, h Hook) error {
	known, err := tx.NewSelect().Model((*accountRow)(nil)).Where("id = ? AND brand_id = ? AND channel = ?", h.AccountID, h.BrandID, Email).Exists(ctx)
	if err != nil {
		return fmt.Errorf("looking for an account: %w", err)
	}
	if !known {
		return errs.Field("account", "hook.account_unknown")
	}
	n, err := tx.NewSelect().Model((*hookRow)(nil)).Where("brand_id = ?", h.BrandID).Count(ctx)
	if err != nil {
		return fmt.Errorf("counting hooks: %w", err)
	}
	if n >= maxHooks {
		return errs.Field("name", "hook.too_many", "Max", maxHooks)
	}
	return nil
}

// SetHookSecret replaces the secret of a hook of the actor's brand: by the key of
// the provider, or, if the secret is ours, by a new one, which is returned this
// once. The old one is worthless at once. It needs ManageCatalog.
func (c *Catalog) SetHookSecret(ctx context.Context, a access.Actor, id ids.ID, key string) (PublicHook, string, error) {
	h, err := c.HookFor(ctx, a, id)
	if err != nil {
		return PublicHook{}, "", err
	}
	f := HookForm{Provider: h.Provider, Secret: key}
	if err := f.Check(); err != nil {
		return PublicHook{}, "", err
	}
	made := ""
	if !h.KeyOfProvider() {
		made = newHookSecret(h.Provider)
		f.Secret = made
	} else if f.Secret == "" {
		return PublicHook{}, "", errs.Field("secret", "hook.secret_missing")
	}
	h.HasSecret = true
	return h, made, c.changeHook(ctx, a, id, "secret = ?", c.seal.Seal(id, f.Secret))
}

// SetHookActive switches a hook of the actor's brand on or off. One that is off
// answers as if it did not exist. It needs ManageCatalog.
func (c *Catalog) SetHookActive(ctx context.Context, a access.Actor, id ids.ID, active bool) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	return c.changeHook(ctx, a, id, "active = ?", active)
}

func (c *Catalog) changeHook(ctx context.Context, a access.Actor, id ids.ID, set string, value any) error {
	return c.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*hookRow)(nil)).Set(set, value).Where("id = ? AND brand_id = ?", id, a.BrandID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("changing a hook: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return noHook()
	})
}

// DeleteHook removes a hook of the actor's brand that is switched off; what came
// by it stays. It needs ManageCatalog.
func (c *Catalog) DeleteHook(ctx context.Context, a access.Actor, id ids.ID) error {
	h, err := c.HookFor(ctx, a, id)
	if err != nil {
		return err
	}
	if h.Active {
		return errs.New(errs.Conflict, "hook.still_on")
	}
	return c.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*hookRow)(nil)).Where("id = ? AND brand_id = ? AND NOT active", id, a.BrandID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("removing a hook: %w", err)
		}
		return nil
	})
}
