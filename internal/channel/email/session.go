package email

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"

	"lotse/internal/catalog"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
)

const maxRefused = 20 // unknown recipients before a peer has to go

// Answers to peers.
var (
	tryLater     = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Not able to keep mail right now, please try again later"}
	localError   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Local error, please try again later"}
	unknownUser  = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
	tooLarge     = &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "Message is too large"}
	mailLoop     = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 4, 6}, Message: "Too many hops, this message is looping"}
	tooManyBad   = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too many unknown recipients, good bye"}
	transferLost = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "The transfer broke off, please try again"}
)

// session is one conversation. The library calls it from one goroutine at a
// time.
type session struct {
	server  *server
	conn    *guarded
	hello   string
	tls     bool
	refused int

	mu      sync.Mutex // a chunked transfer (BDAT) may be reset while Data runs
	current envelope
}

// envelope is the transaction at hand.
type envelope struct {
	from   string
	size   int64 // as declared, 0 if it was not
	routes []route
}

// route is the recipients of one account.
type route struct {
	account catalog.Account
	to      []string
}

func (s *server) newSession(c *smtp.Conn) (smtp.Session, error) {
	conn, encrypted := c.Conn(), false
	if t, ok := conn.(*tls.Conn); ok {
		conn, encrypted = t.NetConn(), true
	}
	g, ok := conn.(*guarded)
	if !ok {
		return nil, localError
	}
	g.progress(chatBudget)
	return &session{server: s, conn: g, hello: c.Hostname(), tls: encrypted}, nil
}

// Mail begins a transaction. The library has checked the declared size.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = envelope{from: from, size: opts.Size}
	return nil
}

// Rcpt takes a recipient if it belongs to an active account.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	accounts, err := s.server.adapter.host.Accounts(s.server.work, Kind)
	if err != nil {
		return s.answer(err, "looking up accounts")
	}
	account, ok := findAccount(accounts, to)
	if !ok {
		if s.refused++; s.refused > maxRefused {
			s.conn.hangUp.Store(true)
			return tooManyBad
		}
		return unknownUser
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.add(account, to)
	s.conn.progress(chatBudget)
	return nil
}

// findAccount returns the account mail for addr belongs to. Postmaster of any
// domain we receive for is taken by the first account there (RFC 5321 §4.5.1).
func findAccount(accounts []catalog.Account, addr string) (catalog.Account, bool) {
	ascii, ok := cleanAddr(addr)
	if !ok {
		ascii = addr
	}
	for _, a := range accounts {
		if takes(a) && (a.Receives(addr) || a.Receives(ascii)) {
			return a, true
		}
	}
	local, domain, _ := strings.Cut(strings.ToLower(addr), "@")
	if local != "postmaster" {
		return catalog.Account{}, false
	}
	for _, a := range accounts {
		for _, own := range append([]string{a.Address}, a.Aliases...) {
			if takes(a) && strings.HasSuffix(own, "@"+domain) {
				return a, true
			}
		}
	}
	return catalog.Account{}, false
}

// takes reports whether mail may come to an account at all.
func takes(a catalog.Account) bool { return a.Active && a.Receive.Way != catalog.ByNone }

func (e *envelope) add(account catalog.Account, to string) {
	for i := range e.routes {
		if e.routes[i].account.ID == account.ID {
			e.routes[i].to = append(e.routes[i].to, to)
			return
		}
	}
	e.routes = append(e.routes, route{account, []string{to}})
}

// Data takes the mail. It returns nil, and so the peer hears 250, only after
// every account concerned has it on disk.
func (s *session) Data(r io.Reader) error {
	return s.take(r, func(e envelope, in *input) error {
		return s.answer(s.deliver(e, in), "keeping a mail")
	})
}

// take reads a mail in limits and passes it on.
func (s *session) take(r io.Reader, deliver func(envelope, *input) error) error {
	a := s.server.adapter
	s.mu.Lock()
	e := s.current
	s.mu.Unlock()
	s.conn.inData.Store(true)
	s.conn.progress(4*a.maxBytes + chatBudget)
	in, err := receive(r, e.size, a.maxBytes, a.env.SpoolDir)
	if err != nil {
		return s.answer(err, "taking a mail")
	}
	defer in.close(a.log)
	if countReceived(in.head()) > maxReceived {
		return mailLoop
	}
	return deliver(e, in)
}

// deliver hands the mail to the host once per account, all at the same time,
// so that they share its group commit. Of several failures a passing one wins:
// the peer tries again, and who has the mail already knows it.
func (s *session) deliver(e envelope, in *input) error {
	if len(e.routes) == 1 {
		return s.accept(e.from, e.routes[0], in)
	}
	results := make(chan error, len(e.routes))
	for _, r := range e.routes {
		go func() { results <- s.accept(e.from, r, in) }()
	}
	var worst error
	for range e.routes {
		if err := <-results; worst == nil || err != nil && errs.Is(worst, errs.TooLarge) {
			worst = err
		}
	}
	return worst
}

func (s *session) accept(from string, r route, in *input) error {
	arrival := intake.Arrival{
		BrandID:   r.account.BrandID,
		AccountID: r.account.ID,
		Channel:   Kind,
		Raw:       in.memory,
		Trace:     intake.Trace{Peer: s.peer(), Hello: s.hello, From: from, To: r.to, TLS: s.tls},
	}
	if s.server.isLMTP { // our own mail server brings it; who sent it is in the header
		arrival.Trace.Peer, arrival.Trace.Hello = "", ""
	}
	if in.file != nil {
		arrival.Raw, arrival.Spool = nil, in
	}
	return s.server.adapter.host.Accept(s.server.work, arrival)
}

func (s *session) peer() string {
	host, _, err := net.SplitHostPort(s.conn.RemoteAddr().String())
	if err != nil {
		return ""
	}
	return host
}

// answer turns an error into what the peer hears. Details stay in the log.
func (s *session) answer(err error, doing string) error {
	var own *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	case errs.Is(err, errs.Unavailable), errs.Is(err, errs.TooMany):
		s.log(doing, err)
		return tryLater
	case errs.Is(err, errs.TooLarge):
		return tooLarge
	}
	s.log(doing, err)
	return localError
}

func (s *session) log(doing string, err error) {
	s.server.adapter.log.Warn("smtp refused for now", "doing", doing, "kind", errs.KindOf(err).Status(), "error", err)
}

// Reset forgets the transaction.
func (s *session) Reset() {
	s.mu.Lock()
	s.current = envelope{}
	s.mu.Unlock()
	s.conn.inData.Store(false)
	s.conn.progress(chatBudget)
}

// Logout ends the session.
func (s *session) Logout() error {
	s.conn.inData.Store(false)
	return nil
}

// countReceived counts the hops in a header.
func countReceived(head []byte) int {
	n := 0
	for len(head) > 0 {
		line, size := nextLine(head)
		if len(line) == 0 {
			break
		}
		if len(line) > 9 && bytes.EqualFold(line[:9], []byte("received:")) {
			n++
		}
		head = head[size:]
	}
	return n
}
