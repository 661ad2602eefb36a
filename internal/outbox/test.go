package outbox

import (
	"context"
	"errors"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

// Prober is a Sender that can try a relay step by step without sending. Its
// error names the step that failed and the remedy.
type Prober interface {
	Probe(ctx context.Context, r Relay) error
}

// TryRelay tries the relay of an account, stored or not, step by step and sends
// nothing. The error names the setting to look at and the failing step. It is for
// the program and takes no actor.
func (o *Outbox) TryRelay(ctx context.Context, account catalog.Account) error {
	p, ok := o.Senders[account.Channel].(Prober)
	if !ok {
		return errs.Field("relay_host", "delivery.no_relay")
	}
	return atFetching(account, p.Probe(ctx, o.relay(account)))
}

// atFetching leads an error about signing in to the settings of fetching, where an
// account signs in with those.
func atFetching(account catalog.Account, err error) error {
	var e *errs.Error
	if !account.Relay.SameSignIn || !errors.As(err, &e) {
		return err
	}
	switch e.Field {
	case "user", "auth", "token_url", "client_id", "refresh_token", "scope":
		there := *e
		there.Field = "receive_" + e.Field
		return &there
	}
	return err
}

// SendTest tries an account's relay and sends a test mail through it at once, so
// that whoever sets it up sees the outcome. The error names the failing step.
func (o *Outbox) SendTest(ctx context.Context, a access.Actor, account ids.ID, to string) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	acc, err := o.Catalog.Account(ctx, account)
	if err != nil {
		return err
	}
	if acc.BrandID != a.BrandID {
		return errs.New(errs.NotFound, "catalog.account.not_found")
	}
	sender, ok := o.Senders[acc.Channel]
	if !ok || acc.Relay.Host == "" {
		return errs.Field("relay_host", "delivery.no_relay")
	}
	relay := o.relay(acc)
	if p, ok := sender.(Prober); ok {
		if err := p.Probe(ctx, relay); err != nil {
			o.noteSending(ctx, acc.ID, &SendError{Outcome: Retry, Relay: err})
			return atFetching(acc, err)
		}
		o.noteSending(ctx, acc.ID, nil)
	}
	out := Outgoing{
		DeliveryID: ids.New(), ExternalID: externalID(ids.New(), acc.Address), FromName: acc.Name, From: acc.Address,
		ReturnPath: acc.Address, To: to, ToName: a.Name, Date: o.Clock.Now(),
	}
	row := deliveryRow{BrandID: acc.BrandID, AccountID: acc.ID}
	language := string(i18n.From(ctx).Locale())
	if err := o.post(ctx, row, templates.Test, language, templates.Values{templates.MailboxAddress: acc.Shown()}, &out); err != nil {
		return err
	}
	if _, err := sender.Send(ctx, relay, out, func() error { return nil }); err != nil {
		e := AsSendError(err)
		return errs.Field("to", "testmail.refused", "Words", e.Words)
	}
	return nil
}
