package catalog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func fetched() catalog.ReceiveSettings {
	return catalog.ReceiveSettings{Way: catalog.ByIMAP, Host: " IMAP.Lindenau.example. ", Port: 993, Security: catalog.TLS, User: "hilfe@lindenau.example", Auth: catalog.ByPassword, Password: "geheim-imap"}
}

func withOAuth() catalog.ReceiveSettings {
	r := fetched()
	r.Auth, r.Password = catalog.ByXOAuth2, ""
	r.OAuth = catalog.OAuthSettings{TokenURL: " https://login.example/token ", ClientID: "lotse", ClientSecret: "geheim-client", RefreshToken: "geheim-token", Scope: " a  b "}
	return r
}

func TestReceiveForm(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	type r = catalog.ReceiveSettings
	for name, c := range map[string]struct {
		from  r
		spoil func(*r)
		want  string
	}{
		"by SMTP":              {r{Way: catalog.BySMTP}, func(*r) {}, ""},
		"not at all":           {r{Way: catalog.ByNone}, func(*r) {}, ""},
		"unknown way":          {r{Way: "pop3"}, func(*r) {}, "receive"},
		"nothing but IMAP":     {r{Way: catalog.ByIMAP}, func(*r) {}, "receive_auth receive_host receive_port receive_security receive_user"},
		"by password":          {fetched(), func(*r) {}, ""},
		"no password":          {fetched(), func(r *r) { r.Password = "" }, "receive_password"},
		"line in a password":   {fetched(), func(r *r) { r.Password = "a\r\nLOGOUT" }, "receive_password"},
		"host with port":       {fetched(), func(r *r) { r.Host = "imap.example:993" }, "receive_host"},
		"port":                 {fetched(), func(r *r) { r.Port = 0 }, "receive_port"},
		"in the clear":         {fetched(), func(r *r) { r.Security = catalog.NoSecurity }, "receive_security"},
		"clear to itself":      {fetched(), func(r *r) { r.Security, r.Host = catalog.NoSecurity, "127.0.0.1" }, ""},
		"no user":              {fetched(), func(r *r) { r.User = " " }, "receive_user"},
		"folder with wildcard": {fetched(), func(r *r) { r.Folder = "*" }, "receive_folder"},
		"other folder":         {fetched(), func(r *r) { r.Folder = "Anträge/Neu & alt" }, ""},
		"day":                  {fetched(), func(r *r) { r.Since = "2026-01-31" }, ""},
		"no day":               {fetched(), func(r *r) { r.Since = "2026-02-31" }, "receive_since"},
		"day left out":         {fetched(), func(r *r) { r.Since = "day" }, "receive_since"},
		"OAuth":                {withOAuth(), func(*r) {}, ""},
		"bearer":               {withOAuth(), func(r *r) { r.Auth = catalog.ByOAuthBearer }, ""},
		"client credentials":   {withOAuth(), func(r *r) { r.OAuth.RefreshToken = "" }, ""},
		"public client":        {withOAuth(), func(r *r) { r.OAuth.ClientSecret = "" }, ""},
		"neither":              {withOAuth(), func(r *r) { r.OAuth.ClientSecret, r.OAuth.RefreshToken = "", "" }, "receive_refresh_token"},
		"no client":            {withOAuth(), func(r *r) { r.OAuth.ClientID = "" }, "receive_client_id"},
		"token in the clear":   {withOAuth(), func(r *r) { r.OAuth.TokenURL = "http://login.example/token" }, "receive_token_url"},
		"token of this host":   {withOAuth(), func(r *r) { r.OAuth.TokenURL = "http://127.0.0.1:1/token" }, ""},
		"tenant not filled in": {withOAuth(), func(r *r) { r.OAuth.TokenURL = "https://login.example/{tenant}/token" }, "receive_token_url"},
		"token with password":  {withOAuth(), func(r *r) { r.OAuth.TokenURL = "https://a:b@login.example/" }, "receive_token_url"},
		"no token address":     {withOAuth(), func(r *r) { r.OAuth.TokenURL = "" }, "receive_token_url"},
	} {
		f := h.form(strings.ReplaceAll(name, " ", "-") + "@lindenau.example")
		f.Receive = c.from
		c.spoil(&f.Receive)
		_, err := h.catalog.CreateAccount(context.Background(), h.admin, f)
		if fields(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestReceiveIsMendedAndKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		if a := h.account("alt@lindenau.example"); a.Receive.Way != catalog.BySMTP {
			t.Errorf("without a way it comes by %q", a.Receive.Way)
		}
		f := h.form("hilfe@lindenau.example")
		f.Receive = withOAuth()
		made, err := h.catalog.CreateAccount(ctx, h.admin, f)
		if err != nil {
			t.Fatal(err)
		}
		want := catalog.ReceiveSettings{Way: "imap", Host: "imap.lindenau.example", Port: 993, Security: "tls", User: "hilfe@lindenau.example", Auth: "xoauth2", Folder: "INBOX", Since: "now",
			OAuth: catalog.OAuthSettings{TokenURL: "https://login.example/token", ClientID: "lotse", ClientSecret: "geheim-client", RefreshToken: "geheim-token", Scope: "a b"}}
		for _, c := range []*catalog.Catalog{h.catalog, h.anotherNode()} {
			if full, err := c.Account(ctx, made.ID); err != nil || full.Receive != want {
				t.Errorf("kept %+v, %v", full.Receive, err)
			}
		}
		text, _ := json.Marshal(made)
		if strings.Contains(string(text), "geheim") || !made.HasClientSecret || !made.HasRefreshToken || made.HasReceivePassword {
			t.Errorf("a page gets %s", text)
		}
		f.Receive = catalog.ReceiveSettings{} // as a caller does who knows nothing of it
		if changed, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f); err != nil || changed.Receive.Host != want.Host {
			t.Errorf("without a way it became %+v, %v", changed.Receive, err)
		}
		f.Receive = fetched()
		f.Receive.OAuth = want.OAuth
		if _, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f); err != nil {
			t.Fatal(err)
		}
		if full, _ := h.catalog.Account(ctx, made.ID); full.Receive.OAuth != (catalog.OAuthSettings{}) || full.Receive.Password != "geheim-imap" {
			t.Errorf("secrets nobody sees stay behind: %+v", full.Receive)
		}
	})
}

// Whoever may change the server must not learn the secrets that way.
func TestSecretsStayWithTheirServer(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	f := h.form("hilfe@lindenau.example")
	f.Receive = withOAuth()
	oauth, err := h.catalog.CreateAccount(ctx, h.admin, f)
	if err != nil {
		t.Fatal(err)
	}
	f = h.form("abo@lindenau.example")
	f.Receive = fetched()
	password, err := h.catalog.CreateAccount(ctx, h.admin, f)
	if err != nil {
		t.Fatal(err)
	}
	type r = catalog.ReceiveSettings
	for name, c := range map[string]struct {
		account catalog.PublicAccount
		change  func(*r)
		want    string
		secrets string
	}{
		"password kept":        {password, func(r *r) { r.Port = 143; r.Security = catalog.StartTLS }, "", "geheim-imap"},
		"password elsewhere":   {password, func(r *r) { r.Host = "evil.example" }, "receive_password", ""},
		"new password there":   {password, func(r *r) { r.Host, r.Password = "evil.example", "x" }, "", "x"},
		"tokens kept":          {oauth, func(r *r) { r.Folder = "Neu" }, "", "geheim-client geheim-token"},
		"token elsewhere":      {oauth, func(r *r) { r.Host = "evil.example" }, "receive_refresh_token", ""},
		"token asked there":    {oauth, func(r *r) { r.OAuth.TokenURL = "https://evil.example/token" }, "receive_refresh_token", ""},
		"token of another":     {oauth, func(r *r) { r.OAuth.ClientID = "other" }, "receive_refresh_token", ""},
		"one secret, moved":    {oauth, func(r *r) { r.OAuth.ClientID, r.OAuth.ClientSecret = "other", "y" }, "", "y "},
		"one secret, same one": {oauth, func(r *r) { r.OAuth.RefreshToken = "z" }, "", "geheim-client z"},
	} {
		form := h.form(c.account.Address)
		form.Receive = c.account.Receive
		c.change(&form.Receive)
		got, err := h.catalog.Candidate(ctx, h.admin, c.account.ID, &form)
		secrets := got.Receive.Password
		if got.Receive.UsesOAuth() {
			secrets = got.Receive.OAuth.ClientSecret + " " + got.Receive.OAuth.RefreshToken
		}
		if fields(err) != c.want || secrets != c.secrets {
			t.Errorf("%s: %v and %q, want %q and %q", name, err, secrets, c.want, c.secrets)
		}
	}
	if full, _ := h.catalog.Account(ctx, oauth.ID); full.Receive.OAuth.RefreshToken != "geheim-token" || full.Receive.Folder != "INBOX" {
		t.Errorf("a candidate was stored: %+v", full.Receive)
	}
	fresh, err := h.catalog.Candidate(ctx, h.admin, ids.ID{}, &f)
	if err != nil || fresh.Receive.Password != "geheim-imap" || fresh.Channel != catalog.Email {
		t.Errorf("a new one: %+v, %v", fresh, err)
	}
	if _, err := h.catalog.Candidate(ctx, h.actor(h.other, access.Admin), oauth.ID, nil); !errs.Is(err, errs.NotFound) {
		t.Errorf("a stranger gets %v", err)
	}
}

func TestDeleteAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		gone, used, hooked := h.account("nie@lindenau.example"), h.account("oft@lindenau.example"), h.account("haken@lindenau.example")
		if err := h.catalog.DeleteAccount(ctx, h.admin, gone.ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("one that is on: %v", err)
		}
		for _, a := range []catalog.PublicAccount{gone, used, hooked} {
			if _, err := h.catalog.SetAccountActive(ctx, h.admin, a.ID, false); err != nil {
				t.Fatal(err)
			}
		}
		h.exec("INSERT INTO account_states (account_id, ok, step, reason, args, waiting, since, checked_at) VALUES (?, ?, '', '', ?, 0, 1, 1)", gone.ID, true, []byte("null"))
		h.exec("INSERT INTO mail_cursors (account_id, folder, uid_validity, uid, held, old_uid, started_at, changed_at) VALUES (?, 'INBOX', 1, 1, '', 0, 1, 1)", gone.ID)
		h.exec("INSERT INTO envelopes (id, brand_id, account_id, channel, key, trace, size, state, reason, tries, received_at) VALUES (?, ?, ?, 'email', ?, ?, 1, 2, '', 0, 1)",
			ids.New(), h.lindenau, used.ID, []byte("k"), []byte("{}"))
		if _, _, err := h.catalog.CreateHook(ctx, h.admin, catalog.HookForm{AccountID: hooked.ID, Provider: catalog.OwnProgram}); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			actor   access.Actor
			account ids.ID
			want    errs.Kind
		}{
			"a lead":      {h.actor(h.lindenau, access.Lead), gone.ID, errs.Forbidden},
			"a stranger":  {h.actor(h.other, access.Admin), gone.ID, errs.NotFound},
			"used":        {h.admin, used.ID, errs.Conflict},
			"with a hook": {h.admin, hooked.ID, errs.Conflict},
			"unknown":     {h.admin, ids.New(), errs.NotFound},
		} {
			if err := h.catalog.DeleteAccount(ctx, c.actor, c.account); !errs.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.catalog.DeleteAccount(ctx, h.admin, gone.ID); err != nil {
			t.Fatal(err)
		}
		if list, _ := h.catalog.AccountsFor(ctx, h.admin); len(list) != 2 {
			t.Errorf("%d are left", len(list))
		}
		if again := h.account("nie@lindenau.example"); again.ID == gone.ID {
			t.Error("the address is not free again")
		}
	})
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
}
