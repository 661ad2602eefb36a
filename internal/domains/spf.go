package domains

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"blitiri.com.ar/go/spf"

	"lotse/internal/catalog"
)

// providers are the records in which large providers list the servers mail leaves
// them by, by the end of the name mail is handed to them at. Of others only the name
// is known, and the record is theirs to tell.
var providers = []struct{ server, include string }{
	{"office365.com", "spf.protection.outlook.com"},
	{"mail.protection.outlook.com", "spf.protection.outlook.com"},
	{"gmail.com", "_spf.google.com"},
	{"ionos.de", "_spf-eu.ionos.com"},
	{"amazonaws.com", "amazonses.com"},
	{"fastmail.com", "spf.messagingengine.com"},
	{"infomaniak.com", "spf.infomaniak.ch"},
	{"mailbox.org", "mailbox.org"},
	{"mailgun.org", "mailgun.org"},
	{"mailjet.com", "spf.mailjet.com"},
	{"migadu.com", "spf.migadu.com"},
	{"postmarkapp.com", "spf.mtasv.net"},
	{"sendgrid.net", "sendgrid.net"},
}

// nobody is an address no mail comes from (RFC 1112 §4). A record that is asked about
// it is read to its end, which shows whether others can.
var nobody = net.IPv4(240, 0, 0, 1)

// leaving is a server mail leaves by.
type leaving struct {
	host string
	own  bool     // of this desk: on this machine or in its network
	ips  []net.IP // from which it may come: all of ours, of a provider only some
	term string   // what allows it, such as "include:spf.provider.example"; "" if it can't be told
}

// spf says whether the record lets our servers send for the domain (RFC 7208).
func (s subject) spf(ctx context.Context) Check {
	c := Check{Kind: SPF, Name: s.Name, Type: "TXT"}
	texts, err := s.texts(ctx, s.Name)
	if err != nil {
		return unknown(c)
	}
	c.Found = slices.DeleteFunc(texts, func(text string) bool { return !isSPF(text) })
	servers, err := s.servers(ctx)
	if err != nil {
		return unknown(c)
	}
	switch len(c.Found) {
	case 0:
		c.State, c.Key, c.Wanted = Missing, "domain.spf.missing", newSPF(servers)
		if i := slices.IndexFunc(servers, func(l leaving) bool { return l.term == "" }); i >= 0 {
			c.Key, c.Args = "domain.spf.missing_ask", map[string]any{"Host": servers[i].host}
		}
		return c
	case 1:
	default:
		c.State, c.Key = Wrong, "domain.spf.many"
		return c
	}
	return s.judgeSPF(ctx, c, servers)
}

func isSPF(text string) bool {
	text = strings.ToLower(text)
	return text == "v=spf1" || strings.HasPrefix(text, "v=spf1 ")
}

// newSPF is the record that lets servers send; "" if it can't be told for one.
func newSPF(servers []leaving) string {
	terms := []string{"v=spf1"}
	for _, l := range servers {
		if l.term == "" {
			return ""
		}
		if !slices.Contains(terms, l.term) {
			terms = append(terms, l.term)
		}
	}
	if len(terms) == 1 {
		return ""
	}
	return strings.Join(append(terms, "~all"), " ")
}

// judgeSPF asks the one record there is about every server.
func (s subject) judgeSPF(ctx context.Context, c Check, servers []leaving) Check {
	c.State, c.Key = OK, "domain.spf.ok"
	wanted := c.Found[0]
	for _, l := range servers {
		state, key := s.allows(ctx, c.Found[0], l)
		if state == OK {
			continue
		}
		if key == "domain.unknown.lookup" {
			return unknown(c)
		}
		c.Args = map[string]any{"Host": l.host}
		if l.own {
			c.Args["Host"] = s.mailHost
		}
		if c.State, c.Key = state, key; key != "domain.spf.denies" { // the record itself is at fault
			return c
		}
		if l.term == "" {
			c.State, c.Key, c.Wanted = Unknown, "domain.spf.ask", ""
			return c
		}
		wanted = withTerm(wanted, l.term)
		c.Wanted = wanted
	}
	if c.Wanted != "" {
		c.State, c.Key = Wrong, "domain.spf.denies"
	}
	return c
}

// allows reports whether the record lets a server send: from all its addresses, of
// those a provider has from one.
func (s subject) allows(ctx context.Context, record string, l leaving) (State, string) {
	for _, ip := range l.ips {
		result, why := spf.CheckHostWithSender(ip, s.mailHost, "postmaster@"+s.Name, spf.WithContext(ctx), spf.WithResolver(s.names))
		switch {
		case result == spf.Pass && errors.Is(why, spf.ErrMatchedAll) && hasTerm(record, "all", "+all"):
			return Wrong, "domain.spf.open"
		case result == spf.Pass && !l.own:
			return OK, ""
		case result == spf.Pass:
			continue
		case result == spf.TempError:
			return Unknown, "domain.unknown.lookup"
		case errors.Is(why, spf.ErrVoidLookupLimitReached) && ip.Equal(nobody): // names made of the address
		case errors.Is(why, spf.ErrLookupLimitReached) || errors.Is(why, spf.ErrVoidLookupLimitReached):
			return Wrong, "domain.spf.lookups"
		case result == spf.PermError:
			return Wrong, "domain.spf.broken"
		case l.own:
			return Wrong, "domain.spf.denies"
		}
	}
	if l.own {
		return OK, ""
	}
	included, err := s.included(ctx, record)
	if err != nil {
		return Unknown, "domain.unknown.lookup"
	}
	for _, name := range included {
		if "include:"+name == l.term || organisation(name) == organisation(l.host) {
			return OK, ""
		}
	}
	return Wrong, "domain.spf.denies"
}

// hasTerm reports whether a record has one of some terms.
func hasTerm(record string, terms ...string) bool {
	return slices.ContainsFunc(strings.Fields(strings.ToLower(record)), func(f string) bool { return slices.Contains(terms, f) })
}

// withTerm puts a term into a record, before what ends it.
func withTerm(record, term string) string {
	fields := strings.Fields(record)
	if slices.Contains(fields, term) {
		return record
	}
	at := slices.IndexFunc(fields, func(f string) bool {
		f = strings.ToLower(strings.TrimLeft(f, "+-~?"))
		return f == "all" || strings.HasPrefix(f, "redirect=")
	})
	if at < 0 {
		at = len(fields)
	}
	return strings.Join(slices.Insert(fields, at, term), " ")
}

// maxIncluded is how many records are followed (RFC 7208 §4.6.4).
const maxIncluded = 10

// included returns the records a record takes in, directly or through others.
func (s subject) included(ctx context.Context, record string) ([]string, error) {
	names := references(record)
	for i := 0; i < len(names) && i < maxIncluded; i++ {
		texts, err := s.texts(ctx, names[i])
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			if !isSPF(text) {
				continue
			}
			for _, name := range references(text) {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names, nil
}

// references are the names in "include:" and "redirect=" of a record. Those with
// macros are left out: they stand for no one record.
func references(record string) []string {
	var names []string
	for _, f := range strings.Fields(strings.ToLower(record)) {
		name, ok := strings.CutPrefix(strings.TrimPrefix(f, "+"), "include:")
		if !ok {
			name, ok = strings.CutPrefix(f, "redirect=")
		}
		if name = strings.TrimSuffix(name, "."); ok && name != "" && !strings.Contains(name, "%") {
			names = append(names, name)
		}
	}
	return names
}

// servers are those the mailboxes of the domain hand their mail to.
func (s subject) servers(ctx context.Context) ([]leaving, error) {
	var found []leaving
	for _, account := range s.accounts {
		host := account.Relay.Host
		if slices.ContainsFunc(found, func(l leaving) bool { return l.host == host }) {
			continue
		}
		l, err := s.server(ctx, account.Relay)
		if err != nil {
			return nil, err
		}
		if l.host = host; !slices.ContainsFunc(found, func(f leaving) bool { return f.own && l.own }) {
			found = append(found, l)
		}
	}
	return found, nil
}

// server finds out about one. One on this machine or in its network is as good as
// the desk's own host: that is the name others see.
func (s subject) server(ctx context.Context, relay catalog.RelaySettings) (leaving, error) {
	host := relay.Host
	for _, p := range providers {
		if host == p.server || strings.HasSuffix(host, "."+p.server) {
			return leaving{term: "include:" + p.include, ips: []net.IP{nobody}}, nil
		}
	}
	ips, err := s.localOr(ctx, host)
	if err != nil {
		return leaving{}, err
	}
	if host != s.mailHost && !slices.ContainsFunc(ips, inside) {
		return leaving{ips: ips}, nil
	}
	l := leaving{own: true}
	if !publicName(s.mailHost) {
		return leaving{}, nil // nobody can know from here by which address mail leaves
	}
	if l.ips, err = s.addresses(ctx, s.mailHost); err != nil {
		return leaving{}, err
	}
	if l.ips = slices.DeleteFunc(l.ips, inside); len(l.ips) == 0 {
		return leaving{}, nil
	}
	l.term = "a:" + s.mailHost
	return l, nil
}

// localOr returns the addresses of a host; names of one word are of this network.
func (s subject) localOr(ctx context.Context, host string) ([]net.IP, error) {
	if !strings.Contains(host, ".") && !strings.Contains(host, ":") {
		return []net.IP{net.IPv4(127, 0, 0, 1)}, nil
	}
	return s.addresses(ctx, host)
}

// inside reports whether an address is of this machine or a private network.
func inside(ip net.IP) bool {
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}
