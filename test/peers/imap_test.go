//go:build peers

package peers

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"lotse/test/program"
)

// TestIMAP fetches a mailbox elsewhere with the whole program: what lies there,
// what comes while it waits, and what was deleted here does not come back when the
// server gives all mails other numbers.
func TestIMAP(t *testing.T) {
	t.Parallel()
	server := startDovecot(t)
	desk := newDesk(t, program.Options{Env: []string{"SSL_CERT_FILE=" + server.Cert}})
	fillBox(t, server, 1, 3)
	start(t, desk)
	must(t, desk.FetchFrom(t.Context(), server, true, "all"))
	check := openCheck(t, desk)
	came := func(n int) func() bool { return func() bool { return len(inbound(t, check)) >= n } }
	until(t, "what lay there is in", came(3))
	fillBox(t, server, 4, 4)
	begin := time.Now()
	until(t, "a mail comes while we wait", came(4))
	if took := time.Since(begin); took > 15*time.Second { // the next look would be after 30
		t.Errorf("a mail took %v", took)
	}

	var number string
	must(t, check.QueryRowContext(t.Context(), "SELECT c.number FROM cases AS c JOIN messages AS m ON m.case_id = c.id WHERE m.external_id = ?", []byte("2@kunde.example")).Scan(&number))
	web, path := signIn(t, desk), "/cases/"+number
	must(t, web.Submit(t.Context(), path, path+"/delete", url.Values{"why": {"erasure"}, "sure": {"1"}}))
	must(t, desk.Stop())
	must(t, server.Stop())
	must(t, server.ForgetUIDs(program.Mailbox))
	fillBox(t, server, 5, 5)
	must(t, server.Start())
	start(t, desk)
	until(t, "the new mail is in", func() bool { return inbound(t, check)["5@kunde.example"] != nil })
	all := inbound(t, check)
	if len(all) != 4 || all["2@kunde.example"] != nil {
		t.Errorf("%d mails are in, want 4; the deleted one: %v", len(all), all["2@kunde.example"])
	}
	for id, cases := range all {
		if len(cases) != 1 {
			t.Errorf("%s is there %d times", id, len(cases))
		}
	}
}

// TestIMAPTwoNodes lets two nodes fetch one mailbox; one of them ends, in the long
// checks by kill -9, while mail comes in. Each mail comes once.
func TestIMAPTwoNodes(t *testing.T) {
	t.Parallel()
	isLong := os.Getenv("SOAK") != ""
	many := map[bool]int{false: 150, true: 3000}[isLong]
	server := startDovecot(t)
	postgres, err := program.StartPostgres("")
	must(t, err)
	t.Cleanup(postgres.Remove)
	url, err := postgres.Database(t.Context(), "nodes")
	must(t, err)
	first := newDesk(t, program.Options{Database: url})
	second, err := program.OpenDesk(program.Options{Folder: first.Folder, Database: url, RelayPort: first.RelayPort})
	must(t, err)
	t.Cleanup(func() { _ = second.Stop() })
	start(t, first)
	fillBox(t, server, 1, many)
	must(t, first.FetchFrom(t.Context(), server, false, "all"))
	check := openCheck(t, first)
	came := func(n int) func() bool {
		return func() bool {
			have, err := check.Number(t.Context(), "SELECT count(*) FROM messages WHERE kind = 1")
			must(t, err)
			return have >= n
		}
	}
	until(t, "half of it is in", came(many/2))
	start(t, second)
	holder := func() (node string) {
		must(t, check.QueryRowContext(t.Context(), "SELECT holder::text FROM leases WHERE name LIKE 'fetch:%'").Scan(&node))
		return node
	}
	before := holder()
	end := first.Stop
	if isLong {
		end = first.Kill
	}
	must(t, end())
	fillBox(t, server, many+1, many+50)
	until(t, "all is in", came(many+50))
	for id, cases := range inbound(t, check) {
		if len(cases) != 1 {
			t.Errorf("%s is there %d times", id, len(cases))
		}
	}
	if after := holder(); after == before {
		t.Error("the second node did not take over")
	}
	n, err := check.Number(t.Context(), "SELECT count(*) FROM envelopes")
	must(t, err)
	if n != many+50 {
		t.Errorf("%d envelopes, want %d", n, many+50)
	}
}

func startDovecot(t *testing.T) *program.Dovecot {
	t.Helper()
	s, err := program.StartDovecot("")
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Dovecot says:\n%s", s.Log())
		}
		_ = s.Remove()
	})
	return s
}

func fillBox(t *testing.T, s *program.Dovecot, from, to int) {
	t.Helper()
	now := time.Now()
	must(t, s.Fill(program.Mailbox, from, to-from+1, func(int) time.Time { return now }, func(i int) []byte {
		l := program.Letter{ID: fmt.Sprintf("%d@kunde.example", i), From: fmt.Sprintf("kunde%d@kunde.example", i), Name: "Jonas Ott", Subject: fmt.Sprintf("Frage %d", i), Bytes: 300}
		return l.Text(uint64(i))
	}))
}

// TestLMTP lets Postfix hand mail over by LMTP, at a socket.
func TestLMTP(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "lmtp") // names of sockets have to be short
	must(t, err)
	must(t, os.Chmod(folder, 0o755))
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := folder + "/lotse"
	server := newMailServerTo(t, "lmtp:unix:"+socket)
	desk := newDesk(t, program.Options{RelayPort: server.smtp, Flags: []string{"--lmtp", socket}})
	start(t, desk)
	first := program.Letter{ID: "frage.1@kunde.example", From: "jonas@kunde.example", Name: "Jonas Ott", Subject: "Abschlag zu hoch", Bytes: 600}
	must(t, program.SendOne(server.address(), first.Mail(1)))
	check := openCheck(t, desk)
	until(t, "the mail is in", func() bool { return inbound(t, check)[first.ID] != nil })
	server.waitForMail(t, first.From, 1) // its acknowledgement
	if !strings.Contains(readFile(t, server.path("postfix.log")), "postfix/lmtp") {
		t.Error("Postfix did not take LMTP")
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	must(t, err)
	return string(text)
}
