package catalog

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/markup"
)

const (
	maxUser   = 320  // bytes
	maxSecret = 1000 // bytes, of passwords and client secrets
	maxToken  = 4000 // bytes: refresh tokens are long
	maxFolder = 255  // bytes
)

// Fetches reports whether mail is fetched from elsewhere.
func (r ReceiveSettings) Fetches() bool { return r.Way == ByIMAP }

// UsesOAuth reports whether an access token takes the place of a password.
func (r ReceiveSettings) UsesOAuth() bool { return r.Auth == ByXOAuth2 || r.Auth == ByOAuthBearer }

// public is the settings without what is secret.
func (r ReceiveSettings) public() ReceiveSettings {
	r.Password, r.OAuth.ClientSecret, r.OAuth.RefreshToken = "", "", ""
	return r
}

// check mends the settings and returns what is wrong with them. What does not
// belong to the way that was chosen is left out, so that no secret stays behind
// that nobody sees. Which secrets are missing is known later, see keepSecrets.
func (r *ReceiveSettings) check() error {
	if r.Way == "" {
		*r = ReceiveSettings{}
		return nil
	}
	if !slices.Contains([]string{BySMTP, ByIMAP, ByNone}, r.Way) {
		return errs.Field("receive", "mailbox.receive.way")
	}
	if !r.Fetches() {
		*r = ReceiveSettings{Way: r.Way}
		return nil
	}
	r.Host, r.User, r.Folder, r.Since = normalServer(r.Host), markup.CleanLine(r.User, 0), strings.TrimSpace(r.Folder), strings.TrimSpace(r.Since)
	if r.Folder == "" || strings.EqualFold(r.Folder, Inbox) {
		r.Folder = Inbox
	}
	if r.Since == "" {
		r.Since = SinceNow
	}
	return errors.Join(r.checkServer(), r.checkSignIn(), r.checkFolder())
}

func (r *ReceiveSettings) checkServer() error {
	var faults []error
	switch {
	case r.Host == "":
		faults = append(faults, errs.Field("receive_host", "mailbox.receive.host_missing"))
	case !isServer(r.Host):
		faults = append(faults, errs.Field("receive_host", "mailbox.receive.host_wrong"))
	}
	if r.Port < 1 || r.Port > 65535 {
		faults = append(faults, errs.Field("receive_port", "mailbox.receive.port_wrong"))
	}
	switch {
	case !slices.Contains([]string{NoSecurity, StartTLS, TLS}, r.Security):
		faults = append(faults, errs.Field("receive_security", "mailbox.receive.security_wrong"))
	case r.Security == NoSecurity && !isLoopback(r.Host):
		faults = append(faults, errs.Field("receive_security", "mailbox.receive.clear_password"))
	}
	return errors.Join(faults...)
}

func (r *ReceiveSettings) checkSignIn() error {
	var faults []error
	switch {
	case r.User == "":
		faults = append(faults, errs.Field("receive_user", "mailbox.receive.user_missing"))
	case len(r.User) > maxUser:
		faults = append(faults, errs.Field("receive_user", "mailbox.receive.too_long"))
	}
	switch {
	case r.Auth == ByPassword:
		r.OAuth = OAuthSettings{}
		faults = append(faults, checkSecret("receive_password", r.Password, maxSecret))
	case r.UsesOAuth():
		r.Password = ""
		faults = append(faults, r.OAuth.check("receive_"))
	default:
		faults = append(faults, errs.Field("receive_auth", "mailbox.receive.auth_wrong"))
	}
	return errors.Join(faults...)
}

func checkSecret(field, secret string, most int) error {
	if len(secret) > most {
		return errs.Field(field, "mailbox.receive.too_long")
	}
	if strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errs.Field(field, "mailbox.receive.secret_wrong")
	}
	return nil
}

// check mends the settings: what is copied out of a web page brings spaces along.
// Its fields begin with side: "receive_" or "relay_".
func (o *OAuthSettings) check(side string) error {
	o.TokenURL, o.ClientID = strings.TrimSpace(o.TokenURL), strings.TrimSpace(o.ClientID)
	o.ClientSecret, o.RefreshToken = strings.TrimSpace(o.ClientSecret), strings.TrimSpace(o.RefreshToken)
	o.Scope = strings.Join(strings.Fields(o.Scope), " ")
	faults := []error{checkSecret(side+"client_secret", o.ClientSecret, maxSecret), checkSecret(side+"refresh_token", o.RefreshToken, maxToken)}
	u, err := url.Parse(o.TokenURL)
	safe := err == nil && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()))
	switch {
	case o.TokenURL == "":
		faults = append(faults, errs.Field(side+"token_url", "mailbox.receive.token_url_missing"))
	case !safe || u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(o.TokenURL, "{}<> ") || len(o.TokenURL) > maxSecret:
		faults = append(faults, errs.Field(side+"token_url", "mailbox.receive.token_url_wrong", "Placeholder", "{tenant}"))
	}
	switch {
	case o.ClientID == "":
		faults = append(faults, errs.Field(side+"client_id", "mailbox.receive.client_id_missing"))
	case len(o.ClientID) > maxUser || !isLine(o.ClientID):
		faults = append(faults, errs.Field(side+"client_id", "mailbox.receive.too_long"))
	}
	if len(o.Scope) > maxSecret || !isLine(o.Scope) {
		faults = append(faults, errs.Field(side+"scope", "mailbox.receive.too_long"))
	}
	return errors.Join(faults...)
}

func isLine(s string) bool { return markup.CleanLine(s, 0) == s }

func (r *ReceiveSettings) checkFolder() error {
	var faults []error
	if !isFolder(r.Folder) {
		faults = append(faults, errs.Field("receive_folder", "mailbox.receive.folder"))
	}
	if _, err := time.Parse(time.DateOnly, r.Since); err != nil && r.Since != SinceNow && r.Since != SinceAll {
		faults = append(faults, errs.Field("receive_since", "mailbox.receive.since_wrong"))
	}
	return errors.Join(faults...)
}

// keepSecrets takes stored secrets over where the form left them empty, and says
// which are missing. They are not taken to another server, mail or token: whoever
// may change the address must not learn them, or what they open, that way.
func (r *ReceiveSettings) keepSecrets(stored ReceiveSettings) error {
	if !r.Fetches() {
		return nil
	}
	moved := r.Host != stored.Host
	if r.UsesOAuth() {
		moved = moved || hostOf(r.OAuth.TokenURL) != hostOf(stored.OAuth.TokenURL) || r.OAuth.ClientID != stored.OAuth.ClientID
		return r.OAuth.keepSecrets("receive_", stored.OAuth, moved)
	}
	switch {
	case r.Password != "":
		return nil
	case stored.Password == "":
		return errs.Field("receive_password", "mailbox.receive.password_missing")
	case moved:
		return errs.Field("receive_password", "mailbox.receive.secret_again")
	}
	r.Password = stored.Password
	return nil
}

// keepSecrets takes stored secrets over unless they belong to another server or
// client. One of both is needed.
func (o *OAuthSettings) keepSecrets(side string, stored OAuthSettings, moved bool) error {
	if !moved {
		o.ClientSecret, o.RefreshToken = cmp.Or(o.ClientSecret, stored.ClientSecret), cmp.Or(o.RefreshToken, stored.RefreshToken)
	}
	switch {
	case o.ClientSecret != "" || o.RefreshToken != "":
		return nil
	case stored.ClientSecret != "" || stored.RefreshToken != "":
		return errs.Field(side+"refresh_token", "mailbox.receive.secret_again")
	}
	return errs.Field(side+"refresh_token", "mailbox.receive.token_missing")
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
