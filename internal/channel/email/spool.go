package email

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/emersion/go-smtp"

	"lotse/internal/platform/errs"
)

// memoryLimit is the largest mail held in memory while it comes in; a larger
// one goes to a file.
const memoryLimit = 1 << 20

// input is one mail as it came in. It is an intake.Spool if it is in a file.
type input struct {
	memory []byte
	file   *os.File
	first  []byte // beginning of the file
	size   int64
}

// ReadAt reads from the file.
func (in *input) ReadAt(p []byte, off int64) (int, error) { return in.file.ReadAt(p, off) }

// Size returns the length in bytes.
func (in *input) Size() int64 { return in.size }

// head returns the beginning of the mail, up to 1 MiB.
func (in *input) head() []byte {
	if in.file != nil {
		return in.first
	}
	return in.memory
}

// close removes the file, if there is one.
func (in *input) close(log *slog.Logger) {
	if in.file == nil {
		return
	}
	_ = in.file.Close()
	if err := os.Remove(in.file.Name()); err != nil {
		log.Warn("spool file stays behind", "error", err)
	}
}

// receive reads a mail of up to limit bytes. It fails with tooLarge for more;
// the library then passes over the rest. declared is the size the peer
// announced, 0 if none.
func receive(r io.Reader, declared, limit int64, dir string) (*input, error) {
	var buf bytes.Buffer
	buf.Grow(int(min(max(declared, 8<<10), memoryLimit)) + bytes.MinRead)
	_, err := io.Copy(&buf, io.LimitReader(r, memoryLimit+1))
	if err != nil {
		return nil, transferError(err)
	}
	if buf.Len() <= memoryLimit {
		return &input{memory: buf.Bytes(), size: int64(buf.Len())}, nil
	}
	return spool(buf.Bytes(), r, limit, dir)
}

func spool(first []byte, r io.Reader, limit int64, dir string) (in *input, err error) {
	file, err := os.CreateTemp(dir, "mail-*.spool")
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "making a spool file")
	}
	in = &input{file: file, first: first}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(first); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "writing a spool file")
	}
	w := &fileWriter{file: file}
	n, err := io.Copy(w, r)
	if w.err != nil {
		return nil, errs.Wrap(errs.Unavailable, w.err, "writing a spool file")
	}
	if err != nil {
		return nil, transferError(err)
	}
	if in.size = int64(len(first)) + n; in.size > limit {
		return nil, tooLarge
	}
	return in, nil
}

// fileWriter remembers which errors were the disk's rather than the peer's.
type fileWriter struct {
	file *os.File
	err  error
}

// Write writes to the file.
func (w *fileWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// transferError keeps the library's verdict on size and calls everything else
// a broken transfer.
func transferError(err error) error {
	var verdict *smtp.SMTPError
	if errors.As(err, &verdict) {
		if verdict.Code == 552 {
			return tooLarge
		}
		return verdict
	}
	return errors.Join(transferLost, fmt.Errorf("reading a mail: %w", err))
}
