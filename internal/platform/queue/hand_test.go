package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/queue"
)

// TestJobsByHandRunWhenAsked: not before their data is there, in order, and those
// that want to run later the next time.
func TestJobsByHandRunWhenAsked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		q := queue.New(d, queue.Options{ByHand: true})
		var seen []int
		queue.Register(q, func(_ context.Context, a countArgs) error {
			seen = append(seen, a.N)
			if a.N == 1 && len(seen) == 1 {
				return queue.Later(time.Hour)
			}
			return nil
		})
		if err := q.Open(ctx); err != nil {
			t.Fatal(err)
		}
		add := func(n int, result error) error {
			return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				return errors.Join(q.Add(ctx, tx, queue.Job{Args: countArgs{n}}), result)
			})
		}
		if err := errors.Join(add(1, nil), add(2, nil)); err != nil {
			t.Fatal(err)
		}
		if err := add(3, errors.New("no")); err == nil || len(seen) > 0 {
			t.Fatalf("a transaction failed with %v, jobs %v ran", err, seen)
		}
		for range 2 {
			if err := q.Work(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) != 3 || seen[0] != 1 || seen[1] != 2 || seen[2] != 1 {
			t.Fatalf("worked %v, want 1, 2 and 1 again", seen)
		}
	})
}
