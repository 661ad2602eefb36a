package exchange

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

// record is one record on its way: at export the cells the database filled, at
// import the values to insert, by column.
type record struct {
	owner  ids.ID
	cells  []any
	values map[string]any
	parent *record // of an element of a list at import
}

// text returns a plain value of a record that is imported, by column.
func (r *record) text(column string) string {
	switch v := r.values[column].(type) {
	case string:
		return v
	case ids.ID:
		return v.String()
	}
	return ""
}

// cell returns what the database can fill for a form.
func (x field) cell() any {
	switch x.form {
	case anID:
		return new(ids.ID)
	case text:
		return new(sql.NullString)
	case number, word, moment:
		return new(sql.NullInt64)
	case flag:
		return new(sql.NullBool)
	}
	return new([]byte)
}

func cells(fields []field) []any {
	all := make([]any, len(fields))
	for i, x := range fields {
		all[i] = x.cell()
	}
	return all
}

// appendFields adds the fields of a record that have a value to an object.
func appendFields(b []byte, s *seal.Sealer, fields []field, r *record) ([]byte, error) {
	for i, x := range fields {
		value, err := x.value(s, r.ownerOf(fields, x), r.cells[i])
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", x.name, err)
		}
		if value == nil {
			continue
		}
		b = appendName(b, x.name)
		b = append(b, value...)
	}
	return b, nil
}

func (r *record) ownerOf(fields []field, x field) ids.ID {
	if x.owner == "" {
		return r.owner
	}
	for i, other := range fields {
		if other.column == x.owner {
			return *r.cells[i].(*ids.ID)
		}
	}
	return r.owner
}

func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), name...), '"', ':')
}

// value returns the JSON of a cell, nil if it has no value.
func (x field) value(s *seal.Sealer, owner ids.ID, cell any) ([]byte, error) {
	switch v := cell.(type) {
	case *ids.ID:
		return quote(v.String()), nil
	case *sql.NullString:
		return quote(v.String), nil
	case *sql.NullBool:
		return strconv.AppendBool(nil, v.Bool), nil
	case *sql.NullInt64:
		return x.numeric(v.Int64)
	}
	b := *cell.(*[]byte)
	switch x.form {
	case sealed:
		return quote(s.Open(owner, b)), nil
	case base64ed:
		return quote(base64.StdEncoding.EncodeToString(b)), nil
	case hexed, digest:
		return quote(hex.EncodeToString(b)), nil
	case maybeJSON:
		if len(b) == 0 {
			return nil, nil
		}
	case sealedJSON:
		if len(b) == 0 {
			return nil, nil
		}
		return compact(s.OpenBytes(owner, b), x.strip)
	}
	return compact(b, nil)
}

func (x field) numeric(n int64) ([]byte, error) {
	switch x.form {
	case moment:
		if n == 0 {
			return nil, nil
		}
		return quote(clock.Stamp(n).Time().Format(time.RFC3339Nano)), nil
	case word:
		w, ok := x.words[n]
		if !ok {
			return nil, fmt.Errorf("%d has no word in the format", n)
		}
		return quote(w), nil
	}
	return strconv.AppendInt(nil, n, 10), nil
}

// quote returns a string as JSON, nil if it is empty. What is not UTF-8 is mended.
func quote(s string) []byte {
	if s == "" {
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(strings.ToValidUTF8(s, "\uFFFD")) // a string can be encoded
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// compact returns stored JSON on one line, without secret members.
func compact(raw []byte, secrets []string) ([]byte, error) {
	for _, path := range secrets {
		var err error
		if raw, err = strip(raw, path); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, fmt.Errorf("stored JSON: %w", err)
	}
	return b.Bytes(), nil
}

// strip removes a member of an object, "oauth.client_secret" one of a member of it.
func strip(raw []byte, path string) ([]byte, error) {
	name, rest, inner := strings.Cut(path, ".")
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("stored JSON: %w", err)
	}
	if !inner {
		delete(members, name)
	} else if members[name] != nil {
		var err error
		if members[name], err = strip(members[name], rest); err != nil {
			return nil, err
		}
	}
	raw, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("stored JSON: %w", err)
	}
	return raw, nil
}

// parse reads a value as the database takes it; an absent one (nil) is what the
// column holds without a value.
func (x field) parse(raw json.RawMessage) (any, error) {
	if raw == nil {
		return x.absent()
	}
	switch x.form {
	case number:
		return strconv.ParseInt(string(raw), 10, 64)
	case flag:
		return strconv.ParseBool(string(raw))
	case rawJSON, sealedJSON, maybeJSON:
		return []byte(raw), nil
	case textJSON:
		return string(raw), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("a text was expected: %w", err)
	}
	return x.parseText(s)
}

func (x field) absent() (any, error) {
	switch x.form {
	case text, sealed:
		return "", nil
	case sealedJSON:
		return []byte{}, nil
	case anID, moment, base64ed, hexed, maybeJSON:
		return nil, nil
	}
	switch {
	case x.newer && x.form == flag:
		return false, nil
	case x.newer && (x.form == word || x.form == number):
		return int64(0), nil
	}
	return nil, fmt.Errorf("is missing")
}

func (x field) parseText(s string) (any, error) {
	switch x.form {
	case anID:
		return ids.Parse(s)
	case moment:
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return nil, fmt.Errorf("a time as in RFC 3339 was expected: %w", err)
		}
		return int64(clock.At(t)), nil
	case word:
		for n, w := range x.words {
			if w == s {
				return n, nil
			}
		}
		return nil, fmt.Errorf("%q is none of its words", s)
	case base64ed:
		return base64.StdEncoding.DecodeString(s)
	case hexed, digest:
		return hex.DecodeString(s)
	}
	return s, nil
}
