package email

import (
	"context"
	"slices"
	"sync"
	"time"
)

// How much of large mails may be on its way at the same moment, in bytes, and how
// many wait for room here and how long; more come back later. Small mails always
// go: an answer must not wait for somebody's large attachments.
const (
	largeMail  = 1 << 20
	maxLarge   = 128 << 20
	maxWaiting = 8
	waitTime   = 20 * time.Second
)

// room bounds what large mails take of disk and line together.
type room struct {
	mu      sync.Mutex
	taken   int64
	waiting []*waiter // the first is let in first
}

type waiter struct {
	size int64
	in   chan struct{} // closed when it has its room
}

// take reserves room for a mail of about size bytes and returns how to give it
// back. It reports false if there is none, now and within a moment. A mail larger
// than all the room goes alone.
func (r *room) take(ctx context.Context, size int64) (giveBack func(), ok bool) {
	if size < largeMail {
		return func() {}, true
	}
	giveBack = func() { r.change(-size) }
	r.mu.Lock()
	if len(r.waiting) == 0 && r.fits(size) {
		r.taken += size
		r.mu.Unlock()
		return giveBack, true
	}
	if len(r.waiting) >= maxWaiting {
		r.mu.Unlock()
		return nil, false
	}
	w := &waiter{size: size, in: make(chan struct{})}
	r.waiting = append(r.waiting, w)
	r.mu.Unlock()
	return giveBack, r.wait(ctx, w)
}

func (r *room) fits(size int64) bool { return r.taken == 0 || r.taken+size <= maxLarge }

// wait returns true as soon as the waiter has its room, false if it gives up.
func (r *room) wait(ctx context.Context, w *waiter) bool {
	ctx, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	select {
	case <-w.in:
		return true
	case <-ctx.Done():
	}
	r.mu.Lock()
	at := slices.Index(r.waiting, w)
	if at >= 0 {
		r.waiting = slices.Delete(r.waiting, at, at+1)
	}
	r.mu.Unlock()
	r.change(0) // who stood behind it may fit
	return at < 0
}

// change takes room or gives it back, and lets in who fits now.
func (r *room) change(by int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken += by
	for len(r.waiting) > 0 && r.fits(r.waiting[0].size) {
		r.taken += r.waiting[0].size
		close(r.waiting[0].in)
		r.waiting = slices.Delete(r.waiting, 0, 1)
	}
}
