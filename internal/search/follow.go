package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"time"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Mark is a place in the order of changes: the time of a change, and among
// changes of the same time the id of the document. The zero Mark is before all.
type Mark struct {
	At int64 // microseconds since 1970
	ID ids.ID
}

// Change says that a document is to be found as it is now or, when it is Gone,
// no longer. Of a document that is gone only the ID is read.
type Change struct {
	Doc
	Gone bool
}

// Source tells what changed. The index reads it, the package that owns the
// documents implements it.
type Source interface {
	// Docs returns up to limit documents that changed after the mark, oldest
	// change first, each as it is now, and the mark of the last of them. Fewer
	// than limit means that there are no more for the time being.
	Docs(ctx context.Context, after Mark, limit int) (batch []Change, next Mark, err error)
}

const (
	catchUpBatch = 100
	// overlap is how far each catch-up goes back behind the mark: a transaction
	// that took its time early and committed late is found nevertheless.
	overlap = 30 * time.Second
)

// markKey is where the mark lies in the index's internal storage.
var markKey = []byte("lotse-mark")

// Follow keeps the index up with the source until ctx ends: at once, whenever
// wake says so, and at least every so often. A source that fails is logged once
// and asked again; Follow goes on.
func (x *Index) Follow(ctx context.Context, s Source, wake <-chan struct{}, every time.Duration) {
	tick := time.NewTicker(max(every, time.Millisecond))
	defer tick.Stop()
	failing := false
	for {
		_, err := x.CatchUp(ctx, s)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			x.log.Warn("the public index can't follow, trying again", slog.Any("error", err))
		case err == nil && failing:
			x.log.Info("the public index follows again")
		}
		failing = err != nil
		if !wait(ctx, wake, tick.C) {
			return
		}
	}
}

// wait returns false when ctx ended.
func wait(ctx context.Context, wake <-chan struct{}, tick <-chan time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case _, open := <-wake:
		if open {
			return true
		}
	case <-tick:
		return true
	}
	select { // nobody will wake us any more
	case <-ctx.Done():
		return false
	case <-tick:
		return true
	}
}

// CatchUp takes over what changed since the last time and returns how many
// changes it wrote. An error of the source is passed on; what came before it
// is kept.
func (x *Index) CatchUp(ctx context.Context, s Source) (written int, err error) {
	x.catching.Lock()
	defer x.catching.Unlock()
	defer recovered(&err, "catching up with the index")
	mark, err := x.mark()
	if err != nil {
		return 0, err
	}
	from := Mark{At: max(0, mark.At-overlap.Microseconds())}
	seen := make(fingerprints)
	for {
		batch, next, err := s.Docs(ctx, from, catchUpBatch)
		if err != nil {
			return written, fmt.Errorf("reading changes for the index: %w", err)
		}
		fresh := x.recent.unknown(batch, seen)
		if len(fresh) > 0 || next.after(mark) {
			mark = mark.later(next)
			if err := x.take(ctx, fresh, mark); err != nil {
				return written, err
			}
			written += len(fresh)
		}
		if len(batch) < catchUpBatch {
			x.recent = seen
			x.caught.Store(time.Now().UnixMicro())
			return written, nil
		}
		if !next.after(from) {
			return written, errors.New("the source of the index does not move on")
		}
		from = next
	}
}

// CaughtUp returns when the index last knew all that there is; zero if it never
// has since it was opened.
func (x *Index) CaughtUp() time.Time {
	if at := x.caught.Load(); at > 0 {
		return time.UnixMicro(at).UTC()
	}
	return time.Time{}
}

// take writes the changes and the mark together.
func (x *Index) take(ctx context.Context, changes []Change, mark Mark) error {
	batch := x.store.NewBatch()
	for _, c := range changes {
		if c.Gone {
			batch.Delete(c.ID.String())
			continue
		}
		if err := add(batch, c.Doc); err != nil {
			return err
		}
	}
	batch.SetInternal(markKey, mark.encode())
	return x.commit(ctx, batch)
}

func (x *Index) mark() (Mark, error) {
	raw, err := x.store.GetInternal(markKey)
	if err != nil {
		return Mark{}, errs.Wrap(errs.Unavailable, err, "reading the mark of the index")
	}
	return decodeMark(raw), nil
}

func (m Mark) after(o Mark) bool {
	return m.At > o.At || m.At == o.At && string(m.ID[:]) > string(o.ID[:])
}

func (m Mark) later(o Mark) Mark {
	if o.after(m) {
		return o
	}
	return m
}

func (m Mark) encode() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(m.At)), m.ID[:]...)
}

func decodeMark(raw []byte) Mark {
	var m Mark
	if len(raw) == 8+len(m.ID) {
		m.At = int64(binary.BigEndian.Uint64(raw))
		copy(m.ID[:], raw[8:])
	}
	return m
}

// fingerprints remember what the last catch-up saw of each document, so that
// what lies in the overlap and did not change is not written again and again.
type fingerprints map[ids.ID]uint64

// maxFingerprints bounds the memory: a first catch-up may see millions.
const maxFingerprints = 10_000

var fingerprintSeed = maphash.MakeSeed()

// unknown returns the changes that are news, and notes all of them in seen.
func (f fingerprints) unknown(batch []Change, seen fingerprints) []Change {
	var fresh []Change
	for _, c := range batch {
		print := c.fingerprint()
		if old, known := f[c.ID]; !known || old != print {
			fresh = append(fresh, c)
		}
		if len(seen) >= maxFingerprints {
			clear(seen)
		}
		seen[c.ID] = print
	}
	return fresh
}

func (c Change) fingerprint() uint64 {
	var h maphash.Hash
	h.SetSeed(fingerprintSeed)
	for _, part := range []string{string(c.Brand[:]), c.Title, c.Question, c.Answers, c.Posts} {
		h.WriteString(part)
		h.WriteByte(0xff) // occurs in no UTF-8
	}
	h.Write(cardOf(c.Doc).encode())
	if c.Gone {
		h.WriteByte(1)
	}
	return h.Sum64()
}
