package account_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"lotse/internal/platform/db/dbtest"
	"lotse/internal/web/webtest"
)

func TestSignIn(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.Browser()
		want(t, "a page for staff", b.Get("/account"), http.StatusSeeOther, "/signin?next=%2Faccount")
		page := b.Get("/signin?next=%2Faccount")
		want(t, "the page", page, http.StatusOK, "")
		if len(page.Cookies) > 0 {
			t.Error("a cookie before sign-in")
		}
		action := page.Find("form").AttrOr("action", "")
		unknown := b.Post(action, "email", "niemand@lindenau.example", "password", "falsch")
		wrong := b.Post(action, "email", webtest.Ada, "password", "falsch")
		want(t, "an unknown address", unknown, http.StatusUnprocessableEntity, "")
		want(t, "a wrong password", wrong, http.StatusUnprocessableEntity, "")
		if unknown.Text("main") != wrong.Text("main") || wrong.Value("email") != webtest.Ada || len(wrong.Cookies) > 0 {
			t.Errorf("one learns who works here: %q, %q", unknown.Text("main"), wrong.Text("main"))
		}
		want(t, "nothing typed", b.Post("/signin"), http.StatusUnprocessableEntity, "")
		page = b.Post(action, "email", " ADA@lindenau.example", "password", webtest.Password)
		want(t, "signing in", page, http.StatusSeeOther, "/account")
		c := page.Cookies[0]
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %+v", c)
		}
		want(t, "the page for who is in", b.Get("/signin"), http.StatusSeeOther, "/cases")
		want(t, "signing out by a link", b.Get("/signout"), http.StatusMethodNotAllowed, "")
		want(t, "signing out", b.Post("/signout"), http.StatusSeeOther, "/signin?out=1")
		want(t, "afterwards", b.Get("/account"), http.StatusSeeOther, "/signin?next=%2Faccount")
		b.Header.Set("Cookie", c.Name+"="+c.Value)
		want(t, "with the old cookie", b.Get("/account"), http.StatusSeeOther, "/signin?next=%2Faccount")
		if page := b.Get("/signin?out=1"); !strings.Contains(page.Text("#flash"), "abgemeldet") {
			t.Error("the page does not say so")
		}
	})
}

func TestNextStaysOnThisDesk(t *testing.T) {
	d := webtest.New(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), mount(t))
	d.Furnish()
	for _, evil := range []string{"//evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example", "https:evil.example", "http:/evil.example",
		"javascript:alert(1)", "data:text/html,x", "///evil.example", "/\t/evil.example", "/\n/evil.example", "evil.example", "//evil.example@desk.example",
		"/\r\nLocation: https://evil.example", " //evil.example", "%2F%2Fevil.example", ""} {
		page := d.Browser().Post("/signin?next="+url.QueryEscape(evil), "email", webtest.Ada, "password", webtest.Password)
		want(t, evil, page, http.StatusSeeOther, "/cases")
	}
	for _, good := range []string{"/account", "/cases?q=1&state=open", "/admin/staff"} {
		page := d.Browser().Post("/signin?next="+url.QueryEscape(good), "email", webtest.Ada, "password", webtest.Password)
		want(t, good, page, http.StatusSeeOther, good)
	}
}

func TestSignInIsLimited(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.Browser()
		for range 5 {
			b.Post("/signin", "email", webtest.Ada, "password", "falsch")
		}
		page := b.Post("/signin", "email", webtest.Ada, "password", webtest.Password)
		want(t, "after five failures", page, http.StatusTooManyRequests, "")
		if !strings.Contains(page.Text(".error-summary"), "15 Minuten") || page.Value("email") != webtest.Ada {
			t.Errorf("the page says %q", page.Text(".error-summary"))
		}
	})
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.SignedIn(webtest.Ada)
		for _, header := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}},
			{"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {""}, "Origin": {"null"}},
		} {
			for _, path := range []string{"/signout", "/signin", "/account/sessions/others", "/setup"} {
				r := httptest.NewRequest(http.MethodPost, webtest.BaseURL+path, strings.NewReader("email="+webtest.Ada))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				other := *b
				other.Header = header
				want(t, path, other.Do(r), http.StatusForbidden, "")
			}
		}
		want(t, "afterwards", b.Get("/account"), http.StatusOK, "")
	})
}

func TestSignInWithTheDatabaseAway(t *testing.T) {
	d := webtest.New(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), mount(t))
	d.Furnish()
	closeDatabase(t, d)
	page := d.Browser().Post("/signin", "email", webtest.Ada, "password", webtest.Password)
	want(t, "signing in", page, http.StatusServiceUnavailable, "")
	token := "/reset/" + strings.Repeat("x", 43)
	want(t, "a link", d.Browser().Get(token), http.StatusServiceUnavailable, "")
	if log := d.Log.String(); strings.Contains(log, token[7:]) || strings.Contains(log, "ada@") || !strings.Contains(log, "/reset/{token}") {
		t.Errorf("the log says %s", log)
	}
}

func closeDatabase(t *testing.T, d *webtest.Desk) {
	t.Helper()
	webtest.Must(t, d.DB.Close())
}
