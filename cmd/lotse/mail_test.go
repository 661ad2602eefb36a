package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mailForTests = "From: Jana <jana@post.example>\r\nTo: hilfe@lindenau.example\r\nSubject: Frage\r\n\r\nWann kommt die Bahn?\r\n-- \r\nJana\r\n"

func TestInspect(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "mail.eml")
	if err := os.WriteFile(file, []byte(mailForTests), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := inspectCommand{Files: []string{file, "-", filepath.Join(folder, "absent.eml"), file}, JSON: true}
	if err := c.inspect(&out, strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "absent.eml") {
		t.Errorf("a file that is not there: %v", err)
	}
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	var mail struct {
		File, Subject, Visible string
		From                   struct{ Name, Address string }
		Folded                 []struct{ Kind, Text string }
		Unreadable             *struct{ Reason string }
	}
	if err := json.Unmarshal([]byte(lines[0]), &mail); err != nil {
		t.Fatal(err)
	}
	if mail.File != file || mail.Subject != "Frage" || mail.From.Address != "jana@post.example" || mail.Visible != "Wann kommt die Bahn?" || len(mail.Folded) != 1 || mail.Unreadable != nil {
		t.Errorf("%+v", mail)
	}
	if err := json.Unmarshal([]byte(lines[1]), &mail); err != nil || mail.File != "-" || mail.Unreadable == nil || mail.Unreadable.Reason != "empty" {
		t.Errorf("broken mail: %v %s", err, lines[1])
	}
}

func TestInspectForPeople(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	var out bytes.Buffer
	c := inspectCommand{Files: []string{"-"}}
	if err := c.inspect(&out, strings.NewReader(mailForTests)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"From        Jana <jana@post.example>\n", "Subject     Frage\n", "\nWann kommt die Bahn?\n", "[signature]\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
