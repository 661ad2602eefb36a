package email

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
)

// Limits on the structure of one mail.
const (
	maxParts = 1000
	maxDepth = 50
)

var (
	errTooManyParts = errors.New("more than 1000 MIME parts")
	errTooDeep      = errors.New("MIME parts nested more than 50 deep")
)

// node is one MIME part. Nothing is copied or decoded: body is a slice of the
// raw mail.
type node struct {
	header    header
	mediaType string // lower case, without parameters; "" if none is given
	params    map[string]string
	body      []byte // of a leaf: still transfer-encoded
	children  []*node
	kind      string // disposition: "attachment", "inline" or ""
	name      string // of a file, as given
	broken    bool   // multipart in which no delimiter was found, shown as text
}

// newNode understands the content fields of a header.
func newNode(h header, fallback string) *node {
	n := &node{header: h}
	if v := h.get("content-type"); v != "" {
		n.mediaType, n.params = parseType(v)
	}
	if n.mediaType == "" || !strings.Contains(n.mediaType, "/") && n.mediaType != "attachment" && n.mediaType != "inline" {
		n.mediaType = fallback // RFC 2045 §5.2
	}
	n.kind, n.name = disposition(h, n)
	return n
}

func (n *node) multipart() bool { return strings.HasPrefix(n.mediaType, "multipart/") }

// childType is the media type of a child that names none (RFC 2046 §5.1.5).
func (n *node) childType() string {
	if n.mediaType == "multipart/digest" {
		return "message/rfc822"
	}
	return "text/plain"
}

// splitter cuts a body into its parts in one pass over the lines. A delimiter
// of an outer multipart ends all inner ones (RFC 2046 §5.1.2), so a missing
// closing delimiter loses nothing.
type splitter struct {
	body  []byte
	open  []opened // enclosing multiparts, outermost first
	leaf  *node    // part whose content is being passed over; nil in a preamble
	start int      // where its content begins
	parts int
}

type opened struct {
	delimiter []byte // with the leading "--"
	node      *node
	start     int // where the multipart's own content begins
}

// buildTree finds the parts of a mail. It fails with errTooManyParts or
// errTooDeep.
func buildTree(h header, body []byte) (*node, error) {
	root := newNode(h, "text/plain")
	s := &splitter{body: body, parts: 1}
	if err := s.begin(root, 0); err != nil {
		return nil, err
	}
	for pos := 0; pos < len(body) && len(s.open) > 0; {
		line, size := nextLine(body[pos:])
		if i, closing := s.match(line); i >= 0 {
			next, err := s.delimit(i, closing, pos, pos+size)
			if err != nil {
				return nil, err
			}
			pos = next
			continue
		}
		pos += size
	}
	s.closeTo(0, len(body))
	return root, nil
}

// begin makes n the current part; its content begins at start.
func (s *splitter) begin(n *node, start int) error {
	s.leaf, s.start = n, start
	boundary := n.params["boundary"]
	if n.isText() && boundary != "" && guessBoundary(s.body[start:]) == boundary {
		n.mediaType = "multipart/mixed" // parts under the type of one of them
	}
	if !n.multipart() {
		return nil
	}
	if boundary == "" {
		boundary = guessBoundary(s.body[start:])
	}
	if len(s.open) == 0 && !bytes.Contains(s.body[start:], []byte("--"+strings.TrimRight(boundary, " \t"))) {
		boundary = cmp.Or(seenBoundary(s.body[start:]), boundary) // another one than is declared
	}
	if boundary == "" || len(boundary) > 1000 {
		n.broken = true
		return nil
	}
	if len(s.open) == maxDepth {
		return errTooDeep
	}
	s.leaf = nil
	s.open = append(s.open, opened{delimiter: []byte("--" + strings.TrimRight(boundary, " \t")), node: n, start: start})
	return nil
}

// match returns which open multipart a line delimits, -1 if none.
func (s *splitter) match(line []byte) (index int, closing bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return -1, false
	}
	line = bytes.TrimRight(line, " \t\r")
	for i := len(s.open) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(line, s.open[i].delimiter)
		if !ok {
			continue
		}
		if len(rest) == 0 {
			return i, false
		}
		if string(rest) == "--" {
			return i, true
		}
	}
	return -1, false
}

// delimit handles the delimiter line [from, to) of the open multipart i and
// returns where scanning goes on.
func (s *splitter) delimit(i int, closing bool, from, to int) (int, error) {
	if closing {
		s.closeTo(i, from)
		return to, nil
	}
	s.closeTo(i+1, from)
	if s.parts++; s.parts > maxParts {
		return 0, errTooManyParts
	}
	parent := s.open[i].node
	stop := func(line []byte) bool { j, _ := s.match(line); return j >= 0 }
	h, rest, _ := parseHeader(s.body[to:], stop)
	n := newNode(h, parent.childType())
	parent.children = append(parent.children, n)
	start := len(s.body) - len(rest)
	return start, s.begin(n, start)
}

// closeTo ends the current part before offset end and all open multiparts
// beyond the first depth ones.
func (s *splitter) closeTo(depth, end int) {
	if s.leaf != nil {
		s.leaf.body = content(s.body, s.start, end)
		s.leaf = nil
	}
	for i := len(s.open) - 1; i >= depth; i-- {
		if o := s.open[i]; len(o.node.children) == 0 {
			o.node.broken, o.node.body = true, content(s.body, o.start, end)
		}
		s.open = s.open[:i]
	}
}

// content returns body[start:end] without the line break that belongs to the
// delimiter behind it.
func content(body []byte, start, end int) []byte {
	if end < start {
		return nil
	}
	b := body[start:end:end]
	if end < len(body) {
		b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	}
	return b
}

// guessBoundary finds the delimiter of a multipart that names none: its first
// line that is not empty.
func guessBoundary(body []byte) string {
	for pos := 0; pos < len(body) && pos < 4<<10; {
		line, n := nextLine(body[pos:])
		line = bytes.TrimRight(line, " \t")
		if rest, ok := bytes.CutPrefix(line, []byte("--")); ok && len(rest) > 3 && len(rest) <= 70 {
			return string(rest)
		}
		if len(line) > 0 {
			return ""
		}
		pos += n
	}
	return ""
}

// seenBoundary finds what looks like a delimiter: a line with two dashes before
// a field of a part.
func seenBoundary(body []byte) string {
	for pos := 0; pos < len(body) && pos < 16<<10; {
		line, n := nextLine(body[pos:])
		pos += n
		rest, ok := bytes.CutPrefix(bytes.TrimRight(line, " \t"), []byte("--"))
		if !ok || len(rest) < 4 || len(rest) > 200 {
			continue
		}
		next, _ := nextLine(body[pos:])
		if name, _, ok := cutField(next); ok && strings.HasPrefix(name, "content-") {
			return string(rest)
		}
	}
	return ""
}
