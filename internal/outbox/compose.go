package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// maxQuote bounds how much of the customer's message stands below an answer.
const maxQuote = 4000

// compose puts together what a delivery sends, where it is handed over, and what
// is to be stored when it leaves.
func (o *Outbox) compose(ctx context.Context, row deliveryRow) (Outgoing, Relay, keep, error) {
	account, err := o.account(ctx, row.Channel, row.BrandID, row.AccountID)
	if err != nil {
		return Outgoing{}, Relay{}, nil, err
	}
	var keep keep
	relay := o.relay(account)
	out := Outgoing{DeliveryID: row.ID, FromName: account.Name, From: account.Address, ReturnPath: account.Address, Date: o.Clock.Now()}
	switch row.Kind {
	case NoticeKind:
		err = o.composeNotice(ctx, row, &out)
	case CaseLinkKind:
		keep, err = o.composeCaseLink(ctx, row, &out)
	case FileLinkKind:
		err = o.composeFileLink(ctx, row, &out)
	default:
		keep, err = o.composeMessage(ctx, row, &out)
	}
	return out, relay, keep, err
}

func (o *Outbox) relay(a catalog.Account) Relay {
	return Relay{Host: a.Relay.Host, Port: a.Relay.Port, Security: a.Relay.Security, User: a.Relay.User, Password: a.Relay.Password, Hello: o.Hello}
}

// composeMessage fills in a message of a case. The subject stays the customer's
// own, without a number: several mail programs tear a thread apart when the
// subject changes. The number stands in the text and in the reply address. The
// secret link of the case is made here and stored nowhere but as a hash.
func (o *Outbox) composeMessage(ctx context.Context, row deliveryRow, out *Outgoing) (keep, error) {
	system := access.Lotse(row.BrandID)
	c, history, err := o.Desk.History(ctx, system, row.CaseID)
	if err != nil {
		return nil, err
	}
	brand, err := o.Catalog.Brand(ctx, c.BrandID)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(history, func(h desk.Message) bool { return h.ID == row.MessageID })
	if at < 0 {
		return nil, errs.Wrap(errs.NotFound, fmt.Errorf("message %s", row.MessageID), "reading what to send")
	}
	m := history[at]
	token := tokenAddress(out.From, ReplyToken(o.Seal, c.BrandID, c.Number))
	out.ReplyTo, out.ReturnPath = token, token
	out.To = o.Seal.Open(c.CustomerID, row.Address)
	out.Language = c.Language
	out.ExternalID = m.ExternalID
	out.InReplyTo, out.References = threading(history, m, c.CustomerID)
	to, err := o.People.Get(ctx, system, c.CustomerID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	own := m.Joined != desk.ByMerge && receives(to, out.To) // else its receiver is not, or no longer, the customer of the case
	var link string
	var keep keep
	if own {
		link, keep = o.secretLink(brand, c)
		out.ToName = to.Name
	}
	if m.Kind == desk.Ack { // without a name: nothing the sender chose goes into an automatic answer
		p := i18n.For(i18n.Match(c.Language, brand.Language))
		out.Automatic, out.Subject, out.Text, out.ToName = true, m.Subject, m.Body+linkText(p, link), ""
		return keep, nil
	}
	var quote *desk.Message
	if own {
		quote = lastWords(history, m, c.CustomerID)
	}
	o.composeReply(brand, link, c, m, quote, out)
	return keep, nil
}

// receives reports whether an address is one of a customer's.
func receives(c people.Customer, address string) bool {
	return slices.ContainsFunc(c.Identities, func(i people.Identity) bool { return i.Value == address })
}

// composeReply fills in the text of an answer by a person, with what it answers
// quoted below.
func (o *Outbox) composeReply(brand catalog.Brand, link string, c desk.Case, m desk.Message, quote *desk.Message, out *Outgoing) {
	p := i18n.For(i18n.Match(c.Language))
	out.Subject = replySubject(m.Subject, p)
	signature := p.T("reply.signature", "Name", m.AuthorName, "Brand", brand.Name, "Number", c.Number)
	line := linkText(p, link)
	out.Text = markup.TextFromMarkdown(m.Body) + line + "\n\n-- \n" + signature + quoteText(p, quote)
	out.HTML = string(m.HTML) + string(markup.HTMLFromText(strings.TrimSpace(line))) + string(markup.HTMLFromText("-- \n"+signature)) + quoteHTML(p, quote)
}

// linkText is the line that leads to the case's page; "" without a link.
func linkText(p *i18n.Printer, link string) string {
	if link == "" {
		return ""
	}
	return "\n\n" + p.T("link.line", "Link", link)
}

// threading returns what a mail program needs to show m below the message it
// answers: the last one of its recipient, and the chain that led there.
func threading(history []desk.Message, m desk.Message, to ids.ID) (inReplyTo string, references []string) {
	for _, h := range history {
		if h.Seq >= m.Seq || h.ExternalID == "" {
			continue
		}
		references = append(references, h.ExternalID)
		if isFrom(h, to) {
			inReplyTo = h.ExternalID
		}
	}
	if len(references) > 20 { // the first and the latest matter
		references = append(references[:1:1], references[len(references)-19:]...)
	}
	return inReplyTo, references
}

func replySubject(subject string, p *i18n.Printer) string {
	if subject == "" {
		return p.T("reply.subject_empty")
	}
	if len(subject) >= 3 && strings.EqualFold(subject[:3], "re:") {
		return subject
	}
	return "Re: " + subject
}

// lastWords returns what the recipient wrote last before m. Others take part in
// a case too, and what they wrote was for the desk alone: it is never quoted.
func lastWords(history []desk.Message, m desk.Message, to ids.ID) *desk.Message {
	for i := len(history) - 1; i >= 0; i-- {
		if isFrom(history[i], to) && history[i].Seq < m.Seq {
			return &history[i]
		}
	}
	return nil
}

func isFrom(m desk.Message, customer ids.ID) bool {
	return m.Kind == desk.Inbound && m.AuthorID == customer && m.Joined != desk.ByMerge && len(m.Found.Report) == 0
}

func quoted(q *desk.Message) string {
	text := q.Visible()
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + " …"
	}
	return text
}

func quoteText(p *i18n.Printer, q *desk.Message) string {
	if q == nil {
		return ""
	}
	intro := p.T("reply.quote_intro", "Name", q.AuthorName, "Date", p.DateTime(q.CreatedAt.Time()))
	return "\n\n" + intro + "\n> " + strings.ReplaceAll(strings.TrimSpace(quoted(q)), "\n", "\n> ") + "\n"
}

func quoteHTML(p *i18n.Printer, q *desk.Message) string {
	if q == nil {
		return ""
	}
	intro := p.T("reply.quote_intro", "Name", q.AuthorName, "Date", p.DateTime(q.CreatedAt.Time()))
	return string(markup.HTMLFromText(intro)) + `<blockquote type="cite">` + string(markup.HTMLFromText(quoted(q))) + "</blockquote>"
}

// Renderer writes a mail to a colleague at the moment it is sent.
type Renderer func(ctx context.Context, template string, staffID ids.ID, baseURL string) (subject, text string, err error)

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

// NotifyTx queues a mail to a colleague within the transaction.
func (o *Outbox) NotifyTx(ctx context.Context, tx *db.Tx, n Notice) error {
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
	var err error
	if out.Subject, out.Text, err = render(ctx, n.Template, n.Staff, o.BaseURL); err != nil {
		return err
	}
	out.To, out.ToName, out.Language, out.Automatic = o.Seal.Open(row.ID, row.Address), n.Name, n.Language, true
	out.ExternalID = externalID(row.ID, out.From)
	return nil
}
