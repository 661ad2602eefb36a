// Package blob keeps large bytes (attachments, raw mail) outside the database.
//
// A blob has a random id and never changes. Put returns only after the bytes are
// on disk, so that a row which names a blob can be committed at once; a blob
// whose row was never committed is garbage that a sweep removes.
package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Info describes a stored blob.
type Info struct {
	ID     ids.ID
	Size   int64
	SHA256 [32]byte // over the stored bytes
}

// Folder keeps blobs as files, 256 folders wide.
type Folder struct {
	root    string
	written atomic.Int64
}

// Open returns the folder at root, which is made if missing.
func Open(root string) (*Folder, error) {
	for _, dir := range []string{root, filepath.Join(root, "tmp")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("making the blob folder: %w", err)
		}
	}
	return &Folder{root: root}, nil
}

// TempDir is a folder on the same disk for bytes that are still coming in. It
// is emptied by Sweep.
func (f *Folder) TempDir() string { return filepath.Join(f.root, "tmp") }

// Put stores what r yields. It fails with errs.Unavailable if the disk is full.
func (f *Folder) Put(ctx context.Context, r io.Reader) (Info, error) {
	return f.PutAs(ctx, ids.Random(), r)
}

// PutAs is Put for a blob that has its id already, because it comes out of a
// backup. A blob of that id is replaced.
func (f *Folder) PutAs(ctx context.Context, id ids.ID, r io.Reader) (Info, error) {
	info := Info{ID: id}
	tmp, err := os.CreateTemp(f.TempDir(), "put-")
	if err != nil {
		return Info{}, unavailable(err)
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	defer tmp.Close()
	hash := sha256.New()
	if info.Size, err = io.Copy(io.MultiWriter(tmp, hash), r); err != nil {
		return Info{}, unavailable(err)
	}
	hash.Sum(info.SHA256[:0])
	if err := tmp.Sync(); err != nil {
		return Info{}, unavailable(err)
	}
	if err := f.settle(tmp.Name(), info.ID); err != nil {
		return Info{}, unavailable(err)
	}
	f.written.Add(info.Size)
	return info, ctx.Err()
}

// settle gives the finished file its name and makes the name durable too.
func (f *Folder) settle(tmp string, id ids.ID) error {
	path := f.path(id)
	dir := filepath.Dir(path)
	_, err := os.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	if fresh {
		return syncDir(f.root)
	}
	return nil
}

// Open returns the blob's bytes. The caller closes it. A missing blob is
// errs.NotFound.
func (f *Folder) Open(ctx context.Context, id ids.ID) (*os.File, error) {
	file, err := os.Open(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Wrap(errs.NotFound, err, "opening a blob")
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return file, nil
}

// Get returns the blob's bytes and how many they are. The caller closes it. A
// missing blob is errs.NotFound.
func (f *Folder) Get(ctx context.Context, id ids.ID) (io.ReadCloser, int64, error) {
	file, err := f.Open(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, unavailable(err)
	}
	return file, info.Size(), nil
}

// Written returns how many bytes were stored since the folder was opened.
func (f *Folder) Written() int64 { return f.written.Load() }

// Remove deletes the blob. Removing it twice is no error.
func (f *Folder) Remove(ctx context.Context, id ids.ID) error {
	if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unavailable(err)
	}
	return nil
}

// Sweep removes what an interrupted Put left behind. Call it at start, before
// anything is stored.
func (f *Folder) Sweep() error {
	left, err := os.ReadDir(f.TempDir())
	if err != nil {
		return unavailable(err)
	}
	for _, e := range left {
		if err := os.Remove(filepath.Join(f.TempDir(), e.Name())); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// path spreads blobs by the last byte of the random id.
func (f *Folder) path(id ids.ID) string {
	return filepath.Join(f.root, fmt.Sprintf("%02x", id[15]), id.String())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func unavailable(err error) error { return errs.Wrap(errs.Unavailable, err, "storing a blob") }
