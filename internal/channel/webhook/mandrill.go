package webhook

import (
	"encoding/json"
	"fmt"
)

// mandrillEvents is the field that holds everything.
const mandrillEvents = "mandrill_events"

// splitMandrill makes a payload of each event that is a mail; the others, such as
// the test when the address is saved, hold nothing to keep. What is no list of
// events stays whole, for a person to look at.
func splitMandrill(p payload) ([]payload, error) {
	f, err := readForm(p.contentType, p.body)
	if err != nil {
		return []payload{p}, nil
	}
	var events []json.RawMessage
	if json.Unmarshal(f.bytes(mandrillEvents), &events) != nil {
		return []payload{p}, nil
	}
	var mails []payload
	for _, e := range events {
		var kind struct {
			Event words `json:"event"`
		}
		if json.Unmarshal(e, &kind) == nil && kind.Event != "inbound" && kind.Event != "" {
			continue
		}
		mails = append(mails, payload{provider: p.provider, contentType: typeJSON, body: e})
	}
	return mails, nil
}

// mandrillFile is an attachment or a picture.
type mandrillFile struct {
	Name    words       `json:"name"`
	Type    words       `json:"type"`
	Content words       `json:"content"`
	Base64  maybe[bool] `json:"base64"`
}

type mandrillMail struct {
	Raw         words                          `json:"raw_msg"`
	Headers     maybe[map[string]values]       `json:"headers"`
	Text        words                          `json:"text"`
	HTML        words                          `json:"html"`
	FromEmail   words                          `json:"from_email"`
	FromName    words                          `json:"from_name"`
	Subject     words                          `json:"subject"`
	Email       words                          `json:"email"` // the recipient of the envelope
	Sender      words                          `json:"sender"`
	Attachments maybe[map[string]mandrillFile] `json:"attachments"`
	Images      maybe[map[string]mandrillFile] `json:"images"`
	Spam        maybe[struct {
		Score number `json:"score"`
	}] `json:"spam_report"`
}

// readMandrill reads one event.
func readMandrill(p payload) (*letter, error) {
	var event struct {
		Msg *mandrillMail `json:"msg"`
	}
	if err := json.Unmarshal(p.body, &event); err != nil {
		return nil, fmt.Errorf("reading an event: %w", err)
	}
	m := event.Msg
	if m == nil {
		return nil, errNothing
	}
	l := &letter{from: string(m.Sender), to: addressList(string(m.Email)), spam: m.Spam.value.Score >= spamScore}
	if m.Raw != "" {
		l.raw = []byte(m.Raw)
		return l, nil
	}
	for _, name := range sorted(m.Headers.value) {
		for _, v := range m.Headers.value[name] {
			l.header = append(l.header, field{name, v})
		}
	}
	l.fill("From", mailbox(string(m.FromName), string(m.FromEmail)))
	l.fill("Subject", string(m.Subject))
	l.fill("To", string(m.Email))
	l.text.content, l.html.content = []byte(m.Text), []byte(m.HTML)
	for _, key := range sorted(m.Attachments.value) {
		l.files = append(l.files, m.Attachments.value[key].file(false, ""))
	}
	for _, key := range sorted(m.Images.value) {
		l.files = append(l.files, m.Images.value[key].file(true, key))
	}
	return l.usable()
}

// file returns an attachment; pictures are always encoded and known by their name.
func (f mandrillFile) file(encoded bool, id string) file {
	made := file{name: string(f.Name), contentType: string(f.Type), contentID: id, content: []byte(f.Content)}
	if encoded || f.Base64.value {
		made.content = decoded(string(f.Content))
	}
	return made
}
