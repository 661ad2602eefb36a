package email

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// expectation is what the mail in a file of testdata/invented is to be read as.
// Visible is compared without regard to white space, and only if it is given;
// so is the status of a recipient.
type expectation struct {
	File       string
	Verdict    string
	Report     string // kind of the report, "" for none
	Visible    string
	Forwarded  *struct{ Name, Address, Day, Subject string }
	Recipients []struct {
		Address, Status, Reason string
		Hard                    bool
	}
}

// TestInvented reads mails written for Lotse after the manner of programs and
// servers, with expectations written down before they were read for the first
// time.
func TestInvented(t *testing.T) {
	raw, err := os.ReadFile("testdata/invented/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []expectation
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/invented/*.eml")
	if err != nil || len(files) != len(all) || len(all) == 0 {
		t.Fatalf("%d files, %d expectations, %v", len(files), len(all), err)
	}
	for _, want := range all {
		t.Run(want.File, func(t *testing.T) {
			mail, err := os.ReadFile(filepath.Join("testdata/invented", want.File))
			if err != nil {
				t.Fatal(err)
			}
			want.compare(t, inspect(t, string(mail)))
		})
	}
}

func (want expectation) compare(t *testing.T, got Inspection) {
	if got.Automation.Verdict != want.Verdict {
		t.Errorf("verdict %q (%s), expected %q", got.Automation.Verdict, got.Automation.Why, want.Verdict)
	}
	if visible := strings.Join(strings.Fields(got.Visible), " "); want.Visible != "" && visible != want.Visible {
		t.Errorf("visible %q, expected %q; folded %q", visible, want.Visible, got.Folded)
	}
	if f, w := got.Forwarded, want.Forwarded; w != nil && (f == nil || f.Name != w.Name || f.Address != w.Address || f.Subject != w.Subject || f.Date == nil || f.Date.Format("2006-01-02") != w.Day) {
		t.Errorf("forwarded %+v, expected %+v", f, w)
	}
	if got.Report == nil {
		if want.Report != "" {
			t.Errorf("no report, expected %q", want.Report)
		}
		return
	}
	if got.Report.Kind != want.Report {
		t.Errorf("report %q, expected %q", got.Report.Kind, want.Report)
	}
	for i, w := range want.Recipients {
		if i >= len(got.Report.Recipients) {
			t.Fatalf("%d recipients, expected %d", i, len(want.Recipients))
		}
		r := got.Report.Recipients[i]
		if r.Address != w.Address || r.Reason != w.Reason || r.Hard != w.Hard || w.Status != "" && r.Status != w.Status {
			t.Errorf("recipient %+v, expected %+v", r, w)
		}
	}
}
