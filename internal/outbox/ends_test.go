package outbox

import (
	"context"
	"testing"
	"time"

	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/templates"
)

// working is a fleet whose jobs can be worked.
func working(t *testing.T, d *db.DB) *fleet {
	f := newFleet(t, d)
	f.known, f.notices, f.Hub, f.Counted = newLedger(), map[string]Renderer{}, live.NewHub(), func(State) {}
	return f
}

// A mail that has nothing to say any more when its time comes is given up: nothing is
// tried, then or later.
func TestNothingToSayAnyMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := working(t, d)
		asked := 0
		f.SetRenderer("test", func(context.Context, string, ids.ID, string) (templates.Writing, error) {
			asked++
			return templates.Writing{}, errs.New(errs.Gone, "access.link.gone")
		})
		account := f.mailbox("eins@lindenau.example", nil)
		row := f.delivery(account, func(r *deliveryRow) {
			r.Kind, r.Attempts, r.NextAt = NoticeKind, 0, clock.Now(f.clock)
			r.Content = f.Seal.SealBytes(r.ID, []byte(`{"template":"test","name":"Ada"}`))
		})
		for range 2 {
			f.must(f.work(f.ctx, sendArgs{Delivery: row.ID}))
			f.clock.Advance(time.Hour)
		}
		got, err := f.load(f.ctx, row.ID)
		f.must(err)
		if got.State != Cancelled || got.Attempts != 0 || !got.NextAt.IsZero() || len(got.Content) != 0 || f.Seal.Open(got.CaseID, got.Words) != Pointless || asked != 1 {
			t.Errorf("asked %d times, then it is %+v", asked, got)
		}
	})
}

// Of a link to somebody's file nothing stays that says whose it was, also if it was
// held and never left.
func TestDiscardedLinksForgetWhoAsked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := working(t, d)
		account := f.mailbox("eins@lindenau.example", nil)
		held := func(kind Kind) ids.ID {
			return f.delivery(account, func(r *deliveryRow) {
				r.Kind, r.State, r.Attempts, r.NextAt = kind, Held, 0, 0
				r.Address, r.Content = []byte("anna@k.example"), []byte("{}")
			}).ID
		}
		link, ack := held(FileLinkKind), held(AckKind)
		n, err := f.ReleaseBrake(f.ctx, f.admin(), account, false)
		f.must(err)
		for id, kept := range map[ids.ID]bool{link: false, ack: true} {
			row, err := f.load(f.ctx, id)
			f.must(err)
			if row.State != Cancelled || len(row.Address) > 0 != kept || len(row.Content) > 0 != kept || n != 2 {
				t.Errorf("of %d: %+v", n, row)
			}
		}
	})
}

// What was being sent when the program died is settled, one by one: that the case of
// one can't be told holds up no other.
func TestOneThatCantBeSettledHoldsUpNoOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := working(t, d)
		account := f.mailbox("eins@lindenau.example", nil)
		var good []ids.ID
		for i := range 5 {
			row := f.delivery(account, func(r *deliveryRow) {
				r.State, r.NextAt, r.SendingUntil = Sending, 0, clock.Now(f.clock).Add(time.Duration(i)*time.Second)
				if i == 2 {
					r.CaseID = ids.New() // of no case
				}
			})
			if i != 2 {
				good = append(good, row.ID)
			}
		}
		late := f.delivery(account, func(r *deliveryRow) { r.NextAt = clock.Now(f.clock).Add(-time.Hour) })
		if err := f.Recover(f.ctx, true); err == nil {
			t.Error("nobody hears of the one that could not be settled")
		}
		for _, id := range good {
			row, err := f.load(f.ctx, id)
			f.must(err)
			if row.State != Unsure {
				t.Errorf("a delivery is still %s", row.State)
			}
		}
		row, err := f.load(f.ctx, late.ID)
		f.must(err)
		if row.NextAt != clock.Now(f.clock) {
			t.Error("one that lost its job got no new one")
		}
	})
}

// roomless is a channel without room for another mail; it never asks the relay.
type roomless struct{ asked int }

func (s *roomless) Send(context.Context, Relay, Outgoing, func() error) (string, error) {
	s.asked++
	return "", ErrBusy
}

// A relay that rests is not taken for one that works because the mail that was let in
// never got there.
func TestNoRoomSaysNothingOfTheRelay(t *testing.T) {
	f := working(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	s := &roomless{}
	f.Senders = map[string]Sender{"email": s}
	relay := Relay{Host: "mx.example", Port: 25}
	fault := &SendError{Outcome: Retry, Code: 421, Words: "421 busy"}
	f.rests.tried(placeOf(relay), f.clock.Now(), fault)
	f.clock.Advance(shortRest)
	account := f.mailbox("eins@lindenau.example", nil)
	row := f.delivery(account, func(r *deliveryRow) { r.Attempts = 0 })
	if err := f.try(f.ctx, &attempt{row: row}, Outgoing{}, relay, nil); err == nil || s.asked != 1 {
		t.Fatalf("asked %d times: %v", s.asked, err)
	}
	if wait, _ := f.rests.wait(placeOf(relay), f.clock.Now()); wait != 0 {
		t.Errorf("the next one waits %v", wait)
	}
	if wait, _ := f.rests.wait(placeOf(relay), f.clock.Now()); wait != trialTime {
		t.Error("the relay counts as one that works")
	}
	if f.noted != nil {
		t.Errorf("noted at the mailbox: %+v", []mailbox.Result(f.noted))
	}
}
