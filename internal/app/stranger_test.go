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
	only func(route) bool // routes that are nothing to them; nil: all are
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
		{"nobody", nobody, nil},
		{"another customer", header("Cookie", "lotse_pass="+pass), nil},
		{"somebody with a wrong pass", header("Cookie", "lotse_pass="+string(ids.NewToken())), nil},
		{"somebody with a wrong session", header("Cookie", "lotse_session="+string(ids.NewToken())), nil},
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
var body = values("text", "Das ist ein Text.", "reason", "Das ist ein Grund.", "why", "spam", "sure", "1", "step", "publish", "title", "Ein Titel mit Worten",
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
		case route.path == "/cases" || route.path == "/duties" || route.path == "/look" || route.path == "/blocks":
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
	var ways []func(string) (string, reply)
	for _, m := range append(w.messages(w.shown.c), w.messages(w.mailed)...) {
		for _, a := range m.Attachments {
			for _, q := range []string{"", "?inline=1"} {
				path := "/attachments/" + a.ID.String() + "/" + url.PathEscape(a.Name) + q
				ways = append(ways, func(string) (string, reply) { return path, w.get(path, as) })
			}
		}
	}
	own := "/files/" + w.shown.attachment + "/x.html"
	ways = append(ways, func(string) (string, reply) { return own, w.shown.get(own) }, func(string) (string, reply) { return own, w.shown.get(own + "?inline=1") })
	if len(ways) < 8 {
		t.Fatalf("only %d files", len(ways))
	}
	for _, ask := range ways {
		path, r := ask("")
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

// enumeration asks for links to what is there and to what is not.
func (w *town) enumeration(t *testing.T) {
	for _, c := range []struct{ path, field, real, fake string }{
		{"/track", "number", w.shown.number, "L-2222-22"}, {"/track", "number", w.trashed.number, "L-2222-23"},
		{"/track", "number", w.restricted.Number, "L-2222-24"}, {"/track", "number", w.erased.number, "L-2222-25"},
		{"/my/link", "email", w.shown.email, newWord() + "@post.example"}, {"/my/link", "email", w.erased.email, newWord() + "@post.example"},
		{"/forgot", "email", w.mails[w.agent.ID], newWord() + "@lindenau.example"},
		{"/signin", "email", w.mails[w.agent.ID], newWord() + "@lindenau.example"},
	} {
		for range 5 { // and the limits are met at the same try
			real, fake := w.do(http.MethodPost, c.path, values(c.field, c.real, "password", "falsch-falsch")), w.do(http.MethodPost, c.path, values(c.field, c.fake, "password", "falsch-falsch"))
			if got, want := real.comparable(c.real), fake.comparable(c.fake); got != want {
				t.Errorf("%s tells %s from what is not there: %s", c.path, c.real, differ(got, want))
			}
		}
	}
	if w.get("/my/"+w.shown.number).comparable(w.shown.number) != w.get("/my/L-2222-22").comparable("L-2222-22") {
		t.Error("/my/{number} tells what is there")
	}
}

// limits tries too often: with one account from many networks, and from one
// network with many accounts.
func (w *town) limits(t *testing.T) {
	ask := func(email string) string {
		return values("email", email, "subject", "Eine Frage", "text", "Ein Text, der lang genug ist.", "key", string(ids.NewToken()))
	}
	for _, c := range []struct {
		path             string
		body             func(account string) string
		account, network int
		one              string
		many             func() string
	}{
		{"/track", func(a string) string { return values("number", a) }, access.TrackLimit.PerAccount, access.TrackLimit.PerNetwork, "L-3333-33", ids.NewNumber},
		{"/my/link", func(a string) string { return values("email", a) }, access.FileLinkLimit.PerAccount, access.FileLinkLimit.PerNetwork, "eins@post.example", func() string { return newWord() + "@post.example" }},
		{"/ask", ask, access.AskLimit.PerAccount, access.AskLimit.PerNetwork, "eins@post.example", func() string { return newWord() + "@post.example" }},
	} {
		for i := range c.account + 1 {
			r := w.do(http.MethodPost, c.path, c.body(c.one))
			if late := i == c.account; (r.status == http.StatusTooManyRequests) != late {
				t.Errorf("%s, try %d of one account: %d", c.path, i+1, r.status)
			}
		}
		for i := range c.network + 1 {
			r := w.do(http.MethodPost, c.path, c.body(c.many()), header("X-Forwarded-For", "198.51.100.7"))
			if late := i == c.network; (r.status == http.StatusTooManyRequests) != late {
				t.Errorf("%s, try %d from one network: %d", c.path, i+1, r.status)
			}
		}
		// Who is not a proxy of ours is not believed: the last address counts.
		if r := w.do(http.MethodPost, c.path, c.body(c.many()), header("X-Forwarded-For", "192.0.2.200, 198.51.100.7")); r.status != http.StatusTooManyRequests {
			t.Errorf("%s: a forged address gets round the limit: %d", c.path, r.status)
		}
	}
}

// cookies looks at every cookie that is set, and at the pages of links.
func (w *town) cookies(t *testing.T) {
	k := w.revised
	check := func(what string, r reply, path string) {
		t.Helper()
		set := (&http.Response{Header: r.header}).Cookies()
		if len(set) == 0 {
			t.Errorf("%s sets no cookie (%d)", what, r.status)
		}
		for _, c := range set {
			if !c.HttpOnly || c.SameSite == http.SameSiteNoneMode || c.SameSite == 0 || c.Path != path || c.Domain != "" || c.Secure {
				t.Errorf("%s: %s", what, c.Raw)
			}
		}
	}
	check("a link", w.do(http.MethodPost, "/l/"+k.link, ""), "/my/"+k.number)
	check("signing in", w.do(http.MethodPost, "/signin", values("email", w.mails[w.boss.ID], "password", housePassword)), "/")
	for _, path := range []string{"/", "/de/", "/ask", "/track", "/my", "/signin", "/l/" + k.link, "/f/x", "/de/search?q=x", "/nirgends", k.thread().Path(), "/my/" + k.number} {
		if r := w.get(path); len(r.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s sets a cookie before anything was opened: %v", path, r.header.Values("Set-Cookie"))
		}
	}
	for _, path := range []string{"/l/" + k.link, "/f/" + k.link, "/reset/" + k.link, "/invite/" + k.link} {
		if policy := w.get(path).header.Get("Referrer-Policy"); policy != "same-origin" { // a browser that can't do without
			t.Errorf("%s: Referrer-Policy %q", path[:3], policy)
		}
		r := w.get(path, header("Sec-Fetch-Site", "none"))
		if r.header.Get("Referrer-Policy") != "no-referrer" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Referrer-Policy %q, Cache-Control %q", path[:3], r.header.Get("Referrer-Policy"), r.header.Get("Cache-Control"))
		}
		if title := between(r.body, "<title>", "</title>"); title == "" || strings.Contains(title, k.link) {
			t.Errorf("%s: title %q", path[:3], title)
		}
	}
	for _, path := range []string{"", "/public", "/public?edit", "/erasure", "/revoke", "/public/back"} {
		r := k.get(path)
		if r.status != http.StatusOK || r.header.Get("Cache-Control") != "no-store" || strings.Contains(between(r.body, "<title>", "</title>"), k.pass) {
			t.Errorf("/my/…%s: %d, %q", path, r.status, r.header.Get("Cache-Control"))
		}
		if path != "" && strings.Contains(r.all(), k.pass) {
			t.Errorf("/my/…%s shows the secret link", path)
		}
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
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
