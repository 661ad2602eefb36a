package report

import (
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html/charset"

	"lotse/internal/platform/markup"
)

const maxSubject = 998 // runes

// copies are the mails reported on, as far as they came with the report:
// attached, or below the text of the mailer.
func (l *letter) copies() []string {
	copies := slices.Clone(l.returned)
	for _, note := range l.notes {
		if _, copied := cutCopy(note); copied != "" {
			copies = append(copies, strings.TrimLeft(copied, "\n"))
		}
	}
	return copies
}

// original finds the Message-ID and the subject of the mail reported on.
func (l *letter) original() (id, subject string) {
	for _, c := range l.copies() {
		if id == "" {
			id = bareID(headerOf(c, "message-id"))
		}
		if subject == "" {
			subject = decodeHeader(headerOf(c, "subject"))
		}
	}
	if id == "" {
		id = l.namedID()
	}
	return id, subject
}

// idLine is a line of a mailer that names the mail it speaks of.
var idLine = regexp.MustCompile(`(?im)^[ \t]*(?:the )?(?:original )?message(?:-id|[ -]identifier)(?: was)?:[ \t]*<?([^\s<>]{1,400}@[^\s<>]{1,400})>?`)

// namedID is the Message-ID of a mail that did not come along: the mailer's
// text names it, or the report answers it.
func (l *letter) namedID() string {
	for _, note := range l.notes {
		if m := idLine.FindStringSubmatch(note); m != nil {
			return bareID(m[1])
		}
	}
	return bareID(l.header("in-reply-to"))
}

// returnedTo is whom the mail reported on was for, if that was one address.
func (l *letter) returnedTo() string {
	for _, c := range l.copies() {
		for _, field := range []string{"x-failed-recipients", "delivered-to", "to"} {
			all := addressForm.FindAllString(strings.ToLower(headerOf(c, field)), 2)
			if len(all) == 1 {
				return all[0]
			}
		}
	}
	return ""
}

// headerOf is the first value of a header field at the top of a raw mail, its
// lines joined. Empty lines and such that belong to no field are passed over
// until the body begins.
func headerOf(raw, name string) string {
	var value strings.Builder
	inside, seen := false, false
	for line := range strings.Lines(raw) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "":
			if seen {
				return value.String()
			}
		case line[0] == ' ' || line[0] == '\t':
			if inside {
				value.WriteString(" " + strings.TrimSpace(line))
			}
		default:
			if inside {
				return value.String()
			}
			field, v, ok := strings.Cut(line, ":")
			seen = seen || ok
			if inside = ok && strings.EqualFold(strings.TrimSpace(field), name); inside {
				value.WriteString(strings.TrimSpace(v))
			}
		}
		if value.Len() > 4*maxSubject {
			break
		}
	}
	return value.String()
}

// bareID is a Message-ID without its brackets.
func bareID(value string) string {
	value = strings.TrimSpace(value)
	if _, after, ok := strings.Cut(value, "<"); ok {
		value, _, _ = strings.Cut(after, ">")
	}
	if len(value) > 998 || strings.ContainsAny(value, " \t") {
		return ""
	}
	return value
}

// decodeHeader decodes the encoded words of a value (RFC 2047).
func decodeHeader(value string) string {
	decoder := mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) {
		return charset.NewReaderLabel(label, r)
	}}
	if text, err := decoder.DecodeHeader(value); err == nil {
		value = text
	}
	return markup.CleanLine(value, maxSubject)
}
