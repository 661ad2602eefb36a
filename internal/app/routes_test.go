package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var patternLike = regexp.MustCompile(`^(?:([A-Z]+) )?(/\S*)$`)

// route is a pattern of the program: "GET" and "/cases/{number}"; "" is any
// method.
type route struct{ method, path string }

// routes reads every pattern the program mounts out of its source, so that a new
// page is in the tests without anybody thinking of it.
func routes(t *testing.T) []route {
	t.Helper()
	var all []route
	for file, function := range map[string]string{
		"web.go": "handler", "../web/chain.go": "Chain", "../web/public/public.go": "Routes", "../web/portal/portal.go": "Routes",
		"../web/workspace/workspace.go": "Routes", "../web/account/account.go": "Routes", "../web/admin/admin.go": "Routes", "../web/manual/manual.go": "Routes",
		"../channel/webhook/http.go": "Routes",
	} {
		found := patternsIn(t, file, function)
		if len(found) == 0 {
			t.Fatalf("%s: only %d patterns found in %s", file, len(found), function)
		}
		all = append(all, found...)
	}
	all = append(all, route{"GET", "/assets/{name...}"}, route{"GET", "/brand/{id}/1/{name...}"}, route{"GET", "/metrics"})
	slices.SortFunc(all, func(a, b route) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return slices.Compact(all)
}

func patternsIn(t *testing.T, file, function string) []route {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []route
	ast.Inspect(tree, func(n ast.Node) bool {
		f, ok := n.(*ast.FuncDecl)
		if !ok {
			return true
		}
		if f.Name.Name != function {
			return false
		}
		public := strings.Contains(file, "/public/")
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(lit.Value) // the compiler has read it
			m := patternLike.FindStringSubmatch(text)
			if m == nil {
				return true
			}
			if public && m[1] == "" { // what follows the language
				m[1], m[2] = "GET", "/{l}"+m[2]
			}
			found = append(found, route{m[1], strings.TrimSuffix(m[2], "{$}")})
			return true
		})
		return false
	})
	return found
}

// TestRoutesAreRead makes sure that reading the source finds what is there.
func TestRoutesAreRead(t *testing.T) {
	all := routes(t)
	for _, want := range []route{
		{"GET", "/cases/{number}"}, {"POST", "/my/{number}/public/back"}, {"GET", "/{l}/questions/{key}/{slug}"}, {"GET", "/sitemap/{part}"},
		{"POST", "/admin/mailboxes/{id}"}, {"POST", "/account/sessions/{id}/end"}, {"GET", "/healthz"}, {"GET", "/l/{token}"},
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%v is not found", want)
		}
	}
	if len(all) < 100 {
		t.Errorf("only %d routes found", len(all))
	}
}
