package account_test

import (
	"net/http"
	"strings"
	"testing"

	"lotse/internal/platform/ids"
	"lotse/internal/web/webtest"
)

func TestLanguage(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.SignedIn(webtest.Ada)
		if page := b.Get("/account"); page.Value("language") != "de" {
			t.Errorf("language %q", page.Value("language"))
		}
		page := b.Post("/account/language", "language", "xx")
		want(t, "a language Lotse does not speak", page, http.StatusUnprocessableEntity, "")
		if page.Faults() != "language" {
			t.Errorf("faults %q", page.Faults())
		}
		want(t, "English", b.Post("/account/language", "language", "en"), http.StatusSeeOther, "/account")
		page = b.Get("/account")
		if page.Find("html").AttrOr("lang", "") != "en" || page.Text("#flash") != "Lotse speaks English with you now." {
			t.Errorf("notice %q", page.Text("#flash"))
		}
		if again := b.Get("/account").Text("#flash"); again != "" {
			t.Errorf("the notice stays: %q", again)
		}
	})
}

func TestChangePassword(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b, other := d.SignedIn(webtest.Ada), d.SignedIn(webtest.Ada)
		page := b.Post("/account/password", "old_password", "falsch falsch", "password", newPassword)
		want(t, "the wrong old one", page, http.StatusUnprocessableEntity, "")
		if page.Faults() != "old_password" || !strings.Contains(page.Text("#f-password-hint"), "noch einmal") {
			t.Errorf("faults %q, hint %q", page.Faults(), page.Text("#f-password-hint"))
		}
		page = b.Post("/account/password", "old_password", webtest.Password, "password", "kurz")
		want(t, "a short new one", page, http.StatusUnprocessableEntity, "")
		if page.Faults() != "password" {
			t.Errorf("faults %q", page.Faults())
		}
		page = b.Post("/account/password", "old_password", webtest.Password, "password", newPassword)
		want(t, "a good one", page, http.StatusSeeOther, "/account")
		want(t, "this browser", b.Get("/account"), http.StatusOK, "")
		want(t, "the other one", other.Get("/account"), http.StatusSeeOther, "/signin?next=%2Faccount")
	})
}

func TestPasswordGuessingIsLimited(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.SignedIn(webtest.Ada)
		for range 5 {
			b.Post("/account/password", "old_password", "falsch falsch", "password", newPassword)
		}
		page := b.Post("/account/password", "old_password", webtest.Password, "password", newPassword)
		want(t, "after five failures", page, http.StatusTooManyRequests, "")
		if page.Faults() != "old_password" {
			t.Errorf("faults %q", page.Faults())
		}
	})
}

func TestSessions(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b, phone, third := d.SignedIn(webtest.Ada), d.SignedIn(webtest.Ada), d.SignedIn(webtest.Ada)
		page := b.Get("/account")
		if n := page.Find(".session").Length(); n != 3 {
			t.Fatalf("%d sessions", n)
		}
		if text := page.Text(".sessions"); strings.Count(text, "Dieses Gerät") != 1 || !strings.Contains(text, "Firefox, Linux") || !strings.Contains(text, "192.0.2.0/24") {
			t.Errorf("the list says %q", text)
		}
		end := page.Find(".session form").First().AttrOr("action", "")
		want(t, "ending one", b.Post(end), http.StatusSeeOther, "/account")
		want(t, "ending it again", b.Post(end), http.StatusSeeOther, "/account")
		if n := b.Get("/account").Find(".session").Length(); n != 2 {
			t.Errorf("%d sessions, want 2", n)
		}
		want(t, "ending what is none", b.Post("/account/sessions/x/end"), http.StatusNotFound, "")
		want(t, "ending an unknown one", b.Post("/account/sessions/"+ids.New().String()+"/end"), http.StatusSeeOther, "/account")
		want(t, "ending the others", b.Post("/account/sessions/others"), http.StatusSeeOther, "/account")
		page = b.Get("/account")
		if page.Find(".session").Length() != 1 || page.Find(`[action$="/others"]`).Length() != 0 {
			t.Error("there are others still")
		}
		for _, out := range []*webtest.Browser{phone, third} {
			want(t, "one of the others", out.Get("/account"), http.StatusSeeOther, "/signin?next=%2Faccount")
		}
	})
}
