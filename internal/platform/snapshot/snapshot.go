// Package snapshot keeps small data in memory that is asked for all the time and
// changes seldom, such as brands, accounts and teams.
//
// It is read as a whole. A change is seen at once in the process that made it,
// and within Fresh in others, if there are any. While the database is away, what was read last
// stands. The packages that own such data use it; nobody else sees it.
package snapshot

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
)

// Fresh is how long what was read is taken for true.
const Fresh = 5 * time.Second

// Of keeps one value of T, which must not be changed once it is read. The zero
// value is empty and ready.
type Of[T any] struct {
	// Alone says that no other process changes the data, as on SQLite: what was
	// read stays true until Changed. Set it before the first Get.
	Alone bool

	last    atomic.Pointer[kept[T]]
	version atomic.Uint64 // how often this process has changed the data
	reading sync.Mutex
}

type kept[T any] struct {
	value   T
	readAt  time.Time
	version uint64 // when reading began
}

// Changed makes what was read before now stale.
func (s *Of[T]) Changed() { s.version.Add(1) }

// Get returns the value, read anew if it is stale. Readers of a fresh one wait
// for nothing. Of those who find it too old one reads and the others take the
// old one; after Changed they wait, so that nobody misses their own change.
func (s *Of[T]) Get(ctx context.Context, c clock.Clock, read func(context.Context) (T, error)) (T, error) {
	have := s.last.Load()
	if s.isFresh(have, c) {
		return have.value, nil
	}
	if have != nil && have.version == s.version.Load() {
		if !s.reading.TryLock() {
			return have.value, nil
		}
	} else {
		s.reading.Lock()
	}
	defer s.reading.Unlock()
	if have = s.last.Load(); s.isFresh(have, c) {
		return have.value, nil
	}
	return s.renew(ctx, c, have, read)
}

// renew reads for all who wait, so the end of one request does not stop it. If
// it fails, the old value stands until the next try is due.
func (s *Of[T]) renew(ctx context.Context, c clock.Clock, have *kept[T], read func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Fresh)
	defer cancel()
	version := s.version.Load()
	value, err := read(ctx)
	if err != nil {
		if have == nil {
			return value, db.Classify(err)
		}
		slog.Warn("cached data can't be read anew, what was read last stands", "error", err)
		value = have.value
	}
	s.last.Store(&kept[T]{value: value, readAt: c.Now(), version: version})
	return value, nil
}

func (s *Of[T]) isFresh(have *kept[T], c clock.Clock) bool {
	return have != nil && have.version == s.version.Load() && (s.Alone || c.Now().Sub(have.readAt) < Fresh)
}
