package trust

import (
	"net/netip"
	"strings"
	"testing"

	"lotse/internal/intake"
)

func TestReadingResults(t *testing.T) {
	for _, c := range []struct {
		text              string
		server            string
		spf, dkim, dmarc  intake.Verdict
		spfDomain, dkimBy string
	}{
		{"mx.post.example; spf=pass smtp.mailfrom=jana@kunde.example; dkim=pass header.d=kunde.example; dmarc=pass header.from=kunde.example",
			"mx.post.example", intake.Pass, intake.Pass, intake.Pass, "kunde.example", "kunde.example"},
		{" MX.Post.Example 1;\r\n\tdkim=fail reason=\"bad; dmarc=pass\" header.i=@Mail.Kunde.example;\r\n\tSPF=SoftFail (post.example: domain of a@b; does not designate (really) 1.2.3.4)\r\n smtp.mailfrom=kunde.example; dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=kunde.example",
			"mx.post.example", intake.Neutral, intake.Fail, intake.Fail, "kunde.example", "mail.kunde.example"},
		{"mx.post.example; none", "mx.post.example", 0, 0, 0, "", ""},
		{"mx.post.example;", "mx.post.example", 0, 0, 0, "", ""},
		{`mx.post.example; spf=pass smtp.mailfrom="a; dmarc=pass header.from=bank.example"@kunde.example`, "mx.post.example", intake.Pass, 0, 0, "kunde.example", ""},
		{`mx.post.example; spf=pass (a \) ; dmarc=pass \( b) smtp.mailfrom=kunde.example`, "mx.post.example", intake.Pass, 0, 0, "kunde.example", ""},
		{"mx.post.example; spf = pass smtp . mailfrom=x", "mx.post.example", intake.Pass, 0, 0, "", ""},
		{"mx.post.example; spf=pass smtp.mailfrom=SRS0=abc=TT=kunde.example=jana@liste.example", "mx.post.example", intake.Pass, 0, 0, "liste.example", ""},
		{"mx.post.example; dkim/1=pass header.d=kunde.example header.b=\"a=b\"", "mx.post.example", 0, intake.Pass, 0, "", "kunde.example"},
		{"mx.post.example; spf=none smtp.helo=mx.kunde.example; dmarc=bestguesspass header.from=kunde.example", "mx.post.example", intake.Missing, 0, intake.Missing, "mx.kunde.example", ""},
		{"mx.post.example; dmarc=pass header.from=bank.example", "mx.post.example", 0, 0, 0, "", ""}, // of another author
		{"mx.post.example; dmarc=temperror; spf=permerror; dkim=wonderful", "mx.post.example", intake.PermError, 0, intake.TempError, "", ""},
	} {
		got, ok := parseResults(c.text)
		if !ok || got.server != c.server {
			t.Errorf("%q: %v %q", c.text, ok, got.server)
			continue
		}
		dkim := mark{}
		if all := got.dkim(); len(all) > 0 {
			dkim = all[0]
		}
		if spf := got.spf(); spf.verdict != c.spf || spf.domain != c.spfDomain || dkim.verdict != c.dkim || dkim.domain != c.dkimBy || got.dmarc("kunde.example") != c.dmarc {
			t.Errorf("%q: spf %+v dkim %+v dmarc %d", c.text, spf, dkim, got.dmarc("kunde.example"))
		}
	}
	for _, text := range []string{"", ";", "spf=pass smtp.mailfrom=a; dmarc=pass", "mx.post.example 2; dmarc=pass", "mx.post.example and more; dmarc=pass",
		"mx.post.example; dmarc=pass (unfinished", `mx.post.example; dmarc=pass reason="unfinished`} {
		if got, ok := parseResults(text); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// TestBelieving: only the uppermost word of a server that is believed counts, and
// only in mail that came by it.
func TestBelieving(t *testing.T) {
	const from = "jana@kunde.example"
	says := func(server, what string) string { return "Authentication-Results: " + server + "; " + what + "\r\n" }
	pass := "spf=pass smtp.mailfrom=kunde.example; dmarc=pass header.from=kunde.example"
	fail := "spf=fail smtp.mailfrom=kunde.example; dmarc=fail header.from=kunde.example"
	fetched := intake.Trace{Host: "imap.post.example"}
	for _, c := range []struct {
		name    string
		head    string
		trace   intake.Trace
		believe []string
		dmarc   intake.Verdict
		by      string
	}{
		{"the mailbox's own server", says("mx3.post.example", pass), fetched, nil, intake.Pass, "mx3.post.example"},
		{"its word against", says("mx3.post.example", fail), fetched, nil, intake.Fail, "mx3.post.example"},
		{"a forged one below", says("mx3.post.example", fail) + says("mx3.post.example", pass), fetched, nil, intake.Fail, "mx3.post.example"},
		{"a stranger's above", says("mx.fremd.example", pass) + says("mx3.post.example", fail), fetched, nil, intake.Fail, "mx3.post.example"},
		{"only a stranger's", says("mx.fremd.example", pass), fetched, nil, intake.Fail, ""},
		{"a name that only ends alike", says("meinpost.example", pass), fetched, nil, intake.Fail, ""},
		{"nobody's", "Authentication-Results: " + pass + "\r\n", fetched, nil, intake.Fail, ""},
		{"a broken one is passed over", says("mx3.post.example", pass+" (") + says("mx3.post.example", fail), fetched, nil, intake.Fail, "mx3.post.example"},
		{"one that is set", says("filter.example", pass), fetched, []string{"filter.example"}, intake.Pass, "filter.example"},
		{"a provider of two names", says("mx.google.com", pass), intake.Trace{Host: "imap.gmail.com"}, nil, intake.Pass, "mx.google.com"},
		{"an address has no name", says("192.0.2.7", pass), intake.Trace{Host: "192.0.2.7"}, nil, intake.Fail, ""},
		{"handed over by anybody", says("mx3.post.example", pass), direct("203.0.113.9", from), []string{"mx3.post.example"}, intake.Fail, ""},
		{"handed over by an own relay", says("mx3.post.example", pass), direct("198.51.100.7", from), []string{"post.example"}, intake.Pass, "mx3.post.example"},
		{"by an own relay, nobody is set", says("mx3.post.example", pass), direct("198.51.100.7", from), nil, intake.Fail, ""},
		{"of another author", says("mx3.post.example", "dmarc=pass header.from=bank.example"), fetched, nil, intake.Fail, "mx3.post.example"},
		{"SPF alone", says("mx3.post.example", "spf=pass smtp.mailfrom=kunde.example"), fetched, nil, intake.Pass, "mx3.post.example"},
		{"a signature that was whole there", says("mx3.post.example", "dkim=pass header.d=kunde.example"), fetched, nil, intake.Pass, "mx3.post.example"},
	} {
		world := &names{txt: map[string][]string{"_dmarc.kunde.example": {"v=DMARC1; p=reject"}}}
		checker := newChecker(world)
		checker.Believe, checker.Relays = c.believe, []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
		got := checker.Check(t.Context(), append([]byte(c.head), plainMail(from)...), c.trace, from)
		if got.DMARC != c.dmarc || got.By != c.by {
			t.Errorf("%s: DMARC %d by %q", c.name, got.DMARC, got.By)
		}
	}
}

// TestOwnSignatureOverWord: what is verified here needs nobody's word, and nobody's
// word vouches for a mail of several authors.
func TestOwnSignatureOverWord(t *testing.T) {
	const from = "jana@kunde.example"
	world := &names{txt: map[string][]string{"_dmarc.kunde.example": {"v=DMARC1; p=reject"}, "k._domainkey.kunde.example": {published(rsaSigner())}}}
	fetched := intake.Trace{Host: "imap.post.example"}
	raw := append([]byte("Authentication-Results: mx.post.example; dmarc=fail header.from=kunde.example\r\n"), signed(t, plainMail(from), "kunde.example", rsaSigner())...)
	if got := newChecker(world).Check(t.Context(), raw, fetched, from); got.DMARC != intake.Pass || got.Forged() {
		t.Errorf("signed: %+v", got)
	}
	two := strings.Replace(string(plainMail(from)), "\r\nTo:", ", opfer@kunde.example\r\nTo:", 1)
	raw = []byte("Authentication-Results: mx.post.example; dmarc=pass header.from=kunde.example\r\n" + two)
	if got := newChecker(world).Check(t.Context(), raw, fetched, from); !got.Forged() {
		t.Errorf("two authors: %+v", got)
	}
}

// TestWithoutNames: with looking up switched off only believed servers are heard.
func TestWithoutNames(t *testing.T) {
	checker := newChecker(nil)
	checker.Resolver = nil
	raw := plainMail("jana@kunde.example")
	if got := checker.Check(t.Context(), raw, direct("192.0.2.1", "jana@kunde.example"), "jana@kunde.example"); got != (intake.Trust{}) {
		t.Errorf("%+v", got)
	}
	raw = append([]byte("Authentication-Results: post.example; spf=pass smtp.mailfrom=kunde.example; dkim=pass header.d=kunde.example; arc=none; dmarc=pass\r\n"), raw...)
	got := checker.Check(t.Context(), raw, intake.Trace{Host: "imap.post.example"}, "jana@kunde.example")
	if want := (intake.Trust{SPF: intake.Pass, DKIM: intake.Pass, DMARC: intake.Pass, ARC: intake.Missing, Signer: "kunde.example", By: "post.example", Aligned: true}); got != want {
		t.Errorf("%+v", got)
	}
}

func FuzzResults(f *testing.F) {
	f.Add(`mx.post.example 1; spf=pass (a \) b) smtp.mailfrom="a b"@c.example; dkim=fail reason="x"; dmarc = none`)
	f.Add("a;;b=c;=;d=;\"e\"=f")
	f.Add("((((")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseResults(text)
		if ok && got.server == "" {
			t.Errorf("%q is of nobody", text)
		}
		if commented, same := parseResults(strings.ReplaceAll(text, ";", " (x;y=z) ;")); ok && !strings.ContainsAny(text, `"\(`) && (!same || len(commented.checks) != len(got.checks)) {
			t.Errorf("comments change what %q says", text)
		}
		got.dmarc("kunde.example")
		got.spf()
		got.dkim()
	})
}
