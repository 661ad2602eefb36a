package account_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/digest"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/seal"
	"lotse/internal/web/webtest"
)

func TestDigestIsChosen(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b := d.SignedIn(webtest.Ada)
		if page := b.Get("/account"); page.Value("rhythm") != "never" {
			t.Errorf("nobody gets it unasked: %q", page.Value("rhythm"))
		}
		page := b.Post("/account/digest", "rhythm", "hourly")
		want(t, "a rhythm there is not", page, http.StatusUnprocessableEntity, "")
		if page.Faults() != "rhythm" {
			t.Errorf("faults %q", page.Faults())
		}
		for _, rhythm := range []string{"daily", "weekly", "never"} {
			want(t, rhythm, b.Post("/account/digest", "rhythm", rhythm), http.StatusSeeOther, "/account")
			if page := b.Get("/account"); page.Value("rhythm") != rhythm || page.Text("#flash") == "" {
				t.Errorf("%s: %q %q", rhythm, page.Value("rhythm"), page.Text("#flash"))
			}
		}
	})
}

func TestUnsubscribe(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		ctx := context.Background()
		b, stranger := d.SignedIn(webtest.Ada), d.Browser()
		s, err := seal.Load(ctx, d.DB, d.Clock)
		webtest.Must(t, err)
		who, err := d.Kit.Staff.SignIn(ctx, webtest.Ada, webtest.Password, "192.0.2.1")
		webtest.Must(t, err)
		ada := who.ID
		path := "/unsubscribe/" + digest.New(digest.Parts{Seal: s}).Token(ada)
		chosen := func() string { return b.Get("/account").Value("rhythm") }
		b.Post("/account/digest", "rhythm", "daily")

		page := stranger.Get(path)
		want(t, "looking", page, http.StatusOK, "")
		if chosen() != "daily" || page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("Referrer-Policy") == "" || page.Find("form button").Length() != 1 {
			t.Errorf("looking has ended it, or the address gets about: %v", page.Header)
		}
		want(t, "with the button", stranger.Post(path), http.StatusOK, "")
		if chosen() != "never" {
			t.Error("the button ended nothing")
		}

		b.Post("/account/digest", "rhythm", "weekly")
		r := httptest.NewRequest(http.MethodPost, webtest.BaseURL+path, strings.NewReader("List-Unsubscribe=One-Click")) // RFC 8058 §3.1
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		program := d.Browser()
		program.Header = http.Header{}
		want(t, "by a mail program", program.Do(r), http.StatusOK, "")
		if chosen() != "never" {
			t.Error("the mail program ended nothing")
		}
		want(t, "once more", stranger.Post(path), http.StatusOK, "")
		if page := stranger.Get(path); page.Status != http.StatusOK || page.Find("main form").Length() != 0 || page.Find(`main a[href="/account"]`).Length() != 1 {
			t.Errorf("what has ended can be ended again: %d %s", page.Status, page.Text("main"))
		}
		for _, wrong := range []string{path + "x", "/unsubscribe/" + ada.String(), "/unsubscribe/x.y", strings.Replace(path, ada.String()[:4], "0000", 1)} {
			page := stranger.Get(wrong)
			want(t, wrong, page, http.StatusNotFound, "")
			if page.Find(`main a[href="/account"]`).Length() != 1 {
				t.Errorf("%s shows no other way: %s", wrong, page.Text("main"))
			}
			want(t, wrong, stranger.Post(wrong), http.StatusNotFound, "")
		}
		if strings.Contains(d.Log.String(), ada.String()+".") {
			t.Error("the log holds a token")
		}
	})
}

func TestDigestIsStaffs(t *testing.T) {
	d := webtest.New(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), mount(t))
	d.Furnish()
	choices := digest.New(digest.Parts{DB: d.DB, Clock: d.Clock, Staff: d.Kit.Staff})
	if err := choices.Choose(context.Background(), access.Actor{}, digest.Daily); err == nil {
		t.Error("nobody has a choice")
	}
	want(t, "a stranger", d.Browser().Post("/account/digest", "rhythm", "daily"), http.StatusUnauthorized, "")
}
