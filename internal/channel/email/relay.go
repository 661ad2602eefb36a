package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lotse/internal/catalog"
	"lotse/internal/channel/email/oauth"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
)

const (
	dialTimeout    = 15 * time.Second
	commandTimeout = 60 * time.Second
	dataTimeout    = 5 * time.Minute
)

// Steps on the way to a relay, in order.
const (
	stepDial     = "dial"
	stepHello    = "hello"
	stepStartTLS = "starttls"
	stepTLS      = "tls"
	stepToken    = "token"
	stepAuth     = "auth"
	stepNoAuth   = "no_auth"
	stepBearer   = "bearer"
)

// stepError says at which step a relay could not be reached.
type stepError struct {
	step  string
	err   error
	fault error // the same as an errs.Field error, once it is known which relay it was
}

func failedAt(step string, err error) *stepError { return &stepError{step: step, err: err} }

// Error returns the step and what happened.
func (e *stepError) Error() string { return e.step + ": " + e.err.Error() }

// Unwrap returns what happened.
func (e *stepError) Unwrap() error { return e.err }

var (
	errNoStartTLS  = errors.New("the server offers no STARTTLS")
	errNoAuth      = errors.New("the server does not offer this way to sign in")
	errPlainSecret = errors.New("a password is only sent over TLS")
	errSecurity    = errors.New("security must be none, starttls or tls")
)

// link is one open connection to a relay.
type link struct {
	client *smtp.Client
	conn   *timedConn
	over   net.Conn    // what client speaks over: conn, or TLS on it
	expiry *time.Timer // while idle
}

func (l *link) quit() {
	l.conn.limit(5 * time.Second)
	if err := l.client.Quit(); err != nil {
		_ = l.conn.Close()
	}
}

// begin returns a connection on which the relay has accepted MAIL. A pooled
// connection may have been closed by the other side meanwhile: it is replaced,
// silently, as nothing was sent yet. A relay that takes no more connections is
// waited for while it has some of ours, see pool.take.
func (a *Adapter) begin(ctx context.Context, r outbox.Relay, e letter) (*link, error) {
	l, err := a.pool.take(ctx, r)
	if err != nil {
		return nil, err
	}
	for {
		used := l != nil
		if !used {
			l, err = a.dial(ctx, r)
		}
		if err == nil {
			if err = l.mail(e); err == nil {
				return l, nil
			}
			_ = l.conn.Close()
		}
		switch {
		case used && isGone(err):
			if l, err = a.pool.take(ctx, r); err != nil {
				return nil, err
			}
		case tooMany(err):
			a.pool.narrow(r)
			refusal := err
			if l, err = a.pool.other(ctx, r); err == nil && l == nil { // it takes none at all
				err = refusal
			}
			if err != nil {
				return nil, err
			}
		default:
			return nil, unanswered(r, err)
		}
	}
}

// unanswered is what an error means of a relay that let us in and then says nothing a
// mail server says: it can't be used.
func unanswered(r outbox.Relay, err error) error {
	var step *stepError
	if errors.As(err, &step) || answerCode(err) != 0 {
		return err
	}
	step = failedAt(stepHello, err)
	step.fault = relayFault(r, step)
	return step
}

// isGone reports whether err means that the other side had given a connection up.
func isGone(err error) bool {
	var answer *smtp.SMTPError
	return !errors.As(err, &answer) || answer.Code == 421
}

// dial opens a connection in the place that was taken for it.
func (a *Adapter) dial(ctx context.Context, r outbox.Relay) (*link, error) {
	l, err := a.connect(ctx, r)
	if err != nil {
		a.pool.release(r, false)
		return nil, err
	}
	a.pool.opened(r)
	l.conn.closed = sync.OnceFunc(func() { a.pool.release(r, true) })
	return l, nil
}

// connect opens a connection and goes through greeting, TLS and sign-in. A token
// that was good and is refused is renewed once. Errors are *stepError.
func (a *Adapter) connect(ctx context.Context, r outbox.Relay) (*link, error) {
	l, err := a.attempt(ctx, r)
	var old *staleToken
	if errors.As(err, &old) {
		l, err = a.attempt(ctx, r)
	}
	var step *stepError
	if errors.As(err, &step) {
		step.fault = relayFault(r, step)
	}
	return l, err
}

func (a *Adapter) attempt(ctx context.Context, r outbox.Relay) (*link, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(r.Host, strconv.Itoa(r.Port)))
	if err != nil {
		return nil, failedAt(stepDial, err)
	}
	conn := &timedConn{Conn: raw}
	conn.limit(commandTimeout)
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	l, err := a.open(ctx, conn, r)
	if !stop() && err == nil {
		err = failedAt(stepDial, ctx.Err())
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return l, nil
}

func (a *Adapter) open(ctx context.Context, conn *timedConn, r outbox.Relay) (*link, error) {
	hello := r.Hello
	if !validHost(hello) {
		hello = a.hostname
	}
	secured, err := a.secure(ctx, conn, r, hello)
	if err != nil {
		return nil, err
	}
	client := smtp.NewClient(secured)
	client.CommandTimeout, client.SubmissionTimeout = commandTimeout, dataTimeout
	if err := client.Hello(hello); err != nil {
		return nil, failedAt(stepHello, err)
	}
	if r.User != "" {
		if err := a.signIn(ctx, client, r); err != nil {
			return nil, err
		}
	}
	return &link{client: client, conn: conn, over: secured}, nil
}

// secure returns the connection the library may greet on.
func (a *Adapter) secure(ctx context.Context, conn *timedConn, r outbox.Relay, hello string) (net.Conn, error) {
	switch r.Security {
	case "none":
		return conn, nil
	case "tls":
		return a.handshake(ctx, conn, r)
	case "starttls":
		if err := startTLS(conn, hello); err != nil {
			return nil, err
		}
		secured, err := a.handshake(ctx, conn, r)
		if err != nil {
			return nil, err
		}
		return &greeted{Conn: secured, rest: "220 secured\r\n"}, nil
	}
	return nil, failedAt(stepTLS, errSecurity)
}

func (a *Adapter) handshake(ctx context.Context, conn net.Conn, r outbox.Relay) (net.Conn, error) {
	secured := tls.Client(conn, &tls.Config{ServerName: r.Host, RootCAs: a.roots, MinVersion: tls.VersionTLS12})
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, failedAt(stepTLS, err)
	}
	return secured, nil
}

// startTLS speaks SMTP up to the answer to STARTTLS (RFC 3207). The library
// would do it too, but under the name "localhost". Nothing the server said
// before TLS is trusted afterwards: the connection's reader is thrown away.
func startTLS(conn net.Conn, hello string) error {
	text := textproto.NewConn(oneByte{conn})
	if _, _, err := text.ReadResponse(220); err != nil {
		return failedAt(stepHello, err)
	}
	if err := text.PrintfLine("EHLO %s", hello); err != nil {
		return failedAt(stepHello, err)
	}
	_, offers, err := text.ReadResponse(250)
	if err != nil {
		return failedAt(stepHello, err)
	}
	if !hasLine(offers, "STARTTLS") {
		return failedAt(stepStartTLS, errNoStartTLS)
	}
	if err := text.PrintfLine("STARTTLS"); err != nil {
		return failedAt(stepStartTLS, err)
	}
	if _, _, err := text.ReadResponse(220); err != nil {
		return failedAt(stepStartTLS, err)
	}
	return nil
}

func hasLine(text, word string) bool {
	for l := range strings.Lines(text) {
		if strings.EqualFold(strings.TrimSpace(l), word) {
			return true
		}
	}
	return false
}

// signIn authenticates. Secrets go over TLS only, except to this machine.
func (a *Adapter) signIn(ctx context.Context, c *smtp.Client, r outbox.Relay) error {
	if r.Security == "none" && !isLoopback(r.Host) {
		return failedAt(stepAuth, errPlainSecret)
	}
	if r.Auth == catalog.ByXOAuth2 || r.Auth == catalog.ByOAuthBearer {
		return a.signInByToken(ctx, c, r)
	}
	var client sasl.Client
	switch {
	case c.SupportsAuth(sasl.Plain):
		client = sasl.NewPlainClient("", r.User, r.Password)
	case c.SupportsAuth(sasl.Login):
		client = sasl.NewLoginClient(r.User, r.Password)
	default:
		return failedAt(stepNoAuth, errNoAuth)
	}
	if err := c.Auth(client); err != nil {
		return failedAt(stepAuth, err)
	}
	return nil
}

// staleToken is of an access token that was good once and is refused now.
type staleToken struct{ error }

// Unwrap returns what the server said.
func (s *staleToken) Unwrap() error { return s.error }

func (a *Adapter) signInByToken(ctx context.Context, c *smtp.Client, r outbox.Relay) error {
	if !c.SupportsAuth(strings.ToUpper(r.Auth)) {
		return failedAt(stepNoAuth, errNoAuth)
	}
	source := a.tokens.Of(r.OAuth)
	token, fresh, err := source.Get(ctx)
	if err != nil {
		return failedAt(stepToken, err)
	}
	err = c.Auth(oauth.NewBearer(r.Auth, r.User, r.Host, r.Port, token))
	if err == nil {
		return nil
	}
	if answerCode(err)/100 == 5 { // else it may be good in a moment
		source.Forget(token)
		if !fresh {
			err = &staleToken{err}
		}
	}
	return failedAt(stepBearer, err)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// Probe checks that a relay can be used, up to and including sign-in, and
// sends nothing. A failure is an errs.Field error for the setting to look at;
// its text (mail.probe.…) says which step failed and what to do, with the
// server's words as {{.Words}}.
func (a *Adapter) Probe(ctx context.Context, r outbox.Relay) error {
	l, err := a.connect(ctx, r)
	if err == nil {
		l.quit()
		return nil
	}
	var failed *stepError
	if errors.As(err, &failed) {
		return failed.fault
	}
	return relayFault(r, failedAt(stepDial, err))
}

// relayFields says which setting to look at, by step.
var relayFields = map[string]string{stepDial: "host", stepHello: "host", stepStartTLS: "security", stepTLS: "security", stepAuth: "user", stepNoAuth: "auth", stepBearer: "user"}

// relayFault says what a step that failed means for whoever set the relay up: an
// errs.Field error, see Probe.
func relayFault(r outbox.Relay, failed *stepError) error {
	field, key := relayFields[failed.step], failed.step
	var token *oauth.Fault
	if errors.As(failed.err, &token) {
		field, key = token.Field, token.Remedy
	}
	e := errs.Field(field, "mail.probe."+key, "Words", serverWords(failed.err), "Host", r.Host, "Port", r.Port, "User", r.User)
	e.Cause = fmt.Errorf("using the relay: %w", failed)
	return e
}

// timedConn gives each read and write its own deadline, because the SMTP
// library sets none while it writes a mail.
type timedConn struct {
	net.Conn
	timeout time.Duration
	end     time.Time // of everything, however little at a time comes; zero: none
	closed  func()    // told when it is closed; nil: nobody
}

// Close closes the connection.
func (c *timedConn) Close() error {
	err := c.Conn.Close()
	if c.closed != nil {
		c.closed()
	}
	return err
}

// limit sets how long one read or write may take. It is not safe to call
// beside a read or write.
func (c *timedConn) limit(d time.Duration) { c.timeout, c.end = d, time.Time{} }

// limitAll sets how long all that follows may take together.
func (c *timedConn) limitAll(d time.Duration) { c.timeout, c.end = d, time.Now().Add(d) }

func (c *timedConn) deadline() time.Time {
	if c.end.IsZero() {
		return time.Now().Add(c.timeout)
	}
	return c.end
}

// Read reads within the limit.
func (c *timedConn) Read(b []byte) (int, error) {
	_ = c.Conn.SetReadDeadline(c.deadline())
	return c.Conn.Read(b)
}

// Write writes within the limit.
func (c *timedConn) Write(b []byte) (int, error) {
	_ = c.Conn.SetWriteDeadline(c.deadline())
	return c.Conn.Write(b)
}

// SetDeadline does nothing: the limit rules.
func (c *timedConn) SetDeadline(time.Time) error { return nil }

// oneByte reads a byte at a time, so that nothing of the TLS handshake is
// swallowed by a buffer, and nothing sent before it is taken for part of it.
type oneByte struct{ net.Conn }

// Read reads one byte.
func (o oneByte) Read(b []byte) (int, error) { return o.Conn.Read(b[:min(len(b), 1)]) }

// greeted is a connection after STARTTLS. There is no second greeting, but the
// library waits for one.
type greeted struct {
	net.Conn
	rest string
}

// Read returns the missing greeting first.
func (g *greeted) Read(b []byte) (int, error) {
	if g.rest == "" {
		return g.Conn.Read(b)
	}
	n, err := io.ReadFull(strings.NewReader(g.rest), b[:min(len(b), len(g.rest))])
	g.rest = g.rest[n:]
	return n, err
}
