package report

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lotse/internal/intake"
)

// wanted is what a bounce of the corpus is expected to say of one recipient.
type wanted struct {
	Status string
	Reason string
	Hard   bool `json:"hardbounce"`
}

// TestCorpus reads real bounces of some sixty kinds of servers and counts how
// often status, hardness and reason are as expected.
func TestCorpus(t *testing.T) {
	raw, err := os.ReadFile("testdata/bounces/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var files map[string][]wanted
	if err := json.Unmarshal(raw, &files); err != nil {
		t.Fatal(err)
	}
	var total, status, reason, hard int
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r, _ := Read(readFile(t, "testdata/bounces/bsd/"+name))
		for i, want := range files[name] {
			total++
			got := wanted{Status: "none", Reason: "none", Hard: !want.Hard}
			if r != nil && i < len(r.Recipients) {
				got = wanted{r.Recipients[i].Status, r.Recipients[i].Reason, r.Recipients[i].Hard}
			}
			status += count(got.Status == want.Status)
			reason += count(got.Reason == want.Reason)
			hard += count(got.Hard == want.Hard)
			if got != want {
				t.Logf("%s[%d]: %s", name, i, difference(got, want))
			}
		}
	}
	for _, f := range []struct {
		what        string
		right, goal int
	}{{"status", status, 95}, {"hard or soft", hard, 97}, {"reason", reason, 85}} {
		t.Logf("%s: %d of %d (%.1f %%)", f.what, f.right, total, float64(100*f.right)/float64(total))
		if 100*f.right < f.goal*total {
			t.Errorf("%s: %d of %d is less than %d %%", f.what, f.right, total, f.goal)
		}
	}
}

func count(ok bool) int {
	if ok {
		return 1
	}
	return 0
}

func difference(got, want wanted) string {
	var out []string
	add := func(what string, got, want any) {
		if got != want {
			out = append(out, fmt.Sprintf("%s %v, expected %v", what, got, want))
		}
	}
	add("status", got.Status, want.Status)
	add("reason", got.Reason, want.Reason)
	add("hard", got.Hard, want.Hard)
	return strings.Join(out, "; ")
}

// TestLineEndings reads the same bounces with CRLF and with CR as with LF.
func TestLineEndings(t *testing.T) {
	for _, folder := range []string{"dos", "mac"} {
		files, err := filepath.Glob("testdata/bounces/" + folder + "/*.eml")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, f := range files {
			r, ok := Read(readFile(t, f))
			if !ok || len(r.Recipients) == 0 {
				t.Errorf("%s: no report", f)
				continue
			}
			twin := "testdata/bounces/bsd/" + filepath.Base(f)
			if _, err := os.Stat(twin); err != nil {
				continue
			}
			same, _ := Read(readFile(t, twin))
			if fmt.Sprint(brief(r)) != fmt.Sprint(brief(same)) {
				t.Errorf("%s: %v, with LF %v", f, brief(r), brief(same))
			}
		}
	}
}

// brief is what a report says, without the words.
func brief(r *intake.Report) []string {
	out := []string{fmt.Sprint(r.Kind)}
	for _, p := range r.Recipients {
		out = append(out, fmt.Sprint(p.Status, " ", p.Code, " ", p.Reason, " ", p.Hard))
	}
	return out
}

// TestLineEndingsOfParts reads parts whose lines end with CR or CRLF still.
func TestLineEndingsOfParts(t *testing.T) {
	m := readFile(t, "testdata/bounces/bsd/lhost-postfix-02.eml")
	want, _ := Read(m)
	for _, end := range []string{"\r\n", "\r"} {
		changed := m
		changed.Parts = slices.Clone(m.Parts)
		for i := range changed.Parts {
			changed.Parts[i].Text = strings.ReplaceAll(changed.Parts[i].Text, "\n", end)
		}
		got, ok := Read(changed)
		if !ok || fmt.Sprint(brief(got)) != fmt.Sprint(brief(want)) {
			t.Errorf("with %q: %v, with LF %v", end, brief(got), brief(want))
		}
	}
}

// reportsAmongOrdinary are the mails in the tests of MIME libraries that are
// reports indeed, with their kind.
var reportsAmongOrdinary = []string{
	"cpython_test_email/data/msg_16.txt 1",
	"cpython_test_email/data/msg_25.txt 1",
	"cpython_test_email/data/msg_43.txt 1",
	"james_mime4j/mimetools-testmsgs/badbound.msg 1",
	"james_mime4j/mimetools-testmsgs/badbound.out 1",
	"mikel_mail/emails/mime_emails/raw_email_with_mimepart_without_content_type.eml 2",
	"mikel_mail/emails/multipart_report_emails/multi_address_bounce1.eml 1",
	"mikel_mail/emails/multipart_report_emails/multi_address_bounce2.eml 1",
	"mikel_mail/emails/multipart_report_emails/multipart_report_multiple_status.eml 1",
	"mikel_mail/emails/multipart_report_emails/report_422.eml 2",
	"mikel_mail/emails/multipart_report_emails/report_530.eml 1",
	"mox/message/message-rfc822-multipart.eml 1",
	"mox/message/message-rfc822-multipart2.eml 1",
	"nodemailer_mailparser/delivery-status.eml 1",
}

// TestOrdinaryMail finds no report in mail of people, newsletters and lists.
func TestOrdinaryMail(t *testing.T) {
	var found []string
	read := 0
	for _, root := range []string{"testdata/bounces/not", "../testdata/mime"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, ".md") {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(raw), ":") {
				return err
			}
			m, ok := mailOf(raw)
			if !ok {
				return nil
			}
			read++
			if r, ok := Read(m); ok {
				name, _ := filepath.Rel(root, path)
				found = append(found, fmt.Sprintf("%s %d", filepath.ToSlash(name), r.Kind))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, reportsAmongOrdinary) {
		t.Errorf("reports among ordinary mail:\n%s", strings.Join(found, "\n"))
	}
	if read < 300 {
		t.Errorf("only %d mails read", read)
	}
}
