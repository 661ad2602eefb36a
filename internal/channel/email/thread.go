package email

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"slices"
	"strings"

	"lotse/internal/catalog"
	"lotse/internal/platform/markup"
)

const (
	maxReferences = 50
	maxID         = 998 // characters of one message id
	maxTokens     = 20
	maxToken      = 128 // characters of one token
)

// messageID returns the Message-ID without brackets, "" if it is empty,
// missing or unusable.
func messageID(h header) string {
	for _, v := range h.all("message-id") {
		if ids := readIDs(v); len(ids) > 0 {
			return ids[0]
		}
	}
	return ""
}

// references returns the ids the mail answers, nearest first: In-Reply-To,
// then References from the last to the first.
func references(h header) []string {
	var ids []string
	for _, v := range h.all("in-reply-to") {
		ids = append(ids, readIDs(v)...)
	}
	for _, v := range h.all("references") {
		list := readIDs(v)
		slices.Reverse(list)
		ids = append(ids, list...)
	}
	seen := make(map[string]bool, len(ids))
	ids = slices.DeleteFunc(ids, func(id string) bool {
		known := seen[id]
		seen[id] = true
		return known
	})
	return ids[:min(len(ids), maxReferences)]
}

// readIDs reads message ids (RFC 5322 §3.6.4). Old mailers write phrases and
// addresses beside them: with brackets only what is inside counts, without any
// each word with an @ does.
func readIDs(v string) []string {
	var ids []string
	v = headerText(v)
	if !strings.Contains(v, "<") {
		for _, word := range strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' }) {
			if id := cleanID(word); strings.Contains(id, "@") {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for {
		_, rest, ok := strings.Cut(v, "<")
		if !ok {
			return ids
		}
		id, rest, _ := strings.Cut(rest, ">")
		if i := strings.LastIndexByte(id, '<'); i >= 0 {
			id = id[i+1:]
		}
		if id = cleanID(id); id != "" {
			ids = append(ids, id)
		}
		v = rest
	}
}

// cleanID drops white space, which folding may have put inside, and refuses
// overlong ids.
func cleanID(id string) string {
	id = strings.Join(strings.Fields(markup.Clean(id)), "")
	id = strings.Trim(id, "<>")
	if len(id) > maxID {
		return ""
	}
	return id
}

// identity hashes what makes a mail itself: Message-ID, From, Date, Subject and
// the body. What a hop adds or changes on the way (trace fields, folding, line
// endings, empty lines at the end) does not count.
func identity(h header, body []byte) [32]byte {
	sum := sha256.New()
	for _, name := range []string{"message-id", "from", "date", "subject"} {
		sum.Write([]byte(strings.Join(strings.Fields(h.get(name)), " ")))
		sum.Write([]byte{0})
	}
	hashLines(sum, bytes.TrimRight(body, "\r\n"))
	return [32]byte(sum.Sum(nil))
}

// hashLines writes b with every CRLF as LF.
func hashLines(sum hash.Hash, b []byte) {
	for {
		i := bytes.Index(b, []byte("\r\n"))
		if i < 0 {
			sum.Write(b)
			return
		}
		sum.Write(b[:i])
		b = b[i+1:]
	}
}

// tokens returns the "+detail" of every recipient, each once, as written.
func tokens(recipients []string) []string {
	var found []string
	for _, addr := range recipients {
		t := catalog.Detail(addr)
		if t != "" && len(t) <= maxToken && len(found) < maxTokens && !slices.Contains(found, t) {
			found = append(found, t)
		}
	}
	return found
}
