// Package channel is the contract between Lotse and the ways people reach it,
// and the registry of those ways.
//
// A channel adapter is a folder below this one. Importing it registers it (see
// package all); nothing else changes. An adapter turns what it receives into an
// intake.Arrival, reads an arrival's bytes into an intake.Incoming, and turns an
// outbox.Outgoing into a send. It knows no case. What it can do beyond reading
// is found by asking for the small interfaces below.
//
// Package channeltest holds the conformance kit every adapter passes.
package channel

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/domains"
	"lotse/internal/intake"
	"lotse/internal/mailbox"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
)

// Adapter is one way people reach the desk.
type Adapter interface {
	// Kind names the channel in data and settings: lower case, such as "email".
	Kind() string
	intake.Reader
}

// Receiver is an adapter that listens for arrivals by itself.
type Receiver interface {
	// Receive serves until ctx ends, then lets running transfers finish within
	// the grace the host's context leaves. It returns nil on a clean stop.
	Receive(ctx context.Context) error
	// Address returns where it listens, "" if it does not; valid once Ready is closed.
	Address() string
	// Ready is closed when the listener is open.
	Ready() <-chan struct{}
}

// Web is an adapter that is reached over the desk's own web server.
type Web interface {
	// Routes mounts what the adapter answers, below /hooks/. Its requests come
	// without session, and with no limit but the server's timeouts: who asks, and
	// how much is read, the adapter checks itself.
	Routes(mux *http.ServeMux)
}

// Sender is an adapter that can deliver.
type Sender = outbox.Sender

// SigningKey is one key a mail of a domain is signed with.
type SigningKey = domains.SigningKey

// Keys finds what the mail of a domain is signed with (RFC 6376).
type Keys interface {
	// SigningKeys returns the keys in use for a domain, from memory; none if its mail
	// is not signed. It fails with errs.Unavailable when the database is away and was
	// never read: then the mail waits.
	SigningKeys(ctx context.Context, domain string) ([]SigningKey, error)
}

// Host is what Lotse offers an adapter.
type Host interface {
	// Accounts returns the active accounts of a channel kind. It is cheap to
	// call per message. It fails with errs.Unavailable when the database is away.
	Accounts(ctx context.Context, kind string) ([]catalog.Account, error)
	// Accept returns nil only after the arrival is on disk. It fails with
	// errs.Unavailable when it can't be kept now, so that the peer tries again.
	Accept(ctx context.Context, a intake.Arrival) error
}

// Many is a Host that can keep many arrivals at the price of one.
type Many interface {
	// AcceptAll is Accept for all of them, in their order: nil means that each is on
	// disk, an error that perhaps none is.
	AcceptAll(ctx context.Context, all []intake.Arrival) error
}

// Hooks finds the addresses on the web at which something is handed over.
type Hooks interface {
	// Hook returns an active hook. It fails with errs.NotFound for any other and
	// with errs.Unavailable when the database is away.
	Hook(ctx context.Context, id ids.ID) (catalog.Hook, error)
	// HookUsed notes that something came by a hook.
	HookUsed(ctx context.Context, h catalog.Hook) error
}

// Mailboxes keeps what an adapter that fetches knows of each account: its place,
// and how it is doing. They fail with errs.Unavailable when the database is away.
type Mailboxes interface {
	// Cursor returns how far a folder was fetched, a new one if it never was.
	Cursor(ctx context.Context, account ids.ID, folder string) (mailbox.Cursor, error)
	// Advance keeps a cursor once what it passed is on disk.
	Advance(ctx context.Context, c mailbox.Cursor) error
	// Note says how an account is doing and how many mails wait there: at least every
	// mailbox.Heartbeat, and at once when something changes.
	Note(ctx context.Context, account ids.ID, r mailbox.Result, waiting int) error
	// Turn, Tokens and KeepTokens let one process at a time ask an authorisation server,
	// and all others use what it was given; see oauth.Store.
	Turn(ctx context.Context, name string) (done func(), err error)
	Tokens(ctx context.Context, o catalog.OAuthSettings) (catalog.Tokens, error)
	KeepTokens(ctx context.Context, o catalog.OAuthSettings, given catalog.Tokens) error
	// Lease takes or renews the right to fetch an account for d and reports whether
	// the holder has it; Release gives it back.
	Lease(ctx context.Context, account, holder ids.ID, d time.Duration) (bool, error)
	Release(ctx context.Context, account, holder ids.ID) error
}

// Tester is an adapter that can try, step by step, whether mail can be fetched.
type Tester = mailbox.Fetcher

// Env is what an adapter is made from.
type Env struct {
	Host     Host
	Settings map[string]string // of this kind, from the configuration
	TLS      *tls.Config       // nil if the desk has no certificate
	SpoolDir string            // folder for input too large for memory
	Log      *slog.Logger
	Clock    clock.Clock

	Mailboxes Mailboxes // for adapters that fetch
	Keys      Keys      // for adapters that sign; nil: nothing is signed

	// What an adapter of kind Web needs besides; others may leave it unset.
	Hooks     Hooks
	PublicURL string                          // of the desk, without a slash at the end
	Client    func(*http.Request) string      // the network address a request comes from
	Reader    func(kind string) intake.Reader // the reader of another channel, nil if there is none
}

// Maker builds an adapter. It reports wrong settings as errs.Field errors.
type Maker func(Env) (Adapter, error)

var makers = map[string]Maker{}

// Register makes a channel known. It is called from an adapter's init and
// panics if the kind is taken.
func Register(kind string, m Maker) {
	if _, taken := makers[kind]; taken {
		panic("channel registered twice: " + kind)
	}
	makers[kind] = m
}

// Kinds returns the registered channels in order of name.
func Kinds() []string {
	kinds := make([]string, 0, len(makers))
	for k := range makers {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

// Make builds the adapter of a kind.
func Make(kind string, env Env) (Adapter, error) {
	m, ok := makers[kind]
	if !ok {
		return nil, fmt.Errorf("no channel named %q", kind)
	}
	return m(env)
}
