package outbox

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
)

// Teams says as whom a team writes; staff.Directory is one.
type Teams interface {
	Team(ctx context.Context, a access.Actor, id ids.ID) (staff.Team, error)
}

// identity returns from which mailbox a case is answered now, and the name that
// stands as sender: the mailbox its team writes from, else the one the case came in
// by, else the brand's first. One that is switched off is passed over while the
// brand has another. Without any the error is delivery.no_account.
//
// A delivery keeps the mailbox it was written with; ask senderName for its name.
func (o *Outbox) identity(ctx context.Context, c desk.Case) (catalog.Account, string, error) {
	team, err := o.team(ctx, c)
	if err != nil {
		return catalog.Account{}, "", err
	}
	account, err := o.chosen(ctx, c, team.MailboxID)
	if err != nil {
		return catalog.Account{}, "", err
	}
	return account, cmp.Or(team.SenderName, account.Name), nil
}

// senderName returns the name above a mail of a case that leaves from account.
func (o *Outbox) senderName(ctx context.Context, c desk.Case, account catalog.Account) (string, error) {
	team, err := o.team(ctx, c)
	return cmp.Or(team.SenderName, account.Name), err
}

// team returns the team in charge of a case, the zero one if there is none.
func (o *Outbox) team(ctx context.Context, c desk.Case) (staff.Team, error) {
	if o.Teams == nil || c.TeamID.IsZero() {
		return staff.Team{}, nil
	}
	team, err := o.Teams.Team(ctx, access.Lotse(c.BrandID), c.TeamID)
	if errs.Is(err, errs.NotFound) {
		return staff.Team{}, nil
	}
	return team, err
}

// chosen returns the first of the wanted mailboxes that can send, see identity.
func (o *Outbox) chosen(ctx context.Context, c desk.Case, wanted ids.ID) (catalog.Account, error) {
	all, err := o.Catalog.Accounts(ctx, sendBy(c))
	if err != nil {
		return catalog.Account{}, err
	}
	all = slices.DeleteFunc(all, func(a catalog.Account) bool { return a.BrandID != c.BrandID })
	for _, id := range []ids.ID{wanted, c.AccountID} {
		i := slices.IndexFunc(all, func(a catalog.Account) bool { return a.ID == id && a.Active })
		if i >= 0 {
			return all[i], nil
		}
	}
	if i := slices.IndexFunc(all, func(a catalog.Account) bool { return a.Active }); i >= 0 {
		return all[i], nil
	}
	return o.account(ctx, sendBy(c), c.BrandID, c.AccountID)
}

// answersTo returns the mailbox that answers to what account sends come in by: the
// account itself, and for one that only sends the brand's first that receives.
func (o *Outbox) answersTo(ctx context.Context, account catalog.Account) (catalog.Account, error) {
	if receives := account.Receive.Way != catalog.ByNone; receives {
		return account, nil
	}
	all, err := o.Catalog.Accounts(ctx, account.Channel)
	if err != nil {
		return catalog.Account{}, err
	}
	for _, a := range all {
		if a.BrandID == account.BrandID && a.Active && a.Receive.Way != catalog.ByNone {
			return a, nil
		}
	}
	return account, nil
}

// returnsTo returns the mailbox that mail which could not be delivered comes back to:
// the account itself, and for one that only sends the one that answers come in by. That
// one must be of the same domain, which SPF is asked about (RFC 7208 §2.4), and hand
// over by the same sign-in: a relay may refuse senders it does not know.
func returnsTo(account, answers catalog.Account) catalog.Account {
	a, b := account.SignIn(), answers.SignIn()
	if domainOf(account.Address) == domainOf(answers.Address) && a.Host == b.Host && a.Port == b.Port && a.User == b.User {
		return answers
	}
	return account
}

// detailed returns the address of an account with a token as its "+detail", or the
// plain one where the provider knows no such addresses or it would be too long for
// whoever answers: then they are known by what they refer to.
func detailed(a catalog.Account, token string) string {
	with := tokenAddress(a.Address, token)
	if a.NoDetail || strings.LastIndexByte(with, '@') > maxLocal {
		return a.Address
	}
	return with
}

// relay returns where an account hands over what it sends, with its secrets.
func (o *Outbox) relay(a catalog.Account) Relay {
	r := a.SignIn()
	return Relay{AccountID: a.ID, Host: r.Host, Port: r.Port, Security: r.Security, User: r.User, Auth: r.Auth, Password: r.Password, OAuth: r.OAuth, Hello: o.Hello}
}
