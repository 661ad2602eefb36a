package email

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"lotse/internal/outbox"
	"lotse/internal/platform/markup"
)

var errAddress = errors.New("not a mail address that can be written to")

// composer turns one Outgoing into a mail (RFC 5322, RFC 2045).
type composer struct {
	m    outbox.Outgoing
	mark string
}

// compose writes the mail with CRLF line ends, no line longer than 998 bytes, and
// holds at most a small part of it in memory. No field can break out of its line:
// CR, LF, NUL and other controls are taken out of every text, and an address that
// is none is refused.
//
// Automatic mail says so (RFC 3834 §5). It carries no "Precedence: bulk": the
// field is no standard, some filters treat it as advertising, and
// acknowledgements are expected by the person they go to.
func compose(out io.Writer, m outbox.Outgoing, mark string) error {
	c := composer{m: m, mark: mark}
	h, err := c.header()
	if err != nil {
		return err
	}
	if err := c.write(out, h); err != nil {
		return fmt.Errorf("composing a mail: %w", err)
	}
	return nil
}

func (c composer) header() (message.Header, error) {
	m := c.m
	var h mail.Header
	from, okFrom := cleanAddr(m.From)
	if !okFrom {
		return message.Header{}, errAddress
	}
	h.SetDate(m.Date)
	h.SetAddressList("From", []*mail.Address{{Name: line(m.FromName, 200), Address: from}})
	if err := c.recipients(&h); err != nil {
		return message.Header{}, err
	}
	if m.ReplyTo != "" {
		reply, ok := cleanAddr(m.ReplyTo)
		if !ok {
			return message.Header{}, errAddress
		}
		h.SetAddressList("Reply-To", []*mail.Address{{Name: line(m.FromName, 200), Address: reply}})
	}
	h.SetSubject(line(m.Subject, maxSubject))
	c.threading(&h)
	if m.Automatic {
		h.Set("Auto-Submitted", automatic(m))
		h.Set("X-Auto-Response-Suppress", "All")
	}
	c.unsubscribe(&h)
	if lang := line(m.Language, 20); lang != "" {
		h.SetText("Content-Language", lang)
	}
	h.Set(markField, c.mark)
	return h.Header, nil
}

// recipients names whom the mail goes to. Blind copies are named to nobody.
func (c composer) recipients(h *mail.Header) error {
	shown := c.m.Shown
	if len(shown) == 0 {
		shown = []outbox.Addressee{{Name: c.m.ToName, Address: c.m.To}}
	}
	fields := map[outbox.Role][]*mail.Address{}
	for _, a := range shown {
		address, ok := cleanAddr(a.Address)
		if !ok {
			return errAddress
		}
		fields[a.Role] = append(fields[a.Role], &mail.Address{Name: line(a.Name, 200), Address: address})
	}
	if len(fields[outbox.RoleTo]) == 0 && len(fields[outbox.RoleCc]) == 0 {
		h.Set("To", "undisclosed-recipients:;")
		return nil
	}
	h.SetAddressList("To", fields[outbox.RoleTo])
	h.SetAddressList("Cc", fields[outbox.RoleCc])
	return nil
}

// unsubscribe says how to get no more of such mail, by one click if the address
// is one of https (RFC 2369 §3.2, RFC 8058 §3.1).
func (c composer) unsubscribe(h *mail.Header) {
	address, ok := writableID(c.m.Unsubscribe)
	if !ok {
		return
	}
	h.Set("List-Unsubscribe", "<"+address+">")
	if strings.HasPrefix(address, "https://") {
		h.Set("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
}

// automatic is what RFC 3834 §5 calls an automatic mail: an answer to one, or
// one of its own, such as an invitation.
func automatic(m outbox.Outgoing) string {
	if m.InReplyTo == "" {
		return "auto-generated"
	}
	return "auto-replied"
}

// threading sets what lets a mail program find the conversation. Ids it cannot
// write are left out; the References that stay are the first and the latest.
func (c composer) threading(h *mail.Header) {
	if id, ok := writableID(c.m.ExternalID); ok {
		h.SetMessageID(id)
	}
	if id, ok := writableID(c.m.InReplyTo); ok {
		h.SetMsgIDList("In-Reply-To", []string{id})
	}
	var refs []string
	for _, r := range c.m.References {
		if id, ok := writableID(r); ok {
			refs = append(refs, id)
		}
	}
	if len(refs) > maxReferences {
		refs = append(refs[:1:1], refs[len(refs)-maxReferences+1:]...)
	}
	h.SetMsgIDList("References", refs)
}

// writableID reports whether an id fits into one line and holds nothing that
// ends it.
func writableID(id string) (string, bool) {
	if id == "" || len(id) > 900 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) {
		return "", false
	}
	return id, true
}

// line makes a text safe for one header field.
func line(s string, maxRunes int) string { return markup.CleanLine(s, maxRunes) }

// write puts the parts together: mixed(related(alternative(text, html),
// inline…), attachments…), each shell only if it is needed.
func (c composer) write(out io.Writer, h message.Header) error {
	var inline, attached []outbox.File
	for _, f := range c.m.Files {
		if f.ContentID != "" && c.m.HTML != "" {
			inline = append(inline, f)
		} else {
			attached = append(attached, f)
		}
	}
	return shell(out, h, "mixed", attached, func(out partMaker, h message.Header) error {
		return nested(out, h, "related", inline, c.bodies)
	})
}

// partMaker begins an entity with a header: the mail itself or a part of it.
type partMaker func(message.Header) (*message.Writer, error)

func shell(out io.Writer, h message.Header, kind string, files []outbox.File, inner func(partMaker, message.Header) error) error {
	root := func(h message.Header) (*message.Writer, error) { return message.CreateWriter(out, h) }
	return nested(root, h, kind, files, inner)
}

// nested writes inner, and if there are files a multipart of the kind around
// inner and the files.
func nested(out partMaker, h message.Header, kind string, files []outbox.File, inner func(partMaker, message.Header) error) error {
	if len(files) == 0 {
		return inner(out, h)
	}
	h.SetContentType("multipart/"+kind, nil)
	w, err := out(h)
	if err != nil {
		return err
	}
	if err := inner(w.CreatePart, message.Header{}); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeFile(w, f, kind == "related"); err != nil {
			return err
		}
	}
	return w.Close()
}

// bodies writes the text, with the HTML beside it if there is any.
func (c composer) bodies(out partMaker, h message.Header) error {
	if c.m.HTML == "" {
		return writePlain(out, h, c.m.Text)
	}
	h.SetContentType("multipart/alternative", nil)
	w, err := out(h)
	if err != nil {
		return err
	}
	if err := writePlain(w.CreatePart, message.Header{}, c.m.Text); err != nil {
		return err
	}
	if err := writeText(w.CreatePart, message.Header{}, "text/html", nil, c.m.HTML); err != nil {
		return err
	}
	return w.Close()
}

// writePlain writes text with soft line breaks: who reads it in a narrow window or
// on a phone gets whole lines, who reads it in a terminal lines that fit.
func writePlain(out partMaker, h message.Header, text string) error {
	return writeText(out, h, "text/plain", map[string]string{"format": "flowed"}, flow(markup.Clean(text)))
}

func writeText(out partMaker, h message.Header, mediaType string, params map[string]string, text string) error {
	all := map[string]string{"charset": "utf-8"}
	maps.Copy(all, params)
	h.SetContentType(mediaType, all)
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	w, err := out(h)
	if err != nil {
		return err
	}
	text = strings.TrimRight(markup.Clean(text), "\n") + "\n"
	if _, err := io.WriteString(w, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		return err
	}
	return w.Close()
}

func writeFile(mw *message.Writer, f outbox.File, inline bool) error {
	var h message.Header
	name := cmp.Or(cleanFileName(f.Name), defaultName(f.ContentType, 1))
	h.SetContentType(fileType(f.ContentType), nil)
	h.Set("Content-Transfer-Encoding", "base64")
	disposition := "attachment"
	if inline {
		disposition = "inline"
		if id, ok := writableID(f.ContentID); ok {
			h.Set("Content-ID", "<"+id+">")
		}
	}
	h.Set("Content-Disposition", withFileName(disposition, name))
	w, err := mw.CreatePart(h)
	if err != nil {
		return err
	}
	content, err := f.Open()
	if err != nil {
		return fmt.Errorf("opening an attachment: %w", err)
	}
	_, err = io.Copy(w, content)
	if err := errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("reading an attachment: %w", err)
	}
	return w.Close()
}

// withFileName returns a disposition with a file name: by the standard library, since
// the message package would put an encoded word into the parameter, which RFC 2047 §5
// forbids. What no line can hold is cut into numbered pieces (RFC 2231 §3).
func withFileName(disposition, name string) string {
	whole := mime.FormatMediaType(disposition, map[string]string{"filename": name})
	if len(whole) < 900 {
		return whole
	}
	pieces := []string{"utf-8''"}
	for _, r := range name { // who reads each piece by itself finds whole letters
		last := &pieces[len(pieces)-1]
		if *last += percent(string(r)); len(*last) > 45 {
			pieces = append(pieces, "")
		}
	}
	var b strings.Builder
	b.WriteString(disposition)
	for n, piece := range pieces {
		fmt.Fprintf(&b, "; filename*%d*=%s", n, piece)
	}
	return b.String()
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// fileType returns a media type that may be sent in base64: RFC 2046 §5 forbids
// that for messages and multiparts, so those go as plain bytes.
func fileType(t string) string {
	t, _, err := mime.ParseMediaType(t)
	if err != nil || !strings.Contains(t, "/") || strings.HasPrefix(t, "message/") || strings.HasPrefix(t, "multipart/") {
		return "application/octet-stream"
	}
	return t
}
