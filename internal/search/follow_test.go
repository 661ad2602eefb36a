package search_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/platform/ids"
	"lotse/internal/search"
)

// feed is a source in memory: the latest change of each document, in order.
type feed struct {
	mu      sync.Mutex
	changes map[ids.ID]entry
	err     error
	asked   []search.Mark
	handed  int
}

type entry struct {
	search.Change
	at int64
}

func newFeed() *feed { return &feed{changes: make(map[ids.ID]entry)} }

func (f *feed) set(at time.Time, c search.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes[c.ID] = entry{c, at.UnixMicro()}
}

func (f *feed) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *feed) Docs(_ context.Context, after search.Mark, limit int) ([]search.Change, search.Mark, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, after)
	if f.err != nil {
		return nil, search.Mark{}, f.err
	}
	var later []entry
	for _, e := range f.changes {
		if e.at > after.At || e.at == after.At && bytes.Compare(e.ID[:], after.ID[:]) > 0 {
			later = append(later, e)
		}
	}
	slices.SortFunc(later, func(a, b entry) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	next := after
	var batch []search.Change
	for _, e := range later[:min(limit, len(later))] {
		batch = append(batch, e.Change)
		next = search.Mark{At: e.at, ID: e.ID}
	}
	f.handed += len(batch)
	return batch, next, nil
}

func question(title string) search.Change {
	return search.Change{Doc: search.Doc{ID: ids.New(), Brand: brand, Language: "de", Title: title, At: noon}}
}

func catchUp(t *testing.T, x *search.Index, s search.Source) int {
	t.Helper()
	n, err := x.CatchUp(t.Context(), s)
	if err != nil {
		t.Fatalf("catching up: %v", err)
	}
	return n
}

func wantSize(t *testing.T, x *search.Index, want uint64) {
	t.Helper()
	if n, err := x.Size(); err != nil || n != want {
		t.Fatalf("the index holds %d documents (%v), want %d", n, err, want)
	}
}

func TestCatchUpTakesOverWhatChanged(t *testing.T) {
	x, f := open(t, ""), newFeed()
	for i := range 250 { // all at the same moment: the id decides the order
		f.set(noon, question(fmt.Sprintf("Frage %d", i)))
	}
	if n := catchUp(t, x, f); n != 250 {
		t.Fatalf("took over %d, want 250", n)
	}
	wantSize(t, x, 250)
	if n := catchUp(t, x, f); n != 0 {
		t.Errorf("wrote %d although nothing changed", n)
	}

	gas := question("Gasgeruch im Keller")
	f.set(noon.Add(time.Minute), gas)
	if n := catchUp(t, x, f); n != 1 {
		t.Errorf("wrote %d for one change", n)
	}
	if got := find(t, x, search.Query{Text: "gasgeruch"}); !slices.Equal(got, []ids.ID{gas.ID}) {
		t.Errorf("found %v, want the new one", got)
	}
	gas.Gone = true
	f.set(noon.Add(2*time.Minute), gas)
	catchUp(t, x, f)
	if got := find(t, x, search.Query{Text: "gasgeruch"}); len(got) != 0 {
		t.Errorf("found %v, which is gone", got)
	}
	wantSize(t, x, 250)
}

// On PostgreSQL a transaction may take its time early and commit late: what
// appears behind the mark must be found nevertheless.
func TestLateCommitsAreNotLost(t *testing.T) {
	x, f := open(t, ""), newFeed()
	f.set(noon, question("Wasserhahn tropft"))
	catchUp(t, x, f)
	late := question("Laterne flackert")
	f.set(noon.Add(-20*time.Second), late)
	if n := catchUp(t, x, f); n != 1 {
		t.Errorf("wrote %d, want the late one alone", n)
	}
	if got := find(t, x, search.Query{Text: "Laterne"}); !slices.Equal(got, []ids.ID{late.ID}) {
		t.Errorf("found %v", got)
	}
}

func TestRestartKeepsContentAndMark(t *testing.T) {
	dir, f := t.TempDir(), newFeed()
	x := open(t, dir)
	f.set(noon, question("Zählerstand melden"))
	for i := range 120 {
		f.set(noon.Add(-time.Hour), question(fmt.Sprintf("Frage %d", i)))
	}
	catchUp(t, x, f)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}

	x = open(t, dir)
	wantSize(t, x, 121)
	if got := find(t, x, search.Query{Text: "Zählerstand"}); len(got) != 1 {
		t.Errorf("found %d after the restart", len(got))
	}
	f.asked, f.handed = nil, 0
	catchUp(t, x, f)
	if want := noon.Add(-30 * time.Second).UnixMicro(); f.asked[0].At != want || f.handed != 1 {
		t.Errorf("read %d changes from %d, want one from %d", f.handed, f.asked[0].At, want)
	}
}

func TestAFailingSourceKeepsWhatCameBefore(t *testing.T) {
	x, f := open(t, ""), newFeed()
	f.set(noon, question("Rohrbruch"))
	catchUp(t, x, f)
	f.fail(errors.New("database away"))
	if _, err := x.CatchUp(t.Context(), f); err == nil {
		t.Error("the failure was swallowed")
	}
	wantSize(t, x, 1)
	f.fail(nil)
	f.set(noon.Add(time.Second), question("Hauptwasserhahn"))
	if n := catchUp(t, x, f); n != 1 {
		t.Errorf("wrote %d after the failure, want 1", n)
	}
}

type stuck struct{ batch []search.Change }

func (s stuck) Docs(context.Context, search.Mark, int) ([]search.Change, search.Mark, error) {
	return s.batch, search.Mark{}, nil
}

type panics struct{}

func (panics) Docs(context.Context, search.Mark, int) ([]search.Change, search.Mark, error) {
	panic("a fault in the source")
}

func TestAFaultySourceIsAnError(t *testing.T) {
	x := open(t, "")
	full := stuck{make([]search.Change, 100)}
	for i := range full.batch {
		full.batch[i] = question("immer dasselbe")
	}
	for name, s := range map[string]search.Source{"stuck": full, "panics": panics{}} {
		if _, err := x.CatchUp(t.Context(), s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// follow runs Follow with a source that tells whenever it is asked, until end
// is called.
func follow(t *testing.T, x *search.Index, f *feed, wake <-chan struct{}, every time.Duration) (s *telling, end func()) {
	ctx, stop := context.WithCancel(t.Context())
	s = &telling{feed: f, calls: make(chan struct{})}
	done := make(chan struct{})
	go func() { x.Follow(ctx, s, wake, every); close(done) }()
	return s, func() { stop(); <-done }
}

type telling struct {
	*feed
	calls chan struct{}
}

func (s *telling) Docs(ctx context.Context, after search.Mark, limit int) ([]search.Change, search.Mark, error) {
	select {
	case s.calls <- struct{}{}:
	case <-ctx.Done():
	}
	return s.feed.Docs(ctx, after, limit)
}

func TestFollowWakesUp(t *testing.T) {
	x, f, wake := open(t, ""), newFeed(), make(chan struct{})
	f.set(noon, question("vorher"))
	s, end := follow(t, x, f, wake, time.Hour)
	defer end()
	<-s.calls // at once
	wake <- struct{}{}
	wantSize(t, x, 1) // it takes a wake only when it has caught up
	<-s.calls
	f.set(noon.Add(time.Second), question("geweckt"))
	wake <- struct{}{}
	<-s.calls
	wake <- struct{}{}
	wantSize(t, x, 2)
	<-s.calls
}

func TestFollowGoesOnByItself(t *testing.T) {
	var said bytes.Buffer
	x, err := search.Open("", slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	f, wake := newFeed(), make(chan struct{})
	close(wake) // must neither spin nor end it
	f.fail(errors.New("database away"))
	s, end := follow(t, x, f, wake, time.Millisecond)
	for range 10 {
		<-s.calls
	}
	f.fail(nil)
	f.set(noon, question("wieder da"))
	for range 3 { // the third asks after the second was taken over
		<-s.calls
	}
	wantSize(t, x, 1)
	end()
	if n := strings.Count(said.String(), "database away"); n != 1 {
		t.Errorf("the failure was logged %d times:\n%s", n, said.String())
	}
}

// An index that followed a long life of changes must hold the same as one that
// was made anew from the end of it. (The order of near-equal hits may differ:
// what was replaced counts in the statistics until it is merged away.)
func TestRebuiltEqualsLive(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	live, f := open(t, t.TempDir()), newFeed()
	docs, _ := corpus(t)
	at := noon
	for range 12 {
		for range 40 {
			at = at.Add(time.Duration(dice.IntN(5000)) * time.Millisecond)
			d := docs[dice.IntN(len(docs))]
			d.Posts = docs[dice.IntN(len(docs))].Question
			f.set(at, search.Change{Doc: d, Gone: dice.IntN(4) == 0})
		}
		catchUp(t, live, f)
	}
	rebuilt := open(t, t.TempDir())
	catchUp(t, rebuilt, f)
	there := 0
	for _, e := range f.changes {
		q := search.Query{Text: e.Title, Language: e.Language, Limit: 50}
		for name, x := range map[string]*search.Index{"live": live, "rebuilt": rebuilt} {
			if got := find(t, x, q); slices.Contains(got, e.ID) == e.Gone {
				t.Errorf("%s: %q finds %v; gone: %v", name, e.Title, got, e.Gone)
			}
		}
		if !e.Gone {
			there++
		}
	}
	wantSize(t, live, uint64(there))
	wantSize(t, rebuilt, uint64(there))
}
