//go:build peers

package peers

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lotse/test/program"
)

// swaks sends a mail as the program swaks does and returns its talk with the server.
func swaks(t *testing.T, desk *program.Desk, subject string, args ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(desk.SMTP)
	must(t, err)
	all := append([]string{"--server", host, "--port", port, "--from", "jonas@kunde.example", "--to", program.Mailbox,
		"--header", "Subject: " + subject, "--body", "Mein Zaehler steht still."}, args...)
	said, err := exec.CommandContext(t.Context(), find(t, "swaks"), all...).CombinedOutput()
	if err != nil {
		t.Fatalf("swaks: %v\n%s", err, said)
	}
	return string(said)
}

var caseLink = regexp.MustCompile(`/cases/(L-[0-9A-Z]{4}-[0-9A-Z]{2})`)

// caseOf waits until a case with the subject is in the list and returns its page.
func caseOf(t *testing.T, web *program.Web, subject string) (number, page string) {
	t.Helper()
	until(t, "the case "+subject+" is in the list", func() bool {
		list, err := web.Page(t.Context(), "/cases")
		must(t, err)
		if !strings.Contains(list, subject) {
			return false
		}
		found := caseLink.FindStringSubmatch(list)
		if found == nil {
			t.Fatal("the list shows a case without a link to it")
		}
		number = found[1]
		return true
	})
	page, err := web.Page(t.Context(), "/cases/"+number)
	must(t, err)
	return number, page
}

func TestSwaksWithAttachment(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	desk := newDesk(t, program.Options{RelayPort: sink.Port})
	start(t, desk)
	photo := make([]byte, 200<<10)
	_, _ = rand.Read(photo)
	file := filepath.Join(t.TempDir(), "Zaehler 1.jpg")
	must(t, os.WriteFile(file, photo, 0o600))
	swaks(t, desk, "Zaehler defekt", "--attach-type", "image/jpeg", "--attach-name", "Zaehler 1.jpg", "--attach", "@"+file)

	web := signIn(t, desk)
	number, page := caseOf(t, web, "Zaehler defekt")
	if !strings.Contains(page, "Mein Zaehler steht still.") {
		t.Error("the page of the case does not show the text")
	}
	link := regexp.MustCompile(`href="(/attachments/[^"]+)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("the page of the case has no link to the attachment")
	}
	res, err := web.Get(t.Context(), link[1])
	must(t, err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK || !bytes.Equal(got, photo) {
		t.Errorf("the attachment: %s, %d bytes, the same: %v", res.Status, len(got), bytes.Equal(got, photo))
	}
	if h := res.Header; !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the attachment comes without care: %v", h)
	}
	if !sink.Wait(1, patience) {
		t.Fatal("no acknowledgement")
	}
	if ack := sink.Mails()[0]; ack.To != "jonas@kunde.example" || !strings.Contains(decoded(t, ack.Header.Get("Subject")), number) {
		t.Errorf("acknowledgement to %s: %s", ack.To, ack.Header.Get("Subject"))
	}
}

func TestSwaksOverSTARTTLS(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	cert, key := certificate(t, t.TempDir())
	desk := newDesk(t, program.Options{RelayPort: sink.Port, Secure: true, Flags: []string{"--tls-cert", cert, "--tls-key", key, "--url", "https://localhost"}})
	start(t, desk)
	said := swaks(t, desk, "Umzug", "--tls", "--tls-verify", "--tls-ca-path", cert)
	if !strings.Contains(said, "TLS started with cipher") {
		t.Errorf("swaks did not encrypt:\n%s", said)
	}
	caseOf(t, signIn(t, desk), "Umzug")
	check := openCheck(t, desk)
	n, err := check.Number(t.Context(), "SELECT count(*) FROM envelopes WHERE CAST(trace AS TEXT) LIKE '%\"TLS\":true%'")
	must(t, err)
	if n != 1 {
		t.Error("the envelope does not say that it came encrypted")
	}
}
