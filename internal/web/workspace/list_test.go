package workspace_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lotse/internal/desk"
	"lotse/internal/platform/db"
)

func TestStrangersAreAskedToSignIn(t *testing.T) {
	onBoth(t, func(w *world) {
		rec := httptest.NewRecorder()
		w.pages.ServeHTTP(rec, httptest.NewRequest("GET", "/cases/L-4F7K-92", nil))
		if to := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || to != "/signin?next=%2Fcases%2FL-4F7K-92" {
			t.Errorf("a stranger gets %d to %q", rec.Code, to)
		}
	})
}

func TestListShowsWhatCountsOfACase(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Name: "Renate Vogel", Subject: "Zählerstand falsch", Text: "In der Rechnung steht 48 211 kWh."})
		doc := w.mia.get("/cases")
		row := doc.Find("#row-" + c.Number)
		for selector, want := range map[string]string{
			".row-link": "Kunde wartet: Zählerstand falsch", ".case-customer": "Renate Vogel", ".case-excerpt": "Renate Vogel In der Rechnung steht 48 211 kWh.",
			".case-state": "Neunoch 23 Std.", ".case-owner": "Noch niemand Service", ".number": c.Number,
		} {
			if got := text(row.Find(selector)); got != want {
				t.Errorf("%s reads %q, want %q", selector, got, want)
			}
		}
		if href, _ := row.Find(".row-link").Attr("href"); href != "/cases/"+c.Number {
			t.Errorf("the row leads to %q", href)
		}
		w.clock.Advance(26 * time.Hour)
		w.mia = w.enter(w.mia.actor.ID) // the session ended over night
		if got := text(w.mia.get("/cases").Find("#row-" + c.Number + " [data-tone=danger]")); got != "seit 3 Std. überfällig" {
			t.Errorf("overdue reads %q", got)
		}
	})
}

func TestListFilters(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		shows := func(view string) bool { return w.mia.get("/cases?view="+view).Find("#row-"+c.Number).Length() == 1 }
		if shows("mine") || !shows("unowned") || !shows("open") || !shows("team") || !shows("all") {
			t.Error("a new case stands in the wrong lists")
		}
		w.mia.goes("/cases/"+c.Number+"/take", "seen", fmt.Sprint(c.Version))
		if !shows("mine") || shows("unowned") {
			t.Error("a case that was taken stands in the wrong lists")
		}
		w.mia.goes("/cases/"+c.Number+"/state", "state", "closed")
		if shows("mine") || shows("open") || !shows("all") {
			t.Error("a closed case stands in the wrong lists")
		}
		doc := w.mia.get("/cases?view=mine")
		if text(doc.Find(".empty h2")) != "Bei Ihnen liegt nichts" || text(doc.Find(".filters [aria-current]")) != "Meine" {
			t.Errorf("the empty list reads %q", text(doc.Find("main")))
		}
		for _, view := range []string{"mine", "unowned", "team", "open"} {
			if w.mia.get("/cases?view="+view).Find(".empty .button").Length() != 1 {
				t.Errorf("the empty list %s knows no way on", view)
			}
		}
		w.jonas.page(w.jonas.do(httptest.NewRequest("GET", "/cases?view=team&team=nonsense", nil)), http.StatusNotFound)
		w.jonas.page(w.jonas.do(httptest.NewRequest("GET", "/cases?after=nonsense", nil)), http.StatusUnprocessableEntity)
	})
}

func TestListPages(t *testing.T) {
	onBoth(t, func(w *world) {
		for i := range 53 {
			w.clock.Advance(time.Second)
			w.arrive(letter{From: fmt.Sprintf("k%d@post.example", i), Subject: fmt.Sprintf("Anliegen %d", i), Text: "Hallo"})
		}
		first := w.mia.get("/cases?view=open")
		older, _ := first.Find(".pager [rel=next]").Attr("href")
		if n := first.Find(".case-row").Length(); n != 50 || older == "" {
			t.Fatalf("%d rows, then %q", n, older)
		}
		second := w.mia.get(older)
		if n := second.Find(".case-row").Length(); n != 3 || !strings.Contains(text(second.Find(".case-row").Last()), "Anliegen 0") {
			t.Errorf("%d rows on the second page: %s", n, text(second.Find("#case-list")))
		}
		if back, _ := second.Find(".pager a").First().Attr("href"); back != "/cases?view=open" || second.Find("[rel=next]").Length() != 0 {
			t.Errorf("the last page leads to %q", back)
		}
	})
}

func TestRestrictedCaseShowsNumberTeamAndState(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Name: "Renate Vogel", Subject: "Geheimes", Text: "Bitte nicht weitersagen"})
		w.mia.goes("/cases/"+c.Number+"/handover", "to", w.vault.String(), "reason", "Auskunft nach Art. 15")
		for _, path := range []string{"/cases?view=all", "/cases/" + c.Number} {
			doc := w.jonas.get(path)
			all := text(doc.Find("main"))
			for _, hidden := range []string{"Geheimes", "Renate", "weitersagen", "Art. 15", "renate@"} {
				if strings.Contains(all, hidden) {
					t.Errorf("%s shows %q", path, hidden)
				}
			}
			for _, shown := range []string{c.Number, "Datenschutz", "Neu"} {
				if !strings.Contains(all, shown) {
					t.Errorf("%s does not show %q: %s", path, shown, all)
				}
			}
			if doc.Find("main form").Length() != 0 {
				t.Errorf("%s has a form", path)
			}
		}
		for _, action := range []string{"reply", "note", "take", "handover", "state", "merge", "dismiss", "withdraw", "resend"} {
			w.jonas.page(w.jonas.post("/cases/"+c.Number+"/"+action, "reply", "x", "note", "x"), http.StatusForbidden)
		}
	})
}

func TestSearchTakesCaseNumbers(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		bare := strings.ReplaceAll(c.Number, "-", "")
		for _, typed := range []string{c.Number, bare, bare[1:], strings.ToLower(c.Number), " " + c.Number + " ", strings.ReplaceAll(c.Number, "-", "+")} {
			res := w.mia.do(httptest.NewRequest("GET", "/cases?q="+strings.ReplaceAll(typed, " ", "%20"), nil))
			if res.Header.Get("Location") != "/cases/"+c.Number {
				t.Errorf("%q leads to %d %q", typed, res.StatusCode, res.Header.Get("Location"))
			}
		}
		if got := text(w.mia.get("/cases?q=Rechnung").Find("#flash")); !strings.Contains(got, "nur nach Vorgangsnummern") {
			t.Errorf("words get %q", got)
		}
		if got := text(w.mia.get("/cases?q=L-2222-22").Find("#flash")); !strings.Contains(got, "L-2222-22") {
			t.Errorf("an unknown number gets %q", got)
		}
		if res := w.mia.do(httptest.NewRequest("GET", "/cases/"+strings.ToLower(c.Number), nil)); res.Header.Get("Location") != "/cases/"+c.Number {
			t.Errorf("a number in lower case gets %d", res.StatusCode)
		}
		w.mia.page(w.mia.do(httptest.NewRequest("GET", "/cases/L-2222-22", nil)), http.StatusNotFound)
	})
}

// TestQueriesPerPage holds pages to 8 statements, session and actor included.
// Teams, colleagues, brand and settings are in memory, as they are on a desk
// that is in use.
func TestQueriesPerPage(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Name: "Renate", Subject: "Zähler", Text: "Hallo"})
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag", "next", "open")
		w.mia.goes("/cases/"+c.Number+"/note", "note", "Prüfen")
		w.mia.goes("/cases/"+c.Number+"/handover", "to", w.service.String(), "reason", "Bitte ansehen")
		for i := range 5 {
			w.arrive(letter{From: fmt.Sprintf("k%d@post.example", i), Subject: "Noch einer", Text: "Hallo"})
		}
		for path, most := range map[string]int64{"/cases": 3, "/cases?view=mine": 3, "/cases/" + c.Number: 8} {
			if n := w.cost(w.jonas, path); n > most {
				t.Errorf("%s costs %d statements, at most %d", path, n, most)
			}
		}
	})
}

func (w *world) cost(b *browser, path string) int64 {
	w.t.Helper()
	b.get(path)
	r := httptest.NewRequest("GET", path, nil)
	ctx, n := db.WithCounter(r.Context())
	b.page(b.do(r.WithContext(ctx)), http.StatusOK)
	return n.Load()
}

func TestEveryStateHasAName(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		for _, s := range desk.States() {
			if s == desk.Fresh {
				continue
			}
			_, doc := w.mia.goes("/cases/"+c.Number+"/state", "state", s.String())
			if got := text(doc.Find("#case-head .badge").First()); got == "" || strings.Contains(got, ".") {
				t.Errorf("%s reads %q", s, got)
			}
		}
	})
}
