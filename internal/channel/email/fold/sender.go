package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSender is how much of a value is looked through for its sender, in bytes.
const maxSender = 2 << 10

// sender reads who wrote a message from the value of a header line:
// "Ann <a@b>", "a@b <mailto:a@b>", "Ann [mailto:a@b]", "Ann (a@b)", "a@b", or a
// name alone. An address in brackets counts more than one in a name.
func sender(value string) (name, address string) {
	value = value[:min(len(value), maxSender)]
	from, to := bracketed(value)
	if to == 0 {
		from, to = addressIn(value, 0)
	}
	if to == 0 {
		return cleanName(value), ""
	}
	address = value[from:to]
	if name = cleanName(value[:from]); name == "" {
		name = comment(value[to:])
	}
	if strings.EqualFold(name, address) {
		name = ""
	}
	return name, address
}

// bracketed finds the first address that begins right behind an opening
// bracket, or behind "mailto:" in one.
func bracketed(s string) (from, to int) {
	for at := 0; ; {
		i := strings.IndexAny(s[at:], "<[(")
		if i < 0 {
			return 0, 0
		}
		at += i + 1
		start := at + len(s[at:]) - len(strings.TrimLeft(s[at:], " '\""))
		if rest := s[start:]; len(rest) > 7 && strings.EqualFold(rest[:7], "mailto:") {
			start += 7
		}
		if from, to := addressIn(s, start); to > 0 && from == start {
			return from, to
		}
	}
}

// addressIn finds the first address in s at or behind start.
func addressIn(s string, start int) (from, to int) {
	for at := start; ; at++ {
		i := strings.IndexByte(s[at:], '@')
		if i < 0 {
			return 0, 0
		}
		at += i
		from = start + lastOutside(s[start:at])
		to = at + 1 + domainLen(s[at+1:])
		if from < at && to > at+1 {
			return from, to
		}
	}
}

// lastOutside returns where the local part begins that ends s.
func lastOutside(s string) int {
	i := strings.LastIndexFunc(s, func(r rune) bool { return !isLocal(r) })
	if i >= 0 {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	i = max(i, 0)
	return i + len(s[i:]) - len(strings.TrimLeft(s[i:], "'*_."))
}

func domainLen(s string) int {
	end := strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '.'
	})
	if end < 0 {
		end = len(s)
	}
	return len(strings.TrimRight(s[:end], "-."))
}

// isLocal reports whether a rune may stand in the local part of an address as
// people have them (RFC 5322 §3.2.3, without quoted ones; RFC 6531).
func isLocal(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r)
}

// comment reads the name in "a@b (Ann)".
func comment(s string) string {
	s = strings.TrimLeft(s, ">] ")
	if !strings.HasPrefix(s, "(") {
		return ""
	}
	name, _, closed := strings.Cut(s[1:], ")")
	if !closed || strings.ContainsAny(name, "@<") {
		return ""
	}
	return cleanName(name)
}

// nameMarks stand around names: quotation marks of all languages, emphasis,
// opening brackets of the address behind, separators.
const nameMarks = "\"'“”„‟«»‹›‘’‚「」『』*_<[(,;:|"

// cleanName drops what stands around a name.
func cleanName(s string) string {
	if i := strings.IndexAny(s, "<[\n"); i > 0 {
		s = s[:i]
	}
	if i := len(s) - len("mailto:"); i >= 0 && strings.EqualFold(s[i:], "mailto:") {
		s = s[:i]
	}
	s = strings.TrimFunc(s, func(r rune) bool { return isBlankRune(r) || strings.ContainsRune(nameMarks, r) })
	return strings.ReplaceAll(s, `\"`, `"`)
}
