package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// limits bounds the requests of each key: a bucket that holds a minute's worth
// and fills evenly. It counts in memory, so each node counts for itself.
type limits struct {
	clock   clock.Clock
	mu      sync.Mutex
	buckets map[ids.ID]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimits(c clock.Clock) *limits { return &limits{clock: c, buckets: map[ids.ID]*bucket{}} }

// take uses up one request and returns how many are left, and how long to wait
// until the next if there was none.
func (l *limits) take(key access.Key) (left int, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, most := l.clock.Now(), float64(key.PerMinute)
	b := l.buckets[key.ID]
	if b == nil {
		b = &bucket{left: most, at: now}
		l.buckets[key.ID] = b
	}
	b.left = min(most, b.left+now.Sub(b.at).Minutes()*most)
	b.at = now
	if b.left < 1 {
		return 0, time.Duration((1 - b.left) / most * float64(time.Minute))
	}
	b.left--
	return int(b.left), 0
}

// admit counts a request and says how many are left, in the fields of the draft
// standard (RateLimit, RateLimit-Policy). It reports whether the request may pass.
func (l *limits) admit(ctx context.Context, w http.ResponseWriter, key access.Key) bool {
	left, wait := l.take(key)
	seconds := int(math.Ceil(wait.Seconds()))
	h := w.Header()
	h.Set("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=60`, key.PerMinute))
	h.Set("RateLimit", fmt.Sprintf(`"key";r=%d;t=%d`, left, max(seconds, 1)))
	if wait == 0 {
		return true
	}
	h.Set("Retry-After", strconv.Itoa(max(seconds, 1)))
	newProblem(ctx, http.StatusTooManyRequests, i18n.From(ctx).N("api.too_many", max(seconds, 1))).write(w)
	return false
}
