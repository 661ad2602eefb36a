package search

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Bleve writes in goroutines of its own. What fails there reaches us through
// one callback for all indexes, which tells them apart by their folder.

const callbackName = "lotse"

var watched = struct {
	sync.Mutex
	by map[string]*watch
}{by: make(map[string]*watch)}

func init() { scorch.RegistryAsyncErrorCallbacks[callbackName] = failed }

// watch is what one index must know of what fails behind its back.
type watch struct {
	log    *slog.Logger
	store  string // the folder
	mu     sync.Mutex
	said   time.Time     // when a failure was last logged
	broken chan struct{} // closed when a writing goroutine has died
}

// watchOver makes the watch of the index whose files lie in the folder store.
func watchOver(store string, log *slog.Logger) *watch {
	w := &watch{log: log, store: store, broken: make(chan struct{})}
	watched.Lock()
	defer watched.Unlock()
	watched.by[store] = w
	return w
}

// forget ends the watch.
func (w *watch) forget() {
	watched.Lock()
	defer watched.Unlock()
	if watched.by[w.store] == w {
		delete(watched.by, w.store)
	}
}

// failed is called by Bleve. A failed write, as on a full disk, is tried again
// without a pause, so one is made here. A goroutine that panicked does not come
// back: whoever waits for it must be told.
func failed(err error, store string) {
	watched.Lock()
	w := watched.by[store]
	watched.Unlock()
	if w == nil {
		return
	}
	w.note(err)
	if !errors.Is(err, scorch.ErrAsyncPanic) {
		time.Sleep(100 * time.Millisecond)
	}
}

func (w *watch) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.said) > time.Minute {
		w.said = now
		w.log.Error("the public index can't be written", slog.Any("error", err))
	}
	if errors.Is(err, scorch.ErrAsyncPanic) && !w.isBroken() {
		close(w.broken)
	}
}

// isBroken tells whether the index no longer writes. It still finds.
func (w *watch) isBroken() bool {
	select {
	case <-w.broken:
		return true
	default:
		return false
	}
}
