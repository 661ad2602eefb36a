package webhook

import (
	"sync"
	"time"

	"lotse/internal/platform/clock"
)

const (
	// hookPerMinute is how many payloads one hook takes, and how many at once.
	hookPerMinute = 1200
	// refusedPerMinute is how often one network may knock in vain.
	refusedPerMinute = 60
	// maxBuckets bounds what is remembered.
	maxBuckets = 20_000
)

// limits counts in memory, so each node counts for itself: buckets that fill evenly.
type limits struct {
	clock   clock.Clock
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimits(c clock.Clock) *limits { return &limits{clock: c, buckets: map[string]*bucket{}} }

// take uses up one of perMinute and returns how long to wait if there is none.
func (l *limits) take(name string, perMinute float64) time.Duration {
	return l.ask(name, perMinute, 1)
}

// full returns how long to wait if there is none, and uses up nothing.
func (l *limits) full(name string, perMinute float64) time.Duration {
	return l.ask(name, perMinute, 0)
}

func (l *limits) ask(name string, perMinute, use float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	b := l.buckets[name]
	if b == nil {
		if use == 0 {
			return 0
		}
		l.forget(now)
		b = &bucket{left: perMinute, at: now}
		l.buckets[name] = b
	}
	b.left = min(perMinute, b.left+now.Sub(b.at).Minutes()*perMinute)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / perMinute * float64(time.Minute))
	}
	b.left -= use
	return 0
}

// forget drops what is full again, or everything if nothing is: then so many knock
// that who they are no longer tells.
func (l *limits) forget(now time.Time) {
	if len(l.buckets) < maxBuckets {
		return
	}
	for name, b := range l.buckets {
		if now.Sub(b.at) >= time.Minute {
			delete(l.buckets, name)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
