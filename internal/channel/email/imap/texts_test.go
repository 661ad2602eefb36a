package imap

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lotse/internal/platform/i18n"
)

// remedies finds every remedy the code may name: of failed, of the functions that
// choose one, and of the list of what needs a look.
var remedies = []*regexp.Regexp{
	regexp.MustCompile(`failed\(mailbox\.\w+, [^,]+, "[a-z_]*", "([a-z_]+)"`),
	regexp.MustCompile(`refusedRemedy\(err, "([a-z_]+)"\)`),
	regexp.MustCompile(`return "([a-z_]+)"\n`),
	regexp.MustCompile(`return "receive_[a-z_]+", "([a-z_]+)"\n`),
}

// TestEveryRemedyHasWords in both languages, filled in with what failed gives.
func TestEveryRemedyHasWords(t *testing.T) {
	found := map[string]bool{}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range remedies {
			for _, hit := range pattern.FindAllStringSubmatch(string(source), -1) {
				found[hit[1]] = true
			}
		}
	}
	if len(found) < 20 {
		t.Fatalf("only %d remedies found", len(found))
	}
	r := account("imap.lindenau.example", 993).Receive
	for remedy := range found {
		f := failed("", r, "", remedy, errors.New("was der Server sagt"))
		for _, l := range i18n.Locales() {
			text := i18n.For(l).Err(f.result.Key, f.result.Args)
			if strings.Contains(text, "mailbox.remedy") || strings.Contains(text, "{{") || strings.Contains(text, "<no value>") || len(text) < 20 {
				t.Errorf("%s in %s: %q", remedy, l, text)
			}
		}
	}
	for _, reason := range []string{tooLarge, unreadable} {
		for _, l := range i18n.Locales() {
			if text := i18n.For(l).T("look.reason." + reason); strings.Contains(text, "look.reason") {
				t.Errorf("%s in %s: %q", reason, l, text)
			}
		}
	}
}
