package trust

import (
	"strings"

	"lotse/internal/intake"
)

// results are what a server says it found: the content of an
// Authentication-Results field (RFC 8601 §2.2).
type results struct {
	server string // authserv-id, lower case
	checks []check
}

// check is one method and its outcome.
type check struct {
	method string            // such as "spf", lower case
	result string            // such as "pass", lower case
	props  map[string]string // such as "header.d", names in lower case
}

var saidVerdicts = map[string]intake.Verdict{
	"pass": intake.Pass, "fail": intake.Fail, "hardfail": intake.Fail, "softfail": intake.Neutral, "neutral": intake.Neutral,
	"policy": intake.Neutral, "none": intake.Missing, "bestguesspass": intake.Missing, "temperror": intake.TempError, "permerror": intake.PermError,
}

// verdict returns the outcome; Unchecked for words that are not known.
func (c check) verdict() intake.Verdict { return saidVerdicts[c.result] }

// domain returns the domain of a property that holds a domain or an address.
func (c check) domain(prop string) string {
	v := c.props[prop]
	return plainDomain(v[strings.LastIndexByte(v, '@')+1:])
}

// parseResults reads the content of the field. It reports false if it is broken,
// or names no server: then nobody answers for it. Comments hold words of the
// sender, and so may quoted strings: neither is taken for more than it is.
func parseResults(s string) (results, bool) {
	statements, ok := words(s)
	if !ok || len(statements[0]) == 0 || statements[0][0].assigned || statements[0][0].name == "" {
		return results{}, false
	}
	head := statements[0]
	if len(head) > 2 || len(head) == 2 && head[1].name != "1" {
		return results{}, false
	}
	r := results{server: strings.ToLower(head[0].name)}
	for _, statement := range statements[1:] {
		if len(statement) == 0 || !statement[0].assigned { // also "none"
			continue
		}
		method, _, _ := strings.Cut(strings.ToLower(statement[0].name), "/")
		c := check{method, strings.ToLower(statement[0].value), map[string]string{}}
		for _, w := range statement[1:] {
			name := strings.ToLower(w.name)
			if _, twice := c.props[name]; w.assigned && !twice {
				c.props[name] = w.value
			}
		}
		r.checks = append(r.checks, c)
	}
	return r, true
}

// spf returns what was found about the return path.
func (r results) spf() mark {
	for _, c := range r.checks {
		if c.method != "spf" {
			continue
		}
		domain := c.domain("smtp.mailfrom")
		if domain == "" {
			domain = c.domain("smtp.helo")
		}
		return mark{c.verdict(), domain}
	}
	return mark{}
}

// dkim returns what was found about signatures.
func (r results) dkim() []mark {
	var found []mark
	for _, c := range r.checks {
		if c.method != "dkim" {
			continue
		}
		domain := c.domain("header.d")
		if domain == "" {
			domain = c.domain("header.i")
		}
		found = append(found, mark{c.verdict(), domain})
	}
	return found
}

// dmarc returns what was found about the author's domain; Unchecked if it speaks
// of another one.
func (r results) dmarc(author string) intake.Verdict {
	for _, c := range r.checks {
		if c.method != "dmarc" {
			continue
		}
		if from := c.domain("header.from"); from != "" && !aligned(author, from, false) {
			return intake.Unchecked
		}
		return c.verdict()
	}
	return intake.Unchecked
}

// arc returns what was found about the chain.
func (r results) arc() intake.Verdict {
	for _, c := range r.checks {
		if c.method == "arc" {
			return c.verdict()
		}
	}
	return intake.Unchecked
}

// word is "name", or "name=value" if assigned.
type word struct {
	name, value string
	assigned    bool
}

// words cuts a structured field into statements (at semicolons) of words. It
// reports false if a comment or quoted string does not end.
func words(s string) ([][]word, bool) {
	w := wordReader{rest: s, statements: [][]word{nil}}
	for w.rest != "" {
		c := w.rest[0]
		w.rest = w.rest[1:]
		switch {
		case c == '(':
			if !w.skipComment() {
				return nil, false
			}
			w.gap = true
		case c == '"':
			if !w.quoted() {
				return nil, false
			}
		case c == ';':
			w.flush()
			w.statements = append(w.statements, nil)
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			w.gap = true
		case c == '=' && w.begun && !w.now.assigned:
			w.now.assigned, w.gap = true, false
		default:
			w.put(string(c))
		}
	}
	w.flush()
	return w.statements, true
}

type wordReader struct {
	rest       string
	statements [][]word
	now        word
	begun      bool // now holds something
	filled     bool // now has a value
	gap        bool // white space was seen since
}

// put adds to the word at hand, or begins the next one behind white space. There
// may be some around the equals sign.
func (w *wordReader) put(s string) {
	if w.gap && w.begun && (!w.now.assigned || w.filled) {
		w.flush()
	}
	w.gap, w.begun = false, true
	if w.now.assigned {
		w.now.value += s
		w.filled = true
	} else {
		w.now.name += s
	}
}

func (w *wordReader) flush() {
	if w.begun {
		last := len(w.statements) - 1
		w.statements[last] = append(w.statements[last], w.now)
	}
	w.now, w.begun, w.filled, w.gap = word{}, false, false, false
}

// skipComment passes a comment, which may hold others (RFC 5322 §3.2.2).
func (w *wordReader) skipComment() bool {
	depth := 1
	for i := 0; i < len(w.rest); i++ {
		switch w.rest[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				w.rest = w.rest[i+1:]
				return true
			}
		}
	}
	return false
}

// quoted takes a quoted string as part of a word (RFC 5322 §3.2.4).
func (w *wordReader) quoted() bool {
	var b strings.Builder
	for i := 0; i < len(w.rest); i++ {
		switch c := w.rest[i]; c {
		case '\\':
			if i++; i < len(w.rest) {
				b.WriteByte(w.rest[i])
			}
		case '"':
			w.rest = w.rest[i+1:]
			w.put(b.String())
			return true
		default:
			b.WriteByte(c)
		}
	}
	return false
}
