package workspace_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/live"
)

// stream is an open connection to /live of a real server.
type stream struct {
	t     testing.TB
	lines *bufio.Scanner
}

func (w *world) stream(b *browser, path string) *stream {
	w.t.Helper()
	server := httptest.NewUnstartedServer(w.pages)
	server.Config.WriteTimeout = time.Hour
	server.Start()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	w.t.Cleanup(func() { stop(); server.Close() })
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+path, nil)
	must(w.t, err)
	r.AddCookie(b.cookie)
	res, err := server.Client().Do(r)
	must(w.t, err)
	w.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	s := &stream{t: w.t, lines: bufio.NewScanner(res.Body)}
	s.until(": hello")
	return s
}

// until reads up to a line and returns the events on the way.
func (s *stream) until(line string) (events []string) {
	s.t.Helper()
	for s.lines.Scan() {
		if s.lines.Text() == line {
			return events
		}
		if name, ok := strings.CutPrefix(s.lines.Text(), "event: "); ok {
			events = append(events, name)
		}
	}
	s.t.Fatalf("the stream ended before %q: %v", line, s.lines.Err())
	return nil
}

func TestLiveTellsWhatChanged(t *testing.T) {
	onBoth(t, func(w *world) {
		c, other := w.open(heike), w.open(letter{From: "b@post.example", Subject: "Anderes", Text: "Hallo"})
		s := w.stream(w.mia, "/live?case="+c.ID.String())
		w.jonas.goes("/cases/"+c.Number+"/note", "note", "Neues")
		s.until("event: case-" + c.ID.String())
		s.until("data: " + c.ID.String())
		// The other case is none of this page's business; the list's it is.
		w.jonas.goes("/cases/"+other.Number+"/note", "note", "Neues")
		w.hub.Send(live.Signal{Topic: "look", Brand: w.brand})
		for _, name := range s.until("event: look") {
			if strings.HasPrefix(name, "case-") {
				t.Errorf("heard %s", name)
			}
		}
	})
}

func TestLiveTellsListsAndEndsWithTheHub(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	s := w.stream(w.mia, "/live")
	w.arrive(heike)
	s.until("event: cases")
	w.hub.Close()
	for s.lines.Scan() { // the stream ends, else this test does not
	}
	if s.lines.Err() != nil {
		t.Errorf("the stream broke: %v", s.lines.Err())
	}
}

func TestLiveGathersABurst(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	c := w.open(heike)
	s := w.stream(w.mia, "/live")
	for range 50 {
		w.hub.Send(live.Signal{Topic: "case", Brand: w.brand, ID: c.ID})
	}
	w.hub.Send(live.Signal{Topic: "look", Brand: w.brand})
	heard := s.until("event: look")
	if len(heard) > 2 {
		t.Errorf("50 signals were told %d times", len(heard))
	}
}

func TestLiveForgetsWhoLeft(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	ctx, leave := context.WithCancel(context.Background())
	r := httptest.NewRequest("GET", "/live", nil).WithContext(ctx)
	r.AddCookie(w.mia.cookie)
	leave()
	w.pages.ServeHTTP(httptest.NewRecorder(), r) // returns because its reader left
	if n := w.hub.Listeners(); n != 0 {
		t.Errorf("%d still listen", n)
	}
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, httptest.NewRequest("GET", "/live", nil))
	if rec.Code != http.StatusSeeOther {
		t.Errorf("a stranger gets %d", rec.Code)
	}
}

func TestLiveTellsWhatHappenedBeforeThePageListened(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		from := w.hub.Position()
		w.hub.Send(live.Signal{Topic: "case", Brand: c.BrandID, ID: c.ID})
		for name, from := range map[string]string{"missed one": from, "another node's position": "elsewhere-7"} {
			s := w.stream(w.mia, "/live?case="+c.ID.String()+"&from="+from)
			events := s.until("data: " + c.ID.String())
			if !slices.Contains(events, "case-"+c.ID.String()) {
				t.Errorf("%s: told %v", name, events)
			}
		}
	})
}
