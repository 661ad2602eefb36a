package catalog

import (
	"context"
	"fmt"

	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// RotateRefreshToken keeps the refresh token an authorisation server gave in
// place of the old one (RFC 6749 §6), for fetching and for sending. If the account
// has another one by now, an administrator was faster, and nothing changes. It is for the program and takes
// no actor.
func (c *Catalog) RotateRefreshToken(ctx context.Context, account ids.ID, old, fresh string) error {
	return c.write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		var row accountRow
		err := tx.NewSelect().Model(&row).Where("id = ?", account).Scan(ctx)
		if err := notFound(err, "reading an account", "catalog.account.not_found"); err != nil {
			return err
		}
		a, err := c.account(row)
		if err != nil {
			return err
		}
		fetching, sending := a.Receive.OAuth.rotate(old, fresh), a.Relay.OAuth.rotate(old, fresh)
		if !fetching && !sending {
			return nil
		}
		if row, err = c.row(a); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(&row).Column("receive", "relay").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("keeping a refresh token: %w", err)
		}
		return nil
	})
}

// rotate reports whether the refresh token was the old one.
func (o *OAuthSettings) rotate(old, fresh string) bool {
	if o.RefreshToken != old || old == "" {
		return false
	}
	o.RefreshToken = fresh
	return true
}
