//go:build peers && scanners

package peers

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/test/program"
)

// The test files of the makers of scanners: they harm nobody and are found by
// all. Put together here, so that no scanner finds them in this file.
var (
	eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-STANDARD-ANTIVIRUS" + "-TEST-FILE!$H+H*"
	gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL" + "*C.34X"
)

// TestClamd: an infected mail becomes a case, its file is locked; while clamd is
// away mail goes on, and the desk says so.
func TestClamd(t *testing.T) {
	t.Parallel()
	folder, config, port := clamdFolder(t)
	daemon := run(t, folder, find(t, "clamd"), "-c", config)
	waitForPort(t, "clamd", port)
	sink := newSink(t)
	desk := newDesk(t, program.Options{RelayPort: sink.Port, Flags: []string{"--clamd", program.Local(port)}})
	start(t, desk)
	web := signIn(t, desk)
	send := func(subject, content string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "Rechnung.com")
		must(t, os.WriteFile(file, []byte(content), 0o600))
		swaks(t, desk, subject, "--attach-type", "application/octet-stream", "--attach-name", "Rechnung.com", "--attach", "@"+file)
	}
	state := func() string {
		t.Helper()
		page, err := web.Page(t.Context(), "/admin/jobs")
		must(t, err)
		return page
	}

	send("Eine Rechnung", "harmlos")
	checked(t, desk, "virus", "clean", 1)
	send("Noch eine Rechnung", eicar)
	checked(t, desk, "virus", "infected", 1)
	check := openCheck(t, desk)
	must(t, check.Settle(t.Context(), patience))
	if n, err := check.Number(t.Context(), "SELECT count(*) FROM attachments WHERE virus LIKE 'Eicar%'"); err != nil || n != 1 {
		t.Errorf("%d infected files (%v)", n, err)
	}
	if page := state(); !strings.Contains(page, "clamd prüft") {
		t.Error("the page of jobs does not say that clamd is there")
	}

	stop(daemon)
	send("Eine dritte Rechnung", eicar)
	checked(t, desk, "virus", "away", 1)
	if page := state(); !strings.Contains(page, "clamd antwortet seit") {
		t.Error("the page of jobs does not say that clamd is away")
	}
	must(t, check.Settle(t.Context(), patience))
	if n, err := check.Number(t.Context(), "SELECT count(*) FROM messages WHERE kind = 1"); err != nil || n != 3 {
		t.Errorf("%d messages (%v)", n, err)
	}
}

// clamdFolder is a clamd that knows one virus: there is no database of them here.
func clamdFolder(t *testing.T) (folder, config string, port int) {
	t.Helper()
	folder = t.TempDir()
	port, err := program.FreePort()
	must(t, err)
	must(t, os.Mkdir(filepath.Join(folder, "db"), 0o755))
	known := fmt.Sprintf("%x:%d:Eicar-Test\n", md5.Sum([]byte(eicar)), len(eicar))
	must(t, os.WriteFile(filepath.Join(folder, "db", "local.hdb"), []byte(known), 0o644))
	config = filepath.Join(folder, "clamd.conf")
	text := fmt.Sprintf("DatabaseDirectory %[1]s/db\nTCPSocket %[2]d\nTCPAddr 127.0.0.1\nForeground yes\nUser root\nTemporaryDirectory %[1]s\n", folder, port)
	must(t, os.WriteFile(config, []byte(text), 0o644))
	return folder, config, port
}

// TestRspamd: what the filter says of a mail stands at the message.
func TestRspamd(t *testing.T) {
	t.Parallel()
	address := startRspamd(t)
	sink := newSink(t)
	desk := newDesk(t, program.Options{RelayPort: sink.Port, Flags: []string{"--rspamd", address}})
	start(t, desk)
	check := openCheck(t, desk)
	for subject, c := range map[string]struct{ body, want string }{
		"Werbung": {gtube, `"spam":15,"action":"reject"`}, "Eine Frage": {"Mein Zaehler steht still.", `"action":"no action"`},
	} {
		swaks(t, desk, subject, "--body", c.body)
		must(t, check.Settle(t.Context(), patience))
		var findings []byte
		must(t, check.QueryRowContext(t.Context(), "SELECT findings FROM messages WHERE kind = 1 AND subject = ?", []byte(subject)).Scan(&findings))
		if !strings.Contains(string(findings), c.want) {
			t.Errorf("%s: %s", subject, findings)
		}
	}
}

// startRspamd starts a filter that knows its makers' test mail and no rules, and
// returns its address. Its own list of domains takes half a minute to compile.
func startRspamd(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	port, err := program.FreePort()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "domains"), []byte("example\n"), 0o644))
	config := fmt.Sprintf(`options {
  pidfile = "%[1]s/pid"; control_socket = "%[1]s/control mode=0600"; tempdir = "%[1]s"; url_tld = "%[1]s/domains";
  filters = ""; disable_hyperscan = true; dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }
}
logging { type = "console"; level = "warning"; }
actions { reject = 15; add_header = 6; }
worker "normal" { bind_socket = "127.0.0.1:%[2]d"; count = 1; }
`, folder, port)
	must(t, os.WriteFile(filepath.Join(folder, "conf"), []byte(config), 0o644))
	run(t, folder, find(t, "rspamd"), "-f", "-i", "-c", filepath.Join(folder, "conf"))
	address := "http://" + program.Local(port)
	until(t, "rspamd answers", func() bool {
		res, err := http.Get(address + "/ping")
		if err != nil {
			return false
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
	return address
}
