//go:build peers

package peers

import (
	"io"
	"net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"lotse/test/program"
)

// TestPostfix lives through a customer's whole concern: the mail comes in by a
// real mail server, acknowledgement and answer go out by it, the customer
// answers, and mail that is sent while the desk is down comes later.
func TestPostfix(t *testing.T) {
	t.Parallel()
	port, err := program.FreePort()
	must(t, err)
	server := newMailServer(t, port)
	cert, key := certificate(t, t.TempDir())
	desk := newDesk(t, program.Options{SMTPPort: port, RelayPort: server.smtp, RelayTLS: true, Secure: true,
		Flags: []string{"--tls-cert", cert, "--tls-key", key, "--url", "https://localhost"}, Env: []string{"SSL_CERT_FILE=" + server.cert}})
	start(t, desk)

	first := program.Letter{ID: "frage.1@kunde.example", From: "jonas@kunde.example", Name: "Jonas Ott", Subject: "Abschlag zu hoch", Bytes: 600}
	must(t, program.SendOne(server.address(), first.Mail(1)))
	number, _ := caseOf(t, signIn(t, desk), first.Subject)
	ack := server.waitForMail(t, first.From, 1)
	checkHeaders(t, ack, number, first.ID)
	checkAck(t, ack, number)

	answer := answerIt(t, desk, server, number)
	checkHeaders(t, answer, number, first.ID)
	if got := answer.Header.Get("References"); !strings.Contains(got, "<"+first.ID+">") {
		t.Errorf("the answer's References are %q", got)
	}

	followUp(t, server, desk, answer, number)
	whileDown(t, server, desk)
}

// checkHeaders looks at what every mail of the desk has to carry.
func checkHeaders(t *testing.T, m *mail.Message, number, answers string) {
	t.Helper()
	h := m.Header
	if from, err := mail.ParseAddress(h.Get("From")); err != nil || from.Address != program.Mailbox || from.Name != "Stadtwerke Lindenau" {
		t.Errorf("From: %s (%v)", h.Get("From"), err)
	}
	if to, err := mail.ParseAddress(h.Get("To")); err != nil || to.Address != "jonas@kunde.example" {
		t.Errorf("To: %s (%v)", h.Get("To"), err)
	}
	if at, err := h.Date(); err != nil || time.Since(at).Abs() > 5*time.Minute {
		t.Errorf("Date: %s (%v)", h.Get("Date"), err)
	}
	if got := h.Get("In-Reply-To"); got != "<"+answers+">" {
		t.Errorf("In-Reply-To: %s, want <%s>", got, answers)
	}
	if id := h.Get("Message-Id"); !strings.HasSuffix(id, "@lindenau.example>") {
		t.Errorf("Message-ID: %s", id)
	}
	reply, err := mail.ParseAddress(h.Get("Reply-To"))
	if err != nil || !strings.HasPrefix(reply.Address, "hilfe+") || !strings.HasSuffix(reply.Address, "@lindenau.example") {
		t.Errorf("Reply-To: %s (%v)", h.Get("Reply-To"), err)
	}
	// Each mail has a return path of its own; answers go to that of the case.
	if back := strings.Trim(h.Get("Return-Path"), "<>"); err == nil && (back == reply.Address || !strings.HasPrefix(back, "hilfe+v") || !strings.HasSuffix(back, "@lindenau.example")) {
		t.Errorf("Return-Path is %s, Reply-To %s", back, reply.Address)
	}
	if got := strings.Join(h["Received"], "\n"); !strings.Contains(got, "with ESMTPS") {
		t.Errorf("the desk did not hand it over encrypted:\n%s", got)
	}
	if h.Get("X-Lotse") == "" || h.Get("Mime-Version") != "1.0" {
		t.Errorf("X-Lotse: %q, MIME-Version: %q", h.Get("X-Lotse"), h.Get("Mime-Version"))
	}
}

func checkAck(t *testing.T, m *mail.Message, number string) {
	t.Helper()
	if got := m.Header.Get("Auto-Submitted"); got != "auto-replied" {
		t.Errorf("Auto-Submitted: %q", got)
	}
	subject := decoded(t, m.Header.Get("Subject"))
	if !strings.Contains(subject, number) || strings.Contains(subject, "Abschlag") {
		t.Errorf("the acknowledgement's subject is %q", subject)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || !strings.Contains(string(body), number) || strings.Contains(string(body), "Jonas") {
		t.Errorf("the acknowledgement says (%v):\n%s", err, body)
	}
}

// answerIt answers a case as staff does, and returns what the customer got.
func answerIt(t *testing.T, desk *program.Desk, server *mailServer, number string) *mail.Message {
	t.Helper()
	web, path := signIn(t, desk), "/cases/"+number
	must(t, web.Submit(t.Context(), path, path+"/reply", url.Values{"reply": {"Guten Tag, der Abschlag ist **berichtigt**."}, "next": {"answered"}}))
	m := server.waitForMail(t, "jonas@kunde.example", 2)
	if got := m.Header.Get("Subject"); got != "Re: Abschlag zu hoch" {
		t.Errorf("the answer's subject is %q", got)
	}
	if got := m.Header.Get("Auto-Submitted"); got != "" {
		t.Errorf("a person's answer says Auto-Submitted: %s", got)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || !strings.Contains(string(body), "der Abschlag ist") || !strings.Contains(string(body), "multipart/alternative") && !strings.Contains(m.Header.Get("Content-Type"), "multipart/alternative") {
		t.Errorf("the answer says (%v):\n%s", err, body)
	}
	check := openCheck(t, desk)
	until(t, "the answer is known as sent, with Postfix's words", func() bool {
		all, err := check.Deliveries(t.Context())
		must(t, err)
		last := all[len(all)-1]
		return last.State == program.DeliverySent && strings.Contains(last.Words, "queued as")
	})
	return m
}

// followUp writes from another address to the address the answer came with: the
// signed token alone brings it to its case.
func followUp(t *testing.T, server *mailServer, desk *program.Desk, answer *mail.Message, number string) {
	t.Helper()
	reply, err := mail.ParseAddress(answer.Header.Get("Reply-To"))
	must(t, err)
	raw := "Message-ID: <danke.2@kunde.example>\r\nFrom: anna@kunde.example\r\nTo: " + reply.Address +
		"\r\nSubject: Danke\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n\r\nVielen Dank!\r\n"
	must(t, program.SendOne(server.address(), program.NewMail("danke.2@kunde.example", "anna@kunde.example", reply.Address, []byte(raw))))
	check := openCheck(t, desk)
	until(t, "the customer's answer is in", func() bool { return inbound(t, check)["danke.2@kunde.example"] != nil })
	all := inbound(t, check)
	if all["danke.2@kunde.example"][0] != all["frage.1@kunde.example"][0] {
		t.Error("the customer's answer opened a case of its own")
	}
	n, err := check.Number(t.Context(), "SELECT count(*) FROM cases")
	must(t, err)
	if n != 1 {
		t.Errorf("%d cases, want 1", n)
	}
}

// whileDown sends a mail while the desk is stopped: Postfix keeps it and brings
// it once, when the desk is back.
func whileDown(t *testing.T, server *mailServer, desk *program.Desk) {
	t.Helper()
	must(t, desk.Stop())
	late := program.Letter{ID: "spaet.3@kunde.example", From: "jonas@kunde.example", Name: "Jonas Ott", Subject: "Noch eine Frage", Bytes: 600}
	must(t, program.SendOne(server.address(), late.Mail(3)))
	until(t, "Postfix has put the mail off", func() bool { return server.said("status=deferred") })
	start(t, desk)
	check := openCheck(t, desk)
	until(t, "the late mail is in", func() bool { return inbound(t, check)[late.ID] != nil })
	server.waitForMail(t, late.From, 3) // its acknowledgement
	if n := len(inbound(t, check)[late.ID]); n != 1 {
		t.Errorf("the late mail is there %d times", n)
	}
}

// inbound returns the cases of each message that came in, by Message-ID.
func inbound(t *testing.T, check *program.Check) map[string][]string {
	t.Helper()
	entries, err := check.Inbound(t.Context())
	must(t, err)
	found := map[string][]string{}
	for _, e := range entries {
		found[e.ExternalID] = append(found[e.ExternalID], e.CaseID)
	}
	return found
}
