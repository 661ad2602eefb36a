package trust

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"lotse/internal/intake"
)

func TestSignatures(t *testing.T) {
	const from = "jana@kunde.example"
	weak := func() crypto.Signer { // RFC 8301 §3.2
		t.Setenv("GODEBUG", "rsa1024min=0")
		return must(rsa.GenerateKey(rand.Reader, 768))
	}()
	short := must(rsa.GenerateKey(rand.Reader, 1024))
	good := func(t *testing.T) []byte { return signed(t, plainMail(from), "kunde.example", rsaSigner()) }
	replace := func(old, new string) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			raw := string(good(t))
			if !strings.Contains(raw, old) {
				t.Fatalf("no %q in %s", old, raw)
			}
			return []byte(strings.Replace(raw, old, new, 1))
		}
	}
	for _, c := range []struct {
		name   string
		key    string
		mail   func(*testing.T) []byte
		want   intake.Verdict
		signer string
	}{
		{"rsa", published(rsaSigner()), good, intake.Pass, "kunde.example"},
		{"ed25519", published(edSigner()), func(t *testing.T) []byte { return signed(t, plainMail(from), "kunde.example", edSigner()) }, intake.Pass, "kunde.example"},
		{"rsa of 1024 bits", published(short), func(t *testing.T) []byte { return signed(t, plainMail(from), "kunde.example", short) }, intake.Pass, "kunde.example"},
		{"rsa of 768 bits", published(weak), func(t *testing.T) []byte { return signed(t, plainMail(from), "kunde.example", weak) }, intake.PermError, "kunde.example"},
		{"simple", published(rsaSigner()), func(t *testing.T) []byte {
			return signed(t, plainMail(from), "kunde.example", rsaSigner(), func(o *dkim.SignOptions) { o.HeaderCanonicalization, o.BodyCanonicalization = "simple", "simple" })
		}, intake.Pass, "kunde.example"},
		{"lines end in LF", published(rsaSigner()), func(t *testing.T) []byte { return bytes.ReplaceAll(good(t), []byte("\r\n"), []byte("\n")) }, intake.Pass, "kunde.example"},
		{"no body, no empty line", published(rsaSigner()), func(t *testing.T) []byte {
			raw := signed(t, mail("From: "+from, "Subject: x", ""), "kunde.example", rsaSigner(), func(o *dkim.SignOptions) { o.HeaderKeys = []string{"From"} })
			return bytes.TrimRight(raw, "\r\n")
		}, intake.Pass, "kunde.example"},
		{"another text", published(rsaSigner()), replace("Guten Tag", "Gib her"), intake.Fail, "kunde.example"},
		{"another subject", published(rsaSigner()), replace("Subject: Zaehler", "Subject: Konto"), intake.Fail, "kunde.example"},
		{"key withdrawn", "v=DKIM1; p=", good, intake.PermError, "kunde.example"},
		{"key for something else", strings.Replace(published(rsaSigner()), "p=", "s=tlsrpt; p=", 1), good, intake.PermError, "kunde.example"},
		{"sha1", published(rsaSigner()), replace("a=rsa-sha256", "a=rsa-sha1"), intake.PermError, "kunde.example"},
		{"From not signed", published(rsaSigner()), replace("h=From", "h=X"), intake.PermError, "kunde.example"},
		{"expired", published(rsaSigner()), func(t *testing.T) []byte {
			return signed(t, plainMail(from), "kunde.example", rsaSigner(), func(o *dkim.SignOptions) { o.Expiration = time.Unix(1700000000, 0) })
		}, intake.PermError, "kunde.example"},
		{"a part of the body (l=)", published(rsaSigner()), partly(from), intake.Neutral, "kunde.example"},
		{"no signature", published(rsaSigner()), func(*testing.T) []byte { return plainMail(from) }, intake.Missing, ""},
		{"no tags at all", published(rsaSigner()), func(*testing.T) []byte { return append([]byte("DKIM-Signature: hello\r\n"), plainMail(from)...) }, intake.PermError, ""},
		{"names without end", published(rsaSigner()), replace("h=From", "h="+strings.Repeat("x:", 300)+"From"), intake.PermError, ""},
		{"a field without end", published(rsaSigner()), replace("h=From", "h="+strings.Repeat("x", maxField)+":From"), intake.PermError, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			world := &names{txt: map[string][]string{"k._domainkey.kunde.example": {c.key}}}
			got := newChecker(world).Check(t.Context(), c.mail(t), direct("192.0.2.1", ""), from)
			if got.DKIM != c.want || got.Signer != c.signer {
				t.Errorf("DKIM %d by %q, want %d by %q", got.DKIM, got.Signer, c.want, c.signer)
			}
		})
	}
}

// partly signs a mail the old way, with a length of the body, and writes on.
func partly(from string) func(*testing.T) []byte {
	return func(*testing.T) []byte {
		l, _ := open(plainMail(from))
		h := sha256.New()
		hashBody(h, l.body, true)
		f := field{"dkim-signature", fmt.Sprintf("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=kunde.example; s=k; l=42; h=from; bh=%s; b=", base64.StdEncoding.EncodeToString(h.Sum(nil)))}
		p := &picker{l.fields, map[string]int{}}
		author, _ := p.next("from")
		raw := f.raw + signature(canonicalField(author, true)+strings.TrimRight(canonicalField(f, true), "\r\n")) + string(plainMail(from))
		return []byte(raw + "Und jetzt bitte Ihr Passwort.\r\n")
	}
}

// TestSeveralSignatures: the one of the author's domain counts, wherever it
// stands among the first five.
func TestSeveralSignatures(t *testing.T) {
	const from = "jana@kunde.example"
	world := &names{txt: map[string][]string{"_dmarc.kunde.example": {"v=DMARC1; p=reject"}, "k._domainkey.kunde.example": {published(rsaSigner())},
		"k._domainkey.versand.example": {published(edSigner())}, "k._domainkey.langsam.example": nil}}
	check := func(raw []byte) intake.Trust {
		return newChecker(world).Check(t.Context(), raw, direct("192.0.2.1", ""), from)
	}
	raw := signed(t, plainMail(from), "kunde.example", rsaSigner())
	raw = signed(t, raw, "versand.example", edSigner())
	if got := check(raw); got.DKIM != intake.Pass || got.Signer != "kunde.example" || got.DMARC != intake.Pass {
		t.Errorf("two: %+v", got)
	}
	raw = append([]byte("DKIM-Signature: v=1; d=kunde.example\r\n"), signed(t, raw, "langsam.example", rsaSigner())...)
	if got := check(raw); got.DKIM != intake.Pass || got.Signer != "kunde.example" || got.DMARC != intake.Pass {
		t.Errorf("with broken ones: %+v", got)
	}
	for range maxSignatures {
		raw = signed(t, raw, "versand.example", edSigner())
	}
	if got := check(raw); got.DKIM != intake.Pass || got.Signer != "versand.example" || got.DMARC != intake.Fail {
		t.Errorf("behind five others: %+v", got)
	}
	only := signed(t, signed(t, plainMail(from), "versand.example", edSigner()), "langsam.example", rsaSigner())
	if got := check(only); got.DKIM != intake.Pass || got.Signer != "versand.example" || got.DMARC != intake.Fail {
		t.Errorf("only of others: %+v", got)
	}
}

// FuzzBody compares the forms of a body with those of another implementation.
func FuzzBody(f *testing.F) {
	for _, body := range []string{"", "\r\n", "\r\n\r\n", "a", "a\r\n", "a \t b  \r\n\r\n\r\n", " \r\n\t\r\n", "  a\r\n \r\nb", "a\r\n.\r\n..\r\n", "ä\xff\x00\r\n"} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(strings.ReplaceAll(body, "\r\n", ""), "\r") {
			return // a lone CR is nothing RFC 5322 knows
		}
		raw := append([]byte("From: a@b.example\r\n\r\n"), body...)
		l, ok := open(raw)
		if !ok || string(l.body) != body {
			t.Fatalf("body %q", l.body)
		}
		for _, form := range []dkim.Canonicalization{"simple", "relaxed"} {
			s := must(dkim.NewSigner(&dkim.SignOptions{Domain: "b.example", Selector: "k", Signer: edSigner(), HeaderCanonicalization: form, BodyCanonicalization: form, HeaderKeys: []string{"From"}}))
			must(s.Write(raw))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			_, value, _ := strings.Cut(s.Signature(), ":")
			want, _ := tags(value)
			h := sha256.New()
			hashBody(h, l.body, form == "relaxed")
			if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != tight(want["bh"]) {
				t.Errorf("%s %q: %s, want %s", form, body, got, want["bh"])
			}
		}
	})
}
