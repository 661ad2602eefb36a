package outbox

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

const (
	// MaxRecipients is how many addresses one reply goes to.
	MaxRecipients = 20
	// maxRecipientName bounds the name beside an address, in runes.
	maxRecipientName = 100
)

// prepare settles whom a reply goes to, and which of its files go as links.
func (o *Outbox) prepare(ctx context.Context, tx *db.Tx, c desk.Case, form desk.ReplyForm, files []desk.Attachment) ([]desk.Addressee, bool, error) {
	to, err := o.recipients(ctx, tx, c, form)
	if err = errors.Join(err, o.fit(ctx, c.BrandID, files)); err != nil {
		return nil, false, err
	}
	contacts := make([]people.Contact, len(to))
	for i, x := range to {
		contacts[i] = people.Contact{Kind: people.Email, Value: x.Address}
	}
	known, err := o.People.FindTx(ctx, tx, c.BrandID, contacts)
	return to, slices.Contains(known, c.CustomerID), err
}

// recipients reads the addresses of a reply. Each gets it once, in the field that
// says most; the desk's own are refused, as is what is none. No address in To is
// the customer's.
func (o *Outbox) recipients(ctx context.Context, tx *db.Tx, c desk.Case, form desk.ReplyForm) (all []desk.Addressee, err error) {
	var faults []error
	for role, typed := range [][]string{desk.RoleTo: form.To, desk.RoleCc: form.Cc, desk.RoleBcc: form.Bcc} {
		found, fault := ReadRecipients(desk.Role(role), typed...)
		if fault == nil {
			fault = o.checkOwn(ctx, found)
		}
		faults, all = append(faults, fault), append(all, found...)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(all) == 0 || all[0].Role != desk.RoleTo {
		known, err := o.People.AddressesTx(ctx, tx, people.Email, []ids.ID{c.CustomerID})
		if err != nil {
			return nil, err
		}
		own := known[c.CustomerID]
		if own.Value == "" {
			return nil, errs.Field("to", "delivery.no_address")
		}
		all = slices.Insert(all, 0, desk.Addressee{Address: own.Value, Name: own.Name})
	}
	all = eachOnce(all)
	if len(all) > MaxRecipients {
		return nil, errs.Field(all[MaxRecipients].Role.String(), "delivery.too_many_recipients", "Max", MaxRecipients)
	}
	return all, nil
}

func (o *Outbox) checkOwn(ctx context.Context, all []desk.Addressee) error {
	for _, x := range all {
		if err := o.CheckRecipient(ctx, x.Role.String(), x.Address); err != nil {
			return err
		}
	}
	return nil
}

// eachOnce drops an address that stands in the list already.
func eachOnce(all []desk.Addressee) (kept []desk.Addressee) {
	for _, x := range all {
		if !names(kept, x.Address) {
			kept = append(kept, x)
		}
	}
	return kept
}

// names reports whether an address is in a list.
func names(all []desk.Addressee, address string) bool {
	return slices.ContainsFunc(all, func(x desk.Addressee) bool { return strings.EqualFold(x.Address, address) })
}

// ReadRecipients reads addresses as they are typed: "mia@example.org" or "Mia Krug
// <mia@example.org>", several of them with a comma, a semicolon or a new line in
// between. The error is of the field that the role names.
func ReadRecipients(role desk.Role, typed ...string) (all []desk.Addressee, err error) {
	for _, list := range typed {
		for _, one := range splitRecipients(list) {
			x, err := readRecipient(role, one)
			if err != nil {
				return nil, err
			}
			all = append(all, x)
		}
		if len(all) > 10*MaxRecipients {
			return nil, errs.Field(role.String(), "delivery.too_many_recipients", "Max", MaxRecipients)
		}
	}
	return all, nil
}

func readRecipient(role desk.Role, typed string) (desk.Addressee, error) {
	name, address := "", typed
	if i := strings.LastIndexByte(typed, '<'); i >= 0 && strings.HasSuffix(typed, ">") {
		name, address = strings.TrimSpace(typed[:i]), typed[i+1:len(typed)-1]
	}
	if unquoted, ok := strings.CutPrefix(name, `"`); ok {
		name = strings.ReplaceAll(strings.TrimSuffix(unquoted, `"`), `\`, "")
	}
	parsed, err := catalog.ParseAddress(role.String(), strings.TrimPrefix(strings.TrimSpace(address), "mailto:"))
	if err != nil {
		return desk.Addressee{}, errs.Field(role.String(), "delivery.recipient_wrong", "Address", markup.CleanLine(typed, maxRecipientName))
	}
	return desk.Addressee{Role: role, Address: parsed, Name: markup.CleanLine(name, maxRecipientName)}, nil
}

// splitRecipients cuts a list at commas, semicolons and line ends that stand
// outside of quotes.
func splitRecipients(list string) (parts []string) {
	begin, quoted := 0, false
	add := func(end int) {
		if one := strings.TrimSpace(list[begin:end]); one != "" {
			parts = append(parts, one)
		}
		begin, quoted = end+1, false
	}
	for i := range len(list) {
		switch c := list[i]; {
		case c == '"' && (i == 0 || list[i-1] != '\\'):
			quoted = !quoted
		case c == '\n' || c == '\r', (c == ',' || c == ';') && !quoted:
			add(i)
		}
	}
	if begin < len(list) {
		add(len(list))
	}
	return parts
}

// Typed returns addressees of a role as ReadRecipients reads them.
func Typed(all []desk.Addressee, role desk.Role) string {
	var parts []string
	for _, x := range all {
		switch {
		case x.Role != role:
		case x.Name == "" || strings.EqualFold(x.Name, x.Address):
			parts = append(parts, x.Address)
		case strings.ContainsAny(x.Name, `",;<>@()`):
			parts = append(parts, `"`+strings.Map(withoutQuotes, x.Name)+`" <`+x.Address+`>`)
		default:
			parts = append(parts, x.Name+" <"+x.Address+">")
		}
	}
	return strings.Join(parts, ", ")
}

func withoutQuotes(c rune) rune {
	if c == '"' || c == '\\' {
		return '\''
	}
	return c
}

// Others returns who else stood in what the customer, or somebody else who takes
// part, wrote last: whom "answer all" offers, as To or Cc. The desk's own addresses
// and the customer's are not among them. The file says that the actor may see it:
// desk gave it out. Nobody of them gets anything unless a person says so.
func (o *Outbox) Others(ctx context.Context, a access.Actor, f desk.File, customer people.Customer) (others []desk.Addressee, err error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, err
	}
	last := lastIn(f.Messages)
	if last == nil {
		return nil, nil
	}
	for _, x := range last.Addressed {
		if receives(customer, x.Address) || names(others, x.Address) || len(others) == MaxRecipients {
			continue
		}
		if own, err := o.isOwn(ctx, x.Address); err != nil {
			return nil, err
		} else if own {
			continue
		}
		if _, err := mail.ParseAddress(x.Address); err != nil {
			continue
		}
		if x.Role == desk.RoleFrom {
			x.Role = desk.RoleTo
		}
		others = append(others, x)
	}
	return others, nil
}

// lastIn is what came in last and may be answered, nil if nothing is.
func lastIn(history []desk.Message) *desk.Message {
	for i := len(history) - 1; i >= 0; i-- {
		m := &history[i]
		if m.Kind == desk.Inbound && m.Joined != desk.ByMerge && m.Automation == 0 && len(m.Found.Report) == 0 {
			return m
		}
	}
	return nil
}

// shown is whom a reply names as its recipients to whoever gets it at an address:
// those in To and Cc, never one in Bcc. An address that is none of the reply's took
// the place of a wrong one: that mail names it alone.
func shown(m desk.Message, address string) (all []Addressee) {
	if !names(m.Addressed, address) {
		return nil
	}
	for _, x := range m.Addressed {
		if x.Role == desk.RoleTo || x.Role == desk.RoleCc {
			all = append(all, x)
		}
	}
	return all
}

// mayLink reports whether a reply to an address of the customer holds the secret
// link of the case. It does not where others are named beside them: who answers all
// sends what is quoted, link and all, to the others.
func mayLink(m desk.Message, address string) bool {
	return !slices.ContainsFunc(shown(m, address), func(x Addressee) bool { return !strings.EqualFold(x.Address, address) })
}

// quoteFor returns what stands quoted below a reply to an address: what the
// customer of the case wrote last, and only for the customer or somebody it was
// sent to as well. Notes, side conversations, what others wrote to the desk, and
// what was said before somebody joined are never quoted. nil is no quote.
func quoteFor(history []desk.Message, m desk.Message, customer ids.ID, own bool, address string) *desk.Message {
	last := lastWords(history, m, customer)
	if last == nil || own {
		return last
	}
	if !names(last.Addressed, address) {
		return nil
	}
	return last
}

// passedOver reports whether one of two messages came with somebody else's case when it
// was merged, and the other did not: their receivers know nothing of each other.
func passedOver(h, m desk.Message) bool {
	return (h.Joined == desk.ByMerge) != (m.Joined == desk.ByMerge)
}

// inThread reports whether a message may be named among those a mail answers
// (References, In-Reply-To): what its customer and the desk wrote to each other.
func inThread(m desk.Message, customer ids.ID) bool {
	switch m.Kind {
	case desk.Reply:
		return m.Visibility != desk.Internal
	case desk.Ack:
		return true
	}
	return isFrom(m, customer)
}
