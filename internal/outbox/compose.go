package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/staff"
	"lotse/internal/templates"
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
	out, err := o.blank(ctx, row, account)
	if err != nil {
		return Outgoing{}, Relay{}, nil, err
	}
	var keep keep
	switch row.Kind {
	case NoticeKind:
		err = o.composeNotice(ctx, row, &out)
	case CaseLinkKind:
		keep, err = o.composeCaseLink(ctx, row, &out)
	case FileLinkKind:
		err = o.composeFileLink(ctx, row, &out)
	case SideKind:
		err = o.composeSide(ctx, row, account, &out)
	default:
		keep, err = o.composeMessage(ctx, row, account, &out, false)
	}
	return out, o.relay(account), keep, err
}

// composeCopy puts together once more what a delivery sent, for the sender's own
// files: without any secret link, which is for its receiver alone. It stores
// nothing. What is nothing but such a link has no copy: errs.NotFound.
func (o *Outbox) composeCopy(ctx context.Context, row deliveryRow) (Outgoing, error) {
	account, err := o.account(ctx, row.Channel, row.BrandID, row.AccountID)
	if err != nil {
		return Outgoing{}, err
	}
	out, err := o.blank(ctx, row, account)
	if err != nil {
		return Outgoing{}, err
	}
	switch row.Kind {
	case ReplyKind, AckKind:
		_, err = o.composeMessage(ctx, row, account, &out, true)
	case SideKind:
		err = o.composeSide(ctx, row, account, &out)
	default:
		err = errs.Wrap(errs.NotFound, fmt.Errorf("a mail of kind %d is not kept", row.Kind), "composing a copy")
	}
	return out, err
}

// blank is the mail of a delivery before anything stands in it.
func (o *Outbox) blank(ctx context.Context, row deliveryRow, account catalog.Account) (Outgoing, error) {
	answers, err := o.answersTo(ctx, account)
	return Outgoing{
		DeliveryID: row.ID, FromName: account.Name, From: account.Address,
		ReturnPath: o.returnPath(returnsTo(account, answers), row.ID, ""), Date: o.Clock.Now(),
	}, err
}

// sheet is what the mail of one message of a case is made of.
type sheet struct {
	c       desk.Case
	m       desk.Message
	history []desk.Message
	brand   catalog.Brand
	account catalog.Account
	team    staff.Team
	to      people.Customer
	own     bool // its receiver is the customer of the case
	filed   bool // it is for the sender's own files: no secret links
	keeps   []keep
}

// read fills in what is known of a delivery's case.
func (o *Outbox) read(ctx context.Context, row deliveryRow, s *sheet) (err error) {
	system := access.Lotse(row.BrandID)
	if s.c, s.history, err = o.Desk.History(ctx, system, row.CaseID); err != nil {
		return err
	}
	at := slices.IndexFunc(s.history, func(h desk.Message) bool { return h.ID == row.MessageID })
	if at < 0 {
		return errs.Wrap(errs.NotFound, fmt.Errorf("message %s", row.MessageID), "reading what to send")
	}
	s.m = s.history[at]
	if s.brand, err = o.Catalog.Brand(ctx, s.c.BrandID); err != nil {
		return err
	}
	if s.team, err = o.team(ctx, s.c); err != nil {
		return err
	}
	s.to, err = o.People.Get(ctx, system, s.c.CustomerID)
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return err
}

// composeMessage fills in a message of a case. The subject stays the customer's
// own, without a number: several mail programs tear a thread apart when the
// subject changes. The number stands in the text and in the reply address. The
// secret link of the case is made here and stored nowhere but as a hash.
func (o *Outbox) composeMessage(ctx context.Context, row deliveryRow, account catalog.Account, out *Outgoing, filed bool) (keep, error) {
	s := sheet{account: account, filed: filed}
	if err := o.read(ctx, row, &s); err != nil {
		return nil, err
	}
	if err := o.address(ctx, row, &s, out); err != nil {
		return nil, err
	}
	var err error
	if s.m.Kind == desk.Ack {
		err = o.composeAck(ctx, &s, out)
	} else {
		err = o.composeReply(ctx, &s, out)
	}
	return joinKeeps(s.keeps...), err
}

// address fills in whom a message goes to, from whom, and where answers come in.
func (o *Outbox) address(ctx context.Context, row deliveryRow, s *sheet, out *Outgoing) error {
	answers, err := o.answersTo(ctx, s.account)
	if err != nil {
		return err
	}
	out.ReplyTo = detailed(answers, ReplyToken(o.Seal, s.c.BrandID, s.c.Number))
	out.ReturnPath = o.returnPath(returnsTo(s.account, answers), row.ID, out.ReplyTo)
	out.To = o.Seal.Open(s.c.CustomerID, row.Address)
	out.Language = string(s.printer().Locale())
	out.ExternalID = s.m.ExternalID
	out.InReplyTo, out.References = threading(s.history, s.m, s.c.CustomerID)
	s.own = s.m.Joined != desk.ByMerge && receives(s.to, out.To) // else its receiver is not, or no longer, the customer of the case
	return nil
}

func (s *sheet) printer() *i18n.Printer { return i18n.For(i18n.Match(s.c.Language, s.brand.Language)) }

// composeAck fills in an automatic answer. It names nobody: nothing the sender
// chose goes into it.
func (o *Outbox) composeAck(ctx context.Context, s *sheet, out *Outgoing) error {
	out.Automatic, out.Subject = true, s.m.Subject
	said := s.m.HTML
	if said == "" {
		said = markup.HTMLFromText(s.m.Body)
	}
	link, err := o.linkBlock(ctx, s, out.To)
	if err != nil {
		return err
	}
	return o.frame(ctx, s.c.BrandID, Letter{Language: out.Language, Blocks: append([]Block{Written(s.m.Body, said)}, link...)}, out)
}

// composeReply fills in an answer by a person: their words between those of the
// templates, with what it answers quoted below. The secret link stands below the
// signature: mail programs leave out what is there when somebody answers, so it is
// not passed on by chance.
func (o *Outbox) composeReply(ctx context.Context, s *sheet, out *Outgoing) error {
	if s.own {
		out.ToName = s.to.Name
	}
	out.Shown = shown(s.m, out.To)
	var err error
	if out.FromName, err = o.senderName(ctx, s.c, s.account); err != nil {
		return err
	}
	above, err := o.write(ctx, s, templates.Reply, nil)
	if err != nil {
		return err
	}
	out.Subject = replySubject(s.m.Subject, above.Subject)
	blocks := []Block{Written(above.Text, above.HTML), Said(markup.TextFromMarkdown(s.m.Body), s.m.HTML)}
	for _, part := range []func(context.Context, *sheet, *Outgoing) ([]Block, error){o.fileBlocks, o.signature, o.caseLink} {
		more, err := part(ctx, s, out)
		if err != nil {
			return err
		}
		blocks = append(blocks, more...)
	}
	if q := quoteFor(s.history, s.m, s.c.CustomerID, s.own, out.To); q != nil {
		intro := s.printer().T("reply.quote_intro", "Name", q.AuthorName, "Date", s.printer().DateTime(q.CreatedAt.Time()))
		blocks = append(blocks, Quote(intro, quoted(q)))
	}
	return o.frame(ctx, s.c.BrandID, Letter{Language: out.Language, Blocks: blocks}, out)
}

// write writes out a template for a message.
func (o *Outbox) write(ctx context.Context, s *sheet, key templates.Key, more templates.Values) (templates.Mail, error) {
	return o.Templates.Write(ctx, s.c.BrandID, s.account.ID, key, string(s.printer().Locale()), s.values(more))
}

// values are what a template may say of a message. The customer's name is for the
// customer alone.
func (s *sheet) values(more templates.Values) templates.Values {
	v := templates.Values{
		templates.BrandName: s.brand.Name, templates.CaseNumber: s.c.Number, templates.StaffName: s.m.AuthorName,
		templates.TeamName: s.team.Name, templates.MailboxAddress: s.account.Shown(),
	}
	if s.own {
		v[templates.CustomerName] = s.to.Name
	}
	for name, value := range more {
		v[name] = value
	}
	return v
}

// fileBlocks adds the files of a message to the mail, and returns what it says of
// those that are too large for one.
func (o *Outbox) fileBlocks(ctx context.Context, s *sheet, out *Outgoing) ([]Block, error) {
	files, linked, err := o.enclosed(ctx, s.c, s.m)
	if err != nil {
		return nil, err
	}
	if out.Files = files; len(linked) == 0 {
		return nil, nil
	}
	p := s.printer()
	lines := make([]string, len(linked))
	for i, a := range linked {
		lines[i] = a.Name + " (" + p.Bytes(a.Size) + ")"
	}
	v := templates.Values{templates.FilesList: strings.Join(lines, "\n")}
	if !s.filed {
		link, until, keep := o.fileLink(s.brand, s.m)
		s.keeps = append(s.keeps, keep)
		v[templates.ALink], v[templates.LinkUntil] = link, p.LongDateTime(until)
	}
	mail, err := o.write(ctx, s, templates.Files, v)
	return []Block{Written(mail.Text, mail.HTML)}, err
}

// caseLink returns what leads a reply's receiver to the page of the case.
func (o *Outbox) caseLink(ctx context.Context, s *sheet, out *Outgoing) ([]Block, error) {
	if !mayLink(s.m, out.To) {
		return nil, nil
	}
	return o.linkBlock(ctx, s, out.To)
}

// linkBlock makes the secret link of the case for its customer; for anybody else
// there is none.
func (o *Outbox) linkBlock(ctx context.Context, s *sheet, to string) ([]Block, error) {
	if !s.own || s.filed {
		return nil, nil
	}
	link, keep := o.secretLink(s.brand, s.c)
	s.keeps = append(s.keeps, keep)
	mail, err := o.write(ctx, s, templates.LinkLine, templates.Values{templates.ALink: link})
	return []Block{Written(mail.Text, mail.HTML)}, err
}

// signature returns what stands below an answer: the mailbox's own, else the
// template's.
func (o *Outbox) signature(ctx context.Context, s *sheet, _ *Outgoing) ([]Block, error) {
	if text := s.account.Signatures[string(s.printer().Locale())]; text != "" {
		mail := templates.Fill(templates.Signature, text, s.values(nil))
		return []Block{Signature(mail.Text, mail.HTML)}, nil
	}
	mail, err := o.write(ctx, s, templates.Signature, nil)
	return []Block{Signature(mail.Text, mail.HTML)}, err
}

// receives reports whether an address is one of a customer's.
func receives(c people.Customer, address string) bool {
	return slices.ContainsFunc(c.Identities, func(i people.Identity) bool { return i.Value == address })
}

// threading returns what a mail program needs to show m below the message it
// answers: the last one of its customer, and the chain that led there.
func threading(history []desk.Message, m desk.Message, customer ids.ID) (inReplyTo string, references []string) {
	for _, h := range history {
		if h.Seq >= m.Seq || h.ExternalID == "" || !inThread(h, customer) || passedOver(h, m) {
			continue
		}
		references = append(references, h.ExternalID)
		if isFrom(h, customer) {
			inReplyTo = h.ExternalID
		}
	}
	if len(references) > 20 { // the first and the latest matter
		references = append(references[:1:1], references[len(references)-19:]...)
	}
	return inReplyTo, references
}

// replySubject returns the subject of an answer; without is the one of an answer to
// a message that has none.
func replySubject(subject, without string) string {
	switch {
	case subject == "":
		return without
	case len(subject) >= 3 && strings.EqualFold(subject[:3], "re:"):
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
	return strings.TrimSpace(text)
}
