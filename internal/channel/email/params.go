package email

import (
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/jhillyerd/enmime/v2/mediatype"
)

const maxParamBytes = 8 << 10 // of one field with parameters

// parseType reads a value with parameters (RFC 2045 §5.1). enmime mends what
// is malformed; two things it cannot do are added: quoted boundaries with odd
// signs in them, and encoded parameters in other charsets than UTF-8 (RFC 2231).
func parseType(v string) (string, map[string]string) {
	v = withSemicolon(v[:min(len(v), maxParamBytes)])
	t, params, _, err := mediatype.Parse(headerText(v))
	if err != nil || params == nil {
		params = map[string]string{}
	}
	if err != nil {
		t, _, _ = strings.Cut(v, ";")
	}
	for name, value := range quotedAndEncoded(v) {
		params[name] = value
	}
	if t = strings.ToLower(strings.TrimSpace(t)); strings.ContainsAny(t, " \t\"<>=,") {
		t = ""
	}
	return t, params
}

var bareParam = regexp.MustCompile(`^(\s*[\w.+-]+/[\w.+-]+)\s+([\w*-]+\s*=)`)

// withSemicolon puts the semicolon back that some mailers leave out between the
// type and its first parameter: "text/plain charset=utf-8".
func withSemicolon(v string) string { return bareParam.ReplaceAllString(v, "$1; $2") }

// quotedAndEncoded returns the boundary, if it is quoted, and every parameter
// written in the form of RFC 2231.
func quotedAndEncoded(v string) map[string]string {
	found := map[string]string{}
	pieces := map[string][]piece{}
	for _, item := range splitParams(v) {
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.TrimSpace(value)
		quoted := len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"'
		if quoted {
			value = unescape(value[1 : len(value)-1])
		}
		base, rest, extended := strings.Cut(name, "*")
		switch {
		case extended:
			pieces[base] = append(pieces[base], newPiece(rest, value))
		case name == "boundary" && quoted:
			found[name] = value
		}
	}
	for name, list := range pieces {
		if value := joinPieces(list); value != "" {
			found[name] = value
		}
	}
	return found
}

// piece is one part of a value that was split (RFC 2231 §3).
type piece struct {
	number  int
	value   string
	encoded bool
}

// newPiece reads what follows the first asterisk of the name: "", "0", "1*".
func newPiece(rest, value string) piece {
	digits, encoded := strings.CutSuffix(rest, "*")
	n, _ := strconv.Atoi(digits)
	return piece{number: n, value: value, encoded: encoded || rest == ""}
}

func joinPieces(list []piece) string {
	sort.SliceStable(list, func(i, j int) bool { return list[i].number < list[j].number })
	charset := ""
	var out []byte
	for i, p := range list {
		value := p.value
		if i == 0 && p.encoded {
			if parts := strings.SplitN(value, "'", 3); len(parts) == 3 {
				charset, value = parts[0], parts[2]
			}
		}
		if p.encoded {
			out = append(out, unpercent(value)...)
		} else {
			out = append(out, value...)
		}
	}
	text, _ := decodeText(out, charset)
	return text
}

func unpercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

// splitParams cuts at semicolons outside of quotes; the first item is the type.
func splitParams(v string) []string {
	var items []string
	start, quoted := 0, false
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				items = append(items, v[start:i])
				start = i + 1
			}
		}
	}
	return append(items, v[min(start, len(v)):])
}
