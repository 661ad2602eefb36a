package email

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// tnefBuilder writes TNEF as Outlook does.
type tnefBuilder struct{ b []byte }

func newTNEF() *tnefBuilder {
	return &tnefBuilder{binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint32(nil, tnefSignature), 1)}
}

func (t *tnefBuilder) attribute(level byte, name int, data []byte) *tnefBuilder {
	t.b = append(t.b, level)
	t.b = binary.LittleEndian.AppendUint16(t.b, uint16(name))
	t.b = binary.LittleEndian.AppendUint16(t.b, 6)
	t.b = binary.LittleEndian.AppendUint32(t.b, uint32(len(data)))
	t.b = append(t.b, data...)
	t.b = append(t.b, 0, 0)
	return t
}

type tnefProp struct {
	kind, id int
	data     []byte
}

func tnefProps(props ...tnefProp) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(props)))
	for _, p := range props {
		b = binary.LittleEndian.AppendUint16(b, uint16(p.kind))
		b = binary.LittleEndian.AppendUint16(b, uint16(p.id))
		if p.id >= 0x8000 { // a named one
			b = append(b, make([]byte, 16)...)
			b = binary.LittleEndian.AppendUint32(b, 1)
			b = binary.LittleEndian.AppendUint32(b, 6)
			b = append(b, "a\x00b\x00\x00\x00\x00\x00"...)
		}
		if _, fixed := fixedSizes[p.kind]; !fixed {
			b = binary.LittleEndian.AppendUint32(b, 1)
			b = binary.LittleEndian.AppendUint32(b, uint32(len(p.data)))
		}
		b = append(b, p.data...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s + "\x00")) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func number(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

func (t *tnefBuilder) file(short, long string, content []byte) *tnefBuilder {
	t.attribute(2, attRendData, make([]byte, 14)).attribute(2, attTitle, []byte(short+"\x00")).attribute(2, attData, content)
	if long != "" {
		t.attribute(2, attProperties, tnefProps(tnefProp{3, 0x3705, number(1)}, tnefProp{kindUnicode, 0x8010, wide("x")}, tnefProp{kindUnicode, propLongFile, wide(long)}, tnefProp{kindText, propMIME, []byte("Image/PNG\x00")}))
	}
	return t
}

func winmail(t *testing.T, text string, b []byte) string {
	t.Helper()
	lines := []string{"From: a@x.example", "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain; charset=utf-8", "", text, "--b",
		"Content-Type: application/ms-tnef; name=winmail.dat", "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString(b), "--b--"}
	return letterOf(lines...)
}

func TestTNEF(t *testing.T) {
	b := newTNEF().attribute(1, attCodepage, number(1252)).attribute(1, attMessage, tnefProps(tnefProp{kindUnicode, propBody, wide("Grüße aus Outlook")})).
		file("PLAN~1.TXT", "", []byte("Plan")).file("BILD~1.PNG", "Bücher und mehr.png", []byte("\x89PNG")).b
	in := readOK(t, winmail(t, "Der Text der Mail", b), customerTrace)
	if in.Text != "Der Text der Mail" || !slices.Contains(in.Warnings, warnTNEF) {
		t.Errorf("text %q, warnings %q", in.Text, in.Warnings)
	}
	var got []string
	for _, p := range in.Parts {
		got = append(got, p.Name+" "+p.ContentType+" "+string(p.Content[:min(4, len(p.Content))]))
	}
	want := []string{"winmail.dat application/ms-tnef " + string(b[:4]), "PLAN~1.TXT text/plain Plan", "Bücher und mehr.png image/png \x89PNG"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if in := readOK(t, winmail(t, "", b), customerTrace); in.Text != "Grüße aus Outlook" {
		t.Errorf("text of the TNEF: %q", in.Text)
	}
	html := newTNEF().attribute(1, attMessage, tnefProps(tnefProp{3, propCodepage, number(65001)}, tnefProp{kindBinary, propHTML, []byte("<p>Grüße <b>fett</b></p>")})).b
	if in := readOK(t, winmail(t, "", html), customerTrace); in.Text != "Grüße fett" || !strings.Contains(string(in.HTML), "<b>") {
		t.Errorf("HTML of the TNEF: %q", in.Text)
	}
}

func TestTNEFMessageWithin(t *testing.T) {
	inner := newTNEF().attribute(1, attMessage, tnefProps(tnefProp{kindUnicode, propSubject, wide("Alter Brief")}, tnefProp{kindUnicode, propBody, wide("alt")})).file("A.TXT", "", []byte("x")).b
	b := newTNEF().attribute(2, attRendData, make([]byte, 14)).attribute(2, attProperties, tnefProps(tnefProp{kindObject, propData, append(make([]byte, 16), inner...)})).b
	in := readOK(t, winmail(t, "Text", b), customerTrace)
	if len(in.Parts) != 3 || in.Parts[1].Name != "Alter Brief.txt" || string(in.Parts[1].Content) != "alt" || in.Parts[2].Name != "A.TXT" {
		t.Errorf("parts %+v", in.Parts)
	}
}

// TestHostileTNEF feeds what claims more than it has.
func TestHostileTNEF(t *testing.T) {
	many := newTNEF()
	for range 2000 {
		many.file("a", "", []byte("x"))
	}
	nested := newTNEF().file("deep", "", []byte("x")).b
	for range 20 {
		nested = newTNEF().file("m", "", nested).b
	}
	for name, b := range map[string][]byte{
		"only the signature":  newTNEF().b,
		"size beyond the end": append(newTNEF().b, 1, 0x0c, 0x80, 6, 0, 0xff, 0xff, 0xff, 0xff, 'x'),
		"2,000 files":         many.b,
		"20 messages deep":    nested,
		"count of properties": newTNEF().attribute(1, attMessage, []byte{0xff, 0xff, 0xff, 0x7f, 3, 0}).b,
		"count of values":     newTNEF().attribute(1, attMessage, []byte{1, 0, 0, 0, 0x1f, 0x10, 0, 0x10, 0xff, 0xff, 0xff, 0x7f}).b,
		"negative size":       newTNEF().attribute(1, attMessage, []byte{1, 0, 0, 0, 0x1f, 0, 0, 0x10, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}).b,
		"not TNEF":            []byte("hello world"),
		"empty":               nil,
	} {
		in := readOK(t, winmail(t, "Text", b), customerTrace)
		if in.Text != "Text" || len(in.Parts) > maxTNEFFiles+2 {
			t.Errorf("%s: text %q, %d parts", name, in.Text, len(in.Parts))
		}
	}
}

func TestRTF(t *testing.T) {
	cases := map[string]string{
		`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}\pard Gr\'fc\'dfe\par zweite\tab Zeile\par}`: "Grüße\nzweite\tZeile",
		`{\rtf1\ansi\uc1 \u8364?5 \u-10179?\u-8704?\emdash x\u-8704?}`:                                               "€5 😀—x\uFFFD",
		`{\rtf1{\*\generator Riched20;}{\*\htmltag <p>}Text\{a\}\~b}`:                                                "Text{a}\u00a0b",
		`{\rtf1\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}`:                                                               "Привет",
		`no rtf`: "",
		`{\rtf1` + strings.Repeat("{", 5000) + "tief": "tief",
		`{\rtf1\`:       "",
		`{\rtf1 a}}}}b`: "ab",
	}
	for in, want := range cases {
		if got := textOfRTF(in); got != want {
			t.Errorf("%.60q: got %q, want %q", in, got, want)
		}
	}
	// The example of MS-OXRTFCP §3.1.1.
	packed := []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0")
	if got, want := string(decompressRTF(packed)), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"; got != want {
		t.Errorf("unpacked %q, want %q", got, want)
	}
	if got := textOfRTF(string(decompressRTF(packed))); got != "hello world" {
		t.Errorf("text %q", got)
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(newTNEF().attribute(1, attMessage, tnefProps(tnefProp{kindUnicode, propBody, wide("Grüße")})).file("A~1.TXT", "Ä.txt", []byte("x")).b)
	f.Add(newTNEF().attribute(1, attMessage, tnefProps(tnefProp{kindBinary, propRTF, []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42")})).b)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readTNEF(b)
		if err != nil {
			return
		}
		a := assembly{warnings: &warnings{}}
		m.passage()
		a.addTNEF(m, 0)
		size := 0
		for _, p := range a.parts {
			size += len(p.Content)
		}
		if size > 8*len(b)+16*maxRTF {
			t.Errorf("%d bytes became %d", len(b), size)
		}
	})
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe\par\u8364?}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if text := textOfRTF(string(b)); len(text) > 4*len(b) {
			t.Errorf("%d bytes became %d", len(b), len(text))
		}
		if len(decompressRTF(b)) > maxRTF {
			t.Error("more than the limit was unpacked")
		}
	})
}
