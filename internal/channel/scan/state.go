package scan

import (
	"errors"
	"sync"
	"time"

	"lotse/internal/platform/clock"
)

// rest is how long a scanner that can't be reached is left alone, so that mails
// do not wait for it one after the other.
const rest = 10 * time.Second

var errResting = errors.New("it could not be reached a moment ago")

// State says whether a scanner answers.
type State struct {
	Name   string    // "clamd" or "rspamd"
	Away   bool      // the last question found no answer
	Since  time.Time // it went away; zero if it is there
	Reason string    // in words of the network, for administrators
}

// watch remembers how the last questions to a scanner went.
type watch struct {
	name  string
	clock clock.Clock

	mu     sync.Mutex
	since  time.Time
	reason string
	tried  time.Time // it could not be reached; zero if that is not what failed
}

// resting reports whether to spare the attempt.
func (w *watch) resting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.tried.IsZero() && w.clock.Now().Sub(w.tried) < rest
}

// note takes down how a question went; unreached is a failure to even ask it.
func (w *watch) note(err error, unreached bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tried = time.Time{}
	if err == nil {
		w.since, w.reason = time.Time{}, ""
		return
	}
	now := w.clock.Now()
	if w.reason = err.Error(); w.since.IsZero() {
		w.since = now
	}
	if unreached {
		w.tried = now
	}
}

func (w *watch) state() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return State{Name: w.name, Away: !w.since.IsZero(), Since: w.since, Reason: w.reason}
}
