// Package live tells open screens that something changed.
//
// A signal says what changed, never what it says: a screen that hears one asks
// for the page again and is shown what its user may see. Signals may be merged
// or lost; a page is right without them. Between nodes on PostgreSQL they travel
// by NOTIFY (see postgres.go), sent after commit from a connection of their own.
package live

import (
	"sync"

	"lotse/internal/platform/ids"
)

// Signal says that one thing changed.
type Signal struct {
	Topic string `json:"t"` // what kind of thing, such as "case"
	Brand ids.ID `json:"b"`
	ID    ids.ID `json:"i"` // which one; zero for "some"
}

// Hub hands signals to whoever listens in this process.
type Hub struct {
	mu        sync.Mutex
	listeners map[*Listener]struct{}
	relay     func(Signal)
	closed    bool
}

// NewHub returns a hub without listeners.
func NewHub() *Hub { return &Hub{listeners: map[*Listener]struct{}{}} }

// Listener receives signals of one brand.
type Listener struct {
	brand ids.ID
	c     chan Signal
	hub   *Hub
}

// backlog is how many signals a slow listener may lag behind before further
// ones are dropped.
const backlog = 64

// Listen returns a listener to the brand's signals. Close it.
func (h *Hub) Listen(brand ids.ID) *Listener {
	l := &Listener{brand: brand, c: make(chan Signal, backlog), hub: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(l.c)
		return l
	}
	h.listeners[l] = struct{}{}
	return l
}

// C yields signals. It is closed when the hub closes.
func (l *Listener) C() <-chan Signal { return l.c }

// Close ends the listening.
func (l *Listener) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	delete(l.hub.listeners, l)
}

// Send hands the signal to every listener and to the other nodes. It never
// blocks.
func (h *Hub) Send(s Signal) {
	h.spread(s)
	h.mu.Lock()
	relay := h.relay
	h.mu.Unlock()
	if relay != nil {
		relay(s)
	}
}

func (h *Hub) spread(s Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		if l.brand != s.Brand {
			continue
		}
		select {
		case l.c <- s:
		default: // a screen that lags asks for the whole page anyway
		}
	}
}

// Listeners returns how many listen.
func (h *Hub) Listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners)
}

// Close ends all listening, so that open streams finish before the web server
// stops.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for l := range h.listeners {
		close(l.c)
		delete(h.listeners, l)
	}
}
