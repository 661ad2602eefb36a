package admin_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web/webtest"
)

func contains(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// mailboxForm is a mailbox's form filled in rightly.
func mailboxForm(team ids.ID, changed ...string) []string {
	form := []string{"team", team.String(), "address", "abo@lindenau.example", "aliases", "tickets@lindenau.example\r\n\r\nkarten@lindenau.example", "name", "Abo-Service", "language", "en",
		"relay_host", "smtp.lindenau.example", "relay_port", "587", "relay_security", "starttls", "relay_user", "lotse", "relay_password", "noch ein Relaywort"}
	for i := 0; i < len(changed); i += 2 {
		for j := 0; j < len(form); j += 2 {
			if form[j] == changed[i] {
				form[j+1] = changed[i+1]
			}
		}
	}
	return form
}

func (d *desk) stored(t *testing.T, address string) catalog.Account {
	t.Helper()
	all, err := d.Kit.Catalog.Accounts(context.Background(), "email")
	webtest.Must(t, err)
	for _, a := range all {
		if a.Address == address {
			return a
		}
	}
	t.Fatalf("no mailbox %q", address)
	return catalog.Account{}
}

func TestCreateMailbox(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		page := d.Get("/admin/mailboxes/new")
		if page.Value("name") != "Stadtwerke Lindenau" || page.Value("relay_port") != "587" || page.Value("relay_security") != "starttls" {
			t.Error("the page does not suggest the usual")
		}
		page = d.Post("/admin/mailboxes/new", mailboxForm(ids.New(), "address", hostile, "aliases", "x", "relay_host", "", "relay_port", "0", "relay_security", "none")...)
		refused(t, "wrong in many ways", page, "address aliases relay_host relay_security relay_port")
		if page.Value("address") != hostile || page.Value("aliases") != "x" || page.Value("relay_user") != "lotse" || page.Value("name") != "Abo-Service" {
			t.Error("what was typed is lost")
		}
		refused(t, "an unknown team", d.Post("/admin/mailboxes/new", mailboxForm(ids.New())...), "team")
		refused(t, "an address that is taken", d.Post("/admin/mailboxes/new", mailboxForm(d.team(t), "address", "hilfe@lindenau.example")...), "address")
		refused(t, "an alias that is taken", d.Post("/admin/mailboxes/new", mailboxForm(d.team(t), "aliases", "hilfe@lindenau.example")...), "aliases")

		page = d.Post("/admin/mailboxes/new", mailboxForm(d.team(t), "name", hostile)...)
		a := d.stored(t, "abo@lindenau.example")
		page = d.saved(t, "creating", page, "/admin/mailboxes/"+a.ID.String(), "Testmail")
		if a.Relay.Password != "noch ein Relaywort" || len(a.Aliases) != 2 || a.Language != "en" || page.Value("name") != hostile {
			t.Errorf("mailbox %+v", a)
		}
		if strings.Contains(page.Body, "Relaywort") || !strings.Contains(page.Text("#f-relay_password-hint"), "gespeichert") {
			t.Error("the page holds the password, or does not say that there is one")
		}
		if list := d.Get("/admin/mailboxes"); !contains(list.Text("tbody"), "abo@lindenau.example", "hilfe@lindenau.example", "In Betrieb", "Service") {
			t.Errorf("the list says %q", list.Text("tbody"))
		}
	})
}

func TestChangeMailbox(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		path := d.mailbox(t)
		change := func(changed ...string) *webtest.Page {
			return d.Post(path, mailboxForm(d.team(t), append([]string{"relay_password", ""}, changed...)...)...)
		}
		d.saved(t, "without a password", change(), path, "gespeichert")
		if got := d.stored(t, "abo@lindenau.example").Relay.Password; got != "geheimes Relaywort" {
			t.Errorf("the password became %q", got)
		}
		refused(t, "another server without a password", change("relay_host", "evil.example"), "relay_password")
		d.saved(t, "with one", change("relay_password", "ein neues"), path, "gespeichert")
		if got := d.stored(t, "abo@lindenau.example").Relay.Password; got != "ein neues" {
			t.Errorf("the password became %q", got)
		}
		page := d.saved(t, "without a user", change("relay_user", ""), path, "gespeichert")
		if got := d.stored(t, "abo@lindenau.example").Relay.Password; got != "" || !strings.Contains(page.Text("#f-relay_password-hint"), "kein Passwort") {
			t.Errorf("the password is %q", got)
		}
		page = d.saved(t, "switching off", d.Post(path+"/active", "active", "0"), path, "abgeschaltet")
		if d.stored(t, "abo@lindenau.example").Active || !strings.Contains(page.Text(".page-header"), "Abgeschaltet") {
			t.Error("it is on")
		}
		d.saved(t, "switching on", d.Post(path+"/active", "active", "1"), path, "in Betrieb")
	})
}

func TestTestMail(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		path := d.mailbox(t)
		d.saved(t, "a test mail", d.Post(path+"/test"), path, webtest.Ada)
		if d.testedTo != webtest.Ada || d.testedBy.ID != d.ada.ID || "/admin/mailboxes/"+d.tested.String() != path {
			t.Errorf("sent to %q by %q", d.testedTo, d.testedBy.Name)
		}

		d.testError = errs.Field("user", "mail.probe.auth", "Words", "535 "+hostile, "Host", "smtp.lindenau.example", "Port", 587)
		page := d.Post(path + "/test")
		refused(t, "a password that is wrong", page, "relay_user")
		if !contains(page.Text("#f-relay_user-error"), "Anmeldung am Mailserver", hostile) || !strings.Contains(page.Text("#test"), "nicht hinaus") {
			t.Errorf("the page says %q", page.Text("#f-relay_user-error"))
		}
		if page.Value("address") != "hilfe@lindenau.example" || strings.Contains(page.Text("#f-relay_password-hint"), "noch einmal") {
			t.Error("the form does not show what is stored")
		}

		d.testError = errs.New(errs.Unavailable, "delivery.no_account")
		page = d.Post(path + "/test")
		refused(t, "an error without a field", page, "test")
		if !strings.Contains(page.Text("#test"), "kein Postfach") {
			t.Errorf("the page says %q", page.Text("#test"))
		}

		d.testError = errs.New(errs.Forbidden, "access.forbidden")
		want(t, "not allowed", d.Post(path+"/test"), http.StatusForbidden, "")
		d.testError = errors.New("broken")
		want(t, "a fault of ours", d.Post(path+"/test"), http.StatusInternalServerError, "")
	})
}

func TestBrand(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		page := d.Get("/admin/brand")
		if page.Value("brand_name") != "Stadtwerke Lindenau" || page.Value("undo_seconds") != "10" || page.Value("acknowledge") != "yes" {
			t.Error("the page does not show what is stored")
		}
		page = d.Post("/admin/brand", "brand_name", "", "host", "https://x/y", "language", "xx")
		refused(t, "wrong in three ways", page, "brand_name host language")
		if page.Value("host") != "https://x/y" || page.Value("undo_seconds") != "10" {
			t.Error("what was typed is lost")
		}
		page = d.saved(t, "the face", d.Post("/admin/brand", "brand_name", hostile, "host", "Hilfe.Lindenau.example", "language", "en"), "/admin/brand", "Auftritt")
		if page.Value("brand_name") != hostile || page.Value("host") != "hilfe.lindenau.example" || page.Value("language") != "en" {
			t.Errorf("brand %q", page.Value("brand_name"))
		}
		for _, wrong := range []string{"121", "-1", "zehn", "", "1.5"} {
			page = d.Post("/admin/brand/answers", "undo_seconds", wrong, "acknowledge", "no")
			refused(t, wrong+" seconds", page, "undo_seconds")
			if page.Value("undo_seconds") != wrong || page.Value("acknowledge") != "no" || page.Value("brand_name") != hostile {
				t.Error("what was typed is lost")
			}
		}
		page = d.saved(t, "the answers", d.Post("/admin/brand/answers", "undo_seconds", "0", "acknowledge", "no"), "/admin/brand", "Antworten")
		if page.Value("undo_seconds") != "0" || page.Value("acknowledge") != "no" {
			t.Errorf("answers %q %q", page.Value("undo_seconds"), page.Value("acknowledge"))
		}
	})
}
