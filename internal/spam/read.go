package spam

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// message is a text made ready to look for signs.
type message struct {
	raw   string   // subject and text as written, cut to maxRead
	prose string   // raw without links and markup
	words []string // of prose, as written
	plain string   // name, subject and text as " word word ": small letters, disguises undone
}

var (
	link   = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"\]]+|\b(?:bit\.ly|t\.me|wa\.me|tinyurl\.com|cutt\.ly|goo\.gl)/[^\s<>"\]]+`)
	markup = regexp.MustCompile(`(?i)\[/?(?:url|link|img|b|i)\b[^\]]*\]|</?[a-z][^>]*>`)
)

func read(in Input) *message {
	m := &message{raw: cut(in.Subject + "\n" + in.Text)}
	m.prose = markup.ReplaceAllString(link.ReplaceAllString(m.raw, " "), " ")
	m.words = strings.FieldsFunc(m.prose, notInWord)
	m.plain = plain(cut(in.Name) + "\n" + m.raw)
	return m
}

// cut returns the beginning of a text as valid UTF-8.
func cut(s string) string {
	if len(s) > maxRead {
		s = s[:maxRead]
	}
	return strings.ToValidUTF8(s, "")
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }

// plain puts a text into the form the phrases are written in.
func plain(s string) string {
	s = strings.Map(visible, s)
	s = strings.ToLower(norm.NFKC.String(s))
	words := joinSpelled(strings.FieldsFunc(s, notInWord))
	for i, w := range words {
		words[i] = undisguise(w)
	}
	return " " + strings.Join(words, " ") + " "
}

// visible drops what takes no room: soft hyphens and zero-width characters that
// break up words for filters only.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// joinSpelled makes one word of five or more single letters in a row:
// "c a s i n o".
func joinSpelled(words []string) []string {
	var out []string
	for i := 0; i < len(words); {
		end := i
		for end < len(words) && utf8.RuneCountInString(words[end]) == 1 {
			end++
		}
		switch {
		case end-i >= 5:
			out = append(out, strings.Join(words[i:end], ""))
		case end > i:
			out = append(out, words[i:end]...)
		default:
			out = append(out, words[i])
			end++
		}
		i = end
	}
	return out
}

// twins are letters of other alphabets, and digits, that stand for Latin ones.
var twins = strings.NewReplacer(
	"а", "a", "в", "b", "е", "e", "ѕ", "s", "і", "i", "ј", "j", "к", "k", "м", "m", "о", "o", "р", "p", "с", "c", "т", "t", "у", "y", "х", "x",
	"α", "a", "ε", "e", "ι", "i", "κ", "k", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "χ", "x", "ı", "i",
	"0", "o", "1", "i", "3", "e", "4", "a", "5", "s",
)

// undisguise writes a word in Latin letters if it holds some already.
func undisguise(w string) string {
	latin := strings.ContainsFunc(w, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
	if !latin {
		return w
	}
	return twins.Replace(w)
}
