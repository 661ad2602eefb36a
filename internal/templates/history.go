package templates

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// maxHistory is how many changes are shown.
const maxHistory = 50

// Change is what became of a text, once.
type Change struct {
	Text  Text // what it was changed to; empty after a reset
	Reset bool // the text of the layer below was taken again
	At    clock.Stamp
	By    ids.ID // a staff member
}

type changeRow struct {
	bun.BaseModel `bun:"table:template_changes,alias:c"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	AccountID     ids.ID `bun:",nullzero"`
	Key           Key
	Language      i18n.Locale
	Subject       string
	Text          string
	Reset         bool
	ChangedAt     clock.Stamp
	ChangedBy     ids.ID `bun:",nullzero"`
}

// History returns the last changes of a text of a place, the latest first. It
// needs ManageCatalog.
func (t *Templates) History(ctx context.Context, a access.Actor, account ids.ID, key Key, locale i18n.Locale) ([]Change, error) {
	if err := t.admit(ctx, a, account); err != nil {
		return nil, err
	}
	if _, err := specFor(account, key, locale); err != nil {
		return nil, err
	}
	var rows []changeRow
	err := t.db.Read().NewSelect().Model(&rows).ApplyQueryBuilder(place{a.BrandID, account, key, locale}.filter).
		Order("changed_at DESC", "id DESC").Limit(maxHistory).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading changes of a template: %w", err))
	}
	list := make([]Change, len(rows))
	for i, r := range rows {
		list[i] = Change{Text: Text{r.Subject, r.Text}, Reset: r.Reset, At: r.ChangedAt, By: r.ChangedBy}
	}
	return list, nil
}
