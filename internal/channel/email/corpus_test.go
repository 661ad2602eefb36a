package email

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"lotse/internal/channel"
	"lotse/internal/channel/email/fold"
	"lotse/internal/intake"
)

var update = flag.Bool("update", false, "rewrite testdata/mime.golden and corpus.tsv")

// corpusTrace is what the transport says about every file of the corpus.
var corpusTrace = intake.Trace{From: "absender@post.example", To: []string{"hilfe@lindenau.example"}}

func testAdapter(t testing.TB, settings map[string]string) *Adapter {
	t.Helper()
	if settings == nil {
		settings = map[string]string{}
	}
	if settings["hostname"] == "" {
		settings["hostname"] = "mx.lindenau.example"
	}
	a, err := New(channel.Env{Settings: settings, SpoolDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// corpus calls f with every file of testdata/mime that is a mail or meant to
// look like one.
func corpus(t testing.TB, f func(name string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir("testdata/mime", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".git") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel("testdata/mime", path)
		f(filepath.ToSlash(name), raw)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCorpus reads every mail of other libraries' tests and compares what is
// seen of it with testdata/mime.golden, and how it was read with
// testdata/corpus.tsv.
func TestCorpus(t *testing.T) {
	a := testAdapter(t, nil)
	var seen, how strings.Builder
	how.WriteString("file\toutcome\tcharset\ttext\tvisible\tfiles\tautomation\twarnings\tsubject\n")
	counts := map[string]int{}
	corpus(t, func(name string, raw []byte) {
		l, err := a.readAll(raw, corpusTrace)
		outcome := "read"
		var u *intake.Unreadable
		switch {
		case errors.As(err, &u):
			outcome = u.Reason
			fmt.Fprintf(&seen, "%s\n\tunreadable %s\n", name, u.Reason)
			fmt.Fprintf(&how, "%s\t%s\t\t\t\t\t\t\t\n", name, u.Reason)
		case err != nil:
			t.Errorf("%s: %v", name, err)
		default:
			checkSane(t, name, l.in)
			fmt.Fprintf(&seen, "%s\n%s", name, summary(l.in))
			fmt.Fprintln(&how, strings.Join(row(name, outcome, l), "\t"))
		}
		counts[outcome]++
	})
	t.Logf("corpus: %v", counts)
	golden(t, "testdata/mime.golden", seen.String())
	golden(t, "testdata/corpus.tsv", how.String())
}

// row is one line of corpus.tsv: sizes are bytes.
func row(name, outcome string, l *reading) []string {
	var warnings []string
	for _, w := range l.in.Warnings {
		warnings = append(warnings, strings.TrimPrefix(w, "mail.warning."))
	}
	return []string{name, outcome, strings.Join(l.charsets, ","), strconv.Itoa(len(l.in.Text)), strconv.Itoa(len(fold.Visible(l.in.Text, l.in.Folds))),
		strconv.Itoa(len(l.in.Parts)), automationNames[l.in.Automation], strings.Join(warnings, ","), l.in.Subject}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i, line := range gotLines {
		if i >= len(wantLines) || line != wantLines[i] {
			t.Fatalf("line %d of %s differs (-update rewrites it):\n got %s", i+1, path, line)
		}
	}
	if len(wantLines) != len(gotLines) {
		t.Fatalf("%s has %d lines, want %d", path, len(gotLines), len(wantLines))
	}
}

func summary(in *intake.Incoming) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\tsubject %q from %q <%s> to %d automation %d language %q\n", in.Subject, in.From.Name, in.From.Value, len(in.To)+len(in.Cc), in.Automation, in.Language)
	fmt.Fprintf(&b, "\ttext %d html %d %.60q\n", len(in.Text), len(in.HTML), in.Text)
	for _, p := range in.Parts {
		fmt.Fprintf(&b, "\tpart %q %s %d inline=%t\n", p.Name, p.ContentType, len(p.Content), p.Inline)
	}
	for _, w := range in.Warnings {
		fmt.Fprintf(&b, "\twarning %s\n", w)
	}
	return b.String()
}

// checkSane asserts what holds for every message whatever the input was.
func checkSane(t testing.TB, name string, in *intake.Incoming) {
	t.Helper()
	if in.Text == "" && in.HTML == "" && len(in.Parts) == 0 && in.Subject == "" && in.From.Value == "" {
		t.Errorf("%s: nothing to show", name)
	}
	if v := in.From.Value; v == "" || strings.ContainsAny(v, "\r\n\x00") || strings.Contains(v, " ") && v[0] != '"' {
		t.Errorf("%s: sender %q", name, in.From.Value)
	}
	for what, s := range map[string]string{"text": in.Text, "subject": in.Subject, "html": string(in.HTML), "name": in.From.Name, "id": in.ExternalID} {
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			t.Errorf("%s: %s holds NUL or broken UTF-8", name, what)
		}
	}
	if strings.ContainsAny(in.Subject+in.From.Name+in.ExternalID, "\r\n") {
		t.Errorf("%s: line break in a one-line field", name)
	}
	if n := utf8.RuneCountInString(in.Subject); n > maxSubject {
		t.Errorf("%s: subject of %d runes", name, n)
	}
	for _, f := range in.Folds {
		if f.From < 0 || f.From > f.To || f.To > len(in.Text) {
			t.Errorf("%s: fold %+v of %d bytes", name, f, len(in.Text))
		}
	}
	if f := in.Forwarded; f != nil && (f.At < 0 || f.At > len(in.Text)) {
		t.Errorf("%s: forward at %d of %d bytes", name, f.At, len(in.Text))
	}
	if len(in.References) > maxReferences || len(in.Parts) > maxParts+2 {
		t.Errorf("%s: %d references, %d parts", name, len(in.References), len(in.Parts))
	}
	for _, p := range in.Parts {
		if p.Name == "" || strings.ContainsAny(p.Name, "/\\\r\n\x00") || utf8.RuneCountInString(p.Name) > maxFileName || !utf8.ValidString(p.Name) {
			t.Errorf("%s: file name %q", name, p.Name)
		}
		if p.ContentType != strings.ToLower(p.ContentType) || !strings.Contains(p.ContentType, "/") {
			t.Errorf("%s: content type %q", name, p.ContentType)
		}
	}
}
