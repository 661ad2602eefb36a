package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lotse/internal/api"
	"lotse/internal/platform/clock"
)

var update = flag.Bool("update", false, "write docs/api/openapi.json anew")

const checkedIn = "../../docs/api/openapi.json"

func document() []byte { return api.New(api.Parts{Clock: clock.System{}}).Document() }

// TestDocumentIsCheckedIn guards the contract: what programs rely on changes only
// when somebody means it.
func TestDocumentIsCheckedIn(t *testing.T) {
	made := document()
	if *update {
		if err := os.MkdirAll(filepath.Dir(checkedIn), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(checkedIn, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(checkedIn)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, have) {
		t.Error("the operations differ from docs/api/openapi.json: run go test ./internal/api -update, then go generate ./client")
	}
	if again := document(); !bytes.Equal(made, again) {
		t.Error("the document is not the same each time")
	}
}

type schema struct {
	Ref         string            `json:"$ref"`
	Type        json.RawMessage   `json:"type"`
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Extra       *json.RawMessage  `json:"additionalProperties"`
	Examples    []any             `json:"examples"`
	Items       *schema           `json:"items"`
}

type media struct {
	Example any    `json:"example"`
	Schema  schema `json:"schema"`
}

type operation struct {
	ID          string   `json:"operationId"`
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	Security    []map[string][]string
	Parameters  []struct {
		Name, In, Description string
		Example               any
		Required              bool
	}
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct {
		Ref         string `json:"$ref"`
		Description string
		Content     map[string]media
	}
}

type parsed struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
	Tags       []struct{ Name string }
}

func parse(t *testing.T) parsed {
	t.Helper()
	var p parsed
	if err := json.Unmarshal(document(), &p); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.OpenAPI, "3.1") || len(p.Paths) < 40 {
		t.Fatalf("OpenAPI %s, %d paths", p.OpenAPI, len(p.Paths))
	}
	return p
}

// TestEveryOperationIsExplained wants words, examples and errors everywhere.
func TestEveryOperationIsExplained(t *testing.T) {
	seen := map[string]bool{}
	for path, methods := range parse(t).Paths {
		for method, o := range methods {
			where := strings.ToUpper(method) + " " + path
			if seen[o.ID] || !regexp.MustCompile(`^[a-z][A-Za-z]+$`).MatchString(o.ID) {
				t.Errorf("%s: operationId %q", where, o.ID)
			}
			seen[o.ID] = true
			if o.Summary == "" || o.Description == "" || len(o.Tags) != 1 || len(o.Security) != 1 {
				t.Errorf("%s: summary %q, description %q, tags %v, security %v", where, o.Summary, o.Description, o.Tags, o.Security)
			}
			for _, p := range o.Parameters {
				if p.Description == "" {
					t.Errorf("%s: parameter %s is not explained", where, p.Name)
				}
				if p.Example == nil && p.Required {
					t.Errorf("%s: parameter %s has no example", where, p.Name)
				}
			}
			if o.RequestBody != nil {
				checkExamples(t, where, o.RequestBody.Content)
			}
			checkResponses(t, where, method, o)
		}
	}
}

func checkResponses(t *testing.T, where, method string, o operation) {
	t.Helper()
	success := 0
	for status, r := range o.Responses {
		if status < "300" {
			success++
		}
		checkExamples(t, where+" "+status, r.Content)
	}
	if success != 1 {
		t.Errorf("%s: %d answers of success", where, success)
	}
	for _, status := range []string{"401", "403", "422", "429", "503"} {
		if o.Responses[status].Ref == "" {
			t.Errorf("%s: %s is not in the document", where, status)
		}
	}
	repeats := slices.ContainsFunc(o.Parameters, func(p struct {
		Name, In, Description string
		Example               any
		Required              bool
	}) bool {
		return p.Name == "Idempotency-Key"
	})
	if want := method == "post" && !slices.Contains([]string{"uploadFile", "createKey", "createWebhook", "setWebhookSecret"}, o.ID); repeats != want {
		t.Errorf("%s: Idempotency-Key %v", where, repeats)
	}
}

func checkExamples(t *testing.T, where string, content map[string]media) {
	t.Helper()
	for kind, m := range content {
		if m.Example == nil {
			t.Errorf("%s %s: no example", where, kind)
		}
	}
}

// TestEveryFieldIsExplained, and refuses what it does not know.
func TestEveryFieldIsExplained(t *testing.T) {
	for name, s := range parse(t).Components.Schemas {
		if s.Extra == nil || string(*s.Extra) != "false" {
			t.Errorf("%s takes unknown fields", name)
		}
		for field, f := range s.Properties {
			if f.Description == "" && f.Ref == "" && name != "Problem" {
				t.Errorf("%s.%s is not explained", name, field)
			}
		}
	}
}

// TestNamesOfCodeStayOut keeps names of this program's types out of the document.
func TestNamesOfCodeStayOut(t *testing.T) {
	for name := range parse(t).Components.Schemas {
		if !regexp.MustCompile(`^[A-Z][A-Za-z]+$`).MatchString(name) {
			t.Errorf("schema %q", name)
		}
	}
}
