package workspace_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

func TestTrustIsShown(t *testing.T) {
	onBoth(t, func(w *world) {
		for name, tc := range map[string]struct {
			trust intake.Trust
			mark  string
			tone  string
			says  string
		}{
			"forged":  {intake.Trust{SPF: intake.Fail, DMARC: intake.Fail}, "Absender wahrscheinlich gefälscht", "danger", "SPF: nicht bestanden"},
			"proven":  {intake.Trust{DKIM: intake.Pass, DMARC: intake.Pass, Signer: "post.example", By: "mx.example"}, "Absender geprüft", "success", "DKIM: bestanden (post.example)"},
			"nothing": {intake.Trust{SPF: intake.Missing, DKIM: intake.Missing}, "Absender nicht nachgewiesen", "neutral", "DKIM: nicht vorhanden"},
		} {
			c := w.open(letter{From: name + "@post.example", Subject: name, Text: "Hallo", Trust: tc.trust, Warnings: []string{"mail.warning.charset_guessed"}})
			mark := w.mia.get("/cases/" + c.Number).Find(".message[data-from=customer] .trust")
			if got, _ := mark.Attr("data-tone"); text(mark.Find("summary")) != tc.mark || got != tc.tone || !strings.Contains(text(mark), tc.says) {
				t.Errorf("%s reads %q (%s)", name, text(mark), got)
			}
			if got := text(mark.Parent()); !strings.Contains(got, "Der Zeichensatz fehlte") {
				t.Errorf("%s: the warning is not shown: %q", name, got)
			}
		}
	})
}

func TestBounceStandsAtItsSend(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag")
		w.deliver(c, outbox.Sent, 1, 250, "ok")
		to := w.file(c.Number).Messages[2]
		w.arrive(letter{From: "mailer-daemon@mx.example", Name: "Mail Delivery System", Text: "Ihre Nachricht kam nicht an.", Automation: intake.Bounce,
			Report: &intake.Report{Kind: intake.Undelivered, MessageID: to.ExternalID, Recipients: []intake.Recipient{{Address: heike.From, Status: "5.1.1", Code: 550, Reason: "userunknown", Hard: true, Words: "no such user <b>"}}}})
		doc := w.mia.get("/cases/" + c.Number)
		answer := doc.Find(".message[data-from=staff]")
		got := text(answer)
		for _, part := range []string{"Kam zurück, und so bleibt es", heike.From, "Diese Adresse gibt es nicht.", "5.1.1", "no such user <b>", "Meldung: nicht angekommen bei " + heike.From, "Ihre Nachricht kam nicht an."} {
			if !strings.Contains(got, part) {
				t.Errorf("the answer does not say %q: %q", part, got)
			}
		}
		if doc.Find("#timeline > .message").Length() != 3 || answer.Find("details.report").Length() != 1 || answer.Find("form[action$='/resend']").Length() != 1 {
			t.Errorf("%d entries, %d reports", doc.Find("#timeline > .message").Length(), answer.Find("details.report").Length())
		}
		if strings.Contains(got, "bounce.reason") {
			t.Errorf("a reason has no words: %q", got)
		}
	})
}

func TestAbsenceIsOneLine(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		w.arrive(letter{From: heike.From, Name: heike.Name, Refs: []string{w.file(c.Number).Messages[0].ExternalID}, Text: "Ich bin im Urlaub.", Automation: intake.Replied, Report: &intake.Report{Kind: intake.Absent}})
		line := w.mia.get("/cases/" + c.Number).Find(".message[data-from=system]").Last().Find("details").First()
		if got := text(line.Find("summary")); got != heike.Name+" ist gerade abwesend" {
			t.Errorf("it reads %q", got)
		}
	})
}

func TestMovingOnThePage(t *testing.T) {
	onBoth(t, func(w *world) {
		a := w.open(heike)
		w.arrive(letter{From: heike.From, Name: heike.Name, Refs: []string{w.file(a.Number).Messages[0].ExternalID}, Text: "Noch eine Sache."})
		b := w.open(letter{From: "jonas@post.example", Name: "Jonas", Subject: "Umzug", Text: "Wir ziehen um."})
		m := w.file(a.Number).Messages[2]
		doc := w.mia.get("/cases/" + a.Number + "?move=" + m.ID.String())
		if got, _ := doc.Find("#move[open] option[selected]").Attr("value"); got != m.ID.String() {
			t.Errorf("chosen is %q", got)
		}
		path := "/cases/" + a.Number + "/move"
		for _, wrong := range []string{"x", "L-2222-22", a.Number} {
			doc := w.mia.page(w.mia.post(path, "moving", m.ID.String(), "into", wrong), http.StatusUnprocessableEntity)
			if doc.Find("#f-into[aria-invalid=true]").Length() != 1 || doc.Find("#move[open]").Length() != 1 {
				t.Errorf("%q: the fault is not shown", wrong)
			}
		}
		w.mia.page(w.mia.post("/cases/"+b.Number+"/move", "moving", m.ID.String(), "into", a.Number), http.StatusConflict) // it is not there
		_, doc = w.mia.goes(path, "moving", m.ID.String(), "into", strings.ToLower(b.Number))
		line := doc.Find(".message[data-from=system]").Last()
		if got := text(line); !strings.Contains(got, "Mia Krüger hat eine Nachricht verschoben, nach "+b.Number) || line.Find("a[href='/cases/"+b.Number+"']").Length() != 1 {
			t.Errorf("its place reads %q", got)
		}
		doc = w.mia.get("/cases/" + b.Number)
		moved := doc.Find("#m-" + m.ID.String())
		if got := text(moved); !strings.Contains(got, "Von Mia Krüger aus dem Vorgang "+a.Number+" hierher verschoben") {
			t.Errorf("there it reads %q", got)
		}
		form := moved.Find("form.footnote-form")
		action, _ := form.Attr("action")
		into, _ := form.Find("[name=into]").Attr("value")
		w.mia.goes(action, "moving", m.ID.String(), "into", into)
		if back := w.file(a.Number).Messages[2]; back.ID != m.ID || back.Joined != m.Joined {
			t.Errorf("moved back it is %+v", back)
		}
		secret := w.open(letter{From: "geheim@post.example", Subject: "Vertraulich", Text: "Nur für wenige."})
		must(t, w.desk.HandOver(context.Background(), w.jonas.actor, secret.ID, desk.HandOverForm{TeamID: w.vault, Reason: "vertraulich"}))
		w.mia.page(w.mia.post(path, "moving", m.ID.String(), "into", secret.Number), http.StatusForbidden)
		w.mia.page(w.mia.post("/cases/"+secret.Number+"/move", "moving", w.file(secret.Number).Messages[0].ID.String(), "into", a.Number), http.StatusForbidden)
		to, _ := w.mia.goes(path, "moving", m.ID.String(), "into", "")
		if to != "/cases/"+a.Number || w.file(a.Number).Messages[2].Kind != desk.MovedAway {
			t.Errorf("a case of its own: %q", to)
		}
	})
}

func TestMakingSomebodyTheCustomer(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "jonas@post.example", Name: "Jonas Ott", Subject: "WG: Zähler", Text: "Siehe unten.", Forwarded: &intake.Forwarded{From: intake.Address{Value: "carla@post.example", Name: "Carla <b>Kunde"}, At: 12}})
		doc := w.mia.get("/cases/" + c.Number)
		form := doc.Find("form[action$='/customer']")
		if got := text(form); got != "Carla <b>Kunde zur Kundin oder zum Kunden machen" {
			t.Fatalf("offered is %q", got)
		}
		m, _ := form.Find("[name=message]").Attr("value")
		_, doc = w.mia.goes("/cases/"+c.Number+"/customer", "message", m, "seen", "1")
		if got := text(doc.Find("#case-customer")); !strings.Contains(got, "carla@post.example") {
			t.Errorf("the customer is %q", got)
		}
		if got := text(doc.Find(".message[data-from=system]").Last()); !strings.Contains(got, "Mia Krüger hat geändert, wessen Vorgang das ist") {
			t.Errorf("the timeline says %q", got)
		}
		if got := text(doc.Find("form[action$='/customer']")); got != "Antworten wieder an Jonas Ott" {
			t.Errorf("the way back reads %q", got)
		}
		w.mia.goes("/cases/"+c.Number+"/customer", "message", m, "back", "1")
		if got := w.find(c.Number); got.CustomerID != c.CustomerID {
			t.Error("it can't be undone")
		}
	})
}

func TestOriginalInItsFrame(t *testing.T) {
	onBoth(t, func(w *world) {
		l := heike
		l.HTML = `<p style="color:red">Siehe</p><img src="cid:foto@post"><img src="https://x.example/a.png">`
		l.Parts = []intake.Part{{Name: "f.png", ContentType: "image/png", ContentID: "foto@post", Inline: true, Content: []byte("png")}}
		c := w.open(l)
		m := w.file(c.Number).Messages[0]
		base := "/messages/" + m.ID.String() + "/original"
		if w.mia.get("/cases/"+c.Number).Find("a[href='"+base+"']").Length() != 1 {
			t.Error("no link leads there")
		}
		for address, want := range map[string]struct{ frame, policy string }{
			base:                  {base + "/html", "img-src data:;"},
			base + "?images=load": {base + "/html?images=load", "img-src data: https:;"},
		} {
			res := w.mia.do(httptest.NewRequest("GET", address, nil))
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusOK || !strings.Contains(string(body), `src="`+want.frame+`"`) || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-src 'self'") {
				t.Errorf("%s: %d %v", address, res.StatusCode, res.Header)
			}
			res = w.mia.do(httptest.NewRequest("GET", want.frame, nil))
			body, _ = io.ReadAll(res.Body)
			policy := res.Header.Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "sandbox ") || !strings.Contains(policy, want.policy) || len(res.Header.Values("Content-Security-Policy")) != 1 || strings.Contains(policy, "script-src") {
				t.Errorf("%s: %q", want.frame, policy)
			}
			if got := strings.Contains(string(body), "https://x.example/a.png"); got != strings.Contains(address, "load") || !strings.Contains(string(body), "data:image/png;base64,cG5n") {
				t.Errorf("%s: %s", want.frame, body)
			}
		}
		res := w.mia.do(httptest.NewRequest("GET", base+".eml", nil))
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(string(body), heike.Subject) {
			t.Errorf("the file: %d %v", res.StatusCode, res.Header)
		}
		must(t, w.desk.HandOver(context.Background(), w.jonas.actor, c.ID, desk.HandOverForm{TeamID: w.vault, Reason: "vertraulich"}))
		for _, path := range []string{base, base + "/html", base + ".eml"} {
			if res := w.mia.do(httptest.NewRequest("GET", path, nil)); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s of a restricted team: %d", path, res.StatusCode)
			}
			if res := w.mia.do(httptest.NewRequest("GET", strings.ReplaceAll(path, m.ID.String(), ids.New().String()), nil)); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s of nothing: %d", path, res.StatusCode)
			}
		}
	})
}

// TestTheOriginalKeepsItsSecret: a mail that quotes the secret link of a case is for
// leads.
func TestTheOriginalKeepsItsSecret(t *testing.T) {
	onBoth(t, func(w *world) {
		link := "https://hilfe.example/l/" + string(ids.NewToken())
		c := w.open(letter{From: "a@post.example", Subject: "Re: Ihr Vorgang", Text: "Danke!\n> " + link})
		path := "/messages/" + w.file(c.Number).Messages[0].ID.String() + "/original.eml"
		for who, tc := range map[string]struct {
			b    *browser
			want int
		}{"an agent": {w.mia, http.StatusForbidden}, "a lead": {w.jonas, http.StatusOK}} {
			res := tc.b.do(httptest.NewRequest("GET", path, nil))
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != tc.want || strings.Contains(string(body), link) != (tc.want == http.StatusOK) {
				t.Errorf("%s: %d", who, res.StatusCode)
			}
		}
	})
}

func TestInfectedFilesAreNotHandedOut(t *testing.T) {
	onBoth(t, func(w *world) {
		l := heike
		l.Trust = intake.Trust{Scan: "infected", Virus: "Eicar <b>"}
		l.Parts = []intake.Part{{Name: "rechnung.pdf", ContentType: "application/pdf", Content: []byte("x"), Virus: "Eicar <b>"}}
		c := w.open(l)
		doc := w.mia.get("/cases/" + c.Number)
		if got := text(doc.Find(".message[data-from=customer]")); !strings.Contains(got, "In „rechnung.pdf“ hat der Virenscanner etwas gefunden: Eicar <b>.") {
			t.Errorf("the page says %q", got)
		}
		href, _ := doc.Find("a.attachment").Attr("href")
		for b, want := range map[*browser]int{w.mia: http.StatusForbidden, w.jonas: http.StatusOK} {
			if res := b.do(httptest.NewRequest("GET", href, nil)); res.StatusCode != want {
				t.Errorf("%s gets %d", b.actor.Name, res.StatusCode)
			}
		}
	})
}

// TestHostileFindings puts each hostile string where reading a mail puts words.
func TestHostileFindings(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	for _, s := range hostile() {
		clean := markup.CleanLine(s, 200)
		c := w.open(letter{From: ids.New().String() + "@post.example", Name: clean, Subject: clean, Text: s + "\n> " + s, Folds: []markup.Fold{{Kind: markup.FoldQuote, From: len(markup.Clean(s)), To: len(markup.Clean(s + "\n> " + s))}},
			HTML: "<p>x</p>" + s, Warnings: []string{clean}, Trust: intake.Trust{DKIM: intake.Pass, Signer: clean, By: clean, Scan: "infected", Virus: clean},
			Forwarded: &intake.Forwarded{From: intake.Address{Value: "x" + ids.New().String() + "@y.example", Name: clean}, Subject: clean},
			Parts:     []intake.Part{{Name: clean, ContentType: "text/plain", Content: []byte("x"), Virus: clean}}})
		checkIntact(t, w.mia.get("/cases/"+c.Number), s)
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag")
		w.deliver(c, outbox.Sent, 1, 250, "ok")
		f := w.file(c.Number)
		sent := f.Messages[len(f.Messages)-1]
		w.arrive(letter{From: "mailer-daemon@mx.example", Name: clean, Text: s, Automation: intake.Bounce, Report: &intake.Report{Kind: intake.Undelivered, MessageID: sent.ExternalID,
			Recipients: []intake.Recipient{{Address: clean, Status: clean, Reason: clean, Words: clean}}}})
		checkIntact(t, w.mia.get("/cases/"+c.Number), s)
		res := w.mia.do(httptest.NewRequest("GET", "/messages/"+f.Messages[0].ID.String()+"/original/html", nil))
		if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK || strings.Contains(strings.ToLower(string(body)), "<script") {
			t.Errorf("%q: %d %s", s, res.StatusCode, body)
		}
	}
}
