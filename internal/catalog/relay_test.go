package catalog_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func relayWithOAuth() catalog.RelaySettings {
	return catalog.RelaySettings{Host: "smtp.lindenau.example", Port: 587, Security: catalog.StartTLS, User: "hilfe@lindenau.example", Auth: catalog.ByXOAuth2, Password: "bleibt nicht",
		OAuth: catalog.OAuthSettings{TokenURL: "https://login.example/token", ClientID: "lotse", ClientSecret: "geheim-versand", RefreshToken: "geheim-token", Scope: " a  b "}}
}

func TestRelayForm(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	type f = catalog.AccountForm
	for name, c := range map[string]struct {
		spoil func(*f)
		want  string
	}{
		"by password":        {func(*f) {}, ""},
		"no sign in":         {func(f *f) { f.Relay.User, f.Relay.Password = "", "" }, ""},
		"password of nobody": {func(f *f) { f.Relay.User = "" }, "relay_user"},
		"by token":           {func(f *f) { f.Relay = relayWithOAuth() }, ""},
		"bearer":             {func(f *f) { f.Relay = relayWithOAuth(); f.Relay.Auth = catalog.ByOAuthBearer }, ""},
		"unknown way":        {func(f *f) { f.Relay.Auth = "cram-md5" }, "relay_auth"},
		"token of nobody":    {func(f *f) { f.Relay = relayWithOAuth(); f.Relay.User = "" }, "relay_user"},
		"token in the clear": {func(f *f) { f.Relay = relayWithOAuth(); f.Relay.Security = catalog.NoSecurity }, "relay_security"},
		"no client":          {func(f *f) { f.Relay = relayWithOAuth(); f.Relay.OAuth.ClientID = "" }, "relay_client_id"},
		"no token address":   {func(f *f) { f.Relay = relayWithOAuth(); f.Relay.OAuth.TokenURL = "http://login.example" }, "relay_token_url"},
		"no secrets": {func(f *f) {
			f.Relay = relayWithOAuth()
			f.Relay.OAuth.ClientSecret, f.Relay.OAuth.RefreshToken = "", ""
		}, "relay_refresh_token"},
		"as for fetching":       {func(f *f) { f.Receive = fetched(); f.Relay.SameSignIn = true }, ""},
		"as for nothing":        {func(f *f) { f.Relay.SameSignIn = true }, "relay_auth"},
		"the same in the clear": {func(f *f) { f.Receive = fetched(); f.Relay.SameSignIn, f.Relay.Security = true, catalog.NoSecurity }, "relay_security"},
		"a copy": {func(f *f) {
			f.Receive = fetched()
			f.Sending = &catalog.Sending{SentCopy: true, SentFolder: " Gesendet "}
		}, ""},
		"a copy of what is handed": {func(f *f) { f.Sending = &catalog.Sending{SentCopy: true} }, "sent_copy"},
		"copies into a pattern":    {func(f *f) { f.Receive = fetched(); f.Sending = &catalog.Sending{SentCopy: true, SentFolder: "%"} }, "sent_folder"},
		"a long signature": {func(f *f) {
			f.Sending = &catalog.Sending{Signatures: map[string]string{"en": strings.Repeat("x", 2001)}}
		}, "signature_en"},
		"a signature in Klingon": {func(f *f) { f.Sending = &catalog.Sending{Signatures: map[string]string{"tlh": "x"}} }, "signature"},
	} {
		form := h.form(strings.ReplaceAll(name, " ", "-") + "@lindenau.example")
		c.spoil(&form)
		_, err := h.catalog.CreateAccount(context.Background(), h.admin, form)
		if fields(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestSignIn(t *testing.T) {
	receive := catalog.ReceiveSettings{Way: catalog.ByIMAP, User: "u", Auth: catalog.ByPassword, Password: "p"}
	own := catalog.RelaySettings{Host: "smtp.example", User: "own", Auth: catalog.ByPassword, Password: "secret"}
	same := catalog.RelaySettings{Host: "smtp.example", Auth: catalog.ByPassword, SameSignIn: true}
	for name, c := range map[string]struct {
		receive        catalog.ReceiveSettings
		relay          catalog.RelaySettings
		user, password string
	}{
		"its own":                 {receive, own, "own", "secret"},
		"that of fetching":        {receive, same, "u", "p"},
		"of what is fetched only": {catalog.ReceiveSettings{Way: catalog.BySMTP}, same, "", ""},
	} {
		if got := (catalog.Account{Receive: c.receive, Relay: c.relay}).SignIn(); got.User != c.user || got.Password != c.password || got.Host != "smtp.example" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSendingIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		f := h.form("hilfe@lindenau.example")
		f.Receive, f.Relay = fetched(), relayWithOAuth()
		f.Sending = &catalog.Sending{Signatures: map[string]string{"de": "Ihr Team\n{{brand.name}}  \r\n\r\n", "en": "  "}, NoDetail: true, SentCopy: true, SentFolder: "Gesendet"}
		made, err := h.catalog.CreateAccount(ctx, h.admin, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*catalog.Catalog{h.catalog, h.anotherNode()} {
			full, err := c.Account(ctx, made.ID)
			want := relayWithOAuth()
			want.Password, want.OAuth.Scope = "", "a b"
			if err != nil || full.Relay != want || len(full.Signatures) != 1 || full.Signatures["de"] != "Ihr Team\n{{brand.name}}" || !full.NoDetail || !full.SentCopy || full.SentFolder != "Gesendet" {
				t.Errorf("kept %+v, %v", full, err)
			}
		}
		if text, _ := json.Marshal(made); strings.Contains(string(text), "geheim") || !made.HasRelayClientSecret || !made.HasRelayRefreshToken {
			t.Errorf("a page gets %s", text)
		}
		f.Sending, f.Relay.OAuth.ClientSecret, f.Relay.OAuth.RefreshToken = nil, "", ""
		if changed, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f); err != nil || !changed.NoDetail || changed.Signatures["de"] == "" || !changed.HasRelayRefreshToken {
			t.Errorf("a caller who knows nothing of it changes %+v, %v", changed.Sending, err)
		}
		f.Receive = catalog.ReceiveSettings{Way: catalog.BySMTP}
		if changed, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f); err != nil || changed.SentCopy || !changed.NoDetail {
			t.Errorf("handed over by SMTP: %+v, %v", changed.Sending, err)
		}
		h.catalog.SetSignatureCheck(func(field, text string) error {
			if strings.Contains(text, "{{x}}") {
				return errs.Field(field, "template.fault.unknown")
			}
			return nil
		})
		f.Sending = &catalog.Sending{Signatures: map[string]string{"en": "{{x}}"}}
		if _, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f); fields(err) != "signature_en" {
			t.Errorf("an unknown variable: %v", err)
		}
	})
}

// Whoever may change the server must not learn the secrets that way, neither those of
// sending nor, by way of signing in the same, those of fetching.
func TestRelaySecretsStayWithTheirServer(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	f := h.form("hilfe@lindenau.example")
	f.Receive, f.Relay = fetched(), relayWithOAuth()
	stored, err := h.catalog.CreateAccount(ctx, h.admin, f)
	if err != nil {
		t.Fatal(err)
	}
	type form = catalog.AccountForm
	for name, c := range map[string]struct {
		change func(*form)
		want   string
	}{
		"kept":                      {func(f *form) { f.Relay.Port = 465; f.Relay.Security = catalog.TLS }, ""},
		"tokens elsewhere":          {func(f *form) { f.Relay.Host = "evil.example" }, "relay_refresh_token"},
		"asked elsewhere":           {func(f *form) { f.Relay.OAuth.TokenURL = "https://evil.example/token" }, "relay_refresh_token"},
		"typed again":               {func(f *form) { f.Relay.Host, f.Relay.OAuth.RefreshToken = "mail.example", "neu" }, ""},
		"the same, in the domain":   {func(f *form) { f.Relay.SameSignIn = true }, ""},
		"the same, elsewhere":       {func(f *form) { f.Relay.SameSignIn, f.Relay.Host = true, "evil.example" }, "receive_password"},
		"the same, a neighbour":     {func(f *form) { f.Relay.SameSignIn, f.Relay.Host = true, "smtp.other.example" }, "receive_password"},
		"the same, by its address":  {func(f *form) { f.Relay.SameSignIn, f.Relay.Host = true, "192.0.2.7" }, "receive_password"},
		"the same, elsewhere, anew": {func(f *form) { f.Relay.SameSignIn, f.Relay.Host, f.Receive.Password = true, "mail.example", "neu" }, ""},
		"both moved, nothing is told": {func(f *form) {
			f.Relay.SameSignIn, f.Relay.Host, f.Receive.Host = true, "smtp.evil.example", "imap.evil.example"
		}, "receive_password"},
	} {
		candidate := h.form(stored.Address)
		candidate.Receive, candidate.Relay = stored.Receive, stored.Relay
		c.change(&candidate)
		if _, err := h.catalog.Candidate(ctx, h.admin, stored.ID, &candidate); fields(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestDeleteAccountOfATeam(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		gone := h.account("nie@lindenau.example")
		h.exec("UPDATE teams SET mailbox_id = ? WHERE id = ?", gone.ID, h.team)
		h.exec("INSERT INTO sending_states (account_id, part, ok, step, reason, args, since, checked_at) VALUES (?, 'send', ?, '', '', ?, 1, 1)", gone.ID, false, []byte("null"))
		if _, err := h.catalog.SetAccountActive(ctx, h.admin, gone.ID, false); err != nil {
			t.Fatal(err)
		}
		if err := h.catalog.DeleteAccount(ctx, h.admin, gone.ID); err != nil {
			t.Fatal(err)
		}
		var mailboxes []ids.ID
		if err := d.Read().NewRaw("SELECT mailbox_id FROM teams WHERE mailbox_id IS NOT NULL").Scan(ctx, &mailboxes); err != nil || len(mailboxes) != 0 {
			t.Errorf("teams write from %v, %v", mailboxes, err)
		}
	})
}
