package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/web/webtest"
)

// imapForm is the form of a mailbox that is fetched by OAuth, filled in rightly.
func (d *desk) imapForm(t *testing.T, changed ...string) []string {
	form := append(mailboxForm(d.team(t)), "receive", "imap", "receive_host", "imap.lindenau.example", "receive_port", "993", "receive_security", "tls", "receive_user", "abo@lindenau.example",
		"receive_auth", "xoauth2", "receive_password", "", "receive_token_url", "https://login.example/token", "receive_client_id", "lotse", "receive_client_secret", "geheimes Clientwort",
		"receive_refresh_token", "geheimes Token", "receive_scope", "mail", "receive_folder", "INBOX", "receive_since", "day", "receive_day", "2026-01-31")
	for i := 0; i < len(changed); i += 2 {
		for j := 0; j < len(form); j += 2 {
			if form[j] == changed[i] {
				form[j+1] = changed[i+1]
			}
		}
	}
	return form
}

func TestFetchedMailbox(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		if page := d.Get("/admin/mailboxes/new"); page.Value("receive") != "smtp" || page.Value("receive_port") != "993" || page.Value("receive_since") != "now" {
			t.Error("the page does not suggest the usual")
		}
		page := d.Post("/admin/mailboxes/new", d.imapForm(t, "receive_host", "", "receive_token_url", "http://login.example", "receive_client_id", "", "receive_day", "")...)
		refused(t, "wrong in many ways", page, "receive_host receive_token_url receive_client_id receive_since")
		if page.Value("receive") != "imap" || page.Value("receive_auth") != "xoauth2" || page.Value("receive_since") != "day" || page.Value("receive_scope") != "mail" {
			t.Error("what was chosen is lost")
		}
		page = d.Post("/admin/mailboxes/new", d.imapForm(t)...)
		a := d.stored(t, "abo@lindenau.example")
		path := "/admin/mailboxes/" + a.ID.String()
		page = d.saved(t, "creating", page, path, "Testmail")
		if a.Receive.Way != catalog.ByIMAP || a.Receive.OAuth.RefreshToken != "geheimes Token" || a.Receive.Since != "2026-01-31" {
			t.Errorf("stored %+v", a.Receive)
		}
		if strings.Contains(page.Body, "geheimes") || !strings.Contains(page.Text("#f-receive_refresh_token-hint"), "Gespeichert") || page.Value("receive_day") != "2026-01-31" {
			t.Error("the page holds a secret, or does not say what is stored")
		}
		d.saved(t, "without secrets", d.Post(path, d.imapForm(t, "receive_client_secret", "", "receive_refresh_token", "", "relay_password", "")...), path, "gespeichert")
		if got := d.stored(t, "abo@lindenau.example").Receive.OAuth; got.RefreshToken != "geheimes Token" || got.ClientSecret != "geheimes Clientwort" {
			t.Errorf("the secrets became %+v", got)
		}
		refused(t, "elsewhere without secrets", d.Post(path, d.imapForm(t, "receive_host", "evil.example", "receive_client_secret", "", "receive_refresh_token", "", "relay_password", "")...), "receive_refresh_token")
		d.saved(t, "handed over again", d.Post(path, d.imapForm(t, "receive", "smtp")...), path, "gespeichert")
		if got := d.stored(t, "abo@lindenau.example").Receive; got != (catalog.ReceiveSettings{Way: catalog.BySMTP}) {
			t.Errorf("it keeps %+v", got)
		}
	})
}

func TestPreset(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		page := d.Post("/admin/mailboxes/new/preset", d.imapForm(t, "receive_user", "", "relay_user", "")...)
		refused(t, "no provider", page, "preset")
		for _, c := range []struct{ preset, in, out, port, auth string }{
			{"google", "imap.gmail.com", "smtp.gmail.com", "587", "xoauth2"}, {"microsoft", "outlook.office365.com", "smtp.office365.com", "587", "xoauth2"},
			{"ionos", "imap.ionos.de", "smtp.ionos.de", "465", "password"}, {"gmx", "imap.gmx.net", "mail.gmx.net", "587", "password"},
			{"webde", "imap.web.de", "smtp.web.de", "587", "password"}, {"strato", "imap.strato.de", "smtp.strato.de", "465", "password"},
			{"other", "imap.lindenau.example", "smtp.lindenau.example", "465", "password"},
		} {
			page = d.Post("/admin/mailboxes/new/preset", append(d.imapForm(t, "receive", "smtp", "receive_user", "", "relay_user", ""), "preset", c.preset)...)
			if page.Status != http.StatusOK || page.Value("receive") != "imap" || page.Value("receive_host") != c.in || page.Value("relay_host") != c.out || page.Value("relay_port") != c.port ||
				page.Value("receive_auth") != c.auth || page.Value("receive_user") != "abo@lindenau.example" || page.Value("name") != "Abo-Service" || page.Value("preset") != c.preset {
				t.Errorf("%s: %d %q %q %q", c.preset, page.Status, page.Value("receive_host"), page.Value("relay_host"), page.Value("receive_auth"))
			}
		}
		path := d.mailbox(t)
		page = d.Post(path+"/preset", append(d.imapForm(t), "preset", "gmx")...)
		if page.Value("receive_host") != "imap.gmx.net" || !strings.Contains(page.Text("#servers"), "GMX") || d.stored(t, "hilfe@lindenau.example").Receive.Way != catalog.BySMTP {
			t.Error("a preset of a stored mailbox")
		}
	})
}

func TestCheckConnection(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.steps = []mailbox.Result{{Step: mailbox.Lookup, OK: true}, {Step: mailbox.Connect, OK: true},
			{Step: mailbox.SignIn, Field: "receive_user", Key: "mail.probe.auth", Args: map[string]any{"Host": "imap.lindenau.example", "Words": "NO " + hostile}}}
		page := d.Post("/admin/mailboxes/new/check", d.imapForm(t)...)
		refused(t, "a password that is wrong", page, "receive_user")
		if d.tried.OAuth.RefreshToken != "geheimes Token" || page.Find("#check .steps li[data-tone=success]").Length() != 5 || page.Find("#check .steps li[data-tone=danger]").Length() != 1 {
			t.Errorf("tried %+v: %q", d.tried, page.Text("#check"))
		}
		if !contains(page.Text("#check"), "Servername gefunden", "Anmeldung abgelehnt", hostile) || page.Value("receive_folder") != "INBOX" {
			t.Errorf("the page says %q", page.Text("#check"))
		}
		if all, _ := d.Kit.Catalog.Accounts(context.Background(), "email"); len(all) != 1 {
			t.Error("trying stores")
		}

		d.steps = d.steps[:2]
		if page = d.Post("/admin/mailboxes/new/check", d.imapForm(t)...); page.Status != http.StatusOK || !contains(page.Text("#check"), "Alle Schritte") {
			t.Errorf("%d %q", page.Status, page.Text("#check"))
		}
		page = d.Post(d.mailbox(t)+"/check", mailboxForm(d.team(t), "address", "hilfe@lindenau.example", "relay_password", "")...)
		if page.Status != http.StatusOK || !contains(page.Text("#check"), "Schicken Sie zur Probe") {
			t.Errorf("by SMTP: %d %q", page.Status, page.Text("#check"))
		}
		refused(t, "a form that is wrong", d.Post("/admin/mailboxes/new/check", d.imapForm(t, "receive_host", "x y")...), "receive_host")

		d.Browser.Header.Set("HX-Request", "true")
		page = d.Post("/admin/mailboxes/new/check", d.imapForm(t, "receive_host", "x y")...)
		if !contains(page.Text("#check"), "kein Servername") {
			t.Errorf("a script is told %q", page.Text("#check"))
		}
	})
}

func TestMailboxThatFails(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.Post("/admin/mailboxes/new", d.imapForm(t)...)
		a := d.stored(t, "abo@lindenau.example")
		path := "/admin/mailboxes/" + a.ID.String()
		if list := d.Get("/admin/mailboxes"); !contains(list.Text("tbody"), "Wird verbunden", "In Betrieb", "IMAP, imap.lindenau.example") {
			t.Errorf("the list says %q", list.Text("tbody"))
		}
		webtest.Must(t, d.boxes.Note(ctx, a.ID, mailbox.Result{Step: mailbox.Read, OK: true}, 1234))
		if page := d.Get(path); !contains(page.Text("#health"), "1.234") || page.Find("#alarms .notice").Length() != 0 {
			t.Errorf("a mailbox that works: %q", page.Text("#health"))
		}
		why := mailbox.Result{Step: mailbox.SignIn, Key: "mail.probe.auth", Args: map[string]any{"Host": "imap.lindenau.example", "Words": "NO " + hostile}}
		webtest.Must(t, d.boxes.Note(ctx, a.ID, why, 0))
		if page := d.Get(path); !contains(page.Text("#health"), "Anmeldung abgelehnt", hostile) || page.Find("#alarms .notice").Length() != 0 {
			t.Errorf("a moment later: %q", page.Text("#health"))
		}
		d.Clock.Advance(mailbox.AlarmAfter + time.Second)
		page := d.Get("/admin/staff")
		if !contains(page.Text("#alarms"), "abo@lindenau.example", "keine E-Mails", "Anmeldung abgelehnt") || page.Find("#alarms a").AttrOr("href", "") != path {
			t.Errorf("the alarm says %q", page.Text("#alarms"))
		}
		if list := d.Get("/admin/mailboxes"); !contains(list.Text("tbody"), "Ausgefallen", "Anmeldung abgelehnt") {
			t.Errorf("the list says %q", list.Text("tbody"))
		}
		d.Person(d.ada, "Ben", access.Agent)
		d.Person(d.ada, "Lea", access.Lead)
		lead, agent := d.SignedIn("lea@lindenau.example"), d.SignedIn("ben@lindenau.example")
		if page := lead.Get("/alarms"); !contains(page.Text("main"), "abo@lindenau.example", "Administration", hostile) || page.Find("main a[href^='/admin']").Length() != 0 {
			t.Errorf("a lead reads %q", page.Text("#alarms"))
		}
		want(t, "an agent", agent.Get("/alarms"), http.StatusForbidden, "")
		want(t, "a stranger", d.Desk.Browser().Get("/alarms"), http.StatusSeeOther, "/signin?next=%2Falarms")
		d.saved(t, "switching off", d.Post(path+"/active", "active", "0"), path, "abgeschaltet")
		if page := d.Get("/alarms"); strings.TrimSpace(page.Text("#alarms")) != "" {
			t.Errorf("switched off: %q", page.Text("#alarms"))
		}
	})
}

func TestDeleteMailbox(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Post("/admin/mailboxes/new", d.imapForm(t)...)
		path := "/admin/mailboxes/" + d.stored(t, "abo@lindenau.example").ID.String()
		want(t, "one that is on", d.Post(path+"/delete"), http.StatusConflict, "")
		d.Post(path+"/active", "active", "0")
		page := d.saved(t, "deleting", d.Post(path+"/delete"), "/admin/mailboxes", "gelöscht")
		if contains(page.Text("tbody"), "abo@lindenau.example") {
			t.Error("it is still there")
		}
		want(t, "its page", d.Get(path), http.StatusNotFound, "")
	})
}
