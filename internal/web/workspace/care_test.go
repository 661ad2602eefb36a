package workspace_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
		w.jonas.page(w.jonas.post(path+"/delete", "why", "spam"), http.StatusUnprocessableEntity)
		w.jonas.page(w.jonas.post(path+"/delete", "sure", "1"), http.StatusUnprocessableEntity)
		_, doc := w.jonas.goes(path+"/delete", "why", "erasure", "sure", "1")
		if got := text(doc.Find("#flash")); !strings.Contains(got, c.Number) {
			t.Errorf("the notice says %q", got)
		}
		if res := w.jonas.do(httptest.NewRequest("GET", path, nil)); res.StatusCode != http.StatusNotFound {
			t.Errorf("a deleted case gives %d", res.StatusCode)
		}
	})
}
