package oauth

import (
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"
)

// Bearer is the client of OAUTHBEARER (RFC 7628) and of Google's XOAUTH2, which
// differ in their first words only. It is for one sign-in.
type Bearer struct {
	mechanism string
	first     string
	said      []byte // why the server refused, as JSON
}

// NewBearer returns the client of a mechanism: catalog.ByXOAuth2 or ByOAuthBearer in
// any case.
func NewBearer(auth, user, host string, port int, token string) *Bearer {
	b := &Bearer{mechanism: strings.ToUpper(auth)}
	if b.mechanism == sasl.OAuthBearer {
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user)
		b.first = fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", name, host, port, token)
		return b
	}
	b.first = fmt.Sprintf("user=%s\x01auth=Bearer %s\x01\x01", user, token)
	return b
}

// Mechanism returns the name by which a server offers it.
func (b *Bearer) Mechanism() string { return b.mechanism }

// Start returns the mechanism and all we have to say.
func (b *Bearer) Start() (string, []byte, error) { return b.mechanism, []byte(b.first), nil }

// Next hears why we are refused and agrees, after which the server says so. XOAUTH2
// wants an empty answer, RFC 7628 §3.2.3 a single byte.
func (b *Bearer) Next(challenge []byte) ([]byte, error) {
	b.said = challenge
	if b.mechanism == sasl.OAuthBearer {
		return []byte{1}, nil
	}
	return []byte{}, nil
}

// Reason returns what the server said about the token, nil if nothing.
func (b *Bearer) Reason() error {
	if len(b.said) == 0 {
		return nil
	}
	return errors.New(string(b.said))
}
