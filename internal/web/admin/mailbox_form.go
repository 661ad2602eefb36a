package admin

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// mailboxFields are the controls of a mailbox's page from top to bottom.
var mailboxFields = []string{"address", "aliases", "name", "language", "team", "preset", "receive",
	"receive_host", "receive_security", "receive_port", "receive_user", "receive_auth", "receive_password",
	"receive_token_url", "receive_client_id", "receive_client_secret", "receive_refresh_token", "receive_scope", "receive_folder", "receive_since", "receive_day",
	"relay_host", "relay_security", "relay_port", "relay_auth", "relay_user", "relay_password",
	"relay_token_url", "relay_client_id", "relay_client_secret", "relay_refresh_token", "relay_scope",
	"signature_de", "signature_en", "no_detail", "sent_copy", "sent_folder"}

// sinceDay is the choice of a day, which stands in a control of its own.
const sinceDay = "day"

// sameSignIn is the choice to sign in where mail is sent as where it is fetched.
const sameSignIn = "same"

func readMailbox(f form.Form) catalog.AccountForm {
	team, _ := ids.Parse(f.Get("team")) // what is none is refused as unknown
	return catalog.AccountForm{
		TeamID: team, Address: f.Get("address"), Aliases: strings.Split(f.Get("aliases"), "\n"), Name: f.Get("name"), Language: f.Get("language"),
		Receive: readReceive(f), Relay: readRelay(f), Sending: readSending(f),
	}
}

func readRelay(f form.Form) catalog.RelaySettings {
	r := catalog.RelaySettings{Host: f.Get("relay_host"), Port: f.Int("relay_port", 0), Security: f.Get("relay_security"),
		User: f.Get("relay_user"), Auth: f.Get("relay_auth"), Password: f.Get("relay_password"),
		OAuth: catalog.OAuthSettings{TokenURL: f.Get("relay_token_url"), ClientID: f.Get("relay_client_id"), ClientSecret: f.Get("relay_client_secret"),
			RefreshToken: f.Get("relay_refresh_token"), Scope: f.Get("relay_scope")}}
	if r.Auth == sameSignIn {
		r.Auth, r.SameSignIn = catalog.ByPassword, true
	}
	return r
}

func readSending(f form.Form) *catalog.Sending {
	s := catalog.Sending{Signatures: map[string]string{}, NoDetail: f.Get("no_detail") != "", SentCopy: f.Get("sent_copy") != "", SentFolder: f.Get("sent_folder")}
	if f.Get("receive") != catalog.ByIMAP { // the page shows no such choice then
		s.SentCopy = false
	}
	for _, language := range form.Languages() {
		s.Signatures[language.Value] = f.Get("signature_" + language.Value)
	}
	return &s
}

func readReceive(f form.Form) catalog.ReceiveSettings {
	since := f.Get("receive_since")
	if since == sinceDay {
		since = cmp.Or(f.Get("receive_day"), sinceDay) // the catalog refuses a day that is missing
	}
	return catalog.ReceiveSettings{
		Way: f.Get("receive"), Host: f.Get("receive_host"), Port: f.Int("receive_port", 0), Security: f.Get("receive_security"),
		User: f.Get("receive_user"), Auth: f.Get("receive_auth"), Password: f.Get("receive_password"),
		OAuth: catalog.OAuthSettings{TokenURL: f.Get("receive_token_url"), ClientID: f.Get("receive_client_id"), ClientSecret: f.Get("receive_client_secret"),
			RefreshToken: f.Get("receive_refresh_token"), Scope: f.Get("receive_scope")},
		Folder: f.Get("receive_folder"), Since: since,
	}
}

func writeMailbox(a catalog.PublicAccount) form.Form {
	f := form.New("address", a.Shown(), "aliases", strings.Join(shownAddresses(a.Aliases), "\n"), "name", a.Name, "language", a.Language, "team", a.TeamID.String(),
		"relay_host", a.Relay.Host, "relay_port", strconv.Itoa(a.Relay.Port), "relay_security", a.Relay.Security)
	writeReceive(f, a.Receive)
	writeRelay(f, a.Relay)
	writeSending(f, a.Sending)
	return f
}

func shownAddresses(all []string) []string {
	shown := make([]string, len(all))
	for i, a := range all {
		shown[i] = catalog.ShownAddress(a)
	}
	return shown
}

// writeRelay fills in how to sign in where mail is sent.
func writeRelay(f form.Form, r catalog.RelaySettings) {
	auth := cmp.Or(r.Auth, catalog.ByPassword)
	if r.SameSignIn {
		auth = sameSignIn
	}
	for name, value := range map[string]string{"relay_user": r.User, "relay_auth": auth, "relay_token_url": r.OAuth.TokenURL, "relay_client_id": r.OAuth.ClientID, "relay_scope": r.OAuth.Scope} {
		f.Typed.Set(name, value)
	}
}

func writeSending(f form.Form, s catalog.Sending) {
	for language, text := range s.Signatures {
		f.Typed.Set("signature_"+language, text)
	}
	for name, on := range map[string]bool{"no_detail": s.NoDetail, "sent_copy": s.SentCopy} {
		if on {
			f.Typed.Set(name, "1")
		}
	}
	f.Typed.Set("sent_folder", s.SentFolder)
}

// relayChoices are the ways to sign in where mail is sent.
func relayChoices(ctx context.Context) []ui.Option {
	options := []ui.Option{{Value: sameSignIn, Label: t(ctx, "mailbox.send.auth.same"), Hint: t(ctx, "mailbox.send.auth.same_hint")}}
	for _, way := range []string{catalog.ByPassword, catalog.ByXOAuth2, catalog.ByOAuthBearer} {
		options = append(options, ui.Option{Value: way, Label: t(ctx, "mailbox.send.auth."+way), Hint: t(ctx, "mailbox.send.auth."+way+"_hint")})
	}
	return options
}

// signatureVariables are what may stand in a signature for what is known when it is
// sent.
func signatureVariables() []templates.Variable {
	spec, _ := templates.SpecOf(templates.Signature)
	return spec.Variables
}

// writeReceive fills in how mail comes in. What is not used begins with the usual,
// so that another way can be chosen at once.
func writeReceive(f form.Form, r catalog.ReceiveSettings) {
	since, day := r.Since, ""
	if since != "" && since != catalog.SinceNow && since != catalog.SinceAll {
		since, day = sinceDay, since
	}
	port := cmp.Or(r.Port, 993)
	for name, value := range map[string]string{
		"receive": cmp.Or(r.Way, catalog.BySMTP), "receive_host": r.Host, "receive_port": strconv.Itoa(port), "receive_security": cmp.Or(r.Security, catalog.TLS),
		"receive_user": r.User, "receive_auth": cmp.Or(r.Auth, catalog.ByPassword), "receive_token_url": r.OAuth.TokenURL, "receive_client_id": r.OAuth.ClientID,
		"receive_scope": r.OAuth.Scope, "receive_folder": cmp.Or(r.Folder, catalog.Inbox), "receive_since": cmp.Or(since, catalog.SinceNow), "receive_day": day,
	} {
		f.Typed.Set(name, value)
	}
}

// choices are the options of a group of radios, with a label and a hint below key.
func choices(ctx context.Context, key string, values ...string) []ui.Option {
	var options []ui.Option
	for _, v := range values {
		options = append(options, ui.Option{Value: v, Label: t(ctx, key+"."+v), Hint: t(ctx, key+"."+v+"_hint")})
	}
	return options
}

// secretHint says whether a secret is stored, behind what it is.
func secretHint(ctx context.Context, about string, stored bool) string {
	if !stored {
		return about
	}
	return strings.TrimSpace(about + " " + t(ctx, "mailbox.receive.kept"))
}

// faultText puts why a step failed, and what helps, into words.
func faultText(ctx context.Context, r mailbox.Result) string {
	return i18n.From(ctx).Err(r.Key, r.Args)
}

func stepName(ctx context.Context, s mailbox.Step) string { return t(ctx, "mailbox.step."+string(s)) }

// variableName says what a variable stands for.
func variableName(ctx context.Context, v templates.Variable) string {
	return t(ctx, "mailbox.variable."+strings.ReplaceAll(string(v), ".", "_"))
}
