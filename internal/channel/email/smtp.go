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
	"golang.org/x/sync/errgroup"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/errs"
)

const (
	maxRecipients = 100
	maxReceived   = 50 // Received fields before a mail counts as looping
	stopGrace     = 10 * time.Second
)

// server is the SMTP server (RFC 5321), or the one for LMTP (RFC 2033).
type server struct {
	adapter *Adapter
	listen  string // where to listen; "" if it does not
	isLMTP  bool
	ready   chan struct{}
	once    sync.Once
	address string          // valid once ready is closed
	work    context.Context // of running transactions; outlives the stop by the grace
}

func newServer(a *Adapter, listen string, isLMTP bool) *server {
	return &server{adapter: a, listen: listen, isLMTP: isLMTP, ready: make(chan struct{})}
}

// Address returns where the SMTP server listens, "" if it does not.
func (a *Adapter) Address() string { return a.server.address }

// Ready is closed when the listeners are open, or at once if there are none.
func (a *Adapter) Ready() <-chan struct{} { return a.ready }

// Receive serves SMTP and LMTP and fetches from mailboxes elsewhere until ctx
// ends. It then takes no more connections, tells idle peers to come back and lets
// running transfers finish for up to ten seconds. It may be called once.
func (a *Adapter) Receive(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range []*server{a.server, a.lmtp} {
		g.Go(func() error { return s.receive(ctx) })
	}
	g.Go(func() error {
		for _, s := range []*server{a.server, a.lmtp} {
			select {
			case <-s.ready:
			case <-ctx.Done():
				return nil
			}
		}
		a.opened.Do(func() { close(a.ready) })
		if a.fetchers != nil {
			a.fetchers.Run(ctx)
		}
		return nil
	})
	return g.Wait()
}

// TestReceive tries, step by step, whether mail can be fetched from a mailbox
// elsewhere.
func (a *Adapter) TestReceive(ctx context.Context, r catalog.ReceiveSettings) []mailbox.Result {
	if a.fetchers == nil {
		return []mailbox.Result{mailbox.Failed(mailbox.Connect, errs.New(errs.Unavailable, "mailbox.fault.no_fetcher"))}
	}
	return a.fetchers.TestReceive(ctx, r)
}

func (s *server) receive(ctx context.Context) error {
	if s.listen == "" {
		s.announce("")
		<-ctx.Done()
		return nil
	}
	l, err := s.open(ctx)
	if err != nil {
		return fmt.Errorf("opening the %s port: %w", s.protocol(), err)
	}
	return s.serve(ctx, l)
}

func (s *server) open(ctx context.Context) (net.Listener, error) {
	if s.isLMTP {
		return listenLMTP(ctx, s.listen)
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
}

func (s *server) protocol() string {
	if s.isLMTP {
		return "LMTP"
	}
	return "SMTP"
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
	s.adapter.log.Info("mail server listens", "protocol", s.protocol(), "address", l.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serving %s: %w", s.protocol(), err)
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
	srv.LMTP = s.isLMTP
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
