// Package markup turns foreign text and HTML into something safe to store, show
// and send, and converts between text, HTML and Markdown.
//
// Everything a customer sends is hostile until it passed through here:
//
//   - Clean and CleanLine for every text that comes in from outside;
//   - SanitizeMail for HTML of mails and other messages;
//   - HTMLFromText and HTMLFromMarkdown for what people type in Lotse;
//   - TextFromHTML, TextFromMarkdown and Excerpt for plain text of them.
//
// SafeHTML is the only type templates may print unescaped, and this package is
// the only one that makes it. Sanitising is a chain of two: a rewriter that
// knows what mail needs (rewriter.go) and bluemonday as an independent gate
// behind it (policy.go), so that a fault of one does not open the door.
//
// Work and memory are linear in the size of the input, and input beyond
// MaxInput is cut with a visible mark. Every package may call markup; it imports
// nothing of Lotse.
package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// MaxInput is how much of one text is read, in bytes. A mail of that size is a
// hundred times longer than any person writes.
const MaxInput = 2 << 20

// cutMark stands where text was cut.
const cutMark = "[…]"

// SafeHTML is a fragment of sanitised HTML: balanced, free of scripts, forms,
// styles that reach beyond it and anything that loads by itself.
type SafeHTML string

// String returns the HTML.
func (h SafeHTML) String() string { return string(h) }

// Clean mends foreign text so that it can be stored, compared and shown:
//
//   - invalid UTF-8 becomes U+FFFD, because databases refuse it;
//   - NUL goes, because it ends a string in SQL and C;
//   - other controls (C0 but \n and \t, DEL, C1) go, because they carry nothing a
//     reader sees and command terminals and logs;
//   - CRLF, CR, NEL, U+2028 and U+2029 become \n, so that a line is a line
//     everywhere;
//   - bidirectional overrides, embeddings and isolates (U+202A-202E,
//     U+2066-2069) go, because they make text read differently from what it is:
//     "gpj.exe" as "exe.jpg", a payee as another. Right-to-left scripts need none
//     of them, their letters have a direction of their own.
//
// Clean is idempotent.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			return '\n'
		case isUnwanted(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func isClean(s string) bool {
	for i, r := range s {
		if isUnwanted(r) || r == '\u2028' || r == '\u2029' {
			return false
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}

func isUnwanted(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, r >= 0x7F && r <= 0x9F:
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// CleanLine is Clean for what stands on one line, such as a name or a subject:
// white space of all kinds becomes single spaces, the ends are trimmed, and a
// text of more than maxRunes runes is cut. The cut never divides what readers
// see as one sign (an emoji, a letter with accents) and ends in "…", which is
// counted. maxRunes of 0 or less means no limit.
func CleanLine(s string, maxRunes int) string {
	return cut(collapse(Clean(s)), maxRunes)
}

// collapse joins the words of s with single spaces.
func collapse(s string) string {
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}

// cut shortens s to maxRunes runes including the "…".
func cut(s string, maxRunes int) string {
	if maxRunes <= 0 || len(s) <= maxRunes || utf8.RuneCountInString(s) <= maxRunes {
		return s
	}
	room := maxRunes - 1
	end := 0
	for clusters := graphemes.FromString(s); clusters.Next(); {
		n := utf8.RuneCountInString(clusters.Value())
		if n > room {
			break
		}
		room -= n
		end = clusters.End()
	}
	if end == 0 { // one sign longer than the whole room: hostile, so divide it
		end = runeOffset(s, maxRunes-1)
	}
	return strings.TrimRightFunc(s[:end], unicode.IsSpace) + "…"
}

// runeOffset returns where rune number n of s begins.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// limit cuts input to MaxInput bytes at a rune and reports whether it did.
func limit(s string) (string, bool) {
	if len(s) <= MaxInput {
		return s, false
	}
	end := MaxInput
	for end > MaxInput-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], true
}

// Excerpt returns the first words of a text on one line of at most maxRunes
// runes. Quoted lines (">") are left out: a reader wants what is new.
func Excerpt(text string, maxRunes int) string {
	text, _ = limit(text)
	var words []string
	runes := 0
	for line := range strings.Lines(Clean(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, ">") {
			continue
		}
		words = append(words, line)
		runes += utf8.RuneCountInString(line)
		if maxRunes > 0 && runes > maxRunes {
			break
		}
	}
	return cut(collapse(strings.Join(words, " ")), maxRunes)
}
