package admin_test

import (
	"strings"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/web/webtest"
)

func TestMailboxSends(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		if page := d.Get("/admin/mailboxes/new"); page.Value("relay_auth") != "password" {
			t.Error("the page does not suggest the usual")
		}
		more := []string{"relay_auth", "xoauth2", "relay_token_url", "https://login.example/versand", "relay_client_id", "lotse-versand", "relay_client_secret", "geheimes Versandwort", "relay_refresh_token", "",
			"relay_scope", "senden", "signature_de", "Ihr Netz-Team\r\n{{brand.name}}", "signature_en", "", "no_detail", "1", "sent_copy", "1", "sent_folder", "Gesendet"}
		page := d.Post("/admin/mailboxes/new", append(d.imapForm(t), more...)...)
		a := d.stored(t, "abo@lindenau.example")
		path := "/admin/mailboxes/" + a.ID.String()
		page = d.saved(t, "creating", page, path, "Testmail")
		if a.Relay.Auth != catalog.ByXOAuth2 || a.Relay.OAuth.ClientSecret != "geheimes Versandwort" || a.Relay.OAuth.Scope != "senden" || a.Relay.Password != "" {
			t.Errorf("it signs in by %+v", a.Relay)
		}
		if a.Signatures["de"] != "Ihr Netz-Team\n{{brand.name}}" || !a.NoDetail || !a.SentCopy || a.SentFolder != "Gesendet" {
			t.Errorf("it sends as %+v", a.Sending)
		}
		if strings.Contains(page.Body, "geheimes") || !strings.Contains(page.Text("#f-relay_client_secret-hint"), "Gespeichert") || page.Value("relay_auth") != "xoauth2" ||
			page.Value("relay_client_id") != "lotse-versand" || !strings.Contains(page.Value("signature_de"), "{{brand.name}}") || page.Find("#f-sent_copy[checked]").Length() != 1 {
			t.Error("the page holds a secret, or does not show what is stored")
		}
		more[7] = "" // the client secret
		refused(t, "elsewhere without secrets", d.Post(path, append(d.imapForm(t, "relay_host", "evil.example", "receive_client_secret", "", "receive_refresh_token", ""), more...)...), "relay_refresh_token")
		same := append(d.imapForm(t, "receive_client_secret", "", "receive_refresh_token", ""), "relay_auth", "same")
		d.saved(t, "as for fetching", d.Post(path, same...), path, "gespeichert")
		if a = d.stored(t, "abo@lindenau.example"); !a.Relay.SameSignIn || a.Relay.OAuth.ClientSecret != "" || a.SignIn().OAuth.RefreshToken != "geheimes Token" || a.SentCopy || a.NoDetail || len(a.Signatures) != 0 {
			t.Errorf("it became %+v, %+v", a.Relay, a.Sending)
		}
		refused(t, "as for nothing", d.Post(path, append(mailboxForm(d.team(t)), "receive", "smtp", "relay_auth", "same")...), "relay_auth")
		refused(t, "a long signature", d.Post(path, append(mailboxForm(d.team(t)), "signature_en", strings.Repeat("x", 3000))...), "signature_en")
	})
}

// What does not leave is said as loudly as what does not come in.
func TestMailboxCannotSend(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		path := d.mailbox(t)
		id := d.stored(t, "hilfe@lindenau.example").ID
		fault := mailbox.Result{Step: mailbox.SignIn, Key: "mail.probe.auth", Args: map[string]any{"Host": "smtp.lindenau.example", "Words": "535 " + hostile}}
		_, err := d.boxes.NoteSending(t.Context(), id, mailbox.SendPart, fault)
		webtest.Must(t, err)
		page := d.Get(path)
		if !contains(page.Text("#health"), "Versand: Anmeldung abgelehnt", hostile) || !strings.Contains(page.Text(".page-header"), "Gestört") {
			t.Errorf("the page says %q", page.Text("#health"))
		}
		d.Clock.Advance(2 * time.Minute)
		if page = d.Get("/admin/mailboxes"); !contains(page.Text("tbody"), "Versand: Anmeldung abgelehnt", "Ausgefallen") || !contains(page.Body, "hilfe@lindenau.example: E-Mails gehen nicht hinaus.") {
			t.Errorf("the list says %q", page.Text("tbody"))
		}
	})
}
