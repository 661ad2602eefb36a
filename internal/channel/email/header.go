package email

import (
	"bytes"
	"strings"
)

// Limits on one header block. What lies beyond them is left out of what is
// shown; the raw mail keeps it.
const (
	maxHeaderLines = 20_000
	maxHeaderBytes = 2 << 20
	maxFieldBytes  = 256 << 10
)

// field is one header field: its name in lower case and its value as it came,
// unfolded into one line.
type field struct{ name, value string }

// header is the fields of one block in their order.
type header []field

// get returns the first value of a field, "" if there is none.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// all returns every value of a field in order.
func (h header) all(name string) []string {
	var values []string
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// has reports whether a field is there with anything in it.
func (h header) has(name string) bool { return strings.TrimSpace(h.get(name)) != "" }

// nextLine cuts the first line off b. The line comes without its ending; size
// is what it took with it.
func nextLine(b []byte) (line []byte, size int) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, len(b)
	}
	return bytes.TrimSuffix(b[:i], []byte{'\r'}), i + 1
}

// block is a header block split into lines, before it is understood.
type block struct {
	lines [][]byte
	ends  []int // offset behind each line
	size  int   // bytes of the block with the empty line that ends it
	cut   bool  // lines were left out
}

// splitBlock collects lines up to the empty one, or up to one that stop
// names (a MIME delimiter cuts an unfinished header short).
func splitBlock(b []byte, stop func(line []byte) bool) block {
	var k block
	for k.size < len(b) {
		line, n := nextLine(b[k.size:])
		if stop != nil && stop(line) {
			break
		}
		if len(line) == 0 {
			k.size += n
			break
		}
		k.size += n
		if len(k.lines) == maxHeaderLines || k.size-n > maxHeaderBytes {
			k.cut = true
			continue
		}
		k.lines = append(k.lines, line)
		k.ends = append(k.ends, k.size)
	}
	return k
}

// parseHeader reads the header block at the start of b and returns the rest.
//
// Mail in the wild forgets things, so: a line that is no field belongs to the
// field before it if a known field follows later in the block (somebody folded
// without indenting), else the header ends there (somebody forgot the empty
// line). Input that begins with no field at all has no header.
func parseHeader(b []byte, stop func(line []byte) bool) (h header, rest []byte, mended bool) {
	k := splitBlock(b, stop)
	if len(k.lines) == 0 {
		return nil, b[k.size:], k.cut
	}
	if first := bytes.TrimLeft(k.lines[0], " \t"); len(first) > 0 {
		k.lines[0] = first // the first line continues nothing
	}
	if _, _, ok := cutField(k.lines[0]); !ok {
		return nil, b, true
	}
	last := lastKnownField(k.lines)
	var p fieldParser
	for i, line := range k.lines {
		if p.add(line, i < last) {
			continue
		}
		return p.fields(), b[k.ends[i]-len(line)-endingLen(b, k.ends[i]):], true
	}
	return p.fields(), b[k.size:], p.mended || k.cut
}

// endingLen returns how many bytes of line ending stand before offset end.
func endingLen(b []byte, end int) int {
	switch {
	case end >= 2 && b[end-1] == '\n' && b[end-2] == '\r':
		return 2
	case end >= 1 && b[end-1] == '\n':
		return 1
	}
	return 0
}

type fieldParser struct {
	names  []string
	values [][]byte
	mended bool
}

// add takes one line. It returns false if the line is no part of a header.
func (p *fieldParser) add(line []byte, moreFollows bool) bool {
	n := len(p.names)
	if line[0] == ' ' || line[0] == '\t' {
		if n > 0 {
			p.extend(line)
		}
		return true
	}
	if name, value, ok := cutField(line); ok {
		p.names = append(p.names, name)
		p.values = append(p.values, nil)
		p.extend(value)
		return true
	}
	if !moreFollows {
		return false
	}
	p.mended = true
	p.extend(line)
	return true
}

// extend appends text to the last field, one space between folded lines.
func (p *fieldParser) extend(text []byte) {
	v := &p.values[len(p.values)-1]
	text = bytes.TrimSpace(text)
	if room := maxFieldBytes - len(*v); len(text) > room {
		text, p.mended = text[:max(room, 0)], true
	}
	if len(text) == 0 {
		return
	}
	if len(*v) > 0 {
		*v = append(*v, ' ')
	}
	*v = append(*v, text...)
}

func (p *fieldParser) fields() header {
	h := make(header, len(p.names))
	for i, name := range p.names {
		h[i] = field{name, string(p.values[i])}
	}
	return h
}

// cutField splits "Name: value". Spaces before the colon are forgiven.
func cutField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 128 {
		return "", nil, false
	}
	key := bytes.TrimRight(line[:colon], " \t")
	for _, c := range key {
		if c <= ' ' || c == 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(key)), line[colon+1:], len(key) > 0
}

// lastKnownField returns the index of the last line that is surely a field.
func lastKnownField(lines [][]byte) int {
	for i := len(lines) - 1; i >= 0; i-- {
		if name, _, ok := cutField(lines[i]); ok && knownField(name) {
			return i
		}
	}
	return -1
}

func knownField(name string) bool {
	switch name {
	case "from", "to", "cc", "subject", "date", "message-id", "mime-version", "received", "return-path",
		"sender", "reply-to", "in-reply-to", "references", "delivered-to":
		return true
	}
	return strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "x-")
}

// bare returns a field's value before the first parameter, in lower case:
// "auto-replied" of "Auto-Replied; owner=x".
func bare(value string) string {
	value, _, _ = strings.Cut(value, ";")
	if i := strings.IndexByte(value, '('); i >= 0 {
		value = value[:i]
	}
	return strings.ToLower(strings.TrimSpace(value))
}
