package catalog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

const (
	maxEntries   = 500 // of one kind: they are chosen from a list
	maxEntryName = 80  // runes
	maxEntryKey  = 40
)

// EntryForm is what an administrator says about an entry. Fields: kind, key,
// name_de and name_en, parent.
type EntryForm struct {
	Kind     EntryKind         // of a new entry
	Key      string            // of a new entry: small letters, digits and hyphens; "" makes one of the name
	Names    map[string]string // by locale; at least one
	ParentID ids.ID            // zero for none
	Was      *Entry            // as it was read: if it is otherwise now, nothing changes (errs.Conflict). nil: whatever it is now
}

var entryKey = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Check mends the form and returns what is wrong with it.
func (f *EntryForm) Check() error {
	names := map[string]string{}
	var faults []error
	for _, l := range i18n.Locales() {
		name := markup.CleanLine(f.Names[string(l)], 0)
		if utf8.RuneCountInString(name) > maxEntryName {
			faults = append(faults, errs.Field("name_"+string(l), "catalog.name.long", "Max", maxEntryName))
		}
		if name != "" {
			names[string(l)] = name
		}
	}
	if f.Names = names; len(names) == 0 {
		faults = append(faults, errs.Field("name_"+string(i18n.Locales()[0]), "catalog.name.missing"))
	}
	if f.Key = strings.TrimSpace(f.Key); f.Key != "" && (len(f.Key) > maxEntryKey || !entryKey.MatchString(f.Key)) {
		faults = append(faults, errs.Field("key", "catalog.entry.key", "Max", maxEntryKey))
	}
	return errors.Join(faults...)
}

// CreateEntry adds an entry to the end of a list of the actor's brand. It needs
// ManageCatalog.
func (c *Catalog) CreateEntry(ctx context.Context, a access.Actor, f EntryForm) (Entry, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return Entry{}, err
	}
	if f.Kind.String() == "" {
		return Entry{}, errs.Field("kind", "catalog.entry.kind")
	}
	if err := f.Check(); err != nil {
		return Entry{}, err
	}
	var made Entry
	err := c.changeEntries(ctx, a, func(ctx context.Context, tx *db.Tx, all []Entry) error {
		list := slices.DeleteFunc(all, func(e Entry) bool { return e.Kind != f.Kind })
		if len(list) >= maxEntries {
			return &errs.Error{Kind: errs.Conflict, Key: "catalog.entry.many", Args: map[string]any{"Max": maxEntries}}
		}
		made = Entry{ID: ids.New(), BrandID: a.BrandID, Kind: f.Kind, Key: f.Key, Names: f.Names, ParentID: f.ParentID, CreatedAt: clock.Now(c.clock)}
		for _, e := range list {
			made.Position = max(made.Position, e.Position+1)
		}
		if err := made.choseKey(list); err != nil {
			return err
		}
		if err := errors.Join(made.underParent(list), made.named(list)); err != nil {
			return err
		}
		return insertEntry(ctx, tx, made)
	})
	return made, err
}

// choseKey makes sure that the key is the entry's alone; one that nobody chose is
// made of the name.
func (e *Entry) choseKey(list []Entry) error {
	taken := func(key string) bool {
		return slices.ContainsFunc(list, func(o Entry) bool { return o.Key == key })
	}
	if e.Key != "" {
		if taken(e.Key) {
			return &errs.Error{Kind: errs.Conflict, Field: "key", Key: "catalog.entry.key_taken"}
		}
		return nil
	}
	base := keyOf(e.Name(i18n.Locales()[0]), e.Kind.String())
	e.Key = base
	for n := 2; taken(e.Key); n++ {
		e.Key = base + "-" + strconv.Itoa(n)
	}
	return nil
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// keyOf makes a key of a name; fallback is for names without a letter a to z.
func keyOf(name, fallback string) string {
	name = norm.NFD.String(umlauts.Replace(norm.NFC.String(strings.ToLower(name))))
	words := strings.FieldsFunc(strings.Map(func(r rune) rune {
		if r >= 0x300 && r < 0x370 { // accents part no words
			return -1
		}
		return r
	}, name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	key := strings.Join(words, "-")
	if len(key) > maxEntryKey-4 {
		key = strings.TrimRight(key[:maxEntryKey-4], "-")
	}
	if key == "" {
		return fallback
	}
	return key
}

// underParent checks the parent of an entry against the list it is or will be in.
func (e Entry) underParent(list []Entry) error {
	if e.ParentID.IsZero() {
		return nil
	}
	isParent := func(p Entry) bool { return p.ID == e.ParentID && p.ParentID.IsZero() && p.Active() && p.ID != e.ID }
	hasChildren := slices.ContainsFunc(list, func(o Entry) bool { return o.ParentID == e.ID })
	if hasChildren || !slices.ContainsFunc(list, isParent) {
		return errs.Field("parent", "catalog.entry.parent")
	}
	return nil
}

// named checks that no other entry below the same parent is called the same.
func (e Entry) named(list []Entry) error {
	for _, l := range i18n.Locales() {
		name := e.Names[string(l)]
		same := func(o Entry) bool {
			return name != "" && o.ID != e.ID && o.ParentID == e.ParentID && strings.EqualFold(o.Names[string(l)], name)
		}
		if slices.ContainsFunc(list, same) {
			return &errs.Error{Kind: errs.Conflict, Field: "name_" + string(l), Key: "catalog.entry.taken"}
		}
	}
	return nil
}

// UpdateEntry changes the names and the parent of an entry of the actor's brand;
// kind and key stay. It needs ManageCatalog.
func (c *Catalog) UpdateEntry(ctx context.Context, a access.Actor, id ids.ID, f EntryForm) (Entry, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return Entry{}, err
	}
	if err := f.Check(); err != nil {
		return Entry{}, err
	}
	return c.changeEntry(ctx, a, id, func(e *Entry, list []Entry) ([]Entry, error) {
		if f.Was != nil && !reflect.DeepEqual(*f.Was, *e) {
			return nil, errChanged()
		}
		moved := e.ParentID != f.ParentID
		e.Names, e.ParentID = f.Names, f.ParentID
		if moved { // a parent that was retired since is no reason not to mend a name
			if err := e.underParent(list); err != nil {
				return nil, err
			}
		}
		return []Entry{*e}, e.named(list)
	})
}

// MoveEntry moves an active entry of the actor's brand up (by -1) or down (by +1)
// among the active ones below the same parent; at the end of the list nothing
// happens. It needs ManageCatalog.
func (c *Catalog) MoveEntry(ctx context.Context, a access.Actor, id ids.ID, by int) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	_, err := c.changeEntry(ctx, a, id, func(e *Entry, list []Entry) ([]Entry, error) {
		siblings := slices.DeleteFunc(list, func(o Entry) bool { return o.ParentID != e.ParentID || !o.Active() })
		at := slices.IndexFunc(siblings, func(o Entry) bool { return o.ID == e.ID })
		to := at + by
		if at < 0 || to < 0 || to >= len(siblings) || by < -1 || by > 1 || by == 0 {
			return nil, nil
		}
		other := siblings[to]
		e.Position, other.Position = other.Position, e.Position
		return []Entry{*e, other}, nil
	})
	return err
}

// SetEntryActive retires an entry of the actor's brand and those below it, or
// brings it back alone: it can be chosen no longer, or again. Below a parent that
// is retired none comes back (errs.Conflict). It needs ManageCatalog.
func (c *Catalog) SetEntryActive(ctx context.Context, a access.Actor, id ids.ID, active bool) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	now := clock.Now(c.clock)
	_, err := c.changeEntry(ctx, a, id, func(e *Entry, list []Entry) ([]Entry, error) {
		if e.Active() == active {
			return nil, nil
		}
		if !active {
			return retired(*e, list, now), nil
		}
		if slices.ContainsFunc(list, func(p Entry) bool { return p.ID == e.ParentID && !p.Active() }) {
			return nil, errs.New(errs.Conflict, "catalog.entry.parent_retired")
		}
		e.RetiredAt = 0
		return []Entry{*e}, nil
	})
	return err
}

// retired returns an entry and what is active below it, retired.
func retired(e Entry, list []Entry, at clock.Stamp) []Entry {
	e.RetiredAt = at
	all := []Entry{e}
	for _, o := range list {
		if o.ParentID == e.ID && o.Active() {
			o.RetiredAt = at
			all = append(all, o)
		}
	}
	return all
}

// changeEntry alters one entry of the actor's brand. alter gets it and all of its
// kind, in order, and returns those to be written.
func (c *Catalog) changeEntry(ctx context.Context, a access.Actor, id ids.ID, alter func(e *Entry, list []Entry) ([]Entry, error)) (Entry, error) {
	var e Entry
	err := c.changeEntries(ctx, a, func(ctx context.Context, tx *db.Tx, all []Entry) error {
		at := slices.IndexFunc(all, func(o Entry) bool { return o.ID == id })
		if at < 0 {
			return errEntryUnknown()
		}
		e = all[at]
		list := slices.DeleteFunc(all, func(o Entry) bool { return o.Kind != e.Kind })
		changed, err := alter(&e, list)
		if err != nil {
			return err
		}
		for _, o := range changed {
			if err := updateEntry(ctx, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	return e, err
}

// changeEntries runs fn with the entries of the actor's brand while nobody else
// can change them.
func (c *Catalog) changeEntries(ctx context.Context, a access.Actor, fn func(ctx context.Context, tx *db.Tx, all []Entry) error) error {
	return c.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		all, err := readEntries(ctx, tx.NewSelect().Where("brand_id = ?", a.BrandID))
		if err != nil {
			return err
		}
		return fn(ctx, tx, all)
	})
}

func insertEntry(ctx context.Context, tx *db.Tx, e Entry) error {
	row, err := e.row()
	if err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
		return db.Classify(fmt.Errorf("adding an entry: %w", err))
	}
	return nil
}

func updateEntry(ctx context.Context, tx *db.Tx, e Entry) error {
	row, err := e.row()
	if err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model(&row).Column("names", "parent_id", "position", "retired_at").WherePK().Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("changing an entry: %w", err)
	}
	return nil
}
