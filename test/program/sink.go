package program

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/mail"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Received is one mail the sink took.
type Received struct {
	From   string
	To     string
	ID     string // Message-ID with brackets
	Header mail.Header
	Body   []byte
	At     time.Time
}

// Sink is a mail server that takes everything and remembers it. It outlives the
// desks that send to it.
type Sink struct {
	Port  int
	Delay time.Duration // before it answers a mail with 250; set it before mail comes

	server *smtp.Server
	mu     sync.Mutex
	mails  []Received
	seen   map[string]int
	light  bool
	woken  chan struct{} // closed and replaced at every mail
}

// NewSink opens a sink on a port of this machine. A light one keeps only the ids
// of the mails, for measuring.
func NewSink(light bool) (*Sink, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", Local(port))
	if err != nil {
		return nil, err
	}
	s := &Sink{Port: port, light: light, seen: map[string]int{}, woken: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: s}, nil }))
	s.server.Domain = "sink.example"
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	go s.server.Serve(l) //nolint:errcheck // it ends with Close
	return s, nil
}

// Close ends the sink.
func (s *Sink) Close() { _ = s.server.Close() }

// Mails returns what came in so far, oldest first.
func (s *Sink) Mails() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.mails...)
}

// Seen returns how often each Message-ID (with brackets) came in.
func (s *Sink) Seen() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[string]int, len(s.seen))
	for id, n := range s.seen {
		seen[id] = n
	}
	return seen
}

// Distinct returns how many different mails came in.
func (s *Sink) Distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// Wait returns true as soon as n different mails came in, false when the time is up.
func (s *Sink) Wait(n int, timeout time.Duration) bool {
	deadline := time.After(timeout)
	for {
		s.mu.Lock()
		enough, woken := len(s.seen) >= n, s.woken
		s.mu.Unlock()
		if enough {
			return true
		}
		select {
		case <-woken:
		case <-deadline:
			return false
		}
	}
}

func (s *Sink) take(from, to string, raw []byte) {
	got := Received{From: from, To: to, At: time.Now()}
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		got.ID = m.Header.Get("Message-Id")
		if !s.light {
			got.Header = m.Header
			got.Body, _ = io.ReadAll(m.Body) // memory does not fail
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[got.ID]++
	if !s.light {
		s.mails = append(s.mails, got)
	}
	close(s.woken)
	s.woken = make(chan struct{})
}

type sinkSession struct {
	sink     *Sink
	from, to string
}

func (s *sinkSession) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error   { s.to = to; return nil }
func (s *sinkSession) Reset()                                      {}
func (s *sinkSession) Logout() error                               { return nil }

// Data counts a mail once its final dot was read: from there on the desk has to
// think of it as sent, even if our answer never reaches it.
func (s *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.sink.take(s.from, s.to, raw)
	if s.sink.Delay > 0 {
		time.Sleep(s.sink.Delay)
	}
	return nil
}
