package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"lotse/internal/outbox"
)

// sink is a mail server that takes everything and keeps it as files, so that the
// demo can send without reaching anybody.
type sink struct {
	folder   string
	server   *smtp.Server
	listener net.Listener
}

func openSink(folder string) (*sink, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of sent mail: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the demo's mail server: %w", err)
	}
	s := &sink{folder: folder, listener: l}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{folder: folder}, nil }))
	s.server.Domain = "localhost"
	go s.server.Serve(l) // ends with close
	return s, nil
}

// relay is where the sink listens.
func (s *sink) relay() relay {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return relay{}
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return relay{}
	}
	return relay{host, n}
}

func (s *sink) close() { _ = s.server.Close() }

type sinkSession struct{ folder string }

func (s *sinkSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *sinkSession) Reset()                               {}
func (s *sinkSession) Logout() error                        { return nil }

// Data keeps the mail under the time it came.
func (s *sinkSession) Data(r io.Reader) error {
	f, err := os.CreateTemp(s.folder, time.Now().UTC().Format(fileTime)+"-*.part")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), f.Name()[:len(f.Name())-len("part")]+"eml")
}

// fileTime begins the names of sent mails, so that they sort by time.
const fileTime = "20060102-150405"

// drawer takes the place of the mail server while a world is made: it composes
// each mail as it would be sent and puts it behind the others.
type drawer struct {
	compose outbox.Composer
	mu      sync.Mutex
	mails   bytes.Buffer
}

func newDrawer(sender outbox.Sender) (*drawer, error) {
	compose, ok := sender.(outbox.Composer)
	if !ok {
		return nil, errors.New("the channel can't compose without sending")
	}
	return &drawer{compose: compose}, nil
}

// Send composes the mail and keeps it.
func (d *drawer) Send(_ context.Context, _ outbox.Relay, m outbox.Outgoing, commit func() error) (string, error) {
	mail, err := d.compose.Compose(m)
	if err != nil {
		return "", err
	}
	defer mail.Close()
	raw, err := io.ReadAll(mail)
	if err != nil {
		return "", err
	}
	if err := commit(); err != nil {
		return "", err
	}
	d.put(raw)
	return "2.0.0 OK", nil
}

func (d *drawer) put(raw []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mails.WriteString("From hilfe@lindenau.example\n")
	d.mails.Write(beginning.ReplaceAll(raw, []byte(">$1")))
	d.mails.WriteString("\n")
}

// store writes all of it down.
func (d *drawer) store(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("making the folder of sent mail: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, pastMail), d.mails.Bytes(), 0o600); err != nil {
		return fmt.Errorf("keeping the sent mail: %w", err)
	}
	return nil
}
