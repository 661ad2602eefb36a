package domains

import (
	"context"
	"encoding/base64"
	"strings"
)

// dkim looks at the record of every key that has one to have.
func (s subject) dkim(ctx context.Context) []Check {
	var checks []Check
	for _, k := range s.Keys {
		if k.State != Gone {
			checks = append(checks, s.dkimKey(ctx, k))
		}
	}
	if len(checks) == 0 {
		return []Check{{Kind: DKIM, Name: "_domainkey." + s.Name, Type: "TXT", State: Missing, Key: "domain.dkim.none"}}
	}
	return checks
}

func (s subject) keyCheck(k Key) Check {
	return Check{Kind: DKIM, Selector: k.Selector, Name: k.RecordName(s.Name), Type: "TXT", Wanted: k.Record()}
}

func (s subject) dkimKey(ctx context.Context, k Key) Check {
	c := s.keyCheck(k)
	texts, err := s.texts(ctx, c.Name)
	if err != nil {
		return unknown(c)
	}
	c.Found = texts
	c.State, c.Key = judgeKey(texts, k)
	return c
}

// judgeKey says whether records hold a key (RFC 6376 §3.6.1).
func judgeKey(texts []string, k Key) (State, string) {
	switch len(texts) {
	case 0:
		return Missing, "domain.dkim.missing"
	case 1:
	default:
		return Wrong, "domain.dkim.many" // which of them counts is undefined (§3.6.2.2)
	}
	t, strict := tags(texts[0])
	wanted := base64.StdEncoding.EncodeToString(k.public)
	got := strings.Join(strings.Fields(t["p"]), "")
	if v, said := t["v"]; !strict || said && (v != "DKIM1" || !strings.HasPrefix(strings.TrimSpace(texts[0]), "v")) { // first, if at all
		return Wrong, "domain.dkim.broken"
	}
	switch kind := t["k"]; {
	case got == wanted && (kind == string(k.Algorithm) || kind == "" && k.Algorithm == RSA):
		return usable(t)
	case got == wanted:
		return Wrong, "domain.dkim.kind"
	case got == "":
		return Wrong, "domain.dkim.revoked"
	case strings.HasPrefix(wanted, got):
		return Wrong, "domain.dkim.cut"
	}
	return Wrong, "domain.dkim.other"
}

// usable looks at what else a record with the right key says.
func usable(t map[string]string) (State, string) {
	if h, said := t["h"]; said && !listed(h, "sha256") {
		return Wrong, "domain.dkim.broken"
	}
	if s, said := t["s"]; said && !listed(s, "*") && !listed(s, "email") {
		return Wrong, "domain.dkim.broken"
	}
	if listed(t["t"], "y") {
		return OK, "domain.dkim.testing"
	}
	return OK, "domain.dkim.ok"
}

// listed reports whether a word is in a list with colons.
func listed(list, word string) bool {
	for w := range strings.SplitSeq(list, ":") {
		if strings.EqualFold(strings.TrimSpace(w), word) {
			return true
		}
	}
	return false
}
