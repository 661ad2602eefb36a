package account_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"lotse/internal/platform/db/dbtest"
	"lotse/internal/web/webtest"
)

func TestSetup(t *testing.T) {
	empty(t, func(t *testing.T, d *webtest.Desk) {
		b := d.Browser()
		want(t, "any page of an empty desk", b.Get("/signin"), http.StatusSeeOther, "/setup")
		page := b.Get("/setup")
		want(t, "the setup page", page, http.StatusOK, "")
		if page.Value("relay_port") != "587" || page.Value("relay_security") != "starttls" || page.Value("language") != "de" || page.Value("region") != "DE" {
			t.Error("the page does not suggest the usual")
		}
		page = b.Post("/setup", d.SetupForm()...)
		want(t, "setting up", page, http.StatusSeeOther, "/admin/mailboxes")
		if len(page.Cookies) != 1 {
			t.Fatal("the administrator is not signed in")
		}
		if account := b.Get("/account"); account.Status != http.StatusOK || !strings.Contains(account.Text("#flash"), "Testmail") {
			t.Errorf("afterwards: %d, notice %q", account.Status, account.Text("#flash"))
		}
		want(t, "the page again", b.Get("/setup"), http.StatusNotFound, "")
		want(t, "a second set-up", d.Browser().Post("/setup", d.SetupForm()...), http.StatusNotFound, "")
		if in := d.SignedIn(webtest.Ada); in == nil {
			t.Error("the administrator can't sign in")
		}
	})
}

func TestSetupSaysAllThatIsWrong(t *testing.T) {
	empty(t, func(t *testing.T, d *webtest.Desk) {
		hostile := `"><script>alert(1)</script>`
		typed := with(d.SetupForm(), "code", "2222-2222", "name", hostile, "email", "ada@", "password", "kurz", "address", hostile,
			"relay_port", "abc", "relay_security", "none", "brand_name", "")
		page := d.Browser().Post("/setup", typed...)
		want(t, "wrong in many ways", page, http.StatusUnprocessableEntity, "")
		if got, expect := page.Faults(), "code email password brand_name address relay_port relay_security"; got != expect &&
			got != strings.Replace(expect, " relay_port relay_security", " relay_security relay_port", 1) {
			t.Errorf("faults %q, want %q", got, expect)
		}
		for name, value := range map[string]string{"name": hostile, "email": "ada@", "address": hostile, "relay_port": "abc", "relay_security": "none", "region": "DE-SN", "relay_user": "lotse"} {
			if got := page.Value(name); got != value {
				t.Errorf("%s holds %q, typed was %q", name, got, value)
			}
		}
		if strings.Contains(page.Body, "geheimes Relaywort") || strings.Contains(page.Body, "<script>alert") {
			t.Error("the page holds a password or a script that was typed")
		}
		want(t, "nothing was set up", d.Browser().Get("/signin"), http.StatusSeeOther, "/setup")
		english := d.Browser().Post("/setup?lang=en", typed...)
		if lang := english.Find("html").AttrOr("lang", ""); lang != "en" || english.Find("form").AttrOr("action", "") != "/setup?lang=en" {
			t.Errorf("the language chosen is forgotten: %q", lang)
		}
	})
}

func TestSetupCodeIsLimited(t *testing.T) {
	d := webtest.New(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), mount(t))
	b, typed := d.Browser(), with(d.SetupForm(), "code", "2222-2222")
	for range 10 {
		want(t, "a wrong code", b.Post("/setup", typed...), http.StatusUnprocessableEntity, "")
	}
	page := b.Post("/setup", d.SetupForm()...)
	want(t, "after ten", page, http.StatusTooManyRequests, "")
	if !strings.Contains(page.Text(".error-summary"), "15 Minuten") || page.Value("brand_name") != "Stadtwerke Lindenau" {
		t.Errorf("the page says %q", page.Text(".error-summary"))
	}
}

func TestSetupOnceInARace(t *testing.T) {
	empty(t, func(t *testing.T, d *webtest.Desk) {
		typed := d.SetupForm()
		var all sync.WaitGroup
		var mu sync.Mutex
		got := map[int]int{}
		for range 4 {
			all.Go(func() {
				page := d.Browser().Post("/setup", typed...)
				mu.Lock()
				defer mu.Unlock()
				got[page.Status]++
			})
		}
		all.Wait()
		if got[http.StatusSeeOther] != 1 || got[http.StatusConflict]+got[http.StatusNotFound] != 3 {
			t.Errorf("answers %v: one sets the desk up, three come late", got)
		}
	})
}
