package ids

import (
	"regexp"
	"strings"
)

// numberAlphabet has no vowels (no words), and nothing that is mistaken for
// another sign when read aloud or written by hand (0 O 1 I L).
const numberAlphabet = "23456789BCDFGHJKMNPQRSTVWXYZ"

// NewNumber returns a random case number such as L-4F7K-92: 28^6, or 481
// million, of them. Numbers are not secret; the database keeps them unique.
func NewNumber() string {
	var raw [6]byte
	for i := range raw {
		raw[i] = numberAlphabet[randomBelow(len(numberAlphabet))]
	}
	return "L-" + string(raw[:4]) + "-" + string(raw[4:])
}

var inText = regexp.MustCompile(`\bL-[` + numberAlphabet + `]{4}-[` + numberAlphabet + `]{2}\b`)

// NumbersIn returns where case numbers stand in a text: the byte offsets of the
// start and the end of each.
func NumbersIn(text string) [][]int {
	if !strings.Contains(text, "L-") {
		return nil
	}
	return inText.FindAllStringIndex(text, -1)
}

// lookAlikes are signs no number has and what they were misread from. What could
// be two signs (O is D or Q) is not guessed.
var lookAlikes = map[rune]rune{'A': '4', 'U': 'V'}

// ParseNumber reads a case number as people type it: with or without dashes,
// blanks or the leading L (or what was taken for it), in any case. It returns
// "L-4F7K-92", or "" if it is none.
func ParseNumber(typed string) string {
	if len(typed) > 100 {
		return ""
	}
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case strings.ContainsRune("-–—_./# \t\u00a0", r):
			return -1
		}
		return r
	}, strings.TrimSpace(typed))
	if len(s) == 7 && strings.ContainsRune("LI1|", rune(s[0])) {
		s = s[1:]
	}
	if len(s) != 6 {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		if read, ok := lookAlikes[r]; ok {
			return read
		}
		return r
	}, s)
	if strings.Trim(s, numberAlphabet) != "" {
		return ""
	}
	return "L-" + s[:4] + "-" + s[4:]
}
