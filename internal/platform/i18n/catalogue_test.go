package i18n

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
)

func newLocalizer(c *catalog, l Locale) *goi18n.Localizer {
	return goi18n.NewLocalizer(c.bundle, string(l))
}

func TestCatalogueLoads(t *testing.T) {
	c := catalogue()
	if c.err != nil {
		t.Error(c.err)
	}
	for _, l := range Locales() {
		if len(c.texts[l].known) < 50 {
			t.Errorf("%s has only %d texts", l, len(c.texts[l].known))
		}
	}
}

func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	de, en := catalogue().texts[German].messages, catalogue().texts[English].messages
	for _, key := range slices.Sorted(maps.Keys(de)) {
		if en[key] == nil {
			t.Errorf("%s is missing in English", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if de[key] == nil {
			t.Errorf("%s is missing in German", key)
		}
	}
}

var variable = regexp.MustCompile(`{{\.([A-Z][A-Za-z]*)}}`)

func TestBothLanguagesHaveTheSameVariables(t *testing.T) {
	de, en := catalogue().texts[German].messages, catalogue().texts[English].messages
	for _, key := range slices.Sorted(maps.Keys(de)) {
		if en[key] == nil {
			continue // reported by the test above
		}
		if a, b := variables(de[key]), variables(en[key]); !slices.Equal(a, b) {
			t.Errorf("%s has variables %v in German and %v in English", key, a, b)
		}
		if plural := de[key].One != ""; plural != (en[key].One != "") {
			t.Errorf("%s has plural forms in one language only", key)
		}
	}
}

func variables(m *goi18n.Message) []string {
	found := map[string]bool{}
	for _, hit := range variable.FindAllStringSubmatch(m.One+m.Other, -1) {
		found[hit[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestTextsAreWellFormed(t *testing.T) {
	for _, l := range Locales() {
		for key, m := range catalogue().texts[l].messages {
			rest := variable.ReplaceAllString(m.One+m.Other, "")
			if strings.ContainsAny(rest, "{}") {
				t.Errorf("%s %s: variables are written {{.Name}}: %q", l, key, m.Other)
			}
			if strings.TrimSpace(m.Other) == "" {
				t.Errorf("%s %s is empty", l, key)
			}
		}
	}
}

// uses find the literal keys in the code; the second group is what follows.
var uses = []*regexp.Regexp{
	regexp.MustCompile(`\.[TN]\(\s*"([^"\n]+)"\s*(\+?)`),
	regexp.MustCompile(`errs\.Field\(\s*[^,\n]+,\s*"([^"\n]+)"\s*(\+?)`),
	regexp.MustCompile(`errs\.New\(\s*[^,\n]+,\s*"([^"\n]+)"\s*(\+?)`),
}

func TestEveryKeyInTheCodeExists(t *testing.T) {
	root := repository(t)
	missing := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		code := strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "_templ.go")
		if d.IsDir() || !code || filepath.Dir(path) == filepath.Join(root, "internal", "platform", "i18n") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		for _, key := range missingKeys(string(source)) {
			missing[key] = append(missing[key], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) == 0 {
		return
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		b.WriteString("\n  " + key + "  (" + strings.Join(slices.Compact(missing[key]), ", ") + ")")
	}
	t.Errorf("keys used in the code and missing in the catalogue:%s", b.String())
}

// missingKeys returns the literal keys of a source that are not in the
// catalogue. Of "case.state." + s the prefix must exist.
func missingKeys(source string) []string {
	var missing []string
	for _, use := range uses {
		for _, hit := range use.FindAllStringSubmatch(source, -1) {
			key, isPrefix := hit[1], hit[2] == "+"
			for _, l := range Locales() {
				if !exists(l, key, isPrefix) {
					missing = append(missing, key)
					break
				}
			}
		}
	}
	return missing
}

func exists(l Locale, key string, isPrefix bool) bool {
	known := catalogue().texts[l].known
	if !isPrefix {
		return known[key]
	}
	for k := range known {
		if strings.HasPrefix(k, key) {
			return true
		}
	}
	return false
}

func TestMissingKeysFindsThem(t *testing.T) {
	const source = `
		p.T("common.save"); i18n.From(ctx).T("no.such.key", "X", 1)
		p.T("case.state." + string(s)); p.T("no.prefix." + s)
		p.N("no.plural", 3)
		errs.Field("email", "no.field")
		errs.New(errs.NotFound,
			"no.error")
	`
	got := missingKeys(source)
	want := []string{"no.such.key", "no.prefix.", "no.plural", "no.field", "no.error"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}
