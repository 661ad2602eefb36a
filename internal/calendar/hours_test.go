package calendar

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// berlin reads a time on a clock in Berlin.
func berlin(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func compile(t *testing.T, c Calendar) *Hours {
	t.Helper()
	h, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAdd(t *testing.T) {
	office := compile(t, Default("DE-BW"))
	cases := []struct {
		name, from string
		working    time.Duration
		want       string
	}{
		{"within the day", "2026-11-23 09:00", 4 * time.Hour, "2026-11-23 13:00"},
		{"to closing time", "2026-11-23 09:00", 8 * time.Hour, "2026-11-23 17:00"},
		{"over night", "2026-11-23 16:00", 2 * time.Hour, "2026-11-24 09:00"},
		{"before opening", "2026-11-23 05:00", time.Hour, "2026-11-23 09:00"},
		{"at closing time", "2026-11-23 17:00", time.Minute, "2026-11-24 08:01"},
		{"Saturday night", "2026-11-21 23:00", 8 * time.Hour, "2026-11-23 16:00"},
		{"over a weekend", "2026-11-20 16:30", time.Hour, "2026-11-23 08:30"},
		{"over Easter", "2026-04-02 16:00", 2 * time.Hour, "2026-04-07 09:00"},
		{"over Christmas", "2026-12-24 16:00", 2 * time.Hour, "2026-12-28 09:00"},
		{"over New Year and Epiphany", "2026-12-31 16:00", 20 * time.Hour, "2027-01-07 09:00"},
		{"a week of work", "2026-11-23 08:00", 45 * time.Hour, "2026-11-27 17:00"},
		{"over summer time", "2026-03-27 16:00", 2 * time.Hour, "2026-03-30 09:00"},
		{"over winter time", "2026-10-23 16:00", 2 * time.Hour, "2026-10-26 09:00"},
		{"nothing", "2026-11-21 23:00", 0, "2026-11-21 23:00"},
		{"less than nothing", "2026-11-21 23:00", -time.Hour, "2026-11-21 23:00"},
	}
	for _, c := range cases {
		got, ok := office.Add(berlin(t, c.from), c.working)
		if want := berlin(t, c.want); !ok || !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", c.name, got.In(want.Location()), want)
		}
		if got.Location() != time.UTC {
			t.Errorf("%s: not in UTC: %v", c.name, got)
		}
	}
}

func TestEasterWeek(t *testing.T) {
	h := compile(t, Default("DE"))
	// Monday to Thursday before Easter are four days, Tuesday to Friday after it too.
	if got := h.Between(berlin(t, "2026-03-30 00:00"), berlin(t, "2026-04-11 00:00")); got != 8*9*time.Hour {
		t.Errorf("working time of the two weeks: %v", got)
	}
	without := compile(t, Default(""))
	if got := without.Between(berlin(t, "2026-03-30 00:00"), berlin(t, "2026-04-11 00:00")); got != 10*9*time.Hour {
		t.Errorf("without holidays: %v", got)
	}
}

func TestNextOpen(t *testing.T) {
	h := compile(t, Default("DE-BW"))
	for from, want := range map[string]string{
		"2026-11-23 09:30": "2026-11-23 09:30",
		"2026-11-23 08:00": "2026-11-23 08:00",
		"2026-11-23 07:59": "2026-11-23 08:00",
		"2026-11-23 17:00": "2026-11-24 08:00",
		"2026-11-21 23:00": "2026-11-23 08:00",
		"2026-12-24 17:00": "2026-12-28 08:00",
	} {
		if got, ok := h.NextOpen(berlin(t, from)); !ok || !got.Equal(berlin(t, want)) {
			t.Errorf("after %s: got %v, want %s", from, got, want)
		}
	}
}

func TestBetween(t *testing.T) {
	h := compile(t, Default("DE-BW"))
	a, b := berlin(t, "2026-11-20 16:00"), berlin(t, "2026-11-23 09:30")
	if got := h.Between(a, b); got != 150*time.Minute {
		t.Errorf("got %v", got)
	}
	if got := h.Between(b, a); got != -150*time.Minute {
		t.Errorf("backwards: got %v", got)
	}
	if got := h.Between(a, a); got != 0 {
		t.Errorf("nothing: got %v", got)
	}
	year := h.Between(berlin(t, "2026-01-01 00:00"), berlin(t, "2027-01-01 00:00"))
	if want := 252 * 9 * time.Hour; year != want { // 261 weekdays less 9 holidays on them
		t.Errorf("2026 has %v, want %v", year, want)
	}
}

func TestClockChanges(t *testing.T) {
	day := func(spans ...Span) Calendar {
		c := Calendar{Zone: "Europe/Berlin"}
		c.Week[time.Sunday] = spans
		return c
	}
	const spring, autumn = "2026-03-29", "2026-10-25" // 2:00 → 3:00 and 3:00 → 2:00
	cases := []struct {
		name, date string
		spans      []Span
		want       time.Duration
	}{
		{"short day", spring, []Span{{0, 1440}}, 23 * time.Hour},
		{"long day", autumn, []Span{{0, 1440}}, 25 * time.Hour},
		{"office in spring", spring, []Span{{480, 1020}}, 9 * time.Hour},
		{"office in autumn", autumn, []Span{{480, 1020}}, 9 * time.Hour},
		{"night in spring", spring, []Span{{60, 300}}, 3 * time.Hour},
		{"night in autumn", autumn, []Span{{60, 300}}, 5 * time.Hour},
		{"only the hour that is skipped", spring, []Span{{120, 180}}, 0},
		{"from the hour that is skipped", spring, []Span{{150, 240}}, time.Hour},
		{"to the hour that is skipped", spring, []Span{{60, 150}}, time.Hour},
		{"meeting in it", spring, []Span{{60, 150}, {150, 240}}, 2 * time.Hour},
		{"meeting in the hour that is twice", autumn, []Span{{60, 150}, {150, 240}}, 4 * time.Hour},
		{"to the hour that is twice", autumn, []Span{{60, 150}}, 90 * time.Minute},
	}
	for _, c := range cases {
		h := compile(t, day(c.spans...))
		from := berlin(t, c.date+" 00:00")
		if got := h.Between(from, from.Add(30*time.Hour)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	h := compile(t, day(Span{0, 1440}))
	end, ok := h.Add(berlin(t, spring+" 01:30"), time.Hour)
	if want := berlin(t, spring+" 03:30"); !ok || !end.Equal(want) {
		t.Errorf("an hour after 1:30 in spring is %v", end)
	}
}

func TestClocksSetBackAtMidnight(t *testing.T) {
	// Until 2011 St. John's set its clocks back at 0:01, to 23:01 of the day before.
	h := compile(t, always("America/St_Johns"))
	at := time.Date(2010, 11, 6, 0, 0, 0, 0, time.UTC)
	for range 72 * 60 {
		if !h.Open(at) {
			t.Fatalf("closed at %v", at.In(h.Zone()))
		}
		at = at.Add(time.Minute)
	}
}

func TestAroundTheClock(t *testing.T) {
	h := compile(t, always("Europe/Berlin"))
	from := time.Date(2026, 3, 1, 7, 13, 5, 9, time.UTC)
	for _, d := range []time.Duration{1, time.Hour, 1000 * time.Hour, 2 * 365 * 24 * time.Hour} {
		if got, ok := h.Add(from, d); !ok || !got.Equal(from.Add(d)) {
			t.Errorf("%v later is %v", d, got)
		}
		if got := h.Between(from, from.Add(d)); got != d {
			t.Errorf("between is %v, want %v", got, d)
		}
	}
}

func TestNeverOpen(t *testing.T) {
	h := compile(t, Calendar{Zone: "Europe/Berlin"})
	at := berlin(t, "2026-11-23 12:00")
	if got, ok := h.Add(at, 1); ok || !got.IsZero() {
		t.Errorf("Add: %v, %v", got, ok)
	}
	if got, ok := h.NextOpen(at); ok || !got.IsZero() {
		t.Errorf("NextOpen: %v, %v", got, ok)
	}
	if h.Open(at) || h.Between(at, at.AddDate(1, 0, 0)) != 0 {
		t.Error("it opened")
	}
	office := compile(t, Default(""))
	if _, ok := office.Add(at, 3*365*9*time.Hour); ok {
		t.Error("more working time than two years hold")
	}
}

// TestAddAndBetweenAgree checks for random calendars, moments and durations that
// the time between a moment and its sum is what was added, that the sum is not
// later than it needs to be, and that working time adds up.
func TestAddAndBetweenAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(2026, 11))
	zones := []string{"Europe/Berlin", "UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"}
	for range 150 {
		c := randomCalendar(r, zones[r.IntN(len(zones))])
		h := compile(t, c)
		for range 40 {
			from := time.Unix(1_300_000_000+r.Int64N(600_000_000), r.Int64N(1e9))
			d := time.Duration(r.Int64N(int64(300 * time.Hour)))
			end, ok := h.Add(from, d)
			if !ok {
				t.Fatalf("no end for %v after %v in %+v", d, from, c)
			}
			if got := h.Between(from, end); got != d {
				t.Fatalf("between %v and %v: %v, want %v in %+v", from, end, got, d, c)
			}
			if got := h.Between(from, end.Add(-1)); d > 0 && got != d-1 {
				t.Fatalf("a nanosecond less than %v is %v in %+v", d, got, c)
			}
			middle := from.Add(end.Sub(from) / 3)
			if h.Between(from, middle)+h.Between(middle, end) != d {
				t.Fatalf("parts of %v to %v do not add up in %+v", from, end, c)
			}
			if next, ok := h.NextOpen(from); !ok || !h.Open(next) || h.Between(from, next) != 0 {
				t.Fatalf("next opening after %v is %v in %+v", from, next, c)
			}
		}
	}
}

func randomCalendar(r *rand.Rand, zone string) Calendar {
	c := Calendar{Zone: zone, Region: Regions()[r.IntN(len(Regions()))]}
	c.Week[r.IntN(7)] = []Span{{r.IntN(700), 701 + r.IntN(740)}} // at least one opening
	for day := range c.Week {
		if c.Week[day] != nil {
			continue
		}
		for minute := r.IntN(1400); minute < 1300; minute += 150 + r.IntN(300) {
			c.Week[day] = append(c.Week[day], Span{minute, minute + 1 + r.IntN(140)})
		}
	}
	if r.IntN(4) == 0 {
		c.Week[r.IntN(7)] = []Span{{0, 1440}}
	}
	return c
}

func TestConcurrentUse(t *testing.T) {
	h := compile(t, Default("DE-SN"))
	from := berlin(t, "2026-01-01 12:00")
	want, _ := h.Add(from, 1000*time.Hour)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got, _ := h.Add(from, 1000*time.Hour); !got.Equal(want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkAddWeek(b *testing.B) {
	h, err := Compile(Default("DE-BW"))
	if err != nil {
		b.Fatal(err)
	}
	from := time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)
	for b.Loop() {
		h.Add(from, 45*time.Hour)
	}
}
