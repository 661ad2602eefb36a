package domains

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
	"lotse/test/nameserver"
)

// looked makes the checks of a domain without a database.
func looked(t *testing.T, server *nameserver.Server, d Domain, relay, way string) map[Kind]Check {
	t.Helper()
	s := subject{Domain: d, names: rooting(server), mailHost: deskHost, listens: true,
		accounts: []catalog.Account{mailbox(ids.New(), "hilfe@"+d.Name, relay, way)}}
	found := map[Kind]Check{}
	for _, c := range s.look(context.Background()) {
		if _, twice := found[c.Kind]; !twice {
			found[c.Kind] = c
		}
	}
	return found
}

func TestSPF(t *testing.T) {
	names := startNames(t)
	set(t, names, "spf.post.example", "TXT", "v=spf1 ip4:198.51.100.0/24 -all")
	set(t, names, "smtp.post.example", "A", "203.0.113.5")
	set(t, names, "smtp.fremd.example", "A", "203.0.113.9")
	set(t, names, "smtp.office365.com", "A", "203.0.113.6")
	set(t, names, "spf.protection.outlook.com", "TXT", "v=spf1 ip4:203.0.113.77 -all")
	set(t, names, "firma.example", "TXT", "v=spf1 include:spf.post.example ~all")
	set(t, names, deskHost, "AAAA", "2001:db8::10")
	for i := range 12 {
		set(t, names, fmt.Sprintf("viel%d.example", i), "TXT", fmt.Sprintf("v=spf1 include:viel%d.example ~all", i+1))
	}
	for _, c := range []struct {
		name, relay string
		records     []string
		state       State
		key, wanted string
	}{
		{"own server, no record", "127.0.0.1", nil, Missing, "missing", "v=spf1 a:desk.lindenau.example ~all"},
		{"own server", "127.0.0.1", []string{"google-site=1", "v=spf1 a:desk.lindenau.example -all"}, OK, "ok", ""},
		{"own server by address", "10.0.0.7", []string{"V=SPF1 ip4:192.0.2.0/28 ip6:2001:db8::/64 -all"}, OK, "ok", ""},
		{"own server by name", deskHost, []string{"v=spf1 ip4:192.0.2.10 ip6:2001:db8::10"}, OK, "ok", ""},
		{"own server, one of two addresses", deskHost, []string{"v=spf1 ip4:192.0.2.10 -all"}, Wrong, "denies", "v=spf1 ip4:192.0.2.10 a:desk.lindenau.example -all"},
		{"own server, another allowed", "mail", []string{"v=spf1 mx include:spf.post.example -all"}, Wrong, "denies", "v=spf1 mx include:spf.post.example a:desk.lindenau.example -all"},
		{"redirected", "localhost", []string{"v=spf1 redirect=spf.post.example"}, Wrong, "denies", "v=spf1 a:desk.lindenau.example redirect=spf.post.example"},
		{"two records", "127.0.0.1", []string{"v=spf1 a -all", "v=spf1 mx -all"}, Wrong, "many", ""},
		{"open to all", "127.0.0.1", []string{"v=spf1 +all"}, Wrong, "open", ""},
		{"misspelt", "127.0.0.1", []string{"v=spf1 ipv4:192.0.2.10 -all"}, Wrong, "broken", ""},
		{"too many lookups", "127.0.0.1", []string{"v=spf1 include:viel0.example -all"}, Wrong, "lookups", ""},
		{"provider, its address allowed", "smtp.fremd.example", []string{"v=spf1 ip4:203.0.113.9 -all"}, OK, "ok", ""},
		{"provider, its record taken in", "smtp.post.example", []string{"v=spf1 include:spf.post.example -all"}, OK, "ok", ""},
		{"provider, taken in by another", "smtp.post.example", []string{"v=spf1 include:firma.example -all"}, OK, "ok", ""},
		{"provider, nothing known", "smtp.fremd.example", []string{"v=spf1 mx -all"}, Unknown, "ask", ""},
		{"provider, no record", "smtp.fremd.example", nil, Missing, "missing_ask", ""},
		{"known provider, no record", "smtp.office365.com", nil, Missing, "missing", "v=spf1 include:spf.protection.outlook.com ~all"},
		{"known provider", "smtp.office365.com", []string{"v=spf1 include:spf.protection.outlook.com -all"}, OK, "ok", ""},
		{"known provider, too many lookups", "smtp.office365.com", []string{"v=spf1 include:viel0.example include:spf.protection.outlook.com -all"}, Wrong, "lookups", ""},
		{"known provider, misspelt", "smtp.office365.com", []string{"v=spf1 include:spf.protection.outlook.com ipv4:192.0.2.1 -all"}, Wrong, "broken", ""},
		{"known provider, names of the address", "smtp.office365.com", []string{"v=spf1 exists:%{i}.a.example exists:%{i}.b.example exists:%{i}.c.example include:spf.protection.outlook.com -all"}, OK, "ok", ""},
		{"known provider, not allowed", "smtp.office365.com", []string{"v=spf1 -all"}, Wrong, "denies", "v=spf1 include:spf.protection.outlook.com -all"},
	} {
		set(t, names, lindenau, "TXT", c.records...)
		got := looked(t, names, Domain{Name: lindenau}, c.relay, catalog.ByNone)[SPF]
		if got.State != c.state || got.Key != "domain.spf."+c.key || got.Wanted != c.wanted {
			t.Errorf("%s: %s %s %q, want %s %s %q", c.name, got.State, got.Key, got.Wanted, c.state, c.key, c.wanted)
		}
	}
}

func TestDKIMRecord(t *testing.T) {
	_, public, err := newKey(RSA)
	if err != nil {
		t.Fatal(err)
	}
	k := Key{Selector: "s", Algorithm: RSA, State: Active, public: public}
	p := strings.TrimPrefix(k.Record(), "v=DKIM1; k=rsa; p=")
	ed := Key{Selector: "s", Algorithm: Ed25519, public: []byte(strings.Repeat("k", 32))}
	for _, c := range []struct {
		name    string
		key     Key
		records []string
		state   State
		text    string
	}{
		{"as shown", k, []string{k.Record()}, OK, "ok"},
		{"as shown, Ed25519", ed, []string{ed.Record()}, OK, "ok"},
		{"spaces and no version", k, []string{"p= " + p[:100] + " " + p[100:] + " ; "}, OK, "ok"},
		{"for mail", k, []string{"k=rsa; s=email; h=sha256:sha1; p=" + p}, OK, "ok"},
		{"test", k, []string{"k=rsa; t=s:y; p=" + p}, OK, "testing"},
		{"none", k, nil, Missing, "missing"},
		{"two", k, []string{k.Record(), k.Record()}, Wrong, "many"},
		{"withdrawn", k, []string{"v=DKIM1; p="}, Wrong, "revoked"},
		{"cut at 255", k, []string{k.Record()[:255]}, Wrong, "cut"},
		{"another key", k, []string{"v=DKIM1; k=rsa; p=" + strings.Repeat("A", 300)}, Wrong, "other"},
		{"kind", ed, []string{strings.Replace(ed.Record(), "ed25519", "rsa", 1)}, Wrong, "kind"},
		{"no kind", ed, []string{strings.Replace(ed.Record(), "k=ed25519; ", "", 1)}, Wrong, "kind"},
		{"version", k, []string{"v=DKIM2; p=" + p}, Wrong, "broken"},
		{"version at the end", k, []string{"k=rsa; p=" + p + "; v=DKIM1"}, Wrong, "broken"},
		{"no list", k, []string{"hello; " + k.Record()}, Wrong, "broken"},
		{"other hash", k, []string{"h=sha1; p=" + p}, Wrong, "broken"},
		{"other service", k, []string{"s=tlsrpt; p=" + p}, Wrong, "broken"},
	} {
		state, text := judgeKey(c.records, c.key)
		if state != c.state || text != "domain.dkim."+c.text {
			t.Errorf("%s: %s %s, want %s %s", c.name, state, text, c.state, c.text)
		}
	}
}

func TestDMARC(t *testing.T) {
	names := startNames(t)
	set(t, names, "lindenau.example", "TXT", "v=spf1 a:desk.lindenau.example -all")
	set(t, names, "netz.lindenau.example", "TXT", "v=spf1 a:desk.lindenau.example -all")
	set(t, names, "stumm.lindenau.example", "TXT", "v=spf1 -all")
	for _, c := range []struct {
		name, domain string
		own, above   []string
		state        State
		key          string
	}{
		{"none", lindenau, nil, nil, Missing, "missing"},
		{"something else", lindenau, []string{"hello"}, nil, Missing, "missing"},
		{"watches", lindenau, []string{"v=DMARC1; p=none; rua=mailto:x@y.example"}, nil, OK, "none"},
		{"quarantine", lindenau, []string{"v=DMARC1;p=quarantine;pct=50"}, nil, OK, "quarantine"},
		{"reject", lindenau, []string{" V = DMARC1 ; P = Reject"}, nil, OK, "reject"},
		{"reject, nothing proves", "stumm.lindenau.example", []string{"v=DMARC1; p=reject"}, nil, Wrong, "refuses"},
		{"two", lindenau, []string{"v=DMARC1; p=none", "v=DMARC1; p=reject"}, nil, Wrong, "many"},
		{"no policy", lindenau, []string{"v=DMARC1; rua=mailto:x@y.example"}, nil, Wrong, "broken"},
		{"misspelt", lindenau, []string{"v=DMARC1; p=rejects"}, nil, Wrong, "broken"},
		{"from above", "netz.lindenau.example", nil, []string{"v=DMARC1; p=reject; sp=none"}, OK, "none"},
		{"from above, for all", "netz.lindenau.example", nil, []string{"v=DMARC1; p=reject"}, OK, "reject"},
		{"own before above", "netz.lindenau.example", []string{"v=DMARC1; p=none"}, []string{"v=DMARC1; p=reject"}, OK, "none"},
	} {
		set(t, names, "_dmarc."+lindenau, "TXT", c.above...)
		if c.domain == lindenau || len(c.own) > 0 {
			set(t, names, "_dmarc."+c.domain, "TXT", c.own...)
		}
		got := looked(t, names, Domain{Name: c.domain}, "127.0.0.1", catalog.ByNone)[DMARC]
		set(t, names, "_dmarc."+c.domain, "TXT")
		if got.State != c.state || got.Key != "domain.dmarc."+c.key {
			t.Errorf("%s: %s %s, want %s %s", c.name, got.State, got.Key, c.state, c.key)
		}
		if wants := c.state != OK && c.key != "refuses"; wants != (got.Wanted == firstPolicy) {
			t.Errorf("%s: offers %q", c.name, got.Wanted)
		}
	}
}

func TestMX(t *testing.T) {
	names := startNames(t)
	set(t, names, "same.example", "A", "192.0.2.10")
	set(t, names, "mx.post.example", "A", "203.0.113.5")
	for _, c := range []struct {
		name, way string
		behind    bool
		arrived   bool
		records   []string
		state     State
		key       string
		wanted    string
	}{
		{"to us", catalog.BySMTP, false, false, []string{"10 desk.lindenau.example."}, OK, "ok", ""},
		{"to us by another name", catalog.BySMTP, false, false, []string{"5 mx.post.example.", "10 same.example."}, OK, "ok", ""},
		{"none", catalog.BySMTP, false, false, nil, Missing, "missing", "10 desk.lindenau.example."},
		{"elsewhere", catalog.BySMTP, false, false, []string{"10 mx.post.example."}, Unknown, "elsewhere", "10 desk.lindenau.example."},
		{"elsewhere since now", catalog.BySMTP, false, true, []string{"10 mx.post.example."}, Wrong, "moved", "10 desk.lindenau.example."},
		{"behind a server of ours", catalog.BySMTP, true, false, []string{"10 mx.post.example."}, OK, "provider", ""},
		{"fetched", catalog.ByIMAP, false, false, []string{"10 mx.post.example."}, OK, "provider", ""},
		{"fetched, none", catalog.ByIMAP, false, false, nil, Missing, "missing", ""},
		{"null", catalog.ByIMAP, false, false, []string{"0 ."}, Wrong, "null", ""},
	} {
		set(t, names, lindenau, "MX", c.records...)
		s := subject{Domain: Domain{Name: lindenau}, names: rooting(names), mailHost: deskHost, listens: true, behind: c.behind, arrived: c.arrived,
			accounts: []catalog.Account{mailbox(ids.New(), "hilfe@"+lindenau, "127.0.0.1", c.way)}}
		got := s.mx(context.Background())
		if got.State != c.state || got.Key != "domain.mx."+c.key || got.Wanted != c.wanted {
			t.Errorf("%s: %s %s %q, want %s %s %q", c.name, got.State, got.Key, got.Wanted, c.state, c.key, c.wanted)
		}
	}
	set(t, names, lindenau, "MX", "10 mx.post.example.")
	s := subject{Domain: Domain{Name: lindenau}, names: rooting(names), mailHost: "127.0.0.1", listens: true,
		accounts: []catalog.Account{mailbox(ids.New(), "hilfe@"+lindenau, "127.0.0.1", catalog.BySMTP)}}
	if got := s.mx(context.Background()); got.State != Unknown || got.Key != "domain.mx.away" || got.Wanted != "" {
		t.Errorf("a desk nobody can look up: %s %s %q", got.State, got.Key, got.Wanted)
	}
}

// rooting asks a server in full names, as the checks do.
func rooting(s *nameserver.Server) names { return names{resolver(s)} }

func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"v=DMARC1; p=none; sp=reject", "v=spf1 include:a.example -all", "v=DKIM1; k=rsa; p=AAAA", "v=spf1 redirect=_spf.%{d} ?all", ";;=;v", "v=spf1"} {
		f.Add(seed)
	}
	k := Key{Selector: "s", Algorithm: Ed25519, public: []byte("key")}
	f.Fuzz(func(t *testing.T, record string) {
		if p, is, ok := parsePolicy(record); ok && (!is || !known3(p.asks) || !known3(p.below)) {
			t.Errorf("%q is a policy: %+v", record, p)
		}
		if state, key := judgeKey([]string{record}, k); state != OK && state != Wrong || !strings.HasPrefix(key, "domain.dkim.") {
			t.Errorf("%q as a key: %s %s", record, state, key)
		}
		const term = "include:x.example"
		mended := withTerm(record, term)
		if !hasTerm(mended, term) || withTerm(mended, term) != mended {
			t.Errorf("%q with a term is %q", record, mended)
		}
		for _, name := range references(record) {
			if strings.ContainsAny(name, " %") || name == "" {
				t.Errorf("%q refers to %q", record, name)
			}
		}
	})
}

// Anybody may write anything into the DNS: what is kept of it is short and clean.
func TestHostileRecords(t *testing.T) {
	names := startNames(t)
	set(t, names, lindenau, "TXT", "v=spf1 \x01\x02 "+strings.Repeat("x", 3000), "v=spf1 a", "v=spf1 b", "v=spf1 c", "v=spf1 d", "v=spf1 e", "v=spf1 f")
	got := looked(t, names, Domain{Name: lindenau}, "127.0.0.1", catalog.ByNone)[SPF]
	if got.State != Wrong || len(got.Found) != maxShown {
		t.Errorf("%s, %d records are kept", got.State, len(got.Found))
	}
	for _, text := range got.Found {
		if len(text) > maxShownText+10 || strings.ContainsAny(text, "\x01\x02") {
			t.Errorf("kept: %.50q, %d bytes", text, len(text))
		}
	}
}
