package program

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// Mail is one mail to send.
type Mail struct {
	ID   string // its Message-ID without brackets, for accounts of what was sent
	From string // envelope sender
	To   string // envelope recipient
	wire []byte // dots doubled, the final one included
	key  [32]byte
}

// NewMail prepares raw for the wire. Lines may end with LF.
func NewMail(id, from, to string, raw []byte) Mail {
	var out bytes.Buffer
	w := textproto.NewWriter(bufio.NewWriter(&out)).DotWriter()
	_, _ = w.Write(raw) // a buffer takes everything
	_ = w.Close()
	m := Mail{ID: id, From: from, To: to, wire: out.Bytes()}
	m.key = sha256.Sum256(received(m.wire))
	return m
}

// Key is the SHA-256 of the bytes a server gets to see.
func (m Mail) Key() [32]byte { return m.key }

// received undoes the doubling of dots.
func received(wire []byte) []byte {
	wire = bytes.TrimSuffix(wire, []byte(".\r\n"))
	if bytes.HasPrefix(wire, []byte(".")) {
		wire = wire[1:]
	}
	return bytes.ReplaceAll(wire, []byte("\r\n.."), []byte("\r\n."))
}

// Answer is a negative answer of the server, and to what.
type Answer struct {
	Step string // "greeting", "EHLO", "MAIL", "RCPT", "DATA", "content"
	Code int
	Text string
}

// Error returns the answer as the server gave it.
func (a *Answer) Error() string { return fmt.Sprintf("%s: %d %s", a.Step, a.Code, a.Text) }

// Client is one SMTP connection. It waits for each answer before it goes on (no
// pipelining), as the simplest senders do.
type Client struct {
	conn net.Conn
	in   *bufio.Reader
}

// Dial connects and greets.
func Dial(address string) (*Client, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	c := &Client{conn: conn, in: bufio.NewReader(conn)}
	if err := c.expect("greeting", 220); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if err := c.Do("EHLO", "EHLO sender.example", 250); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// Send sends a mail and returns nil if the server acknowledged it with 250. A
// *Answer is what the server said instead; any other error means that the
// connection is lost and what became of the mail unknown.
func (c *Client) Send(m Mail) error {
	if err := c.Begin(m); err != nil {
		return err
	}
	return c.Content(m.wire)
}

// Begin opens the transaction of a mail up to the answer to DATA.
func (c *Client) Begin(m Mail) error {
	if err := c.Do("MAIL", "MAIL FROM:<"+m.From+">", 250); err != nil {
		return err
	}
	if err := c.Do("RCPT", "RCPT TO:<"+m.To+">", 250); err != nil {
		return err
	}
	return c.Do("DATA", "DATA", 354)
}

// Content sends the content in the form of the wire, up to its final dot.
func (c *Client) Content(wire []byte) error {
	_ = c.conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.conn.Write(wire); err != nil {
		return err
	}
	return c.expect("content", 250)
}

// Throw sends the content of a mail and does not wait for the answer.
func (c *Client) Throw(m Mail) error {
	_, err := c.Write(m.wire)
	return err
}

// Write sends bytes of a content as they are.
func (c *Client) Write(b []byte) (int, error) {
	_ = c.conn.SetDeadline(time.Now().Add(time.Minute))
	return c.conn.Write(b)
}

// Do sends a command and waits for its answer.
func (c *Client) Do(step, line string, want int) error {
	_ = c.conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.conn.Write([]byte(line + "\r\n")); err != nil {
		return err
	}
	return c.expect(step, want)
}

// expect reads an answer of one or more lines.
func (c *Client) expect(step string, want int) error {
	_ = c.conn.SetDeadline(time.Now().Add(time.Minute))
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		line = strings.TrimRight(line, "\r\n")
		if len(line) < 3 {
			return fmt.Errorf("%s: unreadable answer %q", step, line)
		}
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		code, err := strconv.Atoi(line[:3])
		if err != nil {
			return fmt.Errorf("%s: unreadable answer %q", step, line)
		}
		if code != want {
			return &Answer{Step: step, Code: code, Text: strings.TrimSpace(line[3:])}
		}
		return nil
	}
}

// Close says good-bye.
func (c *Client) Close() {
	_ = c.conn.SetDeadline(time.Now().Add(time.Second))
	_, _ = c.conn.Write([]byte("QUIT\r\n"))
	_ = c.conn.Close()
}

// Break cuts the connection.
func (c *Client) Break() { _ = c.conn.Close() }

// SendOne sends one mail over a connection of its own.
func SendOne(address string, m Mail) error {
	c, err := Dial(address)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Send(m)
}
