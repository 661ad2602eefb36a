package admin

import (
	"testing"
	"time"

	"lotse/internal/calendar"
	"lotse/internal/platform/i18n"
)

func TestParseClock(t *testing.T) {
	for typed, want := range map[string]int{
		"8": 480, "08": 480, "8:30": 510, " 8.30 ": 510, "830": 510, "0830": 510, "24": 1440, "24:00": 1440, "2400": 1440, "0": 0, "0:00": 0, "17:00 Uhr": 1020, "17 uhr": 1020,
		"": -1, "25": -1, "24:01": -1, "8:60": -1, "8:5": -1, "8:": -1, ":30": -1, "8:30:00": -1, "-8": -1, "8 30": -1, "acht": -1, "8:３0": -1, "00830": -1, "8,5": -1,
	} {
		got, ok := parseClock(typed)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d, want %d", typed, got, want)
		}
	}
}

func TestParseWithin(t *testing.T) {
	for typed, want := range map[string]time.Duration{
		"8": 8 * time.Hour, " 0:30 ": 30 * time.Minute, "1,5": 90 * time.Minute, "1.25": 75 * time.Minute, "0,01": time.Minute, "8.": 8 * time.Hour, "120:00": 120 * time.Hour, "0": 0,
		"": -1, "bald": -1, "-1": -1, "1:5": -1, "1:60": -1, "1e3": -1, "1,2,3": -1, "99999": -1, "0x8": -1, "NaN": -1, ",5": -1,
	} {
		got, ok := parseWithin(typed)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %v, want %v", typed, got, want)
		}
	}
}

func TestReadDays(t *testing.T) {
	days, err := readDays(" 31.12.2026\r\n\r\n24.12.2026;2026-12-24, 1.1.2027 ")
	if err != nil || len(days) != 3 || days[0].String() != "2026-12-24" || days[2].String() != "2027-01-01" {
		t.Errorf("days %v, %v", days, err)
	}
	for _, wrong := range []string{"24.13.2026", "29.2.2027", "24.12.26", "24/12/2026", "Heiligabend", "24.12.2026 x"} {
		if days, err := readDays(wrong); err == nil {
			t.Errorf("%q is %v", wrong, days)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for minutes := range calendar.DayMinutes + 1 {
		if got, ok := parseClock(clockText(minutes)); !ok || got != minutes {
			t.Fatalf("%s is %d", clockText(minutes), got)
		}
	}
	for minutes := 1; minutes < 60*24*60; minutes += 7 {
		within := time.Duration(minutes) * time.Minute
		if got, ok := parseWithin(withinText(within)); !ok || got != within {
			t.Fatalf("%s is %v, want %v", withinText(within), got, within)
		}
	}
	for _, l := range i18n.Locales() {
		ctx := i18n.With(t.Context(), i18n.For(l))
		for _, d := range []calendar.Date{{Year: 2026, Month: 1, Day: 2}, {Year: 1, Month: 12, Day: 31}, {Year: 9999, Month: 10, Day: 10}} {
			if got, ok := parseDay(dayText(ctx, d)); !ok || got != d {
				t.Errorf("%s is %v", dayText(ctx, d), got)
			}
		}
	}
}

func TestHoursText(t *testing.T) {
	ctx := i18n.With(t.Context(), i18n.For(i18n.German))
	day, short := []calendar.Span{{From: 480, To: 1020}}, []calendar.Span{{From: 480, To: 720}, {From: 780, To: 1440}}
	for want, week := range map[string]calendar.Week{
		"nie geöffnet":     {},
		"Mo–Fr 8:00–17:00": calendar.Default("").Week,
		"Mo–So 8:00–17:00": {day, day, day, day, day, day, day},
		"Mo 8:00–17:00, So 8:00–12:00 + 13:00–24:00": {0: short, 1: day},
	} {
		if got := hoursText(ctx, week); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzHours(f *testing.F) {
	for _, s := range []string{"8:30", "24:00", "0830", "1,5", "24.12.2026", "2026-12-24\n1.1.2027", "17 Uhr", "\x00", "٣:٣٠", ":", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if m, ok := parseClock(s); ok && (m < 0 || m > calendar.DayMinutes) {
			t.Errorf("parseClock(%q) = %d", s, m)
		}
		if d, ok := parseWithin(s); ok && (d < 0 || d%time.Minute != 0) {
			t.Errorf("parseWithin(%q) = %v", s, d)
		}
		days, err := readDays(s)
		for i, d := range days {
			if err != nil || !d.Valid() || i > 0 && days[i-1].Compare(d) >= 0 {
				t.Errorf("readDays(%q) = %v, %v", s, days, err)
			}
		}
	})
}
