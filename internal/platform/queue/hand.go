package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/riverqueue/river"

	"lotse/internal/platform/db"
)

// hand is a queue in memory whose jobs run when somebody says so. It is for a
// desk that is being made or looked at by one program alone: what it holds when
// the program ends is lost.
type hand struct {
	mu   sync.Mutex
	jobs []river.JobArgs
	work map[string]func(context.Context, river.JobArgs) error // by kind
}

func newHand() *hand { return &hand{work: map[string]func(context.Context, river.JobArgs) error{}} }

func registerByHand[A Args](h *hand, work func(ctx context.Context, args A) error) {
	var zero A
	h.work[zero.Kind()] = func(ctx context.Context, args river.JobArgs) error { return work(ctx, args.(A)) }
}

func (h *hand) add(_ context.Context, tx *db.Tx, jobs []river.InsertManyParams) error {
	tx.AfterCommit(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, j := range jobs {
			h.jobs = append(h.jobs, j.Args)
		}
	})
	return nil
}

func (h *hand) start(context.Context) error { return nil }
func (h *hand) stop(context.Context) error  { return nil }

// Work runs the jobs that were added since the last call, and those that these
// add, in the order they came; times to wait are left out. A job that asks to
// run later is kept for the next call. It fails with the first job that fails,
// and without Options.ByHand.
func (q *Queue) Work(ctx context.Context) error {
	if q.hand == nil {
		return errors.New("the queue works by itself")
	}
	var later []river.JobArgs
	for {
		jobs := q.hand.take()
		if len(jobs) == 0 {
			break
		}
		for _, args := range jobs {
			var snooze *river.JobSnoozeError
			err := q.hand.work[args.Kind()](ctx, args)
			if errors.As(err, &snooze) {
				later = append(later, args)
			} else if err != nil {
				return fmt.Errorf("working a job %s: %w", args.Kind(), err)
			}
		}
	}
	q.hand.mu.Lock()
	q.hand.jobs = append(later, q.hand.jobs...)
	q.hand.mu.Unlock()
	return nil
}

func (h *hand) take() []river.JobArgs {
	h.mu.Lock()
	defer h.mu.Unlock()
	jobs := h.jobs
	h.jobs = nil
	return jobs
}
