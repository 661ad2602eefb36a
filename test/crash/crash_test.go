//go:build crash

package crash

import (
	"context"
	"database/sql"
	"flag"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"lotse/internal/platform/db/dbtest"
	"lotse/test/program"
)

var (
	kills = flag.Int("crash.kills", 2, "how often the program is killed")
	mails = flag.Int("crash.mails", 200, "how many mails are sent; three quarters begin a thread, the rest answer one")
	seed  = flag.Uint64("crash.seed", 0, "makes mails and moments repeatable; 0 takes the clock")
)

const connections = 8

func TestCrashSQLite(t *testing.T) { run(t, "") }

func TestCrashPostgres(t *testing.T) { run(t, dbtest.URL(t, "postgres")) }

func run(t *testing.T, database string) {
	from := *seed
	if from == 0 {
		from = uint64(time.Now().UnixNano())
	}
	t.Logf("-crash.seed=%d -crash.kills=%d -crash.mails=%d", from, *kills, *mails)
	sink, err := program.NewSink(true)
	must(t, err)
	t.Cleanup(sink.Close)
	sink.Delay = 15 * time.Millisecond // so that some sends are under way at any moment
	desk, err := program.NewDesk(t.Context(), program.Options{Database: database, RelayPort: sink.Port})
	must(t, err)
	t.Cleanup(func() {
		if !t.Failed() {
			desk.Remove()
			return
		}
		if desk.Running() {
			_ = desk.Kill()
		}
		t.Logf("kept: data in %s, log in %s; repeat with -crash.seed=%d", desk.Folder, desk.LogFile(), from)
		t.Logf("last words of the program:\n%s", desk.Log(30))
	})
	must(t, desk.Start(t.Context()))
	calm(t, desk)

	plan := newPlan(rand.New(rand.NewPCG(from, 1)), *mails)
	p := newPost(plan, desk.SMTP, from)
	stormed := time.Now()
	go p.deliver(t.Context())
	killAtRandom(t, desk, p, rand.New(rand.NewPCG(from, 2)), *kills)
	select {
	case <-p.done:
	case <-time.After(5 * time.Minute):
		t.Fatalf("%d of %d mails acknowledged after five minutes", p.acknowledged.Load(), len(plan.letters))
	}
	if p.failed != nil {
		t.Fatal(p.failed)
	}
	t.Logf("%d mails acknowledged within %v; %d transfers in all, %d connections lost", len(plan.letters),
		time.Since(stormed).Round(time.Millisecond), p.transfers.Load(), p.lost.Load())

	check, err := desk.Check()
	must(t, err)
	defer check.Close()
	if err := check.Settle(t.Context(), 90*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := desk.Stop(); err != nil {
		t.Errorf("a graceful stop: %v", err)
	}
	verify(t, check, plan, sink)
}

// calm lets the mailbox write as many acknowledgements as there are mails: a thousand
// within a minute are a storm to it.
func calm(t *testing.T, desk *program.Desk) {
	t.Helper()
	api, err := desk.NewAPI(t.Context(), "settings")
	must(t, err)
	status, said, err := api.Send(t.Context(), http.MethodPatch, "/settings", map[string]any{"storm": 100_000}, "")
	must(t, err)
	if status != http.StatusOK {
		t.Fatalf("changing a setting: %d %s", status, said)
	}
}

// killAtRandom kills the program when a random number of mails is acknowledged,
// or a moment after, and starts it again.
func killAtRandom(t *testing.T, desk *program.Desk, p *post, r *rand.Rand, times int) {
	total := len(p.plan.letters)
	for k := range times {
		low, high := total*k/times, total*(k+1)/times
		at := low + 1 + r.IntN(high-low)
		pause := time.Duration(r.IntN(120)) * time.Millisecond
		if !p.waitFor(t.Context(), at) {
			return
		}
		time.Sleep(pause) // the moment is random on purpose; nothing depends on its length
		must(t, desk.Kill())
		t.Logf("killed %v after %d mails were acknowledged", pause, at)
		if k == times-1 && strings.HasPrefix(desk.Database, "postgres") {
			passTime(t, desk.Database)
		}
		if err := desk.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// passTime makes what the dead program had under way twenty minutes older. With
// PostgreSQL there may be other nodes, so a job is taken from its worker, and a
// delivery called uncertain, only after some minutes; the test can't wait so long.
func passTime(t *testing.T, url string) {
	t.Helper()
	pool, err := sql.Open("pgx", url)
	must(t, err)
	defer pool.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, statement := range []string{
		"UPDATE deliveries SET sending_until = sending_until - 1200000000 WHERE state = 2",
		"UPDATE river_job SET attempted_at = attempted_at - interval '20 minutes' WHERE state = 'running'",
		"UPDATE leases SET expires_at = expires_at - 1200000000",
	} {
		_, err := pool.ExecContext(ctx, statement)
		must(t, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
