// Package domains owns the domains the desk sends from: the keys their mail is
// signed with (DKIM, RFC 6376 and 8463), and whether the records in the DNS let
// others believe that mail (SPF, DKIM, DMARC) and answer it (MX).
//
// A domain is there because a mailbox writes from it; nobody adds one. What was
// found in the DNS is kept and looked at again daily, and more often while
// something is wrong or a new key waits (see due.go). A record that was right and is
// not any more is an alarm.
//
// A key lives through these states:
//
//	prepared ─▶ active ─▶ retiring ─▶ gone
//	    └─────────────────────────────▲
//
// It is prepared in the database alone, until an administrator has set its record.
// Once the record was seen, or the administrator says so, it signs, and the one it
// replaces retires: it signs nothing, but its record stays for a week, because
// mail is checked when it arrives, which may be days later. Then its private part
// is erased and the record can go. There are two keys at a time: RSA, which
// everybody checks, and Ed25519 beside it.
//
// The private parts leave this package as crypto.Signer alone. Domains belong to
// the whole desk, as their records do: two brands that write from one domain share
// its keys, and an administrator of either sees them.
package domains

import (
	"context"
	"log/slog"
	"net"
	"strings"

	"golang.org/x/net/idna"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/platform/snapshot"
)

// Resolver looks names up. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Accounts are the mailboxes there are; catalog.Catalog is one.
type Accounts interface {
	Accounts(ctx context.Context, channel string) ([]catalog.Account, error)
}

// Parts are what Domains stands on.
type Parts struct {
	DB       *db.DB
	Seal     *seal.Sealer
	Clock    clock.Clock
	Queue    *queue.Queue
	Accounts Accounts
	Resolver Resolver // nil: nothing is looked up, all outcomes are Unknown
	MailHost string   // the name the desk gives itself in mail transfer
	// Listens says that the desk has a mail server of its own to which an MX may point.
	Listens bool
	// Behind says that mail reaches the desk through another server: then any MX will do.
	Behind bool
	Log    *slog.Logger
}

// Domains knows the domains the desk sends from.
type Domains struct {
	Parts
	snapshot snapshot.Of[*state]
	newKey   func(Algorithm) (private, public []byte, err error) // tests have theirs made already
}

// New returns what knows the domains, and registers its job with the queue.
func New(p Parts) *Domains {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	d := &Domains{Parts: p, newKey: newKey}
	d.snapshot.Alone = !p.DB.Postgres()
	queue.Register(p.Queue, d.work)
	return d
}

// Of returns the domain of an address as it stands in the DNS: in ASCII, lower
// case; "" if there is none.
func Of(address string) string {
	_, domain, found := strings.Cut(address, "@")
	if !found {
		return ""
	}
	return Normal(domain)
}

// Normal returns a domain as it stands in the DNS; what is none stays as it is, in
// lower case.
func Normal(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(domain), "."))
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	return domain
}
