package webhook

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

type postmarkPerson struct {
	Email words
	Name  words
}

type postmarkMail struct {
	RawEmail          words
	From              words
	FromName          words
	FromFull          maybe[postmarkPerson]
	To, Cc            words
	ToFull            maybe[[]postmarkPerson]
	CcFull            maybe[[]postmarkPerson]
	BccFull           maybe[[]postmarkPerson]
	OriginalRecipient words
	ReplyTo           words
	Subject           words
	Date              words
	TextBody          words
	HTMLBody          words `json:"HtmlBody"`
	Headers           maybe[[]struct {
		Name  words
		Value words
	}]
	Attachments maybe[[]struct {
		Name        words
		Content     words
		ContentType words
		ContentID   words
	}]
}

// readPostmark reads Postmark's JSON. The MessageID in it is Postmark's own; the
// mail's stands among the headers.
func readPostmark(p payload) (*letter, error) {
	var m postmarkMail
	if err := json.Unmarshal(p.body, &m); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	l := &letter{to: addressList(string(m.OriginalRecipient))}
	for _, h := range m.Headers.value {
		l.header = append(l.header, field{string(h.Name), string(h.Value)})
		if strings.EqualFold(string(h.Name), "X-Spam-Status") && strings.HasPrefix(strings.ToLower(string(h.Value)), "yes") {
			l.spam = true
		}
	}
	if m.RawEmail != "" {
		l.raw = []byte(m.RawEmail)
		l.recipients(m)
		return l, nil
	}
	from := m.FromFull.value
	if from.Email == "" {
		from = postmarkPerson{Email: m.From, Name: m.FromName}
	}
	l.fill("From", mailbox(string(from.Name), string(from.Email)))
	l.fill("To", people(m.ToFull.value, m.To))
	l.fill("Cc", people(m.CcFull.value, m.Cc))
	l.fill("Reply-To", string(m.ReplyTo))
	l.fill("Subject", string(m.Subject))
	l.fill("Date", string(m.Date))
	l.recipients(m)
	l.text.content, l.html.content = []byte(m.TextBody), []byte(unescaped(string(m.HTMLBody)))
	for _, a := range m.Attachments.value {
		l.files = append(l.files, file{name: string(a.Name), contentType: string(a.ContentType), contentID: string(a.ContentID), content: decoded(string(a.Content))})
	}
	return l.usable()
}

// recipients adds everybody the mail went to: the address with our token may be
// known by them alone.
func (l *letter) recipients(m postmarkMail) {
	for _, list := range [][]postmarkPerson{m.ToFull.value, m.CcFull.value, m.BccFull.value} {
		for _, person := range list {
			l.to = append(l.to, addressList(string(person.Email))...)
		}
	}
}

// people writes a list of persons, as it stands in the header if there is none.
func people(list []postmarkPerson, otherwise words) string {
	var all []string
	for _, p := range list {
		if m := mailbox(string(p.Name), string(p.Email)); m != "" {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return string(otherwise)
	}
	return strings.Join(all, ", ")
}

// unescaped undoes the escaping of a whole page, as Postmark once sent it.
func unescaped(s string) string {
	if strings.Contains(s, "<") || !strings.Contains(s, "&lt;") {
		return s
	}
	return html.UnescapeString(s)
}
