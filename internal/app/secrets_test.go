package app_test

import (
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/platform/ids"
)

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
	for _, path := range []string{"/", "/de/", "/ask", "/track", "/my", "/signin", "/l/" + k.link, "/f/x", "/d/x", "/de/search?q=x", "/nirgends", k.thread().Path(), "/my/" + k.number} {
		if r := w.get(path); len(r.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s sets a cookie before anything was opened: %v", path, r.header.Values("Set-Cookie"))
		}
	}
	for _, path := range []string{"/l/" + k.link, "/f/" + k.link, "/d/" + k.link, "/reset/" + k.link, "/invite/" + k.link} {
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
