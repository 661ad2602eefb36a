package workspace_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/ids"
)

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

// TestAskSomebodyElse begins a side conversation from a message, goes on with it
// and ends it.
func TestAskSomebodyElse(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		doc := w.mia.get("/cases/" + c.Number)
		about, _ := doc.Find(".footnote-ways a[href*='/side?about=']").Attr("href")
		if about == "" || doc.Find("#case-sides a[href$='/side']").Length() != 1 {
			t.Fatal("the case offers no side conversation")
		}
		form := w.mia.get(about)
		quoted := form.Find("textarea[name=text]").Text()
		if !strings.Contains(quoted, "> ") || strings.Contains(quoted, "Heike") || strings.Contains(quoted, heike.From) {
			t.Errorf("the form begins with %q", quoted)
		}
		bad := w.mia.page(w.mia.post("/cases/"+c.Number+"/side", "to", heike.From, "subject", "Teil", "text", "Getippt"), http.StatusUnprocessableEntity)
		if got := bad.Find("textarea[name=text]").Text(); got != "Getippt" || !strings.Contains(text(bad.Find("form .error")), "Adresse der Kundin") {
			t.Errorf("refused with %q, typed %q", text(bad.Find("form .error")), got)
		}
		path, page := w.mia.goes("/cases/"+c.Number+"/side", "to", "werkstatt@huber.example", "name", "Werkstatt Huber", "subject", "Teil 4711", "text", "Haben Sie **das**?", "wait", "1")
		if !strings.Contains(text(page.Find("h1")), "Teil 4711") || !strings.Contains(text(page.Find("#side-timeline")), "Haben Sie das?") || !strings.Contains(text(page.Find(".page-header")), "Nur intern") {
			t.Errorf("the page says %q", text(page.Find("main")))
		}
		if hint := text(page.Find("#side-form .hint").First()); strings.Contains(hint, "zitiert") {
			t.Errorf("nobody has answered, and the form says %q", hint)
		}
		if w.find(c.Number).State != desk.WaitingOthers {
			t.Error("the case does not wait")
		}
		_, _, sent, err := w.desk.Side(context.Background(), w.mia.actor, w.file(c.Number).Sides[0].ID)
		must(t, err)
		w.arrive(letter{From: "werkstatt@huber.example", Name: "Lager", Text: "Ja, am Lager.", Refs: []string{sent[0].ExternalID}, Trust: intake.Trust{DMARC: intake.Pass}})
		if page = w.mia.get(path); !strings.Contains(text(page.Find("#side-timeline")), "Ja, am Lager.") {
			t.Errorf("the answer is missing: %q", text(page.Find("#side-timeline")))
		}
		if hint := text(page.Find("#side-form .hint").First()); !strings.Contains(hint, "zitiert") {
			t.Errorf("the answer is quoted, and the form says %q", hint)
		}
		doc = w.mia.get("/cases/" + c.Number)
		line := text(doc.Find("#case-timeline .fold summary").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Text(), "am Lager") }))
		if !strings.Contains(line, "Antwort von Werkstatt Huber") || !strings.Contains(text(doc.Find("#case-sides")), "Antwort") {
			t.Errorf("the case says %q and %q", line, text(doc.Find("#case-sides")))
		}
		w.mia.goes(path, "text", "Danke!")
		_, page = w.mia.goes(path + "/close")
		if !strings.Contains(text(page.Find(".page-header")), "Beendet") || page.Find("form[action$='/reopen']").Length() != 1 {
			t.Error("it is not closed")
		}
		if !strings.Contains(text(w.mia.get("/cases/"+c.Number).Find("#case-timeline")), "Nebengespräch „Teil 4711“ beendet") {
			t.Error("the timeline does not say so")
		}
		w.mia.goes(path + "/reopen")
	})
}

// TestSidePagesOfOthers shows that nothing of a restricted team's conversation is
// shown, and that one of a merged case is found where it is.
func TestSidePagesOfOthers(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		c := w.open(heike)
		other := heike
		other.ID, other.From = "", "andere@kunde.example"
		into := w.open(other)
		side, _, err := w.desk.OpenSide(ctx, w.mia.actor, c.ID, desk.SideForm{To: "werkstatt@huber.example", Subject: "Teil", SideLetter: desk.SideLetter{Text: "Frage"}})
		must(t, err)
		at := "/cases/" + c.Number + "/side/" + side.ID.String()
		must(t, w.desk.Merge(ctx, w.mia.actor, c.ID, into.ID))
		res := w.mia.do(get(at))
		if to := res.Header.Get("Location"); to != "/cases/"+into.Number+"/side/"+side.ID.String() {
			t.Errorf("leads to %q (%d)", to, res.StatusCode)
		}
		w.mia.page(w.mia.do(get("/cases/"+into.Number+"/side/"+ids.New().String())), http.StatusNotFound)
		w.mia.page(w.mia.do(get("/cases/"+into.Number+"/side/x")), http.StatusNotFound)
		must(t, w.desk.HandOver(ctx, w.jonas.actor, into.ID, desk.HandOverForm{TeamID: w.vault, Reason: "vertraulich"}))
		at = "/cases/" + into.Number + "/side/" + side.ID.String()
		w.mia.page(w.mia.do(get(at)), http.StatusForbidden)
		w.mia.page(w.mia.do(get("/cases/"+into.Number+"/side")), http.StatusForbidden)
		w.mia.page(w.mia.post(at, "text", "Hallo"), http.StatusForbidden)
		w.mia.page(w.mia.post(at+"/close"), http.StatusForbidden)
	})
}
