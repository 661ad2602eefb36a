package exchange

import (
	"maps"
	"slices"
	"strings"
)

// form says how a column becomes a value in JSON. A field without a value is left
// out, but for numbers, flags, words and JSON.
type form uint8

const (
	anID       form = iota // text, 36 characters
	text                   // text
	sealed                 // text, stored sealed
	number                 // number
	flag                   // true or false
	moment                 // text, RFC 3339 in UTC with up to six decimals
	word                   // text, one of a list; stored as a number
	rawJSON                // any JSON, stored as bytes
	textJSON               // any JSON, stored as text
	sealedJSON             // any JSON, stored sealed; left out if empty
	maybeJSON              // any JSON, stored as bytes; left out if there is none
	base64ed               // text, base64 (RFC 4648 §4)
	hexed                  // text, hexadecimal digits in lower case
	digest                 // text, the SHA-256 of a file of the export, as hexed
)

// typeNames are the words of the documentation.
var typeNames = map[form]string{
	anID: "id", text: "text", sealed: "text", number: "number", flag: "flag", moment: "time", word: "word", rawJSON: "JSON",
	textJSON: "JSON", sealedJSON: "JSON", maybeJSON: "JSON", base64ed: "base64", hexed: "hex", digest: "SHA-256",
}

// field is one field of a record.
type field struct {
	name   string // in JSON
	column string
	form   form
	words  map[int64]string // of a word
	owner  string           // of a sealed field: the column that names the owner, if not the record's
	strip  []string         // of sealedJSON: secret members that stay here, such as "oauth.client_secret"
	later  bool             // points at a record of its own kind, which may come behind it
	newer  bool             // older exports have none: absent, it is zero
}

func f(form form, name string, column ...string) field {
	x := field{name: name, column: name, form: form}
	if len(column) > 0 {
		x.column = column[0]
	}
	return x
}

func words(name string, all map[int64]string, column ...string) field {
	x := f(word, name, column...)
	x.words = all
	return x
}

func (x field) ownedBy(column string) field     { x.owner = column; return x }
func (x field) without(members ...string) field { x.strip = members; return x }
func (x field) afterwards() field               { x.later = true; return x }
func (x field) added() field                    { x.newer = true; return x }

// lookup is a column with the keyed hash of a field, by which the desk finds it
// again. The keys are another desk's, so it is worked out at import.
type lookup struct {
	column string
	field  string
	kind   func(r *record) string // of seal.Lookup
	of     func(string) string    // what of the field counts; nil: all
	null   bool                   // NULL without a value
}

// kind is one file of an export.
type kind struct {
	name    string // of the file and in the documentation
	table   string
	from    string // FROM of the query, where t is the table; "" is the table alone
	where   string
	key     []string // columns the records are ordered and paged by; none: few records, ordered here
	owner   string   // who sealed fields belong to: a column of the query
	fields  []field
	kids    []child
	lookups []lookup
	fixed   map[string]any                   // columns that are the same in every imported record
	page    int                              // records of a page
	adapt   func(l *loader, r *record) error // prepares a record that is imported; may be nil
	extra   []string                         // columns that adapt fills
}

// child is a list within a record, with rows in a table of its own.
type child struct {
	name    string
	table   string
	parent  string // column with the id of the record
	order   string
	flat    bool // one field: a list of values
	single  bool // at most one: an object
	fields  []field
	lookups []lookup
	inherit map[string]string                        // columns to fill with those of the record
	adapt   func(parent *record, row map[string]any) // fills further columns; may be nil
	extra   []string                                 // which
}

func (k *kind) file() string { return k.name + ".jsonl" }

// query selects the fields, behind the owner.
func (k *kind) query() string {
	from, owner := k.from, k.owner
	if from == "" {
		from = k.table + " AS t"
	}
	if owner == "" {
		owner = "NULL"
	}
	columns := []string{owner}
	for _, x := range k.fields {
		columns = append(columns, "t."+x.column)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + from
}

func (k *kind) at(column string) int {
	for i, x := range k.fields {
		if x.column == column {
			return i
		}
	}
	return -1
}

// described is the type as the documentation names it.
func (x field) described() string {
	if x.form != word {
		return typeNames[x.form]
	}
	var all []string
	for _, n := range slices.Sorted(maps.Keys(x.words)) {
		all = append(all, "`"+x.words[n]+"`")
	}
	return strings.Join(all, " ")
}

func (c *child) described() string {
	switch {
	case c.flat:
		return "list of " + typeNames[c.fields[0].form]
	case c.single:
		return "object"
	}
	return "list of objects"
}
