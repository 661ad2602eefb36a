package exchange

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// fileRef is a file that records name: bytes in the blob folder, or (Seq) in an
// envelope's row.
type fileRef struct {
	Hash [32]byte
	Blob ids.ID
	Seq  int64
}

const fileRefs = `SELECT t.sha256 AS hash, t.blob_id AS blob, 0 AS seq FROM attachments AS t
	UNION ALL SELECT t.key, t.blob_id, t.seq FROM envelopes AS t WHERE t.blob_id IS NOT NULL OR t.raw IS NOT NULL
	ORDER BY 1, 3, 2`

// files writes every file once, in order of hash. The list may be long: it is
// ordered by the database and kept on disk.
func (e *exporter) files(ctx context.Context, v *db.View) error {
	path := filepath.Join(e.out.scratch(), "list")
	if err := e.listFiles(ctx, v, path); err != nil {
		return fmt.Errorf("listing files: %w", err)
	}
	list, err := os.Open(path)
	if err != nil {
		return err
	}
	defer list.Close()
	sum := sha256.New()
	in := bufio.NewReader(list)
	var done, missing [32]byte
	for {
		var ref fileRef
		if err := binary.Read(in, binary.BigEndian, &ref); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("reading the list of files: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if ref.Hash == done {
			continue
		}
		size, err := e.file(ctx, v, ref)
		if errs.Is(err, errs.NotFound) {
			if name := hex.EncodeToString(ref.Hash[:]); ref.Hash != missing {
				e.m.Missing = append(e.m.Missing, name)
				missing = ref.Hash
			}
			continue
		}
		if err != nil {
			return err
		}
		if done = ref.Hash; done == missing { // another copy is there
			e.m.Missing = e.m.Missing[:len(e.m.Missing)-1]
		}
		fmt.Fprintf(sum, "%x %d\n", ref.Hash, size)
		e.m.Files.Count++
		e.m.Files.Bytes += size
		e.Progress.tell("files", e.m.Files.Count, e.m.Files.Bytes)
	}
	e.m.Files.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return os.Remove(path)
}

func (e *exporter) listFiles(ctx context.Context, v *db.View, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	err = eachRow(ctx, v, fileRefs, nil, func(scan func(...any) error) error {
		var ref fileRef
		var hash []byte
		if err := scan(&hash, &ref.Blob, &ref.Seq); err != nil {
			return err
		}
		copy(ref.Hash[:], hash)
		return binary.Write(out, binary.BigEndian, ref)
	})
	return errors.Join(err, out.Flush(), file.Close())
}

// file writes one file. Bytes that are missing or not those of the hash are
// errs.NotFound; what is not what its name says is never written.
func (e *exporter) file(ctx context.Context, v *db.View, ref fileRef) (size int64, err error) {
	name := fileName(hex.EncodeToString(ref.Hash[:]))
	if ref.Blob.IsZero() {
		raw, err := e.raw(ctx, v, ref)
		if err != nil {
			return 0, err
		}
		return int64(len(raw)), e.out.add(name, int64(len(raw)), bytes.NewReader(raw))
	}
	sum := sha256.New()
	if err := e.copyBlob(ctx, ref.Blob, sum); err != nil {
		return 0, err
	}
	if [32]byte(sum.Sum(nil)) != ref.Hash {
		return 0, errs.Wrap(errs.NotFound, errors.New("its bytes were changed"), "reading a file")
	}
	blob, size, err := e.Blobs.Get(ctx, ref.Blob)
	if err != nil {
		return 0, err
	}
	defer blob.Close()
	return size, e.out.add(name, size, blob)
}

func (e *exporter) copyBlob(ctx context.Context, id ids.ID, to io.Writer) error {
	blob, _, err := e.Blobs.Get(ctx, id)
	if err != nil {
		return err
	}
	defer blob.Close()
	_, err = io.Copy(to, blob)
	return err
}

// raw returns the bytes of an envelope that lie in its row.
func (e *exporter) raw(ctx context.Context, v *db.View, ref fileRef) ([]byte, error) {
	var id ids.ID
	var stored []byte
	if err := v.QueryRowContext(ctx, "SELECT id, raw FROM envelopes WHERE seq = ?", ref.Seq).Scan(&id, &stored); err != nil {
		return nil, fmt.Errorf("reading an envelope: %w", err)
	}
	raw := e.Seal.OpenBytes(id, stored)
	if sha256.Sum256(raw) != ref.Hash {
		return nil, errs.Wrap(errs.NotFound, errors.New("its bytes were changed"), "reading an envelope")
	}
	return raw, nil
}
