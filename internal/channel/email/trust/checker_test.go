package trust

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"testing"

	"lotse/internal/intake"
)

// TestHostileHeaders: what is larger than any honest mail is not looked at, and
// never believed.
func TestHostileHeaders(t *testing.T) {
	world := &names{txt: map[string][]string{"_dmarc.kunde.example": {"v=DMARC1; p=reject"}, "k._domainkey.kunde.example": {published(rsaSigner())}}}
	raw := signed(t, plainMail("jana@kunde.example"), "kunde.example", rsaSigner())
	for name, head := range map[string]string{
		"many fields": strings.Repeat("X: y\r\n", maxFields),
		"one field":   "X: " + strings.Repeat("y", maxHeader) + "\r\n",
		"many lines":  "X: y\r\n" + strings.Repeat(" "+strings.Repeat("y", 900)+"\r\n", 300),
	} {
		got := newChecker(world).Check(t.Context(), append([]byte(head), raw...), direct("192.0.2.1", ""), "jana@kunde.example")
		if !got.Forged() || got.DKIM == intake.Pass {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, raw := range []string{"", "\r\n", "\n", ":", " x\r\n", "From", "From:\r\n\r\n", "\x00\x00", "DKIM-Signature:", "ARC-Seal:i=1", "ARC-Seal: i=1; i=1\r\n\r\n"} {
		if got := newChecker(world).Check(t.Context(), []byte(raw), intake.Trace{}, ""); !got.Forged() {
			t.Errorf("%q: %+v", raw, got)
		}
	}
}

// TestAFaultStopsNothing: a check that panics is a verdict like any other.
func TestAFaultStopsNothing(t *testing.T) {
	got := newChecker(faulty{}).Check(t.Context(), plainMail("jana@kunde.example"), direct("192.0.2.1", "jana@kunde.example"), "jana@kunde.example")
	if got.SPF != intake.PermError || got.DMARC != intake.TempError {
		t.Errorf("%+v", got)
	}
}

// faulty is a resolver with a fault.
type faulty struct{ Resolver }

func (faulty) LookupTXT(context.Context, string) ([]string, error) { panic("a fault") }

// blank is a resolver that finds one key and nothing else.
type blank struct {
	Resolver
	key string
}

func (b blank) LookupTXT(_ context.Context, name string) ([]string, error) {
	if strings.Contains(name, "_domainkey") {
		return []string{b.key}, nil
	}
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

// FuzzMail: no mail makes a check fail, and no change to the signed words of a
// mail keeps it proven.
func FuzzMail(f *testing.F) {
	key, err := os.ReadFile("testdata/arc/key.txt")
	if err != nil {
		f.Fatal(err)
	}
	chain, err := os.ReadFile("testdata/arc/two-relaxed.eml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("From: a@b.example\r\nDKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=k; h=from; bh=x; b=y\r\n\r\nx"), "a@b.example")
	f.Add(chain, "jana@kunde.example")
	f.Fuzz(func(t *testing.T, raw []byte, from string) {
		checker := newChecker(blank{key: strings.TrimSpace(string(key))})
		checker.Sealers = []string{"liste.example", "zwischen.example"}
		got := checker.Check(t.Context(), raw, intake.Trace{}, from)
		if got.ARC == intake.Pass && !bytes.Contains(raw, []byte("jana@kunde.example")) {
			t.Errorf("a chain holds that nobody sealed: %q", raw)
		}
	})
}
