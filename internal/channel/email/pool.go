package email

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"lotse/internal/outbox"
)

const (
	maxOpen    = 10               // connections to one relay at once
	idleTime   = 10 * time.Second // how long one is kept without a mail
	narrowTime = 10 * time.Minute // how long a busy server is spared that takes fewer
	// takeTime is how long a mail waits here for a connection, before it comes back later:
	// whoever waits keeps the mails for other servers from being sent.
	takeTime = time.Second
)

// pool keeps connections to relays: open for a moment after each mail, because
// sign-in and TLS cost more than a short mail, and no more at once than a server
// takes. How many that are a server says by refusing one.
type pool struct {
	mu    sync.Mutex
	lanes map[outbox.Relay]*lane // holds secrets: one without connections goes
}

// lane is the connections to one relay.
type lane struct {
	idle  []*link
	open  int           // connections, idle ones and those being opened too
	ready int           // of these, the ones the server let in
	limit int           // that the server takes, as far as we know
	until time.Time     // when limit is forgotten
	freed chan struct{} // closed when a connection becomes idle or is closed
}

func newPool() *pool { return &pool{lanes: map[outbox.Relay]*lane{}} }

// take returns an idle connection, the one used last, or nil and a place for a new
// one, which release gives back. It waits a moment until there is either; after that
// the error is outbox.ErrBusy.
func (p *pool) take(ctx context.Context, r outbox.Relay) (*link, error) {
	return await(ctx, func() (*link, <-chan struct{}) { return p.try(r) })
}

// await asks again and again, as soon as it can make a difference, until there is
// nothing to wait for.
func await(ctx context.Context, ask func() (*link, <-chan struct{})) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	for {
		l, freed := ask()
		if freed == nil {
			return l, nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, outbox.ErrBusy
		}
	}
}

// try is take without waiting: it returns what to wait for if there is nothing.
func (p *pool) try(r outbox.Relay) (l *link, freed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.lanes[r]
	if x == nil {
		x = &lane{limit: maxOpen, freed: make(chan struct{})}
		p.lanes[r] = x
	}
	if time.Now().After(x.until) {
		x.limit = maxOpen
	}
	if l = x.pop(); l != nil {
		return l, nil
	}
	if x.open >= x.limit {
		return nil, x.freed
	}
	x.open++
	return nil, nil
}

// give keeps a connection that has finished its mail.
func (p *pool) give(r outbox.Relay, l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.lanes[r]
	l.expiry = time.AfterFunc(idleTime, func() { p.expire(r, l) })
	x.idle = append(x.idle, l)
	x.wake()
}

func (p *pool) expire(r outbox.Relay, l *link) {
	p.mu.Lock()
	found := false
	if x := p.lanes[r]; x != nil {
		for i, other := range x.idle {
			if other == l {
				x.idle, found = append(x.idle[:i:i], x.idle[i+1:]...), true
				break
			}
		}
	}
	p.mu.Unlock()
	if found { // else somebody took it at the same moment
		l.quit()
	}
}

// opened notes that the server let a new connection in.
func (p *pool) opened(r outbox.Relay) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lanes[r].ready++
}

// release gives the place of a connection back that is closed, or was never let in.
func (p *pool) release(r outbox.Relay, wasReady bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.lanes[r]
	x.open--
	if wasReady {
		x.ready--
	}
	x.wake()
	if x.open == 0 {
		delete(p.lanes, r)
	}
}

// narrow notes that a relay takes no more connections than it has of ours: it is not
// asked for more for a while. The refused connection is closed already.
func (p *pool) narrow(r outbox.Relay) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.lanes[r]; x != nil {
		x.limit, x.until = max(x.ready, 1), time.Now().Add(narrowTime)
	}
}

// other returns one of the connections that there are, as take does; nil if the relay
// has let none in.
func (p *pool) other(ctx context.Context, r outbox.Relay) (*link, error) {
	return await(ctx, func() (*link, <-chan struct{}) { return p.tryOther(r) })
}

func (p *pool) tryOther(r outbox.Relay) (l *link, freed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.lanes[r]
	if x == nil {
		return nil, nil
	}
	if l = x.pop(); l != nil {
		return l, nil
	}
	return nil, x.freed
}

// pop takes the idle connection that was used last; nil if there is none.
func (x *lane) pop() *link {
	n := len(x.idle)
	if n == 0 {
		return nil
	}
	l := x.idle[n-1]
	x.idle = x.idle[:n-1]
	l.expiry.Stop()
	return l
}

func (x *lane) wake() {
	close(x.freed)
	x.freed = make(chan struct{})
}

// tooMany reports whether a server refuses a connection because of how many there
// are: 421 (RFC 5321 §3.8), 432 and enhanced code 4.3.2 as Microsoft answers, or in
// words.
func tooMany(err error) bool {
	code := answerCode(err)
	if code/100 != 4 {
		return false
	}
	var answer *smtp.SMTPError
	if errors.As(err, &answer) && answer.EnhancedCode == (smtp.EnhancedCode{4, 3, 2}) {
		return true
	}
	said := strings.ToLower(err.Error())
	return code == 421 || code == 432 || strings.Contains(said, "too many") || strings.Contains(said, "concurrent")
}
