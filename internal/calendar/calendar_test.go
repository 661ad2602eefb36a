package calendar

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"lotse/internal/platform/errs"
)

func always(zone string) Calendar {
	c := Calendar{Zone: zone}
	for day := range c.Week {
		c.Week[day] = []Span{{0, DayMinutes}}
	}
	return c
}

func TestJSON(t *testing.T) {
	c := Default("DE-SN")
	c.Week[time.Saturday] = []Span{{9 * 60, 12 * 60}, {13 * 60, DayMinutes}}
	c.Closed = []Date{{2026, time.December, 28}}
	c.Extra = []Special{{Date: Date{2026, time.December, 24}, Spans: []Span{{480, 720}}}}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"closed":["2026-12-28"],"extra":[{"date":"2026-12-24","spans":[{"from":480,"to":720}]}]`) {
		t.Errorf("written as %s", data)
	}
	got, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, c) {
		t.Errorf("got %+v, want %+v", got, c)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":       ``,
		"not JSON":      `{`,
		"two":           `{"zone":"UTC"}{}`,
		"unknown field": `{"zone":"UTC","hours":1}`,
		"no such day":   `{"zone":"UTC","closed":["2026-02-30"]}`,
		"number":        `{"zone":"UTC","week":[1]}`,
		"null":          `null`,
	} {
		if c, err := Parse([]byte(in)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
}

func TestValidate(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Calendar)
		field  string // "" if the calendar is valid
		key    string
	}{
		{"default", func(*Calendar) {}, "", ""},
		{"no region", func(c *Calendar) { c.Region = "" }, "", ""},
		{"meeting spans", func(c *Calendar) { c.Week[1] = []Span{{0, 60}, {60, 1440}} }, "", ""},
		{"never open", func(c *Calendar) { c.Week = Week{} }, "", ""},
		{"no zone", func(c *Calendar) { c.Zone = "" }, "zone", "calendar.error.zone"},
		{"unknown zone", func(c *Calendar) { c.Zone = "Europe/Entenhausen" }, "zone", "calendar.error.zone"},
		{"zone of the machine", func(c *Calendar) { c.Zone = "Local" }, "zone", "calendar.error.zone"},
		{"zone that is a path", func(c *Calendar) { c.Zone = "../../etc/passwd" }, "zone", "calendar.error.zone"},
		{"unknown region", func(c *Calendar) { c.Region = "DE-XX" }, "region", "calendar.error.region"},
		{"region of another country", func(c *Calendar) { c.Region = "AT-9" }, "region", "calendar.error.region"},
		{"overlap", func(c *Calendar) { c.Week[1] = []Span{{0, 61}, {60, 70}} }, "week.1", "calendar.error.span_order"},
		{"not in order", func(c *Calendar) { c.Week[0] = []Span{{60, 70}, {0, 10}} }, "week.0", "calendar.error.span_order"},
		{"empty span", func(c *Calendar) { c.Week[6] = []Span{{60, 60}} }, "week.6", "calendar.error.span"},
		{"before midnight", func(c *Calendar) { c.Week[6] = []Span{{-1, 60}} }, "week.6", "calendar.error.span"},
		{"after midnight", func(c *Calendar) { c.Week[6] = []Span{{0, 1441}} }, "week.6", "calendar.error.span"},
		{"too many spans", func(c *Calendar) { c.Week[6] = make([]Span, 25) }, "week.6", "calendar.error.too_many"},
		{"closed on no day", func(c *Calendar) { c.Closed = []Date{{}} }, "closed", "calendar.error.date"},
		{"closed too often", func(c *Calendar) { c.Closed = make([]Date, 2001) }, "closed", "calendar.error.too_many"},
		{"extra on no day", func(c *Calendar) { c.Extra = []Special{{Date: Date{2026, 2, 29}}} }, "extra.0", "calendar.error.date"},
		{"extra twice", func(c *Calendar) { c.Extra = []Special{{Date: Date{2026, 2, 1}}, {Date: Date{2026, 2, 1}}} }, "extra.1", "calendar.error.date_twice"},
		{"extra span", func(c *Calendar) { c.Extra = []Special{{Date{2026, 2, 1}, []Span{{5, 1}}}} }, "extra.0", "calendar.error.span"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cal := Default("DE-BE")
			c.change(&cal)
			err := cal.Validate()
			if _, compileErr := Compile(cal); (compileErr == nil) != (err == nil) {
				t.Errorf("Compile says %v, Validate %v", compileErr, err)
			}
			if c.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			fields := errs.Fields(err)
			if len(fields) != 1 || fields[0].Field != c.field || fields[0].Key != c.key {
				t.Errorf("got %v, want %s at %s", err, c.key, c.field)
			}
		})
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	c := Calendar{Zone: "x", Region: "y", Week: Week{1: {{9, 1}}, 2: {{9, 1}}}, Closed: []Date{{}}}
	if got := len(errs.Fields(c.Validate())); got != 5 {
		t.Errorf("%d faults, want 5: %v", got, c.Validate())
	}
}

func TestDate(t *testing.T) {
	d, err := ParseDate("2028-02-29")
	if err != nil || d != (Date{2028, time.February, 29}) || d.String() != "2028-02-29" || !d.Valid() {
		t.Errorf("got %v, %v", d, err)
	}
	if d.AddDays(1) != (Date{2028, time.March, 1}) || d.AddDays(-60) != (Date{2027, time.December, 31}) {
		t.Errorf("a day later is %v, 60 days earlier %v", d.AddDays(1), d.AddDays(-60))
	}
	if d.Weekday() != time.Tuesday {
		t.Errorf("weekday %v", d.Weekday())
	}
	if d.Compare(d.AddDays(1)) != -1 || d.AddDays(1).Compare(d) != 1 || d.Compare(d) != 0 {
		t.Error("order of dates")
	}
	for _, s := range []string{"", "2026-2-1", "2027-02-29", "26-01-01", "2026-01-01T00:00:00Z"} {
		if got, err := ParseDate(s); err == nil {
			t.Errorf("%q was read as %v", s, got)
		}
	}
	if _, err := json.Marshal(Date{}); err == nil {
		t.Error("the zero date was written")
	}
}

// FuzzParse checks that what is accepted is a calendar that works and survives
// being written.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"zone":"Europe/Berlin","region":"DE-BE","week":[[],[{"from":480,"to":1020}]]}`,
		`{"zone":"UTC","closed":["2026-12-24"],"extra":[{"date":"2026-12-31","spans":null}]}`,
		`{"zone":"America/St_Johns","week":[[{"from":0,"to":1440}]]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := Parse(in)
		if err != nil {
			return
		}
		h, err := Compile(c)
		if err != nil {
			t.Fatalf("parsed and not compiled: %v", err)
		}
		at := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
		if end, ok := h.Add(at, time.Hour); ok && h.Between(at, end) != time.Hour {
			t.Errorf("an hour after %v ends %v, between is %v", at, end, h.Between(at, end))
		}
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(data)
		if err != nil {
			t.Fatalf("%s cannot be read again: %v", data, err)
		}
		if twice, err := json.Marshal(again); err != nil || string(twice) != string(data) {
			t.Errorf("%s became %s (%v)", data, twice, err)
		}
	})
}
