package calendar

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// common are the days of 2026 all states share; Easter is on 5 April.
const common = "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"

// byLaw are the further days of 2026 per state, by its own law.
var byLaw = map[string]string{
	"DE":    "",
	"DE-BB": "04-05 05-24 10-31",
	"DE-BE": "03-08",
	"DE-BW": "01-06 06-04 11-01",
	"DE-BY": "01-06 06-04 11-01",
	"DE-HB": "10-31",
	"DE-HE": "06-04",
	"DE-HH": "10-31",
	"DE-MV": "03-08 10-31",
	"DE-NI": "10-31",
	"DE-NW": "06-04 11-01",
	"DE-RP": "06-04 11-01",
	"DE-SH": "10-31",
	"DE-SL": "06-04 08-15 11-01",
	"DE-SN": "10-31 11-18",
	"DE-ST": "01-06 10-31",
	"DE-TH": "09-20 10-31",
}

func TestHolidaysByLaw(t *testing.T) {
	if len(Regions()) != 17 || !slices.IsSorted(Regions()) {
		t.Errorf("regions: %v", Regions())
	}
	for _, region := range Regions() {
		want := strings.Fields(common + " " + byLaw[region])
		slices.Sort(want)
		var got []string
		for d := range holidaysIn(region, 2026) {
			got = append(got, strings.TrimPrefix(d.String(), "2026-"))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", region, got, want)
		}
	}
	if got := holidaysIn("", 2026); len(got) != 0 {
		t.Errorf("no region has holidays %v", got)
	}
}

func TestHolidaysOfSingleYears(t *testing.T) {
	cases := []struct {
		region, date string
		want         string // "" if it is a working day
	}{
		{"DE-BE", "2018-03-08", ""},
		{"DE-BE", "2019-03-08", "Internationaler Frauentag"},
		{"DE-BE", "2020-05-08", "75. Jahrestag der Befreiung vom Nationalsozialismus"},
		{"DE-BE", "2024-05-08", ""},
		{"DE-BE", "2025-05-08", "80. Jahrestag der Befreiung vom Nationalsozialismus"},
		{"DE-BB", "2025-05-08", ""},
		{"DE-BE", "2028-06-17", "75. Jahrestag des Volksaufstandes in der DDR"},
		{"DE-MV", "2022-03-08", ""},
		{"DE-MV", "2023-03-08", "Internationaler Frauentag"},
		{"DE-TH", "2018-09-20", ""},
		{"DE-TH", "2019-09-20", "Weltkindertag"},
		{"DE-HH", "2016-10-31", ""},
		{"DE-HH", "2018-10-31", "Reformationstag"},
		{"DE-SN", "2016-10-31", "Reformationstag"},
		{"DE-BY", "2017-10-31", "Reformationstag"},
		{"DE-BY", "2018-10-31", ""},
		{"DE-SN", "2023-11-22", "Buß- und Bettag"}, // latest day possible
		{"DE-SN", "2022-11-16", "Buß- und Bettag"}, // earliest day possible
		{"DE-SN", "2026-11-18", "Buß- und Bettag"},
		{"DE-BY", "2026-11-18", ""},
		{"DE", "2026-04-03", "Karfreitag"},
		{"DE", "2027-03-29", "Ostermontag"},
		{"DE", "2038-04-26", "Ostermontag"}, // latest Easter there is
		{"DE", "2026-01-01", "Neujahr"},
		{"DE", "2026-12-24", ""},
		{"DE", "2026-12-25", "Erster Weihnachtstag"},
		{"DE", "2026-12-26", "Zweiter Weihnachtstag"},
		{"DE", "2026-12-31", ""},
	}
	for _, c := range cases {
		h, err := Compile(Default(c.region))
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseDate(c.date)
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := h.Holiday(d); name != c.want || ok != (c.want != "") {
			t.Errorf("%s %s: got %q, want %q", c.region, c.date, name, c.want)
		}
	}
}

func TestClosingDaysAndExtraHours(t *testing.T) {
	c := Default("DE-NW")
	c.Closed = []Date{{2026, time.November, 24}}
	c.Extra = []Special{
		{Date{2026, time.December, 24}, []Span{{480, 720}}},
		{Date{2026, time.December, 26}, []Span{{600, 660}}}, // a holiday
		{Date{2026, time.November, 28}, []Span{{600, 660}}}, // a Saturday
		{Date{2026, time.November, 24}, []Span{{600, 660}}}, // closed, but for an hour
		{Date{2026, time.November, 25}, nil},
	}
	h, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	for moment, want := range map[string]bool{
		"2026-11-23 10:00": true,
		"2026-11-24 09:59": false, "2026-11-24 10:00": true,
		"2026-11-25 10:00": false,
		"2026-11-28 10:30": true, "2026-11-28 11:00": false,
		"2026-12-24 11:59": true, "2026-12-24 12:00": false,
		"2026-12-25 10:30": false, "2026-12-26 10:30": true,
		"2026-12-31 16:59": true, "2027-01-01 10:00": false,
	} {
		if got := h.Open(berlin(t, moment)); got != want {
			t.Errorf("open at %s: %v", moment, got)
		}
	}
}
