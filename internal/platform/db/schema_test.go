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
	columnPattern = regexp.MustCompile(`ALTER TABLE (\w+ ADD COLUMN \w+) (\w+)( NOT NULL DEFAULT [^;]+)?;`)
	indexPattern  = regexp.MustCompile(`(?:CREATE (?:UNIQUE )?|DROP )INDEX [^;]+;`)
)

// TestSchemasAreTwins compares the migrations of both databases: same files,
// same tables, columns and indexes.
func TestSchemasAreTwins(t *testing.T) {
	lite, _ := filepath.Glob("migrations/sqlite/*.sql")
	post, _ := filepath.Glob("migrations/postgres/*.sql")
	if len(lite) == 0 || len(lite) != len(post) {
		t.Fatalf("%d migrations for SQLite, %d for PostgreSQL", len(lite), len(post))
	}
	tables := 0
	for i := range lite {
		if filepath.Base(lite[i]) != filepath.Base(post[i]) {
			t.Fatalf("%s has no twin", lite[i])
		}
		a, b := shape(t, lite[i]), shape(t, post[i])
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s differs:\nSQLite     %v\nPostgreSQL %v", filepath.Base(lite[i]), a, b)
		}
		tables += len(a)
	}
	if tables < 30 {
		t.Fatalf("only %d tables were recognised", tables)
	}
}

func shape(t *testing.T, path string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{"indexes": indexPattern.FindAllString(string(text), -1)}
	for _, m := range columnPattern.FindAllStringSubmatch(string(text), -1) {
		found["added"] = append(found["added"], m[1]+strings.Replace(m[3], "false", "0", 1))
	}
	slices.Sort(found["indexes"])
	for _, m := range tablePattern.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(m[2]) {
			if f := strings.Fields(line); len(f) > 0 {
				column := f[0]
				if strings.Contains(line, "NOT NULL") {
					column += " NOT NULL"
				}
				found[m[1]] = append(found[m[1]], column)
			}
		}
	}
	return found
}
