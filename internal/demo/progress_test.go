package demo

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// While the world is made, every address answers with how far it is and with the tour to
// read, in the reader's language, and leads nowhere yet.
func TestProgressIsShown(t *testing.T) {
	p, err := showProgress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	p.tell(30, 120)
	for _, c := range []struct{ path, language, title, next string }{
		{"/", "de", "Lindenau wird aufgebaut", "1; url=/demo"},
		{"/?lang=en", "de", "Lindenau is being built", "1; url=/demo?lang=en"},
		{"/cases", "en", "Lindenau is being built", "1"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", c.language)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || res.Header.Get("Refresh") != c.next {
			t.Errorf("%s: %d, Refresh %q", c.path, res.StatusCode, res.Header.Get("Refresh"))
		}
		page, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		if got := page.Find("h1").Text(); got != c.title {
			t.Errorf("%s: headed %q", c.path, got)
		}
		if n := page.Find(".demo-step").Length(); n != 5 || page.Find(".demo-step a").Length() != 0 {
			t.Errorf("%s: %d steps", c.path, n)
		}
		if bar := page.Find("progress"); bar.AttrOr("value", "") != "30" || bar.AttrOr("max", "") != "120" {
			t.Errorf("%s: no progress in %s", c.path, body)
		}
	}
}
