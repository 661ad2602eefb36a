// Package email is the mail channel: it receives by SMTP, reads raw mail into
// plain data, and sends through a relay.
//
// Its three halves know nothing of each other's state:
//
//   - Reading (read.go and the files it calls) is pure. It takes bytes and the
//     trace of the transport and returns an intake.Incoming. Whatever can be
//     shown is shown, with a warning about what was mended; only input nobody
//     could read becomes an *intake.Unreadable. Every limit is checked by our
//     own linear scan before a decoder sees the bytes; enmime decodes what is
//     inside one part.
//   - Receiving (smtp.go, lmtp.go, session.go, guard.go, spool.go) is an SMTP
//     server, and one for LMTP, that say 250 only after the host has put the mail
//     on disk. Package imap fetches from mailboxes elsewhere.
//   - Sending (send.go, relay.go, pool.go, compose.go) composes a mail and hands
//     it to the account's relay, and says exactly what became of it.
//
// The package knows no case. It registers itself as "email".
package email

import (
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"lotse/internal/channel"
	"lotse/internal/channel/email/imap"
	"lotse/internal/channel/email/oauth"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

// Kind is the name of the channel.
const Kind = "email"

// defaultMaxBytes is the largest mail taken, in bytes: 50 MiB.
const defaultMaxBytes = 50 << 20

func init() {
	channel.Register(Kind, func(env channel.Env) (channel.Adapter, error) { return New(env) })
}

// Adapter is the mail channel. It is safe for concurrent use.
type Adapter struct {
	host     channel.Host
	env      channel.Env
	log      *slog.Logger
	clock    clock.Clock
	listen   string // address of the SMTP server, "" if off
	hostname string // name the server gives itself and the mark on own mail
	maxBytes int64
	roots    *x509.CertPool // nil for those of the system; tests set it
	server   *server
	lmtp     *server
	fetchers *imap.Fetchers // nil if the desk keeps no cursors
	ready    chan struct{}
	opened   sync.Once // closes ready
	pool     *pool
	tokens   *oauth.Sources // for fetching and sending
	room     room
}

var (
	_ channel.Adapter  = (*Adapter)(nil)
	_ channel.Receiver = (*Adapter)(nil)
	_ channel.Tester   = (*Adapter)(nil)
	_ outbox.Sender    = (*Adapter)(nil)
	_ intake.Reader    = (*Adapter)(nil)
)

// New builds the adapter from its settings:
//
//	listen     address of the SMTP server such as ":25"; "" (default): no server
//	lmtp       address or socket (a path) of the LMTP server; "" (default): none
//	hostname   own name in greetings (default: the machine's)
//	max_bytes  largest mail in bytes, 64 KiB to 1 GiB (default 50 MiB)
//
// Wrong settings are errs.Field errors.
func New(env channel.Env) (*Adapter, error) {
	a := &Adapter{
		host:     env.Host,
		env:      env,
		log:      env.Log,
		clock:    env.Clock,
		listen:   env.Settings["listen"],
		hostname: strings.ToLower(env.Settings["hostname"]),
		maxBytes: defaultMaxBytes,
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.clock == nil {
		a.clock = clock.System{}
	}
	if err := a.settle(env.Settings); err != nil {
		return nil, err
	}
	a.server, a.lmtp, a.ready = newServer(a, a.listen, false), newServer(a, env.Settings["lmtp"], true), make(chan struct{})
	a.pool, a.tokens = newPool(), oauth.New(oauth.NewClient(nil), a.clock, nil)
	if env.Mailboxes != nil {
		a.tokens.Store = env.Mailboxes
		a.fetchers = imap.New(imap.Parts{Host: a.host, Mailboxes: env.Mailboxes, MaxBytes: a.maxBytes, SpoolDir: env.SpoolDir, Tokens: a.tokens, Log: a.log, Clock: a.clock})
	}
	return a, nil
}

func (a *Adapter) settle(settings map[string]string) error {
	if a.hostname == "" {
		a.hostname = machineName()
	}
	if !validHost(a.hostname) {
		return errs.Field("hostname", "mail.setting.hostname")
	}
	if a.listen != "" {
		if _, _, err := net.SplitHostPort(a.listen); err != nil {
			return errs.Field("listen", "mail.setting.listen")
		}
	}
	if v := settings["max_bytes"]; v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 64<<10 || n > 1<<30 {
			return errs.Field("max_bytes", "mail.setting.max_bytes")
		}
		a.maxBytes = n
	}
	return nil
}

// Kind returns "email".
func (a *Adapter) Kind() string { return Kind }

func machineName() string {
	name, err := os.Hostname()
	if err != nil || !validHost(name) {
		return "localhost"
	}
	return strings.ToLower(name)
}

// validHost reports whether s may stand in a greeting: a domain name in ASCII
// or an address literal (RFC 5321 §4.1.2).
func validHost(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, c := range []byte(s) {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && !strings.ContainsRune("-._:[]", rune(c)) {
			return false
		}
	}
	return true
}
