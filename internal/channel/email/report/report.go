// Package report recognises mail that says something about the fate of another
// mail: that it was not delivered, is late or arrived, that its receiver calls
// it spam, is away or has read it.
//
// Read asks one reader after the other, the strictest first: reports in the
// standard forms (RFC 8098, RFC 5965, RFC 3464), then the many plain texts in
// which servers say the same, then absence notices. What a server answered is
// judged in one place (classify.go), by its codes (codes.go, meanings.go), its
// words (phrases.txt) and the step of the SMTP dialogue (phase.go).
//
// A mail of a person is never a report, whatever it quotes: plain text counts
// only from a mailer, and a report attached to a mail is not its own.
package report

import (
	"strings"

	"lotse/internal/intake"
)

// Mail is a message as the readers see it.
type Mail struct {
	// Header returns the values of a header field, decoded; name is lower case.
	Header func(name string) []string
	Null   bool   // it came from the null sender "<>" (RFC 5321 §4.5.5)
	Parts  []Part // the leaves of the MIME tree in order; message/rfc822 is a leaf
}

// Part is one leaf of a Mail.
type Part struct {
	MediaType string // lower case, without parameters
	// Header returns the values of a header field of the part; it may be nil.
	Header func(name string) []string
	Text   string // its content, transfer encoding and character set undone
}

// Limits that keep the work on a hostile mail small.
const (
	maxText       = 256 << 10 // bytes read of one part
	maxRecipients = 100       // recipients of one report
	maxWords      = 1000      // bytes of the words kept for a recipient
)

// readers are asked in this order; the first that understands a mail wins.
var readers = []func(*letter) *intake.Report{
	readReceipt,
	readComplaint,
	readDelivery,
	readHook,
	readNotice,
	readAbsence,
}

// Read returns what a mail says about another one, false if it says nothing of
// the kind. It does not fail: what it cannot read is no report.
func Read(m Mail) (*intake.Report, bool) {
	l := open(m)
	for _, read := range readers {
		r := read(l)
		if r == nil {
			continue
		}
		id, subject := l.original()
		if r.MessageID == "" {
			r.MessageID = id
		}
		if r.Subject == "" {
			r.Subject = subject
		}
		return r, true
	}
	return nil, false
}

// letter is a Mail taken apart for the readers.
type letter struct {
	mail     Mail
	subject  string
	notes    []string // text meant for people, one string a part
	fields   []string // parts of fields that name recipients (RFC 3464)
	feedback []string // parts of fields of a complaint (RFC 5965)
	receipts []string // parts of fields of a receipt (RFC 8098)
	returned []string // the mail reported on, or its header
	listed   []entry  // see entries; nil until asked for
	own      string   // see ownText
}

// open sorts the parts of a mail by what they are to a report.
func open(m Mail) *letter {
	l := &letter{mail: m, subject: first(m.Header("subject"))}
	var pages []string
	for _, p := range m.Parts {
		text := plainLines(p.Text)
		switch p.MediaType {
		case "message/delivery-status", "message/global-delivery-status":
			l.fields = append(l.fields, text)
		case "message/feedback-report":
			l.feedback = append(l.feedback, text)
		case "message/disposition-notification", "message/global-disposition-notification":
			l.receipts = append(l.receipts, text)
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
			l.returned = append(l.returned, text)
		case "text/html":
			pages = append(pages, text)
		default:
			switch {
			case !isNote(p.MediaType):
			case startsHeader(text) && len(l.notes) > 0:
				l.returned = append(l.returned, text)
			default:
				l.notes = append(l.notes, text)
			}
		}
	}
	if strings.TrimSpace(strings.Join(l.notes, "")) == "" {
		l.notes = pageTexts(pages)
	}
	return l
}

// isNote reports the type of a part that people read. A multipart is a leaf only
// if it is broken; then its text holds all of it.
func isNote(mediaType string) bool {
	return mediaType == "" || strings.HasPrefix(mediaType, "text/") || strings.HasPrefix(mediaType, "multipart/")
}

func (l *letter) header(name string) string { return first(l.mail.Header(name)) }

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return strings.TrimSpace(values[0])
}
