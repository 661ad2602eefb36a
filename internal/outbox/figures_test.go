package outbox

import (
	"testing"
	"time"

	"lotse/internal/intake"
	"lotse/internal/platform/clock"
)

func TestAStepIsCountedOnce(t *testing.T) {
	at := clock.At(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	queued := deliveryRow{State: Queued, CreatedAt: at, NextAt: at.Add(10 * time.Second)}
	with := func(r deliveryRow, set func(*deliveryRow)) deliveryRow { set(&r); return r }
	again := with(queued, func(r *deliveryRow) { r.Attempts = 1; r.NextAt = at.Add(time.Minute) })
	sent := with(queued, func(r *deliveryRow) { r.State, r.SentAt, r.Attempts = Sent, at.Add(12*time.Second), 1 })
	for name, c := range map[string]struct {
		before, after deliveryRow
		want          figureRow
	}{
		"sent at once; the time to undo is no waiting": {queued, sent, figureRow{Sent: 1, Wait0: 1}},
		"sent at the second attempt":                   {again, with(again, func(r *deliveryRow) { r.State, r.SentAt = Sent, at.Add(65*time.Second) }), figureRow{Sent: 1, Later: 1, Wait4: 1}},
		"sent after days":                              {again, with(again, func(r *deliveryRow) { r.State, r.SentAt = Sent, at.Add(50*time.Hour) }), figureRow{Sent: 1, Later: 1, Wait9: 1}},
		"its relay rested": {with(queued, func(r *deliveryRow) { r.Reason, r.NextAt = Resting, at.Add(40*time.Minute) }),
			with(queued, func(r *deliveryRow) { r.State, r.SentAt, r.Attempts = Sent, at.Add(40*time.Minute), 1 }), figureRow{Sent: 1, Wait6: 1}},
		"its job was late": {with(queued, func(r *deliveryRow) { r.NextAt = at.Add(20 * time.Minute) }),
			with(queued, func(r *deliveryRow) { r.State, r.SentAt, r.Attempts = Sent, at.Add(20*time.Minute), 1 }), figureRow{Sent: 1, Wait6: 1}},
		"put off":     {queued, again, figureRow{}},
		"refused":     {queued, with(queued, func(r *deliveryRow) { r.State = Failed }), figureRow{Failed: 1}},
		"uncertain":   {queued, with(queued, func(r *deliveryRow) { r.State = Unsure }), figureRow{Unsure: 1}},
		"interrupted": {with(queued, func(r *deliveryRow) { r.State = Sending }), with(queued, func(r *deliveryRow) { r.State = Unsure }), figureRow{Unsure: 1}},
		"came back":   {sent, with(sent, func(r *deliveryRow) { r.State, r.Reported = Failed, intake.Undelivered }), figureRow{Returned: 1}},
		"came back twice": {with(sent, func(r *deliveryRow) { r.State, r.Reported = Failed, intake.Undelivered }),
			with(sent, func(r *deliveryRow) { r.State, r.Reported = Failed, intake.Undelivered }), figureRow{}},
		"called spam":         {sent, with(sent, func(r *deliveryRow) { r.Reported = intake.Complaint }), figureRow{Complained: 1}},
		"late, says a report": {sent, with(sent, func(r *deliveryRow) { r.Reported = intake.Delayed }), figureRow{}},
		"taken back":          {queued, with(queued, func(r *deliveryRow) { r.State = Cancelled }), figureRow{}},
	} {
		var got figureRow
		is := got.count(step{c.before, c.after})
		if got != c.want || is != (c.want != figureRow{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestQuantile(t *testing.T) {
	for name, c := range map[string]struct {
		waits        [waitBuckets]int64
		median, slow time.Duration
	}{
		"none":         {},
		"one":          {[waitBuckets]int64{1}, 5 * time.Second, 5 * time.Second},
		"spread":       {[waitBuckets]int64{100}, 2500 * time.Millisecond, 4750 * time.Millisecond},
		"two groups":   {[waitBuckets]int64{0: 90, 6: 10}, 2777777777, 37*time.Minute + 30*time.Second},
		"never faster": {[waitBuckets]int64{9: 4}, 36 * time.Hour, 48 * time.Hour},
	} {
		if median, slow := quantile(c.waits, 50), quantile(c.waits, 95); median != c.median || slow != c.slow {
			t.Errorf("%s: %v and %v", name, median, slow)
		}
	}
}
