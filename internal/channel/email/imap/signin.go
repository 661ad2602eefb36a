package imap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
)

var (
	errClearSecret = errors.New("a password is only sent over TLS")
	errNoMethod    = errors.New("the server does not offer this way to sign in")
)

// signIn tells the server who we are. token is called for OAuth alone.
func (c *client) signIn(ctx context.Context, r catalog.ReceiveSettings, token func(context.Context) (string, error)) error {
	if c.lib.State() == goimap.ConnStateAuthenticated {
		return nil // the server knows us by the connection (PREAUTH)
	}
	if !mayTell(r) {
		return failed(mailbox.SignIn, r, "receive_security", "clear_password", errClearSecret)
	}
	offers, err := c.offers()
	if err != nil {
		return failed(mailbox.Connect, r, "receive_host", "greeting", err)
	}
	if r.Auth == catalog.ByPassword {
		return c.byPassword(r, offers)
	}
	return c.byToken(ctx, r, offers, token)
}

func (c *client) byPassword(r catalog.ReceiveSettings, offers goimap.CapSet) error {
	var err error
	switch {
	case offers.Has(goimap.AuthCap(sasl.Plain)):
		err = c.timed(func() error { return c.lib.Authenticate(sasl.NewPlainClient("", r.User, r.Password)) })
	case offers.Has(goimap.CapLoginDisabled):
		return failed(mailbox.SignIn, r, "receive_auth", "no_password", errNoMethod)
	default:
		err = c.timed(func() error { return c.lib.Login(r.User, r.Password).Wait() })
	}
	if err != nil {
		return failed(mailbox.SignIn, r, "receive_password", refusedRemedy(err, "password"), err)
	}
	return nil
}

func (c *client) byToken(ctx context.Context, r catalog.ReceiveSettings, offers goimap.CapSet, token func(context.Context) (string, error)) error {
	mechanism := strings.ToUpper(r.Auth)
	if !offers.Has(goimap.AuthCap(mechanism)) {
		return failed(mailbox.SignIn, r, "receive_auth", "no_oauth", errNoMethod)
	}
	access, err := token(ctx)
	if err != nil {
		return err
	}
	c.passed(mailbox.Token)
	b := &bearer{mechanism: mechanism, first: bearerResponse(mechanism, r, access)}
	if err := c.timed(func() error { return c.lib.Authenticate(b) }); err != nil {
		return failed(mailbox.SignIn, r, "receive_auth", refusedRemedy(err, "token"), errors.Join(err, b.reason()))
	}
	return nil
}

// refusedRemedy tells a server that refuses us from one that can't answer now.
func refusedRemedy(err error, refused string) string {
	var answer *goimap.Error
	if !errors.As(err, &answer) {
		return "signin_lost"
	}
	switch answer.Code {
	case goimap.ResponseCodeUnavailable, goimap.ResponseCodeInUse, goimap.ResponseCodeLimit, goimap.ResponseCodeServerBug:
		return "signin_later"
	}
	return refused
}

// bearer is the client of OAUTHBEARER (RFC 7628) and of Google's XOAUTH2, which
// differ in their first words only.
type bearer struct {
	mechanism string
	first     string
	said      []byte // why the server refused, as JSON
}

func bearerResponse(mechanism string, r catalog.ReceiveSettings, token string) string {
	if mechanism == sasl.OAuthBearer {
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(r.User)
		return fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", name, r.Host, r.Port, token)
	}
	return fmt.Sprintf("user=%s\x01auth=Bearer %s\x01\x01", r.User, token)
}

// Start returns the mechanism and all we have to say.
func (b *bearer) Start() (string, []byte, error) { return b.mechanism, []byte(b.first), nil }

// Next hears why we are refused and agrees, after which the server says NO.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	b.said = challenge
	return []byte{1}, nil
}

// reason returns what the server said about the token, nil if nothing.
func (b *bearer) reason() error {
	if len(b.said) == 0 {
		return nil
	}
	return errors.New(string(b.said))
}
