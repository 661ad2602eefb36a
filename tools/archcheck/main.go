// Command archcheck reports imports that break the architecture of Lotse. The
// rules stand in tools/depguard.yaml, each with its reason; docs/architecture.md
// shows the same arrows as a picture.
//
// Run it from anywhere inside the product's module:
//
//	archcheck ./...
//
// It ends with a status other than 0 if a package breaks a rule or does not
// compile.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/OpenPeeDeeP/depguard/v2"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/singlechecker"
)

func main() {
	analyzer, err := forModule()
	if err != nil {
		fmt.Fprintln(os.Stderr, "archcheck:", err)
		os.Exit(1)
	}
	singlechecker.Main(analyzer)
}

// forModule builds the analyzer for the module around the working directory.
func forModule() (*analysis.Analyzer, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return nil, fmt.Errorf("finding the module: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	rules, err := readRules(filepath.Join(root, "tools", "depguard.yaml"), root)
	if err != nil {
		return nil, err
	}
	return newAnalyzer(rules)
}

// newAnalyzer makes depguard answer to the name of this program.
func newAnalyzer(rules depguard.LinterSettings) (*analysis.Analyzer, error) {
	analyzer, err := depguard.NewAnalyzer(&rules)
	if err != nil {
		return nil, fmt.Errorf("compiling the rules: %w", err)
	}
	analyzer.Name = "archcheck"
	analyzer.Doc = "reports imports that break the architecture of Lotse"
	return analyzer, nil
}
