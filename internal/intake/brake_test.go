package intake_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// storm lets a number of people write, each for the first time.
func (w *world) storm(from, n int) {
	w.t.Helper()
	for i := from; i < from+n; i++ {
		w.arrive(letter{ID: fmt.Sprintf("storm-%d", i), From: fmt.Sprintf("kunde%d@k.example", i), Subject: "Frage", Text: fmt.Sprintf("Frage %d", i)})
	}
	w.quiet()
}

func (w *world) inState(s outbox.State) int {
	return w.count("SELECT count(*) FROM deliveries WHERE state = ?", s)
}

// TestAStormIsHeld: a mailbox that writes too many automatic mails holds them, says
// so, and goes on when a person says how. What persons write goes on all the time.
func TestAStormIsHeld(t *testing.T) {
	for _, send := range []bool{true, false} {
		t.Run(fmt.Sprint("send ", send), func(t *testing.T) {
			onBoth(t, func(w *world) {
				ctx, lead := context.Background(), w.admin()
				must(w.t, outbox.Storm.Set(ctx, w.catalog, lead, 10))
				w.start()
				w.storm(0, 14)
				if n, held := len(w.sent.all()), w.inState(outbox.Held); n != 10 || held != 4 {
					w.t.Fatalf("%d sent, %d held", n, held)
				}
				brakes, err := w.outbox.Brakes(ctx, lead)
				must(w.t, err)
				if len(brakes) != 1 || brakes[0].Account.ID != w.account.ID || brakes[0].Held != 4 || brakes[0].More || brakes[0].Since.IsZero() {
					w.t.Fatalf("brakes = %+v", brakes)
				}
				w.storm(14, 2) // the window has nothing to do with it any more
				w.clock.Advance(20 * time.Minute)
				w.storm(16, 1)
				if held := w.inState(outbox.Held); held != 7 {
					w.t.Fatalf("%d held", held)
				}
				w.answersGoOn()
				before := len(w.sent.all())
				n, err := w.outbox.ReleaseBrake(ctx, lead, w.account.ID, send)
				must(w.t, err)
				w.quiet()
				sent, discarded := len(w.sent.all())-before, w.inState(outbox.Cancelled)
				if n != 7 || w.inState(outbox.Held) != 0 || send && (sent != 7 || discarded != 0) || !send && (sent != 0 || discarded != 7) {
					w.t.Fatalf("%d let go: %d sent, %d discarded", n, sent, discarded)
				}
				if brakes, err = w.outbox.Brakes(ctx, lead); err != nil || len(brakes) != 0 {
					w.t.Fatalf("brakes = %+v (%v)", brakes, err)
				}
				w.storm(20, 9) // what was before counts no more
				if held := w.inState(outbox.Held); held != 0 {
					w.t.Errorf("%d held after the release", held)
				}
			})
		})
	}
}

// answersGoOn answers a case whose acknowledgement is held.
func (w *world) answersGoOn() {
	w.t.Helper()
	before := len(w.sent.all())
	w.atOnce()
	w.reply(w.file(w.caseOf("Frage 15")).Case, desk.ReplyForm{Text: "Guten Tag, das ist erledigt.", Next: desk.WaitingCustomer})
	w.clock.Advance(time.Second)
	w.until("the answer is sent", func() bool { return len(w.sent.all()) == before+1 })
}

// TestBrakesAreForLeads: others learn of none and let none go, nor do those of another
// brand.
func TestBrakesAreForLeads(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		if _, err := w.outbox.Brakes(ctx, w.staff); !errs.Is(err, errs.Forbidden) {
			w.t.Errorf("an agent sees brakes: %v", err)
		}
		if _, err := w.outbox.ReleaseBrake(ctx, w.staff, w.account.ID, true); !errs.Is(err, errs.Forbidden) {
			w.t.Errorf("an agent lets one go: %v", err)
		}
		other := w.admin()
		other.BrandID = ids.New()
		if _, err := w.outbox.ReleaseBrake(ctx, other, w.account.ID, true); !errs.Is(err, errs.NotFound) {
			w.t.Errorf("another brand lets one go: %v", err)
		}
		for _, n := range []int{9, 100_001} {
			if err := outbox.Storm.Set(ctx, w.catalog, w.admin(), n); len(errs.Fields(err)) != 1 {
				w.t.Errorf("%d: %v", n, err)
			}
		}
	})
}

// TestWhatWasHeldAtTheReleaseIsSent: what another node held at the very moment of the
// release is found a minute later.
func TestWhatWasHeldAtTheReleaseIsSent(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.storm(0, 1)
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("UPDATE deliveries SET state = 8, next_at = NULL, sent_at = NULL").Exec(ctx)
			return err
		}))
		must(w.t, w.outbox.Recover(ctx, false))
		w.until("it is sent", func() bool { return len(w.sent.all()) == 2 })
	})
}
