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
