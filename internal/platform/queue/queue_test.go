package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/queue"
)

type countArgs struct {
	N int `json:"n"`
}

func (countArgs) Kind() string { return "test.count" }

// worked collects what was worked and lets a test wait for it.
type worked struct {
	mu   sync.Mutex
	seen map[int]int
	c    chan int
}

func newQueue(t *testing.T, d *db.DB, work func(n int) error) (*queue.Queue, *worked) {
	t.Helper()
	q := queue.New(d, queue.Options{})
	w := &worked{seen: map[int]int{}, c: make(chan int, 1000)}
	queue.Register(q, func(_ context.Context, a countArgs) error {
		w.mu.Lock()
		w.seen[a.N]++
		w.mu.Unlock()
		err := work(a.N)
		w.c <- a.N
		return err
	})
	if err := q.Open(context.Background()); err != nil {
		t.Fatal(err)
	}
	return q, w
}

func start(t *testing.T, q *queue.Queue) {
	t.Helper()
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func (w *worked) wait(t *testing.T) int {
	t.Helper()
	select {
	case n := <-w.c:
		return n
	case <-time.After(30 * time.Second):
		t.Fatal("no job was worked")
		return 0
	}
}

func TestJobsExistExactlyIfTheirDataDoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		q, w := newQueue(t, d, func(int) error { return nil })
		boom := errors.New("boom")
		err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := q.Add(ctx, tx, queue.Job{Args: countArgs{1}}); err != nil {
				return err
			}
			part := tx.Savepoint(ctx, func(ctx context.Context) error {
				if err := q.Add(ctx, tx, queue.Job{Args: countArgs{2}}); err != nil {
					return err
				}
				return boom
			})
			if !errors.Is(part, boom) {
				return part
			}
			return q.Add(ctx, tx, queue.Job{Args: countArgs{3}, Queue: queue.Delivery})
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := q.Add(ctx, tx, queue.Job{Args: countArgs{4}}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		start(t, q)
		w.wait(t)
		w.wait(t)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.seen) != 2 || w.seen[1] != 1 || w.seen[3] != 1 {
			t.Fatalf("worked %v, want 1 and 3 once", w.seen)
		}
	})
}

func TestLaterRunsAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first := true
		var mu sync.Mutex
		q, w := newQueue(t, d, func(int) error {
			mu.Lock()
			defer mu.Unlock()
			if first {
				first = false
				return queue.Later(10 * time.Millisecond)
			}
			return nil
		})
		if err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			return q.Add(ctx, tx, queue.Job{Args: countArgs{1}})
		}); err != nil {
			t.Fatal(err)
		}
		start(t, q)
		w.wait(t)
		w.wait(t)
	})
}

func TestJobsOfAKilledProcessRunAgain(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		if kind != "sqlite" {
			continue // on PostgreSQL River rescues them when their time is over
		}
		d := dbtest.Open(t, dbtest.URL(t, kind))
		q, _ := newQueue(t, d, func(int) error { return nil })
		ctx := context.Background()
		if err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := q.Add(ctx, tx, queue.Job{Args: countArgs{7}}); err != nil {
				return err
			}
			_, err := tx.NewRaw("UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP").Exec(ctx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		again, w := newQueue(t, d, func(int) error { return nil })
		start(t, again)
		if n := w.wait(t); n != 7 {
			t.Fatalf("worked %d", n)
		}
	}
}

// TestTimesHoldInEveryZone: a job that asks to run later does so at that time
// wherever the machine stands.
func TestTimesHoldInEveryZone(t *testing.T) {
	local := time.Local
	t.Cleanup(func() { time.Local = local }) // runs after the queue has stopped
	time.Local = time.FixedZone("here", 9*3600)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, w := newQueue(t, d, func(int) error { return queue.Later(time.Hour) })
		before := time.Now()
		write(t, d, func(ctx context.Context, tx *db.Tx) error { return q.Add(ctx, tx, queue.Job{Args: countArgs{1}}) })
		start(t, q)
		w.wait(t)
		if wait := await(t, q, queue.Planned).Next.Sub(before); wait < 59*time.Minute || wait > 61*time.Minute {
			t.Errorf("runs in %v", wait)
		}
	})
}
