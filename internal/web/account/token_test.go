package account_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/web/webtest"
)

func TestReset(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		old := d.SignedIn(webtest.Ada)
		b := d.Browser()
		want(t, "the page", b.Get("/forgot"), http.StatusOK, "")
		want(t, "nothing typed", b.Post("/forgot"), http.StatusUnprocessableEntity, "")
		want(t, "somebody unknown", b.Post("/forgot", "email", "niemand@lindenau.example"), http.StatusSeeOther, "/forgot?sent=1")
		if d.Notices() != 0 {
			t.Fatal("a mail to nobody")
		}
		want(t, "Ada", b.Post("/forgot", "email", webtest.Ada), http.StatusSeeOther, "/forgot?sent=1")
		want(t, "what comes then", b.Get("/forgot?sent=1"), http.StatusOK, "")
		path := d.Link()
		for range 2 {
			page := b.Get(path)
			want(t, "looking", page, http.StatusOK, "")
			secretHeaders(t, page)
			if got := page.Find("[autocomplete=username]").AttrOr("value", ""); got != webtest.Ada {
				t.Errorf("the page is for %q", got)
			}
		}
		page := b.Post(path, "password", "kurz")
		want(t, "a short password", page, http.StatusUnprocessableEntity, "")
		secretHeaders(t, page)
		page = b.Post(path, "password", newPassword)
		want(t, "a good one", page, http.StatusSeeOther, "/cases")
		secretHeaders(t, page)
		want(t, "signed in", b.Get("/account"), http.StatusOK, "")
		want(t, "the session before", old.Get("/account"), http.StatusSeeOther, "/signin?next=%2Faccount")
		for what, page := range map[string]*webtest.Page{"again": d.Browser().Get(path), "again by POST": d.Browser().Post(path, "password", newPassword), "a guess": d.Browser().Get("/reset/x")} {
			want(t, what, page, http.StatusGone, "")
			secretHeaders(t, page)
			if page.Find(`main a[href="/forgot"]`).Length() != 1 {
				t.Errorf("%s: the page leads nowhere", what)
			}
		}
	})
}

func secretHeaders(t *testing.T, p *webtest.Page) {
	t.Helper()
	if p.Header.Get("Referrer-Policy") != "no-referrer" || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %q, %q", p.Header.Get("Referrer-Policy"), p.Header.Get("Cache-Control"))
	}
}

// A browser that sends no Sec-Fetch-Site would send "Origin: null" from a page
// without referrer, and its form would be refused.
func TestTokenFormWorksOnPlainHTTP(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.Browser()
		b.Post("/forgot", "email", webtest.Ada)
		b.Header.Del("Sec-Fetch-Site")
		path := d.Link()
		if policy := b.Get(path).Header.Get("Referrer-Policy"); policy != "same-origin" {
			t.Errorf("policy %q", policy)
		}
		b.Header.Set("Origin", webtest.BaseURL)
		want(t, "the form", b.Post(path, "password", newPassword), http.StatusSeeOther, "/cases")
	})
}

func TestResetLinkExpires(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.Browser()
		b.Post("/forgot", "email", webtest.Ada)
		path := d.Link()
		d.Clock.Advance(61 * time.Minute)
		want(t, "after an hour", b.Get(path), http.StatusGone, "")
	})
}

func TestForgotIsLimited(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.Browser()
		for range 3 {
			want(t, "asking", b.Post("/forgot", "email", webtest.Ada), http.StatusSeeOther, "/forgot?sent=1")
		}
		page := b.Post("/forgot", "email", webtest.Ada)
		want(t, "asking too often", page, http.StatusTooManyRequests, "")
		if !strings.Contains(page.Text(".error-summary"), "60 Minuten") {
			t.Errorf("the page says %q", page.Text(".error-summary"))
		}
	})
}

func TestInvite(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		ada, err := d.Kit.Staff.SignIn(context.Background(), webtest.Ada, webtest.Password, "192.0.2.1")
		webtest.Must(t, err)
		hostile := `Neo <img src=x onerror=alert(1)>`
		_, err = d.Kit.Staff.Invite(context.Background(), d.Actor(ada.ID), "neo@lindenau.example", hostile, access.Agent, nil)
		webtest.Must(t, err)
		path := d.Link()
		b := d.Browser()
		b.Header.Set("Accept-Language", "en")
		for range 2 {
			page := b.Get(path)
			want(t, "looking", page, http.StatusOK, "")
			secretHeaders(t, page)
			if page.Value("name") != hostile || page.Find("main img").Length() > 0 {
				t.Errorf("name %q", page.Value("name"))
			}
			if page.Find("html").AttrOr("lang", "") != "de" {
				t.Error("the page does not speak the language of who is invited")
			}
		}
		if lang := b.Get(path+"?lang=en").Find("html").AttrOr("lang", ""); lang != "en" {
			t.Errorf("who chooses English gets %q", lang)
		}
		page := b.Post(path, "name", "", "password", "kurz")
		want(t, "wrong twice", page, http.StatusUnprocessableEntity, "")
		if page.Faults() != "name password" {
			t.Errorf("faults %q", page.Faults())
		}
		if said := page.Text(".error-summary"); !strings.Contains(said, "Das Passwort ist zu kurz") {
			t.Errorf("the faults are in another language than the page: %q", said)
		}
		page = b.Post(path, "name", "Neo Mann", "password", newPassword)
		want(t, "accepting", page, http.StatusSeeOther, "/cases")
		page = b.Get("/account")
		if page.Status != http.StatusOK || !strings.Contains(page.Text(".page-lead"), "Neo Mann") {
			t.Errorf("afterwards: %d %q", page.Status, page.Text(".page-lead"))
		}
		want(t, "again", d.Browser().Get(path), http.StatusGone, "")
		want(t, "again by POST", d.Browser().Post(path, "name", "Eve", "password", newPassword), http.StatusGone, "")
	})
}
