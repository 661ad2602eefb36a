package exchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The encodings of a table.
const (
	UTF8        = "utf-8"
	Windows1252 = "windows-1252"
)

// The columns of the two tables, as they are called in the first line.
var (
	customerColumns = []string{"name", "email", "phone", "language"}
	caseColumns     = []string{"id", "name", "email", "subject", "text", "date", "state", "language"}
)

const maxRecord = 16 << 20 // bytes of one record

// table reads a CSV file (RFC 4180) record by record. The delimiter is found out
// by the first line unless it is told; what is not UTF-8 is Windows-1252.
type table struct {
	in       *csv.Reader
	budget   *budget
	encoding string
	columns  []string // names of the format, "" for one that is not used
	Unused   []string // columns of the file that mean nothing here
}

// budget keeps a quotation mark that is never closed from filling the memory.
type budget struct {
	r    io.Reader
	left int
	read int64
}

var errLongRecord = fmt.Errorf("a record is longer than %d bytes: a quotation mark is missing, probably", maxRecord)

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongRecord
	}
	n, err := b.r.Read(p)
	b.left -= n
	b.read += int64(n)
	return n, err
}

// openTable reads the first line. rename maps names of columns in the file to
// those of the format.
func openTable(r io.Reader, delimiter rune, encoding string, rename map[string]string) (*table, error) {
	b := &budget{r: r, left: maxRecord}
	in := bufio.NewReaderSize(b, 64<<10)
	head, err := in.Peek(32 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || bytes.IndexByte(head, 0) >= 0 {
		return nil, errors.New("the table is in UTF-16 or no text: save it as CSV in UTF-8")
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // it was peeked at
		head = head[3:]
	}
	if delimiter == 0 {
		delimiter = delimiterOf(head)
	}
	t := &table{in: csv.NewReader(in), budget: b, encoding: encoding}
	t.in.Comma, t.in.FieldsPerRecord = delimiter, -1
	names, err := t.in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the table is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the first line of the table: %w", err)
	}
	return t, t.name(names, rename)
}

// delimiterOf is the sign that separates most in the first line.
func delimiterOf(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, sign := range ",;\t|" {
		n, quoted := 0, false
		for _, r := range string(line) {
			if r == '"' {
				quoted = !quoted
			} else if r == sign && !quoted {
				n++
			}
		}
		if n > most {
			best, most = sign, n
		}
	}
	return best
}

func (t *table) name(names []string, rename map[string]string) error {
	known := append(slices.Clone(customerColumns), caseColumns...)
	used := map[string]bool{}
	mapped := map[string]string{}
	for from, to := range rename {
		if !slices.Contains(known, to) {
			return fmt.Errorf("no column is called %q: there are %s", to, strings.Join(unique(known), ", "))
		}
		mapped[plainName(from)] = to
	}
	for _, name := range names {
		name = t.text(name)
		column := plainName(name)
		if to, ok := mapped[column]; ok {
			column = to
			delete(mapped, plainName(name))
		}
		if !slices.Contains(known, column) || used[column] {
			t.Unused = append(t.Unused, name)
			column = ""
		}
		used[column] = true
		t.columns = append(t.columns, column)
	}
	for from := range mapped {
		return fmt.Errorf("the table has no column %q: it has %s", from, strings.Join(names, ", "))
	}
	if !used["email"] && (!used["phone"] || used["text"]) {
		return fmt.Errorf("the table has no column \"email\": it has %s; name one with --map, such as --map \"E-Mail=email\"", strings.Join(names, ", "))
	}
	return nil
}

func plainName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func unique(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}

// hasCases reports whether the table is one of cases; else it is one of customers.
func (t *table) hasCases() bool { return slices.Contains(t.columns, "text") }

// row is one record of a table.
type row struct {
	line  int64
	cells map[string]string
	err   error // it can't be read
}

// next returns the next record, or io.EOF. Empty lines are none.
func (t *table) next() (row, error) {
	for {
		t.budget.left = maxRecord
		fields, err := t.in.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return row{}, io.EOF
		case errors.Is(err, errLongRecord):
			return row{}, errLongRecord
		case errors.As(err, &wrong):
			return row{line: int64(wrong.StartLine), err: wrong.Err}, nil
		case err != nil:
			return row{}, fmt.Errorf("reading the table: %w", err)
		}
		line, _ := t.in.FieldPos(0)
		r := row{line: int64(line), cells: map[string]string{}}
		for i, value := range fields {
			if i >= len(t.columns) {
				r.err = fmt.Errorf("%d fields, but %d columns", len(fields), len(t.columns))
				break
			}
			if value = strings.TrimSpace(t.text(value)); t.columns[i] != "" && value != "" {
				r.cells[t.columns[i]] = value
			}
		}
		if len(r.cells) > 0 || r.err != nil {
			return r, nil
		}
	}
}

// text decodes a value.
func (t *table) text(s string) string {
	if t.encoding == UTF8 || (t.encoding == "" && utf8.ValidString(s)) {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	decoded, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return decoded
}
