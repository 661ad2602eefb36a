package workspace_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/publish"
)

// propose makes a case whose customer wants it public. The address is confirmed,
// so the question waits for staff: it is the author's first.
func (w *world) propose(title string) (desk.Case, publish.Post) {
	w.t.Helper()
	ctx := context.Background()
	c := w.open(letter{From: "renate@post.example", Name: "Renate Vogel", Subject: title, Text: "Seit Montag ist das Netz sehr langsam. Was kann ich tun?"})
	must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return w.people.ConfirmTx(ctx, tx, c.CustomerID, people.Email)
	}))
	asker := access.Actor{Kind: access.Customer, ID: c.CustomerID, BrandID: c.BrandID}
	post, _, err := w.publish.Propose(ctx, asker, c, publish.Draft{Title: title, Text: "Seit Montag ist das Netz sehr langsam. Was kann ich tun?"})
	must(w.t, err)
	if post.State != publish.PostReview {
		w.t.Fatalf("the first post of an author is %s", post.State)
	}
	return w.find(c.Number), post
}

func TestStaffReleaseAndAnswerInPublic(t *testing.T) {
	onBoth(t, func(w *world) {
		c, post := w.propose("Netz in der Lindenstraße langsam")
		path := "/cases/" + c.Number + "/public"
		if got := text(w.mia.get("/cases/" + c.Number).Find("#case-public")); !strings.Contains(got, "noch nicht freigegeben") {
			t.Errorf("the case says %q", got)
		}
		if got := text(w.mia.get("/duties").Find(".rows")); !strings.Contains(got, "Netz in der Lindenstraße langsam") {
			t.Errorf("the duties say %q", got)
		}
		_, doc := w.mia.goes(path+"/"+post.ID.String()+"/release", "version", "1")
		if got := text(doc.Find(".page-header")); !strings.Contains(got, "Für alle lesbar") || !strings.Contains(got, "Wartet auf eine Antwort") {
			t.Errorf("after the release the page says %q", got)
		}
		if got := text(w.mia.get("/cases/" + c.Number).Find("#case-public")); !strings.Contains(got, "lesen alle") {
			t.Errorf("after the release the case says %q", got)
		}
		if n := w.mia.get("/duties").Find(".rows li").Length(); n != 0 {
			t.Errorf("%d duties are left", n)
		}

		answer := "Ein Verteiler war gestört, er ist seit 14 Uhr ersetzt. Bitte starten Sie den Router neu."
		preview := w.mia.page(w.mia.post(path+"/answer", "step", "preview", "answer", answer), http.StatusOK)
		if got := text(preview.Find("main")); !strings.Contains(got, answer) || !strings.Contains(got, "Genau das werden alle lesen") {
			t.Errorf("the preview says %q", got)
		}
		if page, _ := w.publish.OfCase(context.Background(), w.mia.actor, c); len(page.Answers()) != 0 {
			t.Error("looking at it published it")
		}
		_, doc = w.mia.goes(path+"/answer", "step", "release", "answer", answer)
		if got := text(doc.Find(".page-header")); !strings.Contains(got, "Beantwortet") {
			t.Errorf("after the answer the page says %q", got)
		}
		for _, m := range w.mia.get("/cases/" + c.Number).Find(".message").EachIter() {
			if strings.Contains(m.Text(), "Verteiler") {
				t.Error("a public answer went into the private timeline")
			}
		}
	})
}

func TestAnAnswerThatSaysNothingIsNamedSo(t *testing.T) {
	onBoth(t, func(w *world) {
		c, post := w.propose("Netz in der Lindenstraße langsam")
		path := "/cases/" + c.Number + "/public"
		w.mia.goes(path+"/"+post.ID.String()+"/release", "version", "1")
		doc := w.mia.page(w.mia.post(path+"/answer", "step", "preview", "answer", "Bitte schreiben Sie uns dazu eine private Nachricht."), http.StatusOK)
		if got := text(doc.Find("main")); !strings.Contains(got, "Das zählt nicht als Antwort") {
			t.Errorf("the preview says %q", got)
		}
		doc = w.mia.page(w.mia.post(path+"/answer", "step", "preview", "answer", "Rufen Sie Frau Berg unter 0171 1234567 an, sie tauscht den Zähler am 3. Dezember."), http.StatusOK)
		if got := text(doc.Find("main")); !strings.Contains(got, "persönlichen Daten") {
			t.Errorf("a phone number passes: %q", got)
		}
		doc = w.mia.page(w.mia.post(path+"/answer", "step", "preview", "answer", "  "), http.StatusUnprocessableEntity)
		if doc.Find("#f-answer[aria-invalid]").Length() != 1 {
			t.Error("an empty answer is not named at its field")
		}
	})
}

// leadsToItsField checks that each error at the top of the page leads to a
// control that is marked as wrong and not folded away.
func (w *world) leadsToItsField(doc *goquery.Document) {
	w.t.Helper()
	links := doc.Find(".error-summary a")
	if links.Length() == 0 {
		w.t.Error("the page names no error")
	}
	for _, a := range links.EachIter() {
		field := doc.Find(a.AttrOr("href", ""))
		if field.Length() != 1 || field.AttrOr("aria-invalid", "") != "true" || field.Closest("details:not([open])").Length() != 0 {
			w.t.Errorf("%q leads to %d controls that are wrong and open", a.AttrOr("href", ""), field.Length())
		}
	}
}

func TestRefusingAndTakingDownNeedAReason(t *testing.T) {
	onBoth(t, func(w *world) {
		c, post := w.propose("Netz in der Lindenstraße langsam")
		path := "/cases/" + c.Number + "/public/" + post.ID.String()
		w.leadsToItsField(w.mia.page(w.mia.post(path+"/refuse", "version", "1"), http.StatusUnprocessableEntity))
		w.mia.page(w.mia.post(path+"/release", "version", "7"), http.StatusConflict)
		w.mia.goes(path+"/release", "version", "1")
		w.leadsToItsField(w.mia.page(w.mia.post(path+"/withdraw"), http.StatusUnprocessableEntity))
		_, doc := w.mia.goes(path+"/withdraw", "reason", "personal_data")
		if got := text(doc.Find("main")); strings.Contains(got, "Seit Montag") {
			t.Error("words of a post that was taken down are still there")
		}
		if res := w.mia.post("/cases/" + c.Number + "/public/" + c.ID.String() + "/release"); res.StatusCode != http.StatusNotFound {
			t.Errorf("a post of no thread gives %d", res.StatusCode)
		}
	})
}

func TestPrivateCasesOfferNothingPublic(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Name: "Renate Vogel", Subject: "Rechnung", Text: "Bitte prüfen."})
		doc := w.mia.get("/cases/" + c.Number + "/public")
		if doc.Find("form[action$='/answer']").Length() != 0 {
			t.Error("a private case can be answered in public")
		}
		if res := w.mia.post("/cases/"+c.Number+"/public/answer", "step", "release", "answer", "Die Rechnung ist korrigiert, Sie erhalten 12 Euro zurück."); res.StatusCode != http.StatusNotFound {
			t.Errorf("an answer to a private case gives %d", res.StatusCode)
		}
	})
}
