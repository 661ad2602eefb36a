package exchange

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
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Source is an export that is there to be read.
type Source struct {
	Manifest Manifest
	folder   string
	unpacked string // a folder to remove
}

// maxLine bounds one record in bytes.
const maxLine = 256 << 20

// IsExport reports whether a path is an export rather than mails or a table.
func IsExport(path string) bool {
	if IsArchive(path) {
		return true
	}
	_, err := os.Stat(filepath.Join(path, manifestName))
	return err == nil
}

// Open opens an export and checks every record file against the manifest. One in
// a tar.gz file is unpacked into a new folder within scratch first. Close it.
func Open(ctx context.Context, path, scratch string, tell Progress) (*Source, error) {
	s := &Source{folder: path}
	if IsArchive(path) {
		if err := s.unpack(ctx, path, scratch, tell); err != nil {
			s.Close()
			return nil, fmt.Errorf("unpacking %s: %w", path, err)
		}
	}
	if err := s.check(ctx, tell); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close removes what was unpacked.
func (s *Source) Close() {
	if s.unpacked != "" {
		_ = os.RemoveAll(s.unpacked)
	}
}

// partName matches what an export is made of; nothing else is unpacked.
var partName = regexp.MustCompile(`^(manifest\.json|[a-z_]+\.jsonl|files/[0-9a-f]{2}/[0-9a-f]{64})$`)

func (s *Source) unpack(ctx context.Context, path, scratch string, tell Progress) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if s.unpacked, err = os.MkdirTemp(scratch, "import-"); err != nil {
		return err
	}
	s.folder = s.unpacked
	zip, err := gzip.NewReader(bufio.NewReaderSize(file, 64<<10))
	if err != nil {
		return err
	}
	in := tar.NewReader(zip)
	for n := int64(1); ; n++ {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !partName.MatchString(h.Name) {
			return fmt.Errorf("%q is no part of an export", h.Name)
		}
		if err := s.extract(h.Name, in); err != nil {
			return err
		}
		tell.tell("unpacking", n, 0)
	}
}

func (s *Source) extract(name string, r io.Reader) error {
	path := filepath.Join(s.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	w, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// check reads the manifest and every record file.
func (s *Source) check(ctx context.Context, tell Progress) error {
	text, err := os.ReadFile(filepath.Join(s.folder, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no %s: it is no export, or it was cut off", s.folder, manifestName)
	}
	if err != nil {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	if err := json.Unmarshal(text, &s.Manifest); err != nil {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	if s.Manifest.Format != FormatName {
		return fmt.Errorf("%s is no export of Lotse: its format is called %q", s.folder, s.Manifest.Format)
	}
	if s.Manifest.Version < 1 || s.Manifest.Version > FormatVersion {
		return fmt.Errorf("the export has version %d of the format, this program knows %d: use a newer one", s.Manifest.Version, FormatVersion)
	}
	for _, p := range s.Manifest.Kinds {
		if !slices.ContainsFunc(kinds, func(k *kind) bool { return k.name == p.Kind && k.file() == p.File }) {
			return fmt.Errorf("the manifest names %s, which no export has", p.File)
		}
		if err := s.checkPart(ctx, p); err != nil {
			return fmt.Errorf("checking %s: %w", p.File, err)
		}
		tell.tell("checking "+p.Kind, p.Records, p.Bytes)
	}
	return nil
}

func (s *Source) checkPart(ctx context.Context, p Part) error {
	file, err := os.Open(filepath.Join(s.folder, p.File))
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return err
	}
	if n != p.Bytes || hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
		return errors.New("it is not what the manifest says: it was changed or cut off")
	}
	return ctx.Err()
}

// each hands over the records of a kind in order: the members of one, and the
// line's number.
func (s *Source) each(ctx context.Context, k *kind, do func(line int64, members map[string]json.RawMessage) error) error {
	if s.Manifest.Records(k.name) == 0 {
		return nil
	}
	file, err := os.Open(filepath.Join(s.folder, k.file()))
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewScanner(file)
	in.Buffer(make([]byte, 64<<10), maxLine)
	for n := int64(1); in.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(bytes.Clone(in.Bytes()), &members); err != nil {
			return fmt.Errorf("%s, line %d: %w", k.file(), n, err)
		}
		if err := do(n, members); err != nil {
			return fmt.Errorf("%s, line %d: %w", k.file(), n, err)
		}
	}
	return in.Err()
}

// file opens a file by its hash; fs.ErrNotExist if there is none.
func (s *Source) file(hash string) (*os.File, error) {
	return os.Open(filepath.Join(s.folder, filepath.FromSlash(fileName(hash))))
}

func (s *Source) isMissing(hash string) bool {
	_, found := slices.BinarySearchFunc(s.Manifest.Missing, hash, strings.Compare)
	return found
}
