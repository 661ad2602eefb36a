package email

import (
	"regexp"
	"strings"
	"time"

	"lotse/internal/platform/i18n"
	"lotse/internal/platform/markup"
)

// Limits on one calendar file.
const (
	maxCalendar  = 1 << 20 // bytes read
	maxEvents    = 3       // shown of one mail
	maxEventText = 300     // runes of one value shown
	maxGuests    = 10      // shown of one event
)

// event is what an invitation says (RFC 5545, 5546).
type event struct {
	method    string // of the whole file: "REQUEST", "CANCEL", "REPLY"; "" if it is just a date
	uid       string
	summary   string
	location  string
	organizer string
	guests    []string
	answer    string // of the first guest: "ACCEPTED", "DECLINED", "TENTATIVE"
	notes     string // what the organizer wrote, several lines
	start     moment
	end       moment
	repeats   bool
}

// moment is a time as it stands in a calendar.
type moment struct {
	at    time.Time // in zone; zero if there is none
	zone  string    // as named there; "UTC"; "" for the reader's own
	known bool      // the zone is known, so that at is an instant
	day   bool      // a whole day
}

// contentLine is one line of a calendar: "NAME;PARAM=x:value".
type contentLine struct {
	name, value string
	params      map[string]string
}

// readEvents reads the events of a calendar file. What is broken is left out.
func readEvents(text string) []event {
	var events []event
	method, depth := "", 0
	var e event
	for _, line := range contentLines(text[:min(len(text), maxCalendar)]) {
		switch {
		case line.name == "METHOD" && depth == 0:
			method = strings.ToUpper(line.value)
		case line.name == "BEGIN" && depth == 0 && strings.EqualFold(line.value, "VEVENT"):
			e, depth = event{}, 1
		case line.name == "BEGIN" && depth > 0:
			depth++ // an alarm within the event
		case line.name == "END" && depth > 0:
			if depth--; depth == 0 {
				events = append(events, e)
			}
		case depth == 1:
			e.take(line)
		}
	}
	for i := range events {
		events[i].method = method
	}
	return events
}

func (e *event) take(l contentLine) {
	switch l.name {
	case "UID":
		e.uid = l.value
	case "SUMMARY":
		e.summary = eventText(l.value)
	case "LOCATION":
		e.location = eventText(l.value)
	case "DESCRIPTION":
		e.notes = eventNotes(l.value)
	case "ORGANIZER":
		e.organizer = l.person()
	case "ATTENDEE":
		if len(e.guests) == 0 {
			e.answer = strings.ToUpper(l.params["PARTSTAT"])
		}
		if len(e.guests) <= maxGuests {
			e.guests = append(e.guests, l.person())
		}
	case "DTSTART":
		e.start = l.moment()
	case "DTEND":
		e.end = l.moment()
	case "RRULE":
		e.repeats = true
	}
}

// contentLines unfolds and splits the lines of a calendar (RFC 5545 §3.1).
func contentLines(text string) []contentLine {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\n ", ""), "\n\t", "")
	var lines []contentLine
	for line := range strings.Lines(text) {
		if l, ok := readContentLine(strings.TrimRight(line, "\r\n")); ok {
			lines = append(lines, l)
		}
	}
	return lines
}

func readContentLine(line string) (contentLine, bool) {
	quoted := false
	colon := strings.IndexFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ':' && !quoted
	})
	if colon <= 0 || colon > 4<<10 {
		return contentLine{}, false
	}
	items := splitParams(line[:colon])
	l := contentLine{name: strings.ToUpper(strings.TrimSpace(items[0])), value: strings.TrimSpace(line[colon+1:])}
	for _, item := range items[1:] {
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			continue
		}
		if l.params == nil {
			l.params = map[string]string{}
		}
		l.params[strings.ToUpper(name)] = strings.Trim(value, `"`)
	}
	return l, true
}

var eventEscapes = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`)

func eventText(s string) string { return markup.CleanLine(eventEscapes.Replace(s), maxEventText) }

var noteEscapes = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

// maxNotes is how much of an organizer's words is shown, in bytes.
const maxNotes = 16 << 10

func eventNotes(s string) string {
	return strings.TrimSpace(markup.Clean(strings.ToValidUTF8(noteEscapes.Replace(s[:min(len(s), maxNotes)]), "")))
}

// person returns "Name <address>" of an ORGANIZER or ATTENDEE.
func (l contentLine) person() string {
	name := eventText(l.params["CN"])
	addr, ok := cleanAddr(strings.TrimPrefix(strings.ToLower(l.value), "mailto:"))
	switch {
	case !ok:
		return name
	case name == "" || strings.EqualFold(name, addr):
		return addr
	}
	return name + " <" + addr + ">"
}

// ianaZone is what names of time zones look like; others are not looked up.
var ianaZone = regexp.MustCompile(`^[A-Z][A-Za-z_]{1,20}/[A-Za-z_/+-]{2,30}$`)

// windowsZones are the zones of Windows (Unicode CLDR, windowsZones.xml), as
// Outlook names them.
var windowsZones = map[string]string{
	"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "Central European Standard Time": "Europe/Warsaw", "Romance Standard Time": "Europe/Paris",
	"GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik", "E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev", "GTB Standard Time": "Europe/Bucharest",
	"Turkey Standard Time": "Europe/Istanbul", "Russian Standard Time": "Europe/Moscow", "Israel Standard Time": "Asia/Jerusalem", "Egypt Standard Time": "Africa/Cairo", "South Africa Standard Time": "Africa/Johannesburg",
	"Arabian Standard Time": "Asia/Dubai", "India Standard Time": "Asia/Kolkata", "China Standard Time": "Asia/Shanghai", "Singapore Standard Time": "Asia/Singapore", "Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul",
	"AUS Eastern Standard Time": "Australia/Sydney", "New Zealand Standard Time": "Pacific/Auckland", "Eastern Standard Time": "America/New_York", "Central Standard Time": "America/Chicago", "Mountain Standard Time": "America/Denver",
	"Pacific Standard Time": "America/Los_Angeles", "E. South America Standard Time": "America/Sao_Paulo", "Argentina Standard Time": "America/Buenos_Aires",
}

// zoneOf finds a time zone by its name.
func zoneOf(name string) (zone *time.Location, found string, ok bool) {
	found = name
	if iana, ok := windowsZones[name]; ok {
		found = iana
	}
	if found == "UTC" || found == "Etc/UTC" {
		return time.UTC, "UTC", true
	}
	if ianaZone.MatchString(found) {
		if zone, err := time.LoadLocation(found); err == nil {
			return zone, found, true
		}
	}
	return time.UTC, name, false
}

// moment reads a date or a time (RFC 5545 §3.3.5).
func (l contentLine) moment() moment {
	if t, err := time.Parse("20060102", l.value); err == nil {
		return moment{at: t, day: true}
	}
	if t, err := time.Parse("20060102T150405Z", l.value); err == nil {
		return moment{at: t, zone: "UTC", known: true}
	}
	zone, name, known := zoneOf(markup.CleanLine(l.params["TZID"], 60))
	t, err := time.ParseInLocation("20060102T150405", l.value, zone)
	if err != nil {
		return moment{}
	}
	return moment{at: t, zone: name, known: known}
}

// String is a moment as RFC 3339 writes it: only the day of a whole day, without
// an offset if the zone is not known.
func (m moment) String() string {
	switch {
	case m.at.IsZero():
		return ""
	case m.day:
		return m.at.Format(time.DateOnly)
	case m.known:
		return m.at.Format(time.RFC3339)
	}
	return m.at.Format("2006-01-02T15:04:05")
}

// words puts an event into lines of the reader's language.
func (e event) words(p *i18n.Printer) string {
	var out strings.Builder
	line := func(key, value string) {
		if value != "" {
			out.WriteString(p.T("mail.event."+key) + ": " + value + "\n")
		}
	}
	switch e.method {
	case "REQUEST", "CANCEL", "COUNTER", "PUBLISH", "ADD", "REFRESH":
		line("what_"+strings.ToLower(e.method), e.summary)
	case "REPLY":
		line("what_"+e.replied(), e.summary)
	default:
		line("what_publish", e.summary)
	}
	line("when", e.when(p))
	line("where", e.location)
	line("organizer", e.organizer)
	guests := e.guests
	if len(guests) > maxGuests {
		guests = append(guests[:maxGuests:maxGuests], "…")
	}
	line("guests", strings.Join(guests, ", "))
	return strings.TrimRight(out.String(), "\n")
}

// replied names a guest's answer.
func (e event) replied() string {
	switch e.answer {
	case "ACCEPTED", "DECLINED", "TENTATIVE":
		return strings.ToLower(e.answer)
	}
	return "reply"
}

// when says from when to when, in the zone the calendar names.
func (e event) when(p *i18n.Printer) string {
	if e.start.at.IsZero() {
		return ""
	}
	p = p.In(e.start.at.Location())
	end := e.end.at.In(e.start.at.Location())
	var s string
	switch {
	case e.start.day:
		s = p.Weekday(e.start.at) + ", " + p.Date(e.start.at)
		if last := end.AddDate(0, 0, -1); last.After(e.start.at) {
			s += " – " + p.Weekday(last) + ", " + p.Date(last)
		}
	default:
		s = p.Weekday(e.start.at) + ", " + p.DateTime(e.start.at)
		if !e.end.at.IsZero() && p.Date(end) == p.Date(e.start.at) {
			s += "–" + p.Clock(end)
		} else if !e.end.at.IsZero() {
			s += " – " + p.Weekday(end) + ", " + p.DateTime(end)
		}
	}
	if e.start.zone != "" {
		s += " (" + e.start.zone + ")"
	}
	if e.repeats {
		s += ", " + p.T("mail.event.repeats")
	}
	return s
}

// saidIn reports whether a text names what and when already, as the text beside
// an invitation often does.
func (e event) saidIn(text string) bool {
	if e.summary == "" || !strings.Contains(text, e.summary) {
		return false
	}
	if e.start.day {
		return strings.Contains(text, e.start.at.Format("2006"))
	}
	for _, layout := range []string{"15:04", "15.04", "3:04pm", "3:04 PM", "3pm"} {
		if strings.Contains(text, e.start.at.Format(layout)) {
			return true
		}
	}
	return false
}
