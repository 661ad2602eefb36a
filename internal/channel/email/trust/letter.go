package trust

import (
	"bytes"
	"strings"
)

const (
	maxHeader = 256 << 10 // bytes of header
	maxFields = 1000
	maxField  = 16 << 10 // bytes of a field that is evaluated here
)

// letter is a mail as the checks see it.
type letter struct {
	fields []field // top first
	body   []byte
}

// field is a header field as it came: folded, with its name, ending in CRLF.
type field struct {
	name string // lower case
	raw  string
}

// value is what stands behind the colon.
func (f field) value() string {
	_, v, _ := strings.Cut(f.raw, ":")
	return v
}

// open cuts a mail into header fields and body (RFC 5322 §2.1). It reports false
// if the header is larger than any honest one.
func open(raw []byte) (letter, bool) {
	var l letter
	size := 0
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if raw = rest; len(line) == 0 {
			break
		}
		if size += len(line); size > maxHeader {
			return letter{}, false
		}
		if last := len(l.fields) - 1; last >= 0 && (line[0] == ' ' || line[0] == '\t') {
			l.fields[last].raw += string(line) + "\r\n"
			continue
		}
		if len(l.fields) == maxFields {
			return letter{}, false
		}
		name, _, _ := bytes.Cut(line, []byte(":"))
		l.fields = append(l.fields, field{strings.ToLower(string(bytes.TrimSpace(name))), string(line) + "\r\n"})
	}
	l.body = raw
	return l, true
}

// all returns the fields of a name, top first.
func (l letter) all(name string) []field {
	var found []field
	for _, f := range l.fields {
		if f.name == name {
			found = append(found, f)
		}
	}
	return found
}

// tags reads a list of tags (RFC 6376 §3.2). It reports false for what is none,
// and if a tag stands twice.
func tags(s string) (map[string]string, bool) {
	found := map[string]string{}
	for pair := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); !ok {
			if name != "" {
				return nil, false
			}
			continue
		}
		if _, twice := found[name]; twice || name == "" {
			return nil, false
		}
		found[name] = strings.TrimSpace(value)
	}
	return found, true
}

// tight drops the spaces folding left inside a value.
func tight(s string) string { return strings.Join(strings.Fields(s), "") }

// list cuts a value at its colons.
func list(s string) []string { return strings.Split(strings.ToLower(tight(s)), ":") }
