// Package queue runs work after the data that asked for it is committed.
//
// A job is added inside a write transaction (Add) and so exists exactly if the
// data does. Jobs run at least once: after a crash the ones in flight run again,
// so every job is idempotent. Arguments hold ids, enums and numbers, never words
// of a customer, for they can be read in the job list.
//
// The work is done by River on both databases. On SQLite it shares the one write
// connection: a job that writes goes through db.Write like everyone else.
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"lotse/internal/platform/db"
)

// Args are the arguments of one kind of job: a struct with JSON tags and a
// method Kind that names it.
type Args = river.JobArgs

// Job is one piece of work to add.
type Job struct {
	Args  Args
	Queue string        // "" is Default
	After time.Duration // not before; zero is at once
}

// The queues. Each has workers of its own, so that slow work starves no other.
const (
	Default  = river.QueueDefault
	Delivery = "delivery" // sends to the outside world
)

// Options say how many jobs of each queue run at once in this process.
type Options struct {
	Workers map[string]int // by queue; a queue without a number gets 4
	Log     *slog.Logger
	ByHand  bool // jobs are kept in memory and run when Work is called: see hand.go
	// Worked is told of each attempt, for figures: how long it took and its end,
	// one of Outcomes. It may be nil.
	Worked func(kind, outcome string, took time.Duration)
}

// Queue adds jobs and runs them. Register every kind before Start.
type Queue struct {
	opts    Options
	db      *db.DB
	workers *river.Workers
	pool    *pgxpool.Pool // PostgreSQL: River's own connections
	kinds   []string      // that are registered
	client  client
	hand    *hand // only with Options.ByHand
}

// client is what Queue needs of a river.Client, whatever its driver.
type client interface {
	add(ctx context.Context, tx *db.Tx, jobs []river.InsertManyParams) error
	retry(ctx context.Context, tx *db.Tx, id int64) error
	discard(ctx context.Context, tx *db.Tx, id int64) error
	start(ctx context.Context) error
	stop(ctx context.Context) error
}

// New returns a queue on d. Nothing runs before Start.
func New(d *db.DB, opts Options) *Queue {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{opts: opts, db: d, workers: river.NewWorkers()}
	if opts.ByHand {
		q.hand = newHand()
		q.client = q.hand
	}
	return q
}

// Register says how jobs of A's kind are worked. The function must be
// idempotent. An error is tried again later with growing pauses, up to 25
// times; Later says otherwise.
func Register[A Args](q *Queue, work func(ctx context.Context, args A) error) {
	var zero A
	q.kinds = append(q.kinds, zero.Kind())
	if q.hand != nil {
		registerByHand(q.hand, work)
		return
	}
	river.AddWorker(q.workers, river.WorkFunc(func(ctx context.Context, job *river.Job[A]) error {
		return q.timed(job.Args.Kind(), func() error { return work(ctx, job.Args) })
	}))
}

// Outcomes are the ends an attempt can have: it did its work, asked to run
// again later, failed with an error, or panicked.
func Outcomes() []string { return []string{"done", "later", "failed", "panicked"} }

func (q *Queue) timed(kind string, work func() error) error {
	if q.opts.Worked == nil {
		return work()
	}
	begin, outcome := time.Now(), "panicked"
	defer func() { q.opts.Worked(kind, outcome, time.Since(begin)) }()
	err := work()
	var snooze *river.JobSnoozeError
	switch {
	case err == nil:
		outcome = "done"
	case errors.As(err, &snooze):
		outcome = "later"
	default:
		outcome = "failed"
	}
	return err
}

// Later returns an error that runs the job again after d without counting as a
// failure.
func Later(d time.Duration) error { return river.JobSnooze(d) }

// Open connects to the queue's tables, so that Add works. It must be called
// once, after every Register.
func (q *Queue) Open(ctx context.Context) error {
	if q.hand != nil {
		return nil
	}
	config := q.config()
	if !q.db.Postgres() {
		config.PollOnly = true
		c, err := river.NewClient(riversqlite.New(q.db.Writer()), config)
		if err != nil {
			return fmt.Errorf("opening the job queue: %w", err)
		}
		q.client = sqliteClient{c}
		return q.freeInterrupted(ctx)
	}
	pool, err := openPool(ctx, q.db.URL())
	if err != nil {
		return err
	}
	c, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		pool.Close()
		return fmt.Errorf("opening the job queue: %w", err)
	}
	q.pool, q.client = pool, postgresClient{c}
	return nil
}

// freeInterrupted makes the jobs that a process before this one left running
// available at once. On SQLite there is only one process; on PostgreSQL River
// rescues them when their time is over.
func (q *Queue) freeInterrupted(ctx context.Context) error {
	return q.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw("UPDATE river_job SET state = 'available' WHERE state = 'running'").Exec(ctx)
		if err != nil {
			return fmt.Errorf("freeing interrupted jobs: %w", err)
		}
		return nil
	})
}

func (q *Queue) config() *river.Config {
	queues := map[string]river.QueueConfig{}
	for _, name := range []string{Default, Delivery} {
		n := q.opts.Workers[name]
		if n == 0 {
			n = 4
		}
		queues[name] = river.QueueConfig{MaxWorkers: n}
	}
	return &river.Config{
		Queues:  queues,
		Workers: q.workers,
		Logger:  quiet(q.opts.Log),
		// The pause between two fetches bounds the rate: at River's default of
		// 100 ms a queue stands at a few hundred jobs a second.
		FetchCooldown:               time.Millisecond,
		FetchPollInterval:           100 * time.Millisecond,
		JobTimeout:                  150 * time.Second,
		RescueStuckJobsAfter:        3 * time.Minute,
		CompletedJobRetentionPeriod: time.Hour,
	}
}

func openPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("reading the database address: %w", err)
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting the job queue: %w", err)
	}
	return pool, nil
}

// Add puts jobs into the transaction: they exist once it is committed.
func (q *Queue) Add(ctx context.Context, tx *db.Tx, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		opts := &river.InsertOpts{Queue: j.Queue}
		if j.After > 0 {
			opts.ScheduledAt = time.Now().Add(j.After) // River's clock is the machine's
		}
		params[i] = river.InsertManyParams{Args: j.Args, InsertOpts: opts}
	}
	if err := q.client.add(ctx, tx, params); err != nil {
		return fmt.Errorf("adding jobs: %w", err)
	}
	return nil
}

// Start works jobs until Stop.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.client.start(ctx); err != nil {
		return fmt.Errorf("starting the job queue: %w", err)
	}
	return nil
}

// Stop lets running jobs finish until ctx ends, then gives up on them; they run
// again at the next start.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.client.stop(ctx)
	if q.pool != nil {
		q.pool.Close()
	}
	if err != nil {
		return fmt.Errorf("stopping the job queue: %w", err)
	}
	return nil
}

// quiet keeps River's remarks below a warning out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }
func (w warnings) WithGroup(n string) slog.Handler      { return warnings{w.Handler.WithGroup(n)} }

type sqliteClient struct{ *river.Client[*sql.Tx] }

func (c sqliteClient) add(ctx context.Context, tx *db.Tx, jobs []river.InsertManyParams) error {
	_, err := c.InsertManyFastTx(ctx, tx.Tx.Tx, jobs)
	return err
}
func (c sqliteClient) start(ctx context.Context) error { return c.Start(ctx) }
func (c sqliteClient) stop(ctx context.Context) error  { return c.Stop(ctx) }
