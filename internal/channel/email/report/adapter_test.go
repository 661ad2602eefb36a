package report

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime/v2"
)

// readFile reads a mail of testdata as Read sees it.
func readFile(t testing.TB, path string) Mail {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := mailOf(raw)
	if !ok {
		t.Fatalf("%s: no mail", path)
	}
	return m
}

// mailOf takes a raw mail apart with a MIME library, whatever ends its lines.
func mailOf(raw []byte) (Mail, bool) {
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	root, err := enmime.NewParser(enmime.SkipMalformedParts(true)).ReadParts(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, false
	}
	m := Mail{Header: headerOfPart(root)}
	for _, v := range m.Header("return-path") {
		m.Null = m.Null || strings.ReplaceAll(v, " ", "") == "<>"
	}
	if addLeaves(&m, root); len(m.Parts) == 0 || len(m.Parts) == 1 && strings.HasPrefix(m.Parts[0].MediaType, "multipart/") {
		_, body, _ := bytes.Cut(raw, []byte("\n\n"))
		m.Parts = []Part{{MediaType: "text/plain", Text: string(body)}} // its delimiter is missing
	}
	return m, true
}

func headerOfPart(p *enmime.Part) func(string) []string {
	return func(name string) []string {
		var out []string
		for _, v := range p.Header.Values(name) {
			out = append(out, decodeHeader(v))
		}
		return out
	}
}

func addLeaves(m *Mail, p *enmime.Part) {
	if p.FirstChild == nil {
		kind := strings.ToLower(p.ContentType)
		if kind == "" {
			kind = "text/plain"
		}
		m.Parts = append(m.Parts, Part{MediaType: kind, Header: headerOfPart(p), Text: string(p.Content)})
		return
	}
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		addLeaves(m, c)
	}
}

// textMail is a mail of one text part.
func textMail(header map[string]string, text string) Mail {
	return Mail{
		Header: func(name string) []string {
			if v, ok := header[name]; ok {
				return []string{v}
			}
			return nil
		},
		Parts: []Part{{MediaType: "text/plain", Text: text}},
	}
}
