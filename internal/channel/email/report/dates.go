package report

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// parseDate reads the Date field of a mail.
func parseDate(value string) (time.Time, error) { return mail.ParseDate(value) }

// monthNames are the months in the languages of absence notices, by the first
// letters that tell them apart.
var monthNames = [12][]string{
	{"jan", "jän", "enero", "genn", "stycz", "янв", "tammi"},
	{"feb", "fév", "fev", "lute", "фев", "helmi"},
	{"mar", "mär", "mrz", "maa", "mrt", "мар"},
	{"apr", "avr", "abr", "kwie", "апр", "huhti"},
	{"may", "mai", "magg", "maj", "mei", "мая", "май", "touko"},
	{"jun", "juin", "giug", "czer", "июн", "kesä"},
	{"jul", "juil", "lugl", "lipc", "июл", "heinä"},
	{"aug", "août", "aout", "agos", "sierp", "авг", "eloku"},
	{"sep", "sett", "setem", "wrześ", "сен", "syys"},
	{"oct", "okt", "otto", "outub", "paźdz", "окт", "loka"},
	{"nov", "listop", "ноя"},
	{"dec", "dez", "déc", "dic", "grud", "дек", "joulu"},
}

// monthOf is the month a word names, 0 if it names none.
func monthOf(word string) int {
	for i, starts := range monthNames {
		for _, s := range starts {
			if strings.HasPrefix(word, s) {
				return i + 1
			}
		}
	}
	return 0
}

// dateForms are the ways to write a date; the groups are named for what they
// hold. The second day of "July 10-31" is the one that counts.
var dateForms = []*regexp.Regexp{
	regexp.MustCompile(`(?P<year>20\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})`),
	regexp.MustCompile(`(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>(?:20)?\d\d\b)?`),
	regexp.MustCompile(`(?P<day>\d{1,2})(?:\.|st|nd|rd|th|er|º)?(?: de| of)? (?P<name>\pL{3,12})\.?,?(?: de)?(?: (?P<year>20\d\d))?`),
	regexp.MustCompile(`(?P<name>\pL{3,12})\.? (?:\d{1,2}(?:st|nd|rd|th)? ?[-–] ?)?(?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?:,? (?P<year>20\d\d))?`),
	regexp.MustCompile(`(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>(?:20)?\d\d))?`),
}

// The words beside a date that make it the return or the end of an absence.
var (
	backBefore = anyOf(``, []string{
		`return\w*`, `back`, `again (?:on|from)`, `wieder`, `zurück`, `retour`, `reviens`, `reviendrai`, `regres\w*`, `vuelv\w*`, `volver\w*`,
		`ritorn\w*`, `rientr\w*`, `volt\w*`, `terug`, `tillbaka`, `tilbage`, `tilbake`, `takaisin`, `wrac\w*`, `powr\w*`, `верн\w*`,
	}, `[^.!?]{0,40}$`)
	backAfter = anyOf(`^[^.!?]{0,30}`, []string{`wieder`, `zurück`, `terug`, `weer\b`, `de retour`, `tillbaka`, `tilbage`}, ``)
	endBefore = anyOf(``, []string{
		`until`, `untill`, `till`, `through`, `thru`, `\bto`, `bis`, `jusqu'au`, `\bau`, `hasta`, `\bal`, `até`, `\bao`,
		`tot`, `t/m`, `t\.o\.m\.`, `til`, `do`, `до`, `по`, `[-–]`,
	}, `(?: and including| einschließlich| zum| inkl\.| el| le| en met|,)*(?: \pL{3,12},?)?(?: (?:the|den|dem|der|il|dia|día))?(?: \pL{2,12},)? *$`)
)

// returnDate finds when the writer of a notice is back, zero if it does not
// say. Of several dates the return counts before the end of the absence.
func returnDate(text string, sent time.Time) time.Time {
	text = cutBytes(text, 8<<10)
	var back, end time.Time
	for _, form := range dateForms {
		for _, m := range form.FindAllStringSubmatchIndex(text, 20) {
			date, ok := dateAt(form, text, m, sent)
			if !ok || date.Before(sent.AddDate(0, 0, -1)) || date.After(sent.AddDate(2, 0, 0)) {
				continue
			}
			before, after := tail(text[:m[0]], 60), cutBytes(text[m[1]:], 60)
			switch {
			case backBefore.MatchString(before), backAfter.MatchString(after):
				back = later(back, date)
			case endBefore.MatchString(before), strings.ContainsAny(text[m[0]:m[1]], "-–") && form != dateForms[0]:
				end = later(end, date)
			}
		}
	}
	if back.IsZero() {
		return end
	}
	return back
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// dateAt reads the date a form found. Two numbers with a slash count only if
// they can be read in one way: writers put day and month in either order.
func dateAt(form *regexp.Regexp, text string, m []int, sent time.Time) (time.Time, bool) {
	group := func(name string) string {
		i := form.SubexpIndex(name)
		if i < 0 || m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	day, _ := strconv.Atoi(group("day"))
	month, _ := strconv.Atoi(group("month"))
	year, _ := strconv.Atoi(group("year"))
	if name := group("name"); name != "" {
		month = monthOf(name)
	}
	if a := group("first"); a != "" {
		day, _ = strconv.Atoi(a)
		month, _ = strconv.Atoi(group("second"))
		if month > 12 {
			day, month = month, day
		} else if day <= 12 && day != month {
			return time.Time{}, false
		}
	}
	if day < 1 || day > 31 || month < 1 || month > 12 {
		return time.Time{}, false
	}
	return inYear(year, month, day, sent), true
}

// inYear completes a date; without a year it is the next one around the time
// the notice was sent.
func inYear(year, month, day int, sent time.Time) time.Time {
	switch {
	case year >= 2000:
	case year > 0:
		year += 2000
	default:
		year = sent.Year()
		if date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); date.Before(sent.AddDate(0, -3, 0)) {
			year++
		}
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}
