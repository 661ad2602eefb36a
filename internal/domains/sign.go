package domains

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
)

// SigningKey is one key a mail of a domain is signed with (RFC 6376).
type SigningKey struct {
	// Selector names the record that holds the public part:
	// SELECTOR._domainkey.DOMAIN.
	Selector string
	// Signer is an *rsa.PrivateKey or an ed25519.PrivateKey (RFC 8463).
	Signer crypto.Signer
}

// SigningKeys returns the keys in use for a domain, RSA first, from memory; none if
// its mail is not signed. It is for the program and takes no actor. It fails with
// errs.Unavailable if the database is away and was never read.
func (d *Domains) SigningKeys(ctx context.Context, domain string) ([]SigningKey, error) {
	s, err := d.state(ctx)
	if err != nil {
		return nil, err
	}
	return s.domains[Normal(domain)].signs, nil
}

// rsaFirst puts the key everybody checks before the other.
func rsaFirst(a, b SigningKey) int {
	rank := func(k SigningKey) int {
		if _, ok := k.Signer.(*rsa.PrivateKey); ok {
			return 0
		}
		return 1
	}
	return rank(a) - rank(b)
}

// Algorithm is a kind of key, as records name it (k=).
type Algorithm string

// The algorithms.
const (
	RSA     Algorithm = "rsa"     // 2048 bits (RFC 8301 §3.2)
	Ed25519 Algorithm = "ed25519" // RFC 8463
)

const rsaBits = 2048

// newKey makes a key: its private part in PKCS #8, its public part as records hold
// it (RFC 6376 §3.6.1, RFC 8463 §4).
func newKey(algorithm Algorithm) (private, public []byte, err error) {
	var key crypto.PrivateKey
	switch algorithm {
	case RSA:
		made, err := rsa.GenerateKey(rand.Reader, rsaBits)
		if err != nil {
			return nil, nil, fmt.Errorf("making a signing key: %w", err)
		}
		if public, err = x509.MarshalPKIXPublicKey(made.Public()); err != nil {
			return nil, nil, fmt.Errorf("writing a signing key: %w", err)
		}
		key = made
	case Ed25519:
		made, secret, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, fmt.Errorf("making a signing key: %w", err)
		}
		public, key = made, secret
	}
	private, err = x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("writing a signing key: %w", err)
	}
	return private, public, nil
}

// signer opens the private part of a key.
func (d *Domains) signer(r keyRow) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(d.Seal.OpenBytes(r.ID, r.Private))
	if err != nil {
		return nil, fmt.Errorf("reading signing key %s: %w", r.Selector, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("reading signing key %s: %T can't sign", r.Selector, key)
	}
	return signer, nil
}

// record is the text of the record for a public key.
func record(algorithm Algorithm, public []byte) string {
	return "v=DKIM1; k=" + string(algorithm) + "; p=" + base64.StdEncoding.EncodeToString(public)
}
