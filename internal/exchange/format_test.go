package exchange

import (
	"context"
	"os"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/publish"
)

// Every column of every table is in an export, or left out for a reason that is
// written down.
func TestNoColumnIsForgotten(t *testing.T) {
	known := map[string]map[string]bool{}
	note := func(table string, columns []string) {
		if known[table] == nil {
			known[table] = map[string]bool{}
		}
		for _, c := range columns {
			if known[table][c] {
				t.Errorf("%s.%s comes twice", table, c)
			}
			known[table][c] = true
		}
	}
	for _, k := range kinds {
		note(k.table, k.columns())
		for i := range k.kids {
			note(k.kids[i].table, k.kids[i].columns())
		}
	}
	d := dbtest.Open(t, dbtest.URL(t, dbtest.Kinds()[0]))
	err := d.View(context.Background(), func(ctx context.Context, v *db.View) error {
		tables, err := v.Tables(ctx)
		for _, table := range tables {
			if table.IsBookkeeping() || table.IsQueue() {
				continue
			}
			if known[table.Name] == nil && leftOut[table.Name] == "" {
				t.Errorf("table %s is not exported: describe it in kinds.go, or say in leftOut why not", table.Name)
			}
			for _, c := range table.Columns {
				if known[table.Name] != nil && !known[table.Name][c] {
					t.Errorf("column %s.%s is not exported: describe it in kinds.go", table.Name, c)
				}
				delete(known[table.Name], c)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for table, columns := range known {
		for c := range columns {
			t.Errorf("column %s.%s is exported but does not exist", table, c)
		}
	}
}

// The page for people says of every field what the exporter does.
func TestTheFormatIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/api/export-format.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		sections[strings.Trim(title, "`")] = text
	}
	for _, k := range kinds {
		text, ok := sections[k.file()]
		if !ok {
			t.Errorf("there is no section %s", k.file())
			continue
		}
		want := map[string]string{}
		for _, x := range k.fields {
			want[x.name] = x.described()
		}
		for _, c := range k.kids {
			want[c.name] = c.described()
			for _, x := range c.fields {
				if !c.flat {
					want[c.name+"."+x.name] = x.described()
				}
			}
		}
		compareRows(t, k.file(), text, want)
	}
}

// compareRows compares the table of a section, field by field.
func compareRows(t *testing.T, file, text string, want map[string]string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		name, kind := strings.Trim(strings.TrimSpace(cells[1]), "`"), strings.TrimSpace(cells[2])
		if want[name] != kind {
			t.Errorf("%s: %s is documented as %q, it is %q", file, name, kind, want[name])
		}
		if strings.TrimSpace(cells[3]) == "" {
			t.Errorf("%s: of %s nothing is said", file, name)
		}
		delete(want, name)
	}
	for name, kind := range want {
		t.Errorf("%s: %s (%s) is not documented", file, name, kind)
	}
}

// Every word of the format is one, and none is used for two numbers.
func TestWordsAreUnique(t *testing.T) {
	for _, k := range kinds {
		for _, x := range k.fields {
			seen := map[string]bool{}
			for n, w := range x.words {
				if w == "" || seen[w] {
					t.Errorf("%s.%s: %d is %q", k.name, x.name, n, w)
				}
				seen[w] = true
			}
		}
	}
}

// A value that a package names has its word here, and the same one.
func TestEveryValueHasAWord(t *testing.T) {
	for what, c := range map[string]struct {
		words map[int64]string
		name  func(n uint8) string
	}{
		"role":          {roleWords, func(n uint8) string { return access.Role(n).String() }},
		"entry":         {entryWords, func(n uint8) string { return catalog.EntryKind(n).String() }},
		"case":          {caseWords, func(n uint8) string { return desk.State(n).String() }},
		"public":        {publicWords, func(n uint8) string { return desk.Publicity(n).String() }},
		"joined":        {joinedWords, func(n uint8) string { return desk.Joined(n).String() }},
		"suggestion":    {suggestWords, func(n uint8) string { return desk.SuggestReason(n).String() }},
		"delivery":      {sentWords, func(n uint8) string { return outbox.State(n).String() }},
		"kind of post":  {postWords, func(n uint8) string { return publish.PostKind(n).String() }},
		"state of post": {postStateWords, func(n uint8) string { return publish.PostState(n).String() }},
	} {
		for n := range uint8(32) {
			if got, want := c.words[int64(n)], c.name(n); got != want {
				t.Errorf("%s %d is %q here and %q there", what, n, got, want)
			}
		}
	}
}
