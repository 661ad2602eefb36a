package workspace_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// entry adds an entry to the catalogue of the desk.
func (w *world) entry(kind catalog.EntryKind, name string, parent ids.ID) catalog.Entry {
	w.t.Helper()
	e, err := w.catalog.CreateEntry(context.Background(), access.Lotse(w.brand), catalog.EntryForm{Kind: kind, ParentID: parent, Names: map[string]string{"de": name}})
	must(w.t, err)
	return e
}

func (w *world) kinds(c desk.Case) string {
	w.t.Helper()
	events, err := w.desk.Events(context.Background(), access.Lotse(w.brand), c.ID)
	must(w.t, err)
	var kinds []string
	for _, e := range events {
		if e.Kind == desk.Classified {
			kinds = append(kinds, fmt.Sprint(len(e.Params)))
		}
	}
	return strings.Join(kinds, " ")
}

func TestClassifying(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		if n := w.mia.get("/cases/" + c.Number).Find("#case-class").Length(); n != 0 {
			t.Errorf("%d panels with nothing to choose from", n)
		}
		county := w.entry(catalog.Region, `Grünau "<b>`, ids.ID{})
		town := w.entry(catalog.Region, "Altdorf", county.ID)
		topic, other := w.entry(catalog.Topic, "Rechnung", ids.ID{}), w.entry(catalog.Topic, "Störung", ids.ID{})
		page := w.mia.get("/cases/" + c.Number)
		if page.Find("#case-class select").Length() != 2 || text(page.Find(`#case-class [name=region] option[value="`+town.ID.String()+`"]`)) != `Grünau "<b> › Altdorf` {
			t.Errorf("the panel reads %q", text(page.Find("#case-class")))
		}
		to, page := w.mia.goes("/cases/"+c.Number+"/class", "topic", topic.ID.String(), "product", "", "region", town.ID.String(), "seen", strconv.FormatInt(c.Version, 10))
		if to != "/cases/"+c.Number {
			t.Errorf("leads to %q", to)
		}
		for selector, want := range map[string]string{
			"#case-head":     "Rechnung · Altdorf",
			"#case-facts":    "ThemaRechnung",
			"#case-timeline": "Mia Krüger hat eingeordnet: Thema Rechnung, Region Altdorf",
			"#flash":         "Die Einordnung ist gespeichert.",
		} {
			if got := text(page.Find(selector)); !strings.Contains(got, want) {
				t.Errorf("%s reads %q, want %q", selector, got, want)
			}
		}
		now := w.find(c.Number)
		if now.Version != c.Version+1 || now.Class != (desk.Classification{Topic: topic.ID, Region: town.ID}) || now.State != c.State || now.Messages != c.Messages {
			t.Errorf("the case is %+v", now)
		}
		w.mia.goes("/cases/"+c.Number+"/class", "topic", topic.ID.String(), "region", town.ID.String())
		if got := w.find(c.Number).Version; got != now.Version {
			t.Errorf("choosing the same again made version %d of %d", got, now.Version)
		}
		_, page = w.jonas.goes("/cases/"+c.Number+"/class", "topic", "", "region", "")
		if got := text(page.Find("#timeline .message").Last()); !strings.Contains(got, "Jonas Weber hat die Einordnung entfernt") || !w.find(c.Number).Class.Topic.IsZero() {
			t.Errorf("the last line reads %q", got)
		}
		if got := w.kinds(c); got != "2 0" {
			t.Errorf("events with %s ids", got)
		}
		w.mia.goes("/cases/"+c.Number+"/class", "topic", other.ID.String())
		if n := w.cost(w.jonas, "/cases/"+c.Number); n > 8 {
			t.Errorf("a case with three classifications costs %d statements", n)
		}
	})
}

func TestClassifyingIsRefused(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		topic, gone, product := w.entry(catalog.Topic, "Rechnung", ids.ID{}), w.entry(catalog.Topic, "BTX", ids.ID{}), w.entry(catalog.Product, "Strom", ids.ID{})
		classify := func(to desk.Classification) error { return w.desk.Classify(ctx, w.mia.actor, c.ID, 0, to) }
		must(t, classify(desk.Classification{Topic: gone.ID}))
		must(t, w.catalog.SetEntryActive(ctx, access.Lotse(w.brand), gone.ID, false))
		if got := text(w.mia.get("/cases/" + c.Number).Find("#case-class [name=topic] [selected]")); got != "BTX (stillgelegt)" {
			t.Errorf("a retired topic stands as %q", got)
		}
		must(t, classify(desk.Classification{Topic: gone.ID, Product: product.ID}))
		must(t, classify(desk.Classification{Topic: topic.ID}))
		for what, tc := range map[string]struct {
			to    desk.Classification
			field string
		}{
			"retired":      {desk.Classification{Topic: gone.ID}, "topic"},
			"unknown":      {desk.Classification{Region: ids.New()}, "region"},
			"another list": {desk.Classification{Topic: topic.ID, Product: topic.ID}, "product"},
		} {
			if fields := errs.Fields(classify(tc.to)); len(fields) != 1 || fields[0].Field != tc.field {
				t.Errorf("%s: %v", what, fields)
			}
		}
		if err := w.desk.Classify(ctx, w.mia.actor, c.ID, 1, desk.Classification{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("an old version: %v", err)
		}
		page := w.mia.page(w.mia.post("/cases/"+c.Number+"/class", "topic", "x", "reply", "Halb fertig"), http.StatusUnprocessableEntity)
		if text(page.Find("#f-topic-error")) == "" || text(page.Find("#f-reply")) != "Halb fertig" {
			t.Errorf("refused: %q, the answer reads %q", text(page.Find("#case-class")), text(page.Find("#f-reply")))
		}
		page = w.mia.page(w.mia.post("/cases/"+c.Number+"/class", "topic", topic.ID.String(), "seen", "1", "reply", "Halb fertig"), http.StatusConflict)
		if text(page.Find("#f-reply")) != "Halb fertig" {
			t.Error("a conflict loses an answer")
		}
		if got := w.find(c.Number).Class; got != (desk.Classification{Topic: topic.ID}) {
			t.Errorf("the case is %+v", got)
		}
	})
}

// A script that asks for the panel alone gets its word there, and the next page
// says nothing of it.
func TestClassifyingWithoutLeaving(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		topic := w.entry(catalog.Topic, "Rechnung", ids.ID{})
		r := httptest.NewRequest("POST", "/cases/"+c.Number+"/class", strings.NewReader(url.Values{"topic": {topic.ID.String()}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("HX-Request", "true")
		if to := w.mia.do(r).Header.Get("Location"); to != "/cases/"+c.Number+"?saved=class" {
			t.Fatalf("leads to %q", to)
		}
		page := w.mia.get("/cases/" + c.Number + "?saved=class")
		if text(page.Find("#case-class [role=status]")) != "Die Einordnung ist gespeichert." || text(page.Find("#flash")) != "" || page.Find("#case-class [name=seen]").AttrOr("value", "") != strconv.FormatInt(c.Version+1, 10) {
			t.Errorf("the panel reads %q", text(page.Find("#case-class")))
		}
	})
}

// Colleagues with a picture are seen by it: as owner, as author, in the head.
func TestPortraits(t *testing.T) {
	onBoth(t, func(w *world) {
		var picture bytes.Buffer
		must(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 30, 30))))
		must(t, w.staff.SetPortrait(context.Background(), w.mia.actor, w.mia.actor.ID, picture.Bytes()))
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		w.mia.goes("/cases/"+c.Number+"/note", "note", "Prüfen")
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag", "next", "open")
		const mia = `img.avatar[src^="/portraits/"]`
		page := w.jonas.get("/cases/" + c.Number)
		for selector, want := range map[string]int{"#case-owner " + mia: 1, "#timeline " + mia: 1, ".shell-header " + mia: 0, "#timeline .avatar": 2} {
			if n := page.Find(selector).Length(); n != want {
				t.Errorf("%s: %d, want %d", selector, n, want)
			}
		}
		if n := w.mia.get("/cases").Find(".shell-header " + mia + ", .case-owner " + mia).Length(); n != 2 {
			t.Errorf("%d pictures on the list", n)
		}
		if n := w.cost(w.jonas, "/cases"); n > 3 {
			t.Errorf("the list costs %d statements", n)
		}
	})
}
