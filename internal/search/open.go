package search

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"lotse/internal/platform/errs"
)

// mappingVersion names the rules by which text becomes findable. Whoever
// changes words.go or what add writes raises it; every index is then made anew.
const mappingVersion = "1"

// In the folder of the index lie the index itself and the version of the rules
// it was made by.
const (
	storeName    = "index"
	versionName  = "version"
	segmentsName = "store" // Bleve's own folder within the index
)

// lockTimeout is how long to wait for another process to let go of the index.
const lockTimeout = 2 * time.Second

// Open opens the index in the folder dir, or makes it. An index that is damaged
// or was made by other rules is thrown away and made anew, empty: the next
// catch-up fills it. An empty dir makes an index in memory, for tests. An index
// that another process holds open is an error of kind Unavailable.
func Open(dir string, log *slog.Logger) (*Index, error) {
	x := &Index{log: log, slots: make(chan struct{}, max(2, runtime.NumCPU())), watch: watchOver(filepath.Join(dir, storeName, segmentsName), log)}
	var err error
	if dir == "" {
		x.store, err = create("")
		return x, err
	}
	if x.store, err = reopen(dir); err == nil {
		return x, nil
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, errs.Wrap(errs.Unavailable, err, "opening the index, which another process holds")
	}
	if !errors.Is(err, fs.ErrNotExist) {
		log.Warn("making the public index anew", slog.Any("because", err))
	}
	if x.store, err = remake(dir); err != nil {
		return nil, err
	}
	return x, nil
}

// reopen opens what is there if it is whole and made by the present rules.
func reopen(dir string) (store bleve.Index, err error) {
	// A file that was cut off makes reads of mapped memory fault.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err, "opening the index")
	version, err := os.ReadFile(filepath.Join(dir, versionName))
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(string(version)) != mappingVersion {
		return nil, errors.New("it was made by another version")
	}
	path := filepath.Join(dir, storeName)
	if err := verify(filepath.Join(path, segmentsName)); err != nil {
		return nil, err
	}
	return bleve.OpenUsing(path, maps.Clone(options))
}

// remake throws away what is there and makes an empty index. The version is
// written last: a half-made index has none and is made again.
func remake(dir string) (bleve.Index, error) {
	version, path := filepath.Join(dir, versionName), filepath.Join(dir, storeName)
	if err := errors.Join(os.RemoveAll(version), os.RemoveAll(path), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, fmt.Errorf("clearing the index: %w", err)
	}
	store, err := create(path)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(version, []byte(mappingVersion+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("writing the version of the index: %w", err), store.Close())
	}
	return store, nil
}

func create(path string) (bleve.Index, error) {
	rules := bleve.NewIndexMapping()
	rules.ScoringModel = index.BM25Scoring
	store, err := bleve.NewUsing(path, rules, scorch.Name, bleve.Config.DefaultKVStore, maps.Clone(options))
	if err != nil {
		return nil, fmt.Errorf("making the index: %w", err)
	}
	return store, nil
}

// options of Bleve; the rest are its defaults. Segments count as small up to
// the size of a few batches: with the default, 2,000 documents, all there are
// would be merged again and again while an index is young.
var options = map[string]any{
	"scorchMergePlanOptions": map[string]any{"FloorSegmentSize": 200},
	"bolt_timeout":           lockTimeout.String(),
	"asyncErrorCallbackName": callbackName,
}

// verify reads the whole index once and returns what is wrong with it. It is
// done before Bleve works on it, because that would notice later, in the
// background, where a fault ends the process. Segments that the table of
// contents does not name are what a crash left behind: Bleve removes them.
func verify(store string) error {
	path := filepath.Join(store, "root.bolt")
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("table of contents: %v", err) // not wrapped: that it is missing is damage
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockTimeout})
	if err != nil {
		return fmt.Errorf("table of contents: %w", err)
	}
	walk := db.View(func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return errors.New("table of contents: it was cut off")
		}
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return verifyBucket(b, store) })
	})
	return errors.Join(walk, db.Close())
}

func verifyBucket(b *bbolt.Bucket, store string) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			return verifyBucket(b.Bucket(k), store)
		}
		name := string(v)
		if !strings.HasSuffix(name, ".zap") {
			return nil
		}
		if err := verifySegment(filepath.Join(store, name)); err != nil {
			return fmt.Errorf("segment %s: %v", name, err) // not wrapped: as above
		}
		return nil
	})
}

// verifySegment compares a segment with the CRC-32 at its end.
func verifySegment(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-crc32.Size); err != nil {
		return err
	}
	var stored [crc32.Size]byte
	if _, err := io.ReadFull(f, stored[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(stored[:]) != sum.Sum32() {
		return errors.New("its content does not match its checksum")
	}
	return nil
}

// recovered turns a panic into an error.
func recovered(err *error, doing string) {
	if r := recover(); r != nil {
		*err = errs.Wrap(errs.Unavailable, fmt.Errorf("%v", r), doing)
	}
}
