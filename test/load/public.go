package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"lotse/test/program"
)

const (
	publicClients = 32
	searchClients = 8
)

// public measures the pages everybody may read: a thread's page that is kept
// beside a static server, thread pages that are made anew for every request, the
// start page and a list, and search.
func public(ctx context.Context, e *env) error {
	desk, err := e.desk(ctx, 1)
	if err != nil {
		return err
	}
	defer desk.Remove()
	if err := fillThreads(ctx, desk, e.threads); err != nil {
		return fmt.Errorf("filling the desk: %w", err)
	}
	if err := desk.Start(ctx); err != nil {
		return err
	}
	begin := time.Now()
	if err := e.indexed(ctx, desk); err != nil {
		return err
	}
	load := fmt.Sprintf("%d threads", e.threads)
	e.note(result{Name: "public index: from start until all is found", Load: load, Value: time.Since(begin).Seconds(), Unit: "s"})
	for _, step := range []func(context.Context, *program.Desk) error{e.fromMemory, e.anew, e.fronts, e.searches} {
		if err := step(ctx, desk); err != nil {
			return err
		}
	}
	now, most, err := desk.Memory()
	if err != nil {
		return err
	}
	e.note(result{Name: "memory after public pages", Load: load, Value: megabytes(now), Unit: "MB"})
	e.note(result{Name: "most memory meanwhile, public pages", Load: load, Value: megabytes(most), Unit: "MB"})
	return desk.Stop()
}

// indexed returns when the public index finds the last thread: it is filled from
// the beginning after the start.
func (e *env) indexed(ctx context.Context, desk *program.Desk) error {
	last := e.threads - 1
	for begin := time.Now(); time.Since(begin) < 5*time.Minute; {
		_, body, err := get(ctx, desk.URL(fmt.Sprintf("/de/search?q=%d", last)), "identity")
		if err != nil {
			return err
		}
		if strings.Contains(string(body), threadPath(last)) {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("thread %d is not found by its number\n%s", last, desk.Log(20))
}

// fromMemory measures one thread's page, which is kept, beside a static process
// that sends the same.
func (e *env) fromMemory(ctx context.Context, desk *program.Desk) error {
	for _, coding := range []string{"identity", "br"} {
		if err := e.beside(ctx, desk, coding); err != nil {
			return err
		}
	}
	return nil
}

// beside lets the two take turns, so that what else the machine does falls on
// both.
func (e *env) beside(ctx context.Context, desk *program.Desk, coding string) error {
	const rounds = 3
	header, body, err := get(ctx, desk.URL(threadPath(7)), coding)
	if err != nil {
		return err
	}
	other, err := startStatic(header, body)
	if err != nil {
		return err
	}
	defer other.stop()
	var page, fixed turn
	for range rounds {
		c := crowd{addr: other.addr, coding: coding, clients: publicClients, lasting: e.pages / rounds, path: always(threadPath(7))}
		if err := fixed.add(ctx, c, other.cmd.Process.Pid); err != nil {
			return err
		}
		c.addr = desk.HTTP
		if err := page.add(ctx, c, desk.Pid()); err != nil {
			return err
		}
	}
	load := fmt.Sprintf("%d connections, %s, %d bytes", publicClients, coding, len(body))
	e.note(result{Name: "static body of net/http, answers", Load: load, Value: fixed.rate(), Unit: "/s"})
	e.note(result{Name: "static body of net/http, processor time", Load: load, Value: ms(fixed.cost()), Unit: "ms"})
	e.note(result{Name: "thread page from memory, answers", Load: load, Value: page.rate(), Unit: "/s"})
	e.note(result{Name: "thread page from memory, processor time of the program", Load: load, Value: ms(page.cost()), Unit: "ms"})
	e.note(result{Name: "thread page from memory against the static body", Load: load, Value: 100 * page.rate() / fixed.rate(), Unit: "%", Goal: 60})
	return nil
}

// anew measures thread pages that are not in memory: each request is for the
// next thread, and by the time the first comes again it was pushed out.
func (e *env) anew(ctx context.Context, desk *program.Desk) error {
	before, err := e.statements(ctx, desk)
	if err != nil {
		return err
	}
	var next atomic.Int64
	path := func(*rand.Rand) string { return threadPath(int(next.Add(1)) % e.threads) }
	for _, coding := range []string{"identity", "gzip", "br"} {
		c := crowd{addr: desk.HTTP, coding: coding, clients: publicClients, lasting: e.pages, path: path}
		f := figure{name: "thread page made anew", goal: map[string]float64{"identity": 2000}[coding]}
		if err := e.figures(ctx, desk, c, f); err != nil {
			return err
		}
	}
	after, err := e.statements(ctx, desk)
	if after > before {
		e.note(result{Name: "thread page made anew, statements", Load: "all of these", Value: float64(after-before) / float64(next.Load()), Unit: "each"})
	}
	return err
}

// statements returns how many statements PostgreSQL has run outside of
// transactions, as all reading is; on SQLite nothing counts them from outside.
func (e *env) statements(ctx context.Context, desk *program.Desk) (int, error) {
	if e.server == nil {
		return 0, nil
	}
	check, err := desk.Check()
	if err != nil {
		return 0, err
	}
	defer check.Close()
	select {
	case <-time.After(11 * time.Second): // a connection that rests tells what it has done after ten
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return check.Number(ctx, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
}

// fronts measures the start page and the list of questions, which are kept, and
// a later part of the list, which is not.
func (e *env) fronts(ctx context.Context, desk *program.Desk) error {
	_, body, err := get(ctx, desk.URL("/de/questions"), "identity")
	if err != nil {
		return err
	}
	_, more, found := strings.Cut(string(body), `href="/de/questions?after=`)
	more, _, _ = strings.Cut(more, `"`)
	if !found {
		return fmt.Errorf("the list of questions has one part only")
	}
	for _, page := range []struct{ name, path string }{
		{"start page", "/de/"}, {"list of questions", "/de/questions"}, {"list of questions, its second part", "/de/questions?after=" + more},
	} {
		c := crowd{addr: desk.HTTP, coding: "br", clients: publicClients, lasting: e.pages, path: always(page.path)}
		if err := e.figures(ctx, desk, c, figure{name: page.name}); err != nil {
			return err
		}
	}
	return nil
}

// searches measures the page of results and what appears while somebody types.
func (e *env) searches(ctx context.Context, desk *program.Desk) error {
	words := newAuthor()
	var queries []string
	for range 500 {
		queries = append(queries, words.word()+" "+words.word())
	}
	for _, page := range []struct {
		name, path string
		cut        int // signs of the last word that are typed yet
	}{{"search", "/de/search?q=", 0}, {"suggestions while typing", "/de/suggest?q=", 3}} {
		path := func(r *rand.Rand) string {
			q := []rune(queries[r.IntN(len(queries))])
			return page.path + url.QueryEscape(string(q[:len(q)-page.cut]))
		}
		c := crowd{addr: desk.HTTP, coding: "br", clients: searchClients, lasting: e.pages, path: path}
		if err := e.figures(ctx, desk, c, figure{name: page.name, times: true}); err != nil {
			return err
		}
	}
	return nil
}

// figure says what of a page is written down.
type figure struct {
	name  string
	goal  float64 // answers a second
	times bool    // how long they take, too
}

// figures sends a crowd to the desk and notes what it has seen.
func (e *env) figures(ctx context.Context, desk *program.Desk, c crowd, f figure) error {
	var t turn
	if err := t.add(ctx, c, desk.Pid()); err != nil {
		return err
	}
	load := fmt.Sprintf("%d connections, %s", c.clients, c.coding)
	if f.times {
		e.note(result{Name: f.name + ", p50", Load: load, Value: ms(t.times.At(0.5)), Unit: "ms"})
		e.note(result{Name: f.name + ", p99", Load: load, Value: ms(t.times.At(0.99)), Unit: "ms"})
	}
	e.note(result{Name: f.name + ", answers", Load: load, Value: t.rate(), Unit: "/s", Goal: f.goal})
	e.note(result{Name: f.name + ", processor time of the program", Load: load, Value: ms(t.cost()), Unit: "ms"})
	return nil
}

// turn sums up what a server did each time it was its turn.
type turn struct {
	times   program.Times // of the last time
	rates   float64
	rounds  int
	answers int
	cpu     time.Duration
}

func (t *turn) add(ctx context.Context, c crowd, pid int) error {
	before, err := program.Processor(pid)
	if err != nil {
		return err
	}
	got, err := c.ask(ctx)
	if err != nil {
		return err
	}
	after, err := program.Processor(pid)
	t.times = got.times
	t.rates, t.rounds, t.answers, t.cpu = t.rates+got.rate, t.rounds+1, t.answers+got.all, t.cpu+after-before
	return err
}

func (t *turn) rate() float64       { return t.rates / float64(t.rounds) }
func (t *turn) cost() time.Duration { return t.cpu / time.Duration(max(1, t.answers)) }

func always(path string) func(*rand.Rand) string { return func(*rand.Rand) string { return path } }

// get reads a page that must be there, without unpacking it.
func get(ctx context.Context, address, coding string) (http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept-Encoding", coding)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", address, res.Status)
	}
	return res.Header, body, err
}
