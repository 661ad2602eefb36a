package outbox

import (
	"context"
	"encoding/json"
	"fmt"

	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

// Renderer says what a mail to a colleague says, at the moment it is sent. If there
// is nothing to send any more, its error is errs.Gone.
type Renderer func(ctx context.Context, template string, staffID ids.ID, baseURL string) (templates.Writing, error)

// Notice is a mail to a colleague, to be written when it is sent.
type Notice struct {
	BrandID  ids.ID
	StaffID  ids.ID
	Template string
	Address  string
	Name     string
	Language string
}

type noticeContent struct {
	Template string `json:"template"`
	Staff    ids.ID `json:"staff"`
	Name     string `json:"name"`
	Language string `json:"language"`
}

// SetRenderer registers who writes notices of a template.
func (o *Outbox) SetRenderer(template string, r Renderer) { o.notices[template] = r }

// CanNotify reports whether the brand has a mailbox to write to colleagues from.
func (o *Outbox) CanNotify(ctx context.Context, brand ids.ID) (bool, error) {
	_, err := o.account(ctx, people.Email, brand, ids.ID{})
	if noAccount(err) {
		return false, nil
	}
	return err == nil, err
}

// NotifyTx queues a mail to a colleague within the transaction. To an address of the
// desk itself nothing is sent: it would come back in.
func (o *Outbox) NotifyTx(ctx context.Context, tx *db.Tx, n Notice) error {
	if own, err := o.isOwn(ctx, n.Address); err != nil || own {
		return err
	}
	content, err := json.Marshal(noticeContent{Template: n.Template, Staff: n.StaffID, Name: n.Name, Language: n.Language})
	if err != nil {
		return fmt.Errorf("writing a notice: %w", err)
	}
	account, err := o.account(ctx, people.Email, n.BrandID, ids.ID{})
	if err != nil {
		return err
	}
	now := clock.Now(o.Clock)
	row := deliveryRow{
		ID: ids.New(), BrandID: n.BrandID, AccountID: account.ID, Kind: NoticeKind, Channel: account.Channel,
		AddressLookup: o.lookup(n.Address), State: Queued, NextAt: now, Words: []byte{}, CreatedAt: now,
	}
	row.Address, row.Content = o.Seal.Seal(row.ID, n.Address), o.Seal.SealBytes(row.ID, content)
	return o.add(ctx, tx, []deliveryRow{row})
}

// composeNotice fills in a mail to a colleague. Its secret link is made here and
// stored nowhere.
func (o *Outbox) composeNotice(ctx context.Context, row deliveryRow, out *Outgoing) error {
	var n noticeContent
	if err := json.Unmarshal(o.Seal.OpenBytes(row.ID, row.Content), &n); err != nil {
		return fmt.Errorf("reading a notice: %w", err)
	}
	render, ok := o.notices[n.Template]
	if !ok {
		return errs.Wrap(errs.Internal, fmt.Errorf("no renderer for %q", n.Template), "writing a notice")
	}
	w, err := render(ctx, n.Template, n.Staff, o.BaseURL)
	if err != nil {
		return err
	}
	out.To, out.ToName, out.Unsubscribe = o.Seal.Open(row.ID, row.Address), n.Name, w.Unsubscribe
	out.ExternalID = externalID(row.ID, out.From)
	return o.post(ctx, row, w.Key, w.Language, w.Values, out)
}

// post fills in what a mail says that the program writes by itself.
func (o *Outbox) post(ctx context.Context, row deliveryRow, key templates.Key, language string, v templates.Values, out *Outgoing) error {
	mail, err := o.Templates.Write(ctx, row.BrandID, row.AccountID, key, language, v)
	if err != nil {
		return err
	}
	out.Subject, out.Language, out.Automatic = mail.Subject, string(mail.Language), true
	return o.frame(ctx, row.BrandID, Letter{Language: out.Language, Blocks: []Block{Written(mail.Text, mail.HTML)}}, out)
}
