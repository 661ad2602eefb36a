package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// payload is what was posted, with what is needed to read it.
type payload struct {
	provider    string
	contentType string // as the request said, parameters and all
	id          string // the sender's own id of the message; "" if it has none
	body        []byte // exactly as it came
}

// An envelope is the body behind a head like that of HTTP, so that a person who
// saves it sees what it is:
//
//	Lotse-Hook: mailgun
//	Content-Type: multipart/form-data; boundary=…
//	Id: …
//
//	(the body)
const (
	headHook = "Lotse-Hook"
	headType = "Content-Type"
	headID   = "Id"
)

// maxHead is the longest head, in bytes.
const maxHead = 4 << 10

var errHead = errors.New("no head of a hook")

// pack returns the envelope of a payload.
func (p payload) pack() []byte {
	var b bytes.Buffer
	b.Grow(len(p.body) + 200)
	for _, f := range []field{{headHook, p.provider}, {headType, p.contentType}, {headID, p.id}} {
		if value := oneLine(f.value, 1000); value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", f.name, value)
		}
	}
	b.WriteString("\r\n")
	b.Write(p.body)
	return b.Bytes()
}

// unpack returns the payload of an envelope. The body is part of b.
func unpack(b []byte) (payload, error) {
	end := bytes.Index(b[:min(len(b), maxHead)], []byte("\r\n\r\n"))
	if end < 0 || !bytes.HasPrefix(b, []byte(headHook+": ")) {
		return payload{}, errHead
	}
	p := payload{body: b[end+4:]}
	for line := range strings.SplitSeq(string(b[:end]), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case headHook:
			p.provider = value
		case headType:
			p.contentType = value
		case headID:
			p.id = value
		}
	}
	return p, nil
}

// oneLine makes a value safe for one line: control characters become blanks, and
// at most max bytes are kept.
func oneLine(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s[:min(len(s), max)])
}
