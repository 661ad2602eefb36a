package queue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lotse/internal/platform/db"
)

// CountLimit is where counting stops, in each queue and state.
const CountLimit = 1000

// Count says how many jobs of a kind are in a state.
type Count struct {
	Queue string
	Kind  string
	State State
	N     int
	More  bool // there are more: counting stopped at CountLimit
}

// Census is the queue at a glance.
type Census struct {
	Counts []Count              // none is 0
	Oldest map[string]time.Time // by queue: since when the oldest job waits that could run
}

// Census counts jobs, in each queue and state up to CountLimit, and finds the
// oldest that waits. Its cost does not grow with the table.
func (q *Queue) Census(ctx context.Context) (Census, error) {
	counts, err := q.counts(ctx)
	if err != nil {
		return Census{}, err
	}
	oldest, err := q.oldest(ctx)
	return Census{Counts: counts, Oldest: oldest}, err
}

// counts names the order of an index, so that no database prefers to read the
// whole table.
func (q *Queue) counts(ctx context.Context) ([]Count, error) {
	var parts []string
	var args []any
	for _, queue := range queues {
		for _, state := range States() {
			parts = append(parts, "SELECT ? AS queue, ? AS state, kind, count(*) AS n FROM "+
				"(SELECT kind FROM river_job WHERE state = ? AND queue = ? ORDER BY priority, scheduled_at, id LIMIT ?) AS sample GROUP BY kind")
			args = append(args, queue, string(state), string(state), queue, CountLimit+1)
		}
	}
	var rows []struct {
		Queue, State, Kind string
		N                  int64
	}
	if err := q.db.Read().NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &rows); err != nil {
		return nil, db.Classify(fmt.Errorf("counting jobs: %w", err))
	}
	sums := map[string]int64{}
	for _, r := range rows {
		sums[r.Queue+" "+r.State] += r.N
	}
	counts := make([]Count, len(rows))
	for i, r := range rows {
		counts[i] = Count{Queue: r.Queue, Kind: r.Kind, State: State(r.State), N: int(min(r.N, CountLimit)), More: sums[r.Queue+" "+r.State] > CountLimit}
	}
	return counts, nil
}

func (q *Queue) oldest(ctx context.Context) (map[string]time.Time, error) {
	column := "coalesce(CAST(min(scheduled_at) AS TEXT), '') AS at"
	if q.db.Postgres() {
		column = stamp("min(scheduled_at)", "at")
	}
	var parts []string
	var args []any
	for _, queue := range queues {
		parts = append(parts, "SELECT ? AS queue, "+column+" FROM river_job WHERE state = 'available' AND queue = ? AND priority = 1")
		args = append(args, queue, queue)
	}
	var rows []struct{ Queue, At string }
	if err := q.db.Read().NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &rows); err != nil {
		return nil, db.Classify(fmt.Errorf("finding the oldest job: %w", err))
	}
	oldest := map[string]time.Time{}
	for _, r := range rows {
		if at := moment(r.At); !at.IsZero() {
			oldest[r.Queue] = at
		}
	}
	return oldest, nil
}

// Kinds returns the kinds of jobs this program knows, in no order.
func (q *Queue) Kinds() []string { return q.kinds }
