package outbox

import (
	"testing"
	"time"
)

func TestGreylistingIsToldFromOtherRefusals(t *testing.T) {
	for _, c := range []struct {
		e    SendError
		want bool
	}{
		{SendError{Code: 451, Status: "4.7.1", Words: "451 4.7.1 Try again later"}, true},
		{SendError{Code: 450, Status: "4.2.0", Words: "450 4.2.0 Recipient address rejected: Greylisted, see http://postgrey.example"}, true},
		{SendError{Code: 450, Words: "450 Grey-listed, come again"}, true},
		{SendError{Code: 451, Words: "451 Graylisted"}, true},
		{SendError{Code: 450, Status: "4.2.1", Words: "450 4.2.1 The mailbox is busy"}, false},
		{SendError{Code: 550, Status: "5.7.1", Words: "550 5.7.1 greylisting is not the reason"}, false},
		{SendError{Words: "connection refused"}, false},
	} {
		if got := greylists(&c.e); got != c.want {
			t.Errorf("%q: %v", c.e.Words, got)
		}
	}
}

// TestPauses: three days in all, and never too early at a greylist.
func TestPauses(t *testing.T) {
	plain, grey := &SendError{Code: 451, Words: "later"}, &SendError{Code: 451, Status: "4.7.1"}
	var sum time.Duration
	for n := int64(0); ; n++ {
		p, again := pauseAfter(n, plain)
		g, stillGrey := pauseAfter(n, grey)
		if again != stillGrey {
			t.Fatalf("attempt %d: again %v, at a greylist %v", n, again, stillGrey)
		}
		if !again {
			break
		}
		if g < greyPause || g < p {
			t.Errorf("attempt %d: %v at a greylist, %v else", n, g, p)
		}
		sum += p
	}
	if sum != patience || sum < 70*time.Hour || sum > 5*24*time.Hour {
		t.Errorf("given up after %v", sum)
	}
}

// TestRelayRests: after a fault nobody tries until the rest is over, then one does;
// each fault more doubles the rest, one success ends it.
func TestRelayRests(t *testing.T) {
	r, at, now := newRests(), place{host: "mx.example", port: 25}, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	fault := &SendError{Outcome: Retry, Code: 421, Words: "421 busy"}
	if wait, _ := r.wait(at, now); wait != 0 {
		t.Fatalf("a relay nobody knows rests %v", wait)
	}
	want := shortRest
	for round := range 8 {
		for range 3 { // several find out at the same time
			r.tried(at, now, fault)
		}
		wait, why := r.wait(at, now)
		if wait != want || why != fault {
			t.Fatalf("round %d: it rests %v, want %v", round, wait, want)
		}
		if other, _ := r.wait(place{host: "other.example", port: 25}, now); other != 0 {
			t.Fatalf("another relay rests %v", other)
		}
		now = now.Add(want)
		if wait, _ := r.wait(at, now); wait != 0 {
			t.Fatalf("round %d: nobody may try", round)
		}
		if wait, _ := r.wait(at, now); wait != trialTime {
			t.Fatalf("round %d: two try at once", round)
		}
		want = min(2*want, longRest)
	}
	r.untried(at) // there was no room for the one that was let in
	if wait, _ := r.wait(at, now); wait != 0 {
		t.Errorf("nobody found out, and the next one waits %v", wait)
	}
	if wait, _ := r.wait(at, now); wait != trialTime {
		t.Errorf("nobody found out, and all try at once")
	}
	r.tried(at, now, nil)
	if wait, _ := r.wait(at, now); wait != 0 {
		t.Errorf("it works and rests %v", wait)
	}
	r.tried(at, now, fault)
	r.wake()
	if wait, _ := r.wait(at, now); wait != 0 {
		t.Errorf("woken it rests %v", wait)
	}
}

func TestOnlyFaultsOfTheRelayLetItRest(t *testing.T) {
	for _, c := range []struct {
		e    *SendError
		want bool
	}{
		{nil, false},
		{&SendError{Outcome: Retry, Code: 421}, true},
		{&SendError{Outcome: Retry, Relay: ErrBusy}, true},
		{&SendError{Outcome: Retry, Code: 450}, false},
		{&SendError{Outcome: Rejected, Code: 550}, false},
		{&SendError{Outcome: Uncertain, Code: 421}, false},
	} {
		if got := relayFault(c.e) != nil; got != c.want {
			t.Errorf("%+v: %v", c.e, got)
		}
	}
}
