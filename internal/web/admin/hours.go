package admin

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/calendar"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/markup"
	"lotse/internal/web/form"
)

// This file reads working hours as people type them, and writes them as people
// read them. A day has two openings at most on the page: "8:00 to 12:00, 13:00 to
// 17:00".

// spansPerDay is how many openings of a day the page shows.
const spansPerDay = 2

// weekdays are the days of the week in the order of the page.
var weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// spanNames are the controls of a day's opening, from 0. The very first is named
// as the domain names the day in its errors.
func spanNames(day time.Weekday, i int) (from, to string) {
	name := "week." + strconv.Itoa(int(day))
	if i == 0 {
		return name, name + ".to"
	}
	n := strconv.Itoa(i + 1)
	return name + ".from" + n, name + ".to" + n
}

// readWeek reads the openings of all days.
func readWeek(f form.Form) (calendar.Week, []error) {
	var week calendar.Week
	var faults []error
	for _, day := range weekdays {
		for i := range spansPerDay {
			nameFrom, nameTo := spanNames(day, i)
			typedFrom, typedTo := strings.TrimSpace(f.Get(nameFrom)), strings.TrimSpace(f.Get(nameTo))
			if typedFrom == "" && typedTo == "" {
				continue
			}
			from, ok := parseClock(typedFrom)
			to, okTo := parseClock(typedTo)
			if !ok || !okTo {
				name, _ := spanNames(day, 0)
				faults = append(faults, errs.Field(name, "admin.team.hours_wrong"))
				break
			}
			week[day] = append(week[day], calendar.Span{From: from, To: to})
		}
	}
	return week, faults
}

// writeWeek fills the controls of the week.
func writeWeek(f form.Form, week calendar.Week) {
	for _, day := range weekdays {
		for i, s := range week[day] {
			from, to := spanNames(day, i)
			f.Typed.Set(from, clockText(s.From))
			f.Typed.Set(to, clockText(s.To))
		}
	}
}

// parseClock reads a time of day: "8", "8:30", "8.30", "0830", "24:00".
func parseClock(s string) (minutes int, ok bool) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "uhr"))
	hour, minute, split := strings.Cut(strings.ReplaceAll(s, ".", ":"), ":")
	if !split && len(s) > 2 {
		hour, minute = s[:len(s)-2], s[len(s)-2:]
	} else if !split {
		minute = "00"
	}
	h, okHour := digits(hour, 1, 2)
	m, okMinute := digits(minute, 2, 2)
	minutes = h*60 + m
	return minutes, okHour && okMinute && m < 60 && minutes <= calendar.DayMinutes
}

// digits reads a number of least to most digits.
func digits(s string, least, most int) (int, bool) {
	if len(s) < least || len(s) > most || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// clockText writes a time of day: "8:30".
func clockText(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) }

// parseWithin reads a duration in hours: "8", "1,5", "0:30".
func parseWithin(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if hour, minute, split := strings.Cut(s, ":"); split {
		h, ok := digits(hour, 1, 4)
		m, okMinute := digits(minute, 2, 2)
		return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, ok && okMinute && m < 60
	}
	whole, part, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	if _, ok := digits(whole, 1, 4); !ok || strings.Trim(part, "0123456789") != "" || len(part) > 4 {
		return 0, false
	}
	hours, err := strconv.ParseFloat(whole+"."+part+"0", 64)
	return time.Duration(math.Round(hours*60)) * time.Minute, err == nil
}

// withinText writes a duration as parseWithin reads it: "8", "0:30".
func withinText(d time.Duration) string {
	if minutes := int(d / time.Minute); minutes%60 != 0 {
		return clockText(minutes)
	}
	return strconv.Itoa(int(d / time.Hour))
}

// readDays reads days, one in a line or behind a comma, in their order and each
// once.
func readDays(typed string) ([]calendar.Date, error) {
	var days []calendar.Date
	for _, line := range strings.FieldsFunc(typed, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' }) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		day, ok := parseDay(line)
		if !ok {
			return nil, errs.Field("closed", "admin.team.closed_wrong", "Line", markup.CleanLine(line, 40))
		}
		days = append(days, day)
	}
	slices.SortFunc(days, calendar.Date.Compare)
	return slices.Compact(days), nil
}

// parseDay reads a day: "24.12.2026" or "2026-12-24".
func parseDay(s string) (calendar.Date, bool) {
	for _, layout := range []string{time.DateOnly, "2.1.2006"} {
		if at, err := time.Parse(layout, s); err == nil {
			return calendar.DateOf(at), true
		}
	}
	return calendar.Date{}, false
}

// dayText writes a day as readers of the language do and parseDay reads it.
func dayText(ctx context.Context, d calendar.Date) string {
	if i18n.From(ctx).Locale() == i18n.German {
		return fmt.Sprintf("%d.%d.%04d", d.Day, int(d.Month), d.Year)
	}
	return d.String()
}

// hoursText sums a week up: "Mo–Fr 8:00–17:00, Sa 9:00–12:00".
func hoursText(ctx context.Context, week calendar.Week) string {
	var parts []string
	for i := 0; i < len(weekdays); {
		spans := week[weekdays[i]]
		last := i
		for last+1 < len(weekdays) && slices.Equal(week[weekdays[last+1]], spans) {
			last++
		}
		if len(spans) > 0 {
			parts = append(parts, daysText(ctx, i, last)+" "+spansText(spans))
		}
		i = last + 1
	}
	if len(parts) == 0 {
		return t(ctx, "admin.team.never")
	}
	return strings.Join(parts, ", ")
}

func daysText(ctx context.Context, first, last int) string {
	name := func(i int) string { return t(ctx, "admin.day."+strconv.Itoa(int(weekdays[i]))) }
	if first == last {
		return name(first)
	}
	return name(first) + "–" + name(last)
}

func spansText(spans []calendar.Span) string {
	var parts []string
	for _, s := range spans {
		parts = append(parts, clockText(s.From)+"–"+clockText(s.To))
	}
	return strings.Join(parts, " + ")
}
