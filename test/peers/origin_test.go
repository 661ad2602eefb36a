//go:build peers

package peers

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/miekg/dns"

	"lotse/test/program"
)

// TestOrigin: what a real server signs is proven, what only claims to be of the
// same sender stays out of the case, although it names its mail.
func TestOrigin(t *testing.T) {
	t.Parallel()
	port, err := program.FreePort()
	must(t, err)
	server := newMailServer(t, port)
	record := signWith(t, server)
	sink := newSink(t)
	desk := newDesk(t, program.Options{SMTPPort: port, RelayPort: sink.Port, Env: []string{"LOTSE_MAIL_CHECKS=true"},
		Flags: []string{"--mail-relay", "127.0.0.0/8", "--dns", nameServer(t, map[string]string{
			"k._domainkey.kunde.example.": record, "_dmarc.kunde.example.": "v=DMARC1; p=reject", "kunde.example.": "v=spf1 -all",
		})}})
	start(t, desk)

	swaksTo(t, server.address(), "Abschlag zu hoch", "--header", "Message-Id: <frage.1@kunde.example>")
	checked(t, desk, "dkim", "pass", 1)
	checked(t, desk, "dmarc", "pass", 1)
	swaksTo(t, server.address(), "Re: Abschlag zu hoch", "--header", "Message-Id: <frage.2@kunde.example>", "--header", "In-Reply-To: <frage.1@kunde.example>")
	checked(t, desk, "dmarc", "pass", 2)
	swaksTo(t, desk.SMTP, "Re: Abschlag zu hoch", "--header", "Message-Id: <falle@kunde.example>", "--header", "In-Reply-To: <frage.1@kunde.example>")
	checked(t, desk, "dmarc", "fail", 1)

	check := openCheck(t, desk)
	must(t, check.Settle(t.Context(), patience))
	all, err := check.Inbound(t.Context())
	must(t, err)
	cases := map[string]string{}
	for _, m := range all {
		cases[m.ExternalID] = m.CaseID
	}
	if len(cases) != 3 || cases["frage.1@kunde.example"] != cases["frage.2@kunde.example"] || cases["falle@kunde.example"] == cases["frage.1@kunde.example"] {
		t.Errorf("cases: %q", cases)
	}
}

// swaksTo sends a mail of Jonas to a server.
func swaksTo(t *testing.T, address, subject string, args ...string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	must(t, err)
	all := append([]string{"--server", host, "--port", port, "--from", "jonas@kunde.example", "--to", program.Mailbox,
		"--header", "Subject: " + subject, "--body", "Mein Zaehler steht still."}, args...)
	if said, err := exec.CommandContext(t.Context(), find(t, "swaks"), all...).CombinedOutput(); err != nil {
		t.Fatalf("swaks: %v\n%s", err, said)
	}
}

// checked waits until a check came out so n times.
func checked(t *testing.T, desk *program.Desk, check, verdict string, n int) {
	t.Helper()
	name := fmt.Sprintf("lotse_mail_checks_total{check=%q,verdict=%q}", check, verdict)
	until(t, fmt.Sprintf("%s is %d", name, n), func() bool {
		m, err := desk.Metrics(t.Context())
		must(t, err)
		return m[name] == float64(n)
	})
}

// filter lets OpenDKIM with a configuration see all that passes the mail server.
func filter(t *testing.T, s *mailServer, folder, config string, port int) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(folder, "conf"), []byte(config), 0o644))
	run(t, folder, find(t, "opendkim"), "-f", "-x", filepath.Join(folder, "conf"))
	waitForPort(t, "OpenDKIM", port)
	main, err := os.OpenFile(s.path("postfix/main.cf"), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = fmt.Fprintf(main, "smtpd_milters=inet:127.0.0.1:%d\n", port)
	must(t, err)
	must(t, main.Close())
	s.postfix(t, "reload")
}

// signWith lets OpenDKIM sign what passes the mail server and returns the record
// of its key.
func signWith(t *testing.T, s *mailServer) string {
	t.Helper()
	port, err := program.FreePort()
	must(t, err)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	folder, err := os.MkdirTemp(s.folder, "dkim-")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "key"), pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "inside"), []byte("127.0.0.1\n"), 0o644))
	config := fmt.Sprintf("Mode s\nDomain kunde.example\nSelector k\nKeyFile %[1]s/key\nSocket inet:%[2]d@127.0.0.1\nCanonicalization relaxed/simple\nSyslog no\nRequireSafeKeys no\nInternalHosts %[1]s/inside\n", folder, port)
	filter(t, s, folder, config, port)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(t, err)
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
}

// run starts a program that ends with the test. What it says is in the folder.
func run(t *testing.T, folder, path string, args ...string) *exec.Cmd {
	t.Helper()
	log, err := os.Create(filepath.Join(folder, filepath.Base(path)+".log"))
	must(t, err)
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	must(t, cmd.Start())
	must(t, log.Close())
	t.Cleanup(func() {
		stop(cmd)
		if t.Failed() {
			t.Logf("%s says:\n%s", filepath.Base(path), tail(log.Name()))
		}
	})
	return cmd
}

// stop ends a program that was started; again does nothing.
func stop(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
}

// nameServer answers for some TXT records and returns its address.
func nameServer(t *testing.T, records map[string]string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		asked := q.Question[0]
		text, ok := records[strings.ToLower(asked.Name)]
		switch {
		case !ok:
			m.Rcode = dns.RcodeNameError
		case asked.Qtype == dns.TypeTXT:
			rr := &dns.TXT{Hdr: dns.RR_Header{Name: asked.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60}}
			for ; len(text) > 250; text = text[250:] {
				rr.Txt = append(rr.Txt, text[:250])
			}
			rr.Txt = append(rr.Txt, text)
			m.Answer = []dns.RR{rr}
		}
		_ = w.WriteMsg(m)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		conn.Close()
		<-ended
	})
	return conn.LocalAddr().String()
}
