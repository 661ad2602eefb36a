package email

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"

	"lotse/internal/intake"
)

// TNEF is what Outlook and Exchange wrap a message and its files into, as
// "winmail.dat", when they think the other side is one of theirs (MS-OXTNEF).

var errTNEF = errors.New("not TNEF")

// Limits on one TNEF file.
const (
	maxTNEFFiles = 200
	maxTNEFDepth = 3     // messages within it
	maxTNEFProps = 2_000 // properties of one object
)

// Attributes (MS-OXTNEF §2.1.3) and properties (MS-OXPROPS) that are read.
const (
	tnefSignature = 0x223e9f78

	attCodepage   = 0x9007
	attBody       = 0x800c
	attMessage    = 0x9003 // properties of the message
	attRendData   = 0x9002 // begins a file
	attTitle      = 0x8010
	attData       = 0x800f
	attProperties = 0x9005 // properties of the file

	propSubject   = 0x0037
	propBody      = 0x1000
	propRTF       = 0x1009
	propHTML      = 0x1013
	propName      = 0x3001
	propData      = 0x3701
	propShortFile = 0x3704
	propLongFile  = 0x3707
	propMIME      = 0x370e
	propContentID = 0x3712
	propCodepage  = 0x3fde
)

// tnef is what a TNEF file holds.
type tnef struct {
	subject, text, html, rtf string
	codepage                 int
	files                    []tnefFile
}

type tnefFile struct {
	title string // short name, of old
	props properties
	data  []byte
}

// readTNEF reads a TNEF file. What is cut off or broken at its end is left out.
func readTNEF(b []byte) (*tnef, error) {
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != tnefSignature {
		return nil, errTNEF
	}
	t := &tnef{}
	for b = b[6:]; len(b) >= 9; {
		level, name := b[0], int(binary.LittleEndian.Uint16(b[1:]))
		size := binary.LittleEndian.Uint32(b[5:])
		if uint64(size) > uint64(len(b)-9) || level != 1 && level != 2 {
			break
		}
		t.take(level, name, b[9:9+size])
		b = b[min(len(b), 9+int(size)+2):] // a checksum follows
	}
	return t, nil
}

func (t *tnef) take(level byte, name int, data []byte) {
	if level == 1 {
		switch name {
		case attCodepage:
			if len(data) >= 4 {
				t.codepage = int(binary.LittleEndian.Uint32(data))
			}
		case attBody:
			t.text = codepageText(data, t.codepage)
		case attMessage:
			t.takeMessage(readProperties(data))
		}
		return
	}
	if name == attRendData && len(t.files) < maxTNEFFiles {
		t.files = append(t.files, tnefFile{})
	}
	if len(t.files) == 0 {
		return
	}
	f := &t.files[len(t.files)-1]
	switch name {
	case attTitle:
		f.title = codepageText(data, t.codepage)
	case attData:
		f.data = data
	case attProperties:
		f.props = readProperties(data)
	}
}

func (t *tnef) takeMessage(p properties) {
	codepage := t.codepage
	if v := p[propCodepage].data; len(v) >= 4 {
		codepage = int(binary.LittleEndian.Uint32(v))
	}
	t.subject = p.text(propSubject, t.codepage)
	if text := p.text(propBody, t.codepage); text != "" {
		t.text = text
	}
	t.html = p.text(propHTML, codepage)
	if v := p[propRTF].data; len(v) > 0 {
		t.rtf = string(decompressRTF(v))
	}
}

// property is one value; kind is its type.
type property struct {
	kind int
	data []byte
}

type properties map[int]property

// Types of properties (MS-OXCDATA §2.11.1).
const (
	kindMany    = 0x1000
	kindObject  = 0x000d
	kindText    = 0x001e
	kindUnicode = 0x001f
	kindBinary  = 0x0102
)

// fixedSizes are the bytes a value of a type takes, filled up to four.
var fixedSizes = map[int]int{2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0a: 4, 0x0b: 4, 0x14: 8, 0x40: 8, 0x48: 16}

// readProperties reads a list of properties (MS-OXTNEF §2.1.3.4) as far as it
// goes. Of several values of one property the first counts.
func readProperties(b []byte) properties {
	p := properties{}
	c := cursor{b: b}
	for range min(c.uint32(), maxTNEFProps) {
		kind, id := c.uint16(), c.uint16()
		if id >= 0x8000 {
			c.skip(16)
			if c.uint32() == 0 {
				c.skip(4)
			} else {
				c.padded(c.uint32())
			}
		}
		values := 1
		size, fixed := fixedSizes[kind&^kindMany]
		if kind&kindMany != 0 || !fixed {
			values = c.uint32()
		}
		for i := range values {
			n := size
			if !fixed {
				n = c.uint32()
			}
			data := c.padded(n)
			if c.failed {
				return p
			}
			if i == 0 {
				p[id] = property{kind &^ kindMany, data}
			}
		}
		if c.failed {
			return p
		}
	}
	return p
}

// cursor reads from the front of b; beyond its end it fails and yields nothing.
type cursor struct {
	b      []byte
	failed bool
}

func (c *cursor) next(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.failed, c.b = true, nil
		return nil
	}
	head := c.b[:n:n]
	c.b = c.b[n:]
	return head
}

func (c *cursor) skip(n int) { c.next(n) }

// padded reads n bytes and what fills them up to four.
func (c *cursor) padded(n int) []byte {
	data := c.next(n)
	c.next(min(-n&3, len(c.b)))
	return data
}

func (c *cursor) uint16() int {
	if b := c.next(2); b != nil {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (c *cursor) uint32() int {
	if b := c.next(4); b != nil {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

// text returns a property as text, "" if it is not there.
func (p properties) text(id, codepage int) string {
	switch v := p[id]; v.kind {
	case kindUnicode:
		units := make([]uint16, len(v.data)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(v.data[2*i:])
		}
		return strings.TrimRight(string(utf16.Decode(units)), "\x00")
	case kindText, kindBinary:
		return codepageText(v.data, codepage)
	}
	return ""
}

// content returns the bytes of a file, and whether they are a message in TNEF.
func (f tnefFile) content() (data []byte, isMessage bool) {
	data = f.data
	if v := f.props[propData]; len(v.data) > 0 {
		data = v.data
		if v.kind == kindObject && len(data) >= 16 {
			data = data[16:] // the kind of the object
		}
	}
	return data, len(data) >= 4 && binary.LittleEndian.Uint32(data) == tnefSignature
}

func (f tnefFile) name(codepage int) string {
	for _, id := range []int{propLongFile, propShortFile, propName} {
		if name := f.props.text(id, codepage); name != "" {
			return name
		}
	}
	return f.title
}

// codepages are the charsets of Windows code pages by number.
var codepages = map[int]string{65001: "utf-8", 1252: "windows-1252", 1250: "windows-1250", 1251: "windows-1251", 1253: "windows-1253", 1254: "windows-1254",
	1255: "windows-1255", 1256: "windows-1256", 1257: "windows-1257", 1258: "windows-1258", 874: "windows-874", 932: "shift_jis", 936: "gb18030", 949: "euc-kr", 950: "big5",
	28591: "iso-8859-1", 28592: "iso-8859-2", 28595: "iso-8859-5", 28597: "iso-8859-7", 28605: "iso-8859-15", 20866: "koi8-r", 21866: "koi8-u", 20127: "us-ascii", 50220: "iso-2022-jp", 50221: "iso-2022-jp", 51932: "euc-jp", 51949: "euc-kr"}

func codepageText(b []byte, codepage int) string {
	text, _ := decodeText(bytes.TrimRight(b, "\x00"), codepages[codepage])
	return text
}

// isTNEF reports parts that hold TNEF.
func isTNEF(n *node) bool {
	switch n.mediaType {
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return true
	case "application/octet-stream":
		return strings.EqualFold(n.name, "winmail.dat")
	}
	return false
}

// unwrap takes the files out of a TNEF part, which stays a file itself, and
// keeps its text for the case that the mail has no other.
func (a *assembly) unwrap(n *node) {
	a.addPart(n)
	b, _ := n.decode()
	t, err := readTNEF(b)
	if err != nil {
		a.warnings.add(warnEncoding)
		return
	}
	a.warnings.add(warnTNEF)
	if p, ok := t.passage(); ok {
		a.spare = append(a.spare, p)
	}
	a.addTNEF(t, 0)
}

// passage returns the message itself.
func (t *tnef) passage() (passage, bool) {
	p := passage{text: t.text, html: t.html, hasHTML: strings.TrimSpace(t.html) != ""}
	if strings.TrimSpace(p.text) == "" && !p.hasHTML {
		p.text = textOfRTF(t.rtf)
	}
	if len(p.text) > maxText {
		p.text = strings.ToValidUTF8(p.text[:maxText], "")
	}
	return p, p.hasHTML || strings.TrimSpace(p.text) != ""
}

func (a *assembly) addTNEF(t *tnef, depth int) {
	for _, f := range t.files {
		data, isMessage := f.content()
		if isMessage && depth < maxTNEFDepth {
			if inner, err := readTNEF(data); err == nil {
				a.addInnerTNEF(inner, f.name(t.codepage), depth)
				continue
			}
		}
		if len(data) == 0 {
			continue
		}
		name := cleanFileName(f.name(t.codepage))
		kind := mediaTypeOf(strings.ToLower(f.props.text(propMIME, t.codepage)))
		if kind == "application/octet-stream" {
			kind = typeOfName(name)
		}
		a.addFile(intake.Part{
			Name:        name,
			ContentType: kind,
			ContentID:   cleanContentID(f.props.text(propContentID, t.codepage)),
			Content:     data,
		})
	}
}

// addInnerTNEF keeps a message within as its text and its files.
func (a *assembly) addInnerTNEF(t *tnef, name string, depth int) {
	if p, ok := t.passage(); ok {
		part := intake.Part{ContentType: "text/plain", Content: []byte(p.text)}
		if p.hasHTML {
			part = intake.Part{ContentType: "text/html", Content: []byte(p.html)}
		}
		if t.subject != "" {
			name = t.subject
		}
		if name = cleanFileName(strings.ReplaceAll(name, "/", "_")); name != "" {
			part.Name = name + extensions[part.ContentType]
		}
		a.addFile(part)
	}
	a.addTNEF(t, depth+1)
}
