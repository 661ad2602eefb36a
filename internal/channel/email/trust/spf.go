package trust

import (
	"context"
	"net"
	"net/netip"
	"regexp"
	"strings"

	"blitiri.com.ar/go/spf"

	"lotse/internal/intake"
)

const maxHops = 10 // relays of one's own that a mail passes

var spfVerdicts = map[spf.Result]intake.Verdict{
	spf.None: intake.Missing, spf.Neutral: intake.Neutral, spf.SoftFail: intake.Neutral, spf.Pass: intake.Pass,
	spf.Fail: intake.Fail, spf.TempError: intake.TempError, spf.PermError: intake.PermError,
}

// spf asks whether the host may send for the domain of the return path, or for
// its own name if there is none (RFC 7208 §2.4).
func (c *Checker) spf(ctx context.Context, l letter, t intake.Trace) mark {
	host, hello := c.client(l, t)
	if !host.IsValid() {
		return mark{}
	}
	local, domain := "postmaster", plainDomain(hello)
	if at := strings.LastIndexByte(t.From, '@'); at >= 0 {
		local, domain = t.From[:at], domainOf(t.From)
	}
	if domain == "" || strings.ContainsAny(domain, "[]: ") { // an address as its name
		return mark{verdict: intake.Missing}
	}
	result, _ := spf.CheckHostWithSender(net.IP(host.AsSlice()), hello, local+"@"+domain, spf.WithContext(ctx), spf.WithResolver(c.Resolver))
	found := mark{spfVerdicts[result], domain}
	if near(host) && found.verdict != intake.Pass {
		return mark{}
	}
	return found
}

// client returns the host a mail came from to us, and the name it gave itself.
func (c *Checker) client(l letter, t intake.Trace) (netip.Addr, string) {
	host, err := netip.ParseAddr(t.Peer)
	if err != nil {
		return netip.Addr{}, ""
	}
	host, hello := host.Unmap().WithZone(""), t.Hello
	for i, hop := range l.all("received") {
		if i == maxHops || !c.relay(host) {
			break
		}
		next, name := hopFrom(hop.value())
		if !next.IsValid() {
			return netip.Addr{}, ""
		}
		host, hello = next, name
	}
	if c.relay(host) { // which does not say who came to it
		return netip.Addr{}, ""
	}
	return host, hello
}

func (c *Checker) relay(host netip.Addr) bool {
	for _, p := range c.Relays {
		if p.Contains(host) {
			return true
		}
	}
	return false
}

// near reports whether a host is of this machine or a private network.
func near(host netip.Addr) bool {
	return host.IsLoopback() || host.IsPrivate() || host.IsLinkLocalUnicast()
}

// The ways a server says who handed a mail over: as RFC 5321 §4.4 has it, and as
// Exim writes it. What the client calls itself comes first and is any word.
var (
	hopStandard = regexp.MustCompile(`^\s*from\s+(\S+)\s+\((?:[^\s\[\]()=]+\s+)?\[(?:IPv6:)?([0-9A-Fa-f.:]+)\](?::\d+)?(?:\s+helo=[^)]*)?\)`)
	hopNameless = regexp.MustCompile(`^\s*from\s+\[([0-9A-Fa-f.:]+)\](?::\d+)?\s+\(helo=([^\s()]+)\)`)
)

// hopFrom reads the host out of a Received field; invalid if it can't be told.
func hopFrom(value string) (netip.Addr, string) {
	if m := hopStandard.FindStringSubmatch(value); m != nil {
		host, _ := netip.ParseAddr(m[2])
		return host.Unmap(), m[1]
	}
	if m := hopNameless.FindStringSubmatch(value); m != nil {
		host, _ := netip.ParseAddr(m[1])
		return host.Unmap(), m[2]
	}
	return netip.Addr{}, ""
}
