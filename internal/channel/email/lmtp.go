package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// socketMode lets a mail server that runs as another user connect. Who may is
// decided by the folder the socket lies in.
const socketMode = 0o666

// listenLMTP opens an address such as "127.0.0.1:2424" or, if there is a slash in
// it, a socket. A socket nobody listens at any more is replaced.
func listenLMTP(ctx context.Context, address string) (net.Listener, error) {
	if !strings.Contains(address, "/") {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	}
	if err := removeDeadSocket(address); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", address)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(address, socketMode); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func removeDeadSocket(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there and is no socket", path)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		return errors.Join(fmt.Errorf("somebody listens at %s already", path), conn.Close())
	}
	return os.Remove(path)
}

var _ smtp.LMTPSession = (*session)(nil)

// LMTPData takes the mail and answers for each recipient (RFC 2033 §4.2): 250 once
// the recipient's account has it on disk, whatever becomes of the others.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	return s.take(r, func(e envelope, in *input) error {
		results := make(chan error, len(e.routes))
		for _, to := range e.routes {
			go func() {
				err := s.answer(s.accept(e.from, to, in), "keeping a mail")
				for _, recipient := range to.to {
					status.SetStatus(recipient, err)
				}
				results <- err
			}()
		}
		for range e.routes {
			<-results
		}
		return nil
	})
}
