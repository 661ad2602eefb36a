package domains

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/platform/markup"
)

const (
	lookupTime = 8 * time.Second // for all lookups about one domain; those for DMARC come after it
	dmarcTime  = 4 * time.Second
)

// names looks names up in full: without the search list of the machine, which
// would find "example.org.intern" for what is missing. It knows two failures: there
// is no such name, and it could not be told.
type names struct{ Resolver }

var errAway = errors.New("the name servers did not answer")

// rooted is a name in full.
func rooted(name string) string { return strings.TrimSuffix(name, ".") + "." }

// LookupTXT returns the texts of a name.
func (n names) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return n.Resolver.LookupTXT(ctx, rooted(name))
}

// LookupMX returns the mail servers of a domain.
func (n names) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return n.Resolver.LookupMX(ctx, rooted(name))
}

// LookupIPAddr returns the addresses of a host.
func (n names) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return n.Resolver.LookupIPAddr(ctx, rooted(host))
}

// plain tells "there is none", which is no error and finds nothing, from "it could
// not be told".
func plain[T any](found []T, err error) ([]T, error) {
	var dns *net.DNSError
	switch {
	case len(found) > 0: // some answers come with a complaint about their neighbours
		return found, nil
	case err == nil, errors.As(err, &dns) && dns.IsNotFound && !dns.IsTemporary:
		return nil, nil
	}
	return nil, errAway
}

// texts returns the TXT records of a name.
func (n names) texts(ctx context.Context, name string) ([]string, error) {
	return plain(n.LookupTXT(ctx, name))
}

// addresses returns those of a host, or the address it is.
func (n names) addresses(ctx context.Context, host string) ([]net.IP, error) {
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return []net.IP{ip}, nil
	}
	found, err := plain(n.LookupIPAddr(ctx, host))
	ips := make([]net.IP, len(found))
	for i, f := range found {
		ips[i] = f.IP
	}
	return ips, err
}

// subject is a domain that is looked at.
type subject struct {
	Domain
	names
	accounts []catalog.Account // that write from it and are in use
	mailHost string
	listens  bool
	behind   bool
	arrived  bool // its MX led to the desk before
}

// unknown is a check that could not be made.
func unknown(c Check) Check {
	c.State, c.Key = Unknown, "domain.unknown.lookup"
	return c
}

// look makes all checks of a domain: DMARC last, for what it asks of others depends
// on how SPF and DKIM went.
func (s subject) look(ctx context.Context) []Check {
	first, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	spf, mx := make(chan Check, 1), make(chan Check, 1)
	go func() { spf <- s.spf(first) }()
	go func() { mx <- s.mx(first) }()
	signed := s.dkim(first)
	sender, answers := <-spf, <-mx
	last, cancel := context.WithTimeout(ctx, dmarcTime)
	defer cancel()
	checks := append([]Check{sender}, signed...)
	checks = append(checks, s.dmarc(last, s.proof(sender, signed)), answers)
	for i := range checks {
		checks[i].Found = shown(checks[i].Found)
	}
	return checks
}

// proof is whether SPF or DKIM proves our mail: OK, Wrong, or Unknown if the name
// servers said too little.
func (s subject) proof(sender Check, signed []Check) State {
	all := []Check{sender}
	for _, c := range signed {
		if k, _ := s.Key(c.Selector); k.State == Active {
			all = append(all, c)
		}
	}
	proof := Wrong
	for _, c := range all {
		switch {
		case c.State == OK:
			return OK
		case c.Key == "domain.unknown.lookup":
			proof = Unknown
		}
	}
	return proof
}

const (
	maxShown     = 5   // records that are kept of what was found
	maxShownText = 600 // characters of each
)

// shown is of what was found what is kept: anybody may write anything into the DNS.
func shown(found []string) []string {
	kept := make([]string, 0, min(len(found), maxShown))
	for _, text := range found[:min(len(found), maxShown)] {
		kept = append(kept, markup.CleanLine(text, maxShownText))
	}
	return kept
}

// off is what the checks say where nothing may be looked up. The records to set
// stand there all the same.
func (s subject) off() []Check {
	checks := []Check{{Kind: SPF, Name: s.Name, Type: "TXT"}}
	for _, k := range s.Keys {
		if k.State != Gone {
			checks = append(checks, s.keyCheck(k))
		}
	}
	checks = append(checks, Check{Kind: DMARC, Name: "_dmarc." + s.Name, Type: "TXT"}, Check{Kind: MX, Name: s.Name, Type: "MX"})
	for i := range checks {
		checks[i].State, checks[i].Key = Unknown, "domain.unknown.off"
	}
	return checks
}

// tags reads a list of tags (RFC 6376 §3.2). Of a tag that stands twice the first
// counts; what is no tag is left out. strict reports whether it is well formed.
func tags(record string) (found map[string]string, strict bool) {
	found, strict = map[string]string{}, true
	for part := range strings.SplitSeq(record, ";") {
		name, value, ok := strings.Cut(part, "=")
		if name = strings.ToLower(strings.TrimSpace(name)); !ok || name == "" {
			strict = strict && strings.TrimSpace(part) == ""
			continue
		}
		if _, twice := found[name]; twice {
			strict = false
			continue
		}
		found[name] = strings.TrimSpace(value)
	}
	return found, strict
}
