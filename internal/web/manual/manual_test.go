package manual

import (
	"os"
	"strings"
	"testing"
)

func document(t *testing.T) book {
	t.Helper()
	text, err := os.ReadFile("../../../docs/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := parse(text, "https://desk.example")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheWholeDocumentIsShown(t *testing.T) {
	b := document(t)
	seen, types := map[string]operationShown{}, map[string]bool{"": true, "bytes": true}
	for _, x := range b.types {
		types[x.name] = true
	}
	for _, g := range b.groups {
		if len(g.operations) == 0 || g.about == "" {
			t.Errorf("%s is empty", g.name)
		}
		for _, o := range g.operations {
			seen[o.id] = o
			if !types[o.takes] || !types[o.gives] || o.status == "" || o.summary == "" || strings.Contains(o.curl, "{number}") || strings.Contains(o.curl, "<nil>") {
				t.Errorf("%+v", o)
			}
		}
	}
	if len(seen) < 90 {
		t.Errorf("%d operations", len(seen))
	}
	o := seen["mergeCase"]
	want := "curl -X POST 'https://desk.example/api/v1/cases/L-4F7K-92/merge' \\\n  -H \"Authorization: Bearer $LOTSE_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{\n  \"into\": \"L-7B2M-44\"\n}'"
	if o.curl != want || o.scope != "cases:write" {
		t.Errorf("%s: %s", o.scope, o.curl)
	}
	if _, err := parse([]byte("{"), ""); err == nil {
		t.Error("a broken document passes")
	}
	if got := quote("it's"); got != `'it'\''s'` {
		t.Errorf("quoted %s", got)
	}
}
