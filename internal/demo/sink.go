package demo

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-smtp"
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

func (s *sink) address() (string, int) { return splitPort(s.listener.Addr()) }

func (s *sink) close() { _ = s.server.Close() }

type sinkSession struct{ folder string }

func (s *sinkSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *sinkSession) Reset()                               {}
func (s *sinkSession) Logout() error                        { return nil }

// Data keeps the mail under the time it came.
func (s *sinkSession) Data(r io.Reader) error {
	f, err := os.CreateTemp(s.folder, time.Now().UTC().Format("20060102-150405-*.eml"))
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// Sent returns the files of what the demo sent, oldest first.
func Sent(data string) ([]string, error) {
	return filepath.Glob(filepath.Join(data, "sent", "*.eml"))
}
