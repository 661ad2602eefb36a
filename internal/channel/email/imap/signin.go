package imap

import (
	"context"
	"errors"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"

	"lotse/internal/catalog"
	"lotse/internal/channel/email/oauth"
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
	if !offers.Has(goimap.AuthCap(strings.ToUpper(r.Auth))) {
		return failed(mailbox.SignIn, r, "receive_auth", "no_oauth", errNoMethod)
	}
	access, err := token(ctx)
	if err != nil {
		return err
	}
	c.passed(mailbox.Token)
	b := oauth.NewBearer(r.Auth, r.User, r.Host, r.Port, access)
	if err := c.timed(func() error { return c.lib.Authenticate(b) }); err != nil {
		return failed(mailbox.SignIn, r, "receive_auth", refusedRemedy(err, "token"), errors.Join(err, b.Reason()))
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
