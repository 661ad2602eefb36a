package domains

import (
	"context"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// firstPolicy is the record to begin with: it asks for nothing, but lets others tell
// a domain that cares from one that does not.
const firstPolicy = "v=DMARC1; p=none"

// policy is a DMARC record as far as it matters to who sends (RFC 7489 §6.3).
type policy struct {
	asks  string // "none", "quarantine", "reject"
	below string // the same for subdomains
}

// parsePolicy reads a record. It is one if it begins with v=DMARC1, and ok if it
// asks for something that can be understood.
func parsePolicy(text string) (p policy, is, ok bool) {
	first, _, _ := strings.Cut(text, ";")
	name, version, _ := strings.Cut(first, "=")
	if !strings.EqualFold(strings.TrimSpace(name), "v") || strings.TrimSpace(version) != "DMARC1" {
		return policy{}, false, false
	}
	t, _ := tags(text)
	p.asks = strings.ToLower(t["p"])
	if p.below = strings.ToLower(t["sp"]); p.below == "" {
		p.below = p.asks
	}
	return p, true, known3(p.asks) && known3(p.below)
}

func known3(s string) bool { return s == "none" || s == "quarantine" || s == "reject" }

// dmarc looks at the policy of a domain, or at that of the organisation above it.
// proof says whether SPF or DKIM proves our mail; both align with the domain in
// From, for mail is signed for it and its return path lies in it.
func (s subject) dmarc(ctx context.Context, proof State) Check {
	c := Check{Kind: DMARC, Name: "_dmarc." + s.Name, Type: "TXT"}
	p, found, err := s.policyAt(ctx, c.Name)
	if err != nil {
		return unknown(c)
	}
	if above := organisation(s.Name); len(found) == 0 && above != s.Name {
		if p, found, err = s.policyAt(ctx, "_dmarc."+above); err != nil {
			return unknown(c)
		}
		if p.asks = p.below; len(found) > 0 {
			c.Name = "_dmarc." + above
		}
	}
	c.Found = found
	c.State, c.Key = judgePolicy(p, len(found), proof)
	if c.State != OK && c.State != Unknown && c.Key != "domain.dmarc.refuses" {
		c.Wanted = firstPolicy
	}
	return c
}

func judgePolicy(p policy, records int, proof State) (State, string) {
	switch {
	case records == 0:
		return Missing, "domain.dmarc.missing"
	case records > 1: // two are none (RFC 7489 §6.6.3)
		return Wrong, "domain.dmarc.many"
	case !known3(p.asks):
		return Wrong, "domain.dmarc.broken"
	case p.asks == "none":
		return OK, "domain.dmarc.none"
	case proof == Unknown:
		return Unknown, "domain.unknown.lookup"
	case proof != OK:
		return Wrong, "domain.dmarc.refuses"
	}
	return OK, "domain.dmarc." + p.asks
}

// policyAt reads the records at a name; a policy that can't be understood is empty.
func (s subject) policyAt(ctx context.Context, name string) (policy, []string, error) {
	texts, err := s.texts(ctx, name)
	if err != nil {
		return policy{}, nil, err
	}
	var read policy
	var found []string
	for _, text := range texts {
		p, is, ok := parsePolicy(text)
		if !is {
			continue
		}
		if found = append(found, text); ok {
			read = p
		}
	}
	return read, found, nil
}

// organisation is the domain that was registered (RFC 7489 §3.2); the name itself
// if there is none.
func organisation(name string) string {
	if org, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return org
	}
	return name
}
