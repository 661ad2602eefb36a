package i18n

import (
	"strconv"
	"strings"
	"time"
)

// names are the words for days and months, looked up once per language.
type names struct {
	weekdays    [7]string
	months      [13]string // January is 1
	shortMonths [13]string
}

func (p *Printer) loadNames() *names {
	n := &names{}
	for i := range n.weekdays {
		n.weekdays[i] = p.T("time.weekday." + strconv.Itoa(i))
	}
	for i := 1; i < len(n.months); i++ {
		n.months[i] = p.T("time.month." + strconv.Itoa(i))
		n.shortMonths[i] = p.T("time.month_short." + strconv.Itoa(i))
	}
	return n
}

// Date returns the day: "23.11.2026", "23 Nov 2026". The zero time prints as "".
func (p *Printer) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	if p.locale == German {
		return t.Format("02.01.2006")
	}
	return strconv.Itoa(t.Day()) + " " + p.names.shortMonths[t.Month()] + " " + strconv.Itoa(t.Year())
}

// Clock returns the time of day: "12:00". The zero time prints as "".
func (p *Printer) Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.zone).Format("15:04")
}

// DateTime returns day and time: "23.11.2026, 12:00", "23 Nov 2026, 12:00".
func (p *Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.Date(t) + ", " + p.Clock(t)
}

// Weekday returns the name of the day: "Montag", "Monday".
func (p *Printer) Weekday(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.names.weekdays[t.In(p.zone).Weekday()]
}

// LongDateTime spells a moment out, as promises to customers are written:
// "Montag, 23. November 2026, 12:00 Uhr", "Monday, 23 November 2026, 12:00".
func (p *Printer) LongDateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	return p.T("time.long",
		"Weekday", p.names.weekdays[t.Weekday()],
		"Day", t.Day(),
		"Month", p.names.months[t.Month()],
		"Year", t.Year(),
		"Clock", p.Clock(t))
}

// relativeLimit is how far away a moment may be to be told in days; beyond it a
// date says more.
const relativeLimit = 30 * 24 * time.Hour

// Relative says how long ago t was, or how far ahead it is, seen from now:
// "vor 5 Min.", "in 2 Std.", "3 days ago". Less than a minute is "gerade eben"
// or "jetzt gleich"; more than 30 days is a date. Parts are cut, not rounded:
// 119 minutes are one hour.
func (p *Printer) Relative(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	tense := "time.past."
	if d < 0 {
		d, tense = -d, "time.future."
	}
	switch {
	case d > relativeLimit || d < 0: // the lowest duration has no positive
		return p.Date(t)
	case d < time.Minute:
		return p.T(tense + "now")
	case d < time.Hour:
		return p.N(tense+"minutes", int(d/time.Minute))
	case d < 24*time.Hour:
		return p.N(tense+"hours", int(d/time.Hour))
	}
	return p.N(tense+"days", int(d/(24*time.Hour)))
}

// Number returns n with separators for thousands: "1.234.567", "1,234,567".
func (p *Printer) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= 3 {
		return sign + digits
	}
	separator := byte(',')
	if p.locale == German {
		separator = '.'
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(separator)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// Bytes returns a size in decimal units with at most one decimal: "980 B",
// "1,5 MB". Sizes are cut, not rounded, so that a file below a limit never
// reads as one above it.
func (p *Printer) Bytes(n int64) string {
	if n < 0 {
		n = 0
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	unit, div := 0, int64(1000)
	for n/div >= 1000 && unit < len(units)-1 {
		unit++
		div *= 1000
	}
	s := strconv.FormatInt(n/div, 10)
	if tenth := n % div / (div / 10); tenth > 0 && n/div < 100 {
		comma := "."
		if p.locale == German {
			comma = ","
		}
		s += comma + strconv.FormatInt(tenth, 10)
	}
	return s + " " + units[unit]
}
