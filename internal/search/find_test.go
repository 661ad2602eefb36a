package search_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/search"
)

func german(title, question string) search.Doc {
	return search.Doc{ID: ids.New(), Brand: brand, Language: "de", Title: title, Question: question, At: noon}
}

func TestABrandFindsItsOwn(t *testing.T) {
	x := open(t, "")
	ours, theirs := german("Rohrbruch", ""), german("Rohrbruch", "")
	theirs.Brand = ids.New()
	put(t, x, ours, theirs)
	if got := find(t, x, search.Query{Text: "Rohrbruch"}); !slices.Equal(got, []ids.ID{ours.ID}) {
		t.Errorf("found %v, want ours", got)
	}
	if got := find(t, x, search.Query{Text: "Rohrbruch", Brand: ids.New()}); len(got) != 0 {
		t.Errorf("a brand without threads finds %v", got)
	}
	if hits, err := x.Find(t.Context(), search.Query{Text: "Rohrbruch"}); err == nil {
		t.Errorf("without a brand: %v, want an error", hits)
	}
}

// Of two threads alike in all but one thing, the better comes first.
func TestWhatComesFirst(t *testing.T) {
	with := func(d search.Doc, change func(*search.Doc)) search.Doc {
		d.ID = ids.New()
		change(&d)
		return d
	}
	plain := german("Störung im Norden", "Das Telefon rauscht.")
	for name, c := range map[string]struct {
		text          string
		better, worse search.Doc
	}{
		"title before question": {"Rohrbruch", german("Rohrbruch", "Wasser läuft heraus"), german("Wasser läuft heraus", "Rohrbruch")},
		"question before answer": {"Rohrbruch", german("Wasser läuft", "Rohrbruch"),
			with(german("Wasser läuft", ""), func(d *search.Doc) { d.Answers = "Rohrbruch" })},
		"answer before post": {"Rohrbruch",
			with(german("Wasser läuft", ""), func(d *search.Doc) { d.Answers = "Rohrbruch" }),
			with(german("Wasser läuft", ""), func(d *search.Doc) { d.Posts = "Rohrbruch" })},
		"answered":        {"Telefon", with(plain, func(d *search.Doc) { d.Answered = true }), plain},
		"reader's tongue": {"Telefon", plain, with(plain, func(d *search.Doc) { d.Language = "en" })},
		"later":           {"Telefon", with(plain, func(d *search.Doc) { d.At = noon.Add(time.Hour) }), plain},
		"whole word":      {"Netz", german("Netz", ""), german("Netzentgelt", "")},
	} {
		x := open(t, "")
		put(t, x, c.worse, c.better, german("Ganz anderes Thema", "Das Schwimmbad öffnet um acht."))
		got := find(t, x, search.Query{Text: c.text, Language: "de"})
		if len(got) == 0 || got[0] != c.better.ID {
			t.Errorf("%s: found %v, want %v before %v", name, got, c.better.ID, c.worse.ID)
		}
	}
}

func TestWordsFindEachOther(t *testing.T) {
	for _, c := range [][2]string{
		{"Zählerablesung", "Zähler ablesen"}, {"Zähler ablesen", "Zählerablesung"},
		{"Hausanschluss", "Anschluss für mein Haus"}, {"Anschluss für mein Haus", "Hausanschluss"},
		{"Kundigung", "Kündigung"}, {"Kuendigung", "Kündigung"}, {"Kündigung", "Kuendigung"},
		{"Strasse", "Straße"}, {"Straße", "STRASSE"}, {"Ku\u0308ndigung", "Kündigung"},
		{"Oel", "Öl"}, {"Ol", "Öl"}, {"TV", "TV"}, {"5G", "5G"}, {"cafe", "Café"},
		{"E-Mail", "Email"}, {"email", "E-Mail"}, {"Mail", "E-Mail"}, {"W-LAN", "WLAN"}, {"wlan", "W‑LAN"},
		{"Rechnugn", "Rechnung"}, {"Rechung", "Rechnung"}, {"Rechnunng", "Rechnung"}, {"Rechnumg", "Rechnung"},
		{"Srom", "Srom"}, {"Storm", "Strom"}, {"Rechnungen", "Rechnung"}, {"Häuser", "Haus"},
		{"contracts", "contract"}, {"deliveries", "delivery"}, {"cancelling", "cancel"},
	} {
		x := open(t, "")
		put(t, x, german(c[1], ""), german("Schwimmbad", "Eintritt"))
		if got := find(t, x, search.Query{Text: c[0]}); len(got) != 1 {
			t.Errorf("%q finds %d, want %q", c[0], len(got), c[1])
		}
	}
}

// Every beginning of three letters or more finds the word while it is typed.
func TestHalfAWord(t *testing.T) {
	x := open(t, "")
	d := german("Öffnungszeiten", "")
	put(t, x, d, german("Schwimmbad", "Eintritt"))
	word := []rune("öffnungszeiten")
	for n := 3; n <= len(word); n++ {
		text := "wann sind " + string(word[:n])
		if got := find(t, x, search.Query{Text: text, Partial: true}); !slices.Equal(got, []ids.ID{d.ID}) {
			t.Errorf("%q finds %v", text, got)
		}
	}
}

func TestPuttingAgainReplaces(t *testing.T) {
	x := open(t, "")
	d := german("Rohrbruch", "")
	put(t, x, d, d)
	put(t, x, d)
	d.Title = "Laterne"
	put(t, x, d)
	wantSize(t, x, 1)
	if got := find(t, x, search.Query{Text: "Rohrbruch"}); len(got) != 0 {
		t.Errorf("the old title finds %v", got)
	}
	for range 2 {
		if err := x.Remove(t.Context(), []ids.ID{d.ID, ids.New()}); err != nil {
			t.Error(err)
		}
	}
	wantSize(t, x, 0)
	if got := find(t, x, search.Query{Text: "Laterne"}); len(got) != 0 {
		t.Errorf("what was removed is found: %v", got)
	}
	if err := errors.Join(x.Put(t.Context(), nil), x.Remove(t.Context(), nil)); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	x := open(t, "")
	var docs []search.Doc
	for range 80 {
		docs = append(docs, german("Rohrbruch", ""))
	}
	put(t, x, docs...)
	for limit, want := range map[int]int{-1: 10, 0: 10, 1: 1, 50: 50, 1000: 50} {
		if got := find(t, x, search.Query{Text: "Rohrbruch", Limit: limit}); len(got) != want {
			t.Errorf("limit %d: %d hits, want %d", limit, len(got), want)
		}
	}
	put(t, x, german("Laterne", strings.Repeat("lang ", 1<<20))) // more than is looked at
	if got := find(t, x, search.Query{Text: "Laterne"}); len(got) != 1 {
		t.Errorf("a long text: %d hits", len(got))
	}
}

// No sign has a meaning.
func TestSignsAreNotSyntax(t *testing.T) {
	x := open(t, "")
	d := german("Rohrbruch", "")
	put(t, x, d, german("Laterne", ""))
	for _, text := range []string{
		`Rohrbruch*`, `+Rohrbruch -Laternenpfahlx`, `t:Rohrbruch`, `"Rohrbruch"`, `Rohrbruch~9`, `/Rohrbruch/`,
		`Rohrbruch^99`, `(Rohrbruch)`, "Rohrbruch\x00", "Rohrbruch \xff\xfe", "Rohrbruch\u202e", "<b>Rohrbruch</b>",
		`'; DROP TABLE threads; -- Rohrbruch`,
	} {
		if got := find(t, x, search.Query{Text: text}); !slices.Equal(got, []ids.ID{d.ID}) {
			t.Errorf("%q finds %v", text, got)
		}
	}
	for _, text := range []string{`*`, `b:*`, brand.String(), `.*`, `a~2`, strings.Repeat("( ", 500), "\xff", ""} {
		if got := find(t, x, search.Query{Text: text}); len(got) != 0 {
			t.Errorf("%q finds %v", text, got)
		}
	}
}

func TestSearchingWhilePutting(t *testing.T) {
	x := open(t, t.TempDir())
	docs, _ := corpus(t)
	put(t, x, docs...)
	var all sync.WaitGroup
	for w := range 3 {
		all.Go(func() {
			for i := range 10 {
				d := docs[(w*10+i)%len(docs)]
				d.Posts = fmt.Sprintf("noch ein Beitrag %d", i)
				if err := x.Put(t.Context(), []search.Doc{d}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		all.Go(func() {
			for range 100 {
				hits, err := x.Find(t.Context(), search.Query{Brand: brand, Text: "Zählerablesung", Language: "de"})
				if err != nil || len(hits) == 0 || hits[0].ID != docs[0].ID {
					t.Errorf("found %v, %v", hits, err)
				}
			}
		})
	}
	all.Wait()
	wantSize(t, x, uint64(len(docs)))
}

func TestAfterTheEnd(t *testing.T) {
	x, err := search.Open("", quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Error(err)
	}
	if _, err := x.Find(t.Context(), search.Query{Brand: brand, Text: "Rohrbruch"}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("finding: %v", err)
	}
	if err := x.Put(t.Context(), []search.Doc{german("Rohrbruch", "")}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("putting: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := open(t, "").Put(ended, []search.Doc{german("Rohrbruch", "")}); !errors.Is(err, context.Canceled) {
		t.Errorf("putting after the end of the context: %v", err)
	}
}
