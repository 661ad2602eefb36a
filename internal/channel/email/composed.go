package email

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"lotse/internal/platform/errs"
)

// outgoingMemory is the largest mail that is held in memory while it goes out; a
// larger one lies in a file meanwhile.
const outgoingMemory = 256 << 10

// composed is a mail on its way out (RFC 5322), with CRLF line ends: an
// outbox.Composed. First it is written, then read.
type composed struct {
	signature bytes.Buffer // header fields in front
	memory    bytes.Buffer
	file      *os.File // nil while all of it is in memory
	buffered  *bufio.Writer
	dir       string
	size      int64     // without the signature
	reader    io.Reader // nil before the first Read
}

// Write puts bytes behind what is there. Once the mail is too large for memory,
// all of it goes to a file.
func (m *composed) Write(p []byte) (int, error) {
	if m.file == nil && m.memory.Len()+len(p) > outgoingMemory {
		if err := m.spill(); err != nil {
			return 0, err
		}
	}
	m.size += int64(len(p))
	if m.file == nil {
		return m.memory.Write(p)
	}
	n, err := m.buffered.Write(p)
	if err != nil {
		return n, errs.Wrap(errs.Unavailable, err, "writing a spool file")
	}
	return n, nil
}

func (m *composed) spill() error {
	file, err := os.CreateTemp(m.dir, "outgoing-*.spool")
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "making a spool file")
	}
	m.file, m.buffered = file, bufio.NewWriterSize(file, 64<<10)
	if _, err := m.buffered.Write(m.memory.Bytes()); err != nil {
		return errs.Wrap(errs.Unavailable, err, "writing a spool file")
	}
	m.memory = bytes.Buffer{}
	return nil
}

// finish ends the writing.
func (m *composed) finish() error {
	if m.file == nil {
		return nil
	}
	if err := m.buffered.Flush(); err != nil {
		return errs.Wrap(errs.Unavailable, err, "writing a spool file")
	}
	m.buffered = nil
	return nil
}

// content reads the mail from its beginning, without the signature, which is made
// of it. It must not be called once Read was.
func (m *composed) content() (io.ReadSeeker, error) {
	if m.file == nil {
		return bytes.NewReader(m.memory.Bytes()), nil
	}
	if _, err := m.file.Seek(0, io.SeekStart); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "reading a spool file")
	}
	return m.file, nil
}

// Size returns the length in bytes.
func (m *composed) Size() int64 { return int64(m.signature.Len()) + m.size }

// Read reads the mail, its signature first.
func (m *composed) Read(p []byte) (int, error) {
	if m.reader == nil {
		content, err := m.content()
		if err != nil {
			return 0, err
		}
		m.reader = io.MultiReader(bytes.NewReader(m.signature.Bytes()), content)
	}
	return m.reader.Read(p)
}

// Close removes what lies on disk.
func (m *composed) Close() error {
	if m.file == nil {
		return nil
	}
	err := errors.Join(m.file.Close(), os.Remove(m.file.Name()))
	if err != nil {
		return fmt.Errorf("removing a spool file: %w", err)
	}
	return nil
}
