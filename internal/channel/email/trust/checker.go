package trust

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"lotse/internal/intake"
	"lotse/internal/platform/clock"
)

const mailMax = 5 * time.Second

// Checker checks where mails come from. It is safe for concurrent use.
type Checker struct {
	Resolver Resolver       // see Patient; nil: nothing is looked up, only believed servers are heard
	Relays   []netip.Prefix // mail servers of one's own that hand mail on to the desk
	Believe  []string       // authserv-ids, or domains of them, that count in mail of relays and of other mailboxes
	Sealers  []string       // domains whose ARC seal vouches for a mail
	Clock    clock.Clock
	Log      *slog.Logger
}

// Check returns what can be said about a mail from an address, as its reader
// found it, within five seconds. It does not fail: what can't be found out is
// TempError.
func (c *Checker) Check(ctx context.Context, raw []byte, t intake.Trace, from string) intake.Trust {
	l, ok := open(raw)
	if !ok {
		return intake.Trust{DKIM: intake.PermError, ARC: intake.PermError, DMARC: intake.Fail}
	}
	f := findings{author: l.author(from), said: c.believed(l, t)}
	if c.Resolver == nil {
		if f.said == nil {
			return intake.Trust{}
		}
		return f.judge(nil)
	}
	ctx, cancel := context.WithTimeout(ctx, mailMax)
	defer cancel()
	var wg sync.WaitGroup
	ask := func(what string, fault func(), check func()) {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil { // a fault in a check must not stop the desk
					c.Log.Error("a check of a mail's origin panicked", "check", what, "panic", p)
					fault()
				}
			}()
			check()
		})
	}
	ask("spf", func() { f.spf.verdict = intake.PermError }, func() { f.spf = c.spf(ctx, l, t) })
	ask("dkim", func() { f.dkim = []mark{{verdict: intake.PermError}} }, func() { f.dkim = c.dkim(ctx, l, raw) })
	ask("arc", func() { f.chain = chain{verdict: intake.PermError} }, func() { f.chain = c.arc(ctx, l) })
	if f.author != "" {
		ask("dmarc", func() { f.policy.verdict = intake.TempError }, func() { f.policy = c.policy(ctx, f.author) })
	}
	wg.Wait()
	if len(f.dkim) == 0 {
		f.dkim = []mark{{verdict: intake.Missing}}
	}
	return f.judge(c.Sealers)
}

// believed returns what the server nearest to us found that is believed; nil if
// there is none. Only fetched mail and that of relays may carry such a word: of
// anybody else it is a forgery.
func (c *Checker) believed(l letter, t intake.Trace) *results {
	servers := c.Believe
	switch peer, err := netip.ParseAddr(t.Peer); {
	case t.Host != "":
		servers = append(serversOf(t.Host), servers...)
	case err == nil && !c.relay(peer.Unmap().WithZone("")):
		return nil
	}
	if len(servers) == 0 {
		return nil
	}
	for _, f := range l.all("authentication-results") {
		if said, ok := parseResults(f.value()); ok && within(said.server, servers) {
			return &said // those below may be anybody's
		}
	}
	return nil
}

// aliases are the domains under which the mail servers of a mailbox provider
// report, where they are others than that of its IMAP server.
var aliases = map[string][]string{
	"gmail.com":      {"google.com"},
	"googlemail.com": {"google.com"},
	"fastmail.com":   {"messagingengine.com"},
	"me.com":         {"icloud.com"},
}

// serversOf returns whose results count in mail fetched from a host: servers of
// the same organisation. An address without a name belongs to nobody.
func serversOf(host string) []string {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	org := organisation(plainDomain(host))
	return append([]string{org}, aliases[org]...)
}
