package templates

import (
	"strings"
	"testing"

	"lotse/internal/platform/i18n"
	"lotse/internal/platform/markup"
)

func TestWriting(t *testing.T) {
	for name, c := range map[string]struct {
		key        Key
		text       string
		values     Values
		plain, web string
	}{
		"paragraphs and lines":    {AckOpen, "a\nb\n\n\nc", nil, "a\nb\n\nc", "<p>a<br>b</p>\n<p>c</p>\n"},
		"list":                    {AckOpen, "zuerst\n- a\n- b\ndanach", nil, "zuerst\n\n- a\n- b\n\ndanach", "<p>zuerst</p>\n<ul><li>a</li><li>b</li></ul>\n<p>danach</p>\n"},
		"strong":                  {AckOpen, "a **b {{case.number}}** c", Values{CaseNumber: "L-1"}, "a b L-1 c", "<p>a <strong>b </strong><strong>L-1</strong> c</p>\n"},
		"taken literally":         {AckOpen, `\**a\** \[b](c) \{{case.number}} \- d`, nil, "**a** [b](c) {{case.number}} - d", "<p>**a** [b](c) {{case.number}} - d</p>\n"},
		"not a link":              {AckOpen, "[a] (b) and https und hallo", nil, "[a] (b) and https und hallo", "<p>[a] (b) and https und hallo</p>\n"},
		"one star":                {AckOpen, "2 * 3 = 6", nil, "2 * 3 = 6", "<p>2 * 3 = 6</p>\n"},
		"unknown variable":        {AckOpen, "a {{case.owner}} b", Values{"case.owner": "x"}, "a b", "<p>a b</p>\n"},
		"of another text":         {AckOpen, "a {{customer.name}} b", Values{CustomerName: "Eva"}, "a b", "<p>a b</p>\n"},
		"empty before a comma":    {Reply, "Guten Tag {{customer.name}},", nil, "Guten Tag,", "<p>Guten Tag,</p>\n"},
		"line of nothing":         {Reply, "a\n{{team.name}} {{mailbox.address}}\nb", nil, "a\nb", "<p>a<br>b</p>\n"},
		"paragraph of nothing":    {Reply, "a\n\n{{team.name}}\n\nb", nil, "a\n\nb", "<p>a</p>\n<p>b</p>\n"},
		"letters beside nothing":  {AckOpen, "Nummer: {{case.number}}", nil, "Nummer:", "<p>Nummer:</p>\n"},
		"spaces in the braces":    {AckOpen, "{{  case.number }}", Values{CaseNumber: "L-1"}, "L-1", "<p>L-1</p>\n"},
		"value brings a variable": {Reply, "{{customer.name}}", Values{CustomerName: "{{case.number}}", CaseNumber: "L-1"}, "{{case.number}}", "<p>{{case.number}}</p>\n"},
		"value brings markup":     {Reply, "a {{customer.name}}", Values{CustomerName: "**x** [y](https://evil.example) <b>z</b>"}, "a **x** [y](https://evil.example) <b>z</b>", "<p>a **x** [y](https://evil.example) &lt;b&gt;z&lt;/b&gt;</p>\n"},
		"value brings lines":      {Reply, "{{customer.name}}", Values{CustomerName: "a\r\n\r\n- b\u2028c"}, "a - b c", "<p>a - b c</p>\n"},
		"value without an end":    {Reply, "{{customer.name}}", Values{CustomerName: strings.Repeat("ä", 5000)}, strings.Repeat("ä", 299) + "…", "<p>" + strings.Repeat("ä", 299) + "…</p>\n"},
		"list of lines":           {Files, "- {{files.list}}", Values{FilesList: "a.pdf (1 MB)\n[b](https://evil.example)\tc"}, "- a.pdf (1 MB)\n- [b](https://evil.example) c", "<ul><li>a.pdf (1 MB)</li><li>[b](https://evil.example) c</li></ul>\n"},
		"lines within words":      {Files, "Dateien: {{files.list}}.", Values{FilesList: "a\nb"}, "Dateien: a, b.", "<p>Dateien: a, b.</p>\n"},
	} {
		m := Fill(c.key, c.text, c.values)
		if m.Text != c.plain || string(m.HTML) != c.web {
			t.Errorf("%s:\n%q\n%q", name, m.Text, m.HTML)
		}
	}
}

func TestLinks(t *testing.T) {
	const link = `<a href="https://x.example/l/a_b" rel="noopener noreferrer nofollow" target="_blank">`
	for name, c := range map[string]struct {
		text       string
		value      string
		plain, web string
	}{
		"with words, alone":     {"[Öffnen]({{link}})", "https://x.example/l/a_b", "Öffnen:\nhttps://x.example/l/a_b", link + "Öffnen</a>"},
		"with words, in a line": {"Bitte [hier]({{link}}) öffnen", "https://x.example/l/a_b", "Bitte hier <https://x.example/l/a_b> öffnen", link + "hier</a>"},
		"item":                  {"- [Öffnen]({{link}})", "https://x.example/l/a_b", "- Öffnen: https://x.example/l/a_b", link + "Öffnen</a>"},
		"bare":                  {"Link: {{link}}.", "https://x.example/l/a_b", "Link: https://x.example/l/a_b.", link + "https://x.example/l/a_b</a>."},
		"typed":                 {"Siehe https://x.example/l/a_b, bitte.", "", "Siehe https://x.example/l/a_b, bitte.", link + "https://x.example/l/a_b</a>, bitte."},
		"value in an address":   {"https://x.example/?n={{case.number}}", "", "https://x.example/?n=L-1%26a%3Db", `href="https://x.example/?n=L-1%26a%3Db"`},
		"script as a value":     {"[Öffnen]({{link}})", "javascript:alert(1)", "Öffnen", "<p>Öffnen</p>"},
		"script as a target":    {"[Öffnen](javascript:alert(1))", "", "Öffnen)", "<p>Öffnen)</p>"},
		"letters as a target":   {"[Öffnen]({{case.number}})", "", "Öffnen", "<p>Öffnen</p>"},
		"value as a scheme":     {"[Öffnen]({{case.number}}://x.example)", "", "Öffnen", "<p>Öffnen</p>"},
		"by mail":               {"[uns](mailto:hilfe@x.example)", "", "uns:\nmailto:hilfe@x.example", `href="mailto:hilfe@x.example"`},
		"no value":              {"[Öffnen]({{link}})", "", "Öffnen", "<p>Öffnen</p>"},
		"strong":                {"**[Öffnen]({{link}})**", "https://x.example/l/a_b", "Öffnen:\nhttps://x.example/l/a_b", link + "<strong>Öffnen</strong></a>"},
	} {
		m := Fill(LinkLine, c.text, Values{ALink: c.value, CaseNumber: "L-1&a=b"})
		if m.Text != c.plain || !strings.Contains(string(m.HTML), c.web) || strings.Contains(string(m.HTML), "javascript") {
			t.Errorf("%s:\n%q\n%s", name, m.Text, m.HTML)
		}
	}
}

func TestDigestLines(t *testing.T) {
	v := Values{DigestList: "4 offene\thttps://x.example/cases\n1 überfällig", UnsubscribeLink: "https://x.example/unsubscribe/a"}
	m := Fill(Digest, "- {{digest.list}}\n\n{{unsubscribe.link}}", v)
	if m.Text != "- 4 offene: https://x.example/cases\n- 1 überfällig\n\nhttps://x.example/unsubscribe/a" || !strings.Contains(string(m.HTML), ">4 offene</a></li><li>1 überfällig</li>") {
		t.Errorf("%q\n%s", m.Text, m.HTML)
	}
}

func TestSubjects(t *testing.T) {
	for subject, want := range map[string]string{
		"Vorgang {{case.number}}":            "Vorgang L-1",
		"**a** [b](c) https://x.example":     "**a** [b](c) https://x.example",
		"a\r\nBcc: b {{ brand.name }}":       "a Bcc: b Lindenau X",
		"{{case.number}} {{case.owner}}":     "L-1",
		"{{case.number":                      "{{case.number",
		strings.Repeat("{{brand.name}}", 50): strings.Repeat("Lindenau X", 20)[:198] + "…",
	} {
		if got := (Text{Subject: subject}).write(AckOpen, i18n.German, Values{CaseNumber: "L-1", BrandName: "Lindenau\r\nX"}).Subject; got != want {
			t.Errorf("%q: %q", subject, got)
		}
	}
}

// Every text that comes with the program is right in every language, needs nothing
// that it does not have, and says something in plain text and in HTML.
func TestBuiltInTexts(t *testing.T) {
	all := Values{}
	for name, kind := range variables {
		all[name] = "⟨" + string(name) + "⟩"
		if kind.link {
			all[name] = "https://x.example/" + string(name)
		}
	}
	for _, spec := range Specs() {
		for _, locale := range i18n.Locales() {
			text := BuiltIn(spec.Key, locale)
			if err := spec.Check(text); err != nil {
				t.Errorf("%s %s: %v", spec.Key, locale, err)
			}
			m := text.write(spec.Key, locale, all)
			if spec.Subject && m.Subject == "" || !spec.EmptyAtFirst && (m.Text == "" || m.HTML == "") || strings.Contains(m.Subject+m.Text, "template.") || strings.ContainsAny(m.Subject+m.Text, "{}*") {
				t.Errorf("%s %s: %q\n%s", spec.Key, locale, m.Subject, m.Text)
			}
			for _, v := range spec.Needed {
				if !strings.Contains(m.Text, all[v]) || !strings.Contains(string(m.HTML), all[v]) {
					t.Errorf("%s %s: %s is not there:\n%s", spec.Key, locale, v, m.Text)
				}
			}
		}
	}
}

// Whoever forges a sender makes us write to somebody else: nothing the sender
// wrote or is called may ever stand in what goes out by itself.
func TestAutomaticTextsNameNoSender(t *testing.T) {
	for _, spec := range Specs() {
		if spec.OfAutomatic && spec.Knows(CustomerName) {
			t.Errorf("%s may say what a sender chose", spec.Key)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a\n\n- b\n- {{case.number}}", "**a [b]({{link}}) https://x.example/{{case.number}}.", `\{{ \** [](`, "{{", "}}", "[a](b", "- ", "{{a.b.c.d}}", "https://", "**", "\xff\x00\u202e"} {
		f.Add(s, "<b>{{link}}</b>")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		v := Values{CaseNumber: value, ALink: value, BrandName: value}
		first := Fill(LinkLine, text, v)
		if strings.Contains(string(first.HTML), "<script") || strings.Contains(string(first.HTML), "javascript:") && strings.Contains(string(first.HTML), `href="javascript:`) {
			t.Fatalf("%q, %q:\n%s", text, value, first.HTML)
		}
		_ = (Spec{Key: LinkLine, Subject: true}).inspect(Text{Subject: text, Text: text})
		if len(first.Text) > 4*len(text)+200*len(value)+8*maxText {
			t.Fatalf("%d bytes of %d", len(first.Text), len(text))
		}
		without := Fill(LinkLine, text, Values{})
		if !strings.Contains(markup.Clean(text), "{{") && first.Text != without.Text {
			t.Fatalf("a value changed what holds no variable: %q, %q", text, value)
		}
	})
}
