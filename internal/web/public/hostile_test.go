package public

import (
	_ "embed"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/live"
	"lotse/internal/publish"
)

//go:embed testdata/blns.txt
var naughty string

// hostile are strings that broke others.
func hostile() []string {
	list := []string{
		`"><script>alert(1)</script>`, `' onfocus=alert(1) autofocus='`, `</title><script>alert(1)</script>`, `javascript:alert(1)`,
		"x\r\nSet-Cookie: a=b\r\n\r\n<h1>taken over</h1>", "%00", "\x00", "\xff\xfe", "../../../../etc/passwd", `..\..\windows`,
		"' OR '1'='1", "1; DROP TABLE threads--", "{{7*7}}", "${7*7}", "//evil.example", strings.Repeat("ä", 5000), strings.Repeat(`"`, 2000),
		"\u202egnp.exe", "</script><!--", `"</article></main><h1>taken over</h1>`,
	}
	for line := range strings.Lines(naughty) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

func TestHostileRequests(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), clock.NewFixed(today), live.NewHub()).furnish()
	a := w.ask(zaehler)
	w.pages.Search = &shelfOf{hits: hitsOf(a)}
	at := w.path(a, "de")
	want := shape(w.page("/de/search?q=Strom"))
	list := hostile()
	if len(list) < 400 {
		t.Fatalf("only %d strings", len(list))
	}
	for _, s := range list {
		w.assail(s, a.key, at, want)
	}
	if strings.Contains(w.log.String(), "panicked") || strings.Contains(w.log.String(), "a page failed") {
		t.Errorf("the log tells of faults:\n%.2000s", w.log.String())
	}
	if w.pages.cache.order.Len() > 20 {
		t.Errorf("%d answers are kept: strangers fill the memory", w.pages.cache.order.Len())
	}
}

// assail puts s wherever a stranger can put something.
func (w *world) assail(s, key, at, want string) {
	w.t.Helper()
	q, segment := url.QueryEscape(s), url.PathEscape(s)
	for _, path := range []string{"/de/search?q=" + q, "/en/suggest?q=" + q, "/de/questions?after=" + q, "/de/questions/" + segment,
		"/de/questions/" + segment + "/x", "/de/questions/" + key + "/" + segment, "/de/questions/" + segment + ".atom", "/sitemap/" + segment + ".xml", "/de/" + segment} {
		res := w.get(path)
		if res.StatusCode >= 500 {
			w.t.Errorf("%.100s: status %d", path, res.StatusCode)
		}
		if to := res.Header.Get("Location"); to != "" && !strings.HasPrefix(to, "/de") && !strings.HasPrefix(to, "/en") && !strings.HasPrefix(to, "/sitemap") {
			w.t.Errorf("%.100s leads to %q", path, to)
		}
		doc, err := goquery.NewDocumentFromReader(res.Body)
		must(w.t, err)
		if n := doc.Find("script:not([src]):not([type='application/ld+json']), [onerror], [onload], [onfocus], iframe, img:not([src^='/'])").Length(); n > 0 {
			w.t.Errorf("%.100s: %d things of a stranger are on the page", path, n)
		}
		if strings.HasPrefix(path, "/de/search") && len([]rune(strings.TrimSpace(s))) > 1 && strings.Contains(text(doc, "h1"), "Antwort finden") && shape(doc) != want && doc.Find(".results").Length() > 0 {
			w.t.Errorf("%.100s: the page has another shape:\n%s\nwant\n%s", path, shape(doc), want)
		}
	}
	for _, name := range []string{"Accept-Encoding", "If-None-Match"} {
		r := httptest.NewRequest(http.MethodGet, baseURL+at, nil)
		r.Header[name] = []string{s}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK && (rec.Code != http.StatusNotModified || !strings.Contains(s, "*")) {
			w.t.Errorf("%s: %.100q: status %d", name, s, rec.Code)
		}
	}
}

// shape is the tags of a page without its texts.
func shape(doc *goquery.Document) string {
	var b strings.Builder
	doc.Find("body *").Each(func(_ int, s *goquery.Selection) {
		b.WriteString(goquery.NodeName(s))
		b.WriteByte(' ')
	})
	return b.String()
}

// TestHostileThreads publishes what staff let through by mistake: it stays text.
func TestHostileThreads(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), clock.NewFixed(today), live.NewHub()).furnish()
	for _, s := range []string{`"><script>alert(1)</script>`, `</title></h1></main><h1>taken over</h1>`, `<img src=x onerror=alert(1)>`, `]]></summary><x/>`} {
		a := w.ask(publish.Draft{Title: "Was bedeutet " + s + "?", Text: "Auf meiner Rechnung steht " + s + " und sonst nichts.", AuthorName: s})
		w.answer(a, goodAnswer+" "+s)
		w.page(w.path(a, "de"))
		if n := w.page(w.path(a, "en")).Find("article").Length(); n != 2 {
			t.Errorf("%s: %d posts", s, n)
		}
		w.feed("/de/questions/" + a.key + ".atom")
	}
	w.feed("/de/questions.atom")
	w.page("/de/")
	w.page("/de/questions")
	w.page("/de/questions/unanswered")
}
