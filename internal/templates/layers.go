package templates

import (
	"context"
	"fmt"
	"sync"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// place is where a text lies. Without an account it is the brand's.
type place struct {
	brand, account ids.ID
	key            Key
	language       i18n.Locale
}

// layers are all texts that were changed.
type layers map[place]row

type row struct {
	bun.BaseModel `bun:"table:templates,alias:t"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	AccountID     ids.ID `bun:",nullzero"` // zero: the brand's
	Key           Key
	Language      i18n.Locale
	Subject       string
	Text          string
	ChangedAt     clock.Stamp
	ChangedBy     ids.ID `bun:",nullzero"`
}

func (r row) place() place { return place{r.BrandID, r.AccountID, r.Key, r.Language} }

func (t *Templates) read(ctx context.Context) (layers, error) {
	return t.stored.Get(ctx, t.clock, func(ctx context.Context) (layers, error) {
		var rows []row
		if err := t.db.Read().NewSelect().Model(&rows).Scan(ctx); err != nil {
			return nil, db.Classify(fmt.Errorf("reading templates: %w", err))
		}
		all := make(layers, len(rows))
		for _, r := range rows {
			all[r.place()] = r
		}
		return all, nil
	})
}

// find returns the nearest text.
func (l layers) find(brand, account ids.ID, key Key, locale i18n.Locale) Text {
	if r, ok := l[place{brand, account, key, locale}]; ok && !account.IsZero() {
		return Text{r.Subject, r.Text}
	}
	if r, ok := l[place{brand, ids.ID{}, key, locale}]; ok {
		return Text{r.Subject, r.Text}
	}
	return BuiltIn(key, locale)
}

// signsForCatalogue are the arguments with which a text of the message catalogue
// becomes a template: each variable stands for its sign.
var signsForCatalogue = sync.OnceValue(func() []any {
	var args []any
	for name := range variables {
		args = append(args, name.CatalogueName(), name.Sign())
	}
	return args
})

// BuiltIn returns the text that comes with the program.
func BuiltIn(key Key, locale i18n.Locale) Text {
	spec, _ := SpecOf(key)
	p := i18n.For(locale)
	var t Text
	if spec.Subject {
		t.Subject = p.T("template."+string(key)+".subject", signsForCatalogue()...)
	}
	if !spec.EmptyAtFirst {
		t.Text = p.T("template."+string(key)+".text", signsForCatalogue()...)
	}
	return t
}
