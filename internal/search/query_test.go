package search

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/search/query"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   nil,
		"Wie kann ich das bitte?":            nil,
		"Zählerstand, Straße & Öl":           {"zahlerstand", "strasse", "ol"},
		"E-Mail":                             {"mail", "email"},
		"Strom- und Gasvertrag":              {"strom", "gasvertrag"},
		"5 kW, 2026":                         {"5", "kw", "2026"},
		"a b c":                              nil,
		"--- -":                              nil,
		strings.Repeat("x", 100):             {strings.Repeat("x", maxRunes)},
		"Ｚähler":                             {"zahler"}, // wide letters
		"Qualität":                           {"qualitat"},
		"neue Steuer":                        {"neue", "steuer"}, // e is no umlaut there
		"https://example.org/?a=Rechnung#no": {"https", "example", "org", "rechnung"},
	} {
		if got := words(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestGrams(t *testing.T) {
	for word, want := range map[string]string{"tv": "_tv", "gas": "_gas", "haus": "_hau haus", "zahler": "_zah zahl ahle hler"} {
		if got := strings.Join(grams(word), " "); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// leaves counts what a query asks the index for.
func leaves(q query.Query) int {
	switch q := q.(type) {
	case *query.BooleanQuery:
		return leaves(q.Must) + 1
	case *query.ConjunctionQuery:
		return leaves(q.Conjuncts[0])
	case *query.DisjunctionQuery:
		n := 0
		for _, d := range q.Disjuncts {
			n += leaves(d)
		}
		return n
	}
	return 1
}

// Whatever is typed, the query is small, valid, and of words.
func FuzzBuild(f *testing.F) {
	for _, s := range []string{"Zählerablesung", "wie kann ich", "a-b-c-d", strings.Repeat("Donaudampfschifffahrt", 20),
		strings.Repeat("wort1 wort2x ", 50), "\xff\xfe", "+x -y *:* ~2", "ẞß", "\u0308\u0308", "日本語 テスト"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	x, err := Open("", slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = x.Close() })
	brand := ids.New()
	other := Doc{ID: ids.New(), Brand: ids.New(), Language: "de", Title: "Zählerablesung wort1 Donaudampfschifffahrt"}
	if err := x.Put(f.Context(), []Doc{other}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, partial bool) {
		q := Query{Brand: brand, Text: text, Partial: partial, Language: "de"}
		asked, half := queryWords(q)
		if len(asked) > maxQueryWords || half != "" && !utf8.ValidString(half) {
			t.Fatalf("%q: words %q, half %q", text, asked, half)
		}
		for _, w := range asked {
			if n := utf8.RuneCountInString(w); n == 0 || n > maxRunes || !utf8.ValidString(w) {
				t.Fatalf("%q: word %q", text, w)
			}
		}
		if built, err := x.query(t.Context(), q); err != nil || built != nil {
			if n := leaves(built); n > maxQueryWords*9+maxQueryGrams+1 {
				t.Fatalf("%q: %d clauses", text, n)
			}
		}
		hits, err := x.Find(t.Context(), q)
		if err != nil || len(hits) > 0 {
			t.Fatalf("%q: %v, %v", text, hits, err) // the brand has no threads
		}
	})
}

// When Bleve's writer has died, nobody waits for it, and what is there is found.
func TestADeadWriterIsSaid(t *testing.T) {
	dir := t.TempDir()
	x, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	d := Doc{ID: ids.New(), Brand: ids.New(), Language: "de", Title: "Rohrbruch"}
	if err := x.Put(t.Context(), []Doc{d}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		failed(fmt.Errorf("persister: %w", scorch.ErrAsyncPanic), dir+"/index/store")
	}
	d.ID = ids.New()
	if err := x.Put(t.Context(), []Doc{d}); err != nil && !errs.Is(err, errs.Unavailable) {
		t.Errorf("putting: %v", err)
	}
	if !x.watch.isBroken() {
		t.Error("it is not known to be broken")
	}
	if hits, err := x.Find(t.Context(), Query{Brand: d.Brand, Text: "Rohrbruch"}); err != nil || len(hits) == 0 {
		t.Errorf("finding: %v, %v", hits, err)
	}
	before := time.Now()
	failed(errors.New("disk full"), dir+"/index/store")
	if err := errors.Join(x.store.Close(), x.Close()); err != nil { // Close leaves it open when the writer is dead
		t.Error(err)
	}
	failed(errors.New("of an index nobody knows"), "elsewhere")
	if time.Since(before) < 50*time.Millisecond {
		t.Error("a failed write is tried again without a pause")
	}
}

// However many documents hold them, the pieces of a query occur no more often
// than the bound allows; the rare ones stay.
func TestTheWorkOfAQueryIsBounded(t *testing.T) {
	x, err := Open("", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	brand := ids.New()
	var docs []Doc
	const many = 1500
	for range many {
		docs = append(docs, Doc{ID: ids.New(), Brand: brand, Title: "Donaudampfschifffahrtsgesellschaftskapitän"})
	}
	rare := Doc{ID: ids.New(), Brand: brand, Title: "Donaudampfschifffahrtsgesellschaftskapitän Rohrbruch"}
	if err := x.Put(t.Context(), append(docs, rare)); err != nil {
		t.Fatal(err)
	}
	inner, err := x.store.Advanced()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := inner.Reader()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	known := census{t.Context(), reader}
	all := queryGrams(words("Donaudampfschifffahrtsgesellschaftskapitän Dampfschifffahrtsdonau Kapitänsdampfschiff Rohrbruch"))
	kept, err := known.affordable(all)
	if err != nil {
		t.Fatal(err)
	}
	if last := len(all) - 1; len(kept[last]) != len(all[last]) {
		t.Errorf("of the rare word %q is left", kept[last])
	}
	if before, after := postings(t, known, all), postings(t, known, kept); before <= maxPostings || after > maxPostings || after < maxPostings/2 {
		t.Errorf("%d postings before, %d after, bound %d", before, after, maxPostings)
	}
	hits, err := x.Find(t.Context(), Query{Brand: brand, Text: "Donaudampfschifffahrtsgesellschaftskapitän Dampfschifffahrtsdonau Rohrbruch"})
	if err != nil || len(hits) == 0 || hits[0].ID != rare.ID {
		t.Errorf("found %v, %v", hits, err)
	}
}

func postings(t *testing.T, known census, pieces [][]string) (sum uint64) {
	t.Helper()
	for _, p := range slices.Concat(pieces...) {
		n, err := known.count(p)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}
