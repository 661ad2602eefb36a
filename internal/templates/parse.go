package templates

import (
	"regexp"
	"strings"

	"lotse/internal/platform/markup"
)

// maxText bounds a text, in bytes; maxSubject a subject, in runes.
const (
	maxText    = 20_000
	maxSubject = 200
)

// block is a paragraph or a list: lines, or items.
type block struct {
	list  bool
	lines [][]span
}

// span is a stretch of a line: letters, a variable, or a link.
type span struct {
	text     string
	variable Variable // if it is one
	strong   bool
	target   []span // of a link: letters and variables of its address
	label    []span // of a link; nil: its address
}

// fault is something that was not understood, in a line counted from 1.
type fault struct {
	line int
	kind faultKind
	text string
}

type faultKind uint8

const (
	openVariable faultKind = iota + 1 // two braces that nothing closes
	noVariable                        // what stands in braces is no name
	openStrong                        // two stars that nothing closes
	noAddress                         // a link that leads nowhere
)

type parsed struct {
	blocks []block
	faults []fault
}

// parse reads a text. It never fails: what is not understood stays as it was
// written and is among the faults. Its work is linear in the text.
func parse(text string) parsed {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	var p parsed
	var open *block
	number := 0
	for line := range strings.Lines(markup.Clean(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" {
			open = nil
			continue
		}
		item, isItem := strings.CutPrefix(line, "- ")
		if open == nil || open.list != isItem {
			p.blocks = append(p.blocks, block{list: isItem})
			open = &p.blocks[len(p.blocks)-1]
		}
		r := reader{rest: item, line: number}
		open.lines = append(open.lines, r.read())
		p.faults = append(p.faults, r.faults...)
	}
	return p
}

// parseSubject reads a subject: letters and variables on one line.
func parseSubject(subject string) ([]span, []fault) {
	r := reader{rest: markup.CleanLine(subject, 0), line: 1, plain: true}
	return r.read(), r.faults
}

// reader reads one line from left to right.
type reader struct {
	rest   string
	line   int
	plain  bool // variables are all there is
	strong bool
	spans  []span
	faults []fault
}

// signs are where something may begin; between them are letters.
const signs = `\*[{h`

func (r *reader) read() []span {
	for r.rest != "" {
		switch {
		case strings.HasPrefix(r.rest, "{{"):
			r.variable()
		case r.plain:
			r.letters(1)
		case r.rest[0] == '\\' && len(r.rest) > 1 && strings.IndexByte(`\*[{-h`, r.rest[1]) >= 0:
			r.rest = r.rest[1:]
			r.letters(1)
		case strings.HasPrefix(r.rest, "**"):
			r.stars()
		case r.rest[0] == '[' && r.link():
		case strings.HasPrefix(r.rest, "https://"), strings.HasPrefix(r.rest, "http://"):
			r.bareLink()
		default:
			r.letters(1)
		}
	}
	return r.spans
}

// letters takes n bytes and all up to the next sign.
func (r *reader) letters(n int) {
	if at := strings.IndexAny(r.rest[n:], signs); at >= 0 {
		n += at
	} else {
		n = len(r.rest)
	}
	r.add(span{text: r.rest[:n]})
	r.rest = r.rest[n:]
}

func (r *reader) add(s span) {
	s.strong = r.strong
	if last := len(r.spans) - 1; last >= 0 && s.isLetters() && r.spans[last].isLetters() && r.spans[last].strong == s.strong {
		r.spans[last].text += s.text
		return
	}
	r.spans = append(r.spans, s)
}

func (s span) isLetters() bool { return s.variable == "" && s.target == nil }

func (r *reader) fault(kind faultKind, text string) {
	r.faults = append(r.faults, fault{line: r.line, kind: kind, text: markup.CleanLine(text, 60)})
}

var variableName = regexp.MustCompile(`^[a-z]{1,20}(\.[a-z]{1,20}){0,2}$`)

// variable takes "{{ name }}".
func (r *reader) variable() {
	s, size, kind := variableAt(r.rest)
	if kind != 0 {
		r.fault(kind, r.rest[:size])
	}
	r.add(s)
	r.rest = r.rest[size:]
}

// variableAt reads what begins with two braces: a variable, or the letters it is
// made of and what is wrong with them.
func variableAt(rest string) (s span, size int, wrong faultKind) {
	end := strings.Index(rest, "}}")
	if end < 0 {
		return span{text: "{{"}, 2, openVariable
	}
	size = end + 2
	name := strings.TrimSpace(rest[2:end])
	if !variableName.MatchString(name) {
		return span{text: rest[:size]}, size, noVariable
	}
	return span{variable: Variable(name)}, size, 0
}

// stars begins or ends strong words.
func (r *reader) stars() {
	if !r.strong && !strings.Contains(r.rest[2:], "**") {
		r.fault(openStrong, r.rest)
		r.letters(2)
		return
	}
	r.strong = !r.strong
	r.rest = r.rest[2:]
}

// link takes "[label](target)" and reports whether there was one.
func (r *reader) link() bool {
	label, rest, found := strings.Cut(r.rest[1:], "](")
	if !found || strings.ContainsAny(label, "[]") {
		return false
	}
	target, rest, found := strings.Cut(rest, ")")
	if !found {
		return false
	}
	s := span{target: r.parts(strings.TrimSpace(target)), label: r.parts(label)}
	if !s.mayLead() || len(s.label) == 0 {
		r.fault(noAddress, target)
	}
	r.add(s)
	r.rest = rest
	return true
}

// bareLink takes an address that stands in the text, up to the next space;
// variables in it have none.
func (r *reader) bareLink() {
	end := strings.IndexAny(r.rest, " \t<>\"")
	if end < 0 {
		end = len(r.rest)
	}
	end = len(strings.TrimRight(r.rest[:end], ".,;:!?)'*"))
	r.add(span{target: r.parts(r.rest[:end])})
	r.rest = r.rest[end:]
}

// parts reads letters and variables.
func (r *reader) parts(text string) []span {
	inner := reader{rest: text, line: r.line, plain: true}
	spans := inner.read()
	r.faults = append(r.faults, inner.faults...)
	return spans
}

// mayLead reports whether a link has an address that can be one: a link
// variable alone, or letters that begin like one.
func (s span) mayLead() bool {
	if len(s.target) == 0 {
		return false
	}
	first := s.target[0]
	if first.variable != "" {
		return len(s.target) == 1 && variables[first.variable].link
	}
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if rest, ok := strings.CutPrefix(first.text, scheme); ok && (rest != "" || len(s.target) > 1) {
			return true
		}
	}
	return false
}
