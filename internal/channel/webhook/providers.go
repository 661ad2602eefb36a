package webhook

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lotse/internal/catalog"
)

// provider is what is known of one sender of payloads.
type provider struct {
	types []string // media types it posts
	// early reports whether who posts can be told from the head of the request,
	// so that nobody else's body is read.
	early func(h catalog.Hook, r *posted) error
	// late checks what is signed with the body; nil if nothing is.
	late func(h catalog.Hook, r *posted) error
	// split makes a payload for each mail; nil if there is always one. It fails
	// with a *problem for what the sender should mend.
	split func(payload) ([]payload, error)
	// read finds the mail in a payload.
	read func(payload) (*letter, error)
}

const (
	typeForm      = "application/x-www-form-urlencoded"
	typeMultipart = "multipart/form-data"
	typeJSON      = "application/json"
	typeMail      = "message/rfc822"
)

var providers = map[string]provider{
	catalog.Mailgun:     {types: []string{typeForm, typeMultipart}, late: signedByMailgun, read: readMailgun},
	catalog.Mandrill:    {types: []string{typeForm, typeMultipart}, late: signedByMandrill, split: splitMandrill, read: readMandrill},
	catalog.Postmark:    {types: []string{typeJSON}, early: withPassword, read: readPostmark},
	catalog.SendGrid:    {types: []string{typeMultipart, typeForm}, early: withPassword, read: readSendGrid},
	catalog.CloudMailin: {types: []string{typeMultipart, typeJSON, typeForm}, early: withPassword, read: readCloudMailin},
	catalog.OwnProgram:  {types: []string{typeJSON, typeMail}, early: inTime, late: signedStandard, split: checkProgram, read: readProgram},
}

// spamScore is from which score on providers that give no verdict of their own
// call a mail advertising: the usual limit of the filter they all run.
const spamScore = 5

// words is a JSON value that should be text: a number is text too, anything else is
// left empty, so that one odd field does not cost the mail.
type words string

// UnmarshalJSON takes text and passes over everything else.
func (w *words) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*w = words(s)
	} else if b[0] == '-' || b[0] >= '0' && b[0] <= '9' {
		*w = words(b)
	}
	return nil
}

// number is a JSON number, or text that holds one.
type number float64

// UnmarshalJSON takes numbers and passes over everything else.
func (n *number) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal([]byte(strings.Trim(string(b), `"`)), &f) == nil {
		*n = number(f)
	}
	return nil
}

// values is a JSON value that is text or a list of texts.
type values []string

// UnmarshalJSON takes both and passes over everything else.
func (v *values) UnmarshalJSON(b []byte) error {
	var list []words
	if json.Unmarshal(b, &list) == nil {
		for _, w := range list {
			*v = append(*v, string(w))
		}
		return nil
	}
	var one string
	if json.Unmarshal(b, &one) == nil && one != "" {
		*v = values{one}
	}
	return nil
}

// maybe is a JSON value that stays empty if it has another shape than expected.
type maybe[T any] struct{ value T }

// UnmarshalJSON takes what fits.
func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	var v T
	if json.Unmarshal(b, &v) == nil {
		m.value = v
	}
	return nil
}

// fromBase64 decodes what a provider encoded, with or without line breaks and
// padding.
func fromBase64(s string) ([]byte, error) {
	s = strings.TrimRight(strings.Join(strings.Fields(s), ""), "=")
	if strings.ContainsAny(s, "-_") {
		return base64.RawURLEncoding.DecodeString(s)
	}
	return base64.RawStdEncoding.DecodeString(s)
}

// decoded returns the content of a file. What is broken is kept as it came: a
// person may still read it.
func decoded(s string) []byte {
	b, err := fromBase64(s)
	if err != nil {
		return []byte(s)
	}
	return b
}

// mailbox writes a name and an address as a header field has them.
func mailbox(name, address string) string {
	address = strings.Trim(oneLine(address, 500), "<> ")
	name = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneLine(name, 500))
	if name == "" || address == "" {
		return address
	}
	return `"` + name + `" <` + address + `>`
}

// angled puts an id into brackets.
func angled(id string) string {
	if id = strings.Trim(oneLine(id, 990), "<> "); id == "" {
		return ""
	}
	return "<" + id + ">"
}

// elsewhere notes a file that stayed with the provider.
func (l *letter) elsewhereAt(name, contentType, size, address string) {
	l.elsewhere = append(l.elsewhere, fmt.Sprintf("%s (%s, %s B): %s", oneLine(name, 300), oneLine(contentType, 100), oneLine(size, 20), oneLine(address, 2000)))
}

// sorted returns the keys of a map in order: what is built of one must not differ
// from time to time.
func sorted[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var errNothing = errors.New("nothing in it that is a mail")

// usable refuses a letter that holds nothing to read: then the payload is of
// another kind than the hook.
func (l *letter) usable() (*letter, error) {
	if l.raw == nil && len(l.header) == 0 && len(l.text.content) == 0 && len(l.html.content) == 0 && len(l.files) == 0 {
		return nil, errNothing
	}
	return l, nil
}
