package outbox

import (
	"context"
	"fmt"
	"io"
	"slices"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/templates"
)

// addSide makes the delivery of a letter to the third party of a side conversation.
// Field errors: to.
func (o *Outbox) addSide(ctx context.Context, tx *db.Tx, c desk.Change) error {
	if err := o.CheckRecipient(ctx, "to", c.Side.Address); err != nil {
		return err
	}
	if err := o.notCustomer(ctx, tx, c.Case.BrandID, c.Case.CustomerID, "to", c.Side.Address); err != nil {
		return err
	}
	if _, _, err := o.identity(ctx, c.Case); err != nil {
		return err // there is no page to read it on
	}
	row, err := o.rowFor(ctx, tx, c)
	if err != nil {
		return err
	}
	row.ID, row.Kind, row.NextAt = ids.New(), SideKind, row.CreatedAt
	row.Address, row.AddressLookup = o.Seal.Seal(c.Case.CustomerID, c.Side.Address), o.lookup(c.Side.Address)
	return o.add(ctx, tx, []deliveryRow{row})
}

// notCustomer returns a field error if an address is the customer's: what staff say
// to a third party is not for them.
func (o *Outbox) notCustomer(ctx context.Context, tx *db.Tx, brand, customer ids.ID, field, address string) error {
	known, err := o.People.FindTx(ctx, tx, brand, []people.Contact{{Kind: people.Email, Value: address}})
	if err == nil && known[0] == customer {
		err = errs.Field(field, "side.customer")
	}
	return err
}

// readdressSide gives a side conversation the address to which a letter of it is
// corrected: the next ones go there too. Field errors: address.
func (o *Outbox) readdressSide(ctx context.Context, tx *db.Tx, row deliveryRow, customer ids.ID, address string) error {
	if err := o.notCustomer(ctx, tx, row.BrandID, customer, "address", address); err != nil {
		return err
	}
	return o.Desk.ReaddressSideTx(ctx, tx, row.MessageID, address)
}

// composeSide fills in a letter of a side conversation. It has a subject, a thread
// and a reply address of its own: of the case and its customer it holds what its
// writer put there, and nothing else.
func (o *Outbox) composeSide(ctx context.Context, row deliveryRow, account catalog.Account, out *Outgoing) error {
	system := access.Lotse(row.BrandID)
	written, err := o.Desk.Message(ctx, system, row.MessageID)
	if err != nil {
		return err
	}
	side, c, letters, err := o.Desk.Side(ctx, system, written.SideID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(letters, func(m desk.Message) bool { return m.ID == row.MessageID })
	if at < 0 {
		return errs.Wrap(errs.NotFound, fmt.Errorf("message %s", row.MessageID), "reading what to send")
	}
	m, before := letters[at], letters[:at]
	answers, err := o.answersTo(ctx, account)
	if err != nil {
		return err
	}
	out.ReplyTo = detailed(answers, SideToken(o.Seal, c.BrandID, side.Code))
	out.ReturnPath = o.returnPath(returnsTo(account, answers), row.ID, out.ReplyTo)
	if out.To = o.Seal.Open(c.CustomerID, row.Address); out.To == side.Address {
		out.ToName = side.Name
	}
	if out.FromName, err = o.senderName(ctx, c, account); err != nil {
		return err
	}
	out.ExternalID = m.ExternalID
	out.InReplyTo, out.References = sideThread(before)
	if out.Files, err = o.sideFiles(ctx, c, m); err != nil {
		return err
	}
	return o.sideText(ctx, c, side, m, before, account, out)
}

// sideText fills in subject and text: the writer's words, who they are, and below
// them what the third party wrote last.
func (o *Outbox) sideText(ctx context.Context, c desk.Case, side desk.Side, m desk.Message, before []desk.Message, account catalog.Account, out *Outgoing) error {
	brand, err := o.Catalog.Brand(ctx, c.BrandID)
	if err != nil {
		return err
	}
	team, err := o.team(ctx, c)
	if err != nil {
		return err
	}
	p := i18n.For(i18n.Match(brand.Language))
	out.Language = string(p.Locale())
	foot, err := o.Templates.Write(ctx, c.BrandID, account.ID, templates.Side, out.Language, templates.Values{
		templates.BrandName: brand.Name, templates.StaffName: m.AuthorName, templates.TeamName: team.Name, templates.MailboxAddress: account.Shown()})
	if err != nil {
		return err
	}
	blocks := []Block{Said(markup.TextFromMarkdown(m.Body), m.HTML), Signature(foot.Text, foot.HTML)}
	if q := lastAside(before); q != nil {
		blocks = append(blocks, Quote(p.T("reply.quote_intro", "Name", q.AuthorName, "Date", p.DateTime(q.CreatedAt.Time())), quoted(q)))
	}
	if out.Subject = side.Subject; len(before) > 0 {
		out.Subject = replySubject(side.Subject, side.Subject)
	}
	return o.frame(ctx, c.BrandID, Letter{Language: out.Language, Blocks: blocks}, out)
}

// sideFiles are the files of a letter: those of the case that go along, and its own.
func (o *Outbox) sideFiles(ctx context.Context, c desk.Case, m desk.Message) ([]File, error) {
	along, err := o.Desk.EnclosedIn(ctx, m)
	if err != nil {
		return nil, err
	}
	files := make([]File, len(along))
	for i, a := range along {
		files[i] = File{Name: a.Name, ContentType: a.ContentType, Size: a.Size,
			Open: func() (io.ReadCloser, error) { return o.Blobs.Open(context.WithoutCancel(ctx), a.BlobID) }}
	}
	own, _, err := o.enclosed(ctx, c, m)
	return append(files, own...), err
}

// sideThread returns what a letter answers: the last one of the third party, else
// ours, and the chain that led there. It holds letters of the conversation alone.
func sideThread(before []desk.Message) (inReplyTo string, references []string) {
	for _, m := range before {
		if m.ExternalID == "" || len(m.Found.Report) > 0 {
			continue
		}
		references = append(references, m.ExternalID)
	}
	if q := lastAside(before); q != nil {
		inReplyTo = q.ExternalID
	}
	if inReplyTo == "" && len(references) > 0 {
		inReplyTo = references[len(references)-1]
	}
	if len(references) > 20 { // the first and the latest matter
		references = append(references[:1:1], references[len(references)-19:]...)
	}
	return inReplyTo, references
}

// lastAside is what the third party wrote last, nil if nothing.
func lastAside(letters []desk.Message) *desk.Message {
	for i := len(letters) - 1; i >= 0; i-- {
		if m := &letters[i]; m.Kind == desk.SideIn && len(m.Found.Report) == 0 {
			return m
		}
	}
	return nil
}

// PassedOn returns the line that stands above a message which staff pass on to a
// third party, "" for none. It needs WorkCases.
func (o *Outbox) PassedOn(ctx context.Context, a access.Actor) (string, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return "", err
	}
	line, err := o.Templates.Write(ctx, a.BrandID, ids.ID{}, templates.Forward, "", templates.Values{templates.StaffName: a.Name})
	return line.Text, err
}
