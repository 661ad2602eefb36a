package main

import (
	"fmt"
	"slices"
	"strings"
)

func (d document) operations() string {
	var all []operation
	for path, methods := range d.Paths {
		for method, o := range methods {
			o.method, o.path = strings.ToUpper(method), path
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	var b strings.Builder
	for _, o := range all {
		d.params(&b, o)
		d.call(&b, o)
	}
	return b.String()
}

// inQuery are the parameters that become fields of a struct.
func (o operation) inQuery() []parameter {
	var found []parameter
	for _, p := range o.Parameters {
		if p.In == "query" {
			found = append(found, p)
		}
	}
	return found
}

func (d document) params(b *strings.Builder, o operation) {
	if len(o.inQuery()) == 0 {
		return
	}
	name := exported(o.OperationID) + "Params"
	fmt.Fprintf(b, "// %s are what %s may be given. What is zero is not sent.\ntype %s struct {\n", name, exported(o.OperationID), name)
	for _, p := range o.inQuery() {
		comment(b, p.Description, p.Schema.Enum)
		fmt.Fprintf(b, "%s %s\n", exported(p.Name), d.goType(p.Schema, true, false))
	}
	fmt.Fprintf(b, "}\n\nfunc (p %s) query() url.Values {\nq := url.Values{}\n", name)
	for _, p := range o.inQuery() {
		fmt.Fprintf(b, "add(q, %q, p.%s)\n", p.Name, exported(p.Name))
	}
	b.WriteString("return q\n}\n\n")
}

// call writes the method of one operation.
func (d document) call(b *strings.Builder, o operation) {
	arguments := []string{"ctx context.Context"}
	path := `"` + o.path + `"`
	for _, p := range o.Parameters {
		if p.In == "path" {
			arguments = append(arguments, p.Name+" string")
			path = strings.ReplaceAll(path, "{"+p.Name+"}", `" + url.PathEscape(`+p.Name+`) + "`)
		}
	}
	query, body := "nil", "nil"
	if len(o.inQuery()) > 0 {
		arguments = append(arguments, "params "+exported(o.OperationID)+"Params")
		query = "params.query()"
	}
	if o.RequestBody != nil {
		body = "body"
		if m, ok := o.RequestBody.Content["application/json"]; ok {
			arguments = append(arguments, "body "+refName(m.Schema.Ref))
		} else {
			arguments = append(arguments, "body io.Reader")
		}
	}
	arguments = append(arguments, "options ...Option")
	fmt.Fprintf(b, "// %s: %s.\n", exported(o.OperationID), strings.ToLower(o.Summary[:1])+o.Summary[1:])
	for line := range strings.Lines(o.Description) {
		fmt.Fprintf(b, "// %s\n", strings.TrimSpace(line))
	}
	path = strings.TrimSuffix(path, ` + ""`)
	call := fmt.Sprintf("http.Method%s, %s, %s, %s", o.method[:1]+strings.ToLower(o.method[1:]), path, query, body)
	name, list := exported(o.OperationID), strings.Join(arguments, ", ")
	switch result := o.result(); result {
	case "":
		fmt.Fprintf(b, "func (c *Client) %s(%s) error {\nreturn c.do(ctx, %s, nil, options)\n}\n\n", name, list, call)
	case "bytes":
		fmt.Fprintf(b, "func (c *Client) %s(%s) (io.ReadCloser, error) {\nreturn c.stream(ctx, %s, options)\n}\n\n", name, list, call)
	default:
		fmt.Fprintf(b, "func (c *Client) %s(%s) (*%s, error) {\nout := new(%s)\nreturn out, c.do(ctx, %s, out, options)\n}\n\n", name, list, result, result, call)
	}
}

// result is the type of an answer of success, "bytes" for a file, "" for nothing.
func (o operation) result() string {
	for status, r := range o.Responses {
		if status >= "300" {
			continue
		}
		for kind, m := range r.Content {
			if kind == "application/json" {
				return refName(m.Schema.Ref)
			}
			return "bytes"
		}
	}
	return ""
}
