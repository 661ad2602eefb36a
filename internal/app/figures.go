package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"lotse/internal/intake"
	"lotse/internal/outbox"
)

// figures are what the desk tells a monitoring system. Names begin with lotse_.
type figures struct {
	registry   *prometheus.Registry
	accepted   prometheus.Counter
	envelopes  *prometheus.CounterVec
	deliveries *prometheus.CounterVec
}

var envelopeStates = map[intake.State]string{intake.Done: "done", intake.Duplicate: "duplicate", intake.Look: "look"}

func newFigures(r *prometheus.Registry) *figures {
	f := &figures{
		registry:   r,
		accepted:   prometheus.NewCounter(prometheus.CounterOpts{Name: "lotse_arrivals_accepted_total", Help: "Arrivals acknowledged to their sender after they were on disk."}),
		envelopes:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lotse_envelopes_settled_total", Help: "Envelopes brought to an end, by outcome."}, []string{"state"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lotse_deliveries_total", Help: "Attempts to deliver, by outcome; queued means a later attempt."}, []string{"state"}),
	}
	r.MustRegister(f.accepted, f.envelopes, f.deliveries, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, s := range envelopeStates {
		f.envelopes.WithLabelValues(s)
	}
	for _, s := range []outbox.State{outbox.Sent, outbox.Failed, outbox.Unsure, outbox.Queued} {
		f.deliveries.WithLabelValues(s.String())
	}
	return f
}

func (f *figures) settled(s intake.State)   { f.envelopes.WithLabelValues(envelopeStates[s]).Inc() }
func (f *figures) delivered(s outbox.State) { f.deliveries.WithLabelValues(s.String()).Inc() }

// backlog adds what is counted in the database when somebody asks. Each is a
// partial index as long as the backlog itself.
func (f *figures) backlog(in *intake.Intake, out *outbox.Outbox) {
	f.registry.MustRegister(&backlog{
		intake: in, outbox: out,
		waiting: prometheus.NewDesc("lotse_envelopes_waiting", "Envelopes accepted but not yet brought to a case.", nil, nil),
		look:    prometheus.NewDesc("lotse_envelopes_look", "Envelopes that need a look by a person.", nil, nil),
		pending: prometheus.NewDesc("lotse_deliveries_pending", "Deliveries waiting to be sent.", nil, nil),
	})
}

type backlog struct {
	intake                 *intake.Intake
	outbox                 *outbox.Outbox
	waiting, look, pending *prometheus.Desc
}

// Describe names the figures.
func (b *backlog) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.waiting, b.look, b.pending} {
		ch <- d
	}
}

// Collect counts. While the database is away the figures are absent: a zero
// would be a lie.
func (b *backlog) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if waiting, look, err := b.intake.Backlog(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(b.waiting, prometheus.GaugeValue, float64(waiting))
		ch <- prometheus.MustNewConstMetric(b.look, prometheus.GaugeValue, float64(look))
	}
	if pending, err := b.outbox.Pending(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(b.pending, prometheus.GaugeValue, float64(pending))
	}
}
