package i18n

import (
	"maps"
	"reflect"
	"strings"
	"testing"
)

func TestParseTOML(t *testing.T) {
	const in = "# comment\r\n" + `
top = "a \"quoted\" \u00e4\t#" # comment
"quoted key" = 'C:\path'
a.b = "dotted"
[t]
x = """
first \
  joined
second"""
y = '''
raw \n'''
empty = ""
[t.u]  # sub table
plural = { one = "1", "other" = "n" }
none = {}
`
	got, err := parseTOML([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"top": "a \"quoted\" ä\t#", "quoted key": `C:\path`, "a": map[string]any{"b": "dotted"},
		"t": map[string]any{
			"x": "first joined\nsecond", "y": `raw \n`, "empty": "",
			"u": map[string]any{
				"plural": map[string]any{"one": "1", "other": "n"},
				"none":   map[string]any{},
			},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestParseTOMLRefuses(t *testing.T) {
	cases := map[string]string{
		"number":            "a = 1",
		"array":             "a = [\"x\"]",
		"no value":          "a",
		"no key":            "= \"x\"",
		"open string":       "a = \"x",
		"open string, line": "a = \"x\n\"",
		"open block":        "a = \"\"\"x\"\"",
		"twice":             "a = \"x\"\na = \"y\"",
		"table twice":       "[a]\n[b]\n[a]",
		"text and table":    "a = \"x\"\n[a]",
		"open table":        "[a",
		"array of tables":   "[[a]]",
		"two on a line":     "a = \"x\" b = \"y\"",
		"unknown escape":    `a = "\q"`,
		"surrogate":         `a = "\ud800"`,
		"open inline":       "a = { b = \"x\"",
		"not UTF-8":         "a = \"\xff\"",
	}
	for name, in := range cases {
		if got, err := parseTOML([]byte(in)); err == nil {
			t.Errorf("%s: %q was read as %v", name, in, got)
		}
	}
	_, err := parseTOML([]byte("a = \"\"\"\n\n\"\"\"\nb = 1"))
	if err == nil || !strings.HasPrefix(err.Error(), "line 4:") {
		t.Errorf("the line of a fault should be told, got %v", err)
	}
}

// FuzzParseTOML checks that nothing crashes the reader and that one document is
// always read the same way.
func FuzzParseTOML(f *testing.F) {
	for _, s := range []string{"a = \"x\"", "[a.b]\nc = '''x'''", "a = { b = \"\\u00e4\" }", "a = \"\"\"\\", "[\"", "a.\"b\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		first, err := parseTOML([]byte(in))
		if err != nil {
			return
		}
		second, err := parseTOML([]byte(in + "\n# end"))
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%v and %v (%v) from %q", first, second, err, in)
		}
		if len(first) > 0 && len(in) == 0 {
			t.Errorf("keys %v from nothing", maps.Keys(first))
		}
	})
}
