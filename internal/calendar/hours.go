package calendar

import (
	"fmt"
	"iter"
	"sync"
	"time"
)

// searchDays bounds how far ahead NextOpen and Add look: two years. A calendar
// that has no opening in that time has none that a promise could rest on.
const searchDays = 2 * 366

// Hours answers questions about a calendar. It is safe for concurrent use; keep
// it, since it remembers holidays by year.
//
// Openings are times on the wall clock of the calendar's zone, durations are
// elapsed time: on the day summer time begins a day of 0:00 to 24:00 has 23
// working hours, and 8:00 to 17:00 has nine on any day. A minute the clock
// skips counts as the moment it skips; of a minute it shows twice, openings
// begin and end with the first.
type Hours struct {
	zone   *time.Location
	region string
	week   Week
	closed map[Date]bool
	extra  map[Date][]Span
	years  sync.Map // int → map[Date]string, the names of holidays
}

// Compile validates a calendar and makes it ready for questions.
func Compile(c Calendar) (*Hours, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	zone, err := location(c.Zone)
	if err != nil {
		return nil, fmt.Errorf("loading zone: %w", err)
	}
	h := &Hours{zone: zone, region: c.Region, closed: map[Date]bool{}, extra: map[Date][]Span{}}
	for day, spans := range c.Week {
		h.week[day] = append([]Span(nil), spans...)
	}
	for _, d := range c.Closed {
		h.closed[d] = true
	}
	for _, special := range c.Extra {
		h.extra[special.Date] = append([]Span(nil), special.Spans...)
	}
	return h, nil
}

// Zone returns the zone the calendar's clock hangs in.
func (h *Hours) Zone() *time.Location { return h.zone }

// Holiday returns the German name of the public holiday on a date, if it is one
// in the calendar's region. A holiday may still have opening hours (Extra).
func (h *Hours) Holiday(d Date) (name string, ok bool) {
	name, ok = h.holidays(d.Year)[d]
	return name, ok
}

func (h *Hours) holidays(year int) map[Date]string {
	if known, ok := h.years.Load(year); ok {
		return known.(map[Date]string)
	}
	found := holidaysIn(h.region, year)
	if year >= 1900 && year < 2200 { // a bound for what strange dates may fill
		h.years.Store(year, found)
	}
	return found
}

// Open reports whether t lies within opening hours. The last minute ends before
// the closing time.
func (h *Hours) Open(t time.Time) bool {
	for start, end := range h.openings(h.dayBefore(t), 3) {
		if !t.Before(start) && t.Before(end) {
			return true
		}
	}
	return false
}

// NextOpen returns t if it lies within opening hours, else the next moment that
// does, in UTC. ok is false if there is none within two years.
func (h *Hours) NextOpen(t time.Time) (next time.Time, ok bool) {
	for start, end := range h.openings(h.dayBefore(t), searchDays) {
		if t.Before(end) {
			return later(start, t).UTC(), true
		}
	}
	return time.Time{}, false
}

// Add returns the moment at which the working time after t is used up, in UTC.
// If that is closing time it is closing time, not the next opening. A duration
// of 0 or less returns t. ok is false if two years do not hold so much working
// time, as with a calendar that never opens.
func (h *Hours) Add(t time.Time, working time.Duration) (end time.Time, ok bool) {
	if working <= 0 {
		return t.UTC(), true
	}
	for start, end := range h.openings(h.dayBefore(t), searchDays) {
		start = later(start, t)
		room := end.Sub(start)
		if room <= 0 {
			continue
		}
		if working <= room {
			return start.Add(working).UTC(), true
		}
		working -= room
	}
	return time.Time{}, false
}

// Between returns the working time from a to b, negative if b is before a. It
// takes time in proportion to the days between and holds up to 292 years.
func (h *Hours) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -h.Between(b, a)
	}
	first := h.dayBefore(a)
	days := int(b.Sub(a)/(24*time.Hour)) + 4 // both ends, the day before, one to round
	var sum time.Duration
	for start, end := range h.openings(first, days) {
		if !start.Before(b) {
			break
		}
		if worked := earlier(end, b).Sub(later(start, a)); worked > 0 {
			sum += worked
		}
	}
	return sum
}

// dayBefore returns the day before t on the calendar's wall. Every search begins
// there, because where clocks are set back at midnight the end of one day comes
// after the begin of the next.
func (h *Hours) dayBefore(t time.Time) Date { return DateOf(t.In(h.zone)).AddDays(-1) }

// openings yields the openings of a number of days in order.
func (h *Hours) openings(first Date, days int) iter.Seq2[time.Time, time.Time] {
	return func(yield func(start, end time.Time) bool) {
		for i := range days {
			d := first.AddDays(i)
			for _, s := range h.spans(d) {
				start, end := wall(d, s.From, h.zone), wall(d, s.To, h.zone)
				if start.Before(end) && !yield(start, end) {
					return
				}
			}
		}
	}
}

// spans returns the openings of one day.
func (h *Hours) spans(d Date) []Span {
	if spans, ok := h.extra[d]; ok {
		return spans
	}
	if h.closed[d] {
		return nil
	}
	if _, ok := h.Holiday(d); ok {
		return nil
	}
	return h.week[d.Weekday()]
}

// wall returns the moment a clock in the zone first shows a minute of a day, or
// the moment it skips it. time.Date leaves open which moment that is when the
// clock is changed; openings that meet must not overlap or gape then.
func wall(d Date, minute int, zone *time.Location) time.Time {
	shown := time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, time.UTC)
	before, after := offset(shown.Add(-24*time.Hour), zone), offset(shown.Add(24*time.Hour), zone)
	t := shown.Add(-before)
	if before == after || offset(t, zone) == before {
		return t
	}
	if u := shown.Add(-after); offset(u, zone) == after {
		return u
	}
	skipped, _ := t.In(zone).ZoneBounds()
	return skipped
}

// offset returns how far the zone is ahead of UTC at t.
func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
