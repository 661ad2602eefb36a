package live_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
)

func TestListenersHearTheirBrandOnly(t *testing.T) {
	h := live.NewHub()
	mine, other := ids.New(), ids.New()
	l := h.Listen(mine, "")
	h.Send(live.Signal{Topic: "case", Brand: other, ID: ids.New()})
	want := live.Signal{Topic: "case", Brand: mine, ID: ids.New()}
	h.Send(want)
	if got := <-l.C(); got != want {
		t.Fatalf("heard %+v", got)
	}
	l.Close()
	if h.Listeners() != 0 {
		t.Fatal("a closed listener is still there")
	}
}

func TestSlowListenerNeverBlocks(t *testing.T) {
	h := live.NewHub()
	brand := ids.New()
	l := h.Listen(brand, "")
	for range 10_000 {
		h.Send(live.Signal{Topic: "case", Brand: brand})
	}
	if n := len(l.C()); n == 0 || n > 64 {
		t.Fatalf("%d signals wait", n)
	}
	if !l.Lagged() || l.Lagged() {
		t.Fatal("a listener is not told, once, that signals were dropped")
	}
	if fast := h.Listen(brand, ""); fast.Lagged() {
		t.Fatal("told of dropped signals where none were")
	}
}

func TestLateListenersAreToldWhatTheyMissed(t *testing.T) {
	h := live.NewHub()
	brand := ids.New()
	h.Send(live.Signal{Topic: "old", Brand: brand})
	read := h.Position()
	h.Send(live.Signal{Topic: "other", Brand: ids.New()})
	h.Send(live.Signal{Topic: "new", Brand: brand})
	l := h.Listen(brand, read)
	if got := <-l.C(); got.Topic != "new" || len(l.C()) != 0 || l.Missed {
		t.Fatalf("told %+v, %d more, missed %v", got, len(l.C()), l.Missed)
	}
	if l := h.Listen(brand, h.Position()); len(l.C()) != 0 || l.Missed {
		t.Fatal("told of something that was seen")
	}
	for range 600 {
		h.Send(live.Signal{Topic: "many", Brand: brand})
	}
	for name, from := range map[string]string{"too long ago": read, "another node": live.NewHub().Position(), "nonsense": "x", "the future": read + "9999999"} {
		if l := h.Listen(brand, from); !l.Missed {
			t.Errorf("%s: not said that something may be missing", name)
		}
	}
}

func TestCloseEndsStreams(t *testing.T) {
	h := live.NewHub()
	l := h.Listen(ids.New(), "")
	h.Close()
	h.Close()
	if _, open := <-l.C(); open {
		t.Fatal("the stream is open after the hub closed")
	}
	if _, open := <-h.Listen(ids.New(), "").C(); open {
		t.Fatal("a closed hub took a listener")
	}
}

// TestSignalsReachOtherNodes needs PostgreSQL: on SQLite there is one node.
func TestSignalsReachOtherNodes(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		if kind != "postgres" {
			continue
		}
		url := dbtest.URL(t, kind)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		a, b := live.NewHub(), live.NewHub()
		go a.Relay(ctx, url, slog.New(slog.DiscardHandler))
		go b.Relay(ctx, url, slog.New(slog.DiscardHandler))
		brand := ids.New()
		heard := b.Listen(brand, "")
		own := a.Listen(brand, "")
		want := live.Signal{Topic: "case", Brand: brand, ID: ids.New()}
		deadline := time.After(20 * time.Second)
		again := time.NewTicker(50 * time.Millisecond) // until both relays listen, signals are lost by design
		defer again.Stop()
		sent := 0
		for {
			select {
			case got := <-heard.C():
				if got != want {
					t.Fatalf("heard %+v", got)
				}
				if n := len(own.C()); n > sent {
					t.Fatalf("the sender heard %d signals, sent %d", n, sent)
				}
				return
			case <-again.C:
				a.Send(want)
				sent++
			case <-deadline:
				t.Fatal("the other node heard nothing")
			}
		}
	}
}
