package workspace_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/ids"
)

var heike = letter{ID: "1@post.example", From: "heike@post.example", Name: "Heike Lorenz", Subject: "Nur 11 statt 16 Mbit/s", Text: "Guten Tag,\n\nes kommt zu wenig an."}

func TestCaseShowsWhoAndWhat(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		doc := w.mia.get("/cases/" + c.Number)
		for selector, want := range map[string]string{
			"h1": heike.Subject, "#case-number": c.Number, "#case-head .badge[data-tone=info]": "Neu",
			"#case-owner span": "Team Service, noch nicht übernommen", "#case-customer h2": "Heike Lorenz",
			".message[data-from=customer] h3": "Heike Lorenz", ".message[data-from=customer] .mail": "Guten Tag, es kommt zu wenig an.",
			".message[data-from=customer] .footnote": "Mit dieser Nachricht begann der Vorgang",
			".message[data-from=system] summary":     "Automatische Eingangsbestätigung",
		} {
			if got := text(doc.Find(selector)); got != want {
				t.Errorf("%s reads %q, want %q", selector, got, want)
			}
		}
		if got := text(doc.Find("#case-customer dl")); !strings.Contains(got, "heike@post.example") {
			t.Errorf("the customer's addresses read %q", got)
		}
		if doc.Find(`form[action$="/note"] #f-reply, form[action$="/reply"] #f-note`).Length() != 0 || doc.Find("details.note-form[open]").Length() != 0 {
			t.Error("note and answer are mixed up")
		}
	})
}

func TestTakeAndHandOver(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		_, doc := w.mia.goes("/cases/"+c.Number+"/take", "seen", fmt.Sprint(c.Version))
		if got := text(doc.Find("#case-owner > :last-child")); got != "Sie, Team Service" || doc.Find(`form[action$="/take"]`).Length() != 0 {
			t.Errorf("the owner reads %q", got)
		}
		if got := text(doc.Find("#flash")); got != "Sie haben den Vorgang übernommen." {
			t.Errorf("the notice reads %q", got)
		}
		if w.mia.get("/cases/"+c.Number).Find("#flash .notice").Length() != 0 {
			t.Error("the notice is said twice")
		}
		// Jonas saw the case before Mia took it.
		stale := w.jonas.page(w.jonas.post("/cases/"+c.Number+"/take", "seen", fmt.Sprint(c.Version)), http.StatusConflict)
		if w.find(c.Number).OwnerID != w.mia.actor.ID || stale.Find("#flash [role=alert]").Length() != 1 {
			t.Error("somebody who looked at an old page took the case away")
		}
		to := w.service.String() + ":" + w.mia.actor.ID.String()
		if doc.Find(`optgroup[label=Service] option[value="`+to+`"]`).Length() != 1 {
			t.Error("Mia is not offered as an owner")
		}
		_, doc = w.jonas.goes("/cases/"+c.Number+"/handover", "to", w.service.String(), "reason", "Mia ist im Urlaub")
		if got := text(doc.Find(".message[data-from=note]")); !strings.Contains(got, "Mia ist im Urlaub") || !strings.Contains(got, "Jonas Weber") {
			t.Errorf("the hand-over reads %q", got)
		}
		if got := text(doc.Find(".message[data-from=note] .message-role")); got != "hat den Vorgang an das Team Service übergeben" {
			t.Errorf("the hand-over to a team reads %q", got)
		}
		if !w.find(c.Number).OwnerID.IsZero() {
			t.Error("the case has not gone to the team")
		}
		_, doc = w.jonas.goes("/cases/"+c.Number+"/handover", "to", to, "reason", "Mia ist wieder da")
		if got := text(doc.Find(".message[data-from=note] .message-role").Last()); got != "hat den Vorgang an Mia Krüger (Team Service) übergeben" {
			t.Errorf("the hand-over to a person reads %q", got)
		}
	})
}

func TestHandOverNeedsSomebodyAndAReason(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		path := "/cases/" + c.Number + "/handover"
		for name, tc := range map[string]struct{ to, reason, field string }{
			"no reason":     {w.service.String(), " ", "reason"},
			"nobody":        {"", "Weil", "to"},
			"neither":       {"", " ", "to"},
			"nonsense":      {"nonsense", "Weil", "to"},
			"not in a team": {w.vault.String() + ":" + w.jonas.actor.ID.String(), "Weil", "to"},
			"unknown":       {ids.New().String(), "Weil", "to"},
		} {
			doc := w.mia.page(w.mia.post(path, "to", tc.to, "reason", tc.reason), http.StatusUnprocessableEntity)
			if doc.Find("#f-"+tc.field+"[aria-invalid=true]").Length() != 1 || doc.Find(`#error-summary a[href="#f-`+tc.field+`"]`).Length() != 1 {
				t.Errorf("%s: the fault is not shown at %s", name, tc.field)
			}
			if both := name == "neither"; both != (doc.Find("#error-summary a").Length() == 2) {
				t.Errorf("%s: the summary reads %q", name, text(doc.Find("#error-summary")))
			}
			if kept := doc.Find("#f-reason").Text(); strings.TrimSpace(kept) != strings.TrimSpace(tc.reason) || doc.Find("details[open] #f-reason").Length() != 1 {
				t.Errorf("%s: the reason reads %q", name, kept)
			}
		}
	})
}

func TestReplyWaitsAndCanBeTakenBack(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		to, doc := w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag Frau Lorenz,\n\nwir **prüfen** das.", "next", "waiting_others", "seen", fmt.Sprint(c.Version))
		m := doc.Find(".message[data-from=staff]")
		if id, _ := m.Attr("id"); to != "/cases/"+c.Number+"#"+id {
			t.Errorf("the answer leads to %q, not to its message %q", to, id)
		}
		if m.Find(".mail strong").Text() != "prüfen" || !strings.Contains(text(m.Find(".delivery")), "heike@post.example") {
			t.Errorf("the answer reads %q", text(m))
		}
		if got := w.find(c.Number); got.State != desk.WaitingOthers || got.OwnerID != w.mia.actor.ID {
			t.Errorf("after the answer the case is %+v", got)
		}
		undo := m.Find("form.undo")
		if left, _ := undo.Attr("data-seconds"); left != "10" {
			t.Errorf("the undo shows %q seconds", left)
		}
		w.clock.Advance(4500 * time.Millisecond)
		if left, _ := w.mia.get("/cases/" + c.Number).Find("form.undo").Attr("data-seconds"); left != "6" {
			t.Errorf("half way the undo shows %q seconds", left)
		}
		action, _ := undo.Attr("action")
		to, doc = w.mia.goes(action)
		if got := strings.TrimSpace(doc.Find("#f-reply").Text()); got != "Guten Tag Frau Lorenz,\n\nwir **prüfen** das." || !strings.HasSuffix(to, "#reply") {
			t.Errorf("taken back, the form holds %q at %q", got, to)
		}
		if got := text(doc.Find(".message[data-from=system] summary").Last()); got != "Mia Krüger hat eine Antwort zurückgeholt" {
			t.Errorf("the timeline says %q", got)
		}
		if strings.TrimSpace(w.mia.get("/cases/"+c.Number).Find("#f-reply").Text()) != "" {
			t.Error("the text stays in the form for ever")
		}
	})
}

func TestUndoEnds(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		_, doc := w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag")
		action, _ := doc.Find("form.undo").Attr("action")
		w.clock.Advance(10 * time.Second)
		if w.mia.get("/cases/"+c.Number).Find("form.undo").Length() != 0 {
			t.Error("the undo outlives its time")
		}
		w.deliver(c, outbox.Sent, 1, 250, "2.0.0 Ok: queued")
		doc = w.mia.page(w.mia.post(action), http.StatusConflict)
		if got := text(doc.Find("#flash")); !strings.Contains(got, "schon unterwegs") {
			t.Errorf("too late reads %q", got)
		}
		if got := text(doc.Find(".message[data-from=staff] .delivery")); !strings.HasPrefix(got, "Gesendet · heike@post.example") {
			t.Errorf("the delivery reads %q", got)
		}
	})
}

func TestFailedDeliveryIsShownAndSentAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag")
		w.deliver(c, outbox.Queued, 2, 451, "4.7.1 try later")
		staff := func() string {
			return text(w.mia.get("/cases/" + c.Number).Find(".message[data-from=staff] .delivery"))
		}
		if got := staff(); !strings.Contains(got, "2 Versuche bisher, der nächste") || !strings.Contains(got, "451 4.7.1 try later") {
			t.Errorf("a passing fault reads %q", got)
		}
		w.deliver(c, outbox.Failed, 2, 550, "550 5.1.1 no such mailbox <b>")
		doc := w.mia.get("/cases/" + c.Number)
		if got := text(doc.Find(".delivery[data-state=failed]")); got != "Nicht zugestellt · heike@post.example · 2 Versuche 550 5.1.1 no such mailbox <b>" {
			t.Errorf("a failure reads %q", got)
		}
		form := doc.Find("details.resend form[action$='/resend']")
		if !strings.Contains(text(form), "doppelt") {
			t.Errorf("sending again does not warn: %q", text(form))
		}
		id, _ := form.Find("[name=delivery]").Attr("value")
		w.mia.goes("/cases/"+c.Number+"/resend", "delivery", id)
		if got := staff(); !strings.HasPrefix(got, "Erledigt: erneut gesendet · heike@post.example · Mia Krüger") || !strings.Contains(got, "Wartet auf den Versand · heike@post.example") {
			t.Errorf("queued again it reads %q", got)
		}
		w.deliver(c, outbox.Unsure, 1, 0, outbox.Interrupted)
		if got := staff(); !strings.Contains(got, "Der Versand wurde unterbrochen.") {
			t.Errorf("what was interrupted reads %q", got)
		}
		if got := text(w.mia.get("/cases/" + c.Number).Find("details.resend form[action$='/resend']")); !strings.Contains(got, "vielleicht schon") && !strings.Contains(got, "Vielleicht ist die Nachricht schon angekommen") {
			t.Errorf("an uncertain one reads %q", got)
		}
		w.mia.page(w.mia.post("/cases/"+c.Number+"/resend", "delivery", ids.New().String()), http.StatusNotFound)
	})
}

func TestConflictKeepsTheText(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		before := w.mia.get("/cases/" + c.Number).Find(`form[action$="/reply"]`)
		seen, _ := before.Find("[name=seen]").Attr("value")
		read, _ := before.Find("[name=read]").Attr("value")
		w.arrive(letter{From: heike.From, Name: heike.Name, Subject: "Re: " + heike.Subject, Text: "Es hat sich erledigt.", Refs: []string{heike.ID}})
		typed := "Guten Tag,\n\ndas ist <b>mein</b> Text."
		res := w.mia.post("/cases/"+c.Number+"/reply", "reply", typed, "next", "waiting_customer", "seen", seen, "read", read)
		doc := w.mia.page(res, http.StatusConflict)
		if got := strings.TrimSpace(doc.Find("#f-reply").Text()); got != typed {
			t.Errorf("the text is now %q", got)
		}
		if got, _ := doc.Find("#f-next [selected]").Attr("value"); got != "waiting_customer" {
			t.Errorf("the choice is now %q", got)
		}
		if got := text(doc.Find(".message:has(.message-header .badge[data-tone=warning]) .mail")); got != "Es hat sich erledigt." {
			t.Errorf("marked as new is %q", got)
		}
		if len(w.file(c.Number).Messages) != 3 {
			t.Error("something was sent")
		}
		seen, _ = doc.Find(`form[action$="/reply"] [name=seen]`).Attr("value")
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", typed, "seen", seen)
	})
}

func TestBadInputKeepsTheText(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		for name, tc := range map[string]struct {
			action, field string
			fields        []string
		}{
			"empty answer":   {"reply", "reply", []string{"reply", " \n "}},
			"unknown state":  {"reply", "next", []string{"reply", "Mein Text", "next", "nonsense"}},
			"too long":       {"reply", "reply", []string{"reply", strings.Repeat("ä", 100_001)}},
			"empty note":     {"note", "note", []string{"note", ""}},
			"state by hand":  {"state", "state", []string{"state", "new"}},
			"state nonsense": {"state", "state", []string{"state", "nonsense"}},
		} {
			doc := w.mia.page(w.mia.post("/cases/"+c.Number+"/"+tc.action, tc.fields...), http.StatusUnprocessableEntity)
			if doc.Find("#f-"+tc.field+"[aria-invalid=true]").Length() != 1 || doc.Find(`#error-summary a[href="#f-`+tc.field+`"]`).Length() != 1 {
				t.Errorf("%s: the fault is not shown at %s", name, tc.field)
			}
			if tc.fields[0] == "reply" && strings.TrimSpace(doc.Find("#f-reply").Text()) != strings.TrimSpace(tc.fields[1]) {
				t.Errorf("%s: the text is gone", name)
			}
		}
		if n := len(w.file(c.Number).Messages); n != 2 {
			t.Errorf("%d messages", n)
		}
	})
}

func TestNoteStaysInside(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		_, doc := w.mia.goes("/cases/"+c.Number+"/note", "note", "Leitung *prüfen*")
		if got := text(doc.Find(".message[data-from=note]")); !strings.Contains(got, "nur für das Team") || !strings.Contains(got, "Leitung prüfen") {
			t.Errorf("the note reads %q", got)
		}
		if n := doc.Find(".message[data-from=note] .delivery").Length(); n != 0 {
			t.Error("a note has a delivery")
		}
	})
}

func TestSuggestionIsMergedOrDismissed(t *testing.T) {
	onBoth(t, func(w *world) {
		first := w.open(heike)
		second := w.open(letter{From: heike.From, Name: heike.Name, Subject: "Noch etwas", Text: "Das hatte ich vergessen."})
		third := w.open(letter{From: heike.From, Name: heike.Name, Subject: "Ganz anderes", Text: "Eine andere Frage."})
		doc := w.mia.get("/cases/" + second.Number)
		box := doc.Find(".suggestion")
		target, _ := box.Find("[name=target]").First().Attr("value")
		if got := text(box); !strings.Contains(got, first.Number) || !strings.Contains(got, "Gleiche Person, noch offen") {
			t.Fatalf("the suggestion reads %q", got)
		}
		if res := w.mia.post("/cases/"+second.Number+"/merge", "target", target); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("merging gives %d", res.StatusCode)
		}
		res := w.mia.do(httptest.NewRequest("GET", "/cases/"+second.Number, nil))
		if res.Header.Get("Location") != "/cases/"+first.Number {
			t.Fatalf("a merged case leads to %d %q", res.StatusCode, res.Header.Get("Location"))
		}
		doc = w.mia.get("/cases/" + first.Number)
		if !strings.Contains(text(doc.Find(".timeline")), "Das hatte ich vergessen.") || !strings.Contains(text(doc.Find("#flash")), second.Number) {
			t.Errorf("the merged case reads %q", text(doc.Find("main")))
		}
		// A text written for the case that is gone by now goes on in the other.
		doc = w.mia.page(w.mia.post("/cases/"+second.Number+"/reply", "reply", "Zu spät"), http.StatusConflict)
		if action, _ := doc.Find("form:has(#f-reply)").Attr("action"); action != "/cases/"+first.Number+"/reply" || strings.TrimSpace(doc.Find("#f-reply").Text()) != "Zu spät" {
			t.Errorf("a late answer goes to %q", action)
		}
		target, _ = w.mia.get("/cases/" + third.Number).Find(".suggestion [name=target]").First().Attr("value")
		_, doc = w.mia.goes("/cases/"+third.Number+"/dismiss", "target", target)
		if doc.Find(".suggestion").Length() != 0 {
			t.Error("a suggestion that was dismissed stays")
		}
	})
}

func TestHintsAtAMessage(t *testing.T) {
	onBoth(t, func(w *world) {
		l := heike
		l.Automation = intake.Replied
		l.HTML = `<p>Ich bin im Urlaub.</p><img src="https://tracker.example/x.gif" alt="Logo"><img src="https://tracker.example/1.gif" width="1" height="1">`
		c := w.open(l)
		m := w.mia.get("/cases/" + c.Number).Find(".message[data-from=customer]")
		for _, want := range []string{"Abwesenheitsnotiz", "2 Bilder von fremden Servern"} {
			if !strings.Contains(text(m.Find(".message-deliveries")), want) {
				t.Errorf("below the message stands %q, not %q", text(m.Find(".message-deliveries")), want)
			}
		}
		if html, _ := m.Html(); strings.Contains(html, "tracker.example") || text(m.Find(".mail-image")) != "Logo" {
			t.Errorf("a foreign image is left: %s", html)
		}
	})
}

func TestLongTimelineSaysSo(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		for i := range 201 {
			_, err := w.desk.Note(t.Context(), access.Lotse(w.brand), c.ID, fmt.Sprintf("Notiz %d", i))
			must(t, err)
		}
		doc := w.mia.get("/cases/" + c.Number)
		if n := doc.Find(".message").Length(); n != 200 || !strings.Contains(text(doc.Find("#case-timeline .notice")), "neuesten 200") {
			t.Errorf("%d messages, %q", n, text(doc.Find("#case-timeline .notice")))
		}
	})
}

func TestPartsFetchedAgainKeepWhatWasSeen(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		doc := w.mia.get("/cases/" + c.Number)
		again, _ := doc.Find("#case-timeline").Attr("hx-get")
		if trigger, _ := doc.Find("#case-timeline").Attr("hx-trigger"); !strings.HasPrefix(trigger, "sse:case-"+c.ID.String()) {
			t.Errorf("the timeline listens to %q", trigger)
		}
		if doc.Find("#case-news .notice, #case-timeline form[action$='/reply'], #case-head [name=reply]").Length() != 0 {
			t.Error("the form stands where it is replaced")
		}
		w.jonas.goes("/cases/"+c.Number+"/note", "note", "Neues")
		r := httptest.NewRequest("GET", again, nil)
		r.Header.Set("HX-Request", "true")
		doc = w.mia.page(w.mia.do(r), http.StatusOK)
		if doc.Find("#case-news .notice").Length() != 1 || !strings.Contains(text(doc.Find("#case-timeline")), "Neues") {
			t.Error("the news is not told")
		}
		if next, _ := doc.Find("#case-timeline").Attr("hx-get"); next != again {
			t.Errorf("the next fetch asks %q, not %q", next, again)
		}
	})
}
