package templates

import "slices"

// Key names a text.
type Key string

// The texts. They are stored: never rename.
const (
	Ack       Key = "ack"       // a message arrived, with the time of the answer
	AckOpen   Key = "ack_open"  // a message arrived, and no time can be promised
	Reply     Key = "reply"     // what stands above an answer by a person; subject of one to a message without
	Signature Key = "signature" // what stands below an answer by a person, unless its mailbox has one
	LinkLine  Key = "link_line" // the line that leads to the page of a case
	CaseLink  Key = "case_link" // the link of a case that somebody asked for on a page
	FileLink  Key = "file_link" // the link to all cases that somebody asked for on a page
	Files     Key = "files"     // files that are too large for a mail
	Side      Key = "side"      // what stands below a letter to a third party; subject of one without
	Forward   Key = "forward"   // what stands above a message that is passed on
	Invite    Key = "invite"    // an invitation to a colleague
	Reset     Key = "reset"     // a new password for a colleague
	Digest    Key = "digest"    // a colleague's cases and duties
	Test      Key = "test"      // a mail that tries a mailbox
)

// Audience says who reads a text.
type Audience uint8

// The audiences, in the order of pages.
const (
	ForCustomers Audience = iota
	ForOthers
	ForStaff
)

// Spec says what a text is made of.
type Spec struct {
	Key          Key
	Audience     Audience
	Subject      bool // it has one
	MayBeEmpty   bool // its text
	EmptyAtFirst bool // its text, until somebody writes one
	PerMailbox   bool // a mailbox may have its own
	Variables    []Variable
	Needed       []Variable // a text without these is of no use
	OfAutomatic  bool       // it goes out without a person's doing: it must not hold what a sender wrote
}

var specs = []Spec{
	{Key: Ack, Subject: true, PerMailbox: true, OfAutomatic: true, Variables: []Variable{BrandName, CaseNumber, CaseDue, TeamName, MailboxAddress}, Needed: []Variable{CaseNumber}},
	{Key: AckOpen, Subject: true, PerMailbox: true, OfAutomatic: true, Variables: []Variable{BrandName, CaseNumber, TeamName, MailboxAddress}, Needed: []Variable{CaseNumber}},
	{Key: Reply, Subject: true, MayBeEmpty: true, EmptyAtFirst: true, PerMailbox: true, Variables: []Variable{BrandName, CaseNumber, CustomerName, StaffName, TeamName, MailboxAddress}},
	{Key: Signature, MayBeEmpty: true, Variables: []Variable{BrandName, CaseNumber, StaffName, TeamName, MailboxAddress}},
	{Key: LinkLine, PerMailbox: true, Variables: []Variable{BrandName, CaseNumber, ALink}, Needed: []Variable{ALink}},
	{Key: Files, PerMailbox: true, Variables: []Variable{BrandName, CaseNumber, FilesList, ALink, LinkUntil}, Needed: []Variable{ALink}},
	{Key: CaseLink, Subject: true, PerMailbox: true, OfAutomatic: true, Variables: []Variable{BrandName, CaseNumber, ALink, LinkDays, MailboxAddress}, Needed: []Variable{ALink}},
	{Key: FileLink, Subject: true, PerMailbox: true, OfAutomatic: true, Variables: []Variable{BrandName, ALink, LinkMinutes, PortalLink, MailboxAddress}, Needed: []Variable{ALink}},
	{Key: Side, Audience: ForOthers, Subject: true, MayBeEmpty: true, PerMailbox: true, Variables: []Variable{BrandName, StaffName, TeamName, MailboxAddress}},
	{Key: Forward, Audience: ForOthers, MayBeEmpty: true, PerMailbox: true, Variables: []Variable{BrandName, StaffName, TeamName, MailboxAddress}},
	{Key: Invite, Audience: ForStaff, Subject: true, OfAutomatic: true, Variables: []Variable{BrandName, StaffName, ALink, LinkDays}, Needed: []Variable{ALink}},
	{Key: Reset, Audience: ForStaff, Subject: true, OfAutomatic: true, Variables: []Variable{BrandName, StaffName, ALink, LinkMinutes}, Needed: []Variable{ALink}},
	{Key: Digest, Audience: ForStaff, Subject: true, OfAutomatic: true, Variables: []Variable{BrandName, StaffName, DigestList, ALink, UnsubscribeLink}, Needed: []Variable{DigestList, UnsubscribeLink}},
	{Key: Test, Audience: ForStaff, Subject: true, PerMailbox: true, OfAutomatic: true, Variables: []Variable{BrandName, MailboxAddress}},
}

// Specs returns what there is, in the order of pages.
func Specs() []Spec { return slices.Clone(specs) }

// SpecOf returns what a key's text is made of.
func SpecOf(key Key) (Spec, bool) {
	at := slices.IndexFunc(specs, func(s Spec) bool { return s.Key == key })
	if at < 0 {
		return Spec{}, false
	}
	return specs[at], true
}

// Knows reports whether the text of the key may hold a variable.
func (s Spec) Knows(v Variable) bool { return slices.Contains(s.Variables, v) }
