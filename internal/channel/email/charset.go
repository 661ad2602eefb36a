package email

import (
	"bytes"
	"cmp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/korean"
)

// decoded is text with what is known about how it was read.
type decoded struct {
	text    string
	charset string // it was read as, such as "utf-8"
	guessed bool   // the declaration was missing or not followed
}

// decodeText turns bytes of a declared charset into UTF-8, without anything
// else known about them.
func decodeText(b []byte, declared string) (text string, guessed bool) {
	d := decodeHinted(b, declared, nil)
	return d.text, d.guessed
}

// decodeHinted turns bytes of a declared charset into UTF-8.
//
// Declarations are often missing or wrong, so: what is valid UTF-8 and is said
// to be of single bytes or nothing is UTF-8 (the accident is practically
// impossible); what is said to be UTF-8, ASCII, nothing or something unknown and
// is not, is what detect makes of it, else windows-1252; what is said to be
// something it can't be is treated alike.
func decodeHinted(b []byte, declared string, known hints) decoded {
	b, bom := cutBOM(b)
	if bom != "" {
		return decoded{decodeAs(bom, b), bom, false}
	}
	name := cleanCharset(declared)
	if name == "utf-7" {
		return decoded{decodeUTF7(b), name, false}
	}
	if isASCII(b) && !isStateful(name) {
		if escaped := escapedCharset(b); escaped != "" {
			return decoded{decodeAs(escaped, b), escaped, true}
		}
		return decoded{string(b), cmp.Or(name, "us-ascii"), false}
	}
	switch {
	case isUTF8(name) || isWestern(name) || name == "" || name != iso2022KR && lookUp(name) == nil:
		return decodeUnsure(b, name, known)
	case isUTF8Text(b) && !isStateful(name) && (!isMultiByte(name) || wideRunes(b) >= 4):
		return decoded{string(b), "utf-8", true}
	}
	if better := contradicted(b, name); better != "" {
		return decoded{decodeAs(better, b), better, true}
	}
	text := decodeAs(name, b)
	if isMultiByte(name) && mostlyBroken(text) {
		if isUTF8Text(b) {
			return decoded{string(b), "utf-8", true}
		}
		if better := detect(b, known, false); better != "" && better != name {
			return decoded{decodeAs(better, b), better, true}
		}
	}
	return decoded{text, name, false}
}

// decodeUnsure decodes 8-bit text that is said to be UTF-8, Western or nothing.
func decodeUnsure(b []byte, name string, known hints) decoded {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return decoded{string(b), "utf-8", !isUTF8(name)}
	}
	if isUTF8(name) && mostlyUTF8(b) {
		return decoded{strings.ToValidUTF8(string(b), "\uFFFD"), name, true}
	}
	said := isWestern(name) && name != "us-ascii"
	if better := detect(b, known, said); better != "" {
		return decoded{decodeAs(better, b), better, true}
	}
	if name == "iso-8859-15" {
		return decoded{decodeAs(name, b), name, false}
	}
	return decoded{decodeWith(charmap.Windows1252, b), "windows-1252", !said}
}

// decodeAs decodes bytes of a charset lookUp knows, or of ISO-2022-KR.
func decodeAs(name string, b []byte) string {
	switch name {
	case "utf-8":
		return string(b)
	case iso2022KR:
		return decodeWith(korean.EUCKR, shiftedOut(b))
	}
	return decodeWith(lookUp(name), b)
}

// mostlyBroken reports that more than one in ten signs beyond ASCII could not
// be read.
func mostlyBroken(text string) bool {
	signs, broken := 0, 0
	for _, r := range text {
		if r >= utf8.RuneSelf {
			signs++
		}
		if r == utf8.RuneError {
			broken++
		}
	}
	return broken*10 > signs
}

// isUTF8Text reports valid UTF-8 without the controls that bytes of another
// charset would be.
func isUTF8Text(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return r >= 0x80 && r < 0xA0 && r != 0x85 }) < 0
}

// wideRunes counts the signs of three and more bytes in UTF-8 text.
func wideRunes(b []byte) (n int) {
	for len(b) > 0 {
		_, size := utf8.DecodeRune(b)
		if size >= 3 {
			n++
		}
		b = b[size:]
	}
	return n
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

// cutBOM cuts a byte order mark off and names what it stands for.
func cutBOM(b []byte) ([]byte, string) {
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		return b[3:], "utf-8"
	case bytes.HasPrefix(b, []byte("\xFF\xFE")):
		return b[2:], "utf-16le"
	case bytes.HasPrefix(b, []byte("\xFE\xFF")):
		return b[2:], "utf-16be"
	}
	return b, ""
}

// charsetAliases are names seen in the wild that no index knows.
var charsetAliases = map[string]string{
	"utf8": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8",
	"ascii": "us-ascii", "ansi_x3.4-1968": "us-ascii", "iso646-us": "us-ascii", "iso-ir-6": "us-ascii", "646": "us-ascii",
	"latin1": "iso-8859-1", "latin-1": "iso-8859-1", "8859-1": "iso-8859-1", "iso8859-1": "iso-8859-1", "iso-8859": "iso-8859-1", "we8iso8859p1": "iso-8859-1",
	"iso_8859-1": "iso-8859-1", "cp1252": "windows-1252", "ansi": "windows-1252", "default": "", "unknown-8bit": "", "x-unknown": "", "unknown": "", "8bit": "", "none": "", "binary": "",
	"latin9": "iso-8859-15", "iso8859-15": "iso-8859-15", "latin-9": "iso-8859-15",
	"cp936": "gb18030", "x-gbk": "gb18030", "cp932": "shift_jis", "ms932": "shift_jis", "cp949": "euc-kr", "ms949": "euc-kr", "cp950": "big5",
	"cp-850": "ibm850", "cp850": "ibm850", "136": "big5", "x-mac-roman": "macintosh", "mac": "macintosh",
	"cp1250": "windows-1250", "cp1251": "windows-1251", "win-1251": "windows-1251", "windows1251": "windows-1251", "cp1253": "windows-1253", "cp1254": "windows-1254", "cp1257": "windows-1257",
	"gb2312": "gb18030", "gbk": "gb18030", "x-gb2312": "gb18030", "gb_2312-80": "gb18030", "euc-cn": "gb18030", "sjis": "shift_jis", "x-sjis": "shift_jis", "windows-31j": "shift_jis",
	"iso2022jp": "iso-2022-jp", "iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp",
	"koi8": "koi8-r", "koi8r": "koi8-r", "koi": "koi8-r", "cp866": "ibm866", "866": "ibm866", "tis620": "windows-874", "tis-620": "windows-874", "iso-8859-11": "windows-874",
	"unicode-1-1-utf-7": "utf-7", "utf7": "utf-7", "unicode": "utf-16", "ucs-2": "utf-16", "ks_c_5601-1987": "euc-kr", "ksc5601": "euc-kr", "hz": "hz-gb-2312",
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

// isMultiByte reports charsets of Chinese, Japanese and Korean with 8-bit bytes.
func isMultiByte(name string) bool {
	switch name {
	case "gb18030", "big5", "big5-hkscs", "shift_jis", "euc-jp", "euc-kr":
		return true
	}
	return false
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
	return decodeHinted([]byte(s), "", nil).text
}
