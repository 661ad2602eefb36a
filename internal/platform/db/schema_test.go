package db_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	tablePattern  = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	columnPattern = regexp.MustCompile(`ALTER TABLE (\w+) ADD COLUMN ([^;]+);`)
	indexPattern  = regexp.MustCompile(`CREATE (?:UNIQUE )?INDEX [^;]+;`)
)

// TestSchemasAreTwins compares the migrations of both databases: same files,
// same tables, columns and indexes.
func TestSchemasAreTwins(t *testing.T) {
	lite, _ := filepath.Glob("migrations/sqlite/*.sql")
	post, _ := filepath.Glob("migrations/postgres/*.sql")
	if len(lite) == 0 || len(lite) != len(post) {
		t.Fatalf("%d migrations for SQLite, %d for PostgreSQL", len(lite), len(post))
	}
	for i := range lite {
		if filepath.Base(lite[i]) != filepath.Base(post[i]) {
			t.Fatalf("%s has no twin", lite[i])
		}
		a, b := shape(t, lite[i]), shape(t, post[i])
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s differs:\nSQLite     %v\nPostgreSQL %v", filepath.Base(lite[i]), a, b)
		}
	}
}

func shape(t *testing.T, path string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{"indexes": indexPattern.FindAllString(string(text), -1)}
	slices.Sort(found["indexes"])
	for _, m := range tablePattern.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(m[2]) {
			if f := strings.Fields(line); len(f) > 0 {
				found[m[1]] = append(found[m[1]], column(f[0], line))
			}
		}
	}
	for _, m := range columnPattern.FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = append(found[m[1]], column(strings.Fields(m[2])[0], m[2]))
	}
	if len(found) < 2 {
		t.Fatalf("%s: no table was recognised", path)
	}
	return found
}

func column(name, definition string) string {
	if strings.Contains(definition, "NOT NULL") {
		return name + " NOT NULL"
	}
	return name
}
