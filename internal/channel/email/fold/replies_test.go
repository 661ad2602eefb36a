package fold

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lotse/internal/platform/markup"
)

// missedReplies are the texts of testdata/replies.txt that come out otherwise
// than a reader would have it, and why.
var missedReplies = map[string]string{}

// missedTrimmed are the mails of testdata/trimmed that come out otherwise than
// their own library has it, and why.
var missedTrimmed = map[string]string{}

func TestReplies(t *testing.T) {
	all, right := 0, 0
	for name, want := range readExpectations(t) {
		text, folds := foldReply(t, name)
		checkFolds(t, name, text, folds)
		if want == "@all" {
			want = text
		}
		all++
		got := Visible(text, folds)
		if sameText(got, want) {
			right++
		}
		checkKnown(t, missedReplies, name, got, want, sameText(got, want))
	}
	t.Logf("%d of %d replies as read", right, all)
	if all < 245 || right*100 < all*95 {
		t.Errorf("only %d of %d", right, all)
	}
}

func TestTrimmed(t *testing.T) {
	files, err := filepath.Glob("testdata/trimmed/emails/*.txt")
	if err != nil || len(files) != 26 {
		t.Fatal(len(files), err)
	}
	right := 0
	for _, file := range files {
		name := filepath.Base(file)
		text := readTestdata(t, "trimmed/emails/"+name)
		want := strings.Trim(readTestdata(t, "trimmed/visible/"+name), "\n")
		folds := Text(text)
		checkFolds(t, name, text, folds)
		got := Visible(text, folds)
		if got == want {
			right++
		}
		checkKnown(t, missedTrimmed, name, got, want, got == want)
	}
	t.Logf("%d of %d mails exactly", right, len(files))
}

// checkKnown keeps a list of misses honest: it holds all and no others.
func checkKnown(t *testing.T, missed map[string]string, name, got, want string, right bool) {
	t.Helper()
	switch why, known := missed[name]; {
	case !right && !known:
		t.Errorf("%s:\n--- got\n%s\n--- want\n%s", name, clip(got), clip(want))
	case right && known:
		t.Errorf("%s is right now: %s", name, why)
	}
}

func clip(s string) string { return s[:min(len(s), 3000)] }

// readExpectations reads testdata/replies.txt.
func readExpectations(t *testing.T) map[string]string {
	t.Helper()
	want := map[string]string{}
	for _, entry := range strings.Split("\n"+readTestdata(t, "replies.txt"), "\n== ")[1:] {
		names, text, _ := strings.Cut(entry, "\n")
		for _, name := range strings.Split(names, " | ") {
			want[name] = strings.Trim(text, "\n")
		}
	}
	return want
}

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// annotation is what one of the libraries put before lines to train with.
var annotation = regexp.MustCompile(`(?m)^#(?:reply|sig)#`)

// foldReply reads a file of testdata/replies as its kind demands.
func foldReply(t *testing.T, name string) (string, []markup.Fold) {
	file, _, _ := strings.Cut(name, "#")
	if strings.HasSuffix(name, "email_long_quote.txt") {
		text := "Hi folks\n\nWhat is the best way to clear a Riak bucket of all key, values after\nrunning a test?\n" +
			strings.Repeat(">", 760_000) + "\nI am currently using the Java HTTP API.\n\n-Abhishek Kona\n\n\n" + strings.Repeat("_", 47) +
			"\nriak-users mailing list\nriak-users@lists.basho.com\nhttp://lists.basho.com/mailman/listinfo/riak-users_lists.basho.com\n"
		return text, Text(text)
	}
	source := readTestdata(t, "replies/"+file)
	switch {
	case strings.HasSuffix(name, "email_ls-l.txt") || strings.HasSuffix(name, "102682_R_S"):
		_, source, _ = strings.Cut(source, "\n\n") // the header
		source = annotation.ReplaceAllString(source, "")
	case strings.HasPrefix(name, "talon/signature/"):
		source = annotation.ReplaceAllString(source, "")
	case strings.HasSuffix(file, ".html"):
		return HTML(source)
	case strings.HasSuffix(file, ".eml"):
		plain, rich := readMail(t, source)
		if strings.HasSuffix(name, "#html") {
			return HTML(rich)
		}
		source = plain
	}
	return source, Text(source)
}

// readMail returns the plain and the HTML form of a mail.
func readMail(t *testing.T, source string) (plain, rich string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if !strings.HasPrefix(kind, "multipart/") {
		return readBody(t, m.Body, m.Header.Get("Content-Transfer-Encoding")), ""
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			return plain, rich
		}
		body := readBody(t, p, p.Header.Get("Content-Transfer-Encoding"))
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			rich = body
		} else {
			plain = body
		}
	}
}

func readBody(t *testing.T, r io.Reader, encoding string) string {
	t.Helper()
	switch encoding {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
}

// sameText compares what readers see: empty lines and the number of spaces do
// not count.
func sameText(a, b string) bool { return squeeze(a) == squeeze(b) }

func squeeze(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.Join(strings.Fields(trim(line)), " ")
		if line != "" {
			out = append(out, line)
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
