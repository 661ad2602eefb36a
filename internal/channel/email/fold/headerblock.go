package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// block is the header lines of a message as a mail program prints them into
// the text of a reply or a forward. Values are unfolded, otherwise as written.
type block struct {
	from, date, to, cc, replyTo, subject string
	fields                               int // how many different ones there are
}

const (
	maxBlock  = 80 // lines of one header block
	maxGap    = 2  // empty lines between two header lines
	maxWrap   = 3  // lines a wrapped value goes on
	maxList   = 20 // the same for a list of addresses
	lineWidth = 78 // characters at which mail programs break lines at the latest (RFC 5322 §2.1.1)
)

// headerBlock reads the header block that begins at the first of lines, which
// may carry quote marks, and returns how many lines it takes, 0 if none begins
// there. A block names a sender with an address and one thing more, or a
// sender, a date and a subject.
func headerBlock(lines []string) (b block, n int) { return readBlock(lines, false) }

// readBlock is headerBlock; guess tells it to take lines with unknown labels
// for header lines too and to judge them by what they hold: for places where a
// block is sure to stand.
func readBlock(lines []string, guess bool) (block, int) {
	if len(lines) == 0 {
		return block{}, 0
	}
	h, ok := readHeader(lines[0])
	bareLabels := !ok && guess
	if bareLabels {
		h, ok = readBareHeader(lines[0])
	}
	if !ok || !guess && (h.field == noField || h.field == otherField) {
		return block{}, 0
	}
	if b, ok := readGlued(lines[0]); ok {
		return b, 1
	}
	r := blockReader{lines: lines[:min(len(lines), maxBlock)], guess: guess, gap: -1, below: h.value == "", bareLabels: bareLabels}
	for r.step() {
	}
	if b := r.block(); b.complete() {
		return b, r.n
	}
	return block{}, 0
}

// complete reports whether the lines are those of a message rather than a list
// somebody wrote ("From: Berlin, To: Hamburg").
func (b block) complete() bool {
	if strings.Contains(b.from, "@") {
		return b.date != "" || b.subject != "" || b.to != ""
	}
	return b.from != "" && b.date != "" && b.subject != ""
}

// header is one header line.
type header struct {
	field field // noField if the label is unknown
	value string
}

// readHeader reads "label: value", with quote marks and bold print. The label
// may be unknown, but must look like one.
func readHeader(line string) (header, bool) {
	s := bare(line)
	i := strings.IndexAny(s[:min(len(s), maxLabel)], ":：")
	if i <= 0 {
		return header{}, false
	}
	_, colon := utf8.DecodeRuneInString(s[i:])
	label, value := s[:i], trim(s[i+colon:])
	if bold := strings.HasPrefix(label, "*"); bold {
		value = unbold(label, value)
	}
	f := labels[labelKey(label)]
	if f == noField && !looksLikeLabel(label, value) {
		return header{}, false
	}
	return header{f, value}, true
}

// readBareHeader reads "label value", as a program prints it that leaves the
// colon out: `From "Ann" <a@b.example>`. It is for places where a block is sure
// to stand.
func readBareHeader(line string) (header, bool) {
	label, value, ok := strings.Cut(bare(line), " ")
	f := labels[labelKey(label)]
	return header{f, trim(value)}, ok && f != noField && f != otherField
}

// unbold drops the asterisks that close "*label*: value", "*label:* value" and
// "*label: value*".
func unbold(label, value string) string {
	opened := len(label) - len(strings.TrimLeft(label, "*"))
	if strings.HasSuffix(label, "*") {
		return value
	}
	stars := strings.Repeat("*", opened)
	if rest, ok := strings.CutPrefix(value, stars); ok {
		return trim(rest)
	}
	return trim(strings.TrimSuffix(value, stars))
}

// looksLikeLabel reports whether an unknown word before a colon may be a label:
// up to four words of letters, and not the beginning of an address or a time.
func looksLikeLabel(label, value string) bool {
	if strings.HasPrefix(value, "//") || utf8.RuneCountInString(label) > 30 || len(strings.Fields(label)) > 4 {
		return false
	}
	return strings.ContainsFunc(label, unicode.IsLetter) && !strings.ContainsFunc(label, func(r rune) bool {
		return unicode.IsDigit(r) || strings.ContainsRune("@<>,;!?\"", r)
	})
}

// blockReader reads one header block line by line.
type blockReader struct {
	lines []string
	n     int // lines read so far
	guess bool
	gap   int  // empty lines between header lines, -1 until it is known
	below bool // values stand in the line after their label
	// bareLabels tells that no colon stands behind the labels of this block.
	bareLabels bool
	values     [otherField + 1]string
	seen       [otherField + 1]bool
	guessed    [otherField + 1]bool
	last       field
}

// step reads the next header line or the next line of a wrapped value.
func (r *blockReader) step() bool {
	at := r.skipBlank(r.n)
	if at >= len(r.lines) {
		return false
	}
	gap := at - r.n
	if h, ok := r.header(at); ok && r.fits(gap) && r.takes(h) {
		if r.n > 0 && r.gap < 0 {
			r.gap = gap
		}
		r.n = at + 1
		r.store(h)
		return true
	}
	if gap > 0 || r.n == 0 || !r.goesOn(at) {
		return false
	}
	r.n = at + 1
	if h, ok := readHeader(r.lines[at]); ok && h.field == noField {
		return true // a header line of no interest
	}
	r.values[r.last] = trim(r.values[r.last] + " " + bare(r.lines[at]))
	return true
}

// header reads the header line at a row.
func (r *blockReader) header(at int) (header, bool) {
	if r.bareLabels {
		return readBareHeader(r.lines[at])
	}
	return readHeader(r.lines[at])
}

// fits reports whether a header line may follow after so many empty lines: the
// first two show how a program spaces them.
func (r *blockReader) fits(gap int) bool {
	switch {
	case r.n == 0:
		return gap == 0
	case r.gap < 0:
		return gap <= maxGap
	}
	return gap <= r.gap
}

// takes reports whether a header line belongs to this block: its label is
// known, and a second sender or subject is the next block's.
func (r *blockReader) takes(h header) bool {
	switch {
	case h.field == noField:
		return r.guess && h.value != ""
	case h.field == otherField:
		return true
	}
	return !r.seen[h.field] || r.guessed[h.field]
}

// store keeps the value of the header line just read, and reads the next line
// if the value stands there.
func (r *blockReader) store(h header) {
	f := h.field
	if f == noField {
		f = r.guessField(h.value)
		r.guessed[f] = true
	} else {
		r.guessed[f] = false
	}
	r.seen[f], r.last, r.values[f] = true, f, h.value
	if h.value != "" || !r.below {
		return
	}
	at := r.skipBlank(r.n)
	if at < len(r.lines) && at-r.n <= maxGap && !known(r.lines[at]) {
		r.values[f], r.n = bare(r.lines[at]), at+1
	}
}

// guessField says what a value under an unknown label is. All programs print
// the sender before the receivers.
func (r *blockReader) guessField(value string) field {
	if strings.Contains(value, "@") {
		for _, f := range []field{fieldFrom, fieldTo, fieldCc} {
			if !r.seen[f] {
				return f
			}
		}
		return otherField
	}
	if _, ok := parseDate(value); ok && !r.seen[fieldDate] {
		return fieldDate
	}
	if !r.seen[fieldSubject] {
		return fieldSubject
	}
	return otherField
}

// goesOn reports whether the line belongs to the value before it.
func (r *blockReader) goesOn(at int) bool {
	line := bare(r.lines[at])
	if known(line) {
		return false
	}
	before, reach := r.values[r.last], maxWrap
	if r.last != fieldSubject && r.last != fieldDate {
		reach = maxList
		if line[0] == '<' || before != "" && strings.ContainsRune(",;<", rune(before[len(before)-1])) {
			return true
		}
	}
	return r.labelWithin(at+1, reach) || indented(r.lines[at]) && !indented(r.lines[0]) || r.wraps(at)
}

// labelWithin reports whether the block goes on within the next lines, so that
// what stands between is part of a value.
func (r *blockReader) labelWithin(at, reach int) bool {
	for _, line := range r.lines[at:min(at+reach, len(r.lines))] {
		if blank(line) {
			return false
		}
		h, ok := readHeader(line)
		if !ok || h.field == noField || h.field == otherField {
			continue
		}
		return !r.seen[h.field] && h.sound()
	}
	return false
}

// sound reports whether the value is one of its field, as far as one can tell.
func (h header) sound() bool {
	switch h.field {
	case fieldDate:
		_, ok := parseDate(h.value)
		return ok
	case fieldSubject:
		return true
	}
	return h.value == "" || strings.Contains(h.value, "@")
}

// wraps reports whether the line is what did not fit into the line before it:
// that one is full, and an empty line follows.
func (r *blockReader) wraps(at int) bool {
	if at+1 < len(r.lines) && !blank(r.lines[at+1]) {
		return false
	}
	before, line := strings.TrimRight(r.lines[at-1], " "), bare(r.lines[at])
	word, _, _ := strings.Cut(line, " ")
	width := utf8.RuneCountInString(before)
	return width <= lineWidth && width+1+utf8.RuneCountInString(word) > lineWidth &&
		utf8.RuneCountInString(line) <= lineWidth && !strings.HasSuffix(line, ",") // a greeting
}

func (r *blockReader) skipBlank(at int) int {
	for at < len(r.lines) && blank(r.lines[at]) {
		at++
	}
	return at
}

func (r *blockReader) block() block {
	v := &r.values
	b := block{from: v[fieldFrom], date: v[fieldDate], to: v[fieldTo], cc: v[fieldCc], replyTo: v[fieldReplyTo], subject: v[fieldSubject]}
	for f := fieldFrom; f < otherField; f++ {
		if r.seen[f] {
			b.fields++
		}
	}
	return b
}

// known reports whether the line is a header line with a known label.
func known(line string) bool {
	h, ok := readHeader(line)
	return ok && h.field != noField
}

// indented reports whether a line begins with white space as folded header
// lines do, behind its quote marks.
func indented(line string) bool {
	line = strings.TrimPrefix(strings.TrimLeft(line, ">"), " ")
	return strings.HasPrefix(line, "\t") || strings.HasPrefix(line, " ")
}

// blank reports whether a line holds nothing but quote marks and space.
func blank(line string) bool { return bare(line) == "" }

// bare is a line without its quote marks and the space around it.
func bare(line string) string {
	return strings.TrimFunc(strings.TrimLeftFunc(line, func(r rune) bool {
		return r == '>' || unicode.IsSpace(r) || isInvisible(r)
	}), isBlankRune)
}

func trim(s string) string { return strings.TrimFunc(s, isBlankRune) }

func isBlankRune(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) }
