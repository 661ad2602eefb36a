package catalog

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Candidate returns what an account of the actor's brand would be with a form,
// with its secrets, for trying it out before it is stored; the zero id is for a new
// one, without a form it is the account as stored. It keeps nothing. It needs
// ManageCatalog.
func (c *Catalog) Candidate(ctx context.Context, a access.Actor, id ids.ID, f *AccountForm) (Account, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return Account{}, err
	}
	account := Account{BrandID: a.BrandID, Channel: Email, Active: true, Receive: ReceiveSettings{Way: BySMTP}}
	if !id.IsZero() {
		var err error
		if account, err = c.Account(ctx, id); err != nil {
			return Account{}, err
		}
		if account.BrandID != a.BrandID {
			return Account{}, errs.New(errs.NotFound, "catalog.account.not_found")
		}
	}
	if f == nil {
		return account, nil
	}
	form := *f
	if err := c.checked(&form); err != nil {
		return Account{}, err
	}
	if err := form.fill(&account); err != nil {
		return Account{}, err
	}
	return account, nil
}

// usedBy are the tables that speak of an account for good. What they hold would
// lose its mailbox, and what is fetched from there would come a second time.
var usedBy = []string{"envelopes", "cases", "deliveries", "hooks"}

// DeleteAccount removes a mailbox of the actor's brand that is switched off and by
// which nothing ever came or went: all others are only switched off. It needs
// ManageCatalog.
func (c *Catalog) DeleteAccount(ctx context.Context, a access.Actor, id ids.ID) error {
	account, err := c.AccountFor(ctx, a, id)
	if err != nil {
		return err
	}
	if account.Active {
		return errs.New(errs.Conflict, "mailbox.delete.still_on")
	}
	return c.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		for _, table := range usedBy {
			used, err := tx.NewSelect().Table(table).Where("account_id = ?", id).Limit(1).Exists(ctx)
			if err != nil {
				return fmt.Errorf("looking for what came by an account: %w", err)
			}
			if used {
				return errs.New(errs.Conflict, "mailbox.delete.used")
			}
		}
		for _, table := range []string{"mail_cursors", "account_states", "brakes", "templates", "template_changes", "sending_states"} {
			if _, err := tx.NewDelete().Table(table).Where("account_id = ?", id).Exec(ctx); err != nil {
				return fmt.Errorf("removing what is known of an account: %w", err)
			}
		}
		if _, err := tx.NewUpdate().Table("teams").Set("mailbox_id = NULL").Where("mailbox_id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("letting teams write from elsewhere: %w", err)
		}
		if _, err := tx.NewDelete().Model((*accountRow)(nil)).Where("id = ? AND brand_id = ? AND NOT active", id, a.BrandID).Exec(ctx); err != nil {
			return fmt.Errorf("removing an account: %w", err)
		}
		return nil
	})
}
