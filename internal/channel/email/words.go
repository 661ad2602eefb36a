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

// decodeWords decodes a header value with encoded words, also broken ones:
// neighbours of one charset are joined before they are decoded, because many
// mailers cut in the middle of a character; a word without its end reaches to
// the next space; spaces inside a word are forgiven.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return headerText(s)
	}
	var out strings.Builder
	var run []byte // decoded bytes of neighbouring words
	charset := ""
	flush := func() {
		text, _ := decodeText(run, charset)
		out.WriteString(text)
		run = run[:0]
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			i = len(s)
		}
		gap := s[:i]
		w, ok := cutWord(s[i:])
		if len(run) > 0 && (!ok || !isBlank(gap) || w.charset != charset) {
			flush()
			if !ok || !isBlank(gap) {
				out.WriteString(headerText(gap))
			}
		} else if len(run) == 0 && !(ok && isBlank(gap) && i > 0 && out.Len() > 0 && false) {
			out.WriteString(headerText(gap))
		}
		s = s[i:]
		if !ok {
			if s != "" {
				out.WriteString("=?")
				s = s[2:]
			}
			continue
		}
		run = append(run, w.data...)
		charset = w.charset
		s = s[w.size:]
	}
	if len(run) > 0 {
		flush()
	}
	return out.String()
}

func isBlank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }

// cutWord reads the encoded word at the start of s.
func cutWord(s string) (word, bool) {
	if !strings.HasPrefix(s, "=?") {
		return word{}, false
	}
	charset, rest, ok := strings.Cut(s[2:], "?")
	if !ok || charset == "" || len(charset) > 64 || strings.ContainsAny(charset, " \t") {
		return word{}, false
	}
	method, rest, ok := strings.Cut(rest, "?")
	if !ok || len(method) != 1 {
		return word{}, false
	}
	end := strings.Index(rest, "?=")
	size := len(s) - len(rest) + end + 2
	if strings.EqualFold(method, "q") && end == 0 && strings.HasPrefix(rest, "?==") {
		end = 0
	}
	if end < 0 {
		if end = strings.IndexAny(rest, " \t"); end < 0 {
			end = len(rest)
		}
		size = len(s) - len(rest) + end
	}
	data, ok := decodeMethod(method[0]|0x20, rest[:end])
	if !ok {
		return word{}, false
	}
	return word{charset: cleanCharset(charset), data: data, size: size}, true
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
