package fold

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// dateMatch is a date found in a line of text.
type dateMatch struct {
	at       time.Time
	from, to int // the bytes it takes
}

const (
	maxDate  = 300 // bytes of a line looked through for a date
	sp       = `[\s\p{Z}]`
	yearsAgo = 1970 // mail is younger
)

var (
	yearFirst = regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)` + sp + `?[-/.年년]` + sp + `?(\d{1,2})` + sp + `?[-/.月월]` + sp + `?(\d{1,2})(?:\D|$)`)
	yearLast  = regexp.MustCompile(`(?:^|[^\d.:/])(\d{1,2})` + sp + `?([./-])` + sp + `?(\d{1,2})` + sp + `?[./-]` + sp + `?((?:19|20)\d\d)(?:[^\d:]|$)`)
	yearShort = regexp.MustCompile(`(?:^|[^\d.:/])(\d{1,2})([./-])` + sp + `?(\d{1,2})[./-]` + sp + `?(\d\d)(?:[^\d:.]|$)`)
	numbered  = regexp.MustCompile(`(?i)(\d{1,2})` + sp + `+(?:tháng|thg)` + sp + `+(\d{1,2}),?` + sp + `+(?:năm` + sp + `+)?((?:19|20)\d\d)`)
	aWord     = regexp.MustCompile(`\p{L}[\p{L}\p{M}]*`)
	dayBefore = regexp.MustCompile(`(?:^|[^\d:.])(\d{1,2})(\D{0,6})$`)
	dayAfter  = regexp.MustCompile(`^\D{0,4}(\d{1,2})(?:[^\d:]|$)`)
	aYear     = regexp.MustCompile(`(?:^|[^\d+])((?:19|20)\d\d)(?:\D|$)`)
	shortYear = regexp.MustCompile(`^\D{1,3}(\d\d)(?:[^\d:]|$)`)
	aTime     = regexp.MustCompile(`(?i)(?:^|\p{L}-|[^\d:.+-])(\d{1,2})(?:[:.]|` + sp + `?h` + sp + `?|时|時|시` + sp + `?)(\d\d)(?:[:.](\d\d))?`)
	anHour    = regexp.MustCompile(`(?i)(?:^|[^\d:.+-])(\d{1,2})` + sp + `?[ap]\.?m\b`)
	halfAfter = regexp.MustCompile(`(?i)^` + sp + `*(a\.?` + sp + `?m\.?|p\.?` + sp + `?m\.?|π\.?μ\.?|μ\.?μ\.?|öö|ös|ÖÖ|ÖS|ص|م)(?:[^\p{L}]|$)`)
	halfPrior = regexp.MustCompile(`(?i)(上午|凌晨|早上|오전|午前|下午|晚上|오후|午後|öö|ös|du\.|de\.)` + sp + `*$`)
	aZone     = regexp.MustCompile(`^[\s\p{Z},(]*(?:(?:GMT|UTC|UT)?` + sp + `?([+−–-])(\d{1,2})(?::?(\d\d))?|(\p{Lu}{1,5}))(?:\PL|$)`)
)

// parseDate reads the date a mail program printed, in any language it knows.
func parseDate(s string) (time.Time, bool) {
	m, ok := findDate(s)
	return m.at, ok
}

// findDate finds the first date with a year in a line, and the time of day
// beside it. A date without a zone, or with one whose name is unknown, counts
// as UTC; one of two numbers before the year is the day, unless it cannot be
// or the time is given as in America.
func findDate(s string) (dateMatch, bool) {
	s = s[:min(len(s), maxDate)]
	d, ok := numericDate(s)
	if !ok {
		d, ok = writtenDate(s)
	}
	if !ok {
		d, ok = dayMonthYear(s, yearShort) // after the others: it looks like a time with dots
	}
	if !ok {
		return dateMatch{}, false
	}
	day := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	if day.Day() != d.day || d.month < 1 || d.month > 12 || d.year < yearsAgo {
		return dateMatch{}, false
	}
	m := dateMatch{at: day, from: d.from, to: d.to}
	m.addClock(s, d.mask(s))
	return m, true
}

// calendarDay is a date as it stands in a line: its numbers and where they are.
type calendarDay struct {
	year, month, day int
	from, to         int
	parts            [][2]int // what must not be read as a time
}

// mask blanks out the numbers of the date.
func (d calendarDay) mask(s string) string {
	b := []byte(s)
	for _, p := range d.parts {
		for i := p[0]; i < p[1]; i++ {
			b[i] = '#'
		}
	}
	return string(b)
}

// numericDate reads "2021-10-27", "27.10.2021", "10/27/2021", "2021年10月27日".
func numericDate(s string) (calendarDay, bool) {
	if m := yearFirst.FindStringSubmatchIndex(s); m != nil {
		return newDay(s, m, 1, 2, 3), true
	}
	if m := numbered.FindStringSubmatchIndex(s); m != nil {
		return newDay(s, m, 3, 2, 1), true
	}
	return dayMonthYear(s, yearLast)
}

// dayMonthYear reads the numbers of a date that ends in its year.
func dayMonthYear(s string, pattern *regexp.Regexp) (calendarDay, bool) {
	m := pattern.FindStringSubmatchIndex(s)
	if m == nil {
		return calendarDay{}, false
	}
	d := newDay(s, m, 4, 3, 1)
	american := s[m[4]:m[5]] == "/" && halfDay(s)
	if d.month > 12 || american && d.day <= 12 {
		d.day, d.month = d.month, d.day
	}
	return d, true
}

// newDay reads year, month and day from the groups of a match.
func newDay(s string, m []int, year, month, day int) calendarDay {
	number := func(group int) int { return atoi(s[m[2*group]:m[2*group+1]]) }
	d := calendarDay{year: number(year), month: number(month), day: number(day)}
	if d.year < 100 {
		d.year += 2000
	}
	d.from = min(m[2*year], m[2*day])
	d.to = max(m[2*year+1], m[2*day+1])
	d.parts = [][2]int{{d.from, d.to}}
	return d
}

// halfDay reports whether the time is given in halves of the day.
func halfDay(s string) bool {
	t := aTime.FindStringSubmatchIndex(s)
	return t != nil && halfAfter.MatchString(s[t[1]:])
}

// writtenDate reads a date with the name of the month. What stands for a month
// may be a weekday ("mar" is Tuesday and March): a number must be beside it.
func writtenDate(s string) (calendarDay, bool) {
	words := aWord.FindAllStringIndex(s, 40)
	for _, before := range []bool{true, false} {
		for _, w := range words {
			if d, ok := dayBeside(s, w, before); ok {
				return d, true
			}
		}
	}
	return calendarDay{}, false
}

// dayBeside reads the day before or behind the word, if that names a month.
func dayBeside(s string, w []int, before bool) (calendarDay, bool) {
	beside := dayAfter.FindStringSubmatchIndex(s[w[1]:])
	offset, dotted := w[1], false
	if before {
		beside, offset = dayBefore.FindStringSubmatchIndex(s[:w[0]]), 0
		dotted = beside != nil && strings.HasPrefix(s[beside[4]:], ".")
	}
	if beside == nil {
		return calendarDay{}, false
	}
	month := monthOf(s[w[0]:w[1]], dotted)
	day := [2]int{beside[2] + offset, beside[3] + offset}
	year := yearOf(s, w[1], before)
	if month == 0 || year[1] == 0 {
		return calendarDay{}, false
	}
	d := calendarDay{month: month, day: atoi(s[day[0]:day[1]]), year: atoi(s[year[0]:year[1]])}
	if d.year < 100 {
		d.year += 2000
	}
	d.from = min(day[0], year[0], w[0])
	d.to = max(day[1], year[1], w[1])
	d.parts = [][2]int{day, year}
	return d, true
}

// yearOf finds the year: four digits, or two right behind the month.
func yearOf(s string, month int, dayFirst bool) [2]int {
	if m := aYear.FindStringSubmatchIndex(s); m != nil {
		return [2]int{m[2], m[3]}
	}
	if m := shortYear.FindStringSubmatchIndex(s[month:]); m != nil && dayFirst {
		return [2]int{month + m[2], month + m[3]}
	}
	return [2]int{}
}

// addClock adds the time of day and the zone. masked is the line without the
// numbers of the date.
func (m *dateMatch) addClock(s, masked string) {
	t := aTime.FindStringSubmatchIndex(masked)
	if t == nil {
		if t = anHour.FindStringSubmatchIndex(masked); t == nil {
			return
		}
		t = []int{0, t[3], t[2], t[3], -1, -1, -1, -1}
	}
	clock := [3]int{}
	for i := range clock {
		if from, to := t[2*i+2], t[2*i+3]; from >= 0 {
			clock[i] = atoi(s[from:to])
		}
	}
	from, to := t[2], t[1]
	clock[0], from, to = toFullDay(clock[0], s, from, to)
	if clock[0] > 23 || clock[1] > 59 || clock[2] > 59 {
		return
	}
	zone, end := readZone(s[to:])
	y, mo, d := m.at.Date()
	m.at = time.Date(y, mo, d, clock[0], clock[1], clock[2], 0, zone)
	m.from, m.to = min(m.from, from), max(m.to, to+end)
}

// toFullDay turns an hour of the half day that stands beside it into one of 24,
// and widens the bytes it takes.
func toFullDay(hour int, s string, from, to int) (int, int, int) {
	half := ""
	if m := halfAfter.FindStringSubmatchIndex(s[to:]); m != nil {
		half, to = s[to+m[2]:to+m[3]], to+m[3]
	} else if m := halfPrior.FindStringSubmatchIndex(s[:from]); m != nil {
		half, from = s[m[2]:m[3]], m[2]
	}
	switch half = strings.ToLower(strings.NewReplacer(".", "", " ", "").Replace(half)); {
	case half == "" || hour > 12:
	case strings.HasPrefix(half, "p") || strings.Contains("μμ ös م 下午 晚上 오후 午後 du", half):
		hour = hour%12 + 12
	default:
		hour %= 12
	}
	return hour, from, to
}

// readZone reads a zone at the start of s and returns the bytes it takes.
func readZone(s string) (*time.Location, int) {
	m := aZone.FindStringSubmatchIndex(s)
	if m == nil {
		return time.UTC, 0
	}
	if m[8] >= 0 {
		name := s[m[8]:m[9]]
		minutes, ok := zones[name]
		if !ok {
			return time.UTC, 0
		}
		return time.FixedZone(name, minutes*60), m[9]
	}
	minutes, end := 0, m[5]
	switch digits := s[m[4]:m[5]]; {
	case m[6] >= 0:
		minutes, end = atoi(digits)*60+atoi(s[m[6]:m[7]]), m[7]
	default:
		minutes = atoi(digits) * 60
	}
	if s[m[2]:m[3]] != "+" {
		minutes = -minutes
	}
	if minutes < -14*60 || minutes > 14*60 {
		return time.UTC, 0
	}
	return time.FixedZone("", minutes*60), end
}

// atoi reads digits a pattern has matched.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// monthOf returns the month a word names, 0 if none. dotted says that the day
// before it ends in a dot, as in Croatian, whose names Polish and Czech use for
// other months.
func monthOf(word string, dotted bool) int {
	w := monthKey(word)
	for end := len(w); end > 2; end-- {
		stem := w[:end]
		if m := croatian[stem]; dotted && m > 0 {
			return m
		}
		if m := months[stem]; m > 0 {
			return m
		}
	}
	return 0
}

// monthKey makes the name of a month comparable: small letters without accents.
func monthKey(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(word[:min(len(word), 40)]))
}
