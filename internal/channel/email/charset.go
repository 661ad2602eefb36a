package email

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// decodeText turns bytes of a declared charset into UTF-8.
//
// Declarations are often missing or wrong, so: what is valid UTF-8 and is said
// to be ASCII, Western single-byte or nothing is UTF-8 (the accident is
// practically impossible in Latin-1); what is said to be UTF-8 or unknown and
// is not, is windows-1252. guessed reports that the declaration was not followed.
func decodeText(b []byte, declared string) (text string, guessed bool) {
	b, bom := cutBOM(b)
	if bom != nil {
		return decodeWith(bom, b), false
	}
	name := cleanCharset(declared)
	if isASCII(b) && !isStateful(name) {
		return string(b), false
	}
	switch {
	case isUTF8(name) || isWestern(name) || name == "":
		if utf8.Valid(b) {
			return string(b), !isUTF8(name)
		}
		if isUTF8(name) && mostlyUTF8(b) {
			return strings.ToValidUTF8(string(b), "\uFFFD"), true
		}
		if name == "iso-8859-15" {
			return decodeWith(charmap.ISO8859_15, b), false
		}
		return decodeWith(charmap.Windows1252, b), isUTF8(name) || name == "" || name == "us-ascii"
	}
	if enc := lookUp(name); enc != nil {
		return decodeWith(enc, b), false
	}
	if utf8.Valid(b) {
		return string(b), true
	}
	return decodeWith(charmap.Windows1252, b), true
}

func decodeWith(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// mostlyUTF8 reports whether b is UTF-8 with a few broken places, such as a
// cut at its end: more good multi-byte characters than bad bytes.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good > bad
}

func cutBOM(b []byte) ([]byte, encoding.Encoding) {
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		return b[3:], encoding.Nop
	case bytes.HasPrefix(b, []byte("\xFF\xFE")):
		return b[2:], utf16("utf-16le")
	case bytes.HasPrefix(b, []byte("\xFE\xFF")):
		return b[2:], utf16("utf-16be")
	}
	return b, nil
}

func utf16(name string) encoding.Encoding {
	enc, _ := htmlindex.Get(name)
	return enc
}

// charsetAliases are names seen in the wild that no index knows.
var charsetAliases = map[string]string{
	"utf8": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8",
	"ascii": "us-ascii", "ansi_x3.4-1968": "us-ascii", "iso646-us": "us-ascii", "iso-ir-6": "us-ascii", "646": "us-ascii",
	"latin1": "iso-8859-1", "latin-1": "iso-8859-1", "8859-1": "iso-8859-1", "iso8859-1": "iso-8859-1", "iso-8859": "iso-8859-1", "we8iso8859p1": "iso-8859-1",
	"iso_8859-1": "iso-8859-1", "cp1252": "windows-1252", "ansi": "windows-1252", "default": "", "unknown-8bit": "", "x-unknown": "", "unknown": "", "8bit": "", "none": "", "binary": "",
	"latin9": "iso-8859-15", "iso8859-15": "iso-8859-15", "latin-9": "iso-8859-15",
	"cp936": "gbk", "x-gbk": "gbk", "cp932": "shift_jis", "ms932": "shift_jis", "cp949": "euc-kr", "ms949": "euc-kr", "cp950": "big5",
	"cp-850": "ibm850", "cp850": "ibm850", "136": "big5", "x-mac-roman": "macintosh", "mac": "macintosh",
}

// cleanCharset normalises a declared name: quotes, "charset=" repeated inside
// the value and the RFC 2231 language are dropped.
func cleanCharset(name string) string {
	name = strings.ToLower(strings.Trim(strings.TrimSpace(name), `"'`))
	for _, prefix := range []string{"charset=", "charset", "3d"} {
		name = strings.Trim(strings.TrimPrefix(name, prefix), `"'= `)
	}
	name, _, _ = strings.Cut(name, "*")
	if i := strings.IndexAny(name, "; ,\t"); i >= 0 {
		name = name[:i]
	}
	if to, ok := charsetAliases[name]; ok {
		return to
	}
	return name
}

func isUTF8(name string) bool { return name == "utf-8" }

func isWestern(name string) bool {
	switch name {
	case "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252":
		return true
	}
	return false
}

// isStateful reports whether plain ASCII bytes may mean something else.
func isStateful(name string) bool {
	return strings.HasPrefix(name, "iso-2022") || strings.HasPrefix(name, "hz") || strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "ibm037")
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lookUp(name string) encoding.Encoding {
	if enc, err := htmlindex.Get(name); err == nil && enc != encoding.Replacement {
		return enc
	}
	if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
		return enc
	}
	return nil
}

// headerText mends a header value that holds raw 8-bit bytes.
func headerText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	text, _ := decodeText([]byte(s), "")
	return text
}
