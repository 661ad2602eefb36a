package mailbox_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/mailbox"
	"lotse/internal/platform/ids"
)

func TestOneFetchesOverAllNodes(t *testing.T) {
	each(t, func(h *house) {
		account, first, second := ids.New(), ids.New(), ids.New()
		other := h.anotherNode()
		has := func(b *mailbox.Boxes, holder ids.ID, want bool) {
			t.Helper()
			got, err := b.Lease(h.ctx, account, holder, time.Minute)
			h.must(err)
			if got != want {
				t.Errorf("has it: %v, want %v", got, want)
			}
		}
		has(h.boxes, first, true)
		has(other, second, false)
		h.clock.Advance(50 * time.Second)
		has(h.boxes, first, true) // renewed
		h.clock.Advance(50 * time.Second)
		has(other, second, false)
		h.clock.Advance(11 * time.Second) // the first node died
		has(other, second, true)
		has(h.boxes, first, false)
		h.must(h.boxes.Release(h.ctx, account, first)) // not its any more
		has(h.boxes, first, false)
		h.must(other.Release(h.ctx, account, second))
		has(h.boxes, first, true)
		h.must(other.ReleaseAll(h.ctx))
		has(other, second, true)
	})
}

func TestManyWantOneLease(t *testing.T) {
	each(t, func(h *house) {
		account := ids.New()
		var have atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				got, err := h.boxes.Lease(h.ctx, account, ids.New(), time.Minute)
				if err != nil {
					t.Error(err)
				}
				if got {
					have.Add(1)
				}
			})
		}
		wg.Wait()
		if have.Load() != 1 {
			t.Errorf("%d have it", have.Load())
		}
	})
}

func TestCursorKnowsWhatWasThere(t *testing.T) {
	each(t, func(h *house) {
		c := mailbox.Cursor{AccountID: h.fetched("hilfe@lindenau.example"), Folder: "hilfe/INBOX", UIDValidity: 7, UID: 3, OldUID: 20}
		for _, c.OldUID = range []uint32{20, 4_294_967_295} {
			h.must(h.boxes.Advance(h.ctx, c))
			got, err := h.boxes.Cursor(h.ctx, c.AccountID, c.Folder)
			h.must(err)
			if got.OldUID != c.OldUID {
				t.Errorf("cursor = %+v, want %+v", got, c)
			}
		}
	})
}

// One has a turn, and who died with it holds others up for less than a minute.
func TestTurns(t *testing.T) {
	each(t, func(h *house) {
		other := h.anotherNode()
		done, err := h.boxes.Turn(h.ctx, "a")
		h.must(err)
		short, cancel := context.WithTimeout(h.ctx, 10*time.Millisecond)
		defer cancel()
		if _, err := other.Turn(short, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("two have a turn: %v", err)
		}
		free, err := other.Turn(h.ctx, "b")
		h.must(err)
		free()
		done()
		_, err = other.Turn(h.ctx, "a")
		h.must(err)
		h.clock.Advance(time.Minute)
		_, err = h.boxes.Turn(h.ctx, "a")
		h.must(err)
	})
}
