package webhook

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// readSendGrid reads what Inbound Parse posts: the whole mail in "email" if "POST
// the raw, full MIME message" is on, else the parsed fields. Each field has a
// charset of its own, named in "charsets".
func readSendGrid(p payload) (*letter, error) {
	f, err := readForm(p.contentType, p.body)
	if err != nil {
		return nil, err
	}
	var envelope struct {
		From words  `json:"from"`
		To   values `json:"to"`
	}
	_ = json.Unmarshal(f.bytes("envelope"), &envelope) // without it, the header says who
	l := &letter{from: string(envelope.From), to: addressList(strings.Join(envelope.To, ",")), raw: f.bytes("email")}
	score, err := strconv.ParseFloat(strings.TrimSpace(f.get("spam_score")), 64)
	l.spam = err == nil && score >= spamScore
	if len(l.raw) > 0 {
		return l, nil
	}
	l.raw = nil
	var charsets map[string]string
	_ = json.Unmarshal(f.bytes("charsets"), &charsets) // else UTF-8
	l.header = headerLines(f.get("headers"))
	for _, name := range []string{"From", "To", "Cc", "Subject"} {
		field := strings.ToLower(name)
		l.fill(name, encodedWord(f.bytes(field), charsets[field]))
	}
	l.text = body{f.bytes("text"), charsets["text"]}
	l.html = body{f.bytes("html"), charsets["html"]}
	l.files = sendGridFiles(f)
	return l.usable()
}

// sendGridFiles are the fields attachment1, attachment2 and so on.
func sendGridFiles(f form) []file {
	var info map[string]struct {
		Filename  words `json:"filename"`
		Name      words `json:"name"`
		Type      words `json:"type"`
		ContentID words `json:"content-id"`
	}
	_ = json.Unmarshal(f.bytes("attachment-info"), &info) // else what the part itself says
	var files []file
	for _, p := range f {
		if p.filename == "" && !isAttachment(p.name) {
			continue
		}
		known := info[p.name]
		made := file{name: p.filename, contentType: p.contentType, contentID: string(known.ContentID), content: p.content}
		for _, name := range []words{known.Filename, known.Name} {
			if made.name == "" {
				made.name = string(name)
			}
		}
		if made.contentType == "" {
			made.contentType = string(known.Type)
		}
		files = append(files, made)
	}
	return files
}

func isAttachment(name string) bool {
	digits, ok := strings.CutPrefix(name, "attachment")
	_, err := strconv.Atoi(digits)
	return ok && err == nil
}

// headerLines reads a header block as it stood in the mail.
func headerLines(block string) []field {
	var header []field
	for line := range strings.SplitSeq(block, "\n") {
		line = strings.TrimRight(line, "\r")
		if line != "" && (line[0] == ' ' || line[0] == '\t') && len(header) > 0 {
			header[len(header)-1].value += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok && writable(strings.TrimSpace(name)) {
			header = append(header, field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return header
}

// encodedWord writes a value in a charset of its own (RFC 2047).
func encodedWord(value []byte, charset string) string {
	plain := strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii") || charset == ""
	if plain || len(value) == 0 || strings.ContainsAny(charset, "?=\" \r\n") {
		return string(value)
	}
	return "=?" + charset + "?B?" + base64.StdEncoding.EncodeToString(value) + "?="
}
