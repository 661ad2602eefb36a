package imap

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"lotse/internal/catalog"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
)

// memoryLimit is the largest mail held in memory; a larger one goes to a file.
const memoryLimit = 1 << 20

// Reasons of the list of what needs a look, keys below "look.reason.".
const (
	tooLarge   = "too_large"
	unreadable = "unfetchable"
)

// spool is a mail in a temporary file.
type spool struct {
	*os.File
	size int64
}

// Size returns the length in bytes.
func (s *spool) Size() int64 { return s.size }

func (s *spool) remove() {
	_ = s.Close()
	_ = os.Remove(s.Name())
}

// read makes an arrival of a mail as the server gives it. It is known by account
// and bytes, Message-ID and all, whatever UID it has: that is the key the intake
// makes for whoever chooses none. What was fetched once is known for ever, even if
// it was deleted here since.
func (b *box) read(r io.Reader, size int64) (intake.Arrival, *spool, error) {
	var first bytes.Buffer
	first.Grow(int(min(size, memoryLimit)) + bytes.MinRead)
	if _, err := io.CopyN(&first, r, memoryLimit); err != nil && err != io.EOF {
		return intake.Arrival{}, nil, fmt.Errorf("reading a mail: %w", err)
	}
	a := b.arrival(first.Bytes())
	if size <= memoryLimit {
		a.Raw = first.Bytes()
		return a, nil, nil
	}
	s, err := b.spill(first.Bytes(), r)
	if err != nil {
		return intake.Arrival{}, nil, err
	}
	a.Spool = s
	return a, s, nil
}

// spill writes a mail to a file.
func (b *box) spill(first []byte, rest io.Reader) (s *spool, err error) {
	file, err := os.CreateTemp(b.SpoolDir, "imap-*.spool")
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "making a spool file")
	}
	s = &spool{File: file}
	defer func() {
		if err != nil {
			s.remove()
		}
	}()
	if _, err = file.Write(first); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "writing a spool file")
	}
	n, err := io.Copy(file, rest)
	if err != nil {
		return nil, fmt.Errorf("reading a mail: %w", err)
	}
	s.size = int64(len(first)) + n
	return s, nil
}

// stub makes an arrival of a mail that can't be had, so that a person sees that
// there is one: its header, if there is one, and the reason.
func (b *box) stub(uid uint32, head []byte, reason string) intake.Arrival {
	a := b.arrival(head)
	a.Trace.Fault, a.Raw = reason, head
	if len(head) == 0 {
		a.Raw = fmt.Appendf(nil, "X-Lotse-Place: %s; uidvalidity=%d; uid=%d\r\n", b.cursor.Folder, b.cursor.UIDValidity, uid)
	}
	return a
}

func (b *box) arrival(head []byte) intake.Arrival {
	return intake.Arrival{BrandID: b.account.BrandID, AccountID: b.account.ID, Channel: catalog.Email, Trace: intake.Trace{
		From: returnPath(head), TLS: b.settings().Security != catalog.NoSecurity, Host: b.settings().Host}}
}

// returnPath is the envelope sender as the server that delivered the mail wrote
// it down (RFC 5321 §4.4).
func returnPath(head []byte) string {
	return strings.Trim(field(head, "return-path"), "<> ")
}

// field returns the first field of a name in a header, unfolded and trimmed. Lines
// end where a mail's header does, however damaged the rest is.
func field(head []byte, name string) string {
	found, value := false, ""
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		isFolded := line[0] == ' ' || line[0] == '\t'
		if found && !isFolded {
			break
		}
		if found {
			value += " " + string(bytes.TrimSpace(line))
			continue
		}
		before, after, ok := bytes.Cut(line, []byte(":"))
		if ok && !isFolded && strings.EqualFold(strings.TrimSpace(string(before)), name) {
			found, value = true, string(bytes.TrimSpace(after))
		}
	}
	value = strings.TrimSpace(value)
	return value[:min(len(value), 998)]
}
