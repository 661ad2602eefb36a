// Package fold finds what of a mail its writer did not write anew: quotes of
// earlier messages, signatures, legal notices and messages passed on. Readers
// see such stretches folded; nothing is taken away.
//
// A text goes through one mechanism. It is cut into lines (row). Lines that
// introduce or carry an earlier message make passages (quote.go; "On … Ann
// wrote:" is read in attribution.go, header lines in headerblock.go). What is
// left between them is searched for signatures and notices (signature.go,
// device.go, card.go, disclaimer.go), and each line ends up with the kind of
// fold it belongs to. HTML becomes text first, and what its structure says about
// lines is kept as hints (html.go). Words of the languages stand in tables
// (words.go, labels.go), apart from the code.
//
// Quotes that the writer answers one after the other stay visible as context.
// A closing formula and the name below it belong to the message; what follows
// them may be a signature. Of a mail that only passes on another, the body of
// that one stays.
//
// The rule in doubt is to show: a line is folded only if something marks it as
// old or as no message, and what stands between quoted passages stays.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"lotse/internal/platform/markup"
)

// Text finds the folds of a plain text. They stand in order, do not overlap,
// begin and end at lines, and may hold all of a text that says nothing new.
func Text(text string) []markup.Fold { return find(text, nil) }

// Visible returns what the folds leave of a text, without empty lines around
// it. The folds must be of this text; what reaches beyond it is ignored.
func Visible(text string, folds []markup.Fold) string {
	var out strings.Builder
	at := 0
	for _, f := range folds {
		if f.From < at || f.To < f.From || f.To > len(text) {
			continue
		}
		out.WriteString(text[at:f.From])
		at = f.To
	}
	out.WriteString(text[at:])
	return trimLines(out.String())
}

// trimLines drops empty lines at both ends and the space at the end, but not
// the indent of the first line.
func trimLines(s string) string {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	text := strings.TrimLeftFunc(s, unicode.IsSpace)
	head := s[:len(s)-len(text)]
	return s[strings.LastIndexByte(head, '\n')+1:]
}

func find(text string, hints []hint) []markup.Fold {
	l := newLetter(text, hints)
	l.sort()
	return l.folds()
}

// sort gives each row its kind.
func (l *letter) sort() {
	l.findIntros()
	l.findPassages()
	l.findMarkedSignatures()
	l.foldPassages()
	l.findOtherSignatures()
}

// row is one line of a text.
type row struct {
	from, to int    // bytes of the line, without its end
	next     int    // where the next line begins
	depth    int    // how many quote marks stand before it
	bare     string // the line without them and without the space around
}

// letter is a text while its lines are sorted.
type letter struct {
	text  string
	rows  []row
	lines []string          // the rows as they stand in the text
	kind  []markup.FoldKind // of each row; 0 for what the writer says
	hints map[int][]hint    // by the row they begin at

	intro    []int // where the introducing line that begins at a row ends; 0 if none begins there
	passages []passage
	first    int // no row before it says anything, see saidBefore
	looks    int // closer looks taken so far, see spend
	steps    int // rows looked at so far, for tests
}

// maxLooks bounds the closer looks at one text. Each costs some microseconds; a
// mail takes a few dozen.
const maxLooks = 4000

// spend reports whether there is effort left for a closer look, so that a
// hostile text takes no longer than a long one.
func (l *letter) spend(looks int) bool {
	l.looks += looks
	return l.looks <= maxLooks
}

func newLetter(text string, hints []hint) *letter {
	n := strings.Count(text, "\n") + 1
	l := &letter{text: text, hints: map[int][]hint{}, rows: make([]row, 0, n), lines: make([]string, 0, n)}
	for _, h := range hints {
		l.hints[h.from] = append(l.hints[h.from], h)
	}
	for from := 0; from < len(text); {
		r := row{from: from, to: len(text), next: len(text)}
		if i := strings.IndexByte(text[from:], '\n'); i >= 0 {
			r.to, r.next = from+i, from+i+1
		}
		line := strings.TrimSuffix(text[r.from:r.to], "\r")
		r.depth, r.bare = readMarks(line)
		if r.depth > 0 && l.closesAddress(r.bare) {
			r.depth, r.bare = l.rows[len(l.rows)-1].depth, trim(line)
		}
		l.rows, l.lines = append(l.rows, r), append(l.lines, line)
		from = r.next
	}
	l.kind = make([]markup.FoldKind, len(l.rows))
	return l
}

// readMarks returns how many quote marks a line begins with, and the rest of it.
func readMarks(line string) (depth int, rest string) {
	rest = trim(line)
	if strings.HasPrefix(rest, ">From ") { // not quoted but escaped, RFC 4155 appendix A
		return 0, rest
	}
	for strings.HasPrefix(rest, ">") {
		depth++
		rest = strings.TrimLeftFunc(rest[1:], isBlankRune)
	}
	return depth, rest
}

// closesAddress reports whether the ">" before rest is no quote mark but closes
// an address that a line end tore from its bracket: "<ann@b.example\n> wrote:".
func (l *letter) closesAddress(rest string) bool {
	if len(rest) > 60 || !endsIntro(rest) {
		return false
	}
	open := 0
	for i := len(l.rows) - 1; i >= max(0, len(l.rows)-3) && !l.blank(i); i-- {
		open += strings.Count(l.rows[i].bare, "<") - strings.Count(l.rows[i].bare, ">")
	}
	return open > 0
}

// blank reports whether the row says nothing.
func (l *letter) blank(i int) bool {
	l.steps++
	return l.rows[i].bare == ""
}

// skipBlank returns the first row from i on that says something.
func (l *letter) skipBlank(i int) int {
	for i < len(l.rows) && l.blank(i) {
		i++
	}
	return i
}

// skipEmpty returns the first row from i on that is not empty; quote marks count.
func (l *letter) skipEmpty(i int) int {
	for i < len(l.rows) && l.blank(i) && l.rows[i].depth == 0 {
		i++
	}
	return i
}

// mark gives rows a kind.
func (l *letter) mark(from, to int, kind markup.FoldKind) {
	for i := max(from, 0); i < min(to, len(l.rows)); i++ {
		l.kind[i] = kind
	}
}

// says reports whether the row is something the writer says, as far as known.
func (l *letter) says(i int) bool {
	return l.kind[i] == 0 && l.rows[i].depth == 0 && !l.blank(i) && !isRule(l.rows[i].bare)
}

// countSaid returns how many of the rows the writer says.
func (l *letter) countSaid(from, to int) int {
	n := 0
	for i := from; i < to; i++ {
		if l.says(i) {
			n++
		}
	}
	return n
}

// saidBefore reports whether the writer says anything before row i. Rows that
// say nothing never do so later, so the search goes on where it stopped.
func (l *letter) saidBefore(i int) bool {
	for l.first < len(l.rows) && !l.says(l.first) {
		l.first++
	}
	return l.first < i
}

// folds joins the rows of each kind. Empty rows between two folds and at the
// end belong to the fold before them.
func (l *letter) folds() []markup.Fold {
	var folds []markup.Fold
	open := false // the last fold may grow over empty rows
	blanks := 0   // empty rows that wait for what follows
	for i, kind := range l.kind {
		switch last := len(folds) - 1; {
		case kind == 0 && l.blank(i):
			blanks++
		case kind == 0:
			open, blanks = false, 0
		case open && folds[last].Kind == kind:
			folds[last].To, blanks = l.rows[i].next, 0
		default:
			if open && blanks > 0 {
				folds[last].To = l.rows[i].from
			}
			folds = append(folds, markup.Fold{Kind: kind, From: l.rows[i].from, To: l.rows[i].next})
			open, blanks = true, 0
		}
	}
	if open {
		folds[len(folds)-1].To = len(l.text)
	}
	return folds
}

// isRule reports whether a line is drawn only, to part what stands above it
// from what stands below.
func isRule(bare string) bool {
	return bare != "" && strings.TrimLeftFunc(bare, isDrawn) == ""
}

// isDrawn reports whether a rune is one of those lines are drawn with, space included.
func isDrawn(r rune) bool {
	switch r {
	case '-', '_', '=', '*', '~', '#', ' ', '+', '\u00a0', '\u00ad', '\u1427':
		return true
	}
	return r >= '\u2010' && r <= '\u2015' || r >= '\u2500' && r <= '\u257f' || r == '\u2212'
}

// runes is the length of a text as readers see it.
func runes(s string) int { return utf8.RuneCountInString(s) }
