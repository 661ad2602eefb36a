package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// EntryKind says which of its three lists an entry belongs to.
type EntryKind uint8

// The kinds of entry. They are stored: never renumber.
const (
	Topic   EntryKind = 1 // what a case is about, such as "Bill"
	Product EntryKind = 2 // what the company sells
	Region  EntryKind = 3 // where it is about: a town, or a county of towns
)

var entryKindNames = map[EntryKind]string{Topic: "topic", Product: "product", Region: "region"}

// EntryKinds returns all kinds, in the order of forms.
func EntryKinds() []EntryKind { return []EntryKind{Topic, Product, Region} }

// String returns the kind's name in forms, the API and the catalogue of messages
// ("catalog.kind.topic").
func (k EntryKind) String() string { return entryKindNames[k] }

// ParseEntryKind reads a kind's name.
func ParseEntryKind(name string) (EntryKind, bool) {
	for k, n := range entryKindNames {
		if n == name {
			return k, true
		}
	}
	return 0, false
}

// Entry is one topic, product or region of a brand. It is never deleted: one that
// is no longer wanted is retired and stays with the cases that have it.
type Entry struct {
	ID        ids.ID
	BrandID   ids.ID
	Kind      EntryKind
	Key       string            // short and stable, for the API and imports: unique among its kind, never changes
	Names     map[string]string // by locale; at least one. Not to be changed
	ParentID  ids.ID            // an entry of the same kind without parent; zero for none
	Position  int64             // its place in the list; there may be gaps
	CreatedAt clock.Stamp
	RetiredAt clock.Stamp // zero: active
}

// Active reports whether the entry may be chosen.
func (e Entry) Active() bool { return e.RetiredAt.IsZero() }

// Name returns what the entry is called in a language, or in another one if it has
// no name in that.
func (e Entry) Name(l i18n.Locale) string {
	for _, locale := range append([]i18n.Locale{l}, i18n.Locales()...) {
		if name := e.Names[string(locale)]; name != "" {
			return name
		}
	}
	return e.Key
}

type entryRow struct {
	bun.BaseModel `bun:"table:entries,alias:e"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	Kind          EntryKind
	Key           string
	Names         string // JSON
	ParentID      ids.ID `bun:",nullzero"`
	Position      int64
	CreatedAt     clock.Stamp
	RetiredAt     clock.Stamp `bun:",nullzero"`
}

func (r entryRow) entry() (Entry, error) {
	e := Entry{ID: r.ID, BrandID: r.BrandID, Kind: r.Kind, Key: r.Key, ParentID: r.ParentID, Position: r.Position,
		CreatedAt: r.CreatedAt, RetiredAt: r.RetiredAt}
	if err := json.Unmarshal([]byte(r.Names), &e.Names); err != nil {
		return Entry{}, fmt.Errorf("reading the names of an entry: %w", err)
	}
	return e, nil
}

func (e Entry) row() (entryRow, error) {
	names, err := json.Marshal(e.Names)
	if err != nil {
		return entryRow{}, fmt.Errorf("writing the names of an entry: %w", err)
	}
	return entryRow{ID: e.ID, BrandID: e.BrandID, Kind: e.Kind, Key: e.Key, Names: string(names), ParentID: e.ParentID,
		Position: e.Position, CreatedAt: e.CreatedAt, RetiredAt: e.RetiredAt}, nil
}

// readEntries reads entries, each list in its order.
func readEntries(ctx context.Context, q *bun.SelectQuery) ([]Entry, error) {
	var rows []entryRow
	if err := q.Model(&rows).OrderExpr("brand_id, kind, position, id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading entries: %w", err)
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		e, err := r.entry()
		if err != nil {
			return nil, err
		}
		entries[i] = e
	}
	return entries, nil
}

// Entries returns a brand's topics, products or regions from memory, retired ones
// too, in the order an administrator gave them, those with a parent behind it. It
// takes no actor: customers choose from them.
func (c *Catalog) Entries(ctx context.Context, brand ids.ID, kind EntryKind) ([]Entry, error) {
	s, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	var list []Entry
	for _, e := range s.entries {
		if e.BrandID == brand && e.Kind == kind {
			list = append(list, e)
		}
	}
	return nested(list), nil
}

// nested puts entries behind their parents.
func nested(list []Entry) []Entry {
	sorted := make([]Entry, 0, len(list))
	for _, top := range list {
		if !top.ParentID.IsZero() {
			continue
		}
		sorted = append(sorted, top)
		for _, e := range list {
			if e.ParentID == top.ID {
				sorted = append(sorted, e)
			}
		}
	}
	return sorted
}

// Entry returns an entry of a brand from memory, errs.NotFound if it has none with
// this id. It takes no actor, see Entries.
func (c *Catalog) Entry(ctx context.Context, brand, id ids.ID) (Entry, error) {
	s, err := c.state(ctx)
	if err != nil {
		return Entry{}, err
	}
	i := slices.IndexFunc(s.entries, func(e Entry) bool { return e.ID == id && e.BrandID == brand })
	if i < 0 {
		return Entry{}, errEntryUnknown()
	}
	return s.entries[i], nil
}

func errEntryUnknown() error { return errs.New(errs.NotFound, "catalog.entry.not_found") }
