// Package canonical writes parts of a mail in the relaxed form in which they are
// signed and checked (DKIM, RFC 6376 §3.4; ARC, RFC 8617 §4.1): relays that fold
// fields and trim lines do not change it.
package canonical

import (
	"bytes"
	"strings"
)

// Field returns a header field in relaxed form (RFC 6376 §3.4.2), with CRLF at its end.
// raw is the whole field as it stands, folds included.
func Field(raw string) string {
	name, value, _ := strings.Cut(raw, ":")
	blank := func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }
	return strings.ToLower(strings.TrimSpace(name)) + ":" + strings.Join(strings.FieldsFunc(value, blank), " ") + "\r\n"
}

// Line returns a line of the body in relaxed form (RFC 6376 §3.4.4), without line end:
// one space for each run of spaces and tabs, none at the end. What is changed
// is written over into, which may be the line itself.
func Line(into, line []byte) []byte {
	if !bytes.ContainsAny(line, " \t") {
		return line
	}
	kept, space := into[:0], false
	for _, c := range line {
		if c == ' ' || c == '\t' {
			space = true
			continue
		}
		if space {
			kept = append(kept, ' ')
			space = false
		}
		kept = append(kept, c)
	}
	return kept
}
