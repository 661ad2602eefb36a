package trust

import (
	"context"
	"strings"

	"lotse/internal/intake"
)

// record is what a domain publishes for DMARC (RFC 7489 §6.3), as far as it
// matters to who receives: no reports are sent.
type record struct {
	asks       string // "none", "quarantine" or "reject"
	below      string // the same for subdomains; "" for the same
	strictDKIM bool
	strictSPF  bool
}

// parseRecord reads a DMARC record. It reports false for other records, and for
// those that ask for nothing that could be understood (§6.6.3). Tags that are
// unknown or broken are left out, as the RFC wants it, and values are read in
// either case: records are written by hand.
func parseRecord(txt string) (record, bool) {
	t := map[string]string{}
	for i, pair := range strings.Split(txt, ";") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if i == 0 && (name != "v" || value != "DMARC1") { // comes first (§6.4)
			return record{}, false
		}
		if _, twice := t[name]; !twice {
			t[name] = value
		}
	}
	r := record{
		asks: strings.ToLower(t["p"]), below: strings.ToLower(t["sp"]),
		strictDKIM: strings.EqualFold(t["adkim"], "s"), strictSPF: strings.EqualFold(t["aspf"], "s"),
	}
	if !request(r.asks) || r.below != "" && !request(r.below) {
		if !strings.Contains(t["rua"], ":") {
			return record{}, false
		}
		r.asks, r.below = "none", "" // somebody who begins, and wants reports
	}
	return r, true
}

func request(s string) bool { return s == "none" || s == "quarantine" || s == "reject" }

// policy is the record that holds for an author's domain.
type policy struct {
	verdict intake.Verdict // Pass: there is one; Missing, TempError, Unchecked
	record
}

// policy finds the record of a domain, else that of its organisational domain
// (RFC 7489 §6.6.3). Both are asked for at once.
func (c *Checker) policy(ctx context.Context, author string) policy {
	org := organisation(author)
	if org == author {
		return c.recordAt(ctx, author)
	}
	above := make(chan policy, 1)
	go func() {
		defer func() {
			if recover() != nil {
				above <- policy{verdict: intake.TempError}
			}
		}()
		above <- c.recordAt(ctx, org)
	}()
	own := c.recordAt(ctx, author)
	if own.verdict != intake.Missing {
		return own
	}
	found := <-above
	if found.below != "" {
		found.asks = found.below
	}
	return found
}

func (c *Checker) recordAt(ctx context.Context, domain string) policy {
	texts, err := c.Resolver.LookupTXT(ctx, "_dmarc."+domain)
	if err != nil && !missing(err) {
		return policy{verdict: intake.TempError}
	}
	found := policy{verdict: intake.Missing}
	for _, txt := range texts {
		r, ok := parseRecord(txt)
		if ok && found.verdict == intake.Pass {
			return policy{verdict: intake.Missing} // two records are none (§6.6.3)
		}
		if ok {
			found = policy{intake.Pass, r}
		}
	}
	return found
}
