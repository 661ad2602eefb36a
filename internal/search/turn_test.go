package search

import (
	"context"
	"log/slog"
	"testing"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// TestACrowdTakesTurns: who waits too long, or goes away, is told so, and takes
// nobody's turn.
func TestACrowdTakesTurns(t *testing.T) {
	x, err := Open("", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for range cap(x.slots) {
		x.slots <- struct{}{}
	}
	ctx, gone := context.WithCancel(t.Context())
	gone()
	if _, err := x.Find(ctx, Query{Brand: ids.New(), Text: "Zähler"}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a full house answers %v", err)
	}
	<-x.slots
	if _, err := x.Find(t.Context(), Query{Brand: ids.New(), Text: "Zähler"}); err != nil {
		t.Errorf("with one place free: %v", err)
	}
	if len(x.slots) != cap(x.slots)-1 {
		t.Errorf("%d of %d places are taken", len(x.slots), cap(x.slots))
	}
}

// TestTheSecondPartOfAWordFinds, also while it is being typed and in an index of
// two pages.
func TestTheSecondPartOfAWordFinds(t *testing.T) {
	x, err := Open("", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	brand, meter, fibre := ids.New(), ids.New(), ids.New()
	err = x.Put(t.Context(), []Doc{
		{ID: meter, Brand: brand, Language: "de", Title: "Wie läuft der Zählertausch ab?", Question: "Bei mir steht er nächste Woche an. Was kostet Netzstrom?"},
		{ID: fibre, Brand: brand, Language: "de", Title: "Wann kommt Glasfaser in die Mühlgasse?", Question: "In der Bachstraße liegt sie schon."},
	})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]ids.ID{"tausch": meter, "faser": fibre, "strom": meter, "Gasse": fibre, "glas": fibre} {
		for _, partial := range []bool{false, true} {
			hits, err := x.Find(t.Context(), Query{Brand: brand, Text: text, Language: "de", Partial: partial})
			if err != nil || len(hits) != 1 || hits[0].ID != want {
				t.Errorf("%q (still typing: %v) finds %v, %v", text, partial, hits, err)
			}
		}
	}
}
