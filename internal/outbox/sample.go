package outbox

import (
	"context"
	"strconv"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

// Sample is what the variables of a text stand for in a mail about a case, to
// look at the text with.
type Sample struct {
	Number string // of the case; "" if there is none to take, and the values are made up
	Values templates.Values
}

// Sample returns the values that a text would be filled with in a mail about a
// case, which leaves by an account (zero: the one the case is answered by). Links
// are examples and open nothing. Without a number, or with one that nobody or
// not the actor may see (errs.NotFound), the values are made up. It needs
// ManageCatalog and the right to see the case.
func (o *Outbox) Sample(ctx context.Context, a access.Actor, number string, account ids.ID, language i18n.Locale) (Sample, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return Sample{}, err
	}
	brand, err := o.Catalog.Brand(ctx, a.BrandID)
	if err != nil {
		return Sample{}, err
	}
	s := Sample{Values: o.madeUp(a, brand, i18n.For(language))}
	if !account.IsZero() {
		if box, err := o.Catalog.AccountFor(ctx, a, account); err == nil {
			s.Values[templates.MailboxAddress] = box.Shown()
		}
	}
	if number == "" {
		return s, nil
	}
	c, err := o.Desk.Find(ctx, a, number)
	if err != nil {
		return s, err
	}
	s.Number = c.Number
	return s, o.fromCase(ctx, a, c, account, i18n.For(language), s.Values)
}

// fromCase puts what is known of a case in the place of what is made up.
func (o *Outbox) fromCase(ctx context.Context, a access.Actor, c desk.Case, account ids.ID, p *i18n.Printer, v templates.Values) error {
	v[templates.CaseNumber] = c.Number
	if !c.DueAt.IsZero() {
		v[templates.CaseDue] = p.LongDateTime(c.DueAt.Time())
	}
	customer, err := o.People.Get(ctx, a, c.CustomerID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	v[templates.CustomerName] = customer.Name
	team, err := o.team(ctx, c)
	if err != nil {
		return err
	}
	v[templates.TeamName] = team.Name
	if !account.IsZero() {
		return nil
	}
	box, _, err := o.identity(ctx, c)
	if noAccount(err) {
		return nil
	}
	v[templates.MailboxAddress] = box.Shown()
	return err
}

// madeUp are values for every variable.
func (o *Outbox) madeUp(a access.Actor, brand catalog.Brand, p *i18n.Printer) templates.Values {
	base, now := o.base(brand), o.Clock.Now()
	example := func(key string) string { return p.T("template.example." + key) }
	return templates.Values{
		templates.CaseNumber:      "L-4F7K-92",
		templates.CaseDue:         p.LongDateTime(now.Add(24 * time.Hour)),
		templates.CustomerName:    example("customer"),
		templates.StaffName:       a.Name,
		templates.TeamName:        example("team"),
		templates.MailboxAddress:  example("address"),
		templates.ALink:           base + "/" + example("path"),
		templates.LinkDays:        strconv.Itoa(int(access.PassLifetime.Hours() / 24)),
		templates.LinkMinutes:     strconv.Itoa(int(FileLinkLifetime.Minutes())),
		templates.LinkUntil:       p.LongDateTime(now.Add(14 * 24 * time.Hour)),
		templates.PortalLink:      base + "/my",
		templates.UnsubscribeLink: base + "/unsubscribe/" + example("path"),
		templates.FilesList:       strings.Join([]string{example("file") + " (" + p.Bytes(12<<20) + ")", example("picture") + " (" + p.Bytes(4<<20) + ")"}, "\n"),
		templates.DigestList:      strings.Join([]string{p.N("digest.mine", 4) + "\t" + base + "/cases?scope=mine", p.N("digest.late", 1), p.N("digest.roster", 7) + "\t" + base + "/cases?scope=unowned"}, "\n"),
	}
}

// LookAt returns the whole mail that a text becomes, as plain text and as an HTML
// document of its own. It needs ManageCatalog.
func (o *Outbox) LookAt(ctx context.Context, a access.Actor, m templates.Mail) (text, html string, err error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return "", "", err
	}
	return o.Look(ctx, a.BrandID, m.Subject, Letter{Language: string(m.Language), Blocks: []Block{Written(m.Text, m.HTML)}})
}
