package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"strings"

	"lotse/internal/intake"
)

// letter is one mail as a provider gives it.
type letter struct {
	from string   // return path; "" if the provider does not say
	to   []string // recipients of the envelope, with any address token

	raw []byte // the mail as it was sent; nil if it has to be built from what follows

	header     []field // as the mail had them, or as the provider read them
	text, html body
	files      []file

	elsewhere []string // files the provider kept, one line each
	spam      bool     // the provider takes it for advertising
}

// field is one header field.
type field struct{ name, value string }

// body is one form of the message.
type body struct {
	content []byte
	charset string // of content; "" is UTF-8
}

// file is one attachment.
type file struct {
	name, contentType, contentID string
	content                      []byte
}

// has reports whether there is a field of that name.
func (l *letter) has(name string) bool {
	for _, f := range l.header {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// fill adds a field unless the header has it or there is nothing to say.
func (l *letter) fill(name, value string) {
	if strings.TrimSpace(value) != "" && !l.has(name) {
		l.header = append(l.header, field{name, value})
	}
}

// mail returns the mail (RFC 5322). One that is built is the same for the same
// letter to the last byte, or a repetition would be another message. Its parts are
// not encoded (RFC 2045 §6.2, "binary"): it goes no further than our own reader,
// and what is in a charset of its own must stay as it is.
func (l *letter) mail() []byte {
	if l.raw != nil {
		return l.raw
	}
	var b bytes.Buffer
	for _, f := range l.header {
		if writable(f.name) {
			fmt.Fprintf(&b, "%s: %s\r\n", f.name, oneLine(f.value, 64<<10))
		}
	}
	boundary := l.boundary()
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m%s\r\n\r\n", boundary)
	fmt.Fprintf(&b, "--m%s\r\nContent-Type: multipart/alternative; boundary=a%s\r\n\r\n", boundary, boundary)
	if len(l.text.content) > 0 || len(l.html.content) == 0 {
		writeBody(&b, "a"+boundary, "text/plain", l.text)
	}
	if len(l.html.content) > 0 {
		writeBody(&b, "a"+boundary, "text/html", l.html)
	}
	fmt.Fprintf(&b, "--a%s--\r\n", boundary)
	for _, f := range l.files {
		writeFile(&b, "m"+boundary, f)
	}
	fmt.Fprintf(&b, "--m%s--\r\n", boundary)
	return b.Bytes()
}

// boundary is a line that the letter does not hold, because it is made from it.
func (l *letter) boundary() string {
	sum := sha256.New()
	part := func(b []byte) {
		fmt.Fprintf(sum, "%d:", len(b))
		_, _ = sum.Write(b) // never fails
	}
	for _, f := range l.header {
		part([]byte(f.name + ": " + f.value))
	}
	part(l.text.content)
	part(l.html.content)
	for _, f := range l.files {
		part([]byte(f.name))
		part(f.content)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// writable reports whether a field may be copied: its name is one (RFC 5322 §2.2)
// and says nothing of parts, which are built anew.
func writable(name string) bool {
	lower := strings.ToLower(name)
	if name == "" || len(name) > 100 || strings.HasPrefix(lower, "content-") || lower == "mime-version" {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' })
}

func writeBody(w io.Writer, boundary, mediaType string, b body) {
	charset := oneLine(b.charset, 100)
	if charset == "" || strings.ContainsAny(charset, "\"\\; ") {
		charset = "utf-8"
	}
	fmt.Fprintf(w, "--%s\r\nContent-Type: %s; charset=%s\r\nContent-Transfer-Encoding: binary\r\n\r\n", boundary, mediaType, charset)
	_, _ = w.Write(b.content) // into memory
	fmt.Fprint(w, "\r\n")
}

func writeFile(w io.Writer, boundary string, f file) {
	mediaType, params, err := mime.ParseMediaType(f.contentType)
	if err != nil || !strings.Contains(mediaType, "/") || strings.HasPrefix(mediaType, "multipart/") {
		mediaType, params = "application/octet-stream", nil
	}
	kept := map[string]string{}
	if params["charset"] != "" {
		kept["charset"] = params["charset"]
	}
	name := oneLine(f.name, 500)
	contentType := mime.FormatMediaType(mediaType, kept)
	if contentType == "" {
		contentType = mediaType
	}
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if name == "" || disposition == "" {
		disposition = "attachment"
	}
	fmt.Fprintf(w, "--%s\r\nContent-Type: %s\r\nContent-Disposition: %s\r\nContent-Transfer-Encoding: binary\r\n", boundary, contentType, disposition)
	if id := strings.Trim(oneLine(f.contentID, 250), "<> "); id != "" {
		fmt.Fprintf(w, "Content-ID: <%s>\r\n", id)
	}
	fmt.Fprint(w, "\r\n")
	_, _ = w.Write(f.content) // into memory
	fmt.Fprint(w, "\r\n")
}

// list is a file that says where the provider keeps the files of a mail. They are
// not fetched: what a stranger's mail names is not opened from inside the house.
func (l *letter) list() intake.Part {
	return intake.Part{Name: "attachments.txt", ContentType: "text/plain", Content: []byte(strings.Join(l.elsewhere, "\n") + "\n")}
}
