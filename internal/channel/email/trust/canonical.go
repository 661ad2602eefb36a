package trust

import (
	"bytes"
	"hash"
	"strings"

	"lotse/internal/channel/email/canonical"
)

// canonicalField is a header field in relaxed or simple form.
func canonicalField(f field, relaxed bool) string {
	if relaxed {
		return canonical.Field(f.raw)
	}
	return f.raw
}

// unsigned is the field without the value of its tag b= and without the end of
// its last line: as a signature signs itself (RFC 6376 §3.7).
func unsigned(f field, relaxed bool) string {
	name, value, _ := strings.Cut(f.raw, ":")
	parts := strings.Split(value, ";")
	for i, part := range parts {
		if tag, _, ok := strings.Cut(part, "="); ok && strings.TrimSpace(tag) == "b" {
			parts[i] = tag + "="
		}
	}
	bareField := field{f.name, name + ":" + strings.Join(parts, ";")}
	return strings.TrimRight(canonicalField(bareField, relaxed), "\r\n")
}

// hashBody writes the body in relaxed or simple form (RFC 6376 §3.4.3 and §3.4.4).
func hashBody(h hash.Hash, body []byte, relaxed bool) {
	crlf := []byte("\r\n")
	blank, lines := 0, 0
	for len(body) > 0 {
		line, rest, ended := bytes.Cut(body, []byte("\n"))
		if body = rest; ended {
			line = bytes.TrimSuffix(line, []byte("\r"))
		}
		if relaxed {
			line = canonical.Line(nil, line)
		}
		if len(line) == 0 {
			blank++
			continue
		}
		for ; blank > 0; blank-- {
			h.Write(crlf)
		}
		h.Write(line)
		h.Write(crlf)
		lines++
	}
	if lines == 0 && !relaxed {
		h.Write(crlf)
	}
}

// picker hands out fields as a signature lists them: the lowest of a name first
// (RFC 6376 §5.4.2).
type picker struct {
	fields []field
	taken  map[string]int
}

func (p *picker) next(name string) (field, bool) {
	skip := p.taken[name]
	for i := len(p.fields) - 1; i >= 0; i-- {
		if p.fields[i].name != name {
			continue
		}
		if skip == 0 {
			p.taken[name]++
			return p.fields[i], true
		}
		skip--
	}
	return field{}, false
}
