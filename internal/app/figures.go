package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/queue"
)

// figures are what the desk tells a monitoring system. Names begin with lotse_.
// Labels take few values, all known to the program: routes, states, kinds; never
// an address, a name or a number of anybody. What is counted while it happens
// stands here and in figures_http.go, what is looked up when somebody asks in
// figures_now.go. docs/operate/monitoring.md lists all; a test compares.
type figures struct {
	registry   *prometheus.Registry
	accepted   prometheus.Counter
	envelopes  *prometheus.CounterVec
	deliveries *prometheus.CounterVec
	cases      *prometheus.CounterVec
	checks     *prometheus.CounterVec
	jobs       *prometheus.CounterVec
	jobTime    *prometheus.HistogramVec
	queries    prometheus.Histogram
	writes     prometheus.Histogram
	writeWait  prometheus.Histogram
	served     *prometheus.CounterVec
	http       httpFigures
}

var envelopeStates = map[intake.State]string{intake.Done: "done", intake.Duplicate: "duplicate", intake.Look: "look"}

// Buckets in seconds: what a person waits for, what a statement takes, and what a
// job may take.
var (
	pageBuckets  = []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	queryBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}
	jobBuckets   = []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 150}
)

func newFigures(r *prometheus.Registry) *figures {
	f := &figures{
		registry:   r,
		accepted:   prometheus.NewCounter(prometheus.CounterOpts{Name: "lotse_arrivals_accepted_total", Help: "Arrivals acknowledged to their sender after they were on disk."}),
		envelopes:  counter("lotse_envelopes_settled_total", "Envelopes brought to an end, by outcome.", "state"),
		deliveries: counter("lotse_deliveries_total", "Attempts to deliver, by outcome; queued means a later attempt.", "state"),
		cases:      counter("lotse_cases_opened_total", "Cases opened, by channel.", "channel"),
		checks:     counter("lotse_mail_checks_total", "Checks of mails that came in, by what was checked and how it came out.", "check", "verdict"),
		jobs:       counter("lotse_jobs_worked_total", "Attempts at jobs, by kind and outcome; later means that the job asked to run again.", "kind", "outcome"),
		jobTime:    histogram("lotse_job_seconds", "How long attempts at jobs took.", jobBuckets, "kind"),
		queries:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lotse_db_query_seconds", Help: "How long single statements took.", Buckets: queryBuckets}),
		writes:     prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lotse_db_write_seconds", Help: "How long writes took, from asking to the commit.", Buckets: pageBuckets}),
		writeWait:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lotse_db_write_wait_seconds", Help: "How long writes waited for their turn (SQLite) or a connection (PostgreSQL).", Buckets: pageBuckets}),
		served:     counter("lotse_public_pages_total", "Public pages served, from memory (hit) or made (miss).", "cache"),
	}
	r.MustRegister(f.accepted, f.envelopes, f.deliveries, f.cases, f.checks, f.jobs, f.jobTime, f.queries, f.writes, f.writeWait, f.served,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f.http = newHTTPFigures(r)
	for _, s := range envelopeStates {
		f.envelopes.WithLabelValues(s)
	}
	for _, s := range []outbox.State{outbox.Sent, outbox.Failed, outbox.Unsure, outbox.Queued} {
		f.deliveries.WithLabelValues(s.String())
	}
	for _, verdict := range verdictNames {
		for _, check := range []string{"spf", "dkim", "dmarc", "arc"} {
			f.checks.WithLabelValues(check, verdict)
		}
	}
	for _, cache := range []string{"hit", "miss"} {
		f.served.WithLabelValues(cache)
	}
	return f
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

func (f *figures) settled(s intake.State)   { f.envelopes.WithLabelValues(envelopeStates[s]).Inc() }
func (f *figures) delivered(s outbox.State) { f.deliveries.WithLabelValues(s.String()).Inc() }

// verdictNames are those of RFC 8601 §2.7.
var verdictNames = map[intake.Verdict]string{
	intake.Pass: "pass", intake.Fail: "fail", intake.Neutral: "neutral", intake.Missing: "none", intake.TempError: "temperror", intake.PermError: "permerror",
}

// checked counts what the checks of a mail said; what was not checked is none.
func (f *figures) checked(t intake.Trust) {
	for check, verdict := range map[string]intake.Verdict{"spf": t.SPF, "dkim": t.DKIM, "dmarc": t.DMARC, "arc": t.ARC} {
		if verdict != intake.Unchecked {
			f.checks.WithLabelValues(check, verdictNames[verdict]).Inc()
		}
	}
	if t.Scan != "" {
		f.checks.WithLabelValues("virus", t.Scan).Inc()
	}
}

func (f *figures) worked(kind, outcome string, took time.Duration) {
	f.jobs.WithLabelValues(kind, outcome).Inc()
	f.jobTime.WithLabelValues(kind).Observe(took.Seconds())
}

func (f *figures) publicPage(kept bool) {
	if kept {
		f.served.WithLabelValues("hit").Inc()
		return
	}
	f.served.WithLabelValues("miss").Inc()
}

// opened is a hook of the desk that counts cases once they are committed.
func (f *figures) opened(_ context.Context, tx *db.Tx, changes []desk.Change) error {
	for _, c := range changes {
		if c.Kind == desk.CaseOpened {
			tx.AfterCommit(f.cases.WithLabelValues(c.Case.Channel).Inc)
		}
	}
	return nil
}

// watch is what the database tells.
func (f *figures) watch() db.Watch {
	return db.Watch{
		Query: func(took time.Duration) { f.queries.Observe(took.Seconds()) },
		Write: func(wait, took time.Duration) {
			f.writeWait.Observe(wait.Seconds())
			f.writes.Observe(took.Seconds())
		},
	}
}

// begin makes the figures of what the desk knows appear before the first of it
// happens: a counter that is not there can't be told from one that is 0.
func (f *figures) begin(kinds, channels []string) {
	for _, kind := range kinds {
		f.jobTime.WithLabelValues(kind)
		for _, outcome := range queue.Outcomes() {
			f.jobs.WithLabelValues(kind, outcome)
		}
	}
	for _, channel := range channels {
		f.cases.WithLabelValues(channel)
	}
}
