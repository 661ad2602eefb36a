package email

import (
	"encoding/base64"
	"strings"
)

// word is one encoded word (RFC 2047): "=?charset?Q or B?text?=".
type word struct {
	charset string
	data    []byte
	size    int // bytes it took in the source
}

// blanks is what may stand between encoded words.
const blanks = " \t\r\n"

// maxWord is the longest encoded word looked for, in bytes; RFC 2047 allows 75.
const maxWord = 2 << 10

// decodeWords decodes a header value with encoded words, also broken ones:
// neighbours of one charset are joined before they are decoded, because many
// mailers cut in the middle of a character; a word without its end reaches to
// the next space; spaces inside a word are forgiven.
func decodeWords(s string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, "=?")
		if i < 0 {
			out.WriteString(headerText(s))
			return out.String()
		}
		w, ok := cutWord(s[i:])
		if !ok {
			out.WriteString(headerText(s[:i+2]))
			s = s[i+2:]
			continue
		}
		out.WriteString(headerText(s[:i]))
		s = decodeRun(&out, w, s[i+w.size:])
	}
}

// decodeRun writes the word and those that follow it directly, and returns
// what is left of the source.
func decodeRun(out *strings.Builder, w word, s string) string {
	data := w.data
	flush := func() {
		text, _ := decodeText(data, w.charset)
		out.WriteString(text)
	}
	for {
		trimmed := strings.TrimLeft(s, blanks)
		next, ok := cutWord(trimmed)
		if !ok {
			flush()
			return s
		}
		s = trimmed[next.size:]
		if next.charset == w.charset {
			data = append(data, next.data...)
			continue
		}
		flush()
		w, data = next, next.data
	}
}

// cutWord reads the encoded word at the start of s.
func cutWord(s string) (word, bool) {
	if !strings.HasPrefix(s, "=?") {
		return word{}, false
	}
	q := strings.IndexByte(s[2:min(len(s), 68)], '?') + 2
	if q < 3 || len(s) < q+3 || s[q+2] != '?' || strings.ContainsAny(s[2:q], blanks) {
		return word{}, false
	}
	method, rest := s[q+1]|0x20, s[q+3:]
	end, closing := wordEnd(rest[:min(len(rest), maxWord)], method)
	data, ok := decodeMethod(method, rest[:end])
	if !ok {
		return word{}, false
	}
	return word{charset: cleanCharset(s[2:q]), data: data, size: q + 3 + end + closing}, true
}

// wordEnd returns where a word's text ends and how long its closing is.
func wordEnd(rest string, method byte) (end, closing int) {
	for from := 0; ; {
		i := strings.Index(rest[from:], "?=")
		if i < 0 {
			break
		}
		end = from + i
		after := rest[end+2:]
		if method == 'q' && len(after) > 1 && isHex(after[0]) && isHex(after[1]) && closesLater(after) {
			from = end + 2 // a question mark before an escape, not the end
			continue
		}
		return end, 2
	}
	if i := strings.IndexAny(rest, blanks); i >= 0 {
		return i, 0
	}
	return len(rest), 0
}

// closesLater reports whether a "?=" follows before the next space.
func closesLater(s string) bool {
	if i := strings.IndexAny(s, blanks); i >= 0 {
		s = s[:i]
	}
	return strings.Contains(s, "?=")
}

func decodeMethod(method byte, text string) ([]byte, bool) {
	switch method {
	case 'q':
		return decodeQ(text), true
	case 'b':
		return decodeB(text)
	}
	return nil, false
}

// decodeQ decodes the Q encoding (RFC 2047 §4.2); a broken escape stays as it is.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

// decodeB decodes base64, forgiving spaces, missing and extra padding.
func decodeB(s string) ([]byte, bool) {
	clean := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		switch {
		case c == '=' || c == ' ' || c == '\t':
		default:
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, err := base64.RawStdEncoding.Decode(out, clean)
	if err != nil && n == 0 {
		return nil, false
	}
	return out[:n], true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
