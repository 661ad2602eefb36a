package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/OpenPeeDeeP/depguard/v2"
	"go.yaml.in/yaml/v3"
)

// readRules reads rules in depguard's own form, with three differences that
// keep them short and honest:
//
//   - A file pattern is relative to the module's root ("internal/desk/**"), so
//     that a checkout below a folder named internal behaves the same.
//   - A package in allow or deny stands for itself and everything below it, not
//     for every path that begins with the same letters: "lotse/internal/app"
//     does not match "lotse/internal/appeal". With a "$" at the end it stands
//     for itself alone, with a "/" only for what is below it.
//   - Every deny has a reason, else the file is refused.
func readRules(file, root string) (depguard.LinterSettings, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the rules: %w", err)
	}
	rules := depguard.LinterSettings{}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true) // a misspelt key would silently switch a rule off
	if err := dec.Decode(&rules); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(rules) == 0 {
		return nil, fmt.Errorf("reading %s: it holds no rules", file)
	}
	for name, rule := range rules {
		if err := prepare(rule, filepath.ToSlash(root)); err != nil {
			return nil, fmt.Errorf("reading %s: rule %s: %w", file, name, err)
		}
	}
	return rules, nil
}

// prepare puts one rule into the form depguard works with.
func prepare(rule *depguard.List, root string) error {
	if rule == nil || len(rule.Files) == 0 || len(rule.Deny) == 0 {
		return errors.New("needs files and deny")
	}
	for i, pattern := range rule.Files {
		rule.Files[i] = anchor(pattern, root)
	}
	var allow []string
	for _, pkg := range rule.Allow {
		allow = append(allow, wholePackage(pkg)...)
	}
	rule.Allow = allow
	deny := map[string]string{}
	for pkg, reason := range rule.Deny {
		if strings.TrimSpace(reason) == "" {
			return fmt.Errorf("%s is denied without a reason", pkg)
		}
		for _, exact := range wholePackage(pkg) {
			deny[exact] = reason
		}
	}
	rule.Deny = deny
	return nil
}

// anchor makes a file pattern absolute. Variables such as $test stay.
func anchor(pattern, root string) string {
	sign, rest := "", pattern
	if after, negated := strings.CutPrefix(pattern, "!"); negated {
		sign, rest = "!", after
	}
	if strings.HasPrefix(rest, "$") {
		return pattern
	}
	quoted := strings.NewReplacer(
		`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`,
	).Replace(root)
	return sign + quoted + "/" + rest
}

// wholePackage returns depguard's words for a package and those below it.
func wholePackage(pkg string) []string {
	if strings.HasSuffix(pkg, "$") || strings.HasSuffix(pkg, "/") {
		return []string{pkg}
	}
	return []string{pkg + "$", pkg + "/"}
}
