package public

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/platform/ids"
)

func keptOf(brand ids.ID, path string, bytes int) *kept {
	return &kept{slot: slot{brand, path}, answer: newAnswer(http.StatusOK, typeHTML, []byte(strings.Repeat("x", bytes)))}
}

func TestCacheStaysBelowItsLimit(t *testing.T) {
	brand := ids.New()
	c := newCache(100 << 10)
	for i := range 200 {
		c.put(keptOf(brand, fmt.Sprint("/", i), 9<<10))
		c.get(slot{brand, "/0"}) // asked for all the time
		if c.size > c.limit {
			t.Fatalf("%d bytes after %d answers, the limit is %d", c.size, i+1, c.limit)
		}
	}
	if c.order.Len() != 10 || len(c.slots) != 10 {
		t.Fatalf("%d answers of 10 kB fit into 100 kB", c.order.Len())
	}
	for path, want := range map[string]bool{"/0": true, "/1": false, "/190": false, "/191": true, "/199": true} {
		if k, _ := c.get(slot{brand, path}); (k != nil) != want {
			t.Errorf("%s is kept: %v, want %v", path, k != nil, want)
		}
	}
	if k, _ := c.get(slot{ids.New(), "/0"}); k != nil {
		t.Error("a brand got the page of another")
	}
}

func TestCacheCountsWhatComesLater(t *testing.T) {
	brand := ids.New()
	c := newCache(30 << 10)
	a, b := keptOf(brand, "/a", 9<<10), keptOf(brand, "/b", 9<<10)
	c.put(a)
	c.put(b)
	c.charge(b, 5<<10)
	if len(c.slots) != 2 || c.size != 25<<10 {
		t.Fatalf("%d bytes of %d answers", c.size, len(c.slots))
	}
	c.charge(b, 10<<10)
	if k, _ := c.get(a.slot); k != nil || c.size != 25<<10 {
		t.Fatalf("the oldest was not given up: %d bytes", c.size)
	}
	c.charge(a, 1<<20) // is not there any more
	c.put(keptOf(brand, "/b", 1<<10))
	if c.size != 2<<10 {
		t.Fatalf("%d bytes after an answer was replaced", c.size)
	}
	c.put(keptOf(brand, "/huge", 40<<10))
	if len(c.slots) != 0 || c.size != 0 {
		t.Fatalf("%d answers, %d bytes: one too large for the cache was kept", len(c.slots), c.size)
	}
}

func TestCacheDrops(t *testing.T) {
	mine, other := ids.New(), ids.New()
	c := newCache(1 << 20)
	for _, b := range []ids.ID{mine, other} {
		c.put(keptOf(b, "/a", 10))
		c.put(keptOf(b, "/b", 10))
	}
	c.drop(mine, func(k *kept) bool { return k.slot.path == "/a" })
	if len(c.slots) != 3 {
		t.Fatalf("%d are left", len(c.slots))
	}
	if k, _ := c.get(slot{mine, "/a"}); k != nil {
		t.Fatal("it is still there")
	}
}

func TestEachCodingIsMadeOnce(t *testing.T) {
	a := newAnswer(http.StatusOK, typeHTML, []byte(strings.Repeat("Zähler ablesen. ", 500)))
	tags := map[string]bool{}
	for c := range codings {
		f, made := a.in(c)
		if again, more := a.in(c); again != f || more != 0 {
			t.Errorf("%s was made twice", codingNames[c])
		}
		if (made > 0) != (c != plain) || len(f.body) == 0 {
			t.Errorf("%s: %d bytes made, %d sent", codingNames[c], made, len(f.body))
		}
		tags[f.tag] = true
	}
	if len(tags) != int(codings) {
		t.Errorf("the codings share tags: %v", tags)
	}
}
