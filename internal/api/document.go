package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lotse/internal/platform/i18n"
)

// version of the API: what was promised by one is kept by all that begin with
// the same number.
const version = "1.0.0"

const aboutAPI = `Lotse for programs: cases, messages, customers, public threads, staff and settings.

A key opens it: ` + "`Authorization: Bearer lotse_…`" + `. An administrator makes keys under *API keys*. A key acts for a staff member, within its scopes.

- **Errors** are ` + "`application/problem+json`" + ` (RFC 9457) with a stable ` + "`code`" + `, and name each field that is wrong.
- **Lists** are paged: ` + "`limit`, `after`, `next`" + ` and a Link header.
- **Repeating** a POST is safe with ` + "`Idempotency-Key`" + `: the same key and request give the same answer for a day.
- **Changes** can depend on what was read: ` + "`ETag`, `If-Match`" + ` (412); who asks for it where an operation does not know it is refused (422). What has not changed is answered with 304 to ` + "`If-None-Match`" + `.
- **Limits** per key stand in ` + "`RateLimit`" + ` and ` + "`RateLimit-Policy`" + `; beyond them the answer is 429 with ` + "`Retry-After`" + `.
- Fields and parameters that are unknown are refused (422).`

// tags group the operations, in the order of the document.
var tags = []*huma.Tag{
	{Name: "Account", Description: "Who the key acts for."},
	{Name: "Cases", Description: "One concern of one customer, from the first message to the end."},
	{Name: "Messages", Description: "What was said in a case, and what became of its sending."},
	{Name: "Sides", Description: "What is talked over with others about a case. Customers never see it."},
	{Name: "Files", Description: "Files that come with messages."},
	{Name: "Customers", Description: "Whom the desk serves, and how they are known."},
	{Name: "Public", Description: "What everybody can read, and what waits to be released."},
	{Name: "Arrivals", Description: "What arrived and could not be read: it needs a look."},
	{Name: "Staff", Description: "Who works at the desk, in which teams."},
	{Name: "Catalogue", Description: "What cases are about: topics, products, regions."},
	{Name: "Settings", Description: "The brand, its mailboxes and how it answers."},
	{Name: "Events", Description: "What happens, in order, to be followed from a place on."},
	{Name: "Keys", Description: "Keys with which programs use this API."},
	{Name: "Jobs", Description: "Work in the background."},
}

func configuration() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Lotse", Version: version, Description: aboutAPI, License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}},
			Servers: []*huma.Server{{URL: "/", Description: "This desk"}},
			Tags:    tags,
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key": {Type: "http", Scheme: "bearer", BearerFormat: "lotse_…", Description: "A key an administrator made. The names are the scopes one of which the key needs."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
}

var jsonFormat = huma.DefaultJSONFormat

// repeatParameter is in the document of every POST.
var repeatParameter = &huma.Param{
	Name: repeatHeader, In: "header", Schema: &huma.Schema{Type: "string", MaxLength: ptr(maxRepeatKey)}, Example: "order-4711",
	Description: "A name of your choice for this request: sent again with the same name, it has no second effect and gets the same answer, for a day.",
}

func ptr[T any](v T) *T { return &v }

// makeDocument completes the document with what all operations share, examples
// made from the fields, and returns it as it is served and checked in.
func (s *Server) makeDocument() []byte {
	doc := s.api.OpenAPI()
	for _, path := range sortedPaths(doc) {
		for _, o := range operationsOf(doc.Paths[path]) {
			complete(doc, path, o)
		}
	}
	doc.Tags = slices.DeleteFunc(slices.Clone(doc.Tags), func(t *huma.Tag) bool { return !isUsed(doc, t.Name) })
	plain, err := json.Marshal(doc)
	if err != nil {
		panic("the document can't be written: " + err.Error()) // found by every test
	}
	var pretty bytes.Buffer
	_ = json.Indent(&pretty, plain, "", "  ") // what was just written is well formed
	pretty.WriteByte('\n')
	return pretty.Bytes()
}

// Document returns the OpenAPI document.
func (s *Server) Document() []byte {
	s.once.Do(s.build)
	return s.document
}

func (s *Server) showDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.Document()) // who went away needs no answer
}

func complete(doc *huma.OpenAPI, path string, o *huma.Operation) {
	if o.Method == http.MethodPost && isRepeatable(path) {
		o.Parameters = append(o.Parameters, repeatParameter)
	}
	for _, p := range o.Parameters {
		if p.Example == nil && p.Schema != nil {
			p.Example = sample(doc, p.Schema, 0)
		}
	}
	if o.RequestBody != nil {
		exemplify(doc, o.RequestBody.Content)
	}
	for status, r := range o.Responses {
		if _, ok := r.Content[problemType]; ok {
			o.Responses[status] = problemResponse(doc, status)
			continue
		}
		exemplify(doc, r.Content)
		if r.Description == "" {
			r.Description = status
		}
	}
}

// problemResponse is the answer of all operations with a status of failure.
func problemResponse(doc *huma.OpenAPI, status string) *huma.Response {
	number, _ := strconv.Atoi(status) // written by the framework
	name := strings.ReplaceAll(http.StatusText(number), " ", "")
	if doc.Components.Responses == nil {
		doc.Components.Responses = map[string]*huma.Response{}
	}
	if doc.Components.Responses[name] == nil {
		example := newProblem(context.Background(), number, i18n.For(i18n.English).T("api.problem."+codes[number]))
		example.RequestID = "01J9ZK3M5Q8R"
		if number == http.StatusUnprocessableEntity {
			example.Errors = []Fault{{Location: "body.subject", Code: "question.subject_missing", Message: i18n.For(i18n.English).T("question.subject_missing")}}
		}
		doc.Components.Responses[name] = &huma.Response{Description: http.StatusText(number), Content: map[string]*huma.MediaType{
			problemType: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}, Example: example},
		}}
	}
	return &huma.Response{Ref: "#/components/responses/" + name}
}

func exemplify(doc *huma.OpenAPI, content map[string]*huma.MediaType) {
	for _, media := range content {
		if media.Example == nil && media.Schema != nil {
			media.Example = sample(doc, media.Schema, 0)
		}
	}
}

// maxDepth bounds examples of things that hold their like.
const maxDepth = 6

// sample makes an example of a schema from those of its fields.
func sample(doc *huma.OpenAPI, s *huma.Schema, depth int) any {
	if s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	if s == nil || depth > maxDepth {
		return nil
	}
	if len(s.Examples) > 0 {
		return s.Examples[0]
	}
	switch s.Type {
	case huma.TypeObject:
		object := map[string]any{}
		for name, property := range s.Properties {
			if v := sample(doc, property, depth+1); v != nil {
				object[name] = v
			}
		}
		return object
	case huma.TypeArray:
		if v := sample(doc, s.Items, depth+1); v != nil {
			return []any{v}
		}
		return []any{}
	}
	if s.Default != nil {
		return s.Default
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	return nil
}

func isUsed(doc *huma.OpenAPI, tag string) bool {
	for _, item := range doc.Paths {
		for _, o := range operationsOf(item) {
			if slices.Contains(o.Tags, tag) {
				return true
			}
		}
	}
	return false
}

func sortedPaths(doc *huma.OpenAPI) []string {
	paths := make([]string, 0, len(doc.Paths))
	for path := range doc.Paths {
		paths = append(paths, path)
	}
	slices.SortFunc(paths, strings.Compare)
	return paths
}

func operationsOf(item *huma.PathItem) []*huma.Operation {
	var found []*huma.Operation
	for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
		if o != nil {
			found = append(found, o)
		}
	}
	return found
}
