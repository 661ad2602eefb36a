package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"time"
)

// The limits of what a program hands over; beyond them it is told.
const (
	maxProgramFiles      = 200
	maxProgramTo         = 100
	maxProgramReferences = 100
)

// programMail is a message a program hands over. The documentation is
// docs/use/webhooks.md.
type programMail struct {
	From        string        `json:"from"`
	FromName    string        `json:"from_name"`
	To          []string      `json:"to"`
	Subject     string        `json:"subject"`
	Text        string        `json:"text"`
	HTML        string        `json:"html"`
	MessageID   string        `json:"message_id"`
	InReplyTo   string        `json:"in_reply_to"`
	References  []string      `json:"references"`
	Date        string        `json:"date"`
	Attachments []programFile `json:"attachments"`
}

type programFile struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	ContentID   string `json:"content_id"`
	Content     string `json:"content"` // base64
}

// fault is what is wrong with one field.
type fault struct {
	field string
	key   string // of the catalogue, below "hook.problem."
}

// checkProgram refuses what a program has to mend, naming each field. A whole mail
// is taken as it is.
func checkProgram(p payload) ([]payload, error) {
	if mediaTypeOf(p.contentType) == typeMail {
		return []payload{p}, nil
	}
	m, faults := decodeProgram(p.body)
	if len(faults) == 0 {
		faults = m.check()
	}
	if len(faults) > 0 {
		return nil, &problem{status: http.StatusUnprocessableEntity, code: "invalid", faults: faults}
	}
	return []payload{p}, nil
}

// decodeProgram decodes field by field, so that each that is unknown or of a wrong
// kind can be named.
func decodeProgram(b []byte) (m programMail, faults []fault) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil || fields == nil {
		return m, []fault{{"", "no_object"}}
	}
	decode := map[string]any{"from": &m.From, "from_name": &m.FromName, "to": &m.To, "subject": &m.Subject, "text": &m.Text, "html": &m.HTML,
		"message_id": &m.MessageID, "in_reply_to": &m.InReplyTo, "references": &m.References, "date": &m.Date}
	for _, name := range sorted(fields) {
		into, known := decode[name]
		switch {
		case name == "attachments":
			faults = append(faults, m.decodeFiles(fields[name])...)
		case !known:
			faults = append(faults, fault{oneLine(name, 60), "unknown"})
		case json.Unmarshal(fields[name], into) != nil:
			faults = append(faults, fault{name, "kind"})
		}
	}
	return m, faults
}

func (m *programMail) decodeFiles(b []byte) (faults []fault) {
	var list []map[string]json.RawMessage
	if json.Unmarshal(b, &list) != nil {
		return []fault{{"attachments", "kind"}}
	}
	if len(list) > maxProgramFiles {
		return []fault{{"attachments", "many"}}
	}
	for i, fields := range list {
		var f programFile
		at := "attachments[" + strconv.Itoa(i) + "]"
		decode := map[string]*string{"name": &f.Name, "content_type": &f.ContentType, "content_id": &f.ContentID, "content": &f.Content}
		for _, name := range sorted(fields) {
			into, known := decode[name]
			if !known {
				faults = append(faults, fault{at + "." + oneLine(name, 60), "unknown"})
			} else if json.Unmarshal(fields[name], into) != nil {
				faults = append(faults, fault{at + "." + name, "kind"})
			}
		}
		if _, err := fromBase64(f.Content); err != nil {
			faults = append(faults, fault{at + ".content", "base64"})
		}
		m.Attachments = append(m.Attachments, f)
	}
	return faults
}

// check returns what is wrong with values of the right kind.
func (m *programMail) check() (faults []fault) {
	wrong := func(field, key string) { faults = append(faults, fault{field, key}) }
	if m.From == "" {
		wrong("from", "from_missing")
	} else if !isAddress(m.From) {
		wrong("from", "address")
	}
	if m.Text == "" && m.HTML == "" && len(m.Attachments) == 0 {
		wrong("text", "empty")
	}
	if len(m.To) > maxProgramTo {
		wrong("to", "many")
	}
	for i, to := range m.To {
		if !isAddress(to) {
			wrong("to["+strconv.Itoa(i)+"]", "address")
		}
	}
	if len(m.References) > maxProgramReferences {
		wrong("references", "many")
	}
	if _, err := time.Parse(time.RFC3339, m.Date); m.Date != "" && err != nil {
		wrong("date", "date")
	}
	return faults
}

// isAddress reports whether s is a bare mail address.
func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 320
}

// readProgram reads what checkProgram let pass.
func readProgram(p payload) (*letter, error) {
	if mediaTypeOf(p.contentType) == typeMail {
		return &letter{raw: p.body}, nil
	}
	m, faults := decodeProgram(p.body)
	if len(faults) > 0 {
		return nil, fmt.Errorf("field %q: %w", faults[0].field, errors.New(faults[0].key))
	}
	l := &letter{from: m.From, to: m.To}
	l.fill("From", mailbox(m.FromName, m.From))
	for _, to := range m.To {
		l.header = append(l.header, field{"To", mailbox("", to)})
	}
	l.fill("Subject", m.Subject)
	l.fill("Message-ID", angled(m.MessageID))
	if p.id != "" { // or two alike would be taken for one
		l.fill("Message-ID", angled(programID(p.id)))
	}
	l.fill("In-Reply-To", angled(m.InReplyTo))
	references := ""
	for _, r := range m.References {
		references += angled(r) + " "
	}
	l.fill("References", references)
	if date, err := time.Parse(time.RFC3339, m.Date); err == nil {
		l.fill("Date", date.Format(time.RFC1123Z))
	}
	l.text.content, l.html.content = []byte(m.Text), []byte(m.HTML)
	for _, f := range m.Attachments {
		l.files = append(l.files, file{f.Name, f.ContentType, f.ContentID, decoded(f.Content)})
	}
	return l.usable()
}

// programID is the message id of what came without one: the same for each
// repetition, as its webhook-id is.
func programID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16]) + "@hook.invalid"
}

// has reports whether a media type is one of those.
func oneOf(types []string, mediaType string) bool { return slices.Contains(types, mediaType) }

// mediaTypeOf is the media type without parameters, in lower case.
func mediaTypeOf(contentType string) string {
	head, _, _ := bytes.Cut([]byte(contentType), []byte(";"))
	return string(bytes.ToLower(bytes.TrimSpace(head)))
}
