package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"lotse/internal/platform/ids"
)

// ErrDamaged says that a file is no complete and unchanged backup.
var ErrDamaged = errors.New("this is no complete backup: use another one")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w (%w)", ErrDamaged, fmt.Errorf(format, args...))
}

// sink takes what a backup holds, in the order of the file. What it was given
// may still turn out to be damaged until end is called.
type sink interface {
	begin(ctx context.Context, h Header) error
	// database is the file of a SQLite database.
	database(ctx context.Context, r io.Reader) error
	// rows is a piece of a table.
	rows(ctx context.Context, table string, r io.Reader) error
	blob(ctx context.Context, id ids.ID, r io.Reader) error
	end(ctx context.Context, m Manifest) error
}

// The largest parts that are read into memory.
const (
	maxJSON = 256 << 20
	maxSums = 1 << 20
)

// reader checks a backup while it is read.
type reader struct {
	tar      *tar.Reader
	to       sink
	progress Progress
	header   *Header
	lines    bytes.Buffer // sums of the parts since the last list, as the list has to say it
	open     int
	parts    int64
	sums     []string
	blobs    int64
	bytes    int64 // of blobs
	seen     ids.ID
	files    int64            // database files
	pieces   map[string]int64 // by table
	manifest *Manifest
}

// read gives the sink what r holds and checks every part. It fails with
// ErrDamaged unless r is one whole backup and nothing else.
func read(ctx context.Context, r io.Reader, to sink, p Progress) (Manifest, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	zip, err := gzip.NewReader(in)
	if err != nil {
		return Manifest{}, damaged("it is not compressed: %w", err)
	}
	zip.Multistream(false)
	rd := &reader{tar: tar.NewReader(zip), to: to, progress: p, pieces: map[string]int64{}}
	if err := rd.all(ctx); err != nil {
		return Manifest{}, err
	}
	// What ends the compression holds its own checksum.
	if n, err := io.Copy(io.Discard, io.LimitReader(zip, 1<<20)); err != nil || n >= 1<<20 {
		return Manifest{}, damaged("its end is wrong: %w", err)
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return Manifest{}, damaged("something stands behind its end: %w", err)
	}
	if err := rd.complete(); err != nil {
		return Manifest{}, err
	}
	return *rd.manifest, to.end(ctx, *rd.manifest)
}

func (r *reader) all(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := r.tar.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return damaged("%w", err)
		}
		if r.manifest != nil {
			return damaged("part %q stands behind the manifest", h.Name)
		}
		if h.Typeflag != tar.TypeReg {
			return damaged("part %q is not a file", h.Name)
		}
		if err := r.part(ctx, h); err != nil {
			return err
		}
	}
}

// part reads one part: the sink takes what it wants, all is summed.
func (r *reader) part(ctx context.Context, h *tar.Header) error {
	body := &part{r: r.tar, sum: sha256.New()}
	if strings.HasPrefix(h.Name, sumsFolder) || h.Name == manifestName {
		return r.control(h, body)
	}
	if (r.header == nil) != (h.Name == headerName) {
		return damaged("part %q is not where it belongs", h.Name)
	}
	if err := r.hand(ctx, h, body); err != nil {
		if body.failed != nil { // the sink can't go on because the file does not
			return damaged("reading %q: %w", h.Name, body.failed)
		}
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return damaged("reading %q: %w", h.Name, err)
	}
	r.parts++
	r.open++
	fmt.Fprintf(&r.lines, "%x  %s\n", body.sum.Sum(nil), h.Name)
	return nil
}

// hand gives a part to the sink.
func (r *reader) hand(ctx context.Context, h *tar.Header, body io.Reader) error {
	name, isBlob := strings.CutPrefix(h.Name, blobsFolder)
	if isBlob {
		return r.handBlob(ctx, name, h.Size, body)
	}
	if h.Name == headerName {
		return r.begin(ctx, body)
	}
	if r.blobs > 0 {
		return damaged("part %q is not where it belongs", h.Name)
	}
	if h.Name == databaseName && r.header.Database == SQLite {
		r.files++
		return r.to.database(ctx, &told{r: body, tell: func(n int64) { r.progress.tell("database", 0, n) }})
	}
	table, number, ok := strings.Cut(strings.TrimPrefix(h.Name, tablesFolder), "/")
	if !ok || r.header.Database != Postgres || !strings.HasPrefix(h.Name, tablesFolder) || !r.header.has(table) {
		return damaged("part %q is unknown", h.Name)
	}
	r.pieces[table]++
	if number != fmt.Sprintf("%06d", r.pieces[table]) {
		return damaged("part %q is not where it belongs", h.Name)
	}
	return r.to.rows(ctx, table, &told{r: body, tell: func(n int64) { r.progress.tell("table "+table, r.pieces[table], n) }})
}

func (r *reader) handBlob(ctx context.Context, name string, size int64, body io.Reader) error {
	id, err := ids.Parse(name)
	if err != nil || id.String() != name || string(id[:]) <= string(r.seen[:]) {
		return damaged("the name of attachment %q is wrong", name)
	}
	r.seen = id
	r.blobs++
	r.bytes += size
	defer r.progress.tell("attachments", r.blobs, r.bytes)
	return r.to.blob(ctx, id, body)
}

func (r *reader) begin(ctx context.Context, body io.Reader) error {
	var h Header
	if err := readJSON(body, &h); err != nil {
		return damaged("reading %s: %w", headerName, err)
	}
	if h.Format > Format {
		return fmt.Errorf("the backup has form %d and this Lotse reads up to %d: use the version that wrote it (%s) or a newer one", h.Format, Format, h.Program)
	}
	if h.Format < 1 || h.Schema < 1 || len(h.Tables) == 0 || (h.Database != SQLite && h.Database != Postgres) {
		return damaged("%s says nothing that makes sense", headerName)
	}
	r.header = &h
	return r.to.begin(ctx, h)
}

func (h *Header) has(table string) bool {
	for _, t := range h.Tables {
		if t.Name == table {
			return true
		}
	}
	return false
}

// control reads a list of sums or the manifest.
func (r *reader) control(h *tar.Header, body *part) error {
	if h.Name == manifestName {
		r.manifest = &Manifest{}
		if err := readJSON(body, r.manifest); err != nil {
			return damaged("reading %s: %w", manifestName, err)
		}
		return nil
	}
	list, err := io.ReadAll(io.LimitReader(body, maxSums))
	if err != nil {
		return damaged("reading %q: %w", h.Name, err)
	}
	if h.Name != fmt.Sprintf("%s%06d", sumsFolder, len(r.sums)+1) || !bytes.Equal(list, r.lines.Bytes()) {
		return damaged("the sums of %q are not those of what stands before it", h.Name)
	}
	r.lines.Reset()
	r.open = 0
	r.sums = append(r.sums, hex.EncodeToString(body.sum.Sum(nil)))
	return nil
}

// complete compares what was read with what the manifest says.
func (r *reader) complete() error {
	m := r.manifest
	switch {
	case m == nil:
		return damaged("it ends before its manifest: it was cut off")
	case r.header == nil || r.open > 0 || m.Parts != r.parts || len(m.Sums) != len(r.sums):
		return damaged("parts are missing")
	case m.Blobs != r.blobs || m.BlobBytes != r.bytes:
		return damaged("attachments are missing")
	case r.header.Database == SQLite && r.files != 1:
		return damaged("the database is missing")
	case m.Schema != r.header.Schema || m.Database != r.header.Database || !m.Made.Equal(r.header.Made):
		return damaged("its beginning and its end are of different backups")
	}
	for i, sum := range r.sums {
		if m.Sums[i] != sum {
			return damaged("a list of sums was changed")
		}
	}
	return nil
}

func readJSON(r io.Reader, into any) error {
	text, err := io.ReadAll(io.LimitReader(r, maxJSON))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// part is the bytes of a part; it sums them and remembers when they end too
// early.
type part struct {
	r      io.Reader
	sum    hash.Hash
	failed error
}

func (p *part) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.sum.Write(b[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		p.failed = err
	}
	return n, err
}

// told tells how many bytes went through.
type told struct {
	r    io.Reader
	n    int64
	tell func(int64)
}

func (t *told) Read(b []byte) (int, error) {
	n, err := t.r.Read(b)
	t.n += int64(n)
	t.tell(t.n)
	return n, err
}

// Check reads a whole backup and returns its manifest, or ErrDamaged.
func Check(ctx context.Context, r io.Reader, p Progress) (Manifest, error) {
	return read(ctx, r, nothing{}, p)
}

// nothing is a sink that keeps nothing.
type nothing struct{}

func (nothing) begin(context.Context, Header) error           { return nil }
func (nothing) database(context.Context, io.Reader) error     { return nil }
func (nothing) rows(context.Context, string, io.Reader) error { return nil }
func (nothing) blob(context.Context, ids.ID, io.Reader) error { return nil }
func (nothing) end(context.Context, Manifest) error           { return nil }
