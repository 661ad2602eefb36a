//go:build crash

package crash

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/platform/db/dbtest"
	"lotse/test/program"
)

var sends = flag.Int("crash.sends", 200, "how many answers are sent while the program is killed")

func TestSendsSQLite(t *testing.T) { runSends(t, "", 1) }

func TestSendsPostgres(t *testing.T) { runSends(t, dbtest.URL(t, "postgres"), 1) }

// TestSendsTwoNodes: what a node that died left is taken over by the other.
func TestSendsTwoNodes(t *testing.T) { runSends(t, dbtest.URL(t, "postgres"), 2) }

// office is a desk of one or more nodes whose staff answer many cases while nodes die.
type office struct {
	t       *testing.T
	nodes   []*program.Desk
	api     *program.API
	sink    *program.Sink
	cases   []string // numbers
	replied atomic.Int64
}

func runSends(t *testing.T, database string, nodes int) {
	from := *seed
	if from == 0 {
		from = uint64(time.Now().UnixNano())
	}
	t.Logf("-crash.seed=%d -crash.kills=%d -crash.sends=%d", from, *kills, *sends)
	o := openOffice(t, database, nodes)
	o.openCases(*sends)
	began := time.Now()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	var wg sync.WaitGroup
	for n := range connections {
		wg.Go(func() { o.answer(ctx, n) })
	}
	o.killWhileSending(rand.New(rand.NewPCG(from, 3)))
	wg.Wait()
	if n := int(o.replied.Load()); n != *sends {
		t.Fatalf("%d of %d answers were taken", n, *sends)
	}
	t.Logf("%d answers were taken within %v", *sends, time.Since(began).Round(time.Millisecond))
	o.settle()
	o.verify()
}

func openOffice(t *testing.T, database string, nodes int) *office {
	sink, err := program.NewSink(true)
	must(t, err)
	t.Cleanup(sink.Close)
	sink.Delay = 15 * time.Millisecond // so that some sends are under way at any moment
	first, err := program.NewDesk(t.Context(), program.Options{Database: database, RelayPort: sink.Port})
	must(t, err)
	o := &office{t: t, sink: sink, nodes: []*program.Desk{first}}
	for range nodes - 1 {
		next, err := program.OpenDesk(program.Options{Folder: first.Folder, Database: first.Database, RelayPort: sink.Port})
		must(t, err)
		o.nodes = append(o.nodes, next)
	}
	t.Cleanup(func() {
		for _, d := range o.nodes {
			if t.Failed() {
				t.Logf("last words of the program:\n%s", d.Log(30))
			}
			if d.Running() {
				_ = d.Kill()
			}
		}
		first.Remove()
	})
	for _, d := range o.nodes {
		must(t, d.Start(t.Context()))
	}
	o.api, err = first.NewAPI(t.Context(), "cases:read", "cases:write", "settings")
	must(t, err)
	status, text, err := o.api.Send(t.Context(), http.MethodPatch, "/settings", map[string]any{"undo_seconds": 0}, "")
	must(t, err)
	if status != http.StatusOK {
		t.Fatalf("changing a setting: %d %s", status, text)
	}
	return o
}

// openCases opens n cases, which a program does without an acknowledgement.
func (o *office) openCases(n int) {
	var wg sync.WaitGroup
	o.cases = make([]string, n)
	var failed atomic.Value
	for w := range connections {
		wg.Go(func() {
			for i := w; i < n; i += connections {
				var made struct{ Number string }
				err := o.api.Post(o.t.Context(), "/cases", map[string]any{
					"subject": "Anliegen", "text": "Guten Tag", "customer": map[string]any{"email": fmt.Sprintf("kunde%d@privat.example", i), "name": "Kundin"},
				}, http.StatusCreated, &made)
				if err != nil {
					failed.Store(err)
					return
				}
				o.cases[i] = made.Number
			}
		})
	}
	wg.Wait()
	if err, _ := failed.Load().(error); err != nil {
		o.t.Fatal(err)
	}
}

// answer answers every n-th case, each until a node said that it has the answer. One
// that was taken before its node died is refused the second time: the case has changed.
func (o *office) answer(ctx context.Context, n int) {
	for i := n; i < len(o.cases); i += connections {
		for try := 0; ctx.Err() == nil; try++ {
			api := o.api.On(o.nodes[(i+try)%len(o.nodes)])
			status, _, err := api.Send(ctx, http.MethodPost, "/cases/"+o.cases[i]+"/replies", map[string]any{"text": fmt.Sprint("Antwort ", i)}, `"1"`)
			if err == nil && (status == http.StatusCreated || status == http.StatusPreconditionFailed) {
				o.replied.Add(1)
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// killWhileSending kills a node when a random number of answers has arrived, and
// starts it again.
func (o *office) killWhileSending(r *rand.Rand) {
	for k := range *kills {
		low, high := *sends*k / *kills, *sends*(k+1) / *kills
		at := low + 1 + r.IntN(max(1, (high-low)/2))
		if !o.sink.Wait(at, 2*time.Minute) {
			o.t.Fatalf("only %d answers arrived", o.sink.Distinct())
		}
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond) // the moment is random on purpose; nothing depends on its length
		node := o.nodes[k%len(o.nodes)]
		must(o.t, node.Kill())
		o.t.Logf("killed node %d after %d answers arrived", k%len(o.nodes)+1, at)
		must(o.t, node.Start(o.t.Context()))
	}
}

// settle waits until no delivery is under way any more, with one node that takes over
// what others left.
func (o *office) settle() {
	for _, d := range o.nodes {
		if err := d.Stop(); err != nil {
			o.t.Errorf("a graceful stop: %v", err)
		}
	}
	if strings.HasPrefix(o.nodes[0].Database, "postgres") {
		passTime(o.t, o.nodes[0].Database)
	}
	must(o.t, o.nodes[0].Start(o.t.Context()))
	check, err := o.nodes[0].Check()
	must(o.t, err)
	defer check.Close()
	if err := check.Settle(o.t.Context(), 2*time.Minute); err != nil {
		o.t.Fatal(err)
	}
	if err := o.nodes[0].Stop(); err != nil {
		o.t.Errorf("a graceful stop: %v", err)
	}
}

// verify: every answer has one delivery, in one end state; what is known as sent came
// once, what nobody can know came once or not at all; nothing came twice.
func (o *office) verify() {
	check, err := o.nodes[0].Check()
	must(o.t, err)
	defer check.Close()
	all, err := check.Deliveries(o.t.Context())
	must(o.t, err)
	if len(all) != *sends {
		o.t.Errorf("%d deliveries for %d answers", len(all), *sends)
	}
	verifyOutcomes(o.t, "answers", all, o.sink.Seen())
}
