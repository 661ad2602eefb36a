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
//   - Receiving (smtp.go, session.go, guard.go, spool.go) is an SMTP server
//     that says 250 only after the host has put the mail on disk.
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

	"lotse/internal/channel"
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
	pool     *pool
}

var (
	_ channel.Adapter  = (*Adapter)(nil)
	_ channel.Receiver = (*Adapter)(nil)
	_ outbox.Sender    = (*Adapter)(nil)
	_ intake.Reader    = (*Adapter)(nil)
)

// New builds the adapter from its settings:
//
//	listen     address of the SMTP server such as ":25"; "" (default): no server
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
	a.server = newServer(a)
	a.pool = newPool()
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
