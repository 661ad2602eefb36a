package public

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/publish"
)

// topic of the signals publish sends.
const topic = "thread"

const (
	// checkAfter is how long an answer is taken for true beside other processes,
	// whose signals may be lost.
	checkAfter = 500 * time.Millisecond
	// listLife is how long a list stands where no signal can be lost: it says how
	// long questions wait.
	listLife = time.Minute
	// makeTime is how long the making of an answer may take.
	makeTime = 10 * time.Second
)

// shelf hears what changes for one brand.
type shelf struct {
	mu         sync.Mutex
	listener   *live.Listener
	generation uint64 // of what is public: raised by every signal
}

// hear takes in what was signalled up to now and forgets what it makes untrue.
// It comes before anything kept is looked at, so that no request that begins
// after a change sees what was before. It returns the generation.
func (s *shelf) hear(c *cache, brand ids.ID) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		select {
		case signal, open := <-s.listener.C():
			if !open { // the hub has closed: nothing can be relied on any more
				s.forget(c, brand, ids.ID{})
				return s.generation
			}
			if signal.Topic == topic {
				s.forget(c, brand, signal.ID)
			}
		default:
			if s.listener.Lagged() {
				s.forget(c, brand, ids.ID{})
			}
			return s.generation
		}
	}
}

// forget drops a thread's answers and all that show several threads; everything
// if the thread is not known.
func (s *shelf) forget(c *cache, brand, thread ids.ID) {
	s.generation++
	c.drop(brand, func(k *kept) bool {
		return thread.IsZero() || k.answer.thread == thread || k.answer.thread.IsZero()
	})
}

func (p *Pages) shelf(brand ids.ID) *shelf {
	p.mu.RLock()
	s := p.shelves[brand]
	p.mu.RUnlock()
	if s != nil {
		return s
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shelves[brand] == nil {
		p.shelves[brand] = &shelf{listener: p.Hub.Listen(brand, "")}
	}
	return p.shelves[brand]
}

// maker makes an answer. Its context carries the visit's language.
type maker func(ctx context.Context) (*answer, error)

// serve answers with what is kept for the path, or makes it.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request, v visit, m maker) error {
	sh, at := p.shelf(v.brand.ID), slot{v.brand.ID, r.URL.Path}
	generation := sh.hear(p.cache, v.brand.ID)
	k, err := p.stillTrue(r.Context(), v, at)
	if err == nil {
		p.Served(k != nil)
	}
	if err == nil && k == nil {
		k, err = p.make(r.Context(), v, sh, at, generation, m)
	}
	if err != nil {
		return err
	}
	if k.answer.location != "" {
		moved(w, r, k.answer.location)
		return nil
	}
	f, made := k.answer.in(wanted(r))
	if made > 0 {
		p.cache.charge(k, made)
	}
	k.answer.write(w, r, f)
	return nil
}

// stillTrue returns what is kept in a slot if that may be served; nil if it has
// to be made.
func (p *Pages) stillTrue(ctx context.Context, v visit, at slot) (*kept, error) {
	k, seen := p.cache.get(at)
	if k == nil || k.look != v.look {
		return nil, nil
	}
	several := k.answer.thread.IsZero()
	if p.Alone && !several {
		return k, nil
	}
	life := checkAfter
	if p.Alone {
		life = listLife
	}
	if age := int64(clock.Now(p.Clock)) - seen; age >= 0 && age <= life.Microseconds() {
		return k, nil
	}
	if several {
		return nil, nil
	}
	return p.check(ctx, k)
}

// check asks the database whether a thread is as it was, once for all who ask at
// the same moment.
func (p *Pages) check(ctx context.Context, k *kept) (*kept, error) {
	same, err, _ := p.flights.Do("check "+k.slot.brand.String()+k.slot.path, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeTime)
		defer cancel()
		now := int64(clock.Now(p.Clock))
		version, state, err := p.Publish.Version(ctx, k.slot.brand, k.answer.key)
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		same := version == k.answer.version && state == publish.Shown
		if same {
			p.cache.confirm(k, now)
		}
		return same, nil
	})
	if err != nil || !same.(bool) {
		return nil, err
	}
	return k, nil
}

// make makes an answer, once for all who ask for it at the same moment, and
// keeps it unless something changed meanwhile.
func (p *Pages) make(ctx context.Context, v visit, sh *shelf, at slot, generation uint64, m maker) (*kept, error) {
	flight := strconv.FormatUint(generation, 36) + at.brand.String() + at.path
	made, err, _ := p.flights.Do(flight, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeTime)
		defer cancel()
		k := &kept{slot: at, look: v.look, seen: int64(clock.Now(p.Clock))}
		var err error
		if k.answer, err = m(v.in(ctx)); err != nil {
			return nil, err
		}
		if k.answer.location == "" && sh.hear(p.cache, at.brand) == generation {
			p.cache.put(k)
		}
		return k, nil
	})
	if err != nil {
		return nil, err
	}
	return made.(*kept), nil
}

// fresh answers with something that is not worth keeping.
func (p *Pages) fresh(w http.ResponseWriter, r *http.Request, v visit, m maker) error {
	a, err := m(v.in(r.Context()))
	if err != nil {
		return err
	}
	f, _ := a.in(wanted(r))
	a.write(w, r, f)
	return nil
}

// moved says that a page has another address for good. Caches ask again anyway:
// a slug may change back.
func moved(w http.ResponseWriter, r *http.Request, to string) {
	w.Header()["Cache-Control"] = mustRevalidate
	http.Redirect(w, r, to, http.StatusMovedPermanently)
}
