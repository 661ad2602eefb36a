package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Email is the channel of mailboxes.
const Email = "email"

const maxAliases = 20

// Public returns the account as pages may have it. Of its secrets only remains
// whether there are any.
func (a Account) Public() PublicAccount {
	p := PublicAccount{Account: a, HasPassword: a.Relay.HasPassword(), HasReceivePassword: a.Receive.Password != "",
		HasClientSecret: a.Receive.OAuth.ClientSecret != "", HasRefreshToken: a.Receive.OAuth.RefreshToken != "",
		HasRelayClientSecret: a.Relay.OAuth.ClientSecret != "", HasRelayRefreshToken: a.Relay.OAuth.RefreshToken != ""}
	p.Relay, p.Receive = a.Relay.public(), a.Receive.public()
	p.Aliases, p.Signatures = slices.Clone(a.Aliases), maps.Clone(a.Signatures)
	return p
}

// PublicAccount is an account without its secrets.
type PublicAccount struct {
	Account
	HasPassword          bool // of the relay
	HasRelayClientSecret bool
	HasRelayRefreshToken bool
	HasReceivePassword   bool // where mail is fetched
	HasClientSecret      bool
	HasRefreshToken      bool
}

// Accounts returns all accounts of a channel, those that are switched off too,
// from memory. It is for the program and takes no actor; pages ask AccountsFor.
func (c *Catalog) Accounts(ctx context.Context, channel string) ([]Account, error) {
	s, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	var found []Account
	for _, a := range s.accounts {
		if a.Channel == channel {
			found = append(found, a)
		}
	}
	return found, nil
}

// Account returns one account with its secrets, from memory. It is for the
// program and takes no actor; pages ask AccountFor.
func (c *Catalog) Account(ctx context.Context, id ids.ID) (Account, error) {
	s, err := c.state(ctx)
	if err != nil {
		return Account{}, err
	}
	for _, a := range s.accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return Account{}, errs.New(errs.NotFound, "catalog.account.not_found")
}

// AccountsFor returns the accounts of the actor's brand, the oldest first. It
// needs ManageCatalog.
func (c *Catalog) AccountsFor(ctx context.Context, a access.Actor) ([]PublicAccount, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	s, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	var found []PublicAccount
	for _, account := range s.accounts {
		if account.BrandID == a.BrandID {
			found = append(found, account.Public())
		}
	}
	return found, nil
}

// AccountFor returns an account of the actor's brand. It needs ManageCatalog.
func (c *Catalog) AccountFor(ctx context.Context, a access.Actor, id ids.ID) (PublicAccount, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return PublicAccount{}, err
	}
	account, err := c.Account(ctx, id)
	if err != nil {
		return PublicAccount{}, err
	}
	if account.BrandID != a.BrandID {
		return PublicAccount{}, errs.New(errs.NotFound, "catalog.account.not_found")
	}
	return account.Public(), nil
}

// AccountForm is what an administrator says about a mailbox. Fields: team,
// address, aliases, name, language, relay_host, relay_port, relay_security,
// relay_auth, relay_user, relay_password, and for access tokens those of
// fetching with relay_ in front; signature_de and so on, sent_copy, sent_folder;
// receive for the way mail comes in, and for those that
// are fetched receive_host, receive_port, receive_security, receive_user,
// receive_auth, receive_password, receive_token_url, receive_client_id,
// receive_client_secret, receive_refresh_token, receive_scope, receive_folder,
// receive_since.
type AccountForm struct {
	TeamID   ids.ID
	Address  string
	Aliases  []string
	Name     string
	Language string
	Receive  ReceiveSettings // without a Way nothing changes, and a new one is BySMTP; empty secrets keep those there are
	Relay    RelaySettings   // empty secrets keep those there are
	Sending  *Sending        // nil: nothing changes
	Was      *PublicAccount  // as it was read: if it is otherwise now, nothing changes (errs.Conflict). nil: whatever it is now
}

// Check mends the form and returns what is wrong with it.
func (f *AccountForm) Check() error {
	f.Name = markup.CleanLine(f.Name, 0)
	faults := []error{checkName("name", f.Name), CheckLanguage(f.Language), f.checkAddresses(), f.Receive.check(), f.Relay.check()}
	if f.Sending != nil {
		faults = append(faults, f.Sending.check())
	}
	return errors.Join(faults...)
}

func (f *AccountForm) checkAddresses() error {
	var faults []error
	read := func(field, s string) string {
		address, err := ParseAddress(field, s)
		if err == nil && Detail(address) != "" {
			err = errs.Field(field, "catalog.address.detail")
		}
		if err != nil {
			faults = append(faults, err)
		}
		return address
	}
	f.Address = read("address", f.Address)
	aliases := []string{}
	for _, alias := range f.Aliases {
		if strings.TrimSpace(alias) == "" {
			continue
		}
		alias = read("aliases", alias)
		if alias != f.Address && !slices.Contains(aliases, alias) {
			aliases = append(aliases, alias)
		}
	}
	if len(aliases) > maxAliases {
		faults = append(faults, errs.Field("aliases", "catalog.aliases.many", "Max", maxAliases))
	}
	f.Aliases = aliases
	return errors.Join(faults...)
}

// SetSignatureCheck says who knows which variables a signature may have: check
// returns an error of the field. It is set while the program is built.
func (c *Catalog) SetSignatureCheck(check func(field, text string) error) { c.signature = check }

// checked mends a form and returns what is wrong with it.
func (c *Catalog) checked(f *AccountForm) error {
	faults := []error{f.Check()}
	if c.signature == nil || f.Sending == nil {
		return faults[0]
	}
	for _, language := range slices.Sorted(maps.Keys(f.Sending.Signatures)) {
		faults = append(faults, c.signature("signature_"+language, f.Sending.Signatures[language]))
	}
	return errors.Join(faults...)
}

// CreateAccount adds a mailbox to the actor's brand. It needs ManageCatalog.
func (c *Catalog) CreateAccount(ctx context.Context, a access.Actor, f AccountForm) (PublicAccount, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return PublicAccount{}, err
	}
	if err := c.checked(&f); err != nil {
		return PublicAccount{}, err
	}
	var made Account
	err := c.write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = c.CreateAccountTx(ctx, tx, a.BrandID, f)
		return err
	})
	return made.Public(), err
}

// CreateAccountTx adds a mailbox within a transaction. The caller has checked
// access.
func (c *Catalog) CreateAccountTx(ctx context.Context, tx *db.Tx, brand ids.ID, f AccountForm) (Account, error) {
	if err := c.checked(&f); err != nil {
		return Account{}, err
	}
	account := Account{ID: ids.New(), BrandID: brand, Channel: Email, Active: true, CreatedAt: clock.Now(c.clock)}
	account.Receive.Way = BySMTP
	if err := f.fill(&account); err != nil {
		return Account{}, err
	}
	if err := lock(ctx, tx); err != nil {
		return Account{}, err
	}
	if err := c.checkTx(ctx, tx, account); err != nil {
		return Account{}, err
	}
	row, err := c.row(account)
	if err != nil {
		return Account{}, err
	}
	res, err := tx.NewInsert().Model(&row).On("CONFLICT (channel, address) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return Account{}, fmt.Errorf("adding an account: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return Account{}, errors.Join(err, addressTaken("address"))
	}
	tx.AfterCommit(c.snapshot.Changed)
	return account, nil
}

// UpdateAccount changes a mailbox of the actor's brand. It needs ManageCatalog.
func (c *Catalog) UpdateAccount(ctx context.Context, a access.Actor, id ids.ID, f AccountForm) (PublicAccount, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return PublicAccount{}, err
	}
	if err := c.checked(&f); err != nil {
		return PublicAccount{}, err
	}
	return c.change(ctx, a, id, func(account *Account) error {
		if f.Was != nil && !reflect.DeepEqual(*f.Was, account.Public()) {
			return errChanged()
		}
		f := f // a transaction may run twice
		return f.fill(account)
	})
}

// SetAccountActive switches a mailbox of the actor's brand on or off. What comes
// to one that is off is refused. It needs ManageCatalog.
func (c *Catalog) SetAccountActive(ctx context.Context, a access.Actor, id ids.ID, active bool) (PublicAccount, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return PublicAccount{}, err
	}
	return c.change(ctx, a, id, func(account *Account) error {
		account.Active = active
		return nil
	})
}

// change reads, alters and writes one account of the actor's brand while no
// other account can change.
func (c *Catalog) change(ctx context.Context, a access.Actor, id ids.ID, alter func(*Account) error) (PublicAccount, error) {
	var account Account
	err := c.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		var row accountRow
		err := tx.NewSelect().Model(&row).Where("id = ? AND brand_id = ?", id, a.BrandID).Scan(ctx)
		if err := notFound(err, "reading an account", "catalog.account.not_found"); err != nil {
			return err
		}
		if account, err = c.account(row); err != nil {
			return err
		}
		if err := alter(&account); err != nil {
			return err
		}
		if err := c.checkTx(ctx, tx, account); err != nil {
			return err
		}
		if row, err = c.row(account); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("changing an account: %w", err)
		}
		return nil
	})
	return account.Public(), err
}

// fill puts what the form says into the account, and keeps secrets it does not name.
func (f *AccountForm) fill(a *Account) error {
	typed := f.Receive.hasSecrets()
	if f.Receive.Way == "" {
		f.Receive = a.Receive
	}
	if err := errors.Join(f.mayShare(typed, *a), f.Receive.keepSecrets(a.Receive), f.Relay.keepSecrets(a.Relay)); err != nil {
		return err
	}
	if f.Sending != nil {
		a.Sending = *f.Sending
	}
	if a.SentCopy && !f.Receive.Fetches() {
		if f.Sending != nil {
			return errs.Field("sent_copy", "mailbox.send.copy_needs_imap")
		}
		a.SentCopy, a.SentFolder = false, ""
	}
	if f.Receive.OAuth != a.Receive.OAuth {
		a.fetching = granted{}
	}
	if f.Relay.OAuth != a.Relay.OAuth {
		a.sending = granted{}
	}
	a.TeamID, a.Address, a.Aliases, a.Name, a.Language, a.Receive, a.Relay = f.TeamID, f.Address, f.Aliases, f.Name, f.Language, f.Receive, f.Relay
	return nil
}

// checkTx checks, under lock, what only the database knows: that the team is the brand's, and
// that no other account receives at one of the addresses.
func (c *Catalog) checkTx(ctx context.Context, tx *db.Tx, a Account) error {
	known, err := tx.NewSelect().TableExpr("teams").Where("id = ? AND brand_id = ?", a.TeamID, a.BrandID).Exists(ctx)
	if err != nil {
		return fmt.Errorf("looking for a team: %w", err)
	}
	if !known {
		return errs.Field("team", "catalog.team.unknown")
	}
	var rows []accountRow
	if err := tx.NewSelect().Model(&rows).Where("channel = ? AND id <> ?", a.Channel, a.ID).Scan(ctx); err != nil {
		return fmt.Errorf("looking for addresses: %w", err)
	}
	for _, r := range rows {
		other, err := c.account(r)
		if err != nil {
			return err
		}
		if other.Receives(a.Address) {
			return addressTaken("address")
		}
		if slices.ContainsFunc(a.Aliases, other.Receives) {
			return addressTaken("aliases")
		}
	}
	return nil
}

func addressTaken(field string) error {
	return &errs.Error{Kind: errs.Conflict, Field: field, Key: "catalog.address.taken"}
}
