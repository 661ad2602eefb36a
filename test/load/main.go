// Command load measures Lotse on the machine it runs on and prints the figures
// as a Markdown table, with every single number below it. `make bench` runs it
// and keeps what it prints.
//
//	go run ./test/load            # everything, some minutes
//	go run ./test/load -quick     # the same with less of everything, a minute
//
// Everything is measured from outside, on the program as it is shipped: mails
// come over SMTP and acknowledgements go to a real port. The load generator, the
// mail server at the other end, the database server and the program share the
// cores of the machine, so a desk with a machine of its own is faster. Beside
// each figure that depends on the disk stands what the database alone reaches in
// the same run.
//
// What the figures of public pages mean:
//
//   - "from memory": one thread's page, which is kept. Its rate is held against
//     that of a static net/http server, a process of its own that sends the same
//     bytes with the same headers; the two take turns of a third of the time each.
//   - "made anew": every request is for another thread, of more than memory holds,
//     so each page is read from the database and rendered; with gzip or br it is
//     compressed, too. "statements" is how many transactions PostgreSQL counted
//     for a page; TestCosts of package public holds them on both databases.
//   - "start page" and "list": kept, and made anew only when something changes or
//     a minute is over; a list's second part is never kept.
//   - "answers sent": answers that wait leave one after the other, with everything
//     that belongs to it: put together, signed, marked, handed over, settled.
//   - "search" and "suggestions": two words of those the threads are made of, or
//     one and the beginning of another. Nothing of it is kept.
//   - "processor time" is what the program has used for an answer, measured over
//     all of them: it does not change with what else the machine does, as rates
//     and times do.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"lotse/test/program"
)

// plan says how much is measured.
type plan struct {
	raw      time.Duration // for each limit of the database
	mails    int           // in each run over SMTP
	cases    int           // in the desk whose pages are measured
	many     int           // in the desk that shows how they grow
	threads  int           // in the desk whose public pages are measured
	pages    time.Duration // for each page
	idle     time.Duration // from start to the look at memory
	demoIdle time.Duration // the same for the demo
	launches int
}

var (
	full  = plan{raw: 4 * time.Second, mails: 10000, cases: 100000, many: 1000000, threads: 20000, pages: 15 * time.Second, idle: 30 * time.Second, demoIdle: time.Minute, launches: 10}
	quick = plan{raw: time.Second, mails: 1500, cases: 10000, many: 30000, threads: 5000, pages: 2 * time.Second, idle: 3 * time.Second, demoIdle: 3 * time.Second, launches: 5}
)

// bench is one run.
type bench struct {
	plan
	folder  string // where all data lies
	only    string // the one step to take; "" for all
	results []result
}

func main() {
	isQuick := flag.Bool("quick", false, "less of everything, for about a minute")
	kinds := flag.String("databases", "sqlite,postgres", "which databases to measure")
	folder := flag.String("folder", "", "where to put the data; a folder on the disk to measure (default: the temporary folder)")
	only := flag.String("only", "", "one step alone, by its name, such as \"public pages\"")
	isStatic := flag.Bool("static", false, "be the static server that pages are compared with; for the program itself")
	flag.Parse()
	if *isStatic {
		fmt.Fprintln(os.Stderr, "load:", serveStatic(os.Stdin))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := &bench{plan: full, only: *only}
	if *isQuick {
		b.plan = quick
	}
	if err := b.run(ctx, *folder, strings.Split(*kinds, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, parent string, kinds []string) error {
	if _, err := program.Binary(); err != nil {
		return err
	}
	var err error
	if b.folder, err = os.MkdirTemp(parent, "lotse-load-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	if err := os.Chmod(b.folder, 0o755); err != nil { // PostgreSQL is another user
		return err
	}
	if err := b.disk(); err != nil {
		return err
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		if !slices.Contains(kinds, kind) {
			continue
		}
		if err := b.database(ctx, kind); err != nil {
			writeRaw(os.Stdout, b.results) // what there is
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	fmt.Printf("Generator, mail sink, database and program share %d cores. %d mails of 3 KB in each run over SMTP, from as many\n"+
		"senders; while mails are accepted, others are processed and acknowledged. Pages are measured at %d cases,\n"+
		"public pages at %d threads of four posts.\n\n",
		runtime.NumCPU(), b.mails, b.cases, b.threads)
	writeTable(os.Stdout, b.results)
	writeRaw(os.Stdout, b.results)
	return nil
}

// database measures everything on one kind of database.
func (b *bench) database(ctx context.Context, kind string) error {
	e := &env{bench: b, kind: kind}
	if kind == "postgres" {
		var err error
		if e.server, err = program.StartPostgres(b.folder); err != nil {
			return err
		}
		defer e.server.Remove()
	}
	for _, step := range []struct {
		name string
		run  func(context.Context, *env) error
	}{
		{"limits of the database", limits}, {"starting and idling", idling},
		{"mail over 8 connections", func(ctx context.Context, e *env) error { return mail(ctx, e, 8) }},
		{"mail over 32 connections", func(ctx context.Context, e *env) error { return mail(ctx, e, 32) }},
		{"mail over IMAP", fetching}, {"mail out", sending},
		{"cases through the API", programs}, {"pages", pages}, {"public pages", public}, {"growth", growth}, {"demo", demo},
	} {
		if b.only != "" && b.only != step.name {
			continue
		}
		begin := time.Now()
		if err := step.run(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s, %s: %v\n", kind, step.name, time.Since(begin).Round(100*time.Millisecond))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// env is one kind of database within a run.
type env struct {
	*bench
	kind   string
	server *program.Postgres // nil: SQLite
	made   int
}

// url returns an empty database of its own.
func (e *env) url(ctx context.Context) (string, error) {
	e.made++
	name := fmt.Sprintf("load%d", e.made)
	if e.server == nil {
		return "sqlite:" + e.folder + "/" + name + ".db", nil
	}
	return e.server.Database(ctx, name)
}

// desk returns an empty desk that does not run yet.
func (e *env) desk(ctx context.Context, relayPort int) (*program.Desk, error) {
	url, err := e.url(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(e.folder, "desk-")
	if err != nil {
		return nil, err
	}
	return program.NewDesk(ctx, program.Options{Folder: folder, Database: url, RelayPort: relayPort})
}

func (e *env) note(r result) {
	r.Database = e.kind
	e.results = append(e.results, r)
}
