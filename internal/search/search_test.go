package search_test

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/platform/ids"
	"lotse/internal/search"
)

var (
	quiet = slog.New(slog.DiscardHandler)
	brand = ids.New()
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

// open makes an index in dir that the test closes; in memory if dir is empty.
func open(t testing.TB, dir string) *search.Index {
	t.Helper()
	x, err := search.Open(dir, quiet)
	if err != nil {
		t.Fatalf("opening the index: %v", err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func put(t testing.TB, x *search.Index, docs ...search.Doc) {
	t.Helper()
	if err := x.Put(t.Context(), docs); err != nil {
		t.Fatalf("putting: %v", err)
	}
}

func find(t testing.TB, x *search.Index, q search.Query) []ids.ID {
	t.Helper()
	if q.Brand.IsZero() {
		q.Brand = brand
	}
	hits, err := x.Find(t.Context(), q)
	if err != nil {
		t.Fatalf("finding %q: %v", q.Text, err)
	}
	found := make([]ids.ID, len(hits))
	for i, h := range hits {
		found[i] = h.ID
	}
	return found
}

// rows reads a file of tab-separated columns.
func rows(t testing.TB, name string) [][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(raw)) {
		all = append(all, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return all
}

// corpus reads the questions and names them by their keys.
func corpus(t testing.TB) (docs []search.Doc, keys map[ids.ID]string) {
	t.Helper()
	keys = make(map[ids.ID]string)
	for i, r := range rows(t, "corpus.tsv") {
		d := search.Doc{ID: ids.ID{0: 1, 15: byte(i)}, Brand: brand, Language: r[1], Title: r[2], Question: r[3], Answers: r[4],
			Answered: true, At: noon.Add(time.Duration(i) * time.Minute)}
		docs = append(docs, d)
		keys[d.ID] = r[0]
	}
	return docs, keys
}

// What readers type must lead to what they mean. The thresholds lie a little
// below what is reached today, so that a change for the worse is noticed.
func TestReadersFindWhatTheyMean(t *testing.T) {
	x := open(t, "")
	docs, keys := corpus(t)
	if len(docs) < 80 {
		t.Fatalf("only %d questions", len(docs))
	}
	put(t, x, docs...)

	kinds := make(map[string]*score)
	for _, r := range rows(t, "queries.tsv") {
		kind, language, text := r[0], r[1], r[2]
		got := named(find(t, x, search.Query{Text: text, Language: language, Partial: kind == "partial"}), keys)
		if kind == "nothing" {
			if len(got) > 0 {
				t.Errorf("%q finds %v, want nothing", text, got)
			}
			continue
		}
		want := strings.Split(r[3], ",")
		at := slices.IndexFunc(got, func(k string) bool { return slices.Contains(want, k) })
		if at != 0 {
			t.Logf("%s %q: want %v first, got %v", kind, text, want, got[:min(len(got), 3)])
		}
		if kinds[kind] == nil {
			kinds[kind] = new(score)
		}
		kinds[kind].count(at)
	}
	for kind, want := range wanted {
		got := kinds[kind]
		t.Logf("%-9s first %d, among three %d of %d", kind, got.first, got.three, got.asked)
		if got.asked != want.asked || got.first < want.first || got.three < want.three {
			t.Errorf("%s: got %+v, want at least %+v", kind, *got, want)
		}
	}
}

// wanted is what must be reached: of so many asked, the right one comes first,
// or among the first three.
var wanted = map[string]score{
	"compound": {26, 22, 24},
	"umlaut":   {12, 12, 12},
	"typo":     {15, 14, 14},
	"plain":    {30, 28, 29},
	"partial":  {13, 12, 12},
}

type score struct{ asked, first, three int }

func (s *score) count(at int) {
	s.asked++
	if at == 0 {
		s.first++
	}
	if at >= 0 && at < 3 {
		s.three++
	}
}

func named(found []ids.ID, keys map[ids.ID]string) []string {
	got := make([]string, len(found))
	for i, id := range found {
		got[i] = keys[id]
	}
	return got
}
