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
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// mailboxFields are the controls of a mailbox's page from top to bottom.
var mailboxFields = []string{"address", "aliases", "name", "language", "team", "preset", "receive",
	"receive_host", "receive_security", "receive_port", "receive_user", "receive_auth", "receive_password",
	"receive_token_url", "receive_client_id", "receive_client_secret", "receive_refresh_token", "receive_scope", "receive_folder", "receive_since", "receive_day",
	"relay_host", "relay_security", "relay_port", "relay_user", "relay_password"}

// sinceDay is the choice of a day, which stands in a control of its own.
const sinceDay = "day"

func readMailbox(f form.Form) catalog.AccountForm {
	team, _ := ids.Parse(f.Get("team")) // what is none is refused as unknown
	return catalog.AccountForm{
		TeamID: team, Address: f.Get("address"), Aliases: strings.Split(f.Get("aliases"), "\n"), Name: f.Get("name"), Language: f.Get("language"),
		Receive: readReceive(f),
		Relay: catalog.RelaySettings{Host: f.Get("relay_host"), Port: f.Int("relay_port", 0), Security: f.Get("relay_security"),
			User: f.Get("relay_user"), Password: f.Get("relay_password")},
	}
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
	f := form.New("address", a.Address, "aliases", strings.Join(a.Aliases, "\n"), "name", a.Name, "language", a.Language, "team", a.TeamID.String(),
		"relay_host", a.Relay.Host, "relay_port", strconv.Itoa(a.Relay.Port), "relay_security", a.Relay.Security, "relay_user", a.Relay.User)
	writeReceive(f, a.Receive)
	return f
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
