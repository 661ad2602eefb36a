package email

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
)

// serveLMTP starts the LMTP server of a fresh adapter and stops it after the test.
func serveLMTP(t *testing.T, d channel.Host, address string) *Adapter {
	t.Helper()
	a, err := New(channel.Env{Host: d, SpoolDir: t.TempDir(), Settings: map[string]string{"lmtp": address, "hostname": "mx.lindenau.example"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Receive(ctx) }()
	<-a.Ready()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return a
}

// greetLMTP opens a conversation (RFC 2033 §4.1).
func greetLMTP(t *testing.T, network, address string) *talk {
	t.Helper()
	c := dialOn(t, network, address)
	c.expect("220")
	c.say("EHLO client.example") // no SMTP here
	c.expect("500")
	c.say("LHLO client.example")
	c.expect("250")
	return c
}

func TestLMTPAnswersForEachRecipient(t *testing.T) {
	d := newDesk()
	a := serveLMTP(t, d, "127.0.0.1:0")
	c := greetLMTP(t, "tcp", a.lmtp.address)
	c.say("MAIL FROM:<jonas@kunde.example>")
	c.expect("250")
	for _, to := range []string{"hilfe@lindenau.example", "abo@lindenau.example", "help+abc@lindenau.example"} {
		c.say("RCPT TO:<" + to + ">")
		c.expect("250")
	}
	c.say("RCPT TO:<niemand@lindenau.example>")
	c.expect("550")
	c.say("DATA")
	c.expect("354")
	c.write("From: jonas@kunde.example\r\nSubject: Frage\r\n\r\nText\r\n.\r\n")
	for _, to := range []string{"hilfe@lindenau.example", "abo@lindenau.example", "help+abc@lindenau.example"} {
		if got := c.expect("250"); !strings.Contains(got, "<"+to+">") {
			t.Errorf("answered %q for %s", got, to)
		}
	}
	all := d.all()
	if len(all) != 2 {
		t.Fatalf("%d arrivals, want one for each of two accounts", len(all))
	}
	for _, k := range all {
		if k.arrival.Trace.Peer != "" || k.arrival.Trace.Hello != "" || k.arrival.Trace.From != "jonas@kunde.example" {
			t.Errorf("trace = %+v", k.arrival.Trace)
		}
	}
}

// oneFull fails for one account and keeps what comes for the others.
type oneFull struct {
	*desk
	full int
}

func (d oneFull) Accept(ctx context.Context, a intake.Arrival) error {
	if a.AccountID == d.accounts[d.full].ID {
		return errs.New(errs.Unavailable, "error.unavailable")
	}
	return d.desk.Accept(ctx, a)
}

func TestLMTPTellsRecipientsApart(t *testing.T) {
	d := oneFull{newDesk(), 1}
	a := serveLMTP(t, d, "127.0.0.1:0")
	c := greetLMTP(t, "tcp", a.lmtp.address)
	c.say("MAIL FROM:<>")
	c.expect("250")
	for _, to := range []string{"abo@lindenau.example", "hilfe@lindenau.example"} {
		c.say("RCPT TO:<" + to + ">")
		c.expect("250")
	}
	c.say("DATA")
	c.expect("354")
	c.write("Subject: x\r\n\r\nText\r\n.\r\n")
	c.expect("451") // the first tries again
	c.expect("250") // the second has it
	if n := len(d.all()); n != 1 {
		t.Errorf("%d arrivals", n)
	}
}

func TestLMTPSocket(t *testing.T) {
	folder, err := os.MkdirTemp("", "lmtp") // names of sockets have to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "s")
	dead, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close() // what a process leaves behind that was killed
	d := newDesk()
	serveLMTP(t, d, path)
	c := greetLMTP(t, "unix", path)
	c.say("MAIL FROM:<jonas@kunde.example>")
	c.expect("250")
	c.say("RCPT TO:<hilfe@lindenau.example>")
	c.expect("250")
	c.say("DATA")
	c.expect("354")
	c.write("Subject: x\r\n\r\nText\r\n.\r\n")
	c.expect("250")
	if n := len(d.all()); n != 1 {
		t.Errorf("%d arrivals", n)
	}
	if _, err := listenLMTP(t.Context(), path); err == nil {
		t.Error("two servers at one socket")
	}
	file := filepath.Join(folder, "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listenLMTP(t.Context(), file); err == nil {
		t.Error("a file was replaced by a socket")
	}
}

func TestMailboxThatOnlySendsTakesNothing(t *testing.T) {
	d := newDesk()
	d.accounts[1].Receive.Way = catalog.ByNone
	d.accounts[2].Receive.Way = catalog.ByIMAP // fetched, and forwarded to us besides
	a := serveLMTP(t, d, "127.0.0.1:0")
	c := greetLMTP(t, "tcp", a.lmtp.address)
	c.say("MAIL FROM:<jonas@kunde.example>")
	c.expect("250")
	for to, code := range map[string]string{"abo@lindenau.example": "550", "hilfe@lindenau.example": "250", "service@other.example": "250"} {
		c.say("RCPT TO:<" + to + ">")
		c.expect(code)
	}
}
