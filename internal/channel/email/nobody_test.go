package email

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/intake"
)

// TestReportsOfNobody: mail systems that give no address of their own are
// understood all the same, and so is a type without its semicolon.
func TestReportsOfNobody(t *testing.T) {
	a := testAdapter(t, nil)
	files, err := filepath.Glob("report/testdata/bounces/*/*.eml")
	if err != nil || len(files) < 200 {
		t.Fatal(len(files), err)
	}
	nobody := 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		in, err := a.Read(context.Background(), f, intake.Trace{})
		_ = f.Close()
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if in.From.Value == "mailer-daemon@unknown.invalid" {
			nobody++
			if in.Report == nil {
				t.Errorf("%s reports nothing and comes from nobody", file)
			}
		}
	}
	if nobody < 10 {
		t.Errorf("only %d reports come from nobody", nobody)
	}
	in, err := a.Read(context.Background(), strings.NewReader("From: a@kunde.example\r\nContent-Type: text/plain charset=utf-8\r\n\r\nGrüße\r\n"), intake.Trace{})
	if err != nil || in.Text != "Grüße" {
		t.Errorf("%+v (%v)", in, err)
	}
}
