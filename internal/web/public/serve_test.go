package public

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/publish"
)

func read(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	must(t, err)
	return string(b)
}

func TestCodingsTagsAndHead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		at := w.path(a, "de")
		want := read(t, w.get(at).Body)
		for asked, sent := range map[string]string{"": "", "gzip, deflate, br": "br", "gzip;q=0.8": "gzip", "zstd": ""} {
			res := w.get(at, "Accept-Encoding", asked)
			h := res.Header
			if h.Get("Content-Encoding") != sent || h.Get("Vary") != "Accept-Encoding" || h.Get("Cache-Control") != "public, no-cache" {
				t.Fatalf("%q: %v", asked, h)
			}
			var body io.Reader = res.Body
			switch sent {
			case "br":
				body = brotli.NewReader(res.Body)
			case "gzip":
				z, err := gzip.NewReader(res.Body)
				must(t, err)
				body = z
			}
			if read(t, body) != want {
				t.Errorf("%q: another page", asked)
			}
			tag := h.Get("Etag")
			if again := w.get(at, "Accept-Encoding", asked, "If-None-Match", `W/"x", `+tag); again.StatusCode != http.StatusNotModified || read(t, again.Body) != "" || again.Header.Get("Etag") != tag || again.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%q: known tag answers %d", asked, again.StatusCode)
			}
			head := w.do(http.MethodHead, at, "Accept-Encoding", asked)
			if head.StatusCode != http.StatusOK || read(t, head.Body) != "" || head.Header.Get("Content-Length") != h.Get("Content-Length") || head.Header.Get("Etag") != tag {
				t.Errorf("%q: HEAD answers %d %v", asked, head.StatusCode, head.Header)
			}
			if other := w.get(at, "Accept-Encoding", "identity;q=1", "If-None-Match", tag); sent != "" && other.StatusCode != http.StatusOK {
				t.Errorf("the tag of %s matches the plain page", sent)
			}
		}
		if csp := w.get(at).Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("the policy is %q", csp)
		}
	})
}

// TestCosts counts statements: of a page that is not kept, and of one that is.
func TestCosts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		w.answer(a, goodAnswer)
		w.page("/de/") // brand and the like are read once
		w.pages.Search = &shelfOf{hits: hitsOf(a)}
		kept := map[string]int{w.path(a, "de"): 2, w.path(a, "en"): 2, "/de/": 1, "/en/questions": 1, "/de/questions/unanswered": 1, "/de/questions.atom": 1,
			"/de/questions/" + a.key + ".atom": 2, "/sitemap.xml": 1, "/robots.txt": 0}
		for path, limit := range kept {
			if n := w.statements(path); n > limit {
				t.Errorf("%s costs %d statements, want at most %d", path, n, limit)
			}
			if n := w.statements(path); n > 0 {
				t.Errorf("%s costs %d statements the second time", path, n)
			}
		}
		for path, limit := range map[string]int{"/de/search?q=z%C3%A4hler": 1, "/de/suggest?q=z%C3%A4hler": 1, "/sitemap/first.xml": 1} {
			if n := w.statements(path); n > limit {
				t.Errorf("%s costs %d statements, want at most %d", path, n, limit)
			}
		}
	})
}

func (w *world) statements(path string) int {
	w.t.Helper()
	ctx, n := db.WithCounter(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+path, nil)
	must(w.t, err)
	rec := newRecorder()
	w.handler.ServeHTTP(rec, r)
	if rec.status != http.StatusOK {
		w.t.Fatalf("%s: %d", path, rec.status)
	}
	return int(n.Load())
}

// recorder keeps nothing of an answer but its status.
type recorder struct {
	header http.Header
	status int
}

func newRecorder() *recorder                    { return &recorder{header: http.Header{}} }
func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// TestOtherProcessWithoutSignals takes a thread back in one process: another one
// that hears nothing shows it for half a second and no longer.
func TestOtherProcessWithoutSignals(t *testing.T) {
	url := dbtest.URL(t, "postgres")
	c := clock.NewFixed(today)
	a, b := newWorld(t, dbtest.Open(t, url), c, live.NewHub()).furnish(), newWorld(t, dbtest.Open(t, url), c, live.NewHub())
	question := a.ask(zaehler)
	at := a.path(question, "de")
	for _, path := range []string{at, "/de/", "/de/questions", "/de/questions.atom", "/de/questions/unanswered", "/de/questions/" + question.key + ".atom"} {
		if body := read(t, b.get(path).Body); !strings.Contains(body, question.key) {
			t.Fatalf("%s does not show the question", path)
		}
	}
	must(t, a.publish.TakeBack(context.Background(), question.owner, question.c))
	if s := a.get(at).StatusCode; s != http.StatusGone {
		t.Fatalf("the process that took it back still shows it: %d", s)
	}
	c.Advance(checkAfter + time.Millisecond)
	if s := b.get(at).StatusCode; s != http.StatusGone {
		t.Errorf("another process still answers %d", s)
	}
	if s := b.get("/de/questions/" + question.key + ".atom").StatusCode; s != http.StatusGone {
		t.Errorf("its feed still answers %d", s)
	}
	for _, path := range []string{"/de/", "/de/questions", "/de/questions.atom", "/de/questions/unanswered"} {
		if strings.Contains(read(t, b.get(path).Body), question.key) {
			t.Errorf("%s still shows it", path)
		}
	}
}

// TestOtherProcessHearsOfIt does the same with signals between the processes and
// a clock that stands still: nothing but a signal can tell.
func TestOtherProcessHearsOfIt(t *testing.T) {
	url := dbtest.URL(t, "postgres")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := clock.NewFixed(today)
	a, b := newWorld(t, dbtest.Open(t, url), c, live.NewHub()).furnish(), newWorld(t, dbtest.Open(t, url), c, live.NewHub())
	for _, w := range []*world{a, b} {
		go w.hub.Relay(ctx, url, slog.New(slog.DiscardHandler))
	}
	connected(t, a.hub, b.hub, a.brand)
	question := a.ask(zaehler)
	at := a.path(question, "de")
	b.page(at)
	must(t, a.publish.TakeBack(ctx, question.owner, question.c))
	back := time.Now()
	for b.get(at).StatusCode != http.StatusGone {
		if time.Since(back) > 10*time.Second {
			t.Fatal("another process hears of nothing")
		}
	}
	t.Logf("gone after %v", time.Since(back))
}

// connected waits until what one hub sends reaches the other.
func connected(t *testing.T, from, to *live.Hub, brand ids.ID) {
	t.Helper()
	heard := to.Listen(brand, "")
	defer heard.Close()
	again := time.NewTicker(20 * time.Millisecond) // until both listen, signals are lost by design
	defer again.Stop()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case <-heard.C():
			return
		case <-again.C:
			from.Send(live.Signal{Topic: "hello", Brand: brand})
		case <-deadline:
			t.Fatal("the hubs do not find each other")
		}
	}
}

// TestUnchangedIsCheckedOnly proves that beside other processes an old answer
// costs one statement and a young one none.
func TestUnchangedIsCheckedOnly(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "postgres"))
	c := clock.NewFixed(today)
	w := newWorld(t, d, c, live.NewHub()).furnish()
	at := w.path(w.ask(zaehler), "de")
	w.page(at)
	tag := w.get(at).Header.Get("Etag")
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 0}, {500 * time.Millisecond, 0}, {time.Millisecond, 1}, {0, 0}, {time.Second, 1}} {
		c.Advance(step.after)
		if n := w.statements(at); n != step.want {
			t.Errorf("%v later: %d statements, want %d", step.after, n, step.want)
		}
	}
	if w.get(at).Header.Get("Etag") != tag {
		t.Error("an unchanged page was made anew")
	}
}

// TestNoStalePageIsKept renders a thread while it is being taken back, again and
// again, and then asks once more: what was read before must not have been kept.
func TestNoStalePageIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		for range 10 {
			a := w.ask(zaehler)
			at := w.path(a, "de")
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for range 20 {
						if s := w.get(at).StatusCode; s != http.StatusOK && s != http.StatusGone {
							t.Errorf("status %d", s)
						}
					}
				})
			}
			must(t, w.publish.TakeBack(context.Background(), a.owner, a.c))
			if res := w.get(at); res.StatusCode != http.StatusGone {
				t.Fatalf("taken back and still shown: %d", res.StatusCode)
			}
			all.Wait()
			if res := w.get(at); res.StatusCode != http.StatusGone {
				t.Fatalf("a page from before was kept: %d", res.StatusCode)
			}
		}
	})
}

func TestLostSignalsDropEverything(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	w := newWorld(t, d, clock.NewFixed(today), live.NewHub()).furnish()
	a := w.ask(zaehler)
	at := w.path(a, "de")
	w.page(at)
	for range 500 { // more than a listener keeps
		w.hub.Send(live.Signal{Topic: "case", Brand: w.brand})
	}
	must(t, w.publish.TakeBack(context.Background(), a.owner, a.c))
	if res := w.get(at); res.StatusCode != http.StatusGone {
		t.Fatalf("a burst of signals hid a change: %d", res.StatusCode)
	}
	b := w.ask(publish.Draft{Title: "Eine zweite Frage zum Abschlag", Text: zaehler.Text})
	w.page(w.path(b, "de"))
	w.hub.Close()
	must(t, w.publish.TakeBack(context.Background(), b.owner, b.c))
	if res := w.get("/de/questions/" + b.key + "/x"); res.StatusCode != http.StatusGone {
		t.Fatalf("after the hub has closed a kept page is served: %d", res.StatusCode)
	}
}

func TestLookAndNameChangeThePage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		at := w.path(w.ask(zaehler), "de")
		w.page(at)
		boss := w.mia
		boss.Role = access.Admin
		_, err := w.catalog.UpdateBrand(context.Background(), boss, catalog.BrandForm{Name: "Wasserwerke Lindenau", Language: "de"})
		must(t, err)
		if got := text(w.page(at), ".shell-brand-name"); got != "Wasserwerke Lindenau" {
			t.Errorf("the page is still of %q", got)
		}
		err = w.catalog.SetColor(context.Background(), boss, "#7a1f3d")
		must(t, err)
		if n := w.page(at).Find(`link[href^="/brand/"]`).Length(); n != 1 {
			t.Error("the page does not wear the brand's colours")
		}
	})
}

func TestEmptyDeskLeadsToItsSetup(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, path := range []string{"/de/", "/en/questions", "/sitemap.xml"} {
			if res := w.get(path); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d to %q", path, res.StatusCode, res.Header.Get("Location"))
			}
		}
	})
}

func TestDatabaseAway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		at := w.path(w.ask(zaehler), "de")
		w.page(at)
		must(t, w.db.Close())
		if w.pages.Alone {
			w.page(at) // nobody can have taken it back
		} else {
			w.clock.(*clock.Fixed).Advance(time.Second)
			if res := w.get(at); res.StatusCode < 500 {
				t.Errorf("not known to be true and shown: %d", res.StatusCode)
			}
		}
		res := w.get("/de/questions?after=" + publish.Cursor{At: 1, ID: w.brand}.String())
		if res.StatusCode < 500 {
			t.Errorf("a list without its database: %d", res.StatusCode)
		}
		w.document("error", res)
	})
}
