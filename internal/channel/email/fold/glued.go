package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxGlued  = 16 << 10 // bytes of a line looked through for glued header lines
	maxColons = 200      // the same in colons; addresses and times hold some
)

// readGlued reads a header block that a program lost the line ends of:
// "From: Ann <a@b>To: Bob <c@d>Sent: Monday, 1 May 2023, 10:00 CETSubject: Hi".
// The subject comes last, since anything may stand in it.
func readGlued(line string) (block, bool) {
	r := blockReader{lines: gluedLines(line)}
	if len(r.lines) < 3 {
		return block{}, false
	}
	for r.step() {
	}
	b := r.block()
	return b, r.n == len(r.lines) && b.fields >= 3 && b.complete()
}

// gluedLines cuts a line before each label in it that was not seen before.
func gluedLines(line string) []string {
	s := bare(line)
	s = s[:min(len(s), maxGlued)]
	var parts []string
	var seen [otherField + 1]bool
	start, colons := 0, 0
	for i := 0; i < len(s) && colons < maxColons; i++ {
		if s[i] != ':' {
			continue
		}
		colons++
		at, f := labelBefore(s[start:i])
		if f == noField || f == otherField || seen[f] {
			continue
		}
		if at += start; at > start {
			parts = append(parts, s[start:at])
		}
		seen[f], start = true, at
		if f == fieldSubject {
			break
		}
	}
	return append(parts, s[start:])
}

// labelBefore finds the longest known label at the end of s, and where it
// begins. Inside a line a label begins with a capital, where its script has some.
func labelBefore(s string) (int, field) {
	from := max(0, len(s)-maxLabel)
	if i := strings.LastIndexAny(s[from:], ":>"); i >= 0 {
		from += i + 1
	}
	for i := from; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsLetter(r) && !unicode.IsLower(r) {
			if f := labels[labelKey(s[i:])]; f != noField {
				return i, f
			}
		}
		i += size
	}
	return 0, noField
}
