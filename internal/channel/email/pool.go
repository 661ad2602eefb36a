package email

import (
	"sync"
	"time"

	"lotse/internal/outbox"
)

const (
	maxIdle  = 4                // idle connections kept per relay
	idleTime = 10 * time.Second // how long one is kept
)

// pool keeps connections to relays open for a moment, because sign-in and TLS
// cost more than a short mail.
type pool struct {
	mu   sync.Mutex
	idle map[outbox.Relay][]*link
}

func newPool() *pool { return &pool{idle: map[outbox.Relay][]*link{}} }

// take returns an idle connection, the one used last, or nil.
func (p *pool) take(r outbox.Relay) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[r]
	if len(list) == 0 {
		return nil
	}
	l := list[len(list)-1]
	p.keep(r, list[:len(list)-1])
	l.expiry.Stop()
	return l
}

// give keeps a connection that has finished its mail, or closes it if there
// are enough.
func (p *pool) give(r outbox.Relay, l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle[r]) >= maxIdle {
		go l.quit()
		return
	}
	l.expiry = time.AfterFunc(idleTime, func() { p.expire(r, l) })
	p.idle[r] = append(p.idle[r], l)
}

func (p *pool) expire(r outbox.Relay, l *link) {
	p.mu.Lock()
	list := p.idle[r]
	for i, x := range list {
		if x == l {
			p.keep(r, append(list[:i:i], list[i+1:]...))
			p.mu.Unlock()
			l.quit()
			return
		}
	}
	p.mu.Unlock() // somebody took it at the same moment
}

// keep stores a relay's list; the relay holds secrets, so an empty one goes.
func (p *pool) keep(r outbox.Relay, list []*link) {
	if len(list) == 0 {
		delete(p.idle, r)
		return
	}
	p.idle[r] = list
}
