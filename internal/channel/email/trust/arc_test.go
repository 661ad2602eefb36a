package trust

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/intake"
)

const listed = "liste.example; dkim=pass header.d=kunde.example; dmarc=pass header.from=kunde.example"

// listMail is a mail with a signature that a list broke by its footer.
func listMail(t *testing.T) []byte {
	return append(signed(t, plainMail("jana@kunde.example"), "kunde.example", rsaSigner()), "-- \r\nListe\r\n"...)
}

func arcWorld() *names {
	return &names{txt: map[string][]string{
		"_dmarc.kunde.example":       {"v=DMARC1; p=reject"},
		"k._domainkey.kunde.example": {published(rsaSigner())}, "k._domainkey.liste.example": {published(rsaSigner())},
		"k._domainkey.zwischen.example": {published(rsaSigner())}, "k._domainkey.langsam.example": nil,
	}}
}

func TestChains(t *testing.T) {
	first := sealing{"liste.example", 1, "none", listed}
	second := sealing{"zwischen.example", 2, "pass", "zwischen.example; arc=pass; dmarc=fail header.from=kunde.example"}
	chainOf := func(all ...sealing) []byte {
		raw := listMail(t)
		for _, s := range all {
			raw = sealed(t, raw, s)
		}
		return raw
	}
	broken := func(s sealing, change func(*[3]string)) []byte { return sealed(t, listMail(t), s, change) }
	swap := func(raw []byte, old, new string) []byte {
		if !bytes.Contains(raw, []byte(old)) {
			t.Fatalf("no %q in\n%s", old, raw)
		}
		return bytes.Replace(raw, []byte(old), []byte(new), 1)
	}
	many := make([]sealing, maxSets)
	for i := range many {
		many[i] = sealing{"liste.example", i + 1, "pass", listed}
	}
	many[0].cv = "none"
	for _, c := range []struct {
		name string
		raw  []byte
		want intake.Verdict
	}{
		{"none", listMail(t), intake.Missing},
		{"one set", chainOf(first), intake.Pass},
		{"two sets", chainOf(first, second), intake.Pass},
		{"fifty sets", chainOf(many...), intake.Pass},
		{"fifty-one sets", chainOf(append(many, sealing{"liste.example", 51, "pass", listed})...), intake.Fail},
		{"another text", swap(chainOf(first), "Guten Tag", "Gib her"), intake.Fail},
		{"another author", swap(chainOf(first), "From: Jana Beispiel <jana@", "From: Jana Beispiel <opfer@"), intake.Fail},
		{"another verdict", swap(chainOf(first), "dmarc=pass", "dmarc=none"), intake.Fail},
		{"another verdict below", swap(chainOf(first, second), "dmarc=pass", "dmarc=none"), intake.Fail},
		{"changed between the first and the second", sealed(t, swap(chainOf(first), "Guten Tag", "Hallo"), second), intake.Pass},
		{"the first set is gone", bytes.Replace(chainOf(first, second), []byte("i=1"), []byte("i=3"), -1), intake.Fail},
		{"a set is torn", swap(chainOf(first), "ARC-Seal:", "X-Seal:"), intake.Fail},
		{"a set stands twice", append(chainOf(first)[:bytes.Index(chainOf(first), []byte("ARC-Message"))], chainOf(first)...), intake.Fail},
		{"the chain was broken before", chainOf(first, sealing{"zwischen.example", 2, "fail", "zwischen.example; arc=fail"}), intake.Fail},
		{"the first claims a chain", chainOf(sealing{"liste.example", 1, "pass", listed}), intake.Fail},
		{"the second denies one", chainOf(first, sealing{"zwischen.example", 2, "none", listed}), intake.Fail},
		{"no key", chainOf(sealing{"fremd.example", 1, "none", listed}), intake.Fail},
		{"the key can't be had", chainOf(sealing{"langsam.example", 1, "none", listed}), intake.TempError},
		{"the seal lists fields", broken(first, func(s *[3]string) { s[2] = strings.Replace(s[2], "s=k;", "s=k; h=from;", 1) }), intake.Fail},
		{"the signature covers a part of the body", broken(first, func(s *[3]string) { s[1] = strings.Replace(s[1], "s=k;", "s=k; l=3;", 1) }), intake.Fail},
		{"the signature covers no author", broken(first, func(s *[3]string) { s[1] = strings.Replace(s[1], "h=from:", "h=x-from:", 1) }), intake.Fail},
		{"the signature covers a seal", broken(first, func(s *[3]string) { s[1] = strings.Replace(s[1], ":subject", ":subject:arc-seal", 1) }), intake.Fail},
		{"the signature is over", broken(first, func(s *[3]string) { s[1] = strings.Replace(s[1], "s=k;", "s=k; x=1700000000;", 1) }), intake.Fail},
		{"the signature lasts", broken(first, func(s *[3]string) { s[1] = strings.Replace(s[1], "s=k;", "s=k; x=4000000000;", 1) }), intake.Pass},
		{"a form nobody knows", broken(first, func(s *[3]string) { s[1] = strings.Replace(s[1], "relaxed/relaxed", "loose/relaxed", 1) }), intake.Fail},
		{"no number", swap(chainOf(first), "ARC-Seal: i=1;", "ARC-Seal: i=;"), intake.Fail},
		{"number 0", bytes.ReplaceAll(chainOf(first), []byte("i=1;"), []byte("i=0;")), intake.Fail},
	} {
		if got := newChecker(arcWorld()).Check(t.Context(), c.raw, direct("203.0.113.9", ""), "jana@kunde.example"); got.ARC != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.ARC, c.want)
		}
	}
}

// TestSealersThatVouch: a mail that fails DMARC is not forged if a believed sealer
// saw it pass and everybody who had it later is believed too.
func TestSealersThatVouch(t *testing.T) {
	first := sealing{"liste.example", 1, "none", listed}
	second := sealing{"zwischen.example", 2, "pass", "zwischen.example; arc=pass; dmarc=fail header.from=kunde.example"}
	for _, c := range []struct {
		name    string
		chain   []sealing
		believe []string
		sealer  string
	}{
		{"nobody is believed", []sealing{first}, nil, ""},
		{"the list is", []sealing{first}, []string{"liste.example"}, "liste.example"},
		{"by the domain above", []sealing{{"mx.liste.example", 1, "none", listed}}, []string{"Liste.example."}, "mx.liste.example"},
		{"somebody else is", []sealing{first}, []string{"zwischen.example", "iste.example"}, ""},
		{"one of two is", []sealing{first, second}, []string{"liste.example"}, ""},
		{"both are", []sealing{first, second}, []string{"liste.example", "zwischen.example"}, "liste.example"},
		{"it did not pass there", []sealing{{"liste.example", 1, "none", "liste.example; dmarc=fail header.from=kunde.example"}}, []string{"liste.example"}, ""},
		{"another author passed there", []sealing{{"liste.example", 1, "none", "liste.example; dmarc=pass header.from=fremd.example"}}, []string{"liste.example"}, ""},
		{"nobody answers for the results", []sealing{{"liste.example", 1, "none", "dmarc=pass"}}, []string{"liste.example"}, ""},
	} {
		world := arcWorld()
		world.txt["k._domainkey.mx.liste.example"] = []string{published(rsaSigner())}
		checker := newChecker(world)
		checker.Sealers = c.believe
		raw := listMail(t)
		for _, s := range c.chain {
			raw = sealed(t, raw, s)
		}
		got := checker.Check(t.Context(), raw, direct("203.0.113.9", ""), "jana@kunde.example")
		if got.ARC != intake.Pass || got.DMARC != intake.Fail || got.Sealer != c.sealer || got.Forged() != (c.sealer == "") {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	// Without a DMARC record the broken signature disowns, and the sealer helps.
	world := arcWorld()
	delete(world.txt, "_dmarc.kunde.example")
	checker := newChecker(world)
	raw := sealed(t, listMail(t), first)
	if got := checker.Check(t.Context(), raw, direct("203.0.113.9", ""), "jana@kunde.example"); !got.Forged() || !got.Disowned {
		t.Errorf("nobody vouches: %+v", got)
	}
	checker.Sealers = []string{"liste.example"}
	if got := checker.Check(t.Context(), raw, direct("203.0.113.9", ""), "jana@kunde.example"); got.Forged() || got.Sealer != "liste.example" {
		t.Errorf("the list vouches: %+v", got)
	}
}

// TestForeignChains verifies chains made by dkimpy, see testdata/arc/README.md.
func TestForeignChains(t *testing.T) {
	record, err := os.ReadFile("testdata/arc/key.txt")
	if err != nil {
		t.Fatal(err)
	}
	world := blank{key: strings.TrimSpace(string(record))}
	files, err := filepath.Glob("testdata/arc/*.eml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := intake.Pass
		if strings.Contains(file, "broken") {
			want = intake.Fail
		}
		if got := newChecker(world).Check(t.Context(), raw, intake.Trace{}, "jana@kunde.example"); got.ARC != want {
			t.Errorf("%s: %d, want %d", file, got.ARC, want)
		}
	}
}
