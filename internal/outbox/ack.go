package outbox

import (
	"context"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

// acknowledge drafts the answers to new cases: number, owner and an honest time
// of the next answer. Machines, own addresses and who answers what we wrote
// automatically get none (RFC 3834 §2), nor does who had enough of them. It carries
// nothing the sender wrote.
func (o *Outbox) acknowledge(ctx context.Context, tx *db.Tx, openings []desk.Opening) ([]*desk.Draft, error) {
	drafts := make([]*desk.Draft, len(openings))
	echo, err := o.echoes(ctx, tx, openings)
	if err != nil {
		return nil, err
	}
	var mails []unasked
	var from []catalog.Account
	var at []int
	for i, opening := range openings {
		if echo[i] {
			continue
		}
		account, wanted, err := o.mayAcknowledge(ctx, opening)
		if err != nil {
			return nil, err
		}
		if wanted {
			mails, from, at = append(mails, unasked{kind: AckKind, address: opening.Receipt.Address, caseID: opening.Case.ID}), append(from, account), append(at, i)
		}
	}
	allowed, err := o.allowTx(ctx, tx, mails)
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		if !allowed[n] {
			continue
		}
		if drafts[i], err = o.ackDraft(ctx, openings[i].Case, from[n]); err != nil {
			return nil, err
		}
	}
	return drafts, nil
}

// mayAcknowledge reports whether an opening is one to acknowledge, and from where.
func (o *Outbox) mayAcknowledge(ctx context.Context, opening desk.Opening) (catalog.Account, bool, error) {
	if opening.Receipt.Automation != 0 || opening.Receipt.Quiet || opening.Receipt.Address == "" {
		return catalog.Account{}, false, nil
	}
	wanted, err := catalog.Acknowledge.Get(ctx, o.Catalog, opening.Case.BrandID)
	if err != nil || !wanted {
		return catalog.Account{}, false, err
	}
	account, _, err := o.identity(ctx, opening.Case)
	if noAccount(err) {
		return account, false, nil // a page opened the case, and there is no mailbox to write from
	}
	return account, err == nil && account.SignIn().Host != "", err
}

// ackDraft writes an acknowledgement. Nothing in it was chosen by the sender.
func (o *Outbox) ackDraft(ctx context.Context, c desk.Case, account catalog.Account) (*desk.Draft, error) {
	brand, err := o.Catalog.Brand(ctx, c.BrandID)
	if err != nil {
		return nil, err
	}
	team, err := o.team(ctx, c)
	if err != nil {
		return nil, err
	}
	key, language := templates.AckOpen, i18n.Match(c.Language, brand.Language)
	v := templates.Values{templates.CaseNumber: c.Number, templates.TeamName: team.Name, templates.MailboxAddress: account.Shown()}
	if !c.DueAt.IsZero() {
		key, v[templates.CaseDue] = templates.Ack, i18n.For(language).LongDateTime(c.DueAt.Time())
	}
	mail, err := o.Templates.Write(ctx, c.BrandID, account.ID, key, string(language), v)
	if err != nil {
		return nil, err
	}
	return &desk.Draft{Subject: mail.Subject, Body: mail.Text, HTML: mail.HTML, ExternalID: externalID(ids.New(), account.Address)}, nil
}
