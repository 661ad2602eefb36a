package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseTOML reads the part of TOML 1.0 a catalogue needs: tables, dotted and
// quoted keys, inline tables, comments, and strings of all four kinds. Numbers,
// dates, booleans and arrays are no texts and are refused with their line.
func parseTOML(data []byte) (map[string]any, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("not UTF-8")
	}
	r := &reader{rest: strings.ReplaceAll(string(data), "\r\n", "\n"), line: 1}
	root := map[string]any{}
	table := root
	seen := map[string]bool{}
	for {
		r.skipBlank()
		if r.rest == "" {
			return root, nil
		}
		var err error
		if r.accept("[") {
			table, err = r.header(root, seen)
		} else {
			err = r.pair(table)
		}
		if err == nil {
			err = r.endOfLine()
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", r.line, err)
		}
	}
}

type reader struct {
	rest string
	line int
}

// header reads a table name after its opening bracket and returns the table.
func (r *reader) header(root map[string]any, seen map[string]bool) (map[string]any, error) {
	path, err := r.key()
	if err != nil {
		return nil, err
	}
	if !r.accept("]") {
		return nil, fmt.Errorf("a table name ends with ]")
	}
	id := strings.Join(path, "\x00")
	if seen[id] {
		return nil, fmt.Errorf("table %q is there twice", strings.Join(path, "."))
	}
	seen[id] = true
	return descend(root, path)
}

// pair reads key = value into the table.
func (r *reader) pair(table map[string]any) error {
	path, err := r.key()
	if err != nil {
		return err
	}
	if !r.accept("=") {
		return fmt.Errorf("key %q has no value", strings.Join(path, "."))
	}
	value, err := r.value()
	if err != nil {
		return err
	}
	last := len(path) - 1
	inner, err := descend(table, path[:last])
	if err != nil {
		return err
	}
	if _, taken := inner[path[last]]; taken {
		return fmt.Errorf("key %q is there twice", strings.Join(path, "."))
	}
	inner[path[last]] = value
	return nil
}

func descend(table map[string]any, path []string) (map[string]any, error) {
	for _, name := range path {
		next, ok := table[name]
		if !ok {
			next = map[string]any{}
			table[name] = next
		}
		inner, ok := next.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("key %q is text and table", name)
		}
		table = inner
	}
	return table, nil
}

// key reads one dotted key; its parts are bare or quoted.
func (r *reader) key() ([]string, error) {
	var path []string
	for {
		r.skipSpace()
		part, err := r.keyPart()
		if err != nil {
			return nil, err
		}
		path = append(path, part)
		if !r.accept(".") {
			return path, nil
		}
	}
}

func (r *reader) keyPart() (string, error) {
	if strings.HasPrefix(r.rest, `"`) || strings.HasPrefix(r.rest, `'`) {
		return r.quoted()
	}
	n := 0
	for n < len(r.rest) && isBare(r.rest[n]) {
		n++
	}
	if n == 0 {
		return "", fmt.Errorf("a key is missing")
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part, nil
}

func isBare(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (r *reader) value() (any, error) {
	r.skipSpace()
	switch {
	case strings.HasPrefix(r.rest, `"""`):
		return r.block(`"""`)
	case strings.HasPrefix(r.rest, `'''`):
		return r.block(`'''`)
	case strings.HasPrefix(r.rest, `"`), strings.HasPrefix(r.rest, `'`):
		return r.quoted()
	case r.accept("{"):
		return r.inline()
	}
	return nil, fmt.Errorf("a value is text in quotes or a table")
}

func (r *reader) inline() (any, error) {
	table := map[string]any{}
	if r.accept("}") {
		return table, nil
	}
	for {
		if err := r.pair(table); err != nil {
			return nil, err
		}
		if r.accept("}") {
			return table, nil
		}
		if !r.accept(",") {
			return nil, fmt.Errorf("an inline table ends with }")
		}
	}
}

// quoted reads a string of one line.
func (r *reader) quoted() (string, error) {
	quote := r.rest[0]
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '\n':
			return "", fmt.Errorf("text without closing quote")
		case c == '\\' && quote == '"':
			i++
		case c == quote:
			raw := r.rest[1:i]
			r.rest = r.rest[i+1:]
			if quote == '\'' {
				return raw, nil
			}
			return unescape(raw)
		}
	}
	return "", fmt.Errorf("text without closing quote")
}

// block reads a string of several lines; a newline right after the opening
// quotes does not count.
func (r *reader) block(quotes string) (string, error) {
	body := r.rest[3:]
	end := 0
	for ; ; end++ {
		if end >= len(body) {
			return "", fmt.Errorf("text without closing quotes")
		}
		if body[end] == '\\' && quotes == `"""` {
			end++
			continue
		}
		if strings.HasPrefix(body[end:], quotes) {
			break
		}
	}
	raw := body[:end]
	r.rest = body[end+3:]
	r.line += strings.Count(raw, "\n")
	raw = strings.TrimPrefix(raw, "\n")
	if quotes == `'''` {
		return raw, nil
	}
	return unescape(raw)
}

var escapes = map[byte]string{
	'b': "\b", 't': "\t", 'n': "\n", 'f': "\f", 'r': "\r", '"': `"`, '\\': `\`,
}

func unescape(s string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		if rest == "" {
			return "", fmt.Errorf("escape at the end of a text")
		}
		plain, known := escapes[rest[0]]
		switch {
		case known:
			b.WriteString(plain)
			s = rest[1:]
		case rest[0] == '\n': // a line continued in the next
			s = strings.TrimLeft(rest, " \t\n")
		case rest[0] == 'u' && len(rest) >= 5, rest[0] == 'U' && len(rest) >= 9:
			n := map[byte]int{'u': 5, 'U': 9}[rest[0]]
			code, err := strconv.ParseUint(rest[1:n], 16, 32)
			if err != nil || !utf8.ValidRune(rune(code)) {
				return "", fmt.Errorf("no such character: \\%s", rest[:n])
			}
			b.WriteRune(rune(code))
			s = rest[n:]
		default:
			return "", fmt.Errorf("unknown escape \\%c", rest[0])
		}
	}
}

// accept consumes a sign and the spaces around it.
func (r *reader) accept(sign string) bool {
	r.skipSpace()
	if !strings.HasPrefix(r.rest, sign) {
		return false
	}
	r.rest = r.rest[len(sign):]
	r.skipSpace()
	return true
}

func (r *reader) skipSpace() { r.rest = strings.TrimLeft(r.rest, " \t") }

func (r *reader) skipComment() {
	r.skipSpace()
	if !strings.HasPrefix(r.rest, "#") {
		return
	}
	if i := strings.IndexByte(r.rest, '\n'); i >= 0 {
		r.rest = r.rest[i:]
		return
	}
	r.rest = ""
}

// skipBlank consumes empty lines and comments.
func (r *reader) skipBlank() {
	for {
		r.skipComment()
		if !strings.HasPrefix(r.rest, "\n") {
			return
		}
		r.rest = r.rest[1:]
		r.line++
	}
}

func (r *reader) endOfLine() error {
	r.skipComment()
	if r.rest != "" && r.rest[0] != '\n' {
		return fmt.Errorf("unexpected signs after a value")
	}
	return nil
}
