package email

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// readDate returns the sender's date, zero if it is missing, unreadable or
// outside of 1980 to 2100.
func readDate(h header, w *warnings) time.Time {
	v := strings.TrimSpace(decodeWords(h.get("date")))
	if v == "" {
		return time.Time{}
	}
	if len(v) <= 128 {
		if d, ok := parseDate(v); ok && d.Year() >= 1980 && d.Year() < 2100 {
			return d.UTC()
		}
	}
	w.add(warnDate)
	return time.Time{}
}

// parseDate reads a date of RFC 5322 §3.3, or what mailers write in its place.
func parseDate(v string) (time.Time, bool) {
	if d, err := mail.ParseDate(v); err == nil {
		name, known := d.Zone() // of zones it does not know it makes up one at UTC
		if hours := zoneHours[name]; known == 0 && hours != 0 {
			d = d.Add(-time.Duration(hours) * time.Hour)
		}
		return d, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if d, err := time.Parse(layout, v); err == nil {
			return d, true
		}
	}
	return looseDate(v)
}

// dateParts are a day, a month by its name, a year and a time in this order, or
// with the month first as C's asctime has it; anything may stand between.
var (
	dayFirst   = regexp.MustCompile(`(?i)\b(\d{1,2})[ \-./]+([a-z]{3})[a-z]*[ \-.,/]+(\d{2,4})\b`)
	monthFirst = regexp.MustCompile(`(?i)\b([a-z]{3})[a-z]* +(\d{1,2}),?(?: .*?)? (\d{4})\b`)
	clockTime  = regexp.MustCompile(`(?i)\b(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d+)?(?: *([ap])m\b)?`)
	zoneOffset = regexp.MustCompile(`([+-])(\d{1,2}):?(\d{2})\b`)
	zoneName   = regexp.MustCompile(`\b(UTC|UT|GMT|Z|[A-Z]{3,4})\b`)
)

// zoneHours are the offsets of zone names beyond those of RFC 5322 §4.3.
var zoneHours = map[string]int{"UTC": 0, "UT": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11}

// looseDate finds day, time and zone wherever they stand. Without a zone it is
// UTC, without a time there is no date: a day alone says too little.
func looseDate(v string) (time.Time, bool) {
	day, month, year, ok := dayOf(v)
	clock := clockTime.FindStringSubmatchIndex(v)
	if !ok || clock == nil {
		return time.Time{}, false
	}
	group := func(i int) string {
		if clock[2*i] < 0 {
			return ""
		}
		return v[clock[2*i]:clock[2*i+1]]
	}
	hour, minute, second := atoi(group(1)), atoi(group(2)), atoi(group(3))
	switch half := strings.ToLower(group(4)); {
	case half == "p" && hour < 12:
		hour += 12
	case half == "a" && hour == 12:
		hour = 0
	}
	if hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	d := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if d.Day() != day {
		return time.Time{}, false
	}
	return d.Add(-offset(v[clock[1]:])), true
}

func dayOf(v string) (day int, month time.Month, year int, ok bool) {
	if m := dayFirst.FindStringSubmatch(v); m != nil {
		day, year = atoi(m[1]), atoi(m[3])
		month = monthOf(m[2])
	}
	if month == 0 {
		m := monthFirst.FindStringSubmatch(v)
		if m == nil {
			return 0, 0, 0, false
		}
		month, day, year = monthOf(m[1]), atoi(m[2]), atoi(m[3])
	}
	switch {
	case year < 50: // RFC 5322 §4.3
		year += 2000
	case year < 1000:
		year += 1900
	}
	return day, month, year, month > 0 && day > 0
}

// monthOf returns the month of an English name, 0 for another.
func monthOf(name string) time.Month {
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(name))
	if i < 0 || i%3 != 0 {
		return 0
	}
	return time.Month(i/3 + 1)
}

// offset reads the zone behind a time.
func offset(s string) time.Duration {
	if m := zoneOffset.FindStringSubmatch(s); m != nil {
		d := time.Duration(atoi(m[2]))*time.Hour + time.Duration(atoi(m[3]))*time.Minute
		if m[1] == "-" {
			d = -d
		}
		return d
	}
	if m := zoneName.FindStringSubmatch(s); m != nil {
		return time.Duration(zoneHours[m[1]]) * time.Hour
	}
	return 0
}

// atoi is for digits a pattern found.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
