package public

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/live"
	"lotse/internal/publish"
)

const connections = 32

// BenchmarkThread asks for thread pages over TCP: one that is kept, ones that
// must be made, and for comparison a handler that does nothing but send the same
// body with the same headers. Asking and answering share the machine.
func BenchmarkThread(b *testing.B) {
	for _, kind := range dbtest.Kinds() {
		b.Run(kind, func(b *testing.B) {
			w := newWorld(b, dbtest.Open(b, dbtest.URL(b, kind)), clock.System{}, live.NewHub()).furnish()
			var paths []string
			for i := range 100 {
				a := w.ask(publish.Draft{Title: fmt.Sprintf("Wie lese ich den Zähler %d ab?", i), Text: zaehler.Text})
				w.answer(a, goodAnswer)
				paths = append(paths, w.path(a, "de"))
			}
			for _, coding := range []string{"identity", "br"} {
				b.Run("static-"+coding, func(b *testing.B) { load(b, static(w, paths[0], coding), coding, paths[:1]) })
				b.Run("kept-"+coding, func(b *testing.B) { load(b, w.handler, coding, paths[:1]) })
			}
			w.pages.cache.limit = 0
			for _, coding := range []string{"identity", "gzip", "br"} {
				b.Run("made-"+coding, func(b *testing.B) { load(b, w.handler, coding, paths) })
			}
		})
	}
}

// static sends what the page sends and nothing else.
func static(w *world, path, coding string) http.Handler {
	res := w.get(path, "Accept-Encoding", coding)
	body := []byte(read(w.t, res.Body))
	return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		h := rw.Header()
		for name, values := range res.Header {
			h[name] = values
		}
		_, _ = rw.Write(body)
	})
}

// load asks over as many connections as there are asked for, each without a pause.
func load(b *testing.B, h http.Handler, coding string, paths []string) {
	server := httptest.NewServer(h)
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	var left, next atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, connections)
	before := processorTime(b)
	b.ResetTimer()
	for range connections {
		go func() { done <- ask(addr, coding, paths, &left, &next) }()
	}
	for range connections {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/request")
}

// processorTime is what this process has used, asking and answering together: on
// a machine that others use too it says more than the clock.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ask is one connection of a client that does as little as it can.
func ask(addr, coding string, paths []string, left, next *atomic.Int64) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	answers := bufio.NewReaderSize(c, 64<<10)
	for left.Add(-1) >= 0 {
		path := paths[int(next.Add(1))%len(paths)]
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: hilfe.lindenau.example\r\nAccept-Encoding: "+coding+"\r\n\r\n"); err != nil {
			return err
		}
		if err := readAnswer(answers); err != nil {
			return err
		}
	}
	return nil
}

func readAnswer(r *bufio.Reader) error {
	length := -1
	for i := 0; ; i++ {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if i == 0 && string(line) != "HTTP/1.1 200 OK\r\n" {
			return fmt.Errorf("answer %q", line)
		}
		if len(line) == 2 {
			break
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	_, err := r.Discard(length)
	return err
}

// BenchmarkKept is the kept page without a network.
func BenchmarkKept(b *testing.B) {
	w := newWorld(b, dbtest.Open(b, dbtest.URL(b, "sqlite")), clock.System{}, live.NewHub()).furnish()
	at := w.path(w.ask(zaehler), "de")
	r := httptest.NewRequest(http.MethodGet, baseURL+at, nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br")
	rec := newRecorder()
	b.ReportAllocs()
	for b.Loop() {
		clear(rec.header)
		w.handler.ServeHTTP(rec, r)
	}
}
