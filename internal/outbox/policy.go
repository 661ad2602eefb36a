package outbox

import (
	"regexp"
	"sync"
	"time"

	"lotse/internal/platform/ids"
)

// pauses are the waits after each failed attempt; after the last one the
// delivery has failed. Together they are three days: less than the four to five
// of RFC 5321 §4.5.4.1, because here a person sees the failure and can act.
var pauses = []time.Duration{
	30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	4 * time.Hour, 8 * time.Hour, 8 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

// patience is how long a delivery waits for a relay that can't be used.
var patience = func() (sum time.Duration) {
	for _, p := range pauses {
		sum += p
	}
	return sum
}()

// greyPause is the shortest wait after a server asked us to come back: the usual
// greylisting lets in who comes back after five minutes (RFC 6647 §5), and starts
// again for who comes too early.
const greyPause = 5*time.Minute + 10*time.Second

// Reasons of a delivery that waits, below "bounce.reason.".
const (
	Greylisted = "greylisted" // the server takes mail of strangers at the second attempt only
	Resting    = "resting"    // nobody tried: its relay was just found unusable
)

// expired is the reason of a delivery that was tried often enough.
const expired = "expired"

var greyWords = regexp.MustCompile(`(?i)gr[ae]y-?\s?list|postgrey|come back (later|in)|first time .*try again`)

// greylists reports whether an answer is greylisting (RFC 6647 §2.7): a passing
// refusal that says so, or has the status servers give with it.
func greylists(e *SendError) bool {
	switch e.Code {
	case 421, 450, 451, 452:
		return e.Status == "4.7.1" || greyWords.MatchString(e.Words)
	}
	return false
}

// pauseAfter returns how long a delivery waits after its n-th attempt, counted from
// 0; false if it has been tried often enough.
func pauseAfter(n int64, e *SendError) (time.Duration, bool) {
	if n >= int64(len(pauses)) {
		return 0, false
	}
	if greylists(e) {
		return max(pauses[n], greyPause), true
	}
	return pauses[n], true
}

const (
	shortRest = 10 * time.Second // after the first fault of a relay
	longRest  = 5 * time.Minute  // at most
	trialTime = 15 * time.Second // how long others wait for the outcome of the one that tries
)

// place is a relay as far as its faults go: one user of one server.
type place struct {
	host string
	port int
	user string
}

func placeOf(r Relay) place { return place{r.Host, r.Port, r.User} }

// rest is what is known of a relay that could not be used.
type rest struct {
	until time.Time
	pause time.Duration
	trial bool       // one delivery is trying whether it works again
	fault *SendError // the last one
}

// rests lets relays rest that could not be used (421, no connection, sign-in
// refused), so that a thousand mails do not knock at a closed door one by one:
// after each rest one of them tries. It is of this process alone.
type rests struct {
	mu  sync.Mutex
	all map[place]*rest
}

func newRests() *rests { return &rests{all: map[place]*rest{}} }

// wait returns how long a delivery has to wait for a relay and why; 0 if it may
// try. Whoever may try must say at the end what came of it: tried or untried.
func (r *rests) wait(p place, now time.Time) (time.Duration, *SendError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.all[p]
	switch {
	case x == nil:
		return 0, nil
	case now.Before(x.until):
		return x.until.Sub(now), x.fault
	case x.trial:
		return trialTime, x.fault
	}
	x.trial = true
	return 0, nil
}

// tried notes what an attempt says of a relay: a fault of its own, or that it can
// be used.
func (r *rests) tried(p place, now time.Time, fault *SendError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.all[p]
	switch {
	case fault == nil:
		delete(r.all, p)
	case x == nil:
		r.all[p] = &rest{until: now.Add(shortRest), pause: shortRest, fault: fault}
	case now.Before(x.until): // others found out at the same time
		x.trial = false
	default:
		x.pause = min(2*x.pause, longRest)
		x.until, x.trial, x.fault = now.Add(x.pause), false, fault
	}
}

// untried lets the next one try: who was let in never got as far as the relay.
func (r *rests) untried(p place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.all[p]; x != nil {
		x.trial = false
	}
}

// wake ends all rests: a person wants to see what happens now.
func (r *rests) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.all {
		x.until, x.trial = time.Time{}, false
	}
}

// relayFault returns what is wrong with the relay itself, nil if an attempt says
// nothing bad of it. An answer of 421 closes the connection whatever it was to.
func relayFault(e *SendError) *SendError {
	if e != nil && e.Outcome == Retry && (e.Relay != nil || e.Code == 421) {
		return e
	}
	return nil
}

// spread makes deliveries that wait for the same relay come back one after another
// within a quarter of the wait.
func spread(wait time.Duration, id ids.ID) time.Duration {
	return wait + wait*time.Duration(id[len(id)-1])/1024
}
