package email

import (
	"bytes"
	"strings"

	"lotse/internal/channel/email/report"
	"lotse/internal/intake"
)

// maxReported is how much of one part is decoded to find a report, in bytes.
const maxReported = 512 << 10

// readReport asks whether a mail says what became of another one.
func (l *reading) readReport() *intake.Report {
	r, ok := report.Read(report.Mail{
		Header: decodedFields(l.header),
		Null:   l.null,
		Parts:  reportParts(nil, l.root, l.known),
	})
	if !ok {
		return nil
	}
	return r
}

// decodedFields gives the values of a field without encoded words.
func decodedFields(h header) func(name string) []string {
	return func(name string) []string {
		values := h.all(name)
		for i, v := range values {
			values[i] = decodeWords(v)
		}
		return values
	}
}

// reportParts lists the leaves below n with their text; of files that are no
// text it is empty.
func reportParts(parts []report.Part, n *node, known hints) []report.Part {
	if n.multipart() && !n.broken {
		for _, child := range n.children {
			parts = reportParts(parts, child, known)
		}
		return parts
	}
	part := report.Part{MediaType: n.mediaType, Header: decodedFields(n.header)}
	if n.broken {
		part.MediaType = "text/plain"
	}
	if strings.HasPrefix(part.MediaType, "text/") || strings.HasPrefix(part.MediaType, "message/") {
		short := *n
		short.body = n.body[:min(len(n.body), maxReported)]
		content, _ := short.decode()
		part.Text = decodeHinted(content, n.params["charset"], known).text
	}
	return append(parts, part)
}

// mended returns the header with its raw 8-bit values decoded, which RFC 6532
// allows in UTF-8 only. charset is what the body is in: such headers mostly are
// too.
func (h header) mended(charset string, known hints) header {
	out := h
	for i, f := range h {
		if isASCII([]byte(f.value)) && !strings.Contains(f.value, "\x1b") {
			continue
		}
		if &out[0] == &h[0] {
			out = append(header(nil), h...)
		}
		out[i].value = decodeHinted([]byte(f.value), charset, known).text
	}
	return out
}

// bodyCharset names the charset of the first text of a mail if it is a foreign
// one, declared or seen; else "".
func bodyCharset(n *node, known hints) string {
	if n.multipart() {
		for _, child := range n.children {
			if name := bodyCharset(child, known); name != "" {
				return name
			}
		}
		return ""
	}
	if !n.isText() {
		return ""
	}
	name := cleanCharset(n.params["charset"])
	if name == "" || isWestern(name) || isUTF8(name) {
		short := *n
		short.body = n.body[:min(len(n.body), 4*maxSample)]
		content, _ := short.decode()
		if isASCII(content) && bytes.IndexByte(content, 0x1b) < 0 {
			return ""
		}
		name = decodeHinted(content, name, known).charset
	}
	if isUTF8(name) || isWestern(name) || lookUp(name) == nil {
		return ""
	}
	return name
}
