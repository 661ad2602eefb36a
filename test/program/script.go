package program

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"time"
)

// Script is how a mail server behaves towards one attempt to bring it a mail. Answers
// are whole lines such as "450 4.2.0 Greylisted"; an empty one is what a good server
// says. The zero Script takes the mail.
type Script struct {
	Rcpt string        // in answer to RCPT
	Data string        // in answer to DATA
	Dot  string        // in answer to the final dot
	Wait time.Duration // before that answer
	Drop Drop          // where the connection is lost
}

// Drop is a moment at which a server drops a connection without a word.
type Drop uint8

// The moments, in order.
const (
	DropNever     Drop = iota
	DropAtData         // instead of the answer to DATA
	DropInMail         // while the mail comes in
	DropBeforeDot      // at the end of the mail, before it was read to its final dot
	DropAfterDot       // the mail is there, and its sender never hears so
	DropAfter250       // the sender heard so
)

// Taken is one mail the server has, whether its sender knows or not.
type Taken struct {
	From string // return path
	To   string
	ID   string // Message-ID with brackets
	Told bool   // 250 was sent
}

// Scripted is a mail server that does to each mail what its script says, and
// remembers what it took. Set it up before mail comes.
type Scripted struct {
	Port     int
	Greeting string        // instead of the greeting, such as "421 4.3.2 Come back later"; then it hangs up
	Drip     time.Duration // between two bytes it sends
	TLS      *tls.Config   // it offers STARTTLS; nil does not
	Garbage  bool          // … and then speaks no TLS

	listener net.Listener
	mu       sync.Mutex
	scripts  map[string][]Script // by recipient, one for each attempt
	open     map[net.Conn]bool
	taken    []Taken
	tries    map[string]int // attempts by recipient
	calls    int
	done     sync.WaitGroup
}

// NewScripted opens a server on a port of this machine.
func NewScripted() (*Scripted, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", Local(port))
	if err != nil {
		return nil, err
	}
	return &Scripted{Port: port, listener: l, scripts: map[string][]Script{}, open: map[net.Conn]bool{}, tries: map[string]int{}}, nil
}

// Plan says what becomes of the attempts to bring mail to a recipient, in order.
// Those after take it.
func (s *Scripted) Plan(recipient string, scripts ...Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[recipient] = append(s.scripts[recipient], scripts...)
}

// Greet changes the greeting from the next connection on; "" greets well.
func (s *Scripted) Greet(greeting string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Greeting = greeting
}

// Start lets the server listen until Close.
func (s *Scripted) Start() {
	s.done.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.calls++
			s.open[conn] = true
			s.mu.Unlock()
			s.done.Go(func() { s.serve(conn) })
		}
	})
}

// Close ends the server and all its connections.
func (s *Scripted) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

// Taken returns the mails for a recipient that are there.
func (s *Scripted) Taken(recipient string) []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Taken
	for _, t := range s.taken {
		if t.To == recipient {
			found = append(found, t)
		}
	}
	return found
}

// All returns every mail that is there.
func (s *Scripted) All() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Taken(nil), s.taken...)
}

// Tries returns how often a recipient was named, and how many connections there were.
func (s *Scripted) Tries(recipient string) (named, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries[recipient], s.calls
}

func (s *Scripted) next(recipient string) Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[recipient]++
	all := s.scripts[recipient]
	if len(all) == 0 {
		return Script{}
	}
	s.scripts[recipient] = all[1:]
	return all[0]
}

func (s *Scripted) take(t Taken) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, t)
	return len(s.taken) - 1
}

func (s *Scripted) told(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken[n].Told = true
}

// dialogue is one connection.
type dialogue struct {
	server   *Scripted
	conn     net.Conn
	in       *bufio.Reader
	secured  bool
	from, to string
	script   Script
}

func (s *Scripted) serve(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
	}()
	d := &dialogue{server: s, conn: conn, in: bufio.NewReader(conn)}
	s.mu.Lock()
	greeting := s.Greeting
	s.mu.Unlock()
	if greeting != "" {
		_ = d.say(greeting)
		return
	}
	if d.say("220 scripted.example ESMTP") != nil {
		return
	}
	for {
		line, err := d.in.ReadString('\n')
		if err != nil || !d.answer(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

// say sends one line, dripping if the server does.
func (d *dialogue) say(line string) error {
	line += "\r\n"
	if d.server.Drip == 0 {
		_, err := io.WriteString(d.conn, line)
		return err
	}
	for i := range len(line) {
		time.Sleep(d.server.Drip)
		if _, err := io.WriteString(d.conn, line[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// answer answers one command and reports whether the dialogue goes on.
func (d *dialogue) answer(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		return d.hello()
	case "HELO", "RSET", "NOOP":
		return d.say("250 2.0.0 Ok") == nil
	case "STARTTLS":
		return d.startTLS()
	case "MAIL":
		d.from = bracketed(rest)
		return d.say("250 2.1.0 Ok") == nil
	case "RCPT":
		d.to = bracketed(rest)
		d.script = d.server.next(d.to)
		return d.refuse(cmp.Or(d.script.Rcpt, "250 2.1.5 Ok"))
	case "DATA":
		return d.data()
	case "QUIT":
		_ = d.say("221 2.0.0 Bye")
		return false
	}
	return d.say("500 5.5.2 What?") == nil
}

func (d *dialogue) hello() bool {
	if d.server.TLS != nil && !d.secured {
		return d.say("250-scripted.example") == nil && d.say("250-STARTTLS") == nil && d.say("250 8BITMIME") == nil
	}
	return d.say("250-scripted.example") == nil && d.say("250 8BITMIME") == nil
}

func (d *dialogue) startTLS() bool {
	if d.say("220 2.0.0 Go ahead") != nil {
		return false
	}
	if d.server.Garbage {
		_ = d.say("250 this is no TLS at all")
		return false
	}
	secured := tls.Server(d.conn, d.server.TLS)
	if secured.Handshake() != nil {
		return false
	}
	d.conn, d.in, d.secured = secured, bufio.NewReader(secured), true
	return true
}

// refuse says a line; 421 closes the connection (RFC 5321 §3.8).
func (d *dialogue) refuse(line string) bool {
	return d.say(line) == nil && !strings.HasPrefix(line, "421")
}

// data takes the mail, as far as the script lets it.
func (d *dialogue) data() bool {
	if d.script.Drop == DropAtData {
		return false
	}
	if d.script.Data != "" {
		return d.refuse(d.script.Data)
	}
	if d.say("354 Go ahead") != nil {
		return false
	}
	if d.script.Drop == DropInMail {
		d.reset()
		return false
	}
	id, whole := d.content()
	if !whole || d.script.Drop == DropBeforeDot {
		return false
	}
	time.Sleep(d.script.Wait)
	if d.script.Dot != "" {
		return d.refuse(d.script.Dot)
	}
	n := d.server.take(Taken{From: d.from, To: d.to, ID: id})
	if d.script.Drop == DropAfterDot {
		return false
	}
	d.server.told(n) // before it is: whoever asks afterwards must not be too early
	return d.say("250 2.0.0 Ok: queued") == nil && d.script.Drop != DropAfter250
}

// reset breaks the connection so that the other side notices at its next write.
func (d *dialogue) reset() {
	if tcp, ok := d.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// content reads a mail to its final dot and returns its Message-ID.
func (d *dialogue) content() (id string, whole bool) {
	var raw strings.Builder
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			return "", false
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	if m, err := mail.ReadMessage(strings.NewReader(raw.String())); err == nil {
		id = m.Header.Get("Message-Id")
	}
	return id, true
}

// bracketed returns the address in the argument of MAIL or RCPT.
func bracketed(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return strings.ToLower(address)
}

// String names the moment in tests.
func (d Drop) String() string {
	return [...]string{"never", "at DATA", "within the mail", "before the final dot", "after the final dot", "after 250"}[d]
}

// String says what a server took.
func (t Taken) String() string { return fmt.Sprintf("%s for %s (told: %v)", t.ID, t.To, t.Told) }
