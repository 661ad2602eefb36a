package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"lotse/internal/access"
	"lotse/internal/operate"
	"lotse/internal/platform/errs"
)

func jobs(s *Server) {
	admin := " Needs the role of an administrator."
	add(s, op{ID: "listJobs", Method: http.MethodGet, Path: "/jobs", Tag: "Jobs", Scope: access.OperateScope, Summary: "List jobs", About: "What runs, waits, failed or is done." + admin}, s.listJobs)
	add(s, op{ID: "getJob", Method: http.MethodGet, Path: "/jobs/{id}", Tag: "Jobs", Scope: access.OperateScope, Summary: "Read a job", About: "With the causes of its failures." + admin}, s.getJob)
	add(s, op{ID: "retryJob", Method: http.MethodPost, Path: "/jobs/{id}/retry", Tag: "Jobs", Scope: access.OperateScope, Summary: "Try a job again", About: "Now instead of later." + admin,
		Errors: []int{http.StatusConflict}}, s.retryJob)
	add(s, op{ID: "discardJob", Method: http.MethodPost, Path: "/jobs/{id}/discard", Tag: "Jobs", Scope: access.OperateScope, Summary: "Discard a job", About: "It is not tried again." + admin,
		Errors: []int{http.StatusConflict}}, s.discardJob)
}

// Job is work in the background.
type Job struct {
	ID        int64        `json:"id" example:"4711" doc:"The job's number."`
	Kind      string       `json:"kind" example:"outbox.send" doc:"What it does."`
	State     string       `json:"state" example:"waiting" doc:"Where it stands."`
	Attempts  int          `json:"attempts" example:"1" doc:"How often it was tried."`
	Limit     int          `json:"limit" example:"25" doc:"How often it is tried at most."`
	Case      string       `json:"case_number,omitempty" example:"L-4F7K-92" doc:"The case it works for."`
	Failures  []JobFailure `json:"failures" doc:"The last few, the newest first."`
	CreatedAt *time.Time   `json:"created_at,omitempty" example:"2026-11-23T10:02:00Z" doc:"When it was planned."`
	NextAt    *time.Time   `json:"next_at,omitempty" example:"2026-11-23T10:02:10Z" doc:"When it is tried next, or was first due."`
	EndedAt   *time.Time   `json:"ended_at,omitempty" example:"2026-11-23T10:02:11Z" doc:"When it was over."`
}

// JobFailure is one attempt that failed.
type JobFailure struct {
	At      time.Time `json:"at" example:"2026-11-23T10:02:00Z" doc:"When."`
	Attempt int       `json:"attempt" example:"1" doc:"Which attempt."`
	Cause   string    `json:"cause" example:"connection refused" doc:"Why."`
}

func set(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func job(j operate.Job) Job {
	out := Job{ID: j.ID, Kind: j.Kind, State: string(j.State), Attempts: j.Attempts, Limit: j.Limit, Case: j.Case, Failures: []JobFailure{},
		CreatedAt: set(j.Created), NextAt: set(j.Next), EndedAt: set(j.Ended)}
	for _, f := range j.Failures {
		out.Failures = append(out.Failures, JobFailure{At: f.At, Attempt: f.Attempt, Cause: f.Cause})
	}
	return out
}

func (s *Server) listJobs(ctx context.Context, a access.Actor, in *struct {
	View  string `query:"view" enum:"failed,waiting,running,done" default:"failed" example:"done" doc:"Which jobs."`
	After string `query:"after" maxLength:"200" doc:"What the page before gave as next."`
}) (*list[Job], error) {
	found, next, err := s.Jobs.List(ctx, a, operate.View(in.View), in.After)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(found, job), next), nil
}

// JobPath is the path of operations on a job.
type JobPath struct {
	ID string `path:"id" maxLength:"20" example:"4711" doc:"The job's number."`
}

type jobAnswer struct{ Body Job }

func (s *Server) onJob(ctx context.Context, a access.Actor, in *JobPath, act func(int64) error) (*jobAnswer, error) {
	if err := a.Require(access.OperateSystem); err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil {
		return nil, errs.New(errs.NotFound, "error.not_found.text")
	}
	if act != nil {
		if err := act(id); err != nil {
			return nil, err
		}
	}
	found, err := s.Jobs.Job(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return &jobAnswer{Body: job(found)}, nil
}

func (s *Server) getJob(ctx context.Context, a access.Actor, in *JobPath) (*jobAnswer, error) {
	return s.onJob(ctx, a, in, nil)
}

func (s *Server) retryJob(ctx context.Context, a access.Actor, in *JobPath) (*jobAnswer, error) {
	return s.onJob(ctx, a, in, func(id int64) error { return s.Jobs.Retry(ctx, a, id) })
}

func (s *Server) discardJob(ctx context.Context, a access.Actor, in *JobPath) (*jobAnswer, error) {
	return s.onJob(ctx, a, in, func(id int64) error { return s.Jobs.Discard(ctx, a, id) })
}
