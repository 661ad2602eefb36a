package app_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
)

// who is somebody who asks for what is not theirs.
type who struct {
	name string
	as   option
}

func nobody(*http.Request) {}

func TestWhatIsNotYoursIsNotThere(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		w := newTown(t, database)
		other := w.mailedPass()
		t.Run("strangers and customers", func(t *testing.T) { w.customers(t, other) })
		t.Run("colleagues outside of the team", w.outside)
		t.Run("agents are no administrators", w.agents)
		t.Run("links that are no more", w.oldLinks)
		t.Run("files", w.files)
		t.Run("who asks for a link learns nothing", w.enumeration)
		t.Run("limits", w.limits)
		t.Run("cookies and pages of links", w.cookies)
		t.Run("other sites", w.foreign)
		t.Run("other methods", w.methods)
		t.Run("log", func(t *testing.T) { (&crawler{town: w}).logs(t) })
	})
}

// mailedPass is a pass for the case that came by mail.
func (w *town) mailedPass() string {
	w.t.Helper()
	a := access.Actor{Kind: access.Customer, ID: w.mailed.CustomerID, BrandID: w.brand, Case: w.mailed.ID}
	token, err := w.app.Desk.RenewLinks(context.Background(), a, w.mailed.ID)
	w.must(err)
	w.keys[string(token)] = "token of a pass"
	return string(token)
}

// customers asks for another's case, by every route, and for one that does not
// exist: nothing tells one from the other.
func (w *town) customers(t *testing.T, pass string) {
	own := strings.ToLower(w.mailed.Number)
	for _, someone := range []who{
		{"nobody", nobody},
		{"another customer", header("Cookie", "lotse_pass="+pass)},
		{"the customer with the pass of another case", header("Cookie", "lotse_pass="+w.askAs("second case", w.shown.name, w.shown.email).pass)},
		{"somebody with a wrong pass", header("Cookie", "lotse_pass="+string(ids.NewToken()))},
		{"somebody with a wrong session", header("Cookie", "lotse_session="+string(ids.NewToken()))},
	} {
		for _, route := range routes(t) {
			if !strings.Contains(route.path, "{number}") && !strings.Contains(route.path, "{id}") && !strings.Contains(route.path, "{post}") {
				continue
			}
			if strings.HasPrefix(route.path, "/brand/") {
				continue // logos and colours are public
			}
			for _, real := range w.targets() {
				fake := target{number: "L-2222-22", id: ids.New().String(), post: ids.New().String()}
				w.same(t, someone, route, real, fake)
				if strings.HasPrefix(route.path, "/my/") && strings.Contains(route.path, "{id}") { // one's own number, another's file
					real.number, fake.number = own, own
					w.same(t, someone, route, real, fake)
				}
			}
		}
	}
}

// target is what a route is asked for.
type target struct{ number, id, post string }

func (w *town) targets() []target {
	post := w.shown.thread().Posts[0].ID.String()
	return []target{
		{w.shown.number, w.shown.attachment, post}, {w.restricted.Number, w.shown.c.ID.String(), post},
		{w.trashed.number, w.trashed.attachment, post}, {w.erased.number, w.erased.attachment, post},
	}
}

func (x target) path(route string) string {
	return strings.NewReplacer("{number}", x.number, "{id}", x.id, "{post}", x.post, "{name...}", "x").Replace(route)
}

// body sends what any form of the program might ask for.
var body = values("text", "Das ist ein Text.", "reason", "Das ist ein Grund.", "why", "spam", "settled", "declined_duty", "sure", "1", "step", "publish", "title", "Ein Titel mit Worten",
	"answer", "Das ist eine Antwort auf die Frage.", "version", "1", "to", "x", "state", "solved", "seen", "1", "reply", "Guten Tag", "note", "Notiz")

func (w *town) same(t *testing.T, someone who, route route, real, fake target) {
	t.Helper()
	send := ""
	if route.method == http.MethodPost {
		send = body
	}
	ask := func(x target) (reply, string) {
		r := w.do(route.method, x.path(route.path), send, someone.as)
		return r, r.comparable(url.QueryEscape(x.path(route.path)), x.number, x.id, x.post)
	}
	r, got := ask(real)
	_, want := ask(fake)
	if got != want {
		t.Errorf("%s, %s %s: what is there differs from what is not: %s", someone.name, route.method, real.path(route.path), differ(got, want))
	}
	if r.status == http.StatusOK {
		t.Errorf("%s, %s %s: 200", someone.name, route.method, real.path(route.path))
	}
	(&crawler{town: w}).check(t, someone.name+": "+route.method+" "+route.path, r.all(), real.number, real.id, real.post)
}

// outside asks as an agent who is not in the restricted team. That there is such
// a case, whose it is and where it stands may be said, no word of it.
func (w *town) outside(t *testing.T) {
	before := w.find(w.restricted.Number)
	messages := len(w.messages(before))
	inside := map[string]bool{}
	w.caseWords(before, inside)
	if len(inside) < 5 {
		t.Fatalf("only %d words are looked for", len(inside))
	}
	var attachments []string
	for _, m := range w.messages(before) {
		for _, a := range m.Attachments {
			attachments = append(attachments, a.ID.String())
		}
	}
	as := w.signedIn(w.outsider)
	for _, route := range routes(t) {
		switch {
		case strings.HasPrefix(route.path, "/cases/{number}"), strings.HasPrefix(route.path, "/attachments/"):
		case route.path == "/cases" || route.path == "/duties" || route.path == "/look" || route.path == "/blocks" || route.path == "/deliveries":
		default:
			continue
		}
		send := ""
		if route.method == http.MethodPost {
			send = body
		}
		for _, a := range attachments {
			x := target{number: w.restricted.Number, id: a, post: ids.New().String()}
			r := w.do(route.method, x.path(route.path), send, as)
			for word := range inside {
				if strings.Contains(r.all(), word) {
					t.Errorf("%s %s shows %s of a restricted team (%d)", route.method, x.path(route.path), w.words[word], r.status)
				}
			}
			if route.method == http.MethodPost && r.status < 400 || strings.HasPrefix(route.path, "/attachments/") && r.status != http.StatusForbidden && r.status != http.StatusNotFound {
				t.Errorf("%s %s: %d", route.method, x.path(route.path), r.status)
			}
		}
	}
	nothing := newWord()
	none := w.get("/cases?q="+nothing, as).comparable(nothing)
	for word := range inside {
		if got := w.get("/cases?q="+word, as).comparable(word); got != none {
			t.Errorf("the list tells by %s: %s", w.words[word], differ(got, none))
		}
	}
	if after := w.find(w.restricted.Number); after.Version != before.Version || len(w.messages(after)) != messages {
		t.Error("the case has changed")
	}
}

// caseWords are the private words of a case's messages.
func (w *town) caseWords(c desk.Case, words map[string]bool) {
	w.t.Helper()
	said := c.Subject
	for _, m := range w.messages(c) {
		said += m.Subject + m.Body + m.AuthorName + m.HTML.String()
		for _, a := range m.Attachments {
			said += a.Name
		}
	}
	for word := range w.words {
		if strings.Contains(said, word) {
			words[word] = true
		}
	}
}

// agents asks for what administrators and leads see.
func (w *town) agents(t *testing.T) {
	as := w.signedIn(w.outsider)
	for _, route := range routes(t) {
		if !strings.HasPrefix(route.path, "/admin") && !strings.HasPrefix(route.path, "/look/") {
			continue
		}
		send := ""
		if route.method == http.MethodPost {
			send = body
		}
		for _, id := range []string{w.account.ID.String(), w.agent.ID.String(), w.grid.String(), ids.New().String()} {
			path := strings.ReplaceAll(target{id: id}.path(route.path), "{name}", "all")
			r := w.do(route.method, path, send, as)
			if r.status != http.StatusForbidden {
				t.Errorf("%s %s as an agent: %d", route.method, path, r.status)
			}
		}
	}
}

// oldLinks asks with links that were revoked or used up: they answer as one that
// never was.
func (w *town) oldLinks(t *testing.T) {
	k := w.corrected
	w.must(w.app.Outbox.SendFileLink(context.Background(), w.brand, k.email))
	file := w.linkFor(k.email, "/f/")
	if r := w.do(http.MethodPost, "/f/"+file, ""); r.status != http.StatusSeeOther || r.cookie("lotse_pass") == "" {
		t.Fatalf("a file link gives %d", r.status)
	} else {
		w.keys[r.cookie("lotse_pass")] = "token of a pass"
		mine := w.get("/my", header("Cookie", "lotse_pass="+r.cookie("lotse_pass")))
		if !strings.Contains(mine.body, k.number) || strings.Contains(mine.body, w.shown.number) {
			t.Error("the file shows not what is its owner's, and nothing else")
		}
	}
	renewed := k.post("/revoke")
	if renewed.status != http.StatusSeeOther {
		t.Fatalf("revoking gives %d", renewed.status)
	}
	w.keys[renewed.cookie("lotse_pass")] = "token of a pass"
	for _, old := range []string{"/f/" + file, "/l/" + k.link, "/l/" + k.pass, "/l/" + w.erased.link} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			never := old[:3] + string(ids.NewToken())
			got, want := w.do(method, old, "").comparable(old), w.do(method, never, "").comparable(never)
			if got != want {
				t.Errorf("%s %s…: %s", method, old[:3], differ(got, want))
			}
		}
	}
	if r := k.get(""); r.status != http.StatusForbidden {
		t.Errorf("a revoked pass opens the case: %d", r.status)
	}
}

// files asks for what customers sent: it is saved, never shown or run.
func (w *town) files(t *testing.T) {
	as := w.signedIn(w.agent)
	answers := map[string]reply{}
	for _, m := range append(w.messages(w.shown.c), w.messages(w.mailed)...) {
		for _, a := range m.Attachments {
			path := "/attachments/" + a.ID.String() + "/" + url.PathEscape(a.Name)
			answers[path], answers[path+"?inline=1"] = w.get(path, as), w.get(path+"?inline=1", as)
		}
	}
	own := "/files/" + w.shown.attachment + "/x.html"
	answers[own], answers[own+"?inline=1"] = w.shown.get(own), w.shown.get(own+"?inline=1")
	if len(answers) < 8 {
		t.Fatalf("only %d files", len(answers))
	}
	for path, r := range answers {
		if r.status != http.StatusOK {
			t.Errorf("%s: %d", path, r.status)
		}
		inline := strings.HasPrefix(r.header.Get("Content-Disposition"), "inline") && r.header.Get("Content-Type") == "image/png"
		if !inline && (!strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment;") || r.header.Get("Content-Type") != "application/octet-stream") {
			t.Errorf("%s: %s as %s", path, r.header.Get("Content-Disposition"), r.header.Get("Content-Type"))
		}
		if r.header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(r.header.Get("Content-Security-Policy"), "sandbox;") || len(r.header.Values("Content-Security-Policy")) != 1 {
			t.Errorf("%s may run: %v", path, r.header)
		}
	}
	for name, body := range map[string]string{"böse.html": "<script>1</script>", "a.svg": "<svg onload=alert(1)>", "x.js": "alert(1)"} {
		up, err := w.app.Intake.Stage(context.Background(), w.brand, name, strings.NewReader(body))
		w.must(err)
		for _, path := range []string{"/ask/files/" + up.Token, "/ask/files?token=" + up.Token, "/files/" + up.Token, "/uploads/" + up.Token} {
			if r := w.get(path); r.status == http.StatusOK || strings.Contains(r.body, body) {
				t.Errorf("%s gives an upload back: %d", path, r.status)
			}
		}
	}
}

// foreign sends a customer's forms from another site, with their cookie.
func (w *town) foreign(t *testing.T) {
	k := w.shown
	for _, route := range routes(t) {
		if route.method != http.MethodPost {
			continue
		}
		path := strings.NewReplacer("{token}", k.link).Replace(target{k.number, k.attachment, k.attachment}.path(route.path))
		for _, from := range []option{header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://evil.example")} {
			if r := w.do(http.MethodPost, path, body, header("Cookie", "lotse_pass="+k.pass), from); r.status != http.StatusForbidden {
				t.Errorf("POST %s from another site: %d", route.path, r.status)
			}
		}
	}
}

// methods asks with methods that no route has.
func (w *town) methods(t *testing.T) {
	for _, path := range []string{"/de/", "/de/questions", "/ask", "/track", "/my", w.shown.thread().Path(), "/sitemap.xml", "/robots.txt"} {
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "PROPFIND", http.MethodTrace} {
			if r := w.do(method, path, ""); !slices.Contains([]int{http.StatusMethodNotAllowed, http.StatusNotFound}, r.status) {
				t.Errorf("%s %s: %d", method, path, r.status)
			}
		}
	}
}
