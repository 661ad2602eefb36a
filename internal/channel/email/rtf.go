package email

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxRTF is how much of a compressed RTF is unpacked, in bytes.
const maxRTF = 4 << 20

// rtfDictionary is what every compressed RTF may refer to (MS-OXRTFCP §2.1.2.1).
const rtfDictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// decompressRTF unpacks the RTF of a message (MS-OXRTFCP). It returns what could
// be unpacked, nil if it is no such thing.
func decompressRTF(b []byte) []byte {
	if len(b) < 16 {
		return nil
	}
	kind := string(b[8:12])
	if kind == "MELA" {
		return b[16:]
	}
	if kind != "LZFu" {
		return nil
	}
	size := int(min(binary.LittleEndian.Uint32(b[4:]), maxRTF))
	var window [4096]byte
	write := copy(window[:], rtfDictionary)
	var out []byte
	put := func(c byte) {
		window[write] = c
		write = (write + 1) % len(window)
		out = append(out, c)
	}
	for b = b[16:]; len(b) > 0 && len(out) < size; {
		flags := b[0]
		b = b[1:]
		for bit := range 8 {
			if len(b) == 0 || len(out) >= size {
				break
			}
			if flags&(1<<bit) == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out
			}
			ref := int(b[0])<<8 | int(b[1])
			b = b[2:]
			from, n := ref>>4, ref&15+2
			if from == write {
				return out // the end mark
			}
			for i := range n {
				put(window[(from+i)%len(window)])
			}
		}
	}
	return out
}

// rtfSkipped are groups whose text is not the document's.
var rtfSkipped = wordSet("fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr listtable listoverridetable rsidtbl generator themedata datastore xmlnstbl latentstyles")

// rtfSigns are control words that stand for a sign.
var rtfSigns = map[string]string{"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "cell": "\t", "tab": "\t", "bullet": "•",
	"endash": "–", "emdash": "—", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "~": "\u00a0"}

// rtfGroup is the state a brace opens.
type rtfGroup struct {
	skip bool
	ucs  int // signs that stand for those who can't read the Unicode before them
}

// rtfReader turns RTF into plain text.
type rtfReader struct {
	out     strings.Builder
	pending []byte // signs of the document's charset, not yet decoded
	charset string
	groups  []rtfGroup
	drop    int  // signs left out after a Unicode one
	high    rune // first half of a surrogate pair
}

// maxRTFDepth is how deep groups are followed.
const maxRTFDepth = 1000

// textOfRTF returns the plain text of an RTF document, without formats,
// pictures and what is meant for programs.
func textOfRTF(s string) string {
	if !strings.HasPrefix(s, "{\\rtf") {
		return ""
	}
	r := &rtfReader{charset: "windows-1252", groups: []rtfGroup{{ucs: 1}}}
	for len(s) > 0 {
		s = r.step(s)
	}
	r.flush()
	return strings.Trim(r.out.String(), "\n")
}

func (r *rtfReader) top() *rtfGroup { return &r.groups[len(r.groups)-1] }

// step reads one sign, group or control word and returns the rest.
func (r *rtfReader) step(s string) string {
	switch s[0] {
	case '{':
		if len(r.groups) < maxRTFDepth {
			r.groups = append(r.groups, *r.top())
		}
		return s[1:]
	case '}':
		if len(r.groups) > 1 {
			r.groups = r.groups[:len(r.groups)-1]
		}
		return s[1:]
	case '\r', '\n':
		return s[1:]
	case '\\':
		return r.control(s[1:])
	}
	r.sign(s[0])
	return s[1:]
}

// control reads what follows a backslash.
func (r *rtfReader) control(s string) string {
	if s == "" {
		return ""
	}
	if s[0] == '\'' && len(s) >= 3 && isHex(s[1]) && isHex(s[2]) {
		r.sign(unhex(s[1])<<4 | unhex(s[2]))
		return s[3:]
	}
	n := 0
	for n < len(s) && n < 32 && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
		n++
	}
	if n == 0 {
		switch s[0] {
		case '*':
			r.top().skip = true
		case '{', '}', '\\':
			r.sign(s[0])
		case '~':
			r.text(rtfSigns["~"])
		}
		return s[1:]
	}
	word, s := s[:n], s[n:]
	n = 0
	for n < len(s) && n < 11 && (s[n] >= '0' && s[n] <= '9' || n == 0 && s[n] == '-') {
		n++
	}
	number, s := s[:n], s[n:]
	r.word(word, number)
	return strings.TrimPrefix(s, " ")
}

func (r *rtfReader) word(word, number string) {
	value, _ := strconv.Atoi(number)
	switch {
	case rtfSkipped[word]:
		r.top().skip = true
	case word == "ansicpg":
		if charset, ok := codepages[value]; ok {
			r.charset = charset
		}
	case word == "uc":
		r.top().ucs = min(max(value, 0), 8)
	case word == "u":
		r.unicode(rune(uint16(value)))
	default:
		if sign, ok := rtfSigns[word]; ok {
			r.text(sign)
		}
	}
}

// unicode takes one unit of UTF-16.
func (r *rtfReader) unicode(unit rune) {
	switch {
	case unit >= 0xD800 && unit < 0xDC00:
		r.high, r.drop = unit, r.top().ucs
		return
	case r.high != 0 && unit >= 0xDC00 && unit < 0xE000:
		unit = utf16.DecodeRune(r.high, unit)
	}
	r.high = 0
	r.text(string(unit))
	r.drop = r.top().ucs
}

// sign takes one byte of the document's charset.
func (r *rtfReader) sign(c byte) {
	if r.drop > 0 {
		r.drop--
		return
	}
	if !r.top().skip {
		r.pending = append(r.pending, c)
	}
}

func (r *rtfReader) text(s string) {
	r.drop = 0
	if r.top().skip {
		return
	}
	r.flush()
	r.out.WriteString(s)
}

func (r *rtfReader) flush() {
	if len(r.pending) == 0 {
		return
	}
	r.out.WriteString(decodeAs(r.charset, r.pending))
	r.pending = r.pending[:0]
}
