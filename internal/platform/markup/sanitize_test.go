package markup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/platform/clock/clocktest"
)

const rel = ` rel="noopener noreferrer nofollow" target="_blank"`

func TestSanitizeMail(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"text", `Grüße & <Dank>`, `Grüße &amp; `},
		{"fragment", `Hello <b>there</b>`, `Hello <b>there</b>`},
		{"document", `<!doctype html><html><head><title>T</title><style>p{}</style></head><body class=x><p>Hi</p></body></html>`, `<p>Hi</p>`},
		{"script", `a<script>alert(1)</script>b`, `ab`},
		{"unclosed script", `a<script>alert(1)`, `a`},
		{"script without content", `a<script src=x /><b>alert(1)</b>`, `a<b>alert(1)</b>`},
		{"title of XML tools", `<head><title/></head><p>a</p>`, `<p>a</p>`},
		{"style block", `<style>@import url(x)</style>a`, `a`},
		{"form", `<form action=/x><input name=a value=b><button>Go</button></form>`, `Go`},
		{"iframe", `a<iframe src=x><p>inner</p></iframe>b`, `ab`},
		{"svg", `<svg onload=alert(1)><script>1</script><text>T</text></svg>`, `T`},
		{"math", `<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style>`, `<table></table>`},
		{"comment", `a<!-- <b> -->b<!--[if mso]><p>x</p><![endif]-->c`, `abc`},
		{"handler", `<p onclick="x()" ONLOAD=y>a</p>`, `<p>a</p>`},
		{"id and class", `<p id=main class=btn name=x>a</p>`, `<p>a</p>`},
		{"unknown element", `<o:p>a</o:p><blink>b</blink>`, `ab`},

		{"link", `<a href="https://example.org/?a=1&amp;b=2">x</a>`, `<a href="https://example.org/?a=1&amp;b=2"` + rel + `>x</a>`},
		{"mail link", `<a href="mailto:a@example.org">x</a>`, `<a href="mailto:a@example.org"` + rel + `>x</a>`},
		{"own rel and target", `<a rel=opener target=_top href=https://example.org>x</a>`, `<a href="https://example.org"` + rel + `>x</a>`},
		{"javascript", `<a href="javascript:alert(1)">x</a>`, `x`},
		{"javascript in disguise", "<a href=\" java\nscript&colon;alert(1)\">x</a>", `x`},
		{"data link", `<a href="data:text/html,x">x</a>`, `x`},
		{"relative link", `<a href="/logout">x</a><a href="//example.org/">y</a>`, `xy`},
		{"anchor", `<a name=top>x</a>`, `x`},

		{"embedded image", `<img src="cid:logo%40x" alt="Logo" width=20>`, `<img data-cid="logo@x" alt="Logo" width="20">`},
		{"remote image", `<img src="http://t.example/p.gif?u=1" srcset="x 2x">`, `<img data-remote-src="http://t.example/p.gif?u=1">`},
		{"remote image without scheme", `<img src="//t.example/p.gif">`, `<img data-remote-src="https://t.example/p.gif">`},
		{"inline image", `<img src="data:image/PNG;base64,iVBO Rw==">`, `<img src="data:image/png;base64,iVBORw==">`},
		{"inline svg", `<img src="data:image/svg+xml;base64,AAAA" alt="A<B">`, `A&lt;B`},
		{"file image", `<img src="file:///etc/passwd">`, ``},
		{"image of two sources", `<img src="cid:a" src="http://t.example/p">`, `<img data-cid="a">`},

		{"style", `<p style="COLOR: Red; margin:0 auto !important">a</p>`, `<p style="color:red;margin:0 auto">a</p>`},
		{"style with url", `<p style="background:url(http://t.example/p); color:#fff">a</p>`, `<p style="color:#fff">a</p>`},
		{"style with escape", `<p style="color:expre\73sion(1);width:e/**/xpression(1)">a</p>`, `<p>a</p>`},
		{"style that covers", `<p style="position:fixed;top:0;z-index:9;margin:-99px;display:none;opacity:0;font-size:0">a</p>`, `<p>a</p>`},
		{"background attribute", `<table background="http://t.example/p" bgcolor=#ffeedd><tr><td width=10% colspan=100000>x`, `<table bgcolor="#ffeedd"><tr><td width="10%">x</td></tr></table>`},

		{"unclosed", `<div><b>a`, `<div><b>a</b></div>`},
		{"unopened", `a</div></b>b`, `ab`},
		{"crossed", `<b><i>a</b>b</i>`, `<b><i>a</i></b>b`},
		{"omitted end tags", `<ul><li>a<li>b</ul><p>c<p>d`, `<ul><li>a</li><li>b</li></ul><p>c</p><p>d</p>`},
		{"stray end tag in a cell", `<div><table><tr><td>a</div>b</td></tr></table></div>`, `<div><table><tr><td>ab</td></tr></table></div>`},
		{"slash in a start tag", `<div/>a`, `<div>a</div>`},

		{"entity", `&lt;script&gt;&#60;b&#62;`, `&lt;script&gt;&lt;b&gt;`},
		{"controls in entities", `a&#1;b&#x202E;c&#0;`, "abc\uFFFD"},
		{"bidi in the title", `<p title="a&#x202E;b">c</p>`, `<p title="ab">c</p>`},
		{"not UTF-8", "<p>\xff</p>", "<p>\uFFFD</p>"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := SanitizeMail(c.in)
			if got.String() != c.want {
				t.Errorf("\n in  %s\n got %s\nwant %s", c.in, got, c.want)
			}
			checkSafe(t, got)
		})
	}
}

func TestSanitizeMailAgainstPayloads(t *testing.T) {
	paths, err := filepath.Glob("testdata/xss/*.txt")
	if err != nil || len(paths) != 3 {
		t.Fatalf("payload files: %v, %v", paths, err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			for _, in := range []string{line, `<p title="` + line + `">x</p>`, `<a href='` + line + `'>x</a>`, `<img alt=` + line, `<p style="` + line + `">`} {
				checkSafe(t, SanitizeMail(in))
				checkSafe(t, HTMLFromText(in))
				checkSafe(t, HTMLFromMarkdown(in))
			}
			if t.Failed() {
				t.Fatalf("payload: %s", line)
			}
		}
		checkSafe(t, SanitizeMail(string(raw)))
	}
}

// hostile are documents that cost a careless parser its stack or its time.
var hostile = map[string]string{
	"deep divs":        strings.Repeat("<div>", 100_000),
	"deep quotes":      strings.Repeat("<blockquote>x", 20_000),
	"deep tables":      strings.Repeat("<table><tr><td>", 10_000),
	"deep lists":       strings.Repeat("<ul><li>x", 10_000),
	"deep formatting":  strings.Repeat("<b><i><font color=red>", 10_000) + strings.Repeat("</b>", 30_000),
	"deep and stray":   strings.Repeat("<div>", 150) + strings.Repeat("<td></div>", 20_000),
	"end tags":         strings.Repeat("</div></p></a>", 20_000),
	"open comments":    strings.Repeat("<!--", 60_000),
	"open tags":        strings.Repeat("<a ", 60_000),
	"open angle":       strings.Repeat("<", 200_000),
	"attributes":       "<p " + strings.Repeat("a=1 ", 60_000) + ">",
	"styles":           strings.Repeat(`<p style="`+strings.Repeat("color:red;", 300)+`">`, 60),
	"one style":        `<p style="` + strings.Repeat("color:red;", 110_000) + `">`,
	"escapes in style": strings.Repeat(`<p style="color:`+strings.Repeat(`\61`, 1000)+`">`, 80),
	"links":            strings.Repeat(`<a href=http://x.example>`, 12_000),
	"entities":         strings.Repeat("&amp;&#x41;&notin", 20_000),
	"one URL":          `<a href="http://x.example/` + strings.Repeat("%41", 100_000) + `">`,
	"brackets":         "http://x.example/" + strings.Repeat(")", 200_000),
	"at signs":         strings.Repeat("a@a.", 80_000),
	"spaces":           strings.Repeat(" \n", 160_000),
	"scripts":          strings.Repeat("<script>", 40_000),
	"cdata":            strings.Repeat("<svg><![CDATA[", 20_000),
}

func TestHostileInputIsLinear(t *testing.T) {
	for name, in := range hostile {
		t.Run(name, func(t *testing.T) {
			clocktest.Linear(t, name, in, func(in string) {
				SanitizeMail(in)
				TextFromHTML(in)
				HTMLFromText(in)
			})
			out, text := SanitizeMail(in), TextFromHTML(in)
			if len(out) > 12*len(in) || len(text) > 12*len(in) {
				t.Errorf("%d bytes became %d of HTML and %d of text", len(in), len(out), len(text))
			}
			if depth := strings.Count(out.String(), "<div>"); depth > maxDepth && name == "deep divs" {
				t.Errorf("%d deep", depth)
			}
		})
	}
}

func TestInputBeyondTheLimitIsCutVisibly(t *testing.T) {
	in := "<p>" + strings.Repeat("ä", MaxInput/2) + "END"
	got := SanitizeMail(in)
	if !strings.HasSuffix(got.String(), "</p><p>[…]</p>") || strings.Contains(got.String(), "END") || strings.Contains(got.String(), "\uFFFD") {
		t.Errorf("ends in %q", got[len(got)-40:])
	}
	text := TextFromHTML(in)
	if !strings.HasSuffix(text, "ä\n\n[…]") {
		t.Errorf("ends in %q", text[len(text)-40:])
	}
	if got := HTMLFromText(strings.Repeat("a\n\n", MaxInput/3) + "END"); !strings.HasSuffix(got.String(), "<p>[…]</p>\n") {
		t.Errorf("ends in %q", got[len(got)-40:])
	}
	if within := SanitizeMail(strings.Repeat("a", MaxInput)); len(within) != MaxInput {
		t.Errorf("%d bytes became %d", MaxInput, len(within))
	}
}

func TestSanitizingTwiceChangesNothing(t *testing.T) {
	const in = `<p style="color: red">a<img src="cid:x%2541"><img src=http://t.example/p><a href="http://ä.example/ ö">b</a><table><td>c<p>d`
	once := SanitizeMail(in)
	if twice := SanitizeMail(once.String()); twice != once {
		t.Errorf("\nonce  %s\ntwice %s", once, twice)
	}
}

func FuzzSanitizeMail(f *testing.F) {
	for _, s := range []string{
		`<a href="javascript:x">`, `<img src=x onerror=y>`, `<p style="width:expression(1)">`, `<math><mtext><style><img title="</style><img src onerror=x>">`,
		`<table><a><td></a>`, `<svg></p><style><a id="</style><img>">`, `<noscript><p title="</noscript><img src=x onerror=y>">`, `<a href="http://[::1]%2f">`,
		`<img src="cid:%22 onerror=x">`, `<textarea><img title="</textarea><x onerror=1>">`, `<b/<script>`, "<p title='\x00\"><img src=cid:a data-cid=b>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once := SanitizeMail(in)
		checkSafe(t, once)
		if twice := SanitizeMail(once.String()); twice != once {
			t.Errorf("in %q\nonce  %s\ntwice %s", in, once, twice)
		}
	})
}
