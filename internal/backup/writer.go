package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"
)

// sumsEvery is how many parts one list of sums covers: it bounds what a reader
// has to remember, however many attachments there are.
const sumsEvery = 1000

// pieceSize is how many bytes of a table go into one part. A part says its size
// before its bytes, so one piece is held in memory.
const pieceSize = 4 << 20

// writer writes the parts of a backup in their order.
type writer struct {
	zip   *gzip.Writer
	tar   *tar.Writer
	made  time.Time
	lines bytes.Buffer // sums of the parts since the last list
	open  int          // how many those are
	parts int64
	sums  []string
	hash  hash.Hash
}

// newWriter writes to w. The fastest level: what is large in a desk (pictures,
// documents) is compressed already.
func newWriter(w io.Writer, made time.Time) *writer {
	zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is valid
	return &writer{zip: zip, tar: tar.NewWriter(zip), made: made, hash: sha256.New()}
}

// add writes one part of exactly size bytes and returns its SHA-256.
func (w *writer) add(name string, size int64, r io.Reader) ([]byte, error) {
	sum, err := w.put(name, size, r)
	if err != nil {
		return nil, err
	}
	w.parts++
	fmt.Fprintf(&w.lines, "%x  %s\n", sum, name)
	if w.open++; w.open == sumsEvery {
		err = w.flushSums()
	}
	return sum, err
}

func (w *writer) put(name string, size int64, r io.Reader) ([]byte, error) {
	h := &tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: w.made.Truncate(time.Second), Typeflag: tar.TypeReg}
	if err := w.tar.WriteHeader(h); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	w.hash.Reset()
	n, err := io.Copy(io.MultiWriter(w.tar, w.hash), io.LimitReader(r, size))
	if err == nil && n < size {
		err = fmt.Errorf("only %d of %d bytes could be read: %w", n, size, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return w.hash.Sum(nil), nil
}

func (w *writer) addJSON(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = w.add(name, int64(len(text)), bytes.NewReader(text))
	return err
}

func (w *writer) flushSums() error {
	if w.open == 0 {
		return nil
	}
	name := fmt.Sprintf("%s%06d", sumsFolder, len(w.sums)+1)
	sum, err := w.put(name, int64(w.lines.Len()), &w.lines)
	if err != nil {
		return err
	}
	w.sums = append(w.sums, hex.EncodeToString(sum))
	w.lines.Reset()
	w.open = 0
	return nil
}

// finish writes the manifest and what ends the file.
func (w *writer) finish(m *Manifest) error {
	if err := w.flushSums(); err != nil {
		return err
	}
	m.Parts, m.Sums = w.parts, w.sums
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing %s: %w", manifestName, err)
	}
	if _, err := w.put(manifestName, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	if err := w.tar.Close(); err != nil {
		return fmt.Errorf("ending the backup: %w", err)
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("ending the backup: %w", err)
	}
	return nil
}

// pieces cuts what is written to it into parts of a table.
type pieces struct {
	to    *writer
	table string
	count int
	held  bytes.Buffer
}

func (p *pieces) Write(b []byte) (int, error) {
	p.held.Write(b)
	if p.held.Len() < pieceSize {
		return len(b), nil
	}
	return len(b), p.flush()
}

// flush ends the piece at hand. COPY hands out whole rows, so a piece ends with
// one.
func (p *pieces) flush() error {
	if p.held.Len() == 0 {
		return nil
	}
	p.count++
	_, err := p.to.add(fmt.Sprintf("%s%s/%06d", tablesFolder, p.table, p.count), int64(p.held.Len()), &p.held)
	p.held.Reset()
	return err
}
