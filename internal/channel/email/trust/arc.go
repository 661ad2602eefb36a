package trust

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/intake"
)

const maxSets = 50 // RFC 8617 §4.2.1

// link is one ARC set: what a server found when a mail came to it, the mail as
// it left it, and its seal over the chain up to here (RFC 8617 §4).
type link struct {
	results   field // ARC-Authentication-Results
	signature field // ARC-Message-Signature
	seal      field // ARC-Seal
	signTags  map[string]string
	sealTags  map[string]string
}

func (l link) whole() bool {
	return l.results.raw != "" && l.signature.raw != "" && l.seal.raw != ""
}

func (l link) sealer() string { return plainDomain(tight(l.sealTags["d"])) }

// chain is the ARC sets of a mail, the oldest first, and what they are worth.
type chain struct {
	verdict intake.Verdict
	links   []link // if verdict is Pass
}

// arc validates the chain of a mail (RFC 8617 §5.2). A mail without one is
// Missing; one that does not hold is Fail, whatever is wrong with it.
func (c *Checker) arc(ctx context.Context, l letter) chain {
	links, verdict := readChain(l)
	if verdict != intake.Pass {
		return chain{verdict: verdict}
	}
	for i, next := range links {
		want := "pass"
		if i == 0 {
			want = "none"
		}
		if strings.ToLower(next.sealTags["cv"]) != want {
			return chain{verdict: intake.Fail}
		}
	}
	if v := c.lastSignature(ctx, l, links[len(links)-1]); v != intake.Pass {
		return chain{verdict: v}
	}
	for n := len(links); n > 0; n-- {
		if v := c.sealed(ctx, links[:n]); v != intake.Pass {
			return chain{verdict: v}
		}
	}
	return chain{intake.Pass, links}
}

// readChain collects the sets of a mail: each number from 1 on once, and whole.
func readChain(l letter) ([]link, intake.Verdict) {
	var links []link
	for _, f := range l.fields {
		if f.name != "arc-seal" && f.name != "arc-message-signature" && f.name != "arc-authentication-results" {
			continue
		}
		n, t, ok := instance(f)
		if !ok || n < 1 || n > maxSets || f.absurd() {
			return nil, intake.Fail
		}
		for len(links) < n {
			links = append(links, link{})
		}
		if !links[n-1].add(f, t) {
			return nil, intake.Fail
		}
	}
	if len(links) == 0 {
		return nil, intake.Missing
	}
	if slices.ContainsFunc(links, func(l link) bool { return !l.whole() }) {
		return nil, intake.Fail
	}
	return links, intake.Pass
}

// instance reads the number of the set a field belongs to, and its tags if it
// has any.
func instance(f field) (int, map[string]string, bool) {
	if f.name == "arc-authentication-results" {
		first, _, _ := strings.Cut(f.value(), ";")
		name, number, _ := strings.Cut(first, "=")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		return n, nil, err == nil && strings.TrimSpace(name) == "i"
	}
	t, ok := tags(f.value())
	n, err := strconv.Atoi(t["i"])
	return n, t, ok && err == nil
}

// add puts a field into the set; false if the set has one already.
func (l *link) add(f field, t map[string]string) bool {
	place := &l.results
	switch f.name {
	case "arc-seal":
		place, l.sealTags = &l.seal, t
	case "arc-message-signature":
		place, l.signTags = &l.signature, t
	}
	if place.raw != "" {
		return false
	}
	*place = f
	return true
}

// lastSignature verifies the mail as the last server signed it (RFC 8617
// §4.1.2: like DKIM, without a version).
func (c *Checker) lastSignature(ctx context.Context, l letter, last link) intake.Verdict {
	t := last.signTags
	names := list(t["h"])
	if !slices.Contains(names, "from") || slices.Contains(names, "arc-seal") || t["l"] != "" || c.expired(t["x"]) {
		return intake.Fail
	}
	head, body, ok := forms(t["c"])
	if !ok {
		return intake.Fail
	}
	h := sha256.New()
	hashBody(h, l.body, body)
	if want, err := base64.StdEncoding.DecodeString(tight(t["bh"])); err != nil || !bytes.Equal(want, h.Sum(nil)) {
		return intake.Fail
	}
	h.Reset()
	fields := &picker{l.fields, map[string]int{}}
	for _, name := range names {
		if f, ok := fields.next(name); ok {
			write(h, canonicalField(f, head))
		}
	}
	write(h, unsigned(last.signature, head))
	return c.verify(ctx, t, h.Sum(nil))
}

// sealed verifies the seal of the last of the links, which covers all (RFC 8617
// §5.1.1).
func (c *Checker) sealed(ctx context.Context, links []link) intake.Verdict {
	last := links[len(links)-1]
	if _, lists := last.sealTags["h"]; lists {
		return intake.Fail
	}
	h := sha256.New()
	for i, l := range links {
		write(h, canonicalField(l.results, true))
		write(h, canonicalField(l.signature, true))
		if i < len(links)-1 {
			write(h, canonicalField(l.seal, true))
		}
	}
	write(h, unsigned(last.seal, true))
	return c.verify(ctx, last.sealTags, h.Sum(nil))
}

func (c *Checker) verify(ctx context.Context, t map[string]string, digest []byte) intake.Verdict {
	signature, err := base64.StdEncoding.DecodeString(tight(t["b"]))
	if err != nil || len(signature) == 0 || t["d"] == "" || t["s"] == "" {
		return intake.Fail
	}
	k, verdict := c.key(ctx, t["s"], t["d"])
	if verdict == intake.TempError {
		return intake.TempError
	}
	if verdict != intake.Pass || !k.signed(tight(t["a"]), digest, signature) {
		return intake.Fail
	}
	return intake.Pass
}

// forms reads which forms header and body are signed in, true for relaxed. Each
// is simple if it is not named (RFC 6376 §3.5).
func forms(c string) (head, body, ok bool) {
	h, b, _ := strings.Cut(tight(c), "/")
	known := func(s string) bool { return s == "" || s == "simple" || s == "relaxed" }
	return h == "relaxed", b == "relaxed", known(h) && known(b)
}

func (c *Checker) expired(x string) bool {
	if x == "" {
		return false
	}
	at, err := strconv.ParseInt(tight(x), 10, 64)
	return err != nil || c.Clock.Now().After(time.Unix(at, 0))
}

func write(h hash.Hash, s string) { h.Write([]byte(s)) }

// sealer returns who vouches for a mail from the author: a believed sealer that
// saw DMARC pass, if everybody who sealed after it is believed too, for they
// could have changed it. "" if nobody does.
func (ch chain) sealer(author string, believed []string) string {
	for i := len(ch.links) - 1; i >= 0; i-- {
		l := ch.links[i]
		if !within(l.sealer(), believed) {
			return ""
		}
		_, results, _ := strings.Cut(l.results.value(), ";") // behind i=
		said, ok := parseResults(results)
		if ok && said.dmarc(author) == intake.Pass {
			return l.sealer()
		}
	}
	return ""
}
