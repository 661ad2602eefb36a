package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/OpenPeeDeeP/depguard/v2"
	"golang.org/x/tools/go/analysis"
)

// in is short for a package of the product.
const in = "lotse/internal/"

// cases lists imports file by file with the rules that must refuse them; none
// means the import is fine.
var cases = []struct {
	file    string
	imports string
	refuse  string // names of rules, separated by blanks
}{
	// platform
	{"internal/platform/db/db.go", in + "platform/errs", ""},
	{"internal/platform/db/db.go", "modernc.org/sqlite", ""},
	{"internal/platform/queue/queue.go", "github.com/riverqueue/river/riverdriver/riverpgxv5", ""},
	{"internal/platform/db/db.go", in + "desk", "platform"},
	{"internal/platform/live/hub.go", in + "config", "platform"},
	{"internal/platform/live/hub_test.go", in + "access", "platform"},
	{"internal/platform/i18n/i18n.go", "lotse/cmd/lotse", "platform"},
	{"internal/config/config.go", in + "platform/errs", ""},
	{"internal/config/config.go", in + "catalog", "config"},
	{"internal/views/list.go", "github.com/uptrace/bun", ""},
	{"internal/views/list.go", "modernc.org/sqlite", "dialects"},
	{"internal/intake/join.go", "github.com/jackc/pgx/v5", "dialects"},
	{"internal/outbox/job.go", "github.com/riverqueue/river", ""},
	{"internal/outbox/job.go", "github.com/riverqueue/river/riverdriver/riversqlite", "dialects"},
	{"cmd/lotse/serve.go", "modernc.org/sqlite", "dialects"},

	// domain
	{"internal/views/list.go", in + "desk", ""},
	{"internal/intake/join.go", in + "desk", ""},
	{"internal/intake/join.go", in + "platform/db", ""},
	{"internal/intake/join.go", in + "web/workspace", "domain"},
	{"internal/outbox/send.go", in + "channel/email", "domain"},
	{"internal/outbox/send.go", in + "channel", "domain"},
	{"internal/views/list.go", in + "api", "domain"},
	{"internal/access/signin.go", in + "config", "domain"},
	{"internal/promise/promise.go", in + "web/ui", "domain"}, // a package nobody named yet
	{"internal/staff/staff.go", in + "app", "app"},
	{"internal/staff/staff.go", "lotse/test/load", "domain"},
	{"internal/staff/staff.go", "lotse/cmd/lotse", "domain"},
	{"internal/staff/staff_test.go", in + "web/workspace", ""},

	// desk
	{"internal/desk/case.go", in + "access", ""},
	{"internal/desk/case.go", in + "staff", ""},
	{"internal/desk/case.go", in + "people", ""},
	{"internal/desk/case.go", in + "catalog", ""},
	{"internal/desk/case.go", in + "calendar", ""},
	{"internal/desk/case.go", in + "platform/db", ""},
	{"internal/desk/case.go", in + "views", "desk"},
	{"internal/desk/case.go", in + "outbox", "desk"},
	{"internal/desk/case.go", in + "intake", "desk"},
	{"internal/desk/case.go", in + "publish", "desk"},
	{"internal/desk/case.go", in + "staffing", "desk"}, // begins like an allowed one
	{"internal/desk/sub/case.go", in + "promise", "desk"},
	{"internal/desk/case_test.go", in + "views", ""},

	// channels
	{"internal/channel/channel.go", in + "intake", ""},
	{"internal/channel/channel.go", in + "outbox", ""},
	{"internal/channel/channel.go", in + "channel/email", "channel-contract"},
	{"internal/channel/channel.go", in + "desk", "channel-contract"},
	{"internal/channel/all/all.go", in + "channel/email", ""},
	{"internal/channel/all/all.go", in + "desk", "channel-all"},
	{"internal/channel/channeltest/kit.go", in + "desk", ""},
	{"internal/channel/chat/chat.go", in + "channel", ""},
	{"internal/channel/chat/chat.go", in + "intake", ""},
	{"internal/channel/chat/chat.go", in + "channel/email", "channel-adapter"},
	{"internal/channel/chat/chat.go", in + "desk", "channel-adapter"},
	{"internal/channel/chat/chat.go", in + "people", "channel-adapter"},
	{"internal/channel/chat/widget/page.go", in + "web/ui", "channel-adapter"},
	{"internal/channel/chat/chat_test.go", in + "channel/channeltest", ""},
	{"internal/channel/email/smtp.go", in + "intake", ""},
	{"internal/channel/email/smtp.go", in + "outbox", ""},
	{"internal/channel/email/smtp.go", in + "catalog", ""},
	{"internal/channel/email/smtp.go", in + "access", ""},
	{"internal/channel/email/smtp.go", in + "channel/email/parse", ""},
	{"internal/channel/email/smtp.go", in + "channel/chat", "channel-email"},
	{"internal/channel/email/smtp.go", in + "channel/emailing", "channel-email"},
	{"internal/channel/email/parse/parse.go", in + "desk", "channel-email"},
	{"internal/channel/email/smtp.go", in + "web", "channel-email"},

	// faces
	{"internal/web/workspace/list.go", in + "views", ""},
	{"internal/web/workspace/list.go", in + "channel", ""},
	{"internal/web/workspace/list.go", in + "channel/email", "web"},
	{"internal/web/server.go", in + "api", "web"},
	{"internal/web/server.go", in + "config", "web"},
	{"internal/web/server.go", in + "app", "app"},
	{"internal/web/public/page.go", in + "publish", ""},
	{"internal/web/public/page.go", in + "community", ""},
	{"internal/web/public/page.go", in + "knowledge", ""},
	{"internal/web/public/page.go", in + "search", ""},
	{"internal/web/public/page.go", in + "catalog", ""},
	{"internal/web/public/page.go", in + "web/ui", ""},
	{"internal/web/public/page.go", in + "desk", "web-public"},
	{"internal/web/public/page.go", in + "people", "web-public"},
	{"internal/web/public/page.go", in + "intake", "web-public"},
	{"internal/web/public/page.go", in + "views", "web-public"},
	{"internal/web/public/feed/feed.go", in + "web/workspace", "web-public"},
	{"internal/web/public/leak_test.go", in + "desk", ""},
	{"internal/web/portal/case.go", in + "desk", ""},
	{"internal/web/portal/case.go", in + "web/workspace", "web-portal"},
	{"internal/api/cases.go", in + "desk", ""},
	{"internal/api/cases.go", in + "web/ui", "api"},
	{"internal/api/cases.go", in + "channel/email", "api"},

	// who knows everything
	{"internal/app/app.go", in + "web/workspace", ""},
	{"internal/app/app.go", in + "channel/all", ""},
	{"internal/app/app.go", in + "demo", "demo"},
	{"internal/demo/world.go", in + "desk", ""},
	{"internal/demo/world.go", in + "app", ""},
	{"internal/desk/case_test.go", in + "demo", ""},
	{"internal/desk/case_test.go", in + "app", "app"},
	{"internal/views/list.go", in + "demo", "demo"},
	{"cmd/lotse/demo.go", in + "app", ""},
	{"cmd/lotse/demo.go", in + "demo", ""},
	{"test/crash/crash_test.go", in + "app", ""},

	// helpers for tests
	{"internal/views/list.go", "testing", "test-helpers"},
	{"internal/views/list.go", "testing/fstest", ""},
	{"internal/views/list.go", in + "platform/db/dbtest", "test-helpers"},
	{"internal/channel/chat/chat.go", in + "channel/channeltest", "channel-adapter test-helpers"},
	{"internal/platform/db/dbtest/dbtest.go", "testing", ""},
	{"internal/desktest/desktest.go", "testing", ""},
	{"cmd/lotse/serve.go", "testing", "test-helpers"},
}

func TestRules(t *testing.T) {
	check := newChecker(t, "/src/internal/lotse") // a root that looks like a rule's pattern
	bitten := map[string]bool{}
	for _, c := range cases {
		t.Run(c.file+" imports "+c.imports, func(t *testing.T) {
			got := check.refusals(t, c.file, c.imports)
			want := strings.Fields(c.refuse)
			if !slices.Equal(got, want) {
				t.Errorf("refused by %v, want %v", got, want)
			}
			for _, rule := range want {
				bitten[rule] = true
			}
		})
	}
	for _, rule := range slices.Sorted(maps.Keys(check.rules)) {
		if !bitten[rule] {
			t.Errorf("no case shows that rule %s bites", rule)
		}
	}
}

// TestEveryAllowIsUsed keeps exceptions that nobody needs out of the rules: each
// allow must let something through that its own rule would refuse without it.
func TestEveryAllowIsUsed(t *testing.T) {
	const root = "/src"
	with := newChecker(t, root)
	for name, rule := range with.rules {
		for _, allow := range rule.Allow {
			imports := strings.TrimSuffix(allow, "$")
			if strings.HasSuffix(imports, "/") {
				imports += "x"
			}
			without := newChecker(t, root)
			without.rules[name].Allow = slices.DeleteFunc(without.rules[name].Allow,
				func(a string) bool { return a == allow })
			without.rules = depguard.LinterSettings{name: without.rules[name]}
			file := strings.TrimPrefix(exampleFile(rule), root+"/")
			if got := without.compiled(t).refusals(t, file, imports); len(got) == 0 {
				t.Errorf("rule %s: allow %q changes nothing", name, allow)
			}
		}
	}
}

// exampleFile returns a path the rule's first pattern matches.
func exampleFile(rule *depguard.List) string {
	r := strings.NewReplacer("**", "x/y.go", "*.go", "y.go", "*", "x")
	return r.Replace(rule.Files[0])
}

func TestReadRulesRefuses(t *testing.T) {
	tests := []struct{ name, text string }{
		{"empty file", ""},
		{"misspelt key", "a: {listMode: lax, files: [x], denny: {fmt: no}}"},
		{"no files", "a: {listMode: lax, deny: {fmt: no}}"},
		{"no deny", "a: {listMode: lax, files: [x], allow: [fmt]}"},
		{"no reason", "a: {listMode: lax, files: [x], deny: {fmt: ' '}}"},
		{"not yaml", "a: ["},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "rules.yaml")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if rules, err := readRules(file, "/src"); err == nil {
				t.Errorf("accepted as %v", rules)
			}
		})
	}
}

// TestProgram runs the built program over a small module with one fault.
func TestProgram(t *testing.T) {
	root := t.TempDir()
	rules, err := os.ReadFile("../depguard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, root, "go.mod", "module lotse\n\ngo 1.26.0\n")
	write(t, root, "tools/depguard.yaml", string(rules))
	write(t, root, "internal/desk/desk.go", "package desk\n")
	write(t, root, "internal/views/views.go", "package views\n\nimport _ \"lotse/internal/desk\"\n")
	program := filepath.Join(t.TempDir(), "archcheck")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	run := func() (string, error) {
		cmd := exec.Command(program, "./...")
		cmd.Dir = filepath.Join(root, "internal")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	if out, err := run(); err != nil {
		t.Fatalf("refused a clean module: %v\n%s", err, out)
	}
	write(t, root, "internal/web/public/page.go", "package public\n\nimport _ \"lotse/internal/desk\"\n")
	out, err := run()
	if err == nil {
		t.Error("ended with status 0 on a broken module")
	}
	if !strings.Contains(out, "page.go:3:8") || !strings.Contains(out, "released texts alone") {
		t.Errorf("does not name place and reason:\n%s", out)
	}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checker asks the compiled rules about one import at a time, without building
// packages, so that cases may contradict each other.
type checker struct {
	root     string
	rules    depguard.LinterSettings
	analyzer *analysis.Analyzer
}

func newChecker(t *testing.T, root string) *checker {
	t.Helper()
	rules, err := readRules("../depguard.yaml", root)
	if err != nil {
		t.Fatal(err)
	}
	return (&checker{root: root, rules: rules}).compiled(t)
}

func (c *checker) compiled(t *testing.T) *checker {
	t.Helper()
	analyzer, err := newAnalyzer(c.rules)
	if err != nil {
		t.Fatal(err)
	}
	c.analyzer = analyzer
	return c
}

var ruleName = regexp.MustCompile(`from list '([^']+)'`)

// refusals returns the names of the rules that refuse the import, in order.
func (c *checker) refusals(t *testing.T, file, imports string) []string {
	t.Helper()
	fset := token.NewFileSet()
	source := fmt.Sprintf("package p\n\nimport _ %q\n", imports)
	parsed, err := parser.ParseFile(fset, c.root+"/"+file, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	pass := &analysis.Pass{
		Fset:  fset,
		Files: []*ast.File{parsed},
		Report: func(d analysis.Diagnostic) {
			names = append(names, ruleName.FindStringSubmatch(d.Message)[1])
		},
	}
	if _, err := c.analyzer.Run(pass); err != nil {
		t.Fatal(err)
	}
	return names
}
