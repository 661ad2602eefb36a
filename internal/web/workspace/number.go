package workspace

import "strings"

// number reads a case number as people type it: with or without dashes, blanks
// or the leading L, in any case. It returns "L-4F7K-92", or "" if it is none.
func number(typed string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case strings.ContainsRune("-–—_./# \t", r):
			return -1
		}
		return '?' // no part of a number
	}, strings.TrimSpace(typed))
	if len(s) == 7 && s[0] == 'L' {
		s = s[1:]
	}
	if len(s) != 6 || strings.Contains(s, "?") {
		return ""
	}
	return "L-" + s[:4] + "-" + s[4:]
}
