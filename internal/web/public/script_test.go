package public

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/live"
)

// scriptBudget is what all scripts of a page may weigh, in bytes of gzip.
const scriptBudget = 30 << 10

func TestScriptsAreSmall(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), clock.NewFixed(today), live.NewHub()).furnish()
	a := w.ask(zaehler)
	for _, path := range []string{"/de/", "/de/search?q=x", w.path(a, "de"), "/de/questions", "/de/questions/unanswered"} {
		sum := 0
		w.page(path).Find("script[src]").Each(func(_ int, s *goquery.Selection) {
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, baseURL+s.AttrOr("src", ""), nil))
			if rec.Code != http.StatusOK {
				t.Fatalf("%s: %d", s.AttrOr("src", ""), rec.Code)
			}
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = io.Copy(z, rec.Body)
			_ = z.Close()
			sum += b.Len()
		})
		if sum == 0 || sum > scriptBudget {
			t.Errorf("%s loads %d bytes of scripts, the budget is %d", path, sum, scriptBudget)
		}
	}
}
