package public

import (
	"container/list"
	"sync"

	"lotse/internal/platform/ids"
)

// slot is what an answer is kept under. Its path says everything: page, locale,
// thread.
type slot struct {
	brand ids.ID
	path  string
}

// cache keeps answers in memory, those asked for last, up to a number of bytes.
type cache struct {
	mu    sync.Mutex
	limit int
	size  int
	order *list.List // of *kept, the one asked for last in front
	slots map[slot]*list.Element
}

// kept is an answer and what is known of how true it still is.
type kept struct {
	slot   slot
	answer *answer
	look   look  // the brand's, when it was made
	size   int   // bytes charged for it
	seen   int64 // when it was last known to be true, in microseconds since 1970
}

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), slots: map[slot]*list.Element{}}
}

// get returns what is kept in a slot and when it was last known to be true.
func (c *cache) get(s slot) (k *kept, seen int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.slots[s]
	if !ok {
		return nil, 0
	}
	c.order.MoveToFront(e)
	k = e.Value.(*kept)
	return k, k.seen
}

// put keeps k instead of what was in its slot.
func (c *cache) put(k *kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.slots[k.slot]; ok {
		c.remove(e)
	}
	k.size = k.answer.size()
	c.size += k.size
	c.slots[k.slot] = c.order.PushFront(k)
	c.trim()
}

// charge adds bytes that came to a kept answer.
func (c *cache) charge(k *kept, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.slots[k.slot]; !ok || e.Value != k {
		return
	}
	k.size += bytes
	c.size += bytes
	c.trim()
}

// confirm says that k was true at a moment.
func (c *cache) confirm(k *kept, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k.seen = max(k.seen, at)
}

// drop forgets what is kept for a brand and says yes to.
func (c *cache) drop(brand ids.ID, which func(*kept) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.order.Front(); e != nil; {
		next := e.Next()
		if k := e.Value.(*kept); k.slot.brand == brand && which(k) {
			c.remove(e)
		}
		e = next
	}
}

func (c *cache) trim() {
	for c.size > c.limit && c.order.Len() > 0 {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(e *list.Element) {
	k := c.order.Remove(e).(*kept)
	delete(c.slots, k.slot)
	c.size -= k.size
}
