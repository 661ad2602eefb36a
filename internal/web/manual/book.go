package manual

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"lotse/internal/platform/markup"
)

// book is the document as the page shows it.
type book struct {
	version string
	base    string
	about   markup.SafeHTML
	groups  []group
	types   []typeShown
}

type group struct {
	name, about string
	operations  []operationShown
}

type operationShown struct {
	id, method, path, summary string
	about                     markup.SafeHTML
	scope                     string // "" if any key may
	params                    []field
	takes, gives              string // names of types; "bytes" for a file, "" for nothing
	status                    string
	curl                      string
}

type typeShown struct {
	name   string
	fields []field
}

type field struct {
	name, kind, typeName, about string
	required                    bool
}

type schema struct {
	Ref         string            `json:"$ref"`
	Type        any               `json:"type"`
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Enum        []any             `json:"enum"`
	Examples    []any             `json:"examples"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Items       *schema           `json:"items"`
}

type media struct {
	Schema  schema
	Example json.RawMessage
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          []map[string][]string
	Parameters                        []struct {
		Name, In, Description string
		Required              bool
		Example               any
		Schema                schema
	}
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct{ Content map[string]media }
}

// methods in the order in which operations on one path are shown.
var methods = []string{"get", "post", "put", "patch", "delete"}

// parse reads an OpenAPI document. base is the public address of the desk.
func parse(document []byte, base string) (book, error) {
	var d struct {
		Info       struct{ Version, Description string }
		Tags       []struct{ Name, Description string }
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return book{}, fmt.Errorf("reading the API's document: %w", err)
	}
	b := book{version: d.Info.Version, base: base, about: markup.HTMLFromMarkdown(d.Info.Description)}
	for _, tag := range d.Tags {
		g := group{name: tag.Name, about: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range methods {
				if o, ok := d.Paths[path][method]; ok && slices.Contains(o.Tags, tag.Name) {
					g.operations = append(g.operations, o.shown(method, path, base))
				}
			}
		}
		b.groups = append(b.groups, g)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		b.types = append(b.types, d.Components.Schemas[name].shown(name))
	}
	return b, nil
}

func (o operation) shown(method, path, base string) operationShown {
	s := operationShown{id: o.OperationID, method: strings.ToUpper(method), path: path, summary: o.Summary, about: markup.HTMLFromMarkdown(o.Description)}
	for _, needs := range o.Security {
		s.scope = strings.Join(needs["key"], ", ")
	}
	for _, p := range o.Parameters {
		if p.Name == "Content-Type" {
			continue
		}
		s.params = append(s.params, field{name: p.Name, kind: p.In, about: explain(p.Description, p.Schema), required: p.Required})
	}
	if o.RequestBody != nil {
		s.takes = typeIn(o.RequestBody.Content)
	}
	for status, r := range o.Responses {
		if status < "300" {
			s.status, s.gives = status, typeIn(r.Content)
		}
	}
	s.curl = o.curl(s.method, path, base)
	return s
}

func typeIn(content map[string]media) string {
	if m, ok := content["application/json"]; ok {
		return refName(m.Schema.Ref)
	}
	if len(content) > 0 {
		return "bytes"
	}
	return ""
}

func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// curl is the operation as a command for a terminal.
func (o operation) curl(method, path, base string) string {
	query := url.Values{}
	for _, p := range o.Parameters {
		text := fmt.Sprint(p.Example)
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", text)
		case p.In == "query" && p.Required:
			query.Set(p.Name, text)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	command := "curl"
	if method != "GET" {
		command += " -X " + method
	}
	command += " " + quote(base+path) + " \\\n  -H \"Authorization: Bearer $LOTSE_KEY\""
	if o.RequestBody == nil {
		return command
	}
	m, isJSON := o.RequestBody.Content["application/json"]
	if !isJSON {
		return command + " \\\n  -H 'Content-Type: application/octet-stream' \\\n  --data-binary @file"
	}
	return command + " \\\n  -H 'Content-Type: application/json' \\\n  -d " + quote(pretty(m.Example))
}

// quote makes one word of a text for a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func pretty(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

func (s schema) shown(name string) typeShown {
	t := typeShown{name: name}
	for _, n := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[n]
		f := field{name: n, required: slices.Contains(s.Required, n), about: explain(p.Description, p)}
		f.kind, f.typeName = kindOf(p)
		t.fields = append(t.fields, f)
	}
	return t
}

// kindOf is what a field holds, and the name of its type if it has one.
func kindOf(s schema) (kind, name string) {
	if s.Ref != "" {
		return "", refName(s.Ref)
	}
	kind, _ = s.Type.(string)
	if list, ok := s.Type.([]any); ok && len(list) > 0 {
		kind = fmt.Sprint(list[0])
	}
	if kind == "array" && s.Items != nil {
		inner, name := kindOf(*s.Items)
		return strings.TrimSpace("list " + inner), name
	}
	if s.Format != "" && s.Format != "int64" {
		kind = s.Format
	}
	return kind, ""
}

// explain puts what may be chosen behind the words about it.
func explain(about string, s schema) string {
	if len(s.Enum) == 0 {
		return about
	}
	choices := make([]string, len(s.Enum))
	for i, e := range s.Enum {
		choices[i] = fmt.Sprint(e)
	}
	return about + " One of " + strings.Join(choices, ", ") + "."
}
