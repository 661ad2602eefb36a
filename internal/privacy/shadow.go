package privacy

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// standIn takes the place of what is masked; no detector's pattern contains it.
const standIn = '\uFFFC'

// shadow is a text with the tricks of Unicode undone. Byte i of plain stands
// for the bytes from[i] to to[i] of the original.
type shadow struct {
	plain    string
	from, to []int
	read     *page
}

// page returns the words of the shadow.
func (s *shadow) page() *page {
	if s.read == nil {
		s.read = newPage(s.plain)
	}
	return s.read
}

// span is a piece of a shadow's plain text.
type span struct {
	kind       Kind
	start, end int
}

var knownLabels = sync.OnceValue(labels)

// cast makes the shadow of a text. Labels in it become stand-ins.
func cast(text string) *shadow {
	c := caster{plain: make([]byte, 0, len(text))}
	for at := 0; at < len(text); {
		b := text[at]
		if b == '[' {
			if n := labelAt(text[at:]); n > 0 {
				c.add(string(standIn), at, at+n)
				at += n
				continue
			}
		}
		if b < utf8.RuneSelf && (at+1 == len(text) || text[at+1] < utf8.RuneSelf) {
			c.rune(rune(b), at, at+1)
			at++
			continue
		}
		n := norm.NFKC.NextBoundaryInString(text[at:], true)
		if n <= 0 {
			n = len(text) - at
		}
		for _, r := range norm.NFKC.String(text[at : at+n]) {
			c.rune(r, at, at+n)
		}
		at += n
	}
	return &shadow{plain: string(c.plain), from: c.from, to: c.to}
}

// labelAt returns the length of the label a text begins with, 0 without one.
func labelAt(text string) int {
	for _, l := range knownLabels() {
		if strings.HasPrefix(text, l) {
			return len(l)
		}
	}
	return 0
}

type caster struct {
	plain    []byte
	from, to []int
}

func (c *caster) add(s string, from, to int) {
	c.plain = append(c.plain, s...)
	for range len(s) {
		c.from = append(c.from, from)
		c.to = append(c.to, to)
	}
}

func (c *caster) rune(r rune, from, to int) {
	r = simple(r)
	if r >= 0 {
		c.add(string(r), from, to)
	}
}

// simple returns the plain form of a character, -1 for one nobody sees.
func simple(r rune) rune {
	switch r {
	case '\n':
		return r
	case '\v', '\f', '\u0085', '\u2028', '\u2029':
		return '\n'
	case '\t', '\r', standIn:
		return ' '
	case '\u2212':
		return '-'
	case '\u2044', '\u2215':
		return '/'
	case '\u2018', '\u2019', '\u00B4', '`':
		return '\''
	case '\u3002':
		return '.'
	case '\u034F', '\u115F', '\u1160', '\u3164', '\u17B4', '\u17B5':
		return -1
	}
	switch {
	case r < utf8.RuneSelf:
		return r
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return -1
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(unicode.Pd, r):
		return '-'
	case unicode.Is(unicode.Nd, r):
		return digit(r)
	}
	return r
}

// digit returns the ASCII digit of a decimal digit of any script. The ranges of
// the Unicode table consist of whole tens that begin with zero.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}

// mask replaces spans, ascending, by stand-ins and returns what they stand for
// in the original. A span that touches a stand-in or the span before is left.
func (s *shadow) mask(spans []span) (*shadow, []Finding) {
	var found []Finding
	c := caster{}
	done := 0
	for _, sp := range spans {
		sp = s.whole(sp)
		if sp.start < done || sp.start >= sp.end || strings.ContainsRune(s.plain[sp.start:sp.end], standIn) {
			continue
		}
		c.copy(s, done, sp.start)
		f := Finding{Kind: sp.kind, Start: s.from[sp.start], End: s.to[sp.end-1]}
		c.add(string(standIn), f.Start, f.End)
		found = append(found, f)
		done = sp.end
	}
	if found == nil {
		return s, nil
	}
	c.copy(s, done, len(s.plain))
	return &shadow{plain: string(c.plain), from: c.from, to: c.to}, found
}

func (c *caster) copy(s *shadow, start, end int) {
	c.plain = append(c.plain, s.plain[start:end]...)
	c.from = append(c.from, s.from[start:end]...)
	c.to = append(c.to, s.to[start:end]...)
}

// whole trims spaces off a span and widens it to whole characters of the
// original, some of which (⒈, ℡) are several in the shadow.
func (s *shadow) whole(sp span) span {
	for sp.start < sp.end && isSpace(s.plain[sp.start]) {
		sp.start++
	}
	for sp.end > sp.start && isSpace(s.plain[sp.end-1]) {
		sp.end--
	}
	if sp.start == sp.end {
		return sp
	}
	for sp.start > 0 && s.from[sp.start-1] == s.from[sp.start] {
		sp.start--
	}
	for sp.end < len(s.plain) && s.from[sp.end] == s.from[sp.end-1] {
		sp.end++
	}
	return sp
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isWord reports whether a character belongs to a word or number.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// freeBefore reports whether no word or number runs into position i.
func freeBefore(s string, i int) bool {
	r, n := utf8.DecodeLastRuneInString(s[:i])
	return n == 0 || !isWord(r)
}

// freeAfter reports whether no word or number runs on from position i.
func freeAfter(s string, i int) bool {
	r, n := utf8.DecodeRuneInString(s[i:])
	return n == 0 || !isWord(r)
}

// before returns up to n bytes of s before position i.
func before(s string, i, n int) string { return s[max(0, i-n):i] }

// after returns up to n bytes of s from position i on.
func after(s string, i, n int) string { return s[i:min(len(s), i+n)] }

// countDigits returns the number of ASCII digits of s.
func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

// onlyDigits returns the ASCII digits of s.
func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// ascending sorts spans by where they start, the longer one first.
func ascending(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	return spans
}
