package exchange

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// sink is where an export is written.
type sink interface {
	// create begins a file whose length is not known yet. It must be closed before
	// the next one.
	create(name string) (io.WriteCloser, error)
	// add writes a file of size bytes.
	add(name string, size int64, r io.Reader) error
	// scratch is a folder for what is not part of the export.
	scratch() string
	// close completes the export under its name.
	close() error
	// discard removes what was written.
	discard()
}

// IsArchive reports whether a path names an export in one file.
func IsArchive(path string) bool {
	return strings.HasSuffix(path, ".tar.gz") || strings.HasSuffix(path, ".tgz")
}

func newSink(path string) (sink, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s exists already: choose another name, an export overwrites nothing", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for %s: %w", path, err)
	}
	part := path + ".part"
	if err := os.Mkdir(part, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the export (if one was interrupted, remove what it left): %w", err)
	}
	if !IsArchive(path) {
		return &folderSink{path: path, part: part}, nil
	}
	s := &tarSink{path: path, part: part}
	var err error
	if s.file, err = os.OpenFile(filepath.Join(part, "export"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		s.discard()
		return nil, fmt.Errorf("making the export file: %w", err)
	}
	s.zip = gzip.NewWriter(s.file)
	s.tar = tar.NewWriter(s.zip)
	return s, nil
}

// folderSink writes a folder.
type folderSink struct{ path, part string }

func (s *folderSink) create(name string) (io.WriteCloser, error) {
	path := filepath.Join(s.part, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

func (s *folderSink) add(name string, size int64, r io.Reader) error {
	w, err := s.create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

func (s *folderSink) scratch() string { return s.part }
func (s *folderSink) close() error    { return os.Rename(s.part, s.path) }
func (s *folderSink) discard()        { _ = os.RemoveAll(s.part) }

// tarSink writes a tar.gz file. Names and modes are always the same, and all is of
// 1970, so that equal desks give equal files.
type tarSink struct {
	path, part string
	file       *os.File
	zip        *gzip.Writer
	tar        *tar.Writer
}

// spooled is a file that goes into the archive once its length is known.
type spooled struct {
	*os.File
	sink *tarSink
	name string
	done bool
}

func (s *tarSink) create(name string) (io.WriteCloser, error) {
	f, err := os.Create(filepath.Join(s.part, "spool"))
	if err != nil {
		return nil, err
	}
	return &spooled{File: f, sink: s, name: name}, nil
}

// Close puts the file into the archive. Closing again does nothing.
func (f *spooled) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = f.sink.add(f.name, size, f.File)
	}
	return errors.Join(err, f.File.Close(), os.Remove(f.Name()))
}

func (s *tarSink) add(name string, size int64, r io.Reader) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := s.tar.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.Copy(s.tar, r)
	return err
}

func (s *tarSink) scratch() string { return s.part }

func (s *tarSink) close() error {
	if err := errors.Join(s.tar.Close(), s.zip.Close(), s.file.Sync(), s.file.Close()); err != nil {
		return err
	}
	if err := os.Rename(s.file.Name(), s.path); err != nil {
		return err
	}
	return os.RemoveAll(s.part)
}

func (s *tarSink) discard() {
	if s.file != nil {
		_ = s.file.Close()
	}
	_ = os.RemoveAll(s.part)
}
