package trust

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"lotse/internal/intake"
	"lotse/internal/platform/clock"
)

// names is a world of DNS. A name that is not there does not exist; one whose
// value is nil can't be looked up.
type names struct {
	mu    sync.Mutex
	txt   map[string][]string
	a     map[string][]string
	asked map[string]int
}

func (n *names) find(from map[string][]string, name string) ([]string, error) {
	name = strings.TrimSuffix(name, ".")
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.asked == nil {
		n.asked = map[string]int{}
	}
	n.asked[name]++
	found, ok := from[name]
	switch {
	case !ok:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case found == nil:
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	return found, nil
}

func (n *names) LookupTXT(_ context.Context, name string) ([]string, error) {
	return n.find(n.txt, name)
}

func (n *names) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	_, err := n.find(nil, name)
	return nil, err
}

func (n *names) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	found, err := n.find(n.a, name)
	var all []net.IPAddr
	for _, ip := range found {
		all = append(all, net.IPAddr{IP: net.ParseIP(ip)})
	}
	return all, err
}

func (n *names) LookupAddr(_ context.Context, addr string) ([]string, error) {
	return n.find(nil, addr)
}

var now = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

func newChecker(r Resolver) *Checker {
	return &Checker{Resolver: r, Clock: clock.NewFixed(now), Log: slog.New(slog.DiscardHandler)}
}

// The keys of these tests. Domains sign with selector "k".
var (
	rsaSigner = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	edSigner  = sync.OnceValue(func() ed25519.PrivateKey { _, k, err := ed25519.GenerateKey(rand.Reader); return must(k, err) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// published is the key record of a signer.
func published(signer crypto.Signer) string {
	if public, ok := signer.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	}
	return "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(must(x509.MarshalPKIXPublicKey(signer.Public())))
}

// mail writes a mail with CRLF.
func mail(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

// plainMail is an ordinary mail from an address.
func plainMail(from string) []byte {
	return mail("From: Jana Beispiel <"+from+">", "To: hilfe@lindenau.example", "Subject: Zaehler", "Date: Sun, 22 Nov 2026 06:00:00 +0000",
		"Message-ID: <1@kunde.example>", "", "Guten Tag,", "", "mein  Zaehler\tsteht.  ", "", "")
}

// signed puts a signature of a domain on top of a mail.
func signed(t *testing.T, raw []byte, domain string, signer crypto.Signer, change ...func(*dkim.SignOptions)) []byte {
	t.Helper()
	o := &dkim.SignOptions{Domain: domain, Selector: "k", Signer: signer, HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID"}}
	for _, c := range change {
		c(o)
	}
	var out bytes.Buffer
	if err := dkim.Sign(&out, bytes.NewReader(raw), o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sealing is how a server of these tests adds an ARC set.
type sealing struct {
	domain  string
	n       int
	cv      string
	results string // behind i=
}

// sealed puts an ARC set on top of a mail (RFC 8617 §5.1), and can break it
// before it is signed. testdata/arc holds chains that other software made.
func sealed(t *testing.T, raw []byte, s sealing, change ...func(set *[3]string)) []byte {
	t.Helper()
	l, ok := open(raw)
	if !ok {
		t.Fatal("no mail")
	}
	body := sha256.New()
	hashBody(body, l.body, true)
	set := [3]string{
		fmt.Sprintf("ARC-Authentication-Results: i=%d; %s\r\n", s.n, s.results),
		fmt.Sprintf("ARC-Message-Signature: i=%d; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=k;\r\n h=from:to:subject; bh=%s;\r\n b=", s.n, s.domain, base64.StdEncoding.EncodeToString(body.Sum(nil))),
		fmt.Sprintf("ARC-Seal: i=%d; a=rsa-sha256; cv=%s; d=%s; s=k;\r\n b=", s.n, s.cv, s.domain),
	}
	for _, c := range change {
		c(&set)
	}
	text := ""
	p := &picker{l.fields, map[string]int{}}
	for _, name := range []string{"from", "to", "subject"} {
		f, _ := p.next(name)
		text += canonicalField(f, true)
	}
	set[1] += signature(text + strings.TrimRight(canonicalField(field{"arc-message-signature", set[1]}, true), "\r\n"))
	text = ""
	for n := 1; n < s.n; n++ {
		for _, name := range []string{"arc-authentication-results", "arc-message-signature", "arc-seal"} {
			for _, f := range l.all(name) {
				if i, _, _ := instance(f); i == n {
					text += canonicalField(f, true)
				}
			}
		}
	}
	text += canonicalField(field{"arc-authentication-results", set[0]}, true) + canonicalField(field{"arc-message-signature", set[1]}, true)
	set[2] += signature(text + strings.TrimRight(canonicalField(field{"arc-seal", set[2]}, true), "\r\n"))
	return []byte(set[2] + set[1] + set[0] + string(raw))
}

func signature(text string) string {
	digest := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(must(rsa.SignPKCS1v15(nil, rsaSigner(), crypto.SHA256, digest[:]))) + "\r\n"
}

// direct is the trace of a mail a host handed over.
func direct(peer, from string) intake.Trace {
	return intake.Trace{Peer: peer, Hello: "mx.kunde.example", From: from, To: []string{"hilfe@lindenau.example"}}
}
