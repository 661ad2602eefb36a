package trust

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"slices"

	"lotse/internal/intake"
)

const minBits = 1024 // of an RSA key (RFC 8301 §3.2)

// key is the public half a domain signs with.
type key struct {
	rsa     *rsa.PublicKey
	ed25519 ed25519.PublicKey
}

// key looks up the key a signature names (RFC 6376 §3.6.2). The verdict is Pass,
// TempError or PermError.
func (c *Checker) key(ctx context.Context, selector, domain string) (key, intake.Verdict) {
	records, err := c.Resolver.LookupTXT(ctx, tight(selector)+"._domainkey."+tight(domain))
	if err != nil && !missing(err) {
		return key{}, intake.TempError
	}
	if len(records) != 1 {
		return key{}, intake.PermError
	}
	k, ok := parseKey(records[0])
	if !ok {
		return key{}, intake.PermError
	}
	return k, intake.Pass
}

// parseKey reads a key record (RFC 6376 §3.6.1, RFC 8463 §4). It reports false
// for keys that are withdrawn, too short, or not meant for mail.
func parseKey(record string) (key, bool) {
	t, ok := tags(record)
	if v, said := t["v"]; !ok || said && v != "DKIM1" {
		return key{}, false
	}
	if h, said := t["h"]; said && !slices.Contains(list(h), "sha256") {
		return key{}, false
	}
	if s, said := t["s"]; said && !slices.Contains(list(s), "*") && !slices.Contains(list(s), "email") {
		return key{}, false
	}
	raw, err := base64.StdEncoding.DecodeString(tight(t["p"]))
	if err != nil || len(raw) == 0 {
		return key{}, false
	}
	switch t["k"] {
	case "", "rsa":
		return rsaKey(raw)
	case "ed25519":
		return key{ed25519: raw}, len(raw) == ed25519.PublicKeySize
	}
	return key{}, false
}

// rsaKey reads a key with or without its frame (RFC 6376 erratum 3017).
func rsaKey(raw []byte) (key, bool) {
	if found, err := x509.ParsePKIXPublicKey(raw); err == nil {
		public, ok := found.(*rsa.PublicKey)
		return key{rsa: public}, ok && public.N.BitLen() >= minBits
	}
	public, err := x509.ParsePKCS1PublicKey(raw)
	return key{rsa: public}, err == nil && public.N.BitLen() >= minBits
}

// signed reports whether the signature of a digest (SHA-256) is of this key.
func (k key) signed(algorithm string, digest, signature []byte) bool {
	switch {
	case algorithm == "rsa-sha256" && k.rsa != nil:
		return rsa.VerifyPKCS1v15(k.rsa, crypto.SHA256, digest, signature) == nil
	case algorithm == "ed25519-sha256" && k.ed25519 != nil:
		return ed25519.Verify(k.ed25519, digest, signature)
	}
	return false
}
