// Package live tells open screens that something changed.
//
// A signal says what changed, never what it says: a screen that hears one asks
// for the page again and is shown what its user may see. Signals may be merged
// or lost; a page is right without them. What happens between the reading of a
// page and its first listening is told afterwards: a page remembers the Position
// it was read at and listens from there. Between nodes on PostgreSQL they travel
// by NOTIFY (see postgres.go), sent after commit from a connection of their own.
package live

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

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
	boot      string // tells the positions of this hub from those of others
	count     uint64 // of signals so far
	recent    [remembered]Signal
}

// remembered is how many signals a late listener can be told of.
const remembered = 512

// NewHub returns a hub without listeners.
func NewHub() *Hub {
	return &Hub{listeners: map[*Listener]struct{}{}, boot: ids.Random().String()[:8]}
}

// Listener receives signals of one brand, or of all.
type Listener struct {
	// Missed says that something may have happened since the position listened
	// from that can't be told any more: take everything for changed.
	Missed bool

	brand  ids.ID
	c      chan Signal
	hub    *Hub
	lagged atomic.Bool
}

// backlog is how many signals a slow listener may lag behind before further
// ones are dropped.
const backlog = 64

// Position returns where the stream of signals stands now. Take it before
// reading what a page shows.
func (h *Hub) Position() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.boot + "-" + strconv.FormatUint(h.count, 10)
}

// Listen returns a listener to the brand's signals (the zero brand: to all) from
// a position on; from now on if that is empty. Close it.
func (h *Hub) Listen(brand ids.ID, from string) *Listener {
	l := &Listener{brand: brand, c: make(chan Signal, backlog), hub: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(l.c)
		return l
	}
	if from != "" {
		l.Missed = !h.replay(l, from)
	}
	h.listeners[l] = struct{}{}
	return l
}

// replay tells l what came after a position, and reports whether that is all
// there was.
func (h *Hub) replay(l *Listener, from string) bool {
	boot, number, _ := strings.Cut(from, "-")
	seen, err := strconv.ParseUint(number, 10, 64)
	if err != nil || boot != h.boot || seen > h.count || h.count-seen > remembered {
		return false
	}
	for i := seen; i < h.count; i++ {
		if s := h.recent[i%remembered]; l.hears(s) && !l.offer(s) {
			return false
		}
	}
	return true
}

func (l *Listener) hears(s Signal) bool { return l.brand.IsZero() || l.brand == s.Brand }

func (l *Listener) offer(s Signal) bool {
	select {
	case l.c <- s:
		return true
	default: // a screen that lags asks for the whole page anyway
		l.lagged.Store(true)
		return false
	}
}

// C yields signals. It is closed when the hub closes.
func (l *Listener) C() <-chan Signal { return l.c }

// Lagged reports whether signals were dropped since it was last asked, because
// too many waited: then anything may have changed.
func (l *Listener) Lagged() bool { return l.lagged.Load() && l.lagged.Swap(false) }

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
	h.recent[h.count%remembered] = s
	h.count++
	for l := range h.listeners {
		if l.hears(s) {
			l.offer(s)
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
