package webhook

import (
	"encoding/json"
	"strings"
)

// ownMailgun are fields of Mailgun's own beside those of the mail's header.
var ownMailgun = map[string]bool{
	"recipient": true, "sender": true, "subject": true, "from": true, "timestamp": true, "token": true, "signature": true, "domain": true,
	"message-headers": true, "message-url": true, "attachment-count": true, "attachments": true, "content-id-map": true,
	"body-plain": true, "body-html": true, "body-mime": true, "stripped-text": true, "stripped-html": true, "stripped-signature": true,
}

// readMailgun reads what a route of Mailgun forwards: the whole mail in body-mime
// if the address ends in "mime", else the parsed fields.
func readMailgun(p payload) (*letter, error) {
	f, err := readForm(p.contentType, p.body)
	if err != nil {
		return nil, err
	}
	l := &letter{from: f.get("sender"), to: addressList(f.get("recipient")), raw: f.bytes("body-mime")}
	l.header = mailgunHeader(f)
	for _, h := range l.header {
		if strings.EqualFold(h.name, "X-Mailgun-Sflag") && strings.EqualFold(strings.TrimSpace(h.value), "yes") {
			l.spam = true
		}
	}
	if len(l.raw) > 0 {
		return l, nil
	}
	l.raw = nil
	l.fill("From", f.get("from"))
	l.fill("Subject", f.get("subject"))
	l.fill("To", f.get("recipient"))
	l.text.content, l.html.content = f.bytes("body-plain"), f.bytes("body-html")
	ids := mailgunIDs(f.get("content-id-map"))
	for _, part := range f {
		switch {
		case part.filename != "":
			l.files = append(l.files, file{name: part.filename, contentType: part.contentType, contentID: ids[part.name], content: part.content})
		case part.name == "attachments":
			l.storedAt(part.content)
		}
	}
	return l.usable()
}

// mailgunHeader returns the header as it was: a list in JSON, or each field as a
// field of the form.
func mailgunHeader(f form) []field {
	var list [][]string
	if json.Unmarshal(f.bytes("message-headers"), &list) != nil {
		list = nil
		for _, part := range f {
			if part.filename == "" && !ownMailgun[part.name] {
				list = append(list, []string{part.name, string(part.content)})
			}
		}
	}
	var header []field
	for _, pair := range list {
		if len(pair) == 2 {
			header = append(header, field{pair[0], pair[1]})
		}
	}
	return header
}

// mailgunIDs turns the map of content ids to fields round.
func mailgunIDs(text string) map[string]string {
	var byID map[string]string
	ids := map[string]string{}
	if json.Unmarshal([]byte(text), &byID) == nil {
		for _, id := range sorted(byID) {
			ids[byID[id]] = id
		}
	}
	return ids
}

// storedAt notes the files that Mailgun keeps when a route only stores.
func (l *letter) storedAt(list []byte) {
	var files []struct {
		URL         words `json:"url"`
		Name        words `json:"name"`
		ContentType words `json:"content-type"`
		Size        words `json:"size"`
	}
	if json.Unmarshal(list, &files) != nil {
		return
	}
	for _, f := range files {
		l.elsewhereAt(string(f.Name), string(f.ContentType), string(f.Size), string(f.URL))
	}
}

// addressList splits recipients that stand in one field.
func addressList(s string) []string {
	var list []string
	for a := range strings.SplitSeq(s, ",") {
		if a = strings.Trim(strings.TrimSpace(a), "<>"); strings.Contains(a, "@") && len(list) < 100 {
			list = append(list, a)
		}
	}
	return list
}
