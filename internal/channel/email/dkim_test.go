package email

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"lotse/internal/channel"
)

// dkimKeys is a key of each kind, and their records.
var dkimKeys = sync.OnceValues(func() ([]channel.SigningKey, map[string]string) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		panic(err)
	}
	shown, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return []channel.SigningKey{{Selector: "ed", Signer: secret}, {Selector: "rsa", Signer: private}}, map[string]string{
		"rsa._domainkey.lindenau.example": "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public),
		"ed._domainkey.lindenau.example":  "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(shown),
	}
})

// signed is a mail with the signatures in front.
func signed(t testing.TB, mail string) string {
	t.Helper()
	keys, _ := dkimKeys()
	var out bytes.Buffer
	if err := sign(&out, strings.NewReader(mail), "lindenau.example", keys, time.Now()); err != nil {
		t.Fatal(err)
	}
	return out.String() + mail
}

// verdicts is what an independent library says of each signature, top first.
func verdicts(t testing.TB, mail string) []error {
	t.Helper()
	_, records := dkimKeys()
	found, err := dkim.VerifyWithOptions(strings.NewReader(mail), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		return []string{records[name]}, nil
	}})
	if err != nil {
		t.Fatalf("verifying: %v\n%s", err, mail)
	}
	var all []error
	for _, v := range found {
		all = append(all, v.Err)
	}
	return all
}

const signable = "From: Stadtwerke <hilfe@lindenau.example>\r\nTo: jonas@kunde.example\r\nSubject: =?utf-8?q?Z=C3=A4hler?= \r\n  defekt\t\r\n" +
	"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@lindenau.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nX-Own: 1\r\n\r\n" +
	"Guten Tag,  \r\n\tsehr   geehrter Herr\r\n\r\n\r\n"

func TestSign(t *testing.T) {
	for name, mail := range map[string]string{
		"usual":           signable,
		"no body":         "From: a@lindenau.example\r\nSubject: x\r\n\r\n",
		"end of header":   "From: a@lindenau.example\r\nSubject: x\r\n",
		"only empty":      "From: a@lindenau.example\r\n\r\n\r\n\r\n \r\n",
		"last line bare":  "From: a@lindenau.example\r\n\r\nx",
		"long lines":      "From: a@lindenau.example\r\n\r\n" + strings.Repeat("x y ", 40000) + "\r\n" + strings.Repeat("\r\n", 5000) + "end\r\n",
		"several":         "From: a@lindenau.example\r\nTo: a@x.example\r\nTo: b@x.example\r\nFROM : b@lindenau.example\r\n\r\nx\r\n",
		"odd white space": "From:\ta@lindenau.example\r\nSubject :  \r\n\r\n \t \r\na\t \tb \r\n\t\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			mail := signed(t, mail)
			if name == "end of header" {
				mail += "\r\n"
			}
			got := verdicts(t, mail)
			if len(got) != 2 || errors.Join(got...) != nil {
				t.Errorf("verdicts: %v", got)
			}
			if !strings.HasPrefix(mail, "DKIM-Signature: v=1; a=rsa-sha256;") {
				t.Errorf("RSA does not come first: %s", mail[:50])
			}
			for line := range strings.Lines(mail[:strings.Index(mail, "From")]) {
				if len(line) > 80 {
					t.Errorf("a line of %d bytes: %s", len(line), line)
				}
			}
		})
	}
}

// What a reader sees can't be changed, and nothing can be put beside it.
func TestSignatureBreaks(t *testing.T) {
	for name, change := range map[string][2]string{
		"sender":       {"hilfe@lindenau", "chef@lindenau"},
		"subject":      {"defekt", "repariert"},
		"text":         {"geehrter", "geehrte"},
		"added text":   {"Herr\r\n", "Herr\r\nBitte zahlen Sie\r\n"},
		"second from":  {"X-Own: 1", "From: chef@lindenau.example"},
		"cc put in":    {"X-Own: 1", "Cc: alle@lindenau.example"},
		"second type":  {"X-Own: 1", "Content-Type: text/html"},
		"other answer": {"X-Own: 1", "Reply-To: dieb@kunde.example"},
	} {
		mail := signed(t, signable)
		at := strings.Index(mail, "From: Stadtwerke")
		changed := mail[:at] + strings.Replace(mail[at:], change[0], change[1], 1)
		if changed == mail {
			t.Fatalf("%s: nothing changed", name)
		}
		for _, err := range verdicts(t, changed) {
			if err == nil {
				t.Errorf("%s: a signature holds", name)
			}
		}
	}
	harmless := strings.NewReplacer("X-Own: 1", "X-Own: 2", "Tag,  \r\n", "Tag, \r\n", "Subject: ", "Subject:   ").Replace(signed(t, signable))
	if got := verdicts(t, harmless); errors.Join(got...) != nil {
		t.Errorf("relays must be able to do this: %v", got)
	}
}

func TestSignFailures(t *testing.T) {
	keys, _ := dkimKeys()
	var out bytes.Buffer
	if err := sign(&out, strings.NewReader(signable), "lindenau.example", nil, time.Now()); err != nil || out.Len() != 0 {
		t.Errorf("without keys: %v, %q", err, out.String())
	}
	if err := sign(&out, strings.NewReader(strings.Repeat("X: y\r\n", maxSignedHeader)), "lindenau.example", keys, time.Now()); err == nil {
		t.Error("a header without end is signed")
	}
	broken := errors.New("disk")
	if err := sign(&out, faulty{strings.NewReader(signable), broken}, "lindenau.example", keys, time.Now()); !errors.Is(err, broken) {
		t.Errorf("a mail that can't be read: %v", err)
	}
}

// faulty can be read up to a fault.
type faulty struct {
	*strings.Reader
	err error
}

// Read ends in the fault.
func (f faulty) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = f.err
	}
	return n, err
}

func FuzzSign(f *testing.F) {
	for _, seed := range [][2]string{{"Guten Tag", "Herr\r\n \r\n"}, {" \t ", ""}, {"=?utf-8?q?x?=", "\r\n\r\n\r\n"}, {"a", "x\ny\rz"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, subject, body string) {
		body = strings.ReplaceAll(strings.ReplaceAll(body, "\r", ""), "\n", "\r\n") // as the composer writes it
		mail := "From: a@lindenau.example\r\nSubject: " + line(subject, 200) + "\r\n\r\n" + body
		if got := verdicts(t, signed(t, mail)); len(got) != 2 || errors.Join(got...) != nil {
			t.Errorf("%q, %q: %v", subject, body, got)
		}
	})
}
