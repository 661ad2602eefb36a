package workspace_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLookListsWhatIsNoMail(t *testing.T) {
	onBoth(t, func(w *world) {
		if got := text(w.jonas.get("/look").Find(".empty h2")); got != "Alles gelesen" {
			t.Errorf("an empty list reads %q", got)
		}
		w.accept([]byte("\x00<script>no mail at all"))
		doc := w.jonas.get("/look")
		row := doc.Find(".parked")
		for _, want := range []string{"absender@kunde.example", "keine E-Mail", "23 B", "gerade eben"} {
			if !strings.Contains(text(row), want) {
				t.Errorf("the row reads %q, without %q", text(row), want)
			}
		}
		raw, _ := row.Find("a").Attr("href")
		res := w.jonas.do(httptest.NewRequest("GET", raw, nil))
		if body(t, res) != "\x00<script>no mail at all" || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
			res.Header.Get("Content-Security-Policy") != "sandbox; default-src 'none'" || res.Header.Get("Content-Type") != "application/octet-stream" ||
			!strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment; ") || !strings.Contains(res.Header.Get("Content-Disposition"), ".eml") {
			t.Errorf("the original comes as %v", res.Header)
		}
		retry, _ := row.Find("form").First().Attr("action")
		dismiss, _ := row.Find("form").Last().Attr("action")
		if res := w.jonas.post(retry); res.Header.Get("Location") != "/look" {
			t.Errorf("trying again: %d", res.StatusCode)
		}
		w.drain()
		doc = w.jonas.get("/look")
		if doc.Find(".parked").Length() != 1 || !strings.Contains(text(doc.Find("#flash")), "noch einmal gelesen") {
			t.Errorf("after trying again the list reads %q", text(doc.Find("main")))
		}
		if _, doc = w.jonas.goes(dismiss); doc.Find(".parked").Length() != 0 {
			t.Error("what is settled stays in the list")
		}
		if _, doc = w.jonas.goes(dismiss); !strings.Contains(text(doc.Find("#flash")), "inzwischen erledigt") {
			t.Errorf("settled twice reads %q", text(doc.Find("#flash")))
		}
	})
}

func TestLookIsForThoseWhoRepair(t *testing.T) {
	onBoth(t, func(w *world) {
		w.accept([]byte("no mail"))
		row := w.jonas.get("/look").Find(".parked")
		w.mia.page(w.mia.do(httptest.NewRequest("GET", "/look", nil)), http.StatusForbidden)
		raw, _ := row.Find("a").Attr("href")
		w.mia.page(w.mia.do(httptest.NewRequest("GET", raw, nil)), http.StatusForbidden)
		for i := range row.Find("form").Length() {
			action, _ := row.Find("form").Eq(i).Attr("action")
			w.mia.page(w.mia.post(action), http.StatusForbidden)
		}
		for who, want := range map[*browser]int{w.mia: 0, w.jonas: 1} {
			if n := who.get("/cases").Find(`.shell-nav a[href="/look"]`).Length(); n != want {
				t.Errorf("%s is offered it %d times", who.actor.Name, n)
			}
		}
	})
}

func TestLookPages(t *testing.T) {
	onBoth(t, func(w *world) {
		for i := range 51 {
			w.accept([]byte(fmt.Sprintf("no mail %d", i)))
		}
		doc := w.jonas.get("/look")
		older, _ := doc.Find(".pager [rel=next]").Attr("href")
		if n := doc.Find(".parked").Length(); n != 50 || older == "" {
			t.Fatalf("%d rows, then %q", n, older)
		}
		if n := w.jonas.get(older).Find(".parked").Length(); n != 1 {
			t.Errorf("%d rows on the second page", n)
		}
		w.jonas.page(w.jonas.do(httptest.NewRequest("GET", "/look?below=nonsense", nil)), http.StatusUnprocessableEntity)
	})
}
