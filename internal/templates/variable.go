package templates

import (
	"maps"
	"strings"

	"lotse/internal/platform/markup"
)

// Variable is a place in a text that is filled when it is written out: in a
// text it stands in two pairs of braces.
type Variable string

// The variables. They stand in stored texts: never rename.
const (
	BrandName       Variable = "brand.name" // Write fills it
	MailboxAddress  Variable = "mailbox.address"
	CaseNumber      Variable = "case.number"
	CaseDue         Variable = "case.due" // when the next answer comes, as words
	CustomerName    Variable = "customer.name"
	StaffName       Variable = "staff.name" // who writes; in mails to colleagues, whom it goes to
	TeamName        Variable = "team.name"
	ALink           Variable = "link" // the one this mail is about
	LinkDays        Variable = "link.days"
	LinkMinutes     Variable = "link.minutes"
	LinkUntil       Variable = "link.until" // as words
	PortalLink      Variable = "portal.link"
	FilesList       Variable = "files.list"  // lines
	DigestList      Variable = "digest.list" // lines
	UnsubscribeLink Variable = "unsubscribe.link"
)

// variables are all there are; lines says whether a value may have several.
var variables = map[Variable]struct{ link, lines bool }{
	BrandName: {}, MailboxAddress: {}, CaseNumber: {}, CaseDue: {}, CustomerName: {}, StaffName: {}, TeamName: {},
	ALink: {link: true}, LinkDays: {}, LinkMinutes: {}, LinkUntil: {}, PortalLink: {link: true},
	FilesList: {lines: true}, DigestList: {lines: true}, UnsubscribeLink: {link: true},
}

// Sign returns the variable as it stands in a text.
func (v Variable) Sign() string { return "{{" + string(v) + "}}" }

// CatalogueName returns its name in the message catalogue: CaseNumber for
// "case.number".
func (v Variable) CatalogueName() string {
	if v == ALink {
		return "Link"
	}
	var b strings.Builder
	for part := range strings.SplitSeq(string(v), ".") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// Values are what variables stand for. A value is plain text of one line; of
// FilesList and DigestList, of several; of a link, its http or https address. A line
// of DigestList may be words, a tab and such an address.
// What is missing is empty: a line of nothing but empty variables goes, and so
// does the space before an empty one.
type Values map[Variable]string

// maxValue bounds a value, in runes, so that a foreign name does not become the
// whole mail.
const maxValue = 300

func (v Values) with(name Variable, value string) Values {
	all := maps.Clone(v)
	if all == nil {
		all = Values{}
	}
	all[name] = value
	return all
}

// of returns the values that the key's text may hold, mended: one line each,
// nothing but web addresses in links.
func (v Values) of(key Key) Values {
	spec, _ := SpecOf(key)
	mended := Values{}
	for name, value := range v {
		if !spec.Knows(name) {
			continue
		}
		switch kind := variables[name]; {
		case kind.lines:
			mended[name] = strings.TrimSpace(markup.Clean(value))
		case kind.link:
			mended[name] = webAddress(value)
		default:
			mended[name] = markup.CleanLine(value, maxValue)
		}
	}
	return mended
}
