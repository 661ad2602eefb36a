package email

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// script says how a test server answers; "" is the friendly answer and "drop"
// closes the connection.
type script struct {
	greeting, ehlo, auth, mail, rcpt, data, dot string
	offers                                      []string
	tls                                         *tls.Config // offers STARTTLS
	implicit                                    bool        // TLS from the start
	dropInData                                  bool
	inData                                      string // said after the first line of a mail, before it closes
	onceOnly                                    bool   // drops the connection before the second MAIL
	most                                        int    // connections taken at once; zero: any number
	slow                                        time.Duration
}

// scripted is a server that follows a script and remembers what it heard.
type scripted struct {
	script
	l     net.Listener
	mu    sync.Mutex
	heard []string // command lines
	mails []string
	conns int
	open  int
	bad   []string // access tokens that are refused
}

// refuseToken refuses an access token from now on.
func (s *scripted) refuseToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad = append(s.bad, token)
}

// refuses reports whether a line holds a token that is refused.
func (s *scripted) refuses(line string) bool {
	parts := strings.Fields(line)
	raw, _ := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.bad, func(token string) bool { return strings.Contains(string(raw), "Bearer "+token+"\x01") })
}

// enter counts a connection in and reports whether it may stay.
func (s *scripted) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	return s.most == 0 || s.open <= s.most
}

func (s *scripted) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}

func startScript(t testing.TB, s script) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.implicit {
		l = tls.NewListener(l, s.tls)
	}
	srv := &scripted{script: s, l: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			srv.mu.Lock()
			srv.conns++
			srv.mu.Unlock()
			go srv.serve(conn)
		}
	}()
	return srv
}

func (s *scripted) relay(security string) outbox.Relay {
	addr := s.l.Addr().(*net.TCPAddr)
	return outbox.Relay{Host: "127.0.0.1", Port: addr.Port, Security: security, Hello: "desk.lindenau.example"}
}

func (s *scripted) commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}

func (s *scripted) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	reply := func(answer, friendly string) bool {
		if answer == "drop" {
			return false
		}
		if answer == "" {
			answer = friendly
		}
		_, err := conn.Write([]byte(answer + "\r\n"))
		return err == nil
	}
	defer s.leave()
	if !s.enter() {
		_ = reply("421 4.3.2 too many connections", "")
		return
	}
	if !reply(s.greeting, "220 test") {
		return
	}
	mails := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		s.mu.Lock()
		s.heard = append(s.heard, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		ok := true
		switch verb {
		case "EHLO":
			offers := append([]string{"250-test"}, s.offers...)
			if s.tls != nil && !s.implicit {
				offers = append(offers, "250-STARTTLS")
			}
			ok = reply(s.ehlo, strings.Join(append(offers, "250 8BITMIME"), "\r\n"))
		case "STARTTLS":
			_ = reply("", "220 go")
			secured := tls.Server(conn, s.tls)
			conn, r = secured, bufio.NewReader(secured)
		case "AUTH":
			if s.refuses(line) {
				_ = reply("334 eyJzdGF0dXMiOiI0MDEifQ==", "")
				_, _ = r.ReadString('\n')
				_ = reply("535 5.7.8 token refused", "")
				return
			}
			ok = reply(s.auth, "235 ok")
		case "MAIL":
			if mails++; mails > 1 && s.onceOnly {
				return
			}
			ok = reply(s.mail, "250 ok")
		case "RCPT":
			ok = reply(s.rcpt, "250 ok")
		case "DATA":
			if ok = reply(s.data, "354 go"); ok && (s.data == "" || strings.HasPrefix(s.data, "354")) {
				time.Sleep(s.slow)
				ok = s.takeData(conn, r) && reply(s.dot, "250 2.0.0 queued as 4711")
			}
		case "QUIT":
			_ = reply("", "221 bye")
			return
		default:
			ok = reply("", "250 ok")
		}
		if !ok {
			return
		}
	}
}

func (s *scripted) takeData(conn net.Conn, r *bufio.Reader) bool {
	if s.dropInData || s.inData != "" {
		_, _ = r.ReadString('\n')
		_, _ = io.WriteString(conn, s.inData)
		return false
	}
	var mail strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			s.mu.Lock()
			s.mails = append(s.mails, mail.String())
			s.mu.Unlock()
			return true
		}
		mail.WriteString(strings.TrimPrefix(line, "."))
	}
}

func outgoing() outbox.Outgoing {
	return outbox.Outgoing{
		DeliveryID: ids.New(), ExternalID: "lotse.1@lindenau.example", InReplyTo: "abc@post.example", References: []string{"a@post.example", "abc@post.example"},
		FromName: "Stadtwerke Lindenau, Service", From: "hilfe@lindenau.example", ReplyTo: "hilfe+tok@lindenau.example", ReturnPath: "hilfe@lindenau.example",
		ToName: "Jana Müller", To: "jana@post.example", Subject: "Re: Straße gesperrt – L-4F7K-92 🚧", Text: "Guten Tag,\n\nschöne Grüße 🚧\n.\n.. Ende\n",
		Language: "de", Date: time.Date(2026, 3, 3, 8, 15, 0, 0, time.UTC),
	}
}

// long makes a mail larger than any buffer on the way.
func long(m outbox.Outgoing) outbox.Outgoing {
	m.Text = strings.Repeat("Zeile mit etwas Text\n", 500_000)
	return m
}

func TestOutcomes(t *testing.T) {
	cfg, roots := certificate(t)
	cases := map[string]struct {
		script    script
		security  string
		user      string
		outcome   outbox.Outcome // 0: sent
		code      int
		words     string
		reason    string
		committed bool
		long      bool
	}{
		"accepted":                 {words: "queued as 4711", committed: true},
		"251 is a yes":             {script: script{dot: "251 forwarded"}, words: "forwarded", committed: true},
		"greeting 421":             {script: script{greeting: "421 busy"}, outcome: outbox.Retry, code: 421, words: "busy"},
		"greeting 554":             {script: script{greeting: "554 go away"}, outcome: outbox.Retry, code: 554, words: "go away"},
		"no greeting":              {script: script{greeting: "drop"}, outcome: outbox.Retry},
		"not smtp":                 {script: script{greeting: "HTTP/1.1 400 Bad Request"}, outcome: outbox.Retry},
		"hello 421":                {script: script{ehlo: "421 later"}, outcome: outbox.Retry, code: 421},
		"mail 450":                 {script: script{mail: "450 4.2.1 later"}, outcome: outbox.Retry, code: 450, words: "4.2.1 later"},
		"mail 550":                 {script: script{mail: "550 no"}, outcome: outbox.Rejected, code: 550},
		"mail wants sign-in":       {script: script{mail: "530 5.7.0 authenticate first"}, outcome: outbox.Retry, code: 530},
		"rcpt 450":                 {script: script{rcpt: "450 4.7.1 greylisted"}, outcome: outbox.Retry, code: 450, words: "greylisted"},
		"rcpt 550":                 {script: script{rcpt: "550-5.1.1 unknown\r\n550 5.1.1 user"}, outcome: outbox.Rejected, code: 550, words: "unknown user"},
		"rcpt drop":                {script: script{rcpt: "drop"}, outcome: outbox.Retry},
		"data 451":                 {script: script{data: "451 later"}, outcome: outbox.Retry, code: 451},
		"data 554":                 {script: script{data: "554 no"}, outcome: outbox.Rejected, code: 554},
		"late 451":                 {script: script{dot: "451 later"}, outcome: outbox.Retry, code: 451, committed: true},
		"late 550":                 {script: script{dot: "550 5.7.1 spam"}, outcome: outbox.Rejected, code: 550, words: "spam", committed: true},
		"dropped before the dot":   {script: script{dropInData: true}, outcome: outbox.Retry, long: true},
		"refused in the middle":    {script: script{inData: "552-5.3.4 too\r\n552 5.3.4 large\r\n"}, outcome: outbox.Rejected, code: 552, words: "large", reason: "mesgtoobig", long: true},
		"refused within TLS":       {script: script{inData: "552 5.3.4 too large\r\n", tls: cfg}, security: "starttls", outcome: outbox.Rejected, code: 552, reason: "mesgtoobig", long: true},
		"put off in the middle":    {script: script{inData: "452 4.3.1 disk full\r\n"}, outcome: outbox.Retry, code: 452, words: "disk full", long: true},
		"half a word, then gone":   {script: script{inData: "55"}, outcome: outbox.Retry, long: true},
		"dropped after the dot":    {script: script{dot: "drop"}, outcome: outbox.Uncertain, committed: true},
		"nonsense after the dot":   {script: script{dot: "ok"}, outcome: outbox.Uncertain, committed: true},
		"3xx after the dot":        {script: script{dot: "354 more"}, outcome: outbox.Uncertain, code: 354, committed: true},
		"no starttls":              {security: "starttls", outcome: outbox.Retry, words: "no STARTTLS"},
		"starttls":                 {script: script{tls: cfg}, security: "starttls", words: "queued", committed: true},
		"tls":                      {script: script{tls: cfg, implicit: true}, security: "tls", words: "queued", committed: true},
		"tls expected, is plain":   {security: "tls", outcome: outbox.Retry},
		"bad sign-in":              {script: script{tls: cfg, offers: []string{"250-AUTH PLAIN"}, auth: "535 5.7.8 wrong password"}, security: "starttls", user: "u", outcome: outbox.Retry, code: 535, words: "wrong password"},
		"sign-in":                  {script: script{tls: cfg, offers: []string{"250-AUTH PLAIN"}}, security: "starttls", user: "u", committed: true},
		"sign-in without TLS here": {script: script{offers: []string{"250-AUTH LOGIN PLAIN"}}, user: "u", committed: true},
		"no sign-in offered":       {user: "u", outcome: outbox.Retry, words: "does not offer this way"},
		"too large for them":       {script: script{offers: []string{"250-SIZE 100"}}, outcome: outbox.Rejected, code: 552, words: "5.3.4", reason: "mesgtoobig"},
		"too large, they say":      {script: script{mail: "552 5.3.4 Message size exceeds fixed limit"}, outcome: outbox.Rejected, code: 552, reason: "mesgtoobig"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := testAdapter(t, nil)
			a.roots = roots
			srv := startScript(t, c.script)
			r := srv.relay(c.security)
			if r.Security == "" {
				r.Security = "none"
			}
			r.User, r.Password = c.user, "secret"
			m := outgoing()
			if c.long {
				m = long(m)
			}
			committed := 0
			words, err := a.Send(t.Context(), r, m, func() error { committed++; return nil })
			if (committed == 1) != c.committed || committed > 1 {
				t.Errorf("commit was called %d times", committed)
			}
			if c.outcome == 0 {
				if err != nil || !strings.Contains(words, c.words) {
					t.Errorf("got %q, %v", words, err)
				}
				return
			}
			var e *outbox.SendError
			if !errors.As(err, &e) || e.Outcome != c.outcome || e.Code != c.code || !strings.Contains(e.Words, c.words) {
				t.Errorf("got %#v, want outcome %d code %d", err, c.outcome, c.code)
			}
			if c.reason != "" && (e.Reason != c.reason || e.Hard) {
				t.Errorf("it means %q, hard %v, want %q", e.Reason, e.Hard, c.reason)
			}
			if strings.Contains(fmt.Sprint(err), "secret") {
				t.Error("the password is in the error")
			}
		})
	}
}

func TestUnreachableRelay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	_, err = testAdapter(t, nil).Send(t.Context(), outbox.Relay{Host: "127.0.0.1", Port: port, Security: "none"}, outgoing(), func() error { return nil })
	if e := outbox.AsSendError(err); e.Outcome != outbox.Retry || e.Words == "" {
		t.Errorf("got %#v", err)
	}
}

func TestCertificateIsChecked(t *testing.T) {
	cfg, _ := certificate(t)
	srv := startScript(t, script{tls: cfg})
	_, err := testAdapter(t, nil).Send(t.Context(), srv.relay("starttls"), outgoing(), func() error { return nil })
	if e := outbox.AsSendError(err); e.Outcome != outbox.Retry || !strings.Contains(e.Words, "certificate") {
		t.Errorf("got %#v", err)
	}
}

func TestHelloUnderOurName(t *testing.T) {
	cfg, roots := certificate(t)
	srv := startScript(t, script{tls: cfg})
	a := testAdapter(t, nil)
	a.roots = roots
	if _, err := a.Send(t.Context(), srv.relay("starttls"), outgoing(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, line := range srv.commands() {
		if strings.HasPrefix(line, "EHLO") && line != "EHLO desk.lindenau.example" {
			t.Errorf("said %q", line)
		}
	}
}

func TestFailedCommitSendsNothing(t *testing.T) {
	srv := startScript(t, script{})
	a := testAdapter(t, nil)
	_, err := a.Send(t.Context(), srv.relay("none"), outgoing(), func() error { return errors.New("database away") })
	if e := outbox.AsSendError(err); e.Outcome != outbox.Retry {
		t.Errorf("got %#v", err)
	}
	if _, err := a.Send(t.Context(), srv.relay("none"), outgoing(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if len(srv.mails) != 1 || srv.conns != 2 {
		t.Errorf("%d mails over %d connections", len(srv.mails), srv.conns)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	srv := startScript(t, script{})
	a := testAdapter(t, nil)
	for range 5 {
		if _, err := a.Send(t.Context(), srv.relay("none"), outgoing(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if srv.conns != 1 || len(srv.mails) != 5 {
		t.Errorf("%d mails over %d connections", len(srv.mails), srv.conns)
	}
}

func TestStaleConnectionIsReplaced(t *testing.T) {
	srv := startScript(t, script{onceOnly: true})
	a := testAdapter(t, nil)
	for range 3 {
		if _, err := a.Send(t.Context(), srv.relay("none"), outgoing(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if srv.conns != 3 || len(srv.mails) != 3 {
		t.Errorf("%d mails over %d connections", len(srv.mails), srv.conns)
	}
}

func TestCancelledSend(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := startScript(t, script{})
	committed := false
	_, err := testAdapter(t, nil).Send(ctx, srv.relay("none"), outgoing(), func() error { committed = true; cancel(); return nil })
	if err != nil || !committed {
		t.Errorf("a send past its commit waits for the answer: %v", err)
	}
	_, err = testAdapter(t, nil).Send(ctx, srv.relay("none"), outgoing(), func() error { t.Error("committed"); return nil })
	if e := outbox.AsSendError(err); e.Outcome != outbox.Retry {
		t.Errorf("got %#v", err)
	}
}

func TestPasswordNeedsTLS(t *testing.T) {
	if err := testAdapter(t, nil).signIn(t.Context(), nil, outbox.Relay{Host: "mail.example.org", Security: "none", User: "u"}); !errors.Is(err, errPlainSecret) {
		t.Errorf("got %v", err)
	}
}

func TestProbe(t *testing.T) {
	cfg, roots := certificate(t)
	cases := map[string]struct {
		script   script
		security string
		field    string
		key      string
	}{
		"good":        {script{offers: []string{"250-AUTH PLAIN"}}, "none", "", ""},
		"greeting":    {script{greeting: "554 no"}, "none", "host", "mail.probe.hello"},
		"no starttls": {script{}, "starttls", "security", "mail.probe.starttls"},
		"not tls":     {script{}, "tls", "security", "mail.probe.tls"},
		"password":    {script{tls: cfg, offers: []string{"250-AUTH PLAIN"}, auth: "535 wrong"}, "starttls", "user", "mail.probe.auth"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := testAdapter(t, nil)
			a.roots = roots
			srv := startScript(t, c.script)
			r := srv.relay(c.security)
			r.User, r.Password = "u", "secret"
			err := a.Probe(t.Context(), r)
			if c.key == "" {
				if err != nil {
					t.Fatal(err)
				}
				for _, line := range srv.commands() {
					if strings.HasPrefix(line, "MAIL") {
						t.Error("a probe sent mail")
					}
				}
				return
			}
			f := errs.Fields(err)
			if len(f) != 1 || f[0].Field != c.field || f[0].Key != c.key || f[0].Args["Words"] == "" {
				t.Errorf("got %+v", err)
			}
		})
	}
}

// composedOf returns a mail as it would be sent.
func composedOf(t testing.TB, m outbox.Outgoing) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := compose(&raw, m, "mark"); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// inline is an image that a mail's HTML shows.
func inline(name, contentType, id, content string) outbox.File {
	f := outbox.FileOf(name, contentType, []byte(content))
	f.ContentID = id
	return f
}

func TestCompose(t *testing.T) {
	m := outgoing()
	m.HTML = `<p>Guten Tag <img src="cid:logo@x"></p>`
	m.Automatic = true
	m.Files = []outbox.File{
		inline("logo.png", "image/png", "logo@x", "PNG"),
		outbox.FileOf("Übersicht \r\nX-Evil: 1.pdf", "application/pdf", bytes.Repeat([]byte{0, 1, 2}, 5000)),
		outbox.FileOf("weiter.eml", "message/rfc822", []byte("From: a@b\r\n\r\nx")),
	}
	raw := composedOf(t, m)
	checkWire(t, raw)
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for _, want := range []string{"Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "X-Lotse: mark", "Content-Language: de", "Reply-To:", "In-Reply-To: <abc@post.example>", "Message-Id: <lotse.1@lindenau.example>"} {
		if !strings.Contains(head, want) {
			t.Errorf("%s is missing in\n%s", want, head)
		}
	}
	m.InReplyTo = ""
	if !bytes.Contains(composedOf(t, m), []byte("Auto-Submitted: auto-generated\r\n")) {
		t.Error("a mail that answers none calls itself an answer")
	}
	if strings.Contains(head, "Precedence") {
		t.Error("Precedence is set")
	}
	in := readOK(t, string(raw), customerTrace)
	if len(in.Parts) != 3 || !in.Parts[0].Inline || in.Parts[0].ContentID != "logo@x" || string(in.Parts[0].Content) != "PNG" {
		t.Fatalf("parts %+v", in.Parts)
	}
	if in.Parts[1].Name != "Übersicht X-Evil_ 1.pdf" || len(in.Parts[1].Content) != 15000 || in.Parts[2].ContentType != "application/octet-stream" {
		t.Errorf("parts %q %q", in.Parts[1].Name, in.Parts[2].ContentType)
	}
}

// checkWire asserts what a mail must be to pass every server.
func checkWire(t testing.TB, raw []byte) {
	t.Helper()
	for line := range bytes.Lines(raw) {
		if len(line) > 1000 || !bytes.HasSuffix(line, []byte("\r\n")) || bytes.ContainsAny(line[:len(line)-2], "\r\n\x00") || !isASCII(line) {
			t.Fatalf("line of %d bytes: %.80q", len(line), line)
		}
	}
}

func TestNothingBreaksOutOfItsField(t *testing.T) {
	const evil = "x\r\nBcc: victim@x.example\r\n\r\nbody\x00\u202E"
	m := outgoing()
	m.FromName, m.ToName, m.Subject, m.Language, m.ExternalID, m.InReplyTo, m.References = evil, evil, evil, evil, evil, evil, []string{evil, "good@x"}
	m.Files, m.Unsubscribe = []outbox.File{inline(evil, "text/plain\r\nX: y", evil, "x")}, evil
	raw := composedOf(t, m)
	checkWire(t, raw)
	h, _, mended := parseHeader(raw, nil)
	if mended || h.has("bcc") || h.get("references") != "<good@x>" || h.has("message-id") {
		t.Errorf("header %v", h)
	}
	for _, addr := range []string{"a@x.example\r\nRCPT TO:<b@x.example>", "a@x.example> SIZE=1", "", "a", "a b@x.example", "a@x.example,b@x.example"} {
		for _, set := range []func(*outbox.Outgoing){
			func(m *outbox.Outgoing) { m.To = addr },
			func(m *outbox.Outgoing) { m.From = addr },
			func(m *outbox.Outgoing) { m.ReplyTo = addr },
			func(m *outbox.Outgoing) { m.ReturnPath = addr },
		} {
			m := outgoing()
			set(&m)
			if addr == "" && m.To != "" && m.From != "" {
				continue // may be empty
			}
			_, err := testAdapter(t, nil).Send(t.Context(), outbox.Relay{Host: "127.0.0.1", Port: 1, Security: "none"}, m, func() error { t.Error("committed"); return nil })
			if e := outbox.AsSendError(err); e.Outcome != outbox.Rejected {
				t.Errorf("%q: got %#v", addr, err)
			}
		}
	}
}

func TestLongFieldsAreFolded(t *testing.T) {
	m := outgoing()
	m.Subject, m.ToName, m.FromName = strings.Repeat("Straßenbahn", 80), strings.Repeat("Ä", 500), strings.Repeat("a", 500)
	for i := range 200 {
		m.References = append(m.References, fmt.Sprintf("reference-number-%d@a-rather-long-host-name.post.example", i))
	}
	m.Text = strings.Repeat("x", 5000) + "\n" + strings.Repeat("ü", 5000)
	raw := composedOf(t, m)
	checkWire(t, raw)
	in := readOK(t, string(raw), customerTrace)
	if in.Subject != m.Subject || in.Text != m.Text {
		t.Errorf("subject %q, text of %d", in.Subject, len(in.Text))
	}
	if len(in.References) != maxReferences || !bytes.Contains(raw, []byte("References: <a@post.example>")) || !slices.Contains(in.References, "reference-number-199@a-rather-long-host-name.post.example") {
		t.Errorf("%d references", len(in.References))
	}
}

// TestRoundTrip sends through our own server and reads what arrived.
func TestRoundTrip(t *testing.T) {
	cfg, roots := certificate(t)
	d := newDesk()
	server := serveMail(t, d, nil, cfg)
	sender := testAdapter(t, map[string]string{"hostname": "desk.lindenau.example"})
	sender.roots = roots
	port := server.server.port(t)
	m := outgoing()
	m.To, m.HTML = "abo+xyz@lindenau.example", "<p>Guten Tag,</p><p>schöne Grüße 🚧</p>"
	plan := bytes.Repeat([]byte("%PDF\r\n.\r\n\x00\xff"), 200_000)
	m.Files = []outbox.File{outbox.FileOf("Plan März.pdf", "application/pdf", plan)}
	for _, r := range []outbox.Relay{
		{Host: "127.0.0.1", Port: port, Security: "none"},
		{Host: "127.0.0.1", Port: port, Security: "starttls"},
	} {
		words, err := sender.Send(t.Context(), r, m, func() error { return nil })
		if err != nil || words == "" {
			t.Fatalf("%s: %q, %v", r.Security, words, err)
		}
	}
	for _, k := range d.all() {
		in, err := server.Read(t.Context(), bytes.NewReader(k.raw), k.arrival.Trace)
		if err != nil {
			t.Fatal(err)
		}
		if in.Subject != m.Subject || in.Text != strings.TrimRight(m.Text, "\n") || !strings.Contains(string(in.HTML), "schöne Grüße 🚧") {
			t.Errorf("subject %q text %q html %q", in.Subject, in.Text, in.HTML)
		}
		if want := (intake.Address{Kind: Kind, Value: m.From, Name: m.FromName}); in.From != want {
			t.Errorf("from %+v", in.From)
		}
		if in.ExternalID != m.ExternalID || !slices.Equal(in.References, []string{"abc@post.example", "a@post.example"}) || !slices.Equal(in.Tokens, []string{"xyz"}) {
			t.Errorf("id %q references %q tokens %q", in.ExternalID, in.References, in.Tokens)
		}
		if len(in.Parts) != 1 || in.Parts[0].Name != "Plan März.pdf" || !bytes.Equal(in.Parts[0].Content, plan) {
			t.Errorf("parts %d", len(in.Parts))
		}
		if len(in.Warnings) != 1 || in.Warnings[0] != warnReplyTo {
			t.Errorf("warnings %q", in.Warnings)
		}
		if in.Automation != intake.Person {
			t.Errorf("automation %d: another desk's mail is no own mail", in.Automation)
		}
	}
	if got := d.all(); len(got) != 2 || !got[1].arrival.Trace.TLS || got[0].arrival.Trace.TLS {
		t.Errorf("%d arrivals", len(got))
	}
}

// port returns the port the server listens on.
func (s *server) port(t testing.TB) int {
	t.Helper()
	addr, err := net.ResolveTCPAddr("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	return addr.Port
}

func TestForeignAddresses(t *testing.T) {
	d := newDesk()
	a := serveMail(t, d, nil, nil)
	m := outgoing()
	m.From, m.To, m.ReturnPath = "jäna@bücher.example", "hilfe@lindenau.example", "jäna@bücher.example"
	r := outbox.Relay{Host: "127.0.0.1", Port: a.server.port(t), Security: "none"}
	if _, err := a.Send(t.Context(), r, m, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := d.all(); got[0].arrival.Trace.From != "jäna@xn--bcher-kva.example" {
		t.Errorf("return path %q", got[0].arrival.Trace.From)
	}
	plain := startScript(t, script{})
	_, err := a.Send(t.Context(), plain.relay("none"), m, func() error { return nil })
	if e := outbox.AsSendError(err); e.Outcome != outbox.Rejected || !strings.Contains(e.Words, "SMTPUTF8") {
		t.Errorf("got %#v", err)
	}
}

func TestSignInWords(t *testing.T) {
	srv := startScript(t, script{offers: []string{"250-AUTH PLAIN"}})
	r := srv.relay("none")
	r.User, r.Password = "service", "geheim"
	if _, err := testAdapter(t, nil).Send(t.Context(), r, outgoing(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	want := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00service\x00geheim"))
	if !slices.Contains(srv.commands(), want) {
		t.Errorf("heard %q", srv.commands())
	}
}

// An address in the header that no ASCII can write needs a server that takes it, as
// one in the envelope does (RFC 6531 §3.4); a blind copy is in no header.
func TestForeignAddressesInTheHeader(t *testing.T) {
	for name, c := range map[string]struct {
		role   outbox.Role
		offers bool
		utf8   bool
		sent   bool
	}{
		"a server that knows them": {outbox.RoleCc, true, true, true},
		"one that does not":        {outbox.RoleCc, false, false, false},
		"a blind copy":             {outbox.RoleBcc, false, false, true},
	} {
		s := script{}
		if c.offers {
			s.offers = []string{"250-SMTPUTF8"}
		}
		srv := startScript(t, s)
		m := outgoing()
		m.Shown = []outbox.Addressee{{Address: m.To}, {Role: c.role, Address: "jörg@bücher.example"}}
		_, err := testAdapter(t, nil).Send(t.Context(), srv.relay("none"), m, func() error { return nil })
		if (err == nil) != c.sent || err != nil && !strings.Contains(outbox.AsSendError(err).Words, "SMTPUTF8") {
			t.Errorf("%s: %v", name, err)
		}
		asked := slices.ContainsFunc(srv.commands(), func(l string) bool {
			return strings.HasPrefix(l, "MAIL") && strings.HasSuffix(l, " SMTPUTF8")
		})
		if asked != c.utf8 {
			t.Errorf("%s: heard %q", name, srv.commands())
		}
	}
}

// A name that no line can hold arrives whole.
func TestLongFileNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("長", 196) + ".pdf", strings.Repeat("🚧", 196) + ".pdf", strings.Repeat("a b", 65) + ".pdf", "Plan März.pdf", strings.Repeat("ü", 150) + `'%".pdf`} {
		m := outgoing()
		m.Files = []outbox.File{outbox.FileOf(name, "application/pdf", []byte("x"))}
		raw := composedOf(t, m)
		checkWire(t, raw)
		want := cleanFileName(name)
		in := readOK(t, string(raw), customerTrace)
		if len(in.Parts) != 1 || in.Parts[0].Name != want {
			t.Errorf("%d parts, the first is named %q, want %q", len(in.Parts), in.Parts[0].Name, want)
		}
		_, params, err := mime.ParseMediaType(withFileName("attachment", want))
		if err != nil || params["filename"] != want {
			t.Errorf("others read %q, %v", params["filename"], err)
		}
	}
}
