package email

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/intake"
	"lotse/internal/platform/errs"
)

// talk is a plain SMTP conversation in a test.
type talk struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func dial(t testing.TB, address string) *talk {
	t.Helper()
	return dialOn(t, "tcp", address)
}

func dialOn(t testing.TB, network, address string) *talk {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &talk{t, conn, bufio.NewReader(conn)}
}

// hello opens a conversation and greets.
func hello(t testing.TB, address string) *talk {
	t.Helper()
	c := dial(t, address)
	c.expect("220")
	c.say("EHLO client.example")
	c.expect("250")
	return c
}

func (c *talk) write(s string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(s)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *talk) say(line string) { c.t.Helper(); c.write(line + "\r\n") }

// answer reads one answer of any number of lines.
func (c *talk) answer() string {
	c.t.Helper()
	var all strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			return all.String() + "(" + err.Error() + ")"
		}
		if len(line) < 4 || line[3] != '-' {
			return all.String()
		}
	}
}

func (c *talk) expect(prefix string) string {
	c.t.Helper()
	got := c.answer()
	if !strings.HasPrefix(got, prefix) {
		c.t.Fatalf("got %q, want %s", got, prefix)
	}
	return got
}

// deliver sends a whole mail and returns the answer to it.
func (c *talk) deliver(raw string, to ...string) string {
	c.t.Helper()
	c.say("MAIL FROM:<jana@post.example>")
	c.expect("250")
	for _, addr := range to {
		c.say("RCPT TO:<" + addr + ">")
		c.expect("250")
	}
	c.say("DATA")
	c.expect("354")
	c.write(strings.ReplaceAll(raw, "\r\n.", "\r\n..") + "\r\n.\r\n")
	return c.answer()
}

const shortMail = "From: jana@post.example\r\nTo: hilfe@lindenau.example\r\nSubject: Hallo\r\n\r\nText\r\n.Punkt"

func TestReceives(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	c := dial(t, a.Address())
	c.expect("220 mx.lindenau.example")
	c.say("EHLO client.example")
	offers := c.expect("250")
	for _, want := range []string{"SIZE 52428800", "8BITMIME", "PIPELINING", "SMTPUTF8"} {
		if !strings.Contains(offers, want) {
			t.Errorf("%s is not offered in %q", want, offers)
		}
	}
	if strings.Contains(offers, "STARTTLS") {
		t.Error("STARTTLS without a certificate")
	}
	if got := c.deliver(shortMail, "Hilfe+Tok@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	got := d.all()
	if len(got) != 1 || string(got[0].raw) != shortMail+"\r\n" {
		t.Fatalf("kept %d", len(got))
	}
	arrival := got[0].arrival
	if arrival.AccountID != d.accounts[0].ID || arrival.BrandID != d.accounts[0].BrandID || arrival.Channel != Kind {
		t.Errorf("arrival %+v", arrival)
	}
	want := intake.Trace{Peer: "127.0.0.1", Hello: "client.example", From: "jana@post.example", To: []string{"Hilfe+Tok@lindenau.example"}}
	if fmt.Sprint(arrival.Trace) != fmt.Sprint(want) {
		t.Errorf("trace %+v", arrival.Trace)
	}
}

func TestRecipients(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	c := hello(t, a.Address())
	c.say("MAIL FROM:<>")
	c.expect("250")
	for addr, want := range map[string]string{
		"nobody@lindenau.example":     "550 5.1.1",
		"hilfe@elsewhere.example":     "550 5.1.1",
		"postmaster@elsewhere.ex":     "550 5.1.1",
		"help@lindenau.example":       "250",
		"HILFE@LINDENAU.EXAMPLE":      "250",
		"postmaster@lindenau.example": "250",
		"Postmaster@other.example":    "250",
	} {
		c.say("RCPT TO:<" + addr + ">")
		if got := c.answer(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %s", addr, got, want)
		}
	}
	d.set(errDown, nil)
	c.say("RCPT TO:<hilfe@lindenau.example>")
	c.expect("451 4.3.0")
}

func TestOneArrivalPerAccount(t *testing.T) {
	d := newDesk()
	c := hello(t, serveMail(t, d, nil, nil).Address())
	if got := c.deliver(shortMail, "hilfe@lindenau.example", "help@lindenau.example", "abo@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	got := d.all()
	if len(got) != 2 {
		t.Fatalf("%d arrivals, want 2", len(got))
	}
	for _, k := range got {
		want := 1
		if k.arrival.AccountID == d.accounts[0].ID {
			want = 2
		}
		if len(k.arrival.Trace.To) != want {
			t.Errorf("recipients %q", k.arrival.Trace.To)
		}
	}
}

func TestSizes(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, map[string]string{"max_bytes": "3000000"}, nil)
	c := hello(t, a.Address())
	c.say("MAIL FROM:<jana@post.example> SIZE=60000000")
	c.expect("552 5.3.4")
	big := "From: jana@post.example\r\n\r\n" + strings.Repeat(strings.Repeat("x", 78)+"\r\n", 50_000)
	if got := c.deliver(big, "hilfe@lindenau.example"); !strings.HasPrefix(got, "552 5.3.4") {
		t.Errorf("undeclared oversize: %q", got)
	}
	middle := big[:2_000_000]
	if got := c.deliver(middle, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Errorf("2 MB: %q", got)
	}
	got := d.all()
	if len(got) != 1 || got[0].arrival.Spool == nil || len(got[0].raw) != len(middle)+2 {
		t.Fatalf("kept %d", len(got))
	}
	if files, _ := os.ReadDir(a.env.SpoolDir); len(files) != 0 {
		t.Errorf("%d spool files stay behind", len(files))
	}
}

func TestRefusesForNow(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"database away": {errDown, "451 4.3.0"},
		"too large":     {errs.New(errs.TooLarge, "x"), "552 5.3.4"},
		"anything else": {errors.New("disk on fire"), "451"},
	} {
		t.Run(name, func(t *testing.T) {
			s := hello(t, a.Address())
			d.set(nil, c.err)
			if got := s.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, c.want) || strings.Contains(got, "fire") {
				t.Errorf("got %q, want %s", got, c.want)
			}
			d.set(nil, nil)
			if got := s.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
				t.Errorf("afterwards %q", got)
			}
		})
	}
	d.set(errDown, nil)
	s := hello(t, a.Address())
	s.say("MAIL FROM:<jana@post.example>")
	s.expect("250")
	s.say("RCPT TO:<hilfe@lindenau.example>")
	if got := s.expect("451 4.3.0"); !strings.Contains(got, "try again later") {
		t.Errorf("answer %q", got)
	}
}

func TestOneAccountFailsForNow(t *testing.T) {
	d := newDesk()
	s := &session{server: &server{adapter: &Adapter{host: failing{d, errs.New(errs.TooLarge, "x"), errDown}}}, conn: &guarded{Conn: fakeConn{}}}
	e := envelope{}
	e.add(d.accounts[0], "a@x")
	e.add(d.accounts[1], "b@x")
	for range 50 {
		if err := s.deliver(e, &input{}); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("got %v: a passing fault must win", err)
		}
	}
}

func TestSpoolDiskFull(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	a.env.SpoolDir = a.env.SpoolDir + "/gone"
	c := hello(t, a.Address())
	big := "From: jana@post.example\r\n\r\n" + strings.Repeat(strings.Repeat("x", 78)+"\r\n", 20_000)
	if got := c.deliver(big, "hilfe@lindenau.example"); !strings.HasPrefix(got, "451 4.3.0") {
		t.Errorf("got %q", got)
	}
	if got := c.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Errorf("afterwards %q", got)
	}
}

func TestLoops(t *testing.T) {
	d := newDesk()
	c := hello(t, serveMail(t, d, nil, nil).Address())
	if got := c.deliver(strings.Repeat("Received: from a by b\r\n", 51)+shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "554 5.4.6") {
		t.Errorf("got %q", got)
	}
	if got := c.deliver(strings.Repeat("Received: from a by b\r\n", 50)+shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Errorf("got %q", got)
	}
}

func TestOddMailPassesThePort(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	c := hello(t, a.Address())
	for name, raw := range map[string]string{
		"line of 1 MB":   "From: jana@post.example\r\nSubject: " + strings.Repeat("A", 1<<20) + "\r\n\r\nText",
		"NUL bytes":      "From: jana@post.example\r\n\r\na\x00b",
		"8 bit":          "From: jana@post.example\r\n\r\nGr\xfc\xdfe",
		"5,000 parts":    partsOf(5000),
		"bare line feed": "From: jana@post.example\n\nText\n.\nMAIL FROM:<evil@x.example>\n",
	} {
		if got := c.deliver(raw, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
			t.Fatalf("%s: %q", name, got)
		}
		all := d.all()
		if string(all[len(all)-1].raw) != raw+"\r\n" {
			t.Errorf("%s: was changed on the way", name)
		}
	}
	if got := c.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Errorf("the next mail: %q", got)
	}
}

func TestCorpusThroughThePort(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	c := hello(t, a.Address())
	sent := 0
	corpus(t, func(name string, raw []byte) {
		wire := bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		wire = bytes.TrimRight(wire, "\r\n")
		if bytes.HasPrefix(wire, []byte(".")) {
			wire = append([]byte("."), wire...)
		}
		if got := c.deliver(string(wire), "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
			t.Fatalf("%s: %q", name, got)
		}
		sent++
	})
	for _, k := range d.all() {
		in, err := a.Read(t.Context(), bytes.NewReader(k.raw), k.arrival.Trace)
		var u *intake.Unreadable
		if err != nil && !errors.As(err, &u) {
			t.Errorf("neither message nor Unreadable: %v", err)
		}
		if err == nil {
			checkSane(t, "corpus", in)
		}
	}
	if len(d.all()) != sent {
		t.Errorf("%d of %d mails kept", len(d.all()), sent)
	}
}

func TestChunking(t *testing.T) {
	d := newDesk()
	c := hello(t, serveMail(t, d, nil, nil).Address())
	c.say("MAIL FROM:<jana@post.example> BODY=8BITMIME")
	c.expect("250")
	c.say("RCPT TO:<hilfe@lindenau.example>")
	c.expect("250")
	half := len(shortMail) / 2
	c.write(fmt.Sprintf("BDAT %d\r\n%s", half, shortMail[:half]))
	c.expect("250")
	c.write(fmt.Sprintf("BDAT %d LAST\r\n%s", len(shortMail)-half, shortMail[half:]))
	c.expect("250")
	if got := d.all(); len(got) != 1 || string(got[0].raw) != shortMail {
		t.Errorf("kept %d", len(got))
	}
	c.say("MAIL FROM:<jana@post.example>")
	c.expect("250")
	c.say("RCPT TO:<hilfe@lindenau.example>")
	c.expect("250")
	c.write("BDAT 5\r\nFrom:")
	c.expect("250")
	c.say("RSET")
	c.expect("250")
	if got := c.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Errorf("after a reset: %q", got)
	}
	if len(d.all()) != 2 {
		t.Errorf("kept %d, want 2", len(d.all()))
	}
}

func TestBadPeers(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	t.Run("harvesting", func(t *testing.T) {
		c := hello(t, a.Address())
		c.say("MAIL FROM:<x@y.example>")
		c.expect("250")
		for range maxRefused {
			c.say("RCPT TO:<guess@lindenau.example>")
			c.expect("550")
		}
		c.say("RCPT TO:<guess@lindenau.example>")
		c.expect("421 4.7.0")
		if _, err := c.r.ReadByte(); err == nil {
			t.Error("the connection stays open")
		}
	})
	t.Run("endless command", func(t *testing.T) {
		c := hello(t, a.Address())
		go func() { _, _ = c.conn.Write(bytes.Repeat([]byte("x"), 1<<20)) }()
		if got := c.answer(); !strings.HasPrefix(got, "421") && !strings.Contains(got, "reset") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("verify and expand", func(t *testing.T) {
		c := hello(t, a.Address())
		c.say("VRFY hilfe")
		c.expect("252")
		c.say("EXPN hilfe")
		c.expect("502")
	})
	t.Run("101 recipients", func(t *testing.T) {
		c := hello(t, a.Address())
		c.say("MAIL FROM:<x@y.example>")
		c.expect("250")
		for i := range maxRecipients {
			c.say(fmt.Sprintf("RCPT TO:<hilfe+%d@lindenau.example>", i))
			c.expect("250")
		}
		c.say("RCPT TO:<hilfe@lindenau.example>")
		c.expect("452")
	})
}

func TestConnectionsPerPeer(t *testing.T) {
	a := serveMail(t, newDesk(), nil, nil)
	var open []*talk
	for range maxConnsPerPeer {
		c := dial(t, a.Address())
		c.expect("220")
		open = append(open, c)
	}
	dial(t, a.Address()).expect("421 4.7.0")
	open[0].say("QUIT")
	open[0].expect("221")
	if _, err := open[0].r.ReadByte(); err == nil {
		t.Fatal("still open")
	}
	for {
		c := dial(t, a.Address())
		if got := c.answer(); strings.HasPrefix(got, "220") {
			return // the place is free again; a deadline of the conversation ends a vain wait
		}
	}
}

func TestStartTLS(t *testing.T) {
	cfg, roots := certificate(t)
	d := newDesk()
	a := serveMail(t, d, nil, cfg)
	c := dial(t, a.Address())
	c.expect("220")
	c.say("EHLO client.example")
	if offers := c.expect("250"); !strings.Contains(offers, "STARTTLS") {
		t.Fatalf("offers %q", offers)
	}
	c.write("STARTTLS\r\nMAIL FROM:<injected@x.example>\r\n")
	c.expect("220")
	secured := tls.Client(c.conn, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	c.conn, c.r = secured, bufio.NewReader(secured)
	c.say("RCPT TO:<hilfe@lindenau.example>")
	c.expect("502") // what came before TLS is forgotten
	c.say("EHLO client.example")
	c.expect("250")
	if got := c.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	if got := d.all(); !got[0].arrival.Trace.TLS {
		t.Error("the trace does not say TLS")
	}
}

func TestGracefulStop(t *testing.T) {
	d := newDesk()
	d.wait = make(chan struct{})
	a, stop := serveUntil(t, d, nil, nil)
	idle := hello(t, a.Address())
	busy := hello(t, a.Address())
	busy.say("MAIL FROM:<jana@post.example>")
	busy.expect("250")
	busy.say("RCPT TO:<hilfe@lindenau.example>")
	busy.expect("250")
	busy.say("DATA")
	busy.expect("354")
	busy.write("From: jana@post.example\r\n\r\nText")
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	idle.expect("421")
	busy.write("\r\n.\r\n")
	close(d.wait)
	busy.expect("250")
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if len(d.all()) != 1 {
		t.Errorf("kept %d", len(d.all()))
	}
	if _, err := net.Dial("tcp", a.Address()); err == nil {
		t.Error("the port is still open")
	}
}

func TestManyConnectionsAtOnce(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := hello(t, a.Address())
			for range 25 {
				if got := c.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
	if len(d.all()) != 200 {
		t.Errorf("kept %d", len(d.all()))
	}
}

func TestWithoutAPort(t *testing.T) {
	a, stop := serveUntil(t, newDesk(), map[string]string{"listen": ""}, nil)
	if a.Address() != "" {
		t.Errorf("address %q", a.Address())
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	for field, settings := range map[string]map[string]string{
		"listen":    {"listen": "25"},
		"hostname":  {"hostname": "a b"},
		"max_bytes": {"max_bytes": "12"},
	} {
		_, err := New(envWith(settings))
		if f := errs.Fields(err); len(f) != 1 || f[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	d := newDesk()
	a := serveMail(b, d, nil, nil)
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		c := hello(b, a.Address())
		_ = c.conn.SetDeadline(time.Time{})
		for pb.Next() {
			if got := c.deliver(shortMail, "hilfe@lindenau.example"); !strings.HasPrefix(got, "250") {
				b.Fatal(got)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
