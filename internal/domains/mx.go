package domains

import (
	"context"
	"net"
	"slices"
	"strings"

	"lotse/internal/catalog"
)

// mx looks at where answers go: to the desk, if a mailbox of the domain is served by
// the desk's own mail server, else to whoever keeps the mailboxes.
func (s subject) mx(ctx context.Context) Check {
	c := Check{Kind: MX, Name: s.Name, Type: "MX"}
	found, err := plain(s.LookupMX(ctx, s.Name))
	if err != nil {
		return unknown(c)
	}
	hosts := make([]string, len(found))
	for i, f := range found {
		hosts[i] = strings.ToLower(strings.TrimSuffix(f.Host, "."))
	}
	c.Found = hosts
	here := s.listens && !s.behind && slices.ContainsFunc(s.accounts, func(a catalog.Account) bool { return a.Receive.Way == catalog.BySMTP })
	if here && publicName(s.mailHost) {
		c.Wanted = "10 " + s.mailHost + "."
	}
	switch {
	case len(hosts) == 0:
		c.State, c.Key = Missing, "domain.mx.missing"
	case len(hosts) == 1 && hosts[0] == "": // RFC 7505
		c.State, c.Key = Wrong, "domain.mx.null"
	case !here:
		c.State, c.Key, c.Wanted = OK, "domain.mx.provider", ""
	default:
		s.mxHere(ctx, &c)
	}
	return c
}

// mxHere says whether one of the servers is the desk. Mail that goes elsewhere may
// come in all the same: forwarded, or handed over by a provider. So it is wrong only
// if it was right before.
func (s subject) mxHere(ctx context.Context, c *Check) {
	own, err := s.addresses(ctx, s.mailHost)
	same, failed := slices.Contains(c.Found, s.mailHost), err != nil
	for _, host := range c.Found {
		theirs, err := s.addresses(ctx, host)
		failed = failed || err != nil
		same = same || slices.ContainsFunc(theirs, func(ip net.IP) bool { return slices.ContainsFunc(own, ip.Equal) })
	}
	c.Args = map[string]any{"Host": s.mailHost, "Found": strings.Join(shown(c.Found), ", ")}
	switch {
	case same:
		c.State, c.Key, c.Wanted = OK, "domain.mx.ok", ""
	case failed:
		*c = unknown(*c)
	case s.arrived:
		c.State, c.Key = Wrong, "domain.mx.moved"
	case c.Wanted == "": // nobody can look the desk up
		c.State, c.Key = Unknown, "domain.mx.away"
	default:
		c.State, c.Key = Unknown, "domain.mx.elsewhere"
	}
}

// publicName reports whether others can look a host up.
func publicName(host string) bool {
	if net.ParseIP(strings.Trim(host, "[]")) != nil || !strings.Contains(host, ".") {
		return false
	}
	return !strings.HasSuffix(host, ".local") && !strings.HasSuffix(host, ".localhost") && !strings.HasSuffix(host, ".internal")
}
