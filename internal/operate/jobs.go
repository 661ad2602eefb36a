// Package operate is what an administrator sees of the machinery and may do to
// it: the jobs that run in the background.
//
// The queue itself (platform/queue) knows nobody who could ask. Here it is
// checked who does, a job is brought together with the case it works for, and
// what somebody did is recorded. Pages and the API stand on this package.
package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
)

// What somebody did to a job is an event without a case. Its parameters are the
// job's number and kind.
const (
	JobRetried   desk.EventKind = "job.retried"
	JobDiscarded desk.EventKind = "job.discarded"
)

// PageSize is how many jobs List returns at most.
const PageSize = 50

// View is a selection of jobs.
type View string

// The views.
const (
	Failed  View = "failed"
	Waiting View = "waiting"
	Running View = "running"
	Done    View = "done"
)

var viewStates = map[View][]queue.State{
	Failed:  {queue.GivenUp, queue.Failing},
	Waiting: {queue.Waiting, queue.Planned},
	Running: {queue.Running},
	Done:    {queue.Done, queue.Discarded},
}

// Views lists every view, the one that needs somebody first.
func Views() []View { return []View{Failed, Waiting, Running, Done} }

// Holds reports whether jobs in the state belong to the view.
func (v View) Holds(s queue.State) bool {
	for _, own := range viewStates[v] {
		if own == s {
			return true
		}
	}
	return false
}

// Job is a job and the case it works for.
type Job struct {
	queue.Info
	Delivery ids.ID // zero if the job names none
	Case     string // number of the case; "" if there is none or it is another brand's
}

// Deliveries is what jobs need of the outbox.
type Deliveries interface {
	// CasesOf returns the cases of deliveries; a delivery without one is missing.
	CasesOf(ctx context.Context, deliveries []ids.ID) (map[ids.ID]ids.ID, error)
	// HastenTx lets a delivery that waits be sent by the next job that comes.
	HastenTx(ctx context.Context, tx *db.Tx, delivery ids.ID) error
}

// Parts are what Jobs are made of.
type Parts struct {
	DB         *db.DB
	Queue      *queue.Queue
	Desk       *desk.Desk
	Deliveries Deliveries
	Scanners   func() []Scanner // of mail; nil: none
}

// Jobs shows and repairs jobs, for who may operate the system.
type Jobs struct{ Parts }

// New returns the jobs.
func New(p Parts) *Jobs { return &Jobs{p} }

// Census counts jobs by kind and state, see queue.Census.
func (j *Jobs) Census(ctx context.Context, a access.Actor) (queue.Census, error) {
	if err := a.Require(access.OperateSystem); err != nil {
		return queue.Census{}, err
	}
	return j.Queue.Census(ctx)
}

// List returns up to PageSize jobs of a view from behind a place in it ("": from
// the beginning), and the place where the next page begins ("": there is none).
func (j *Jobs) List(ctx context.Context, a access.Actor, v View, after string) ([]Job, string, error) {
	if err := a.Require(access.OperateSystem); err != nil {
		return nil, "", err
	}
	states, known := viewStates[v]
	if !known {
		return nil, "", errs.New(errs.NotFound, "")
	}
	found, next, err := j.Queue.List(ctx, states, after, PageSize)
	if err != nil {
		return nil, "", err
	}
	jobs, err := j.withCases(ctx, a, found)
	return jobs, next, err
}

// Job returns one job; errs.NotFound if it is over and gone.
func (j *Jobs) Job(ctx context.Context, a access.Actor, id int64) (Job, error) {
	if err := a.Require(access.OperateSystem); err != nil {
		return Job{}, err
	}
	info, err := j.Queue.Find(ctx, id)
	if err != nil {
		return Job{}, err
	}
	jobs, err := j.withCases(ctx, a, []queue.Info{info})
	if err != nil {
		return Job{}, err
	}
	return jobs[0], nil
}

// withCases finds the numbers of the cases with two questions for all jobs.
func (j *Jobs) withCases(ctx context.Context, a access.Actor, found []queue.Info) ([]Job, error) {
	jobs := make([]Job, len(found))
	var deliveries []ids.ID
	for i, info := range found {
		jobs[i] = Job{Info: info, Delivery: deliveryOf(info)}
		if d := jobs[i].Delivery; !d.IsZero() {
			deliveries = append(deliveries, d)
		}
	}
	if len(deliveries) == 0 {
		return jobs, nil
	}
	cases, err := j.Deliveries.CasesOf(ctx, deliveries)
	if err != nil {
		return nil, err
	}
	var which []ids.ID
	for _, id := range cases {
		which = append(which, id)
	}
	numbers, err := j.Desk.Numbers(ctx, a, which)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		jobs[i].Case = numbers[cases[jobs[i].Delivery]]
	}
	return jobs, nil
}

// deliveryOf reads the delivery out of a job's arguments, if they name one.
func deliveryOf(info queue.Info) ids.ID {
	var args struct {
		Delivery ids.ID `json:"delivery"`
	}
	if json.Unmarshal(info.Args, &args) != nil {
		return ids.ID{} // arguments of another shape
	}
	return args.Delivery
}

// Retry runs a job at once; a delivery it sends is due at once too. A job that
// runs or is done is an errs.Conflict.
func (j *Jobs) Retry(ctx context.Context, a access.Actor, id int64) error {
	return j.repair(ctx, a, id, JobRetried, func(ctx context.Context, tx *db.Tx, info queue.Info) error {
		if d := deliveryOf(info); !d.IsZero() {
			if err := j.Deliveries.HastenTx(ctx, tx, d); err != nil {
				return err
			}
		}
		return j.Queue.Retry(ctx, tx, id)
	})
}

// Discard throws a job away. What it was to do is not undone: a delivery that
// still waits gets a new job when it is overdue. A job that runs or is over is an
// errs.Conflict.
func (j *Jobs) Discard(ctx context.Context, a access.Actor, id int64) error {
	return j.repair(ctx, a, id, JobDiscarded, func(ctx context.Context, tx *db.Tx, _ queue.Info) error {
		return j.Queue.Discard(ctx, tx, id)
	})
}

func (j *Jobs) repair(ctx context.Context, a access.Actor, id int64, kind desk.EventKind, do func(context.Context, *db.Tx, queue.Info) error) error {
	if err := a.Require(access.OperateSystem); err != nil {
		return err
	}
	info, err := j.Queue.Find(ctx, id)
	if err != nil {
		return err
	}
	return j.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := do(ctx, tx, info); err != nil {
			return err
		}
		event := desk.Change{Kind: kind, Actor: a, Case: desk.Case{BrandID: a.BrandID}, Params: map[string]any{"job": strconv.FormatInt(id, 10), "kind": info.Kind}}
		if err := j.Desk.RecordTx(ctx, tx, event); err != nil {
			return fmt.Errorf("recording what was done to a job: %w", err)
		}
		return nil
	})
}
