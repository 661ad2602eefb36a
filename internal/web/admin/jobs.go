package admin

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/operate"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/queue"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

const jobsPath = "/admin/jobs"

// Jobs is what the pages of jobs need; *operate.Jobs implements it.
type Jobs interface {
	Census(ctx context.Context, a access.Actor) (queue.Census, error)
	List(ctx context.Context, a access.Actor, v operate.View, after string) ([]operate.Job, string, error)
	Job(ctx context.Context, a access.Actor, id int64) (operate.Job, error)
	Retry(ctx context.Context, a access.Actor, id int64) error
	Discard(ctx context.Context, a access.Actor, id int64) error
	Scanners(ctx context.Context, a access.Actor) ([]operate.Scanner, error)
}

// jobList is what the list of jobs shows.
type jobList struct {
	view     operate.View
	filters  []ui.NavItem
	kinds    []jobKind
	jobs     []operate.Job
	scanners []operate.Scanner
	newest   string // address of the first page; "" there
	older    string // "" on the last page
	now      time.Time
}

// jobKind is a line of the overview: how many jobs of a kind are in each state.
type jobKind struct {
	queue, kind string
	counts      map[queue.State]queue.Count
	oldest      time.Time // of its queue
}

// jobStates are the columns of the overview.
var jobStates = []queue.State{queue.GivenUp, queue.Failing, queue.Waiting, queue.Planned, queue.Running, queue.Done, queue.Discarded}

func (p *Pages) listJobs(w http.ResponseWriter, r *http.Request) error {
	ctx, view := r.Context(), operate.View(cmp.Or(r.URL.Query().Get("view"), string(operate.Failed)))
	after := r.URL.Query().Get("after")
	jobs, next, err := p.jobs.List(ctx, actor(r), view, after)
	if err != nil {
		return err
	}
	census, err := p.jobs.Census(ctx, actor(r))
	if err != nil {
		return err
	}
	scanners, err := p.jobs.Scanners(ctx, actor(r))
	if err != nil {
		return err
	}
	list := jobList{view: view, jobs: jobs, kinds: jobKinds(census), scanners: scanners, now: time.Now()}
	for _, v := range operate.Views() {
		list.filters = append(list.filters, jobFilter(ctx, v, view, census))
	}
	if after != "" {
		list.newest = jobsAddress(view, "")
	}
	if next != "" {
		list.older = jobsAddress(view, next)
	}
	return web.Render(w, r, http.StatusOK, jobsPage(p.shell(r, t(ctx, "jobs.title"), jobsPath, nil), list))
}

func jobsAddress(v operate.View, after string) string {
	q := url.Values{"view": {string(v)}}
	if after != "" {
		q.Set("after", after)
	}
	return jobsPath + "?" + q.Encode()
}

// jobFilter leads to a view and says how much is in it.
func jobFilter(ctx context.Context, v, current operate.View, census queue.Census) ui.NavItem {
	item := ui.NavItem{Label: t(ctx, "jobs.view."+string(v)), Href: jobsAddress(v, ""), Current: v == current}
	sum, more := 0, false
	for _, c := range census.Counts {
		if v.Holds(c.State) {
			sum, more = sum+c.N, more || c.More
		}
	}
	if more {
		item.Label = t(ctx, "jobs.view.more", "View", item.Label, "Count", i18n.From(ctx).Number(int64(sum)))
		return item
	}
	item.Count = sum
	return item
}

// jobKinds sorts the census by kind.
func jobKinds(census queue.Census) []jobKind {
	var kinds []jobKind
	for _, c := range census.Counts {
		i := slices.IndexFunc(kinds, func(k jobKind) bool { return k.kind == c.Kind && k.queue == c.Queue })
		if i < 0 {
			i = len(kinds)
			kinds = append(kinds, jobKind{queue: c.Queue, kind: c.Kind, counts: map[queue.State]queue.Count{}})
		}
		kinds[i].counts[c.State] = c
		if c.State == queue.Waiting {
			kinds[i].oldest = census.Oldest[c.Queue]
		}
	}
	slices.SortFunc(kinds, func(a, b jobKind) int { return strings.Compare(a.kind+" "+a.queue, b.kind+" "+b.queue) })
	return kinds
}

func (p *Pages) showJob(w http.ResponseWriter, r *http.Request) error {
	job, err := p.jobOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, jobPage(p.shell(r, jobName(r.Context(), job.Kind), jobsPath, nil), job, time.Now()))
}

func (p *Pages) askDiscard(w http.ResponseWriter, r *http.Request) error {
	job, err := p.jobOf(r)
	if err != nil {
		return err
	}
	if !job.State.CanDiscard() {
		return errs.New(errs.Conflict, "jobs.moved_on")
	}
	return web.Render(w, r, http.StatusOK, discardPage(p.shell(r, t(r.Context(), "jobs.discard.title"), jobsPath, nil), job))
}

func (p *Pages) retryJob(w http.ResponseWriter, r *http.Request) error {
	return p.repairJob(w, r, p.jobs.Retry, "jobs.retried")
}

func (p *Pages) discardJob(w http.ResponseWriter, r *http.Request) error {
	return p.repairJob(w, r, p.jobs.Discard, "jobs.discarded")
}

// repairJob does something about a job. One that ran meanwhile is a notice, not
// an error.
func (p *Pages) repairJob(w http.ResponseWriter, r *http.Request, do func(context.Context, access.Actor, int64) error, done string) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	tone, to := ui.Success, jobAddress(id)
	err = do(r.Context(), actor(r), id)
	switch {
	case errs.Is(err, errs.Conflict):
		tone, done = ui.Info, "jobs.moved_on"
	case errs.Is(err, errs.NotFound):
		tone, done, to = ui.Info, "jobs.gone", jobsPath
	case err != nil:
		return err
	}
	if err := p.kit.Flash(r, tone, done); err != nil {
		return err
	}
	return web.Redirect(w, r, to)
}

func (p *Pages) jobOf(r *http.Request) (operate.Job, error) {
	id, err := jobID(r)
	if err != nil {
		return operate.Job{}, err
	}
	return p.jobs.Job(r.Context(), actor(r), id)
}

func jobID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, errs.Wrap(errs.NotFound, err, "reading an address")
	}
	return id, nil
}

func jobAddress(id int64) string { return jobsPath + "/" + strconv.FormatInt(id, 10) }

// jobName puts a kind of job into words; one without words is shown as it is.
func jobName(ctx context.Context, kind string) string {
	key := "jobs.kind." + strings.ReplaceAll(kind, ".", "_")
	if text := t(ctx, key); text != key {
		return text
	}
	return kind
}

// jobNumber names a job and where it runs.
func jobNumber(ctx context.Context, job operate.Job) string {
	return t(ctx, "jobs.number", "Number", strconv.FormatInt(job.ID, 10), "Queue", queueName(ctx, job.Queue))
}

func queueName(ctx context.Context, queue string) string { return t(ctx, "jobs.queue."+queue) }

func stateName(ctx context.Context, s queue.State) string { return t(ctx, "jobs.state."+string(s)) }

func attempts(ctx context.Context, job operate.Job) string {
	p := i18n.From(ctx)
	return p.T("jobs.attempts_of", "Number", p.Number(int64(job.Attempts)), "Limit", p.Number(int64(job.Limit)))
}

// number writes a count that may have stopped early.
func number(ctx context.Context, c queue.Count) string {
	text := i18n.From(ctx).Number(int64(c.N))
	if c.More {
		return text + "+"
	}
	return text
}

var jobTones = map[queue.State]ui.Tone{
	queue.GivenUp: ui.Danger, queue.Failing: ui.Warning, queue.Waiting: ui.Info, queue.Planned: ui.Neutral, queue.Running: ui.Info,
	queue.Done: ui.Success, queue.Discarded: ui.Neutral,
}

// jobColumns are the heads of the states in the overview.
func jobColumns(ctx context.Context) []ui.Column {
	columns := make([]ui.Column, len(jobStates))
	for i, s := range jobStates {
		columns[i] = ui.Column{Label: stateName(ctx, s), Number: true}
	}
	return columns
}

// nextOrEnd is when the job runs again, or when it ended.
func nextOrEnd(ctx context.Context, job operate.Job) ui.KeyValue {
	if !job.Ended.IsZero() {
		return ui.KeyValue{Label: t(ctx, "jobs.ended"), Value: ui.DateTime(job.Ended)}
	}
	return ui.KeyValue{Label: t(ctx, "jobs.next"), Value: ui.DateTime(job.Next)}
}
