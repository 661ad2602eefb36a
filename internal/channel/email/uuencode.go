package email

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
)

// maxTextFiles is how many files are taken out of one text.
const maxTextFiles = 100

// textFile is a file that was written into a text.
type textFile struct {
	name    string
	content []byte
}

// cutTextFiles takes uuencoded (POSIX uuencode, also its base64 form) and yEnc
// files out of a text, as programs without MIME send them, several one after
// the other. What only looks like one stays text.
func cutTextFiles(text []byte) (rest []byte, files []textFile) {
	if !bytes.Contains(text, []byte("begin")) {
		return text, nil
	}
	kept := 0 // text up to here is in rest
	for pos := 0; pos < len(text) && len(files) < maxTextFiles; {
		line, size := nextLine(text[pos:])
		f, used := readTextFile(line, text[pos+size:])
		if used == 0 {
			pos += size
			continue
		}
		files = append(files, f)
		rest = append(rest, text[kept:pos]...)
		pos += size + used
		kept = pos
	}
	if files == nil {
		return text, nil
	}
	return append(rest, text[kept:]...), files
}

// readTextFile reads the file that line begins. used is what it took of body, 0
// if there is none.
func readTextFile(line, body []byte) (f textFile, used int) {
	begin := strings.TrimRight(string(line[:min(len(line), 512)]), " \t\r")
	if rest, ok := strings.CutPrefix(begin, "=ybegin "); ok {
		return readYEnc(rest, body)
	}
	for _, form := range []struct {
		word string
		read func(body []byte) ([]byte, int)
	}{{"begin ", readUU}, {"begin-base64 ", readUUBase64}} {
		rest, ok := strings.CutPrefix(begin, form.word)
		mode, name, _ := strings.Cut(rest, " ")
		if !ok || !isMode(mode) {
			continue
		}
		content, used := form.read(body)
		return textFile{strings.TrimSpace(headerText(name)), content}, used
	}
	return textFile{}, 0
}

// isMode reports three or four octal digits, the permissions of a file.
func isMode(s string) bool {
	_, err := strconv.ParseUint(s, 8, 16)
	return err == nil && (len(s) == 3 || len(s) == 4)
}

// readUU decodes lines up to "end". A file that was cut is taken as far as its
// lines go, if there are at least two.
func readUU(body []byte) (content []byte, used int) {
	lines := 0
	for used < len(body) {
		line, size := nextLine(body[used:])
		line = bytes.TrimRight(line, "\r")
		if trimmed := bytes.TrimRight(line, " `\t"); len(trimmed) == 0 || string(trimmed) == "end" {
			end, found := uuEnd(body[used:])
			if !found && lines < 2 {
				return nil, 0
			}
			return content, used + end
		}
		decoded, ok := uuLine(line)
		if !ok {
			break
		}
		content = append(content, decoded...)
		used += size
		lines++
	}
	if lines < 2 {
		return nil, 0
	}
	return content, used
}

// uuEnd returns how many bytes the empty line and the "end" take, if it is there.
func uuEnd(body []byte) (used int, found bool) {
	for range 3 {
		line, size := nextLine(body[used:])
		line = bytes.Trim(line, " `\t\r")
		if string(line) == "end" {
			return used + size, true
		}
		if len(line) > 0 {
			break
		}
		used += size
	}
	return used, false
}

// uuLine decodes one line: its length, then four signs for three bytes each.
// Spaces at its end may be gone, and a sign for a checksum may be there.
func uuLine(line []byte) ([]byte, bool) {
	for _, c := range line {
		if c < ' ' || c > '`' {
			return nil, false
		}
	}
	n := int(line[0]-' ') & 63
	need := (n + 2) / 3 * 4
	data := line[1:]
	if n == 0 || len(data) > need+2 || len(data) < need-need/2 {
		return nil, false
	}
	out := make([]byte, 0, need/4*3)
	at := func(i int) byte {
		if i >= len(data) {
			return 0
		}
		return (data[i] - ' ') & 63
	}
	for i := 0; i < need; i += 4 {
		a, b, c, d := at(i), at(i+1), at(i+2), at(i+3)
		out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	return out[:n], true
}

// readUUBase64 decodes base64 lines up to "====".
func readUUBase64(body []byte) (content []byte, used int) {
	var data []byte
	for used < len(body) {
		line, size := nextLine(body[used:])
		line = bytes.TrimSpace(line)
		used += size
		if string(line) == "====" {
			content, ok := decodeB(string(data))
			if !ok {
				return nil, 0
			}
			return content, used
		}
		if len(line) == 0 || base64.StdEncoding.DecodedLen(len(line)) == 0 || !looksLikeBase64(line) {
			return nil, 0
		}
		data = append(data, line...)
	}
	return nil, 0
}

// readYEnc decodes lines up to "=yend": every byte with 42 added, "=" before
// those that need 64 more. A file in several parts is taken part by part.
func readYEnc(begin string, body []byte) (f textFile, used int) {
	_, name, ok := strings.Cut(begin, "name=")
	if !ok || !strings.Contains(begin, "size=") {
		return textFile{}, 0
	}
	f.name = strings.TrimSpace(headerText(name))
	for used < len(body) {
		line, size := nextLine(body[used:])
		used += size
		if bytes.HasPrefix(line, []byte("=yend ")) {
			return f, used
		}
		if bytes.HasPrefix(line, []byte("=ypart ")) {
			continue
		}
		for i := 0; i < len(line); i++ {
			c := line[i] - 42
			if line[i] == '=' && i+1 < len(line) {
				i++
				c = line[i] - 42 - 64
			}
			f.content = append(f.content, c)
		}
	}
	return textFile{}, 0
}
