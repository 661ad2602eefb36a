package trust

import (
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dmarc"

	"lotse/internal/intake"
)

func TestWhatOutcomesMean(t *testing.T) {
	const from, host, stranger = "jana@kunde.example", "192.0.2.1", "203.0.113.9"
	reject := "v=DMARC1; p=reject"
	signedBy := func(domain string) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return signed(t, plainMail(from), domain, rsaSigner()) }
	}
	broken := func(domain string) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			return []byte(strings.Replace(string(signedBy(domain)(t)), "Zaehler\t", "Konto ", 1))
		}
	}
	plain := func(*testing.T) []byte { return plainMail(from) }
	for _, c := range []struct {
		name          string
		mail          func(*testing.T) []byte
		peer, sender  string
		dmarc, spf    string // published by kunde.example
		wantSPF, dkim intake.Verdict
		want          intake.Verdict
		forged        bool
	}{
		{"nothing published, nothing known", plain, host, from, "", "", intake.Missing, intake.Missing, intake.Missing, false},
		{"SPF alone vouches", plain, host, from, "", "v=spf1 ip4:192.0.2.1 -all", intake.Pass, intake.Missing, intake.Missing, false},
		{"SPF disowns", plain, stranger, from, "", "v=spf1 ip4:192.0.2.1 -all", intake.Fail, intake.Missing, intake.Missing, true},
		{"softfail is no statement", plain, stranger, from, "", "v=spf1 ip4:192.0.2.1 ~all", intake.Neutral, intake.Missing, intake.Missing, false},
		{"SPF disowns, the signature vouches", signedBy("kunde.example"), stranger, from, "", "v=spf1 -all", intake.Fail, intake.Pass, intake.Missing, false},
		{"broken own signature", broken("kunde.example"), host, from, "", "", intake.Missing, intake.Fail, intake.Missing, true},
		{"broken own signature, SPF vouches", broken("kunde.example"), host, from, "", "v=spf1 ip4:192.0.2.1 -all", intake.Pass, intake.Fail, intake.Missing, false},
		{"broken signature of somebody else", broken("versand.example"), host, from, "", "", intake.Missing, intake.Fail, intake.Missing, false},
		{"no key is no signature", signedBy("mail.kunde.example"), host, from, "", "", intake.Missing, intake.PermError, intake.Missing, false},
		{"DMARC by SPF", plain, host, from, reject, "v=spf1 ip4:192.0.2.1 -all", intake.Pass, intake.Missing, intake.Pass, false},
		{"DMARC by signature", signedBy("kunde.example"), stranger, from, reject, "", intake.Missing, intake.Pass, intake.Pass, false},
		{"SPF of another domain does not count", plain, host, "x@versand.example", reject, "", intake.Pass, intake.Missing, intake.Fail, true},
		{"nor does the signature of one", signedBy("versand.example"), stranger, from, reject, "", intake.Missing, intake.Pass, intake.Fail, true},
		{"forged", plain, stranger, from, reject, "v=spf1 ip4:192.0.2.1 -all", intake.Fail, intake.Missing, intake.Fail, true},
		{"forged, p=none", plain, stranger, from, "v=DMARC1; p=none", "v=spf1 ip4:192.0.2.1 -all", intake.Fail, intake.Missing, intake.Fail, true},
		{"forged, pct=0", plain, stranger, from, "v=DMARC1; p=reject; pct=0", "", intake.Missing, intake.Missing, intake.Fail, true},
		{"null sender, the host's name is asked", plain, host, "", reject, "v=spf1 -all", intake.Pass, intake.Missing, intake.Pass, false},
		{"neighbour that is not known", plain, "10.1.2.3", from, "v=DMARC1; p=none", "v=spf1 -all", intake.Unchecked, intake.Missing, intake.Neutral, false},
		{"neighbour, the domain asks for rejection", plain, "127.0.0.1", from, reject, "v=spf1 -all", intake.Unchecked, intake.Missing, intake.Fail, true},
		{"neighbour the domain names", plain, "127.0.0.1", from, reject, "v=spf1 ip4:127.0.0.1 -all", intake.Pass, intake.Missing, intake.Pass, false},
		{"two records are none", plain, stranger, from, reject + "|" + reject, "", intake.Missing, intake.Missing, intake.Missing, false},
		{"a broken record is none", plain, stranger, from, "v=DMARC1; p=perhaps", "", intake.Missing, intake.Missing, intake.Missing, false},
		{"fetched, unsigned", plain, "", from, reject, "", intake.Unchecked, intake.Missing, intake.Fail, true},
		{"fetched, signed", signedBy("kunde.example"), "", from, reject, "", intake.Unchecked, intake.Pass, intake.Pass, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			world := &names{txt: map[string][]string{
				"k._domainkey.kunde.example":   {published(rsaSigner())},
				"k._domainkey.versand.example": {published(rsaSigner())},
				"versand.example":              {"v=spf1 ip4:192.0.2.1 -all"},
				"mx.kunde.example":             {"v=spf1 ip4:192.0.2.1 -all"},
			}}
			if c.dmarc != "" {
				world.txt["_dmarc.kunde.example"] = strings.Split(c.dmarc, "|")
			}
			if c.spf != "" {
				world.txt["kunde.example"] = []string{c.spf}
			}
			got := newChecker(world).Check(t.Context(), c.mail(t), direct(c.peer, c.sender), from)
			if vouched := c.want == intake.Pass || strings.Contains(c.name, "vouches"); got.Proven() != vouched {
				t.Errorf("proven: %v", got.Proven())
			}
			if got.SPF != c.wantSPF || got.DKIM != c.dkim || got.DMARC != c.want || got.Forged() != c.forged {
				t.Errorf("SPF %d DKIM %d DMARC %d forged %v, want %d %d %d %v", got.SPF, got.DKIM, got.DMARC, got.Forged(), c.wantSPF, c.dkim, c.want, c.forged)
			}
		})
	}
}

func TestAlignment(t *testing.T) {
	for _, c := range []struct {
		name, from, signer, at, record string
		want                           intake.Verdict
	}{
		{"the same", "a@kunde.example", "kunde.example", "kunde.example", "v=DMARC1; p=none", intake.Pass},
		{"a subdomain signs", "a@kunde.example", "mail.kunde.example", "kunde.example", "v=DMARC1; p=none", intake.Pass},
		{"the domain signs for a subdomain", "a@mail.kunde.example", "kunde.example", "kunde.example", "v=DMARC1; p=none", intake.Pass},
		{"strict", "a@kunde.example", "mail.kunde.example", "kunde.example", "v=DMARC1; p=none; adkim=s", intake.Fail},
		{"strict, the same", "a@kunde.example", "kunde.example", "kunde.example", "v=DMARC1; p=none; adkim=s", intake.Pass},
		{"below a public suffix nobody speaks for others", "a@anna.co.uk", "berta.co.uk", "anna.co.uk", "v=DMARC1; p=none", intake.Fail},
		{"but within a registered one", "a@shop.anna.co.uk", "mail.anna.co.uk", "anna.co.uk", "v=DMARC1; p=none", intake.Pass},
		{"a name that only ends alike", "a@meinkunde.example", "kunde.example", "meinkunde.example", "v=DMARC1; p=none", intake.Fail},
		{"upper case and a final dot", "a@Kunde.Example", "kunde.example", "kunde.example", "v=DMARC1; p=none", intake.Pass},
		{"umlauts", "a@zähler.example", "xn--zhler-gra.example", "xn--zhler-gra.example", "v=DMARC1; p=none", intake.Pass},
		{"a subdomain has its own record", "a@mail.kunde.example", "kunde.example", "mail.kunde.example", "v=DMARC1; p=none; adkim=s", intake.Fail},
	} {
		world := &names{txt: map[string][]string{"_dmarc." + c.at: {c.record}, "k._domainkey." + c.signer: {published(rsaSigner())}}}
		got := newChecker(world).Check(t.Context(), signed(t, plainMail(c.from), c.signer, rsaSigner()), direct("192.0.2.1", ""), c.from)
		if got.DMARC != c.want || got.Signer != c.signer {
			t.Errorf("%s: DMARC %d by %q, want %d", c.name, got.DMARC, got.Signer, c.want)
		}
	}
}

// TestSubdomainPolicy: where SPF can't be asked it depends on what the domain asks
// for, and sp= is what it asks for subdomains.
func TestSubdomainPolicy(t *testing.T) {
	for record, want := range map[string]intake.Verdict{
		"v=DMARC1; p=reject; sp=none":         intake.Neutral,
		"v=DMARC1; p=none; sp=quarantine":     intake.Fail,
		"v=DMARC1; p=reject":                  intake.Fail,
		"v=DMARC1; p=none":                    intake.Neutral,
		"v=DMARC1; p=none; sp=strange":        intake.Missing,
		"v=DMARC1; sp=none; rua=mailto:a@b.c": intake.Neutral,
	} {
		world := &names{txt: map[string][]string{"_dmarc.kunde.example": {record}}}
		got := newChecker(world).Check(t.Context(), plainMail("a@mail.kunde.example"), intake.Trace{}, "a@mail.kunde.example")
		if got.DMARC != want {
			t.Errorf("%s: %d, want %d", record, got.DMARC, want)
		}
	}
}

// TestWhoseMailItIs: without exactly one author nobody can vouch for a mail,
// whatever is signed.
func TestWhoseMailItIs(t *testing.T) {
	world := &names{txt: map[string][]string{"_dmarc.kunde.example": {"v=DMARC1; p=none"}, "k._domainkey.kunde.example": {published(rsaSigner())}}}
	for _, c := range []struct {
		from, read string // as written, and the address the reader found
		safe       bool
	}{
		{"Jana <jana@kunde.example>", "jana@kunde.example", true},
		{"jana@kunde.example", "jana@kunde.example", true},
		{"jana@kunde.example (Jana, Abteilung <3>)", "jana@kunde.example", true},
		{`"Beispiel, Jana (a@b.example)" <jana@kunde.example>`, "jana@kunde.example", true},
		{`Jana "die Erste <jana@kunde.example>`, "jana@kunde.example", true},
		{"jana@kunde.example <jana@kunde.example>", "jana@kunde.example", true},
		{"=?utf-8?q?J=C3=A4na?=\r\n <jana@kunde.example>", "jana@kunde.example", true},
		{`"jana"@kunde.example`, "jana@kunde.example", true},
		{"Gruppe: jana@kunde.example;", "jana@kunde.example", true},
		{"", "", false},
		{"Jana", "", false},
		{"<>", "", false},
		{"jana@kunde.example, opfer@kunde.example", "jana@kunde.example", false},
		{"jana@kunde.example, opfer@bank.example", "jana@kunde.example", false},
		{"<jana@kunde.example> <opfer@bank.example>", "jana@kunde.example", false},
		{"jana@kunde.example; opfer@bank.example", "opfer@bank.example", false},
		{"Jana <jana@kunde.example>\r\nFrom: opfer@kunde.example", "jana@kunde.example", false},
		{"Jana <jana@kunde.example>\r\nfrom : opfer@kunde.example", "opfer@kunde.example", false},
		{"Jana <jana@kunde.example>", "opfer@bank.example", false}, // read otherwise than here
	} {
		raw := signed(t, []byte(strings.Replace(string(plainMail("x@y.example")), "Jana Beispiel <x@y.example>", c.from, 1)), "kunde.example", rsaSigner())
		got := newChecker(world).Check(t.Context(), raw, direct("192.0.2.1", ""), c.read)
		if got.Forged() == c.safe {
			t.Errorf("From: %q read as %q: %+v", c.from, c.read, got)
		}
	}
}

func TestRecords(t *testing.T) {
	for txt, want := range map[string]record{
		"v=DMARC1; p=none":                           {asks: "none"},
		"v=DMARC1;p=reject;":                         {asks: "reject"},
		" v = DMARC1 ; p = Reject ; SP = NONE":       {asks: "reject", below: "none"},
		"v=DMARC1; p=quarantine; adkim=s; aspf=S":    {asks: "quarantine", strictDKIM: true, strictSPF: true},
		"v=DMARC1; p=none; adkim=x; pct=200; ri=abc": {asks: "none"},
		"v=DMARC1; p=none; rf=afrf:iodef; junk":      {asks: "none"},
		"v=DMARC1; rua=mailto:a@b.example":           {asks: "none"},
		"v=DMARC1; p=nix; rua=mailto:a@b.example":    {asks: "none"},
	} {
		if got, ok := parseRecord(txt); !ok || got != want {
			t.Errorf("%q: %+v %v", txt, got, ok)
		}
	}
	for _, txt := range []string{"", "v=DMARC2; p=none", "v=dmarc1; p=none", "p=none; v=DMARC1", "v=spf1 -all", "v=DMARC1", "v=DMARC1; p=", "v=DMARC1; p=no ne"} {
		if got, ok := parseRecord(txt); ok {
			t.Errorf("%q is read as %+v", txt, got)
		}
	}
}

// FuzzRecord: whatever a strict reader understands is understood here alike.
func FuzzRecord(f *testing.F) {
	f.Add("v=DMARC1; p=none; sp=reject; adkim=s; aspf=r; pct=50; rua=mailto:a@b.example; fo=1:d:s; ri=86400; rf=afrf")
	f.Add("v=DMARC1;p=quarantine;;")
	f.Add("p=none;v=DMARC1")
	f.Fuzz(func(t *testing.T, txt string) {
		got, ok := parseRecord(txt)
		if ok && !request(got.asks) {
			t.Errorf("%q asks for %q", txt, got.asks)
		}
		first, _, _ := strings.Cut(txt, "=")
		strict, err := dmarc.Parse(txt)
		if err != nil || strings.TrimSpace(first) != "v" || strings.Count(txt, "=") != len(set(txt)) {
			return // the strict one takes the version anywhere, the last of tags that stand twice, and no capital letters
		}
		want := record{string(strict.Policy), string(strict.SubdomainPolicy), strict.DKIMAlignment == dmarc.AlignmentStrict, strict.SPFAlignment == dmarc.AlignmentStrict}
		if !ok || got != want {
			t.Errorf("%q: %+v %v, want %+v", txt, got, ok, want)
		}
	})
}

// set is the names of tags in a record that have no capital letters.
func set(txt string) map[string]bool {
	found := map[string]bool{}
	for pair := range strings.SplitSeq(txt, ";") {
		name, _, tag := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); tag && name == strings.ToLower(name) {
			found[name] = true
		}
	}
	return found
}
