package i18n

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func TestMatch(t *testing.T) {
	cases := []struct {
		name       string
		candidates []string
		want       Locale
	}{
		{"nothing", nil, English},
		{"empty", []string{"", ""}, English},
		{"explicit beats header", []string{"en", "de-DE,de;q=0.9"}, English},
		{"no explicit choice", []string{"", "de-DE,de;q=0.9,en;q=0.8"}, German},
		{"Austria", []string{"de-AT"}, German},
		{"Swiss German", []string{"gsw"}, German},
		{"quality decides", []string{"de;q=0.3,en;q=0.9"}, English},
		{"unknown first", []string{"fr,de;q=0.5"}, German},
		{"only unknown", []string{"fr", "ja,zh;q=0.5"}, English},
		{"broken explicit choice", []string{"!!", "de"}, German},
		{"refused language", []string{"de;q=0,en"}, English},
		{"oversized", []string{strings.Repeat("x-", 1<<16), "de"}, German},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Match(c.candidates...); got != c.want {
				t.Errorf("Match(%q) = %s, want %s", c.candidates, got, c.want)
			}
		})
	}
}

// testPrinter prints from a small catalogue of its own.
func testPrinter(t *testing.T, l Locale) *Printer {
	t.Helper()
	const toml = `
[a]
plain = "Moin"
hello = "Hallo {{.Name}}, {{.Name}}! {{.Rest}}"
[a.description]
id = "Kennung"
[a.things]
one = "{{.Count}} Ding in {{.Place}}"
other = "{{.Count}} Dinge in {{.Place}}"
`
	c := load(fstest.MapFS{"locales/" + string(l) + "/a.toml": {Data: []byte(toml)}})
	if c.err != nil {
		t.Fatal(c.err)
	}
	p := *For(l)
	p.texts = c.texts[l]
	p.localizer = newLocalizer(c, l)
	return &p
}

func TestTexts(t *testing.T) {
	p := testPrinter(t, German)
	cases := []struct{ name, got, want string }{
		{"plain", p.T("a.plain"), "Moin"},
		{"unused args", p.T("a.plain", "Name", "x"), "Moin"},
		{"variables", p.T("a.hello", "Name", "Ada", "Rest", 7), "Hallo Ada, Ada! 7"},
		{"value is not a template", p.T("a.hello", "Name", "{{.Rest}}", "Rest", "<b>"), "Hallo {{.Rest}}, {{.Rest}}! <b>"},
		{"missing variable", p.T("a.hello", "Name", "Ada"), "Hallo Ada, Ada! {Rest}"},
		{"odd args", p.T("a.hello", "Name"), "Hallo {Name}, {Name}! {Rest}"},
		{"names that are no names", p.T("a.hello", 1, 2), "Hallo {Name}, {Name}! {Rest}"},
		{"missing key", p.T("a.gone", "Name", "x"), "a.gone"},
		{"table is no text", p.T("a"), "a"},
		{"empty key", p.T(""), ""},
		{"reserved names are keys", p.T("a.description.id"), "Kennung"},
		{"one", p.N("a.things", 1, "Place", "Bonn"), "1 Ding in Bonn"},
		{"none", p.N("a.things", 0, "Place", "Bonn"), "0 Dinge in Bonn"},
		{"many", p.N("a.things", 12345, "Place", "Bonn"), "12.345 Dinge in Bonn"},
		{"plural of a plain text", p.N("a.plain", 2), "Moin"},
		{"plural of a missing key", p.N("a.gone", 2), "a.gone"},
		{"error", p.Err("a.hello", map[string]any{"Name": "Ada", "Rest": "."}), "Hallo Ada, Ada! ."},
		{"error without variables", p.Err("a.plain", nil), "Moin"},
		{"error with count", p.Err("a.things", map[string]any{"Count": 1, "Place": "Bonn"}), "1 Ding in Bonn"},
		{"error without key", For(German).Err("", nil), "Der Fehler liegt bei uns. Bitte versuchen Sie es noch einmal."},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestGermanHasNoFallbackToEnglishPlural(t *testing.T) {
	if got := For(German).Relative(at(0), at(24*time.Hour)); got != "vor 1 Tag" {
		t.Errorf("got %q", got)
	}
}

func TestLoadReportsEveryFault(t *testing.T) {
	c := load(fstest.MapFS{
		"locales/de/a.toml": {Data: []byte("x = \"1\"")},
		"locales/de/b.toml": {Data: []byte("x = \"2\"")},
		"locales/en/c.toml": {Data: []byte("\nx = 5")},
		"locales/en/d.toml": {Data: []byte("y = \"kept\"")},
	})
	if c.err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`key "x" is in another file too`, `locales/en/c.toml: key "x" is neither text nor table`} {
		if !strings.Contains(c.err.Error(), want) {
			t.Errorf("%q does not tell %q", c.err, want)
		}
	}
	if c.texts[English].plain["y"] != "kept" {
		t.Error("a good file was lost with the broken one")
	}
}

func TestContext(t *testing.T) {
	if From(context.Background()).Locale() != English {
		t.Error("no printer in the context should be the English one")
	}
	if From(With(context.Background(), nil)).Locale() != English {
		t.Error("a nil printer should be the English one")
	}
	p := For(German).In(time.UTC)
	if From(With(context.Background(), p)) != p {
		t.Error("the printer of the context was not found")
	}
}

func TestForCachesAndFallsBack(t *testing.T) {
	if first, second := For(German), For(German); first != second {
		t.Error("printers should be cached")
	}
	if For("fr").Locale() != English {
		t.Error("an unknown language should be English")
	}
	if For(German).In(nil) != For(German) {
		t.Error("In(nil) should keep the printer")
	}
}

func TestConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	faults := make(chan error, 8)
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if s := For(German).Relative(at(0), at(3*time.Hour)); s != "vor 3 Std." {
					faults <- errors.New(s)
					return
				}
			}
		})
	}
	wg.Wait()
	close(faults)
	for err := range faults {
		t.Error(err)
	}
}

func at(d time.Duration) time.Time {
	return time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC).Add(d)
}

// TestKeptCounts: a number's text is the same the second time, in each language,
// and a key that does not exist stays what it is.
func TestKeptCounts(t *testing.T) {
	for range 2 {
		for n, want := range map[int]string{1: "1", 2: "2", 99: "99", 100: "100", 1234: "1.234"} {
			if got := For(German).N("workspace.list.messages", n); !strings.HasPrefix(got, want+" ") {
				t.Errorf("%d is %q", n, got)
			}
		}
		if de, en := For(German).N("workspace.list.messages", 1), For(English).N("workspace.list.messages", 1); de == en || de == For(German).N("workspace.list.messages", 2) {
			t.Errorf("%q, %q", de, en)
		}
		if got := For(German).N("no.such.key", 3); got != "no.such.key" {
			t.Errorf("%q", got)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	p := For(German)
	for b.Loop() {
		_ = p.T("case.state.waiting_customer")
	}
}

func BenchmarkVariables(b *testing.B) {
	p := For(German)
	for b.Loop() {
		_ = p.LongDateTime(at(0))
	}
}

func BenchmarkPlural(b *testing.B) {
	p := For(German)
	for b.Loop() {
		_ = p.Relative(at(0), at(3*time.Hour))
	}
}
