package privacy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// page is a plain text and its words. Patterns are tried only where a word
// suggests it: that keeps the work linear and small.
type page struct {
	s     string
	words []word
}

// word is a run of letters.
type word struct {
	start, end int
	lower      string
}

func newPage(s string) *page {
	p := &page{s: s}
	start := -1
	for i, r := range s {
		switch letter := isLetter(r); {
		case letter && start < 0:
			start = i
		case !letter && start >= 0:
			p.words = append(p.words, word{start, i, strings.ToLower(s[start:i])})
			start = -1
		}
	}
	if start >= 0 {
		p.words = append(p.words, word{start, len(s), strings.ToLower(s[start:])})
	}
	return p
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r)
}

// digitWithin reports whether one of the n bytes from i on is a digit.
func digitWithin(s string, i, n int) bool {
	return strings.ContainsAny(after(s, i, n), "0123456789")
}

// digitBefore reports whether one of the n bytes before i is a digit.
func digitBefore(s string, i, n int) bool {
	return strings.ContainsAny(before(s, i, n), "0123456789")
}

// hasEnding reports whether a word ends in one of a set of endings of at most
// most letters.
func hasEnding(lower string, endings map[string]bool, most int) bool {
	for i, n := len(lower), 0; i > 0 && n < most; n++ {
		_, size := utf8.DecodeLastRuneInString(lower[:i])
		i -= size
		if endings[lower[i:]] {
			return true
		}
	}
	return false
}
