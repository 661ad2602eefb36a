package privacy

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"lotse/internal/platform/clock/clocktest"
	"lotse/internal/platform/i18n"
)

// example is a text and what must be found in it.
type example struct {
	text  string
	wants []Finding
}

var marked = regexp.MustCompile(`⟦([a-z]+):([^⟧]*)⟧`)

func readExamples(t testing.TB, name string) []example {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var list []example
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.ReplaceAll(lines.Text(), "⏎", "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, unmark(t, line))
		}
	}
	return list
}

func unmark(t testing.TB, line string) example {
	t.Helper()
	var e example
	var b strings.Builder
	done := 0
	for _, hit := range marked.FindAllStringSubmatchIndex(line, -1) {
		b.WriteString(line[done:hit[0]])
		start := b.Len()
		b.WriteString(line[hit[4]:hit[5]])
		i := slices.IndexFunc(kinds, func(k Kind) bool { return k.String() == line[hit[2]:hit[3]] })
		if i < 0 {
			t.Fatalf("unknown kind in %q", line)
		}
		e.wants = append(e.wants, Finding{kinds[i], start, b.Len()})
		done = hit[1]
	}
	b.WriteString(line[done:])
	e.text = b.String()
	return e
}

// covered reports whether each byte of want is masked.
func covered(found []Finding, want Finding) bool {
	at := want.Start
	for _, f := range found {
		if f.Start <= at && f.End > at {
			at = f.End
		}
	}
	return at >= want.End
}

func TestGermanTable(t *testing.T) {
	measureTable(t, "testdata/german.tsv", 150, 60)
}

// TestGermanTableLater uses sentences that were written after the rules.
func TestGermanTableLater(t *testing.T) {
	measureTable(t, "testdata/german_later.tsv", 70, 20)
}

func measureTable(t *testing.T, name string, least, leastNegative int) {
	t.Helper()
	hits, wants := map[Kind]int{}, map[Kind]int{}
	examples := readExamples(t, name)
	negative, falseMasks := 0, 0
	for _, e := range examples {
		found := Find(e.text, Own{})
		for _, w := range e.wants {
			wants[w.Kind]++
			if covered(found, w) {
				hits[w.Kind]++
			} else {
				t.Logf("missed %v %q in %q", w.Kind, e.text[w.Start:w.End], e.text)
			}
		}
		if len(e.wants) == 0 {
			negative++
		}
		for _, f := range found {
			if !expected(e.wants, f) {
				falseMasks++
				t.Errorf("masked too much: %v %q in %q", f.Kind, e.text[f.Start:f.End], e.text)
			}
		}
	}
	if len(examples) < least || negative < leastNegative {
		t.Fatalf("the table has only %d sentences, %d of them without personal data", len(examples), negative)
	}
	for _, k := range kinds {
		if wants[k] == 0 {
			continue
		}
		t.Logf("%-9s %3d of %3d", k, hits[k], wants[k])
		if float64(hits[k]) < 0.99*float64(wants[k]) {
			t.Errorf("recall of %v is %d of %d", k, hits[k], wants[k])
		}
	}
	t.Logf("%d sentences, %d negative, %d false maskings", len(examples), negative, falseMasks)
}

// expected reports whether a finding is one that was asked for: same kind, and
// not a letter more.
func expected(wants []Finding, f Finding) bool {
	return slices.ContainsFunc(wants, func(w Finding) bool {
		return w.Kind == f.Kind && f.Start >= w.Start && f.End <= w.End
	})
}

// TestPresidio measures the detectors on the synthetic English sentences of
// presidio-research. Its telephone numbers and addresses come from all over the
// world; that they are found is no goal, so only a floor is asserted.
func TestPresidio(t *testing.T) {
	raw, err := os.ReadFile("testdata/presidio/spans.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts []struct {
		Text  string `json:"full_text"`
		Spans []struct {
			Type  string `json:"entity_type"`
			Value string `json:"entity_value"`
			Start int    `json:"start_position"`
			End   int    `json:"end_position"`
		} `json:"spans"`
	}
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	hits, wants := map[string]int{}, map[string]int{}
	for _, x := range texts {
		found := Find(x.Text, Own{})
		runes := []rune(x.Text)
		for _, s := range x.Spans {
			start := len(string(runes[:s.Start]))
			wants[s.Type]++
			if covered(found, Finding{Start: start, End: start + len(s.Value)}) {
				hits[s.Type]++
			} else {
				t.Logf("missed %s %q", s.Type, s.Value)
			}
		}
	}
	floor := map[string]float64{"EMAIL_ADDRESS": 1, "CREDIT_CARD": 1, "US_SSN": 1, "PHONE_NUMBER": 0.7, "ADDRESS": 0.2}
	for kind, least := range floor {
		t.Logf("%-14s %2d of %2d", kind, hits[kind], wants[kind])
		if wants[kind] == 0 || float64(hits[kind]) < least*float64(wants[kind]) {
			t.Errorf("%s: %d of %d found, want at least %.0f %%", kind, hits[kind], wants[kind], 100*least)
		}
	}
}

func valid(t testing.TB, text string, found []Finding) {
	t.Helper()
	end := 0
	for _, f := range found {
		if f.Start < end || f.End <= f.Start || f.End > len(text) {
			t.Fatalf("bad offsets %v in %d bytes", found, len(text))
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[f.Start:f.End]) {
			t.Fatalf("%v cuts a character", f)
		}
		end = f.End
	}
}

func TestMask(t *testing.T) {
	tests := []struct {
		name, text, want string
		locale           i18n.Locale
		own              Own
	}{
		{"German labels", "Schreib an a@b.de oder 0171 1234567!", "Schreib an [E-Mail-Adresse] oder [Telefonnummer]!", i18n.German, Own{}},
		{"English labels", "Write to a@b.de, 12 High Street, London SW1A 1AA", "Write to [email address], [street and house number], [postcode and town]", i18n.English, Own{}},
		{"name", "Ich bin Erika Mustermann, MUSTERMANN! Mustermanns Router. Nicht Mustermannstadt.", "Ich bin [Name], [Name]! [Name]s Router. Nicht Mustermannstadt.", i18n.German, Own{Names: []string{"Erika Mustermann"}}},
		{"name the other way round", "Mueller, Jörg / J. Müller / Joerg Müller", "[Name] / [Name] / [Name]", i18n.German, Own{Names: []string{"Jörg Müller"}}},
		{"short last name stays", "Li ist da, Wei Li auch", "Li ist da, [Name] auch", i18n.German, Own{Names: []string{"Wei Li"}}},
		{"literal in other spelling", "Es geht um kd 4711/22.", "Es geht um [persönliche Nummer].", i18n.German, Own{Literals: []string{"KD-471122"}}},
		{"literal of a kind", "twitter: erika_m75", "twitter: [persönliche Nummer]", i18n.German, Own{Literals: []string{"erika_m75"}}},
		{"nothing", "Seit 3 Tagen kein Netz.", "Seit 3 Tagen kein Netz.", i18n.German, Own{Names: []string{"", " ", "X"}, Literals: []string{"", "3"}}},
		{"case number", "Vorgang L-4F7K-92 dauert", "Vorgang [persönliche Nummer] dauert", i18n.German, Own{}},
		{"zero width", "a\u200bn\u00adna@fir\u200dma.de", "[E-Mail-Adresse]", i18n.German, Own{}},
		{"full width", "ＤＥ８９ ３７０４ ００４４ ０５３２ ０１３０ ００.", "[IBAN].", i18n.German, Own{}},
		{"decomposed umlaut", "Ko\u0308nigstraße 5", "[Straße und Hausnummer]", i18n.German, Own{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, found := Mask(tt.text, tt.locale, tt.own)
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			valid(t, tt.text, found)
		})
	}
}

func TestMaskingTwiceChangesNothing(t *testing.T) {
	own := Own{Names: []string{"Erika Mustermann"}}
	for _, name := range []string{"testdata/german.tsv", "testdata/german_later.tsv"} {
		for _, e := range readExamples(t, name) {
			once, _ := Mask(e.text, i18n.German, own)
			if twice, found := Mask(once, i18n.English, own); twice != once {
				t.Errorf("%q became %q: %v", once, twice, found)
			}
		}
	}
}

func TestDoubts(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Frau Sabine Weber war sehr freundlich.", "name"},
		{"Mein Name ist Petra, hallo.", "name"},
		{"My name is Jane Miller and I am waiting.", "name"},
		{"Das Netz ist weg.\nMit freundlichen Grüßen\nPetra Sommer", "name"},
		{"Herr Dr. von Stein rief an.", "name"},
		{"Die Nummer 88123456 kenne ich nicht.", "number"},
		{"Code XK92837465 steht darauf.", "number"},
		{"Das Auto K-AB 1234 stand vor dem Kasten.", "plate"},
		{"Meine Adresse im Netz ist 91.12.44.7.", "ip"},
		{"Sperren Sie 2001:db8:85a3::8a2e:370:7334 bitte.", "ip"},
		{"MAC 00:1a:2b:3c:4d:5e", "ip"},
		{"Siehe https://example.com/konto?token=abcdef", "url"},
		{"Ich bin facebook.com/erika.m", "url"},
		{"Frag mal @erika_m dazu.", "handle"},
		{"In der Bachstraße in Köln ist alles dunkel.", "street"},
		{"Das Passwort lautet Sommer2026", "secret"},
		{"null eins sieben eins zwei drei vier", "spelled"},
		{"Ich bin geboren 1950 und finde das schwierig.", "birth"},
	}
	for _, tt := range tests {
		if got := Doubts(tt.text, Own{}); !slices.Contains(got, "privacy.doubt."+tt.want) {
			t.Errorf("%q: got %v, want %s", tt.text, got, tt.want)
		}
	}
	for _, l := range i18n.Locales() {
		for _, d := range doubts {
			if i18n.For(l).T(d.key) == d.key {
				t.Errorf("%s is not in the catalogue", d.key)
			}
		}
	}
}

// TestNoDoubtsInPlainSentences makes sure that an ordinary question does not
// wait for staff.
func TestNoDoubtsInPlainSentences(t *testing.T) {
	for _, name := range []string{"testdata/german.tsv", "testdata/german_later.tsv"} {
		for _, e := range readExamples(t, name) {
			if got := Doubts(e.text, Own{}); len(e.wants) == 0 && len(got) > 0 {
				t.Errorf("%q: %v", e.text, got)
			}
		}
	}
}

// TestHostileText masks texts made to be slow.
func TestHostileText(t *testing.T) {
	parts := []string{"@", "a@", "x at y ", "am am 1", "Am Hang 1 ", "Kundennummer 1 ", "aStraße 1 ", "1 1 1 ", "0171 1234567 ", "(0 ", "geb 1.", "5 Road ", "a", "ä", "\u0308", "[IBAN]", "https://", "L-2222-2"}
	for _, part := range parts {
		text := strings.Repeat(part, 4_000/len(part))
		own := Own{Names: []string{"Erika Mustermann"}}
		clocktest.Linear(t, strconv.Quote(part), text, func(text string) {
			Mask(text, i18n.German, own)
			Doubts(text, Own{})
		})
		masked, found := Mask(text, i18n.German, own)
		valid(t, text, found)
		if again, _ := Mask(masked, i18n.German, Own{}); again != masked {
			t.Errorf("%q: masking again changes something", part)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, name := range []string{"testdata/german.tsv", "testdata/german_later.tsv"} {
		for _, e := range readExamples(f, name) {
			f.Add(e.text)
		}
	}
	f.Add("a\xff@b.de \xc3 0171\xe2\x80 1234567")
	own := Own{Names: []string{"Erika Mustermann", "Jörg Weiß"}, Literals: []string{"KD-4711", "ß"}}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		masked, found := Mask(text, i18n.German, own)
		valid(t, text, found)
		Doubts(text, own)
		if again, more := Mask(masked, i18n.English, own); again != masked {
			t.Errorf("%q\nmasked %q\nagain  %q %v", text, masked, again, more)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	var text strings.Builder
	for _, e := range readExamples(b, "testdata/german.tsv") {
		text.WriteString(e.text + "\n")
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		Mask(text.String(), i18n.German, Own{Names: []string{"Erika Mustermann"}})
	}
}
