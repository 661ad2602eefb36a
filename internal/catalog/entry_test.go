package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/snapshot"
)

func (h *house) entry(kind catalog.EntryKind, parent ids.ID, de, en string) catalog.Entry {
	h.t.Helper()
	e, err := h.catalog.CreateEntry(context.Background(), h.admin, catalog.EntryForm{Kind: kind, ParentID: parent, Names: map[string]string{"de": de, "en": en}})
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// listed returns the keys of a list in its order, those that are retired in brackets.
func (h *house) listed(c *catalog.Catalog, kind catalog.EntryKind) string {
	h.t.Helper()
	list, err := c.Entries(context.Background(), h.lindenau, kind)
	if err != nil {
		h.t.Fatal(err)
	}
	var keys []string
	for _, e := range list {
		if e.Active() {
			keys = append(keys, e.Key)
		} else {
			keys = append(keys, "("+e.Key+")")
		}
	}
	return strings.Join(keys, " ")
}

func (h *house) lists(what string, kind catalog.EntryKind, want string) {
	h.t.Helper()
	if got := h.listed(h.catalog, kind); got != want {
		h.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestEntries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), context.Background()
		county := h.entry(catalog.Region, ids.ID{}, "Landkreis Grünau", "Grünau county")
		h.entry(catalog.Region, ids.ID{}, "Lindenau", "")
		town := h.entry(catalog.Region, county.ID, "Übersee am Fluß", "")
		h.entry(catalog.Region, county.ID, "Altdorf", "")
		h.entry(catalog.Topic, ids.ID{}, "Rechnung", "Bill")
		h.lists("towns stand behind their county", catalog.Region, "landkreis-gruenau uebersee-am-fluss altdorf lindenau")
		h.lists("each kind is a list", catalog.Topic, "rechnung")
		h.lists("nothing yet", catalog.Product, "")
		if town.Name(i18n.English) != "Übersee am Fluß" || county.Name(i18n.English) != "Grünau county" || county.Name(i18n.German) != "Landkreis Grünau" {
			t.Errorf("names %q %q", town.Name(i18n.English), county.Name(i18n.English))
		}

		must(t, h.catalog.MoveEntry(ctx, h.admin, town.ID, 1))
		h.lists("moved down", catalog.Region, "landkreis-gruenau altdorf uebersee-am-fluss lindenau")
		must(t, h.catalog.MoveEntry(ctx, h.admin, town.ID, 1))
		must(t, h.catalog.MoveEntry(ctx, h.admin, county.ID, 1))
		h.lists("towns move with their county", catalog.Region, "lindenau landkreis-gruenau altdorf uebersee-am-fluss")
		must(t, h.catalog.MoveEntry(ctx, h.admin, county.ID, -1))

		must(t, h.catalog.SetEntryActive(ctx, h.admin, county.ID, false))
		h.lists("retired with its towns", catalog.Region, "(landkreis-gruenau) (altdorf) (uebersee-am-fluss) lindenau")
		if err := h.catalog.SetEntryActive(ctx, h.admin, town.ID, true); !errs.Is(err, errs.Conflict) {
			t.Errorf("a town came back without its county: %v", err)
		}
		must(t, h.catalog.SetEntryActive(ctx, h.admin, county.ID, true))
		must(t, h.catalog.SetEntryActive(ctx, h.admin, town.ID, true))
		h.lists("back", catalog.Region, "landkreis-gruenau (altdorf) uebersee-am-fluss lindenau")

		changed, err := h.catalog.UpdateEntry(ctx, h.admin, town.ID, catalog.EntryForm{Kind: catalog.Topic, Key: "other", Names: map[string]string{"de": "Übersee", "en": "Oversea"}})
		must(t, err)
		if changed.Kind != catalog.Region || changed.Key != "uebersee-am-fluss" || changed.Name(i18n.English) != "Oversea" {
			t.Errorf("changed to %+v", changed)
		}
		h.lists("moved out of the county", catalog.Region, "landkreis-gruenau (altdorf) lindenau uebersee-am-fluss")
		got, err := h.catalog.Entry(ctx, h.lindenau, town.ID)
		if err != nil || got.Name(i18n.German) != "Übersee" || !got.ParentID.IsZero() {
			t.Errorf("entry %+v, %v", got, err)
		}
		if _, err := h.catalog.Entry(ctx, h.other, town.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another brand got it: %v", err)
		}
	})
}

func TestEntriesOfAnotherBrand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), context.Background()
		e := h.entry(catalog.Topic, ids.ID{}, "Rechnung", "Bill")
		stranger := h.actor(h.other, access.Admin)
		_, uerr := h.catalog.UpdateEntry(ctx, stranger, e.ID, catalog.EntryForm{Names: map[string]string{"de": "Weg"}})
		for what, err := range map[string]error{"update": uerr, "move": h.catalog.MoveEntry(ctx, stranger, e.ID, 1), "retire": h.catalog.SetEntryActive(ctx, stranger, e.ID, false)} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := h.catalog.CreateEntry(ctx, stranger, catalog.EntryForm{Kind: catalog.Topic, Key: "rechnung", Names: map[string]string{"de": "Rechnung"}}); err != nil {
			t.Errorf("the key of one brand is taken in another: %v", err)
		}
		h.lists("untouched", catalog.Topic, "rechnung")
	})
}

func TestEntryForms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), context.Background()
		county := h.entry(catalog.Region, ids.ID{}, "Grünau", "")
		town := h.entry(catalog.Region, county.ID, "Altdorf", "Oldham")
		topic := h.entry(catalog.Topic, ids.ID{}, "Rechnung", "Bill")
		names := func(de, en string) map[string]string { return map[string]string{"de": de, "en": en, "fr": "Facture"} }
		for what, tc := range map[string]struct {
			form  catalog.EntryForm
			field string // "" if it is right
		}{
			"right":                       {catalog.EntryForm{Kind: catalog.Region, Names: names("Neustadt", ""), Key: "n-1"}, ""},
			"English only":                {catalog.EntryForm{Kind: catalog.Region, Names: names(" ", "Newtown")}, ""},
			"same name in another county": {catalog.EntryForm{Kind: catalog.Region, Names: names("Altdorf", "")}, ""},
			"as long as it may be":        {catalog.EntryForm{Kind: catalog.Topic, Names: names(strings.Repeat("ü", 80), "")}, ""},
			"no kind":                     {catalog.EntryForm{Names: names("Neustadt", "")}, "kind"},
			"no name":                     {catalog.EntryForm{Kind: catalog.Topic, Names: map[string]string{"fr": "Facture"}}, "name_de"},
			"long name":                   {catalog.EntryForm{Kind: catalog.Topic, Names: names("x", strings.Repeat("x", 81))}, "name_en"},
			"name is taken":               {catalog.EntryForm{Kind: catalog.Topic, Names: names("rechnung", "")}, "name_de"},
			"English name is taken":       {catalog.EntryForm{Kind: catalog.Region, Names: names("X", "oldham"), ParentID: county.ID}, "name_en"},
			"key is taken":                {catalog.EntryForm{Kind: catalog.Topic, Names: names("X", ""), Key: topic.Key}, "key"},
			"key with capitals":           {catalog.EntryForm{Kind: catalog.Topic, Names: names("X", ""), Key: "Bill"}, "key"},
			"long key":                    {catalog.EntryForm{Kind: catalog.Topic, Names: names("X", ""), Key: strings.Repeat("x", 41)}, "key"},
			"parent is below a parent":    {catalog.EntryForm{Kind: catalog.Region, Names: names("X", ""), ParentID: town.ID}, "parent"},
			"parent is another list's":    {catalog.EntryForm{Kind: catalog.Region, Names: names("X", ""), ParentID: topic.ID}, "parent"},
			"parent does not exist":       {catalog.EntryForm{Kind: catalog.Region, Names: names("X", ""), ParentID: ids.New()}, "parent"},
		} {
			made, err := h.catalog.CreateEntry(ctx, h.admin, tc.form)
			fields := errs.Fields(err)
			if tc.field == "" && err != nil || tc.field != "" && (len(fields) != 1 || fields[0].Field != tc.field) {
				t.Errorf("%s: %v, want a fault of %q", what, err, tc.field)
			}
			if err == nil && made.Names["fr"] != "" {
				t.Errorf("%s: a language Lotse does not speak was kept", what)
			}
		}
		if _, err := h.catalog.UpdateEntry(ctx, h.admin, county.ID, catalog.EntryForm{Names: names("Grünau", ""), ParentID: county.ID}); len(errs.Fields(err)) != 1 {
			t.Errorf("its own parent: %v", err)
		}
		lonely := h.entry(catalog.Region, ids.ID{}, "Sankt Nirgendwo", "")
		if _, err := h.catalog.UpdateEntry(ctx, h.admin, county.ID, catalog.EntryForm{Names: names("Grünau", ""), ParentID: lonely.ID}); len(errs.Fields(err)) != 1 {
			t.Errorf("a county with towns moved below another: %v", err)
		}
		must(t, h.catalog.SetEntryActive(ctx, h.admin, county.ID, false))
		if _, err := h.catalog.UpdateEntry(ctx, h.admin, town.ID, catalog.EntryForm{Names: names("Altdorf a. d. Linde", ""), ParentID: county.ID}); err != nil {
			t.Errorf("a retired town could not be renamed: %v", err)
		}
		if _, err := h.catalog.UpdateEntry(ctx, h.admin, lonely.ID, catalog.EntryForm{Names: names("X", ""), ParentID: county.ID}); len(errs.Fields(err)) != 1 {
			t.Errorf("moved below a retired county: %v", err)
		}
	})
}

func TestKeysOfNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		for i, tc := range []struct{ name, key string }{
			{"Störung & Ausfall", "stoerung-ausfall"}, {"DSL 16", "dsl-16"}, {"Café", "cafe"}, {"Große Straße", "grosse-strasse"},
			{"東京", "product"}, {"—", "product-2"}, {"DSL-16!", "dsl-16-2"}, {strings.Repeat("lang ", 15), "lang-lang-lang-lang-lang-lang-lang-l"},
		} {
			if e := h.entry(catalog.Product, ids.ID{}, tc.name, ""); e.Key != tc.key || e.Position != int64(i) {
				t.Errorf("%s: key %q at %d, want %q at %d", tc.name, e.Key, e.Position, tc.key, i)
			}
		}
	})
}

// Two administrators on two nodes add, move and retire at the same moment: nothing
// is lost and no two stand at one place.
func TestEntriesChangedTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), context.Background()
		other := h.anotherNode()
		h.lists("read once", catalog.Topic, "")
		faults := make(chan error, 16)
		for i := range 8 {
			for _, c := range []*catalog.Catalog{h.catalog, other} {
				go func() {
					e, err := c.CreateEntry(ctx, h.admin, catalog.EntryForm{Kind: catalog.Topic, Names: map[string]string{"de": fmt.Sprintf("Thema %d %p", i, c)}})
					if err == nil {
						err = c.MoveEntry(ctx, h.admin, e.ID, -1)
					}
					faults <- err
				}()
			}
		}
		for range cap(faults) {
			must(t, <-faults)
		}
		h.clock.Advance(snapshot.Fresh + time.Second)
		list, err := h.anotherNode().Entries(ctx, h.lindenau, catalog.Topic)
		must(t, err)
		var places []int64
		for _, e := range list {
			places = append(places, e.Position)
		}
		if slices.Sort(places); len(slices.Compact(places)) != cap(faults) {
			t.Errorf("%d entries at places %v", len(list), places)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
