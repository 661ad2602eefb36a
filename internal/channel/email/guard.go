package email

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Limits on peers. The timeouts follow RFC 5321 §4.5.3.2; when most places are
// taken, those who say nothing have to leave sooner.
const (
	maxConns        = 512
	maxConnsPerPeer = 64
	idleTimeout     = 5 * time.Minute
	busyTimeout     = 20 * time.Second
	writeTimeout    = time.Minute
	chatBudget      = 64 << 10 // bytes of commands between two that make progress
)

var errBudget = errors.New("more input than a mail transaction takes")

// guard is a listener that keeps its connections within the limits above. The
// SMTP library sets one deadline per command, even for DATA; the guard sets its
// own per read, and bounds what a peer may send, which also bounds the length
// of a command line.
type guard struct {
	net.Listener
	mu      sync.Mutex
	conns   map[*guarded]struct{}
	peers   map[netip.Addr]int
	busy    atomic.Bool
	leaving atomic.Bool // the server is stopping
	wg      sync.WaitGroup
}

func newGuard(l net.Listener) *guard {
	return &guard{Listener: l, conns: map[*guarded]struct{}{}, peers: map[netip.Addr]int{}}
}

// Accept returns the next connection for which there is room; others hear 421.
func (g *guard) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &guarded{Conn: conn, guard: g, peer: peerOf(conn)}
		c.budget.Store(chatBudget)
		if g.admit(c) {
			return c, nil
		}
		go turnAway(conn)
	}
}

func turnAway(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(conn, "421 4.7.0 Too many connections, try again later\r\n")
	_ = conn.Close()
}

func (g *guard) admit(c *guarded) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.leaving.Load() || len(g.conns) >= maxConns || g.peers[c.peer] >= maxConnsPerPeer {
		return false
	}
	g.conns[c] = struct{}{}
	g.peers[c.peer]++
	g.busy.Store(len(g.conns) > maxConns*3/4)
	g.wg.Add(1)
	return true
}

func (g *guard) leave(c *guarded) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, there := g.conns[c]; !there {
		return
	}
	delete(g.conns, c)
	if g.peers[c.peer]--; g.peers[c.peer] <= 0 {
		delete(g.peers, c.peer)
	}
	g.busy.Store(len(g.conns) > maxConns*3/4)
	g.wg.Done()
}

// drain lets running transfers finish until the time is up and then closes
// what is left. Peers that are not in the middle of a mail hear 421 at once.
func (g *guard) drain(grace time.Duration) {
	g.mu.Lock()
	g.leaving.Store(true)
	for c := range g.conns {
		c.wake()
	}
	g.mu.Unlock()
	done := make(chan struct{})
	go func() { g.wg.Wait(); close(done) }()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	}
	g.mu.Lock()
	left := make([]*guarded, 0, len(g.conns))
	for c := range g.conns {
		left = append(left, c)
	}
	g.mu.Unlock()
	for _, c := range left {
		_ = c.Close()
	}
}

// peerOf returns the network peer: one IPv4 address, or one IPv6 network of 64
// bits, which is what one customer of a provider has.
func peerOf(conn net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}

// guarded is one connection from a peer.
type guarded struct {
	net.Conn
	guard  *guard
	peer   netip.Addr
	budget atomic.Int64 // bytes the peer may still send before it makes progress
	inData atomic.Bool  // a mail is coming in
	hangUp atomic.Bool  // close after the answer at hand
}

// Read reads within deadline and budget.
func (c *guarded) Read(b []byte) (int, error) {
	if c.hangUp.Load() {
		return 0, io.EOF
	}
	if c.budget.Load() <= 0 {
		return 0, errBudget
	}
	timeout := idleTimeout
	if c.guard.busy.Load() {
		timeout = busyTimeout
	}
	_ = c.Conn.SetReadDeadline(time.Now().Add(timeout))
	if c.guard.leaving.Load() && !c.inData.Load() {
		return 0, os.ErrDeadlineExceeded // the library answers 421
	}
	n, err := c.Conn.Read(b)
	c.budget.Add(-int64(n))
	return n, err
}

// Write writes within a deadline.
func (c *guarded) Write(b []byte) (int, error) {
	_ = c.Conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	return c.Conn.Write(b)
}

// Close closes the connection and frees its place.
func (c *guarded) Close() error {
	err := c.Conn.Close()
	c.guard.leave(c)
	return err
}

// progress grants the peer the budget for the next step.
func (c *guarded) progress(bytes int64) { c.budget.Store(bytes) }

// wake ends a pending read of a peer that sends no mail.
func (c *guarded) wake() {
	if !c.inData.Load() {
		_ = c.Conn.SetReadDeadline(time.Now())
	}
}
