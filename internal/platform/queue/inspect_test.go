package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/queue"
)

// began is the one second all jobs of these tests are counted from: two calls of
// stored must not fall into two.
var began = time.Now().UTC().Truncate(time.Second)

// stored puts jobs with the numbers from 1 to n into the table and then each
// into the state that state says, the lower the number the longer ago.
func stored(t *testing.T, d *db.DB, q *queue.Queue, n int, in string, state func(n int) queue.State) {
	t.Helper()
	ended := map[queue.State]bool{queue.GivenUp: true, queue.Done: true, queue.Discarded: true}
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		for i := 1; i <= n; i++ {
			if err := q.Add(ctx, tx, queue.Job{Args: countArgs{i}, Queue: in}); err != nil {
				return err
			}
		}
		return nil
	})
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		var ids []int64
		if err := tx.NewRaw("SELECT max(id) FROM river_job").Scan(ctx, &ids); err != nil {
			return err
		}
		for i := 1; i <= n; i++ {
			id, s := ids[0]-int64(n)+int64(i), state(i)
			at := began.Add(time.Duration(i/2)*time.Second - time.Hour).Format("2006-01-02 15:04:05") // two of them at a time
			set := "finalized_at = NULL"
			if ended[s] {
				set = "finalized_at = " + timeOf(d, at)
			}
			query := fmt.Sprintf("UPDATE river_job SET state = '%s', scheduled_at = %s, %s WHERE id = %d", s, timeOf(d, at), set, id)
			if _, err := tx.NewRaw(query).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func timeOf(d *db.DB, at string) string {
	if d.Postgres() {
		return "'" + at + "+00'::timestamptz"
	}
	return "'" + at + "'"
}

func write(t *testing.T, d *db.DB, f func(context.Context, *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// all pages through a list and returns the numbers of its jobs in order.
func all(t *testing.T, q *queue.Queue, states []queue.State, limit int) (numbers []string, pages int) {
	t.Helper()
	for after := ""; ; {
		list, next, err := q.List(context.Background(), states, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, job := range list {
			numbers = append(numbers, strings.Trim(string(job.Args), `{"n: }`))
		}
		if next == "" {
			return numbers, pages
		}
		if len(list) != limit {
			t.Fatalf("a page of %d jobs, want %d", len(list), limit)
		}
		after = next
	}
}

func TestListPagesByKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, _ := newQueue(t, d, func(int) error { return nil })
		stored(t, d, q, 9, "", func(n int) queue.State { return []queue.State{queue.Waiting, queue.GivenUp, queue.Failing}[n%3] })
		stored(t, d, q, 4, queue.Delivery, func(int) queue.State { return queue.Failing })
		for _, limit := range []int{1, 2, 3, 50} {
			got, _ := all(t, q, []queue.State{queue.GivenUp, queue.Failing}, limit)
			// Given up: newest first. Failing: by time over both queues; at the same
			// second the one added first.
			if want := "7 4 1 1 2 2 3 5 4 8"; strings.Join(got, " ") != want {
				t.Errorf("pages of %d: %v, want %s", limit, got, want)
			}
		}
		if got, pages := all(t, q, []queue.State{queue.Running}, 5); len(got) != 0 || pages != 1 {
			t.Errorf("running: %v on %d pages", got, pages)
		}
		for _, strange := range []string{"x", "fHw", "YXZhaWxhYmxlfDIwMjYtMDEtMDEgMDA6MDA6MDB8MQ"} { // nonsense, "||", a place among those that wait
			if _, _, err := q.List(context.Background(), []queue.State{queue.GivenUp}, strange, 5); !errs.Is(err, errs.Invalid) {
				t.Errorf("after %q: %v", strange, err)
			}
		}
	})
}

func TestCensusStopsCounting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		q, _ := newQueue(t, d, func(int) error { return nil })
		stored(t, d, q, 3, "", func(n int) queue.State { return []queue.State{queue.Done, queue.Waiting, queue.Waiting}[n-1] })
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			jobs := make([]queue.Job, queue.CountLimit+5)
			for i := range jobs {
				jobs[i] = queue.Job{Args: countArgs{i}, Queue: queue.Delivery, After: time.Hour}
			}
			return q.Add(ctx, tx, jobs...)
		})
		census, err := q.Census(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]queue.Count{}
		for _, c := range census.Counts {
			got[c.Queue+" "+string(c.State)] = c
		}
		for at, want := range map[string]queue.Count{
			"default completed":  {Queue: "default", Kind: "test.count", State: queue.Done, N: 1},
			"default available":  {Queue: "default", Kind: "test.count", State: queue.Waiting, N: 2},
			"delivery scheduled": {Queue: "delivery", Kind: "test.count", State: queue.Planned, N: queue.CountLimit, More: true},
		} {
			if got[at] != want {
				t.Errorf("%s: %+v, want %+v", at, got[at], want)
			}
		}
		if len(got) != 3 {
			t.Errorf("counted %v", got)
		}
		if age := time.Since(census.Oldest[queue.Default]); len(census.Oldest) != 1 || age < 59*time.Minute || age > 61*time.Minute {
			t.Errorf("the oldest: %v", census.Oldest)
		}
	})
}

func TestFailuresAreTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		q, w := newQueue(t, d, func(int) error { return errors.New("relay <away>" + strings.Repeat("x", 600)) })
		write(t, d, func(ctx context.Context, tx *db.Tx) error { return q.Add(ctx, tx, queue.Job{Args: countArgs{7}}) })
		start(t, q)
		w.wait(t)
		job := await(t, q, queue.Failing)
		if job.Kind != "test.count" || job.Queue != queue.Default || job.Attempts < 1 || job.Limit != 25 || len(job.Failures) != job.Attempts {
			t.Fatalf("job %+v", job)
		}
		f := job.Failures[0]
		if !strings.HasPrefix(f.Cause, "relay <away>xxx") || len([]rune(f.Cause)) != 501 || f.Attempt != job.Attempts || time.Since(f.At) > time.Minute {
			t.Errorf("failure %+v", f)
		}
		if time.Since(job.Created) > time.Minute || !job.Next.After(job.Begun) || !job.Ended.IsZero() {
			t.Errorf("times: %v, %v, %v, %v", job.Created, job.Begun, job.Next, job.Ended)
		}
		if found, err := q.Find(ctx, job.ID); err != nil || found.ID != job.ID || string(found.Args) != string(job.Args) {
			t.Errorf("found %+v, %v", found, err)
		}
		if _, err := q.Find(ctx, job.ID+1000); !errs.Is(err, errs.NotFound) {
			t.Errorf("a job that is not there: %v", err)
		}
	})
}

// await waits until a job is in a state.
func await(t *testing.T, q *queue.Queue, s queue.State) queue.Info {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		list, _, err := q.List(context.Background(), []queue.State{s}, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 {
			return list[0]
		}
	}
	t.Fatalf("no job is %s", s)
	return queue.Info{}
}

func TestRetryAndDiscard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		q, w := newQueue(t, d, func(int) error { return nil })
		stored(t, d, q, 7, "", func(n int) queue.State { return queue.States()[n-1] })
		for _, s := range queue.States() {
			job := await(t, q, s)
			boom := errors.New("boom")
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				if err := q.Discard(ctx, tx, job.ID); err != nil {
					return err
				}
				return boom // takes the discarding back
			})
			if s.CanDiscard() != errors.Is(err, boom) || !s.CanDiscard() && !errs.Is(err, errs.Conflict) {
				t.Errorf("discarding a job that is %s: %v", s, err)
			}
			if after, err := q.Find(ctx, job.ID); err != nil || after.State != s {
				t.Errorf("a job that was %s is %s, %v", s, after.State, err)
			}
		}
		waiting, planned := await(t, q, queue.Waiting), await(t, q, queue.Planned)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(q.Discard(ctx, tx, waiting.ID), q.Discard(ctx, tx, planned.ID))
		})
		if after, err := q.Find(ctx, planned.ID); err != nil || after.State != queue.Discarded || after.Ended.IsZero() {
			t.Errorf("discarded: %+v, %v", after, err)
		}
		for id, want := range map[int64]errs.Kind{await(t, q, queue.Running).ID: errs.Conflict, await(t, q, queue.Done).ID: errs.Conflict, 999_999: errs.NotFound} {
			if err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return q.Retry(ctx, tx, id) }); !errs.Is(err, want) {
				t.Errorf("retrying job %d: %v", id, err)
			}
		}
		again := []queue.Info{await(t, q, queue.GivenUp), await(t, q, queue.Failing), planned}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			for _, job := range again {
				if err := q.Retry(ctx, tx, job.ID); err != nil {
					return err
				}
			}
			return nil
		})
		start(t, q)
		seen := map[int]bool{}
		for range again {
			seen[w.wait(t)] = true
		}
		if !seen[1] || !seen[2] || !seen[4] { // given up, failing, planned
			t.Errorf("worked %v", seen)
		}
	})
}

func TestAttemptsAreTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		outcomes := make(chan string, 10)
		q := queue.New(d, queue.Options{Worked: func(kind, outcome string, _ time.Duration) { outcomes <- kind + " " + outcome }})
		queue.Register(q, func(_ context.Context, a countArgs) error {
			switch a.N {
			case 1:
				return errors.New("no")
			case 2:
				return queue.Later(time.Hour)
			case 3:
				panic("oh")
			}
			return nil
		})
		if err := q.Open(context.Background()); err != nil {
			t.Fatal(err)
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return q.Add(ctx, tx, queue.Job{Args: countArgs{0}}, queue.Job{Args: countArgs{1}}, queue.Job{Args: countArgs{2}}, queue.Job{Args: countArgs{3}})
		})
		start(t, q)
		got := map[string]int{}
		for range 4 {
			select {
			case o := <-outcomes:
				got[o]++
			case <-time.After(30 * time.Second):
				t.Fatalf("told of %v", got)
			}
		}
		for _, o := range queue.Outcomes() {
			if got["test.count "+o] != 1 {
				t.Errorf("%s: %d times", o, got["test.count "+o])
			}
		}
	})
}
