// Package clock is where time comes from, and how it is stored.
//
// Nothing in Lotse calls time.Now for a business purpose: it asks a Clock, so
// that tests stand still and a demo can live through ninety days in a second.
// Times are stored as Stamp, microseconds since 1970 in UTC: one encoding on
// both databases, ordered as numbers, free of zones and drivers.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// System is the machine's clock in UTC.
type System struct{}

// Now returns the current time in UTC, cut to microseconds.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fixed is a clock that moves only when told to. It is safe for concurrent use.
type Fixed struct {
	mu sync.Mutex
	t  time.Time
}

// NewFixed returns a clock that stands at t.
func NewFixed(t time.Time) *Fixed { return &Fixed{t: t.UTC().Truncate(time.Microsecond)} }

// Now returns the time the clock stands at.
func (c *Fixed) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Advance moves the clock by d.
func (c *Fixed) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// Stamp is a stored moment: microseconds since 1970-01-01T00:00:00Z. Zero means
// "not set"; columns tagged nullzero store it as NULL.
type Stamp int64

// At returns the stamp of t, or zero for the zero time.
func At(t time.Time) Stamp {
	if t.IsZero() {
		return 0
	}
	return Stamp(t.UnixMicro())
}

// Now returns the stamp of c's current time.
func Now(c Clock) Stamp { return At(c.Now()) }

// Time returns the moment in UTC, or the zero time if the stamp is not set.
func (s Stamp) Time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(s)).UTC()
}

// Add returns the stamp d later.
func (s Stamp) Add(d time.Duration) Stamp { return s + Stamp(d.Microseconds()) }

// IsZero reports whether the stamp is not set.
func (s Stamp) IsZero() bool { return s == 0 }
