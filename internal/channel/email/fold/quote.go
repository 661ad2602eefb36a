package fold

import (
	"slices"
	"strings"
	"unicode"

	"lotse/internal/platform/markup"
)

// passage is an earlier message, or a piece of one, within a text.
type passage struct {
	from, body, to int // rows: the introduction, then what it introduces
	introduced     bool
	attributed     bool // introduced by a line "On … Ann wrote:", not by header lines
	kind           markup.FoldKind
}

const (
	// maxContext is how many rows a quote without introduction may have to count
	// as picked by the writer to be answered.
	maxContext = 20
	// atLength is how many rows behind a quote show, together with a text before
	// it, that the writer answers it there.
	atLength = 7
)

// findPassages finds the earlier messages in the text, in order.
func (l *letter) findPassages() {
	said := false // the writer has said something so far
	for i := 0; i < len(l.rows); {
		p, ok := l.passageAt(i, said)
		if !ok {
			said = said || l.says(i) && !isDeviceLine(l.rows[i].bare)
			i++
			continue
		}
		l.passages = append(l.passages, p)
		i = p.to
	}
}

// passageAt returns the passage that begins at row i.
func (l *letter) passageAt(i int, said bool) (passage, bool) {
	if h, ok := l.hintAt(i, hintEarlier); ok && said {
		return passage{from: l.above(i), body: i, to: h.to, introduced: true, kind: l.kindAt(i, h.to)}, true
	}
	if l.rows[i].depth > 0 {
		return l.quotedFrom(i), true
	}
	if l.blank(i) {
		return passage{}, false
	}
	body, kind := l.introductionAt(i)
	if body == 0 {
		return passage{}, false
	}
	if next := l.skipEmpty(body); next < len(l.rows) && l.rows[next].depth > 0 {
		return passage{from: l.above(i), body: body, to: l.quotedTo(next), introduced: true, attributed: l.intro[i] > 0, kind: kind}, true
	}
	to := len(l.rows)
	if !said || kind == markup.FoldQuote && l.answersWithin(i) { // else words of the writer would be folded
		to = body
	}
	return passage{from: l.above(i), body: body, to: to, introduced: true, kind: kind}, true
}

// kindAt returns the kind of the passage in these rows.
func (l *letter) kindAt(from, to int) markup.FoldKind {
	for i := from; i < min(to, from+6); i++ {
		if _, kind := l.markerAt(i); kind == markup.FoldForward {
			return kind
		}
	}
	return markup.FoldQuote
}

// introductionAt reads what introduces an earlier message at row i: a line such
// as "On … Ann wrote:", header lines, or a marker with or without header lines.
// It returns the row behind it, 0 if there is none.
func (l *letter) introductionAt(i int) (body int, kind markup.FoldKind) {
	if body, kind = l.markerAt(i); body > 0 {
		return max(body, l.intro[i]), kind
	}
	if end := l.intro[i]; end > 0 {
		return end, markup.FoldQuote
	}
	if n := l.headerLines(i, 3); n > 0 {
		return i + n, markup.FoldQuote
	}
	return 0, 0
}

// markerAt reads a marker such as "-----Original Message-----" at row i, with
// the header lines or the introducing line behind it. Only a marker in known
// words and drawn on both sides stands without them.
func (l *letter) markerAt(i int) (body int, kind markup.FoldKind) {
	bare := l.rows[i].bare
	m := readMarker(l.lines[i])
	framed := isDrawnBothSides(bare) && (m.says == markedForward || isOriginalLine(bare))
	if isReplyAbove(bare) {
		return i + 1, markup.FoldQuote
	}
	if m.says == unmarked && !framed {
		return 0, 0
	}
	kind = markup.FoldQuote
	if m.says == markedForward {
		kind = markup.FoldForward
	}
	if m.rest != "" { // header lines that lost their line ends
		lines := append([]string{m.rest}, l.lines[i+1:min(i+maxBlock, len(l.lines))]...)
		if b, n := readBlock(lines, false); b.fields >= 2 && l.spend(1) {
			return i + n, kind
		}
	}
	next := l.skipBlank(i + 1)
	if next < len(l.rows) && l.intro[next] > 0 {
		return l.intro[next], kind
	}
	if n := l.headerLines(next, 2); n > 0 {
		return next + n, kind
	}
	if !framed {
		return 0, 0
	}
	if next < len(l.rows) && l.spend(1) { // header lines without colons or in words unknown here
		if b, n := readBlock(l.lines[next:min(next+maxBlock, len(l.lines))], true); b.fields >= 3 {
			return next + n, kind
		}
	}
	return i + 1, kind
}

// isReplyAbove reports whether a line is the one that service desks put above
// what they write, to be answered above it.
func isReplyAbove(bare string) bool {
	if len(bare) > 200 {
		return false
	}
	lower := strings.ToLower(bare)
	return slices.ContainsFunc(replyAbove, func(s string) bool { return strings.Contains(lower, s) })
}

// answersWithin reports whether the writer announces above row i that answers
// stand within the earlier message, where nothing tells them from it.
func (l *letter) answersWithin(i int) bool {
	for j := max(0, i-maxRows); j < i; j++ {
		if !l.says(j) || len(l.rows[j].bare) > 400 {
			continue
		}
		lower := strings.ToLower(l.rows[j].bare)
		if slices.ContainsFunc(answersInside, func(s string) bool { return strings.Contains(lower, s) }) {
			return true
		}
	}
	return false
}

// headerLines returns how many rows the header block takes that begins at row
// i, 0 if there is none with so many fields.
func (l *letter) headerLines(i, fields int) int {
	if i >= len(l.rows) || l.blank(i) {
		return 0
	}
	_, sure := l.hintAt(i, hintHeader)
	if i > 0 && isRule(l.rows[i-1].bare) {
		fields = min(fields, 2)
	}
	if h, ok := readHeader(l.lines[i]); !ok || !sure && h.field == noField || !l.spend(1) {
		return 0
	}
	b, n := readBlock(l.lines[i:min(i+maxBlock, len(l.lines))], sure)
	if b.fields < fields {
		return 0
	}
	return n
}

// above widens a passage that begins at row i over what belongs to its
// introduction before it: drawn lines, and header lines with unknown labels.
func (l *letter) above(i int) int {
	for i > 0 && l.rows[i-1].depth == 0 && !l.blank(i-1) && runes(l.rows[i-1].bare) <= lineWidth {
		h, ok := readHeader(l.lines[i-1])
		if !ok || !l.spend(1) {
			break
		}
		if _, dated := findDate(h.value); !dated {
			break
		}
		i--
	}
	at := i
	for at > 0 && l.rows[at-1].depth == 0 && (l.blank(at-1) || isRule(l.rows[at-1].bare)) {
		at--
		if !l.blank(at) {
			i = at
		}
	}
	return i
}

// quotedFrom returns the passage of marked rows that begins at row i.
func (l *letter) quotedFrom(i int) passage {
	p := passage{from: l.above(i), body: i, to: l.quotedTo(i), kind: l.kindAt(i, l.quotedTo(i))}
	if p.from < i && p.kind != markup.FoldForward {
		p.from = i // a drawn line above a quote may be the writer's
	}
	first := l.skipBlank(i)
	if first >= p.to {
		return p
	}
	if end, kind := l.introductionAt(first); end > 0 && end <= p.to {
		p.introduced, p.attributed, p.body = true, l.intro[first] > 0, end
		p.kind = max(p.kind, kind)
	}
	return p
}

// quotedTo returns the end of the marked rows that begin at row i. Empty rows
// between them belong to them, and pieces that a program broke off their lines.
func (l *letter) quotedTo(i int) int {
	end, broken := i+1, false
	for j := i + 1; j < len(l.rows); j++ {
		switch {
		case l.rows[j].depth > 0:
			end = j + 1
		case l.blank(j):
		case j == end && l.isBrokenOff(j, broken):
			broken = true
		default:
			return end
		}
	}
	return end
}

// isBrokenOff reports whether row j is the end of the quoted row before it,
// without mark: that row is long and its sentence goes on in small letters, and
// more quote follows. Where one such piece was found, others are less doubted.
func (l *letter) isBrokenOff(j int, broken bool) bool {
	before, rest := l.rows[j-1].bare, l.rows[j].bare
	if j+1 >= len(l.rows) || l.rows[j+1].depth == 0 || runes(before) < 50 || runes(rest) > lineWidth {
		return false
	}
	first := []rune(rest)[0]
	if !unicode.IsLower(first) {
		return false
	}
	return broken || !strings.ContainsAny(before[len(before)-1:], ".!?:;")
}

// foldPassages decides which passages are folded. Quotes which the writer
// answers one after the other are context of what is said between them and stay.
func (l *letter) foldPassages() {
	answered := 0
	for i, p := range l.passages {
		if p.to > p.body && l.countSaid(p.to, l.gapEnd(i)) > 0 {
			answered++
		}
	}
	said := l.countSaid(0, len(l.rows)) > l.countOldSaid()
	for i, p := range l.passages {
		from := p.body
		if l.folded(i, answered, said) {
			from = p.to
		} else if !said {
			from = min(l.skipBlank(from), p.to)
		}
		l.mark(p.from, from, p.kind)
	}
}

// countOldSaid returns how many rows of earlier messages look as if the writer
// said them, because they carry no marks.
func (l *letter) countOldSaid() int {
	n := 0
	for _, p := range l.passages {
		n += l.countSaid(p.from, p.to)
	}
	return n
}

// gapEnd returns where the text behind a passage ends.
func (l *letter) gapEnd(passage int) int {
	if passage+1 < len(l.passages) {
		return l.passages[passage+1].from
	}
	return len(l.rows)
}

// folded decides about one passage. answered is how many are answered, said
// whether the writer says anything at all.
func (l *letter) folded(i, answered int, said bool) bool {
	p := l.passages[i]
	after := l.countSaid(p.to, l.gapEnd(i))
	switch {
	case !l.hasWords(p.body, p.to):
		return true
	case !said: // an empty answer, or a message passed on
		return p.attributed && p.kind == markup.FoldQuote
	case after == 0:
		return p.introduced || p.to-p.body > maxContext || !l.colonBefore(p.from)
	case answered > 1:
		return false
	case !p.introduced:
		return p.to-p.body > maxContext
	}
	return after < atLength || !l.speaksBefore(p.from)
}

// colonBefore reports whether what the writer says above row i ends in a colon,
// by which it takes the quote below as its own.
func (l *letter) colonBefore(i int) bool {
	for i--; i >= 0 && l.blank(i); i-- {
	}
	return i >= 0 && l.says(i) && strings.HasSuffix(l.rows[i].bare, ":")
}

// hasWords reports whether the rows hold more than quote marks.
func (l *letter) hasWords(from, to int) bool {
	return slices.ContainsFunc(l.rows[from:to], func(r row) bool { return r.bare != "" })
}

// speaksBefore reports whether the writer says more than a greeting before row i.
func (l *letter) speaksBefore(i int) bool {
	said := l.countSaid(0, i)
	if said != 1 {
		return said > 1
	}
	for j := range i {
		if l.says(j) {
			return !isGreeting(l.rows[j].bare)
		}
	}
	return false
}

// isGreeting reports whether a line only greets.
func isGreeting(bare string) bool {
	s := strings.ToLower(bare)
	return len(strings.Fields(s)) <= 6 && slices.ContainsFunc(greeting, func(g string) bool { return strings.HasPrefix(s, g) })
}

// isOriginalLine reports whether a line announces the earlier message between
// dashes and says nothing else: "-----Original Message-----".
func isOriginalLine(bare string) bool {
	return len(bare) <= 200 && slices.Contains(original, strings.ToLower(strings.Trim(strings.TrimFunc(bare, isDrawn), ": ")))
}

// isDrawnBothSides reports whether words stand between two drawn lines.
func isDrawnBothSides(bare string) bool {
	left, right := strings.TrimLeftFunc(bare, isDrawn), strings.TrimRightFunc(bare, isDrawn)
	return len(bare)-len(left) > 1 && len(bare)-len(right) > 1
}
