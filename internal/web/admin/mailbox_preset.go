package admin

import (
	"context"
	"strconv"

	"lotse/internal/catalog"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// server is where a provider's mail lies, or leaves.
type server struct {
	host     string
	port     int
	security string
}

// preset is where a provider's mail servers are, as of 2026; "Test connection" tells
// whether they still are.
type preset struct {
	name     string // in forms; its label is mailbox.preset.<name>
	in, out  server
	auth     string
	tokenURL string
	scope    string
	plain    bool // it may know no "+detail" addresses: answers to one would be lost
}

// oauthTenant stands in Microsoft's address for the customer's own directory.
const oauthTenant = "{tenant}"

// presets are the providers most desks here have their mail at.
var presets = []preset{
	// Gmail for developers, "IMAP, POP, and SMTP" and "OAuth 2.0 Mechanism". Access
	// tokens are traded at Google's own address, the scope is the one for IMAP.
	{name: "google", in: server{"imap.gmail.com", 993, catalog.TLS}, out: server{"smtp.gmail.com", 587, catalog.StartTLS},
		auth: catalog.ByXOAuth2, tokenURL: "https://oauth2.googleapis.com/token", scope: "https://mail.google.com/"},
	// Microsoft Learn, "Authenticate an IMAP, POP or SMTP connection using OAuth",
	// client credentials grant flow: there is no sign-in by password any more.
	{name: "microsoft", in: server{"outlook.office365.com", 993, catalog.TLS}, out: server{"smtp.office365.com", 587, catalog.StartTLS},
		auth: catalog.ByXOAuth2, tokenURL: "https://login.microsoftonline.com/" + oauthTenant + "/oauth2/v2.0/token", scope: "https://outlook.office365.com/.default"},
	{name: "ionos", in: server{"imap.ionos.de", 993, catalog.TLS}, out: server{"smtp.ionos.de", 465, catalog.TLS}, auth: catalog.ByPassword, plain: true},
	// GMX and WEB.DE: access by other programs is off until its owner switches it on.
	{name: "gmx", in: server{"imap.gmx.net", 993, catalog.TLS}, out: server{"mail.gmx.net", 587, catalog.StartTLS}, auth: catalog.ByPassword, plain: true},
	{name: "webde", in: server{"imap.web.de", 993, catalog.TLS}, out: server{"smtp.web.de", 587, catalog.StartTLS}, auth: catalog.ByPassword, plain: true},
	{name: "strato", in: server{"imap.strato.de", 993, catalog.TLS}, out: server{"smtp.strato.de", 465, catalog.TLS}, auth: catalog.ByPassword, plain: true},
	// Everybody else: the ports for TLS from the start (RFC 8314 §3).
	{name: "other", in: server{"", 993, catalog.TLS}, out: server{"", 465, catalog.TLS}, auth: catalog.ByPassword},
}

// presetOptions are the choices of the control "preset".
func presetOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, p := range presets {
		options = append(options, ui.Option{Value: p.name, Label: t(ctx, "mailbox.preset."+p.name)})
	}
	return options
}

// fillIn puts a provider's servers into a form. Whoever signs in there usually does
// so by the address of the mailbox.
func (p preset) fillIn(f form.Form) {
	set := func(pairs ...string) {
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Typed.Set(pairs[i], pairs[i+1])
		}
	}
	set("receive", catalog.ByIMAP, "receive_port", strconv.Itoa(p.in.port), "receive_security", p.in.security, "receive_auth", p.auth,
		"relay_port", strconv.Itoa(p.out.port), "relay_security", p.out.security)
	if p.in.host != "" {
		set("receive_host", p.in.host, "relay_host", p.out.host)
	}
	if p.tokenURL != "" {
		set("receive_token_url", p.tokenURL, "receive_scope", p.scope)
	}
	set("relay_auth", sameSignIn)
	switch {
	case p.plain:
		set("no_detail", "1")
	case p.in.host != "":
		f.Typed.Del("no_detail")
	}
	for _, user := range []string{"receive_user", "relay_user"} {
		if f.Get(user) == "" {
			set(user, f.Get("address"))
		}
	}
}
