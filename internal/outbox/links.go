package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

// FileLinkLifetime is how long a link to the virtual file works.
const FileLinkLifetime = 30 * time.Minute

// keep stores, just before a mail leaves, what makes the link in it work. A mail
// that never leaves makes no link.
type keep func(ctx context.Context, tx *db.Tx) error

// secretLink makes the link of a case for a mail to its customer.
func (o *Outbox) secretLink(brand catalog.Brand, c desk.Case) (string, keep) {
	token := ids.NewToken()
	pass := access.Pass{BrandID: c.BrandID, CustomerID: c.CustomerID, CaseID: c.ID, Origin: access.FromMail}
	return o.base(brand) + "/l/" + string(token), func(ctx context.Context, tx *db.Tx) error {
		return o.passes.KeepTx(ctx, tx, token, pass)
	}
}

// base returns where the pages of a brand are: the desk's address, with the host
// name of the brand if it has one.
func (o *Outbox) base(b catalog.Brand) string {
	u, err := url.Parse(o.BaseURL)
	if err != nil || b.Host == "" {
		return o.BaseURL
	}
	if port := u.Port(); port != "" {
		u.Host = b.Host + ":" + port
	} else {
		u.Host = b.Host
	}
	return u.String()
}

// SendCaseLink mails the secret link of the case with a number to its customer's
// known address, if there is such a case. It returns nil either way: who asks
// must not learn whether a number exists.
func (o *Outbox) SendCaseLink(ctx context.Context, brand ids.ID, number string) error {
	return o.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, found, err := o.Desk.NumberedTx(ctx, tx, brand, number)
		if err != nil || !found {
			return err
		}
		known, err := o.People.AddressesTx(ctx, tx, people.Email, []ids.ID{c.CustomerID})
		if err != nil {
			return err
		}
		to, ok := known[c.CustomerID]
		if !ok {
			return nil
		}
		return o.addLink(ctx, tx, deliveryRow{BrandID: brand, AccountID: c.AccountID, CaseID: c.ID, Kind: CaseLinkKind,
			Address: o.Seal.Seal(c.CustomerID, to.Value), Content: []byte{}}, to.Value)
	})
}

type fileLinkContent struct {
	Customer ids.ID `json:"customer"`
	Language string `json:"language"`
}

// SendFileLink mails the link to the virtual file to an address, if somebody is
// known by it. It returns nil either way, but for an address that is none: field
// email.
func (o *Outbox) SendFileLink(ctx context.Context, brand ids.ID, email string) error {
	email, err := catalog.ParseAddress("email", email)
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		known, err := o.People.FindTx(ctx, tx, brand, []people.Contact{{Kind: people.Email, Value: email}})
		if err != nil || known[0].IsZero() {
			return err
		}
		all, err := o.People.AddressesTx(ctx, tx, people.Email, known)
		if err != nil {
			return err
		}
		content, err := json.Marshal(fileLinkContent{Customer: known[0], Language: all[known[0]].Language})
		if err != nil {
			return fmt.Errorf("writing a link mail: %w", err)
		}
		row := deliveryRow{ID: ids.New(), BrandID: brand, Kind: FileLinkKind}
		row.Address, row.Content = o.Seal.Seal(row.ID, email), o.Seal.SealBytes(row.ID, content)
		return o.addLink(ctx, tx, row, email)
	})
}

// addLink queues a mail with a link, unless the address has had enough of them.
func (o *Outbox) addLink(ctx context.Context, tx *db.Tx, row deliveryRow, address string) error {
	allowed, err := o.allowTx(ctx, tx, []unasked{{kind: row.Kind, address: address, caseID: row.CaseID}})
	if err != nil || !allowed[0] {
		return err
	}
	now := clock.Now(o.Clock)
	row.AddressLookup = o.lookup(address)
	if row.ID.IsZero() {
		row.ID = ids.New()
	}
	row.Channel, row.State, row.NextAt, row.Words, row.CreatedAt = people.Email, Queued, now, []byte{}, now
	return o.add(ctx, tx, []deliveryRow{row})
}

// composeCaseLink fills in the mail somebody asked for with a case number. An
// answer to it joins the case.
func (o *Outbox) composeCaseLink(ctx context.Context, row deliveryRow, out *Outgoing) (keep, error) {
	c, _, err := o.Desk.History(ctx, access.Lotse(row.BrandID), row.CaseID)
	if err != nil {
		return nil, err
	}
	brand, err := o.Catalog.Brand(ctx, row.BrandID)
	if err != nil {
		return nil, err
	}
	account, err := o.account(ctx, row.Channel, row.BrandID, row.AccountID)
	if err != nil {
		return nil, err
	}
	answers, err := o.answersTo(ctx, account)
	if err != nil {
		return nil, err
	}
	link, keep := o.secretLink(brand, c)
	out.To, out.ReplyTo = o.Seal.Open(c.CustomerID, row.Address), detailed(answers, ReplyToken(o.Seal, c.BrandID, c.Number))
	out.ReturnPath, out.ExternalID = o.returnPath(returnsTo(account, answers), row.ID, out.ReplyTo), externalID(row.ID, out.From)
	return keep, o.post(ctx, row, templates.CaseLink, c.Language, templates.Values{
		templates.CaseNumber: c.Number, templates.ALink: link, templates.MailboxAddress: account.Shown(),
		templates.LinkDays: strconv.Itoa(int(access.PassLifetime.Hours() / 24)),
	}, out)
}

// composeFileLink fills in the mail with the link to the virtual file. The link
// made here replaces an earlier one that was not used.
func (o *Outbox) composeFileLink(ctx context.Context, row deliveryRow, out *Outgoing) error {
	var content fileLinkContent
	if err := json.Unmarshal(o.Seal.OpenBytes(row.ID, row.Content), &content); err != nil {
		return fmt.Errorf("reading a link mail: %w", err)
	}
	brand, err := o.Catalog.Brand(ctx, row.BrandID)
	if err != nil {
		return err
	}
	var token ids.Token
	err = o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) (err error) {
		token, err = o.links.Issue(ctx, tx, access.FileLink, content.Customer, FileLinkLifetime)
		return err
	})
	if err != nil {
		return err
	}
	out.To, out.ExternalID = o.Seal.Open(row.ID, row.Address), externalID(row.ID, out.From)
	return o.post(ctx, row, templates.FileLink, content.Language, templates.Values{
		templates.ALink: o.base(brand) + "/f/" + string(token), templates.PortalLink: o.base(brand) + "/my", templates.MailboxAddress: catalog.ShownAddress(out.From),
		templates.LinkMinutes: strconv.Itoa(int(FileLinkLifetime.Minutes())),
	}, out)
}

// noAccount reports that a brand has no mailbox to send from.
func noAccount(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Key == "delivery.no_account"
}
