package email

import (
	"slices"
	"strings"
	"testing"

	"lotse/internal/platform/i18n"
)

func calendarOf(method string, lines ...string) string {
	all := append([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "METHOD:" + method, "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19701025T030000", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT", "UID:1@x"}, lines...)
	return strings.Join(append(all, "BEGIN:VALARM", "SUMMARY:Alarm", "END:VALARM", "END:VEVENT", "END:VCALENDAR"), "\r\n") + "\r\n"
}

func TestEventInWords(t *testing.T) {
	german, english := i18n.For(i18n.German), i18n.For(i18n.English)
	cases := map[string]struct {
		calendar string
		p        *i18n.Printer
		want     string
	}{
		"request": {calendarOf("REQUEST", "SUMMARY:Ortstermin\\, Heizung", "DTSTART;TZID=Europe/Berlin:20260303T140000", "DTEND;TZID=Europe/Berlin:20260303T150000", "LOCATION:Kell", " er",
			`ORGANIZER;CN="Müller, Jana":MAILTO:jana@post.example`, "ATTENDEE;CN=Hilfe;PARTSTAT=NEEDS-ACTION:mailto:hilfe@lindenau.example"), german,
			"Einladung: Ortstermin, Heizung\nWann: Dienstag, 03.03.2026, 14:00–15:00 (Europe/Berlin)\nWo: Keller\nVeranstaltet von: Müller, Jana <jana@post.example>\nEingeladen: Hilfe <hilfe@lindenau.example>"},
		"UTC, two days": {calendarOf("CANCEL", "SUMMARY:Visit", "DTSTART:20260303T220000Z", "DTEND:20260304T010000Z", "RRULE:FREQ=DAILY"), english,
			"Cancelled event: Visit\nWhen: Tuesday, 3 Mar 2026, 22:00 – Wednesday, 4 Mar 2026, 01:00 (UTC), repeats"},
		"whole day":         {calendarOf("PUBLISH", "SUMMARY:Fest", "DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260304"), german, "Termin: Fest\nWann: Dienstag, 03.03.2026"},
		"whole days":        {calendarOf("PUBLISH", "SUMMARY:Fest", "DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260306"), german, "Termin: Fest\nWann: Dienstag, 03.03.2026 – Donnerstag, 05.03.2026"},
		"answer":            {calendarOf("REPLY", "SUMMARY:Fest", "ATTENDEE;PARTSTAT=DECLINED:mailto:kim@post.example"), german, "Abgesagt: Fest\nEingeladen: kim@post.example"},
		"zone of Outlook":   {calendarOf("REQUEST", "SUMMARY:X", "DTSTART;TZID=W. Europe Standard Time:20260303T140000"), english, "Invitation: X\nWhen: Tuesday, 3 Mar 2026, 14:00 (Europe/Berlin)"},
		"zone nobody knows": {calendarOf("REQUEST", "SUMMARY:X", "DTSTART;TZID=Customized Time Zone:20260303T140000"), english, "Invitation: X\nWhen: Tuesday, 3 Mar 2026, 14:00 (Customized Time Zone)"},
		"hostile zone":      {calendarOf("REQUEST", "SUMMARY:X", "DTSTART;TZID=../../etc/passwd:20260303T140000"), english, "Invitation: X\nWhen: Tuesday, 3 Mar 2026, 14:00 (../../etc/passwd)"},
	}
	for name, c := range cases {
		events := readEvents(c.calendar)
		if len(events) != 1 {
			t.Errorf("%s: %d events", name, len(events))
			continue
		}
		if got := events[0].words(c.p); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, c.want)
		}
	}
}

func TestInvitation(t *testing.T) {
	calendar := calendarOf("REQUEST", "SUMMARY:Ortstermin", "DTSTART:20260303T140000Z", "ORGANIZER:mailto:jana@post.example")
	mail := func(text, html string) string {
		return letterOf("From: jana@post.de", "Subject: Ortstermin", "Content-Type: multipart/mixed; boundary=m", "", "--m", "Content-Type: multipart/alternative; boundary=a", "",
			"--a", "Content-Type: text/plain; charset=utf-8", "", text, "--a", "Content-Type: text/html; charset=utf-8", "", html, "--a", "Content-Type: text/calendar; method=REQUEST; charset=utf-8", "", calendar, "--a--",
			"--m", "Content-Type: application/ics; name=einladung.ics", "Content-Disposition: attachment", "", calendar, "--m--")
	}
	in := readOK(t, mail("Bitte kommen Sie.", "<p>Bitte kommen Sie.</p>"), customerTrace)
	want := "Einladung: Ortstermin\nWann: Dienstag, 03.03.2026, 14:00 (UTC)\nVeranstaltet von: jana@post.example\n\nBitte kommen Sie."
	if in.Text != want || !strings.Contains(string(in.HTML), "Einladung: Ortstermin") {
		t.Errorf("text %q\nHTML %q", in.Text, in.HTML)
	}
	if !slices.Equal(names(in.Parts), []string{"attachment-1.ics text/calendar", "einladung.ics application/ics"}) {
		t.Errorf("parts %q", names(in.Parts))
	}
	noted := strings.Replace(mail("", ""), "SUMMARY:Ortstermin", "SUMMARY:Ortstermin\r\nDESCRIPTION:Bitte kommen Sie\\, danke.\\n\\nGruß", 1)
	if in := readOK(t, noted, customerTrace); !strings.HasSuffix(in.Text, "jana@post.example\n\nBitte kommen Sie, danke.\n\nGruß") {
		t.Errorf("with notes: %q", in.Text)
	}
	if in := readOK(t, mail("", ""), customerTrace); !strings.HasPrefix(in.Text, "Einladung: Ortstermin\n") {
		t.Errorf("without text: %q", in.Text)
	}
	if in := readOK(t, mail("", "<p>Bitte kommen Sie.</p>"), customerTrace); in.Text != want {
		t.Errorf("HTML alone: %q", in.Text)
	}
	if said := "Ortstermin am 3. März um 14:00 Uhr"; readOK(t, mail(said, ""), customerTrace).Text != said {
		t.Errorf("said already: %q", readOK(t, mail(said, ""), customerTrace).Text)
	}
}

func TestMoments(t *testing.T) {
	cases := map[string]string{
		"DTSTART:20260303T140000Z":                             "2026-03-03T14:00:00Z",
		"DTSTART;TZID=Europe/Berlin:20260303T140000":           "2026-03-03T14:00:00+01:00",
		`DTSTART;TZID="Romance Standard Time":20260703T140000`: "2026-07-03T14:00:00+02:00",
		"DTSTART;TZID=Nowhere:20260303T140000":                 "2026-03-03T14:00:00",
		"DTSTART:20260303T140000":                              "2026-03-03T14:00:00",
		"DTSTART;VALUE=DATE:20260303":                          "2026-03-03",
		"DTSTART:gestern":                                      "",
	}
	for in, want := range cases {
		if l, _ := readContentLine(in); l.moment().String() != want {
			t.Errorf("%s: %s, want %s", in, l.moment(), want)
		}
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add(calendarOf("REQUEST", "SUMMARY:Ortstermin", "DTSTART;TZID=Europe/Berlin:20260303T140000", "DTEND:20260303T150000Z", `ORGANIZER;CN="a":mailto:a@x.example`))
	f.Add("BEGIN:VEVENT\nBEGIN:VEVENT\nEND:VEVENT")
	p := i18n.For(i18n.English)
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range readEvents(text) {
			if words := e.words(p); len(words) > 40*maxEventText*maxGuests {
				t.Errorf("%d bytes of words", len(words))
			}
			e.saidIn(text)
		}
	})
}
