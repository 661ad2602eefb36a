package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"lotse/internal/catalog"
)

// Limits on a server. A command is answered at once by a server that is well; a
// mail may take its time, as long as bytes keep coming.
const (
	dialTime  = 10 * time.Second // also for looking up the name
	bodyTime  = time.Minute
	writeTime = 30 * time.Second
)

// keepAlive finds out within a minute that the machine at the other end is gone.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 20 * time.Second, Interval: 10 * time.Second, Count: 3}

// wire is a connection with a limit of its own on each read and write. The IMAP
// library sets deadlines too, but none while it waits for an answer, and one that
// runs on while we are slow to take what it has read; they do nothing here.
type wire struct {
	net.Conn
	mu    sync.Mutex
	limit time.Duration // of one read; zero: for ever
}

// lookUp makes sure that a server's name exists.
func lookUp(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	_, err := net.DefaultResolver.LookupHost(ctx, host)
	return err
}

// dial opens a connection to a server whose name is known to exist.
// The limit is that of the first reads.
func dial(ctx context.Context, host string, port int, limit time.Duration) (*wire, error) {
	d := net.Dialer{Timeout: dialTime, KeepAliveConfig: keepAlive}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return &wire{Conn: conn, limit: limit}, nil
}

// expect sets how long a read may take, the one under way too; zero is for ever.
func (w *wire) expect(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = d
	w.arm()
}

func (w *wire) arm() {
	deadline := time.Time{}
	if w.limit > 0 {
		deadline = time.Now().Add(w.limit)
	}
	_ = w.Conn.SetReadDeadline(deadline)
}

// Read reads within the limit.
func (w *wire) Read(b []byte) (int, error) {
	w.mu.Lock()
	w.arm()
	w.mu.Unlock()
	n, err := w.Conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		_ = w.Conn.Close() // or the library would read once more
	}
	return n, err
}

// Write writes within its limit.
func (w *wire) Write(b []byte) (int, error) {
	_ = w.Conn.SetWriteDeadline(time.Now().Add(writeTime))
	return w.Conn.Write(b)
}

// SetDeadline does nothing: our own limits rule.
func (w *wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: our own limits rule.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: our own limits rule.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// tlsConfig says whom we trust to be the server. Certificates are always checked.
func (f *Fetchers) tlsConfig(host string) *tls.Config {
	return &tls.Config{ServerName: host, RootCAs: f.Roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"imap"}}
}

// mayTell reports whether a secret may be told to the server: over TLS, or if the
// server is this machine.
func mayTell(r catalog.ReceiveSettings) bool {
	if r.Security != catalog.NoSecurity || r.Host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(r.Host, "[]"))
	return err == nil && addr.IsLoopback()
}
