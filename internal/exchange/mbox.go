package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// How a mbox file protects lines that begin with "From ".
const (
	QuoteRD = "mboxrd" // ">From " and ">>From " lose one sign
	QuoteO  = "mboxo"  // ">From " loses it, ">>From " stays
)

// separator matches the line before a mail (RFC 4155, appendix A): "From ", who,
// and a date as asctime writes it, perhaps with a zone before or behind the year.
var separator = regexp.MustCompile(`^From (\S.* )?(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +((Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}|\d{1,2} +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)),? .*\d{4}.*$`)

var errNoMbox = errors.New(`this is no mbox file: its first line does not begin with "From " and a date`)

// found is one mail on its way in.
type found struct {
	raw      []byte
	offset   int64  // in the file
	name     string // of the file, in a folder
	tooLarge bool   // raw is cut
	skip     string // why it is left out on purpose
	size     int64  // bytes read for it
}

// mbox reads mails from a mbox file, one at a time. A separator is a line that
// looks like one at the beginning or behind an empty line.
type mbox struct {
	in      *bufio.Reader
	quoting string
	limit   int64 // of one mail in bytes
	offset  int64
	told    int64 // how much of it the mails so far took
	begun   bool
	ahead   bool // the separator of the next mail was read
}

func newMbox(r io.Reader, quoting string, limit int64) *mbox {
	return &mbox{in: bufio.NewReaderSize(r, 64<<10), quoting: quoting, limit: limit}
}

// next returns the next mail, or io.EOF.
func (m *mbox) next() (found, error) {
	if !m.begun {
		if err := m.begin(); err != nil {
			return found{}, err
		}
	}
	if !m.ahead {
		return found{}, io.EOF
	}
	m.ahead = false
	at := found{offset: m.offset}
	empty, fresh := false, true // fresh: at the beginning of a line
	for {
		piece, err := m.in.ReadSlice('\n')
		m.offset += int64(len(piece))
		if fresh && empty && separator.Match(trim(piece)) {
			m.ahead = true
			err = io.EOF
			piece = nil
		} else if len(piece) > 0 {
			line := piece
			if fresh {
				line = m.unquote(piece)
				empty = len(trim(piece)) == 0
			}
			at.add(line, m.limit)
			fresh = piece[len(piece)-1] == '\n'
		}
		switch {
		case err == nil || errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			at.size, m.told = m.offset-m.told, m.offset
			if m.ahead { // the empty line belongs to the separator
				at.raw = dropEmptyLine(at.raw)
			}
			return at, nil
		default:
			return found{}, fmt.Errorf("reading mails: %w", err)
		}
	}
}

// begin reads up to the first separator.
func (m *mbox) begin() error {
	m.begun = true
	for {
		line, err := m.in.ReadSlice('\n')
		m.offset += int64(len(line))
		blank := len(trim(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))) == 0
		switch {
		case blank && errors.Is(err, io.EOF):
			return nil
		case blank && err == nil:
			continue
		case separator.Match(trim(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))):
			m.ahead = true
			return nil
		case err == nil || errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull):
			return errNoMbox
		}
		return fmt.Errorf("reading mails: %w", err)
	}
}

func (f *found) add(line []byte, limit int64) {
	if int64(len(f.raw)+len(line)) > limit {
		f.tooLarge = true
		return
	}
	f.raw = append(f.raw, line...)
}

// unquote takes the protection off a line.
func (m *mbox) unquote(line []byte) []byte {
	if line[0] != '>' {
		return line
	}
	rest := line[1:]
	if m.quoting != QuoteO {
		rest = bytes.TrimLeft(rest, ">")
	}
	if bytes.HasPrefix(rest, []byte("From ")) {
		return line[1:]
	}
	return line
}

func trim(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }

func dropEmptyLine(raw []byte) []byte {
	if rest, ok := bytes.CutSuffix(raw, []byte("\r\n\r\n")); ok {
		return raw[:len(rest)+2]
	}
	if rest, ok := bytes.CutSuffix(raw, []byte("\n\n")); ok {
		return raw[:len(rest)+1]
	}
	return raw
}
