package templates

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Layer says where a text comes from.
type Layer uint8

// The layers, the nearest last.
const (
	FromProgram Layer = iota
	FromBrand
	FromMailbox
)

// Entry is a text in one language, as it is used at a place, with what is to be
// said about it.
type Entry struct {
	Spec      Spec
	Language  i18n.Locale
	Account   ids.ID // the place; zero: all of the brand
	Text      Text
	Layer     Layer
	ChangedAt clock.Stamp // of the layer it comes from; zero from the program
	ChangedBy ids.ID
	Findings  []Finding
}

// Own reports whether the place has a text of its own.
func (e Entry) Own() bool {
	return e.Layer == FromMailbox || e.Layer == FromBrand && e.Account.IsZero()
}

// Seen is what Save and Reset want to know: when the place's own text was changed
// last, zero if it has none.
func (e Entry) Seen() clock.Stamp {
	if e.Own() {
		return e.ChangedAt
	}
	return 0
}

// List returns every text of a place in every language, in the order of pages:
// of all of the brand with the zero account, else of one mailbox. It needs
// ManageCatalog.
func (t *Templates) List(ctx context.Context, a access.Actor, account ids.ID) ([]Entry, error) {
	if err := t.admit(ctx, a, account); err != nil {
		return nil, err
	}
	all, err := t.read(ctx)
	if err != nil {
		return nil, err
	}
	var list []Entry
	for _, spec := range specs {
		if !account.IsZero() && !spec.PerMailbox {
			continue
		}
		for _, locale := range i18n.Locales() {
			e := all.entry(a.BrandID, account, spec, locale)
			if e.Findings, err = t.findings(ctx, all, a.BrandID, e); err != nil {
				return nil, err
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// Get returns one text of a place. It needs ManageCatalog.
func (t *Templates) Get(ctx context.Context, a access.Actor, account ids.ID, key Key, locale i18n.Locale) (Entry, error) {
	if err := t.admit(ctx, a, account); err != nil {
		return Entry{}, err
	}
	spec, err := specFor(account, key, locale)
	if err != nil {
		return Entry{}, err
	}
	all, err := t.read(ctx)
	if err != nil {
		return Entry{}, err
	}
	e := all.entry(a.BrandID, account, spec, locale)
	e.Findings, err = t.findings(ctx, all, a.BrandID, e)
	return e, err
}

// admit checks that the actor may change the texts of a place.
func (t *Templates) admit(ctx context.Context, a access.Actor, account ids.ID) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	if account.IsZero() {
		return nil
	}
	_, err := t.catalog.AccountFor(ctx, a, account)
	return err
}

func specFor(account ids.ID, key Key, locale i18n.Locale) (Spec, error) {
	spec, ok := SpecOf(key)
	if !ok || !account.IsZero() && !spec.PerMailbox || !slices.Contains(i18n.Locales(), locale) {
		return Spec{}, errs.New(errs.NotFound, "template.not_found")
	}
	return spec, nil
}

func (l layers) entry(brand, account ids.ID, spec Spec, locale i18n.Locale) Entry {
	e := Entry{Spec: spec, Language: locale, Account: account}
	r, ok := l[place{brand, account, spec.Key, locale}]
	e.Layer = FromMailbox
	if !ok || account.IsZero() {
		r, ok = l[place{brand, ids.ID{}, spec.Key, locale}]
		e.Layer = FromBrand
	}
	if !ok {
		e.Layer, e.Text = FromProgram, BuiltIn(spec.Key, locale)
		return e
	}
	e.Text, e.ChangedAt, e.ChangedBy = Text{r.Subject, r.Text}, r.ChangedAt, r.ChangedBy
	return e
}

// findings are all that is to be said about a text: what the text shows, the
// languages it is missing in, where its links lead.
func (t *Templates) findings(ctx context.Context, all layers, brand ids.ID, e Entry) ([]Finding, error) {
	found := e.Spec.inspect(e.Text)
	if e.Own() {
		found = append(found, all.missing(brand, e)...)
	}
	links, err := t.linkFindings(ctx, brand, e.Spec, e.Text.Text)
	return append(found, links...), err
}

// missing are the languages in which a place has no text of its own although it
// has one in this.
func (l layers) missing(brand ids.ID, e Entry) []Finding {
	var found []Finding
	for _, other := range i18n.Locales() {
		if _, ok := l[place{brand, e.Account, e.Spec.Key, other}]; !ok && other != e.Language {
			found = append(found, Finding{Key: "template.hint.missing_" + string(other)})
		}
	}
	return found
}

// Try returns what a text would look like with values, and what is to be said
// about it. It keeps nothing. It needs ManageCatalog.
func (t *Templates) Try(ctx context.Context, a access.Actor, account ids.ID, key Key, locale i18n.Locale, text Text, v Values) (Mail, []Finding, error) {
	e, err := t.Get(ctx, a, account, key, locale)
	if err != nil {
		return Mail{}, nil, err
	}
	b, err := t.catalog.Brand(ctx, a.BrandID)
	if err != nil {
		return Mail{}, nil, err
	}
	e.Text = text.mended(e.Spec)
	all, err := t.read(ctx)
	if err != nil {
		return Mail{}, nil, err
	}
	e.Layer = FromMailbox // as if it were kept
	found, err := t.findings(ctx, all, a.BrandID, e)
	return e.Text.write(key, locale, v.with(BrandName, b.Name)), found, err
}

func (t Text) mended(s Spec) Text {
	mended := Text{Text: markup.Clean(t.Text)}
	if s.Subject {
		mended.Subject = markup.CleanLine(t.Subject, 0)
	}
	return mended
}

// Save keeps a text for a place. seen is when it was changed last, as its page
// showed it: who saw an older one is refused with errs.Conflict. Fields: subject,
// text. It needs ManageCatalog.
func (t *Templates) Save(ctx context.Context, a access.Actor, account ids.ID, key Key, locale i18n.Locale, text Text, seen clock.Stamp) error {
	if err := t.admit(ctx, a, account); err != nil {
		return err
	}
	spec, err := specFor(account, key, locale)
	if err != nil {
		return err
	}
	text = text.mended(spec)
	if err := t.check(ctx, a.BrandID, spec, text); err != nil {
		return err
	}
	return t.change(ctx, a, place{a.BrandID, account, key, locale}, seen, &text)
}

// check is Spec.Check, and looks at links too.
func (t *Templates) check(ctx context.Context, brand ids.ID, spec Spec, text Text) error {
	if err := spec.Check(text); err != nil {
		return err
	}
	links, err := t.linkFindings(ctx, brand, spec, text.Text)
	if err != nil {
		return err
	}
	for _, f := range links {
		if f.Wrong {
			return errs.Field(f.Field, f.Key, f.Args...)
		}
	}
	return nil
}

// Reset takes the text of a place back, so that the one of the layer below is
// used again. It needs ManageCatalog.
func (t *Templates) Reset(ctx context.Context, a access.Actor, account ids.ID, key Key, locale i18n.Locale, seen clock.Stamp) error {
	if err := t.admit(ctx, a, account); err != nil {
		return err
	}
	if _, err := specFor(account, key, locale); err != nil {
		return err
	}
	return t.change(ctx, a, place{a.BrandID, account, key, locale}, seen, nil)
}

// change writes a text, or removes it with nil, and notes it. Two who change the
// same text at once meet at its row or at its unique key.
func (t *Templates) change(ctx context.Context, a access.Actor, at place, seen clock.Stamp, text *Text) error {
	return t.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		tx.AfterCommit(t.stored.Changed)
		old, err := lockedTx(ctx, tx, at)
		if err != nil {
			return err
		}
		if old.ChangedAt != seen {
			return errs.New(errs.Conflict, "template.changed")
		}
		if text == nil && old.ID.IsZero() {
			return nil
		}
		now := max(clock.Now(t.clock), seen+1) // so that each change is told from the one before
		c := changeRow{ID: ids.New(), BrandID: at.brand, AccountID: at.account, Key: at.key, Language: at.language, Reset: text == nil, ChangedAt: now, ChangedBy: a.ID}
		if text != nil {
			c.Subject, c.Text = text.Subject, text.Text
			err = old.putTx(ctx, tx, c)
		} else {
			_, err = tx.NewDelete().Model(&old).WherePK().Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("changing a template: %w", err)
		}
		if _, err := tx.NewInsert().Model(&c).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("noting a change of a template: %w", err)
		}
		return nil
	})
}

// lockedTx reads the row of a place, the zero row if there is none, and holds it.
func lockedTx(ctx context.Context, tx *db.Tx, at place) (row, error) {
	if _, err := at.where(tx.NewUpdate().Model((*row)(nil)).Set("key = key")).Exec(ctx); err != nil {
		return row{}, fmt.Errorf("locking a template: %w", err)
	}
	var rows []row
	if err := tx.NewSelect().Model(&rows).ApplyQueryBuilder(at.filter).Scan(ctx); err != nil {
		return row{}, fmt.Errorf("reading a template: %w", err)
	}
	if len(rows) == 0 {
		return row{}, nil
	}
	return rows[0], nil
}

// putTx makes c the text of its place: an insert fails if somebody else was first.
func (r row) putTx(ctx context.Context, tx *db.Tx, c changeRow) error {
	fresh := row{ID: r.ID, BrandID: c.BrandID, AccountID: c.AccountID, Key: c.Key, Language: c.Language,
		Subject: c.Subject, Text: c.Text, ChangedAt: c.ChangedAt, ChangedBy: c.ChangedBy}
	if !r.ID.IsZero() {
		_, err := tx.NewUpdate().Model(&fresh).WherePK().Exec(ctx)
		return err
	}
	fresh.ID = ids.New()
	res, err := tx.NewInsert().Model(&fresh).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errs.New(errs.Conflict, "template.changed"))
	}
	return nil
}

func (at place) where(q *bun.UpdateQuery) *bun.UpdateQuery { return q.ApplyQueryBuilder(at.filter) }

func (at place) filter(q bun.QueryBuilder) bun.QueryBuilder {
	q = q.Where("brand_id = ? AND key = ? AND language = ?", at.brand, at.key, at.language)
	if at.account.IsZero() {
		return q.Where("account_id IS NULL")
	}
	return q.Where("account_id = ?", at.account)
}
