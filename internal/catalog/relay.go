package catalog

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/markup"
)

// The ways to secure the connection to a relay.
const (
	NoSecurity = "none"     // only inside a trusted network, never with a password
	StartTLS   = "starttls" // usual on port 587; required, not hoped for
	TLS        = "tls"      // usual on port 465
)

// RelaySettings says where an account hands over what it sends. Without a user it
// hands over without signing in.
type RelaySettings struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`     // 1–65535
	Security string `json:"security"` // NoSecurity, StartTLS or TLS
	User     string `json:"user,omitempty"`
	// Auth is ByPassword, ByXOAuth2 or ByOAuthBearer; "" counts as ByPassword.
	Auth     string        `json:"auth,omitempty"`
	Password string        `json:"password,omitempty"` // with ByPassword
	OAuth    OAuthSettings `json:"oauth,omitzero"`     // with ByXOAuth2 and ByOAuthBearer
	// SameSignIn takes user and secrets of how mail is fetched; those here are empty
	// then.
	SameSignIn bool `json:"same_sign_in,omitempty"`
}

// HasPassword reports whether the relay is given a password of its own.
func (r RelaySettings) HasPassword() bool { return r.Password != "" }

// UsesOAuth reports whether an access token takes the place of a password.
func (r RelaySettings) UsesOAuth() bool { return r.Auth == ByXOAuth2 || r.Auth == ByOAuthBearer }

// SignIn returns the relay with user and secrets to sign in with, taken from how
// mail is fetched if the account says so.
func (a Account) SignIn() RelaySettings {
	r := a.Relay
	if r.SameSignIn && a.Receive.Fetches() {
		r.User, r.Auth, r.Password, r.OAuth = a.Receive.User, a.Receive.Auth, a.Receive.Password, a.Receive.OAuth
	}
	return r
}

// public is the settings without what is secret.
func (r RelaySettings) public() RelaySettings {
	r.Password, r.OAuth.ClientSecret, r.OAuth.RefreshToken = "", "", ""
	return r
}

// check mends the settings and returns what is wrong with them. What does not
// belong to the way that was chosen is left out, as for ReceiveSettings.
func (r *RelaySettings) check() error {
	r.Host = normalServer(r.Host)
	var faults []error
	switch {
	case r.Host == "":
		faults = append(faults, errs.Field("relay_host", "catalog.relay.host_missing"))
	case !isServer(r.Host):
		faults = append(faults, errs.Field("relay_host", "catalog.relay.host_wrong"))
	}
	if r.Port < 1 || r.Port > 65535 {
		faults = append(faults, errs.Field("relay_port", "catalog.relay.port"))
	}
	if !slices.Contains([]string{NoSecurity, StartTLS, TLS}, r.Security) {
		faults = append(faults, errs.Field("relay_security", "catalog.relay.security"))
	}
	faults = append(faults, r.checkSignIn())
	if (r.User != "" || r.SameSignIn) && r.Security == NoSecurity && !isLoopback(r.Host) {
		faults = append(faults, errs.Field("relay_security", "catalog.relay.clear_password"))
	}
	return errors.Join(faults...)
}

func (r *RelaySettings) checkSignIn() error {
	if r.SameSignIn {
		r.User, r.Auth, r.Password, r.OAuth = "", ByPassword, "", OAuthSettings{}
		return nil
	}
	r.User = markup.CleanLine(r.User, 0)
	var faults []error
	switch {
	case r.Auth == "" || r.Auth == ByPassword:
		r.Auth, r.OAuth = ByPassword, OAuthSettings{}
		if len(r.Password) > maxSecret || strings.ContainsRune(r.Password, 0) {
			faults = append(faults, errs.Field("relay_password", "catalog.relay.password_wrong"))
		}
	case r.UsesOAuth():
		r.Password = ""
		faults = append(faults, r.OAuth.check("relay_"))
	default:
		faults = append(faults, errs.Field("relay_auth", "mailbox.receive.auth_wrong"))
	}
	switch {
	case r.User == "" && (r.Password != "" || r.UsesOAuth()):
		faults = append(faults, errs.Field("relay_user", "catalog.relay.user_missing"))
	case len(r.User) > maxUser:
		faults = append(faults, errs.Field("relay_user", "mailbox.receive.too_long"))
	}
	return errors.Join(faults...)
}

func normalServer(host string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
}

// keepSecrets takes stored secrets over where the form left them empty. They are
// not taken to another server: whoever may change the host must not learn them that
// way.
func (r *RelaySettings) keepSecrets(stored RelaySettings) error {
	moved := r.Host != stored.Host
	if r.UsesOAuth() {
		moved = moved || hostOf(r.OAuth.TokenURL) != hostOf(stored.OAuth.TokenURL) || r.OAuth.ClientID != stored.OAuth.ClientID
		return r.OAuth.keepSecrets("relay_", stored.OAuth, moved)
	}
	if r.User == "" || r.Password != "" || !stored.HasPassword() {
		return nil
	}
	if moved {
		return errs.Field("relay_password", "catalog.relay.password_again")
	}
	r.Password = stored.Password
	return nil
}

// mayShare says whether the relay of a form may be given the secrets mail is fetched
// with. Those that are stored go to a server of the same domain or to the one that
// has them already; to any other they have to be typed in once more.
func (f *AccountForm) mayShare(typed bool, stored Account) error {
	if !f.Relay.SameSignIn {
		return nil
	}
	if !f.Receive.Fetches() {
		return errs.Field("relay_auth", "mailbox.send.same_needs_imap")
	}
	known := stored.Relay.SameSignIn && stored.Relay.Host == f.Relay.Host
	if typed || known || sameDomain(f.Relay.Host, f.Receive.Host) {
		return nil
	}
	if f.Receive.UsesOAuth() {
		return errs.Field("receive_refresh_token", "mailbox.receive.secret_again")
	}
	return errs.Field("receive_password", "mailbox.receive.secret_again")
}

// hasSecrets reports whether a form brings secrets of its own for fetching.
func (r ReceiveSettings) hasSecrets() bool {
	if r.UsesOAuth() {
		return r.OAuth.ClientSecret != "" || r.OAuth.RefreshToken != ""
	}
	return r.Password != ""
}

// sameDomain reports whether two servers are of one owner, such as
// imap.lindenau.example and smtp.lindenau.example.
func sameDomain(a, b string) bool {
	if a == b {
		return true
	}
	if _, err := netip.ParseAddr(a); err == nil {
		return false
	}
	one, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	other, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && one == other
}
