package email

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	maxRecipients = 100
	maxReceived   = 50 // Received fields before a mail counts as looping
	stopGrace     = 10 * time.Second
)

// server is the SMTP server (RFC 5321).
type server struct {
	adapter *Adapter
	ready   chan struct{}
	once    sync.Once
	address string          // valid once ready is closed
	work    context.Context // of running transactions; outlives the stop by the grace
}

func newServer(a *Adapter) *server { return &server{adapter: a, ready: make(chan struct{})} }

// Address returns where the server listens, "" if it does not.
func (a *Adapter) Address() string { return a.server.address }

// Ready is closed when the listener is open, or at once if there is none.
func (a *Adapter) Ready() <-chan struct{} { return a.server.ready }

// Receive serves SMTP until ctx ends. It then takes no more connections,
// tells idle peers to come back and lets running transfers finish for up to
// ten seconds. Without an address to listen on it only waits. It may be called once.
func (a *Adapter) Receive(ctx context.Context) error {
	if a.listen == "" {
		a.server.announce("")
		<-ctx.Done()
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.listen)
	if err != nil {
		return fmt.Errorf("opening the SMTP port: %w", err)
	}
	return a.server.serve(ctx, l)
}

func (s *server) announce(address string) {
	s.once.Do(func() {
		s.address = address
		close(s.ready)
	})
}

func (s *server) serve(ctx context.Context, l net.Listener) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.work = work
	g := newGuard(l)
	srv := s.library()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(g) }()
	s.announce(l.Addr().String())
	s.adapter.log.Info("smtp server listens", "address", l.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serving SMTP: %w", err)
	case <-ctx.Done():
	}
	stopped, end := context.WithCancel(context.Background())
	end() // Shutdown closes the listener; the guard does the waiting
	_ = srv.Shutdown(stopped)
	g.drain(stopGrace)
	<-failed
	return nil
}

// library configures go-smtp. Line length and timeouts are the guard's.
func (s *server) library() *smtp.Server {
	srv := smtp.NewServer(smtp.BackendFunc(s.newSession))
	srv.Domain = s.adapter.hostname
	srv.TLSConfig = s.adapter.env.TLS
	srv.MaxRecipients = maxRecipients
	srv.MaxMessageBytes = s.adapter.maxBytes
	srv.MaxLineLength = 0
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = quiet{s.adapter.log}
	return srv
}

// quiet passes on the library's log without the peers' addresses it names.
type quiet struct{ log *slog.Logger }

// Printf logs a panic with its stack; of anything else only that it happened.
func (q quiet) Printf(format string, v ...any) {
	if strings.HasPrefix(format, "panic") && len(v) == 3 {
		q.log.Error("smtp session panicked", "panic", v[1], "stack", fmt.Sprintf("%s", v[2]))
		return
	}
	if strings.HasPrefix(format, "accept") && len(v) > 0 {
		q.log.Warn("smtp server cannot accept connections", "error", v[0])
		return
	}
	q.log.Debug("smtp connection ended with an error")
}

// Println is part of the library's logger interface.
func (q quiet) Println(...any) { q.log.Debug("smtp connection ended with an error") }
