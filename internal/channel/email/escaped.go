package email

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf16"
)

// iso2022KR is a charset no library at hand knows (RFC 1557).
const iso2022KR = "iso-2022-kr"

// escapes announce a charset within 7-bit text.
var escapes = []struct{ mark, charset string }{
	{"\x1b$)C", iso2022KR},
	{"\x1b$B", "iso-2022-jp"}, {"\x1b$@", "iso-2022-jp"}, {"\x1b(J", "iso-2022-jp"}, {"\x1b(I", "iso-2022-jp"}, {"\x1b$(D", "iso-2022-jp"},
}

// tildes is a stretch of Chinese in HZ (RFC 1843).
var tildes = regexp.MustCompile(`~\{(?:[!-w][!-~])+~\}`)

// escapedCharset recognises charsets that write other scripts in 7 bits.
func escapedCharset(b []byte) string {
	if bytes.IndexByte(b, 0x1b) >= 0 {
		for _, e := range escapes {
			if bytes.Contains(b, []byte(e.mark)) {
				return e.charset
			}
		}
	}
	if bytes.Contains(b, []byte("~{")) && tildes.Match(b) && isChinese(decodeWith(lookUp("hz-gb-2312"), sampleOfHZ(b))) {
		return "hz-gb-2312"
	}
	return ""
}

func sampleOfHZ(b []byte) []byte { return bytes.Join(tildes.FindAll(b, 100), nil) }

// isChinese reports whether a fifth of the signs are the most frequent ones.
func isChinese(text string) bool {
	signs, common := 0, 0
	for _, r := range text {
		if r >= 0x80 {
			signs++
		}
		if simplified[r] {
			common++
		}
	}
	return common > 0 && common*5 >= signs
}

// shiftedOut turns ISO-2022-KR into EUC-KR: between SO and SI each byte has its
// eighth bit.
func shiftedOut(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out := make([]byte, 0, len(b))
	shifted := false
	for _, c := range b {
		switch {
		case c == 0x0e:
			shifted = true
			continue
		case c == 0x0f:
			shifted = false
			continue
		case c == '\n':
			shifted = false
		case shifted && c > ' ' && c < 0x7f:
			c |= 0x80
		}
		out = append(out, c)
	}
	return out
}

// decodeUTF7 decodes UTF-7 (RFC 2152). A broken stretch stays as it is.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	s := string(b)
	for {
		plus := strings.IndexByte(s, '+')
		if plus < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:plus])
		s = s[plus+1:]
		end := strings.IndexFunc(s, func(r rune) bool { return !isBase64(r) })
		if end < 0 {
			end = len(s)
		}
		out.WriteString(utf7Stretch(s[:end]))
		s = strings.TrimPrefix(s[end:], "-")
	}
}

func isBase64(r rune) bool {
	return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/'
}

// utf7Stretch decodes what stands between "+" and "-".
func utf7Stretch(s string) string {
	if s == "" {
		return "+"
	}
	if len(s)%4 == 1 {
		return "+" + s
	}
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(raw) < 2 {
		return "+" + s
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return string(utf16.Decode(units))
}
