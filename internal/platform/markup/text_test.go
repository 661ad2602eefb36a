package markup

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextFromHTML(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"inline", `Hello <b>big</b><i>ger</i>  &amp; &lt;b&gt;`, "Hello bigger & <b>"},
		{"white space", " a \n\t b&nbsp;c ", "a b c"},
		{"paragraphs", `<p>a</p><p>b</p>`, "a\n\nb"},
		{"nested blocks", `<div><div><p>a</p></div></div><div>b</div>`, "a\n\nb"},
		{"lines", `a<br>b<br><br>c<div>d</div>e`, "a\nb\n\nc\nd\ne"},
		{"head", `<head><title>T</title><style>p{}</style></head><script>x()</script>a`, "a"},
		{"head of XML tools", `<head><title/><style type="text/css"/></head><p>a</p>`, "a"},
		{"heading", `<h1>A</h1>b`, "A\n\nb"},
		{"list", `a<ul><li>b<li>c<ul><li>d</ul></ul>e`, "a\n- b\n- c\n  - d\ne"},
		{"numbers", `<ol><li>a</li><li><p>b</p></li></ol>`, "1. a\n\n2. b"},
		{"table", `<table><tr><th>Nr<th>Art<tr><td>1<td>x</table>after`, "Nr\tArt\n1\tx\n\nafter"},
		{"cells with blocks", `<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>`, "a\n\nb"},
		{"quote", `new<blockquote>old<br>older<blockquote>oldest</blockquote></blockquote>end`, "new\n\n> old\n> older\n\n> > oldest\n\nend"},
		{"link", `see <a href="https://example.org/a">here</a>.`, "see here (https://example.org/a)."},
		{"link that says it", `<a href="https://example.org/">example.org</a> <a href="mailto:a@b.example">a@b.example</a>`, "example.org a@b.example"},
		{"link without text", `<a href="https://example.org/a"><img src=x></a>`, "https://example.org/a"},
		{"link of an image", `<a href="https://example.org/a"><img src=x alt="Shop"></a>`, "Shop (https://example.org/a)"},
		{"link that is not safe", `<a href="javascript:x()">click</a>`, "click"},
		{"pre", "<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"},
		{"rule", `a<hr>b`, "a\n---\nb"},
		{"padding of newsletters", "<p>a&zwnj;&#8203;&shy;&#847;</p>", "a\u200c"},
		{"controls", "a&#0;&#7;b&#x202e;c", "a\uFFFDbc"},
		{"nothing", `<p> </p><br>`, ""},
	}
	for _, c := range cases {
		if got := TextFromHTML(c.in); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func FuzzTextFromHTML(f *testing.F) {
	for _, s := range []string{"<p>a<ul><li>b</ul>", "<table><td>a<td>b", "<blockquote><pre>a\n\nb", "<a href=http://x.example>y", "<ol><ol><li>", "&#x202e;<a><a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		text := TextFromHTML(in)
		if Clean(text) != text {
			t.Errorf("text of %q is not clean: %q", in, text)
		}
		if strings.Contains(text, "\n\n\n\n") || strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n") {
			t.Errorf("gaps in the text of %q: %q", in, text)
		}
	})
}

func TestClean(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"nothing to do", "Grüße,\n\tÄ 😀 \u200d", "Grüße,\n\tÄ 😀 \u200d"},
		{"empty", "", ""},
		{"NUL", "a\x00b", "ab"},
		{"controls", "a\x01\x08\x0b\x1b[31m\x7f\u009bb", "a[31mb"},
		{"line ends", "a\r\nb\rc\n\rd\u0085e\u2028f\u2029g", "a\nb\nc\n\nd\ne\nf\ng"},
		{"bidi", "exe.\u202egpj\u2066x\u2069\u202a", "exe.gpjx"},
		{"marks of direction stay", "א\u200eb\u200f", "א\u200eb\u200f"},
		{"not UTF-8", "a\xff\xfeb\xc3", "a\uFFFDb\uFFFD"},
		{"surrogate", "a\xed\xa0\x80b", "a\uFFFDb"},
		{"replacement stays", "a\uFFFDb", "a\uFFFDb"},
	}
	for _, c := range cases {
		if got := Clean(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\x00\r\n", "\xff\u202e", "\xe2\x80\xae", "\r\r\n\u2028", "\xc2\xe2\x80\xae\x80"} {
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, in string, maxRunes int) {
		got := Clean(in)
		if !utf8.ValidString(got) || !isClean(got) || strings.ContainsAny(got, "\r\x00\u202e") {
			t.Errorf("Clean(%q) = %q", in, got)
		}
		if Clean(got) != got {
			t.Errorf("cleaning %q again changes it", got)
		}
		for _, line := range []string{CleanLine(in, maxRunes), Excerpt(in, maxRunes)} {
			if strings.ContainsAny(line, "\n\t") || strings.TrimSpace(line) != line || !utf8.ValidString(line) {
				t.Errorf("line of %q is %q", in, line)
			}
			if maxRunes > 0 && utf8.RuneCountInString(line) > maxRunes {
				t.Errorf("%q has more than %d runes", line, maxRunes)
			}
		}
	})
}

func TestCleanLine(t *testing.T) {
	family := "👩\u200d👩\u200d👧" // one sign of five runes
	cases := []struct {
		in   string
		max  int
		want string
	}{
		{" a \r\n b\tc\u00a0\u2003d ", 100, "a b c d"},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"abc defg", 5, "abc…"},
		{"abc", 0, "abc"},
		{"abc", 1, "…"},
		{"ab" + family + "c", 6, "ab…"},
		{"ab" + family + "cd", 8, "ab" + family + "…"},
		{"e\u0301e\u0301e\u0301", 4, "e\u0301…"},
		{"e" + strings.Repeat("\u0301", 50), 5, "e\u0301\u0301\u0301…"},
		{"Ärger", 3, "Är…"},
	}
	for _, c := range cases {
		if got := CleanLine(c.in, c.max); got != c.want {
			t.Errorf("CleanLine(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	const mail = "\n> alt\n>> älter\nGuten Tag,\n\n  der  Zug\tkam nicht.\n > alt\nDanke\n"
	cases := []struct {
		in   string
		max  int
		want string
	}{
		{mail, 100, "Guten Tag, der Zug kam nicht. Danke"},
		{mail, 15, "Guten Tag, der…"},
		{mail, 0, "Guten Tag, der Zug kam nicht. Danke"},
		{"> nur Zitat", 10, ""},
		{"", 10, ""},
		{strings.Repeat("Wort\n", 1_000_000), 9, "Wort Wor…"},
	}
	for _, c := range cases {
		if got := Excerpt(c.in, c.max); got != c.want {
			t.Errorf("Excerpt(%.20q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func TestHTMLFromText(t *testing.T) {
	link := func(href, text string) string { return `<a href="` + href + `"` + rel + `>` + text + `</a>` }
	cases := []struct{ name, in, want string }{
		{"empty", "\n\n", ""},
		{"lines and paragraphs", "a\r\nb\n\n\nc", "<p>a<br>\nb</p>\n<p>c</p>\n"},
		{"escapes", `<b> & "x"`, "<p>&lt;b&gt; &amp; &#34;x&#34;</p>\n"},
		{"link", "see https://example.org/a?b=1&c=2.", "<p>see " + link("https://example.org/a?b=1&amp;c=2", "https://example.org/a?b=1&amp;c=2") + ".</p>\n"},
		{"link in brackets", "(http://example.org/a_(b))", "<p>(" + link("http://example.org/a_(b)", "http://example.org/a_(b)") + ")</p>\n"},
		{"address", "an a.b+c@example.org!", "<p>an " + link("mailto:a.b+c@example.org", "a.b+c@example.org") + "!</p>\n"},
		{"no link", "javascript:alert(1) ftp://x.example http://", "<p>javascript:alert(1) ftp://x.example http://</p>\n"},
		{"quotes end a link", `http://x.example/"onclick=1`, "<p>" + link("http://x.example/", "http://x.example/") + "&#34;onclick=1</p>\n"},
	}
	for _, c := range cases {
		got := HTMLFromText(c.in)
		if got.String() != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		checkSafe(t, got)
	}
}

func TestMarkdown(t *testing.T) {
	const md = "# Titel\n\nEin *guter* **Text** mit [Link](https://example.org/a) und <b>HTML</b>.\n\n" +
		"- eins\n- zwei\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n![Bild](https://t.example/p.png) [x](javascript:alert(1))\n\n<script>alert(1)</script>\n"
	got := HTMLFromMarkdown(md)
	checkSafe(t, got)
	for tag, n := range map[string]int{"h1": 1, "em": 1, "strong": 1, "a": 1, "li": 2, "td": 2, "img": 1, "script": 0, "b": 0} {
		if found := selectAll(t, got, tag); len(found) != n {
			t.Errorf("%d <%s>, want %d in %s", len(found), tag, n, got)
		}
	}
	want := "Titel\n\nEin guter Text mit Link (https://example.org/a) und HTML.\n\n- eins\n- zwei\n\nA\tB\n1\t2\n\nBild x"
	if text := TextFromMarkdown(md); text != want {
		t.Errorf("got %q", text)
	}
}

func TestHostileMarkdownStaysText(t *testing.T) {
	for name, md := range map[string]string{
		"brackets": strings.Repeat("[a](", 10_000),
		"quotes":   strings.Repeat("> ", 10_000) + "a",
		"table":    strings.Repeat("|a", 5000) + "\n" + strings.Repeat("|-", 5000) + "\n" + strings.Repeat("|\n", 5000),
		"length":   strings.Repeat("**a** ", 20_000),
	} {
		got := HTMLFromMarkdown(md)
		if got != HTMLFromText(md) {
			t.Errorf("%s: %.80s", name, got)
		}
	}
}

func BenchmarkSanitizeMail(b *testing.B) {
	mail := strings.Repeat(`<div style="color:red"><p class=x>Guten Tag, <a href="https://example.org/x">hier</a> ein Text von üblicher Länge.</p><table><tr><td>1</td><td>2</td></tr></table></div>`, 60)
	b.SetBytes(int64(len(mail)))
	for b.Loop() {
		SanitizeMail(mail)
	}
}

func BenchmarkTextFromHTML(b *testing.B) {
	mail := strings.Repeat(`<div style="color:red"><p class=x>Guten Tag, <a href="https://example.org/x">hier</a> ein Text von üblicher Länge.</p></div>`, 60)
	b.SetBytes(int64(len(mail)))
	for b.Loop() {
		TextFromHTML(mail)
	}
}
