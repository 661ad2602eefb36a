package workspace_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lotse/internal/intake"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

func TestTrashAndBack(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "werbung@kasino.example", Name: "Kasino", Subject: "Gewinn", Text: "Klicken Sie hier."})
		path := "/cases/" + c.Number
		_, doc := w.mia.goes(path + "/trash")
		if got := text(doc.Find("main")); !strings.Contains(got, "liegt im Papierkorb") {
			t.Errorf("the page says %q", got)
		}
		if n := w.mia.get("/cases?view=all").Find("#row-" + c.Number).Length(); n != 0 {
			t.Error("a list shows what is in the trash")
		}
		if n := w.mia.get("/cases?view=trash").Find("#row-" + c.Number).Length(); n != 1 {
			t.Error("the trash does not show what is in it")
		}
		w.mia.goes(path + "/restore")
		if n := w.mia.get("/cases?view=open").Find("#row-" + c.Number).Length(); n != 1 {
			t.Error("the case did not come back")
		}
	})
}

func TestBlockedSendersGoToTheTrash(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "werbung@kasino.example", Name: "Kasino", Subject: "Gewinn", Text: "Klicken Sie hier."})
		w.mia.goes("/cases/" + c.Number + "/block")
		w.arrive(letter{From: "werbung@kasino.example", Subject: "Noch ein Gewinn", Text: "Klicken Sie da."})
		if got := text(w.mia.get("/cases?view=open").Find("main")); strings.Contains(got, "Noch ein Gewinn") {
			t.Error("mail of a blocked sender stands in the list")
		}
		if got := text(w.mia.get("/cases?view=trash").Find("main")); !strings.Contains(got, "Noch ein Gewinn") {
			t.Error("mail of a blocked sender is lost")
		}
		doc := w.mia.get("/blocks")
		if got := text(doc.Find(".parked h2")); got != "werbung@kasino.example" {
			t.Errorf("the list of blocks holds %q", got)
		}
		action, _ := doc.Find(".parked form").Attr("action")
		w.mia.goes(action)
		w.mia.page(w.mia.post("/blocks", "address", "kein Strich"), http.StatusUnprocessableEntity)
		_, doc = w.mia.goes("/blocks", "address", "Spam@Example.com", "reason", "nur Werbung")
		if got := text(doc.Find(".parked h2")); got != "spam@example.com" {
			t.Errorf("the list of blocks holds %q", got)
		}
	})
}

func TestDeletingNeedsALeadAReasonAndACheck(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Name: "Renate Vogel", Subject: "Bitte alles löschen", Text: "Danke."})
		path := "/cases/" + c.Number
		if w.mia.get(path).Find("form[action$='/delete']").Length() != 0 {
			t.Error("an agent is offered to delete")
		}
		if res := w.mia.post(path+"/delete", "why", "spam", "sure", "1"); res.StatusCode != http.StatusForbidden {
			t.Errorf("an agent deletes: %d", res.StatusCode)
		}
		w.leadsToItsField(w.jonas.page(w.jonas.post(path+"/delete", "why", "spam"), http.StatusUnprocessableEntity))
		w.leadsToItsField(w.jonas.page(w.jonas.post(path+"/delete", "sure", "1"), http.StatusUnprocessableEntity))
		_, doc := w.jonas.goes(path+"/delete", "why", "erasure", "sure", "1")
		if got := text(doc.Find("#flash")); !strings.Contains(got, c.Number) {
			t.Errorf("the notice says %q", got)
		}
		if res := w.jonas.do(httptest.NewRequest("GET", path, nil)); res.StatusCode != http.StatusNotFound {
			t.Errorf("a deleted case gives %d", res.StatusCode)
		}
	})
}

// TestAnUnprovenAddressIsNamed: whoever types a stranger's address into the form
// reads the answers on the page of the case.
func TestAnUnprovenAddressIsNamed(t *testing.T) {
	onBoth(t, func(w *world) {
		asked, err := w.intake.Ask(context.Background(), intake.Question{BrandID: w.brand, Key: string(ids.NewToken()), Email: "paula@kunde.example",
			Name: "Paula Stein", Subject: "Vertrag", Text: "Was steht in meinem Vertrag?", Language: "de"})
		must(t, err)
		doc := w.mia.get("/cases/" + asked.Number)
		if got := text(doc.Find("#case-customer")); !strings.Contains(got, "nicht bestätigt") {
			t.Errorf("the customer's panel says %q", got)
		}
		if got := text(doc.Find("#reply")); !strings.Contains(got, "nichts, was nur sie wissen darf") {
			t.Errorf("the reply form says %q", got)
		}
		must(t, w.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			return w.people.ConfirmTx(ctx, tx, asked.CustomerID, people.Email)
		}))
		if got := text(w.mia.get("/cases/" + asked.Number).Find("main")); strings.Contains(got, "nicht bestätigt") || strings.Contains(got, "wissen darf") {
			t.Error("a confirmed address is still named as unproven")
		}
	})
}
