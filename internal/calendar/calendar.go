// Package calendar knows when a team works: hours of the week, public holidays
// of the German states, single days that differ, and the arithmetic of working
// time that promises rest on ("an answer within eight working hours").
//
// A Calendar is plain data, written and read as JSON. Compile turns it into
// Hours, which answer questions. The package is pure: it knows no database, no
// clock and no text for readers. Every domain package may use it.
package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
	_ "time/tzdata" // zones are known in a container without a zone database

	"lotse/internal/platform/errs"
)

// DayMinutes is the number of minutes of a day on the clock.
const DayMinutes = 24 * 60

// Limits of one calendar, far above any real one.
const (
	maxSpans = 24   // per day
	maxDays  = 2000 // closed days, and days with hours of their own
)

// Span is an opening within one day, in minutes on the clock since midnight:
// From is in [0, 1440), To in (From, 1440]. An opening over midnight is two
// spans on two days.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Week holds the openings of each day, indexed by time.Weekday: Sunday is 0. A
// day without spans is closed.
type Week [7][]Span

// Special is one day with hours of its own. They replace those of the week,
// also on a holiday or closed day: Christmas Eve until noon, stocktaking on a
// Saturday. Without spans the day is closed.
type Special struct {
	Date  Date   `json:"date"`
	Spans []Span `json:"spans"`
}

// Calendar describes when a team works.
type Calendar struct {
	Zone   string    `json:"zone"`   // IANA name of the zone the clock hangs in
	Region string    `json:"region"` // whose holidays are free, see Regions; "" for none
	Week   Week      `json:"week"`
	Closed []Date    `json:"closed,omitempty"` // single days off
	Extra  []Special `json:"extra,omitempty"`  // single days with hours of their own
}

// Default returns Monday to Friday, 8:00 to 17:00 in Berlin, with the holidays
// of a region.
func Default(region string) Calendar {
	c := Calendar{Zone: "Europe/Berlin", Region: region}
	for day := time.Monday; day <= time.Friday; day++ {
		c.Week[day] = []Span{{8 * 60, 17 * 60}}
	}
	return c
}

// Parse reads and validates a calendar in JSON; unknown fields are refused. A
// text that is no calendar is an Invalid error of the field "calendar".
func Parse(data []byte) (Calendar, error) {
	var c Calendar
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Calendar{}, notCalendar(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Calendar{}, notCalendar(errors.New("text after the calendar"))
	}
	if err := c.Validate(); err != nil {
		return Calendar{}, err
	}
	return c, nil
}

func notCalendar(cause error) error {
	e := errs.Field("calendar", "calendar.error.format")
	e.Cause = fmt.Errorf("reading calendar: %w", cause)
	return e
}

// Validate returns every fault as an Invalid error that names its field: zone,
// region, week.1 (Monday), closed, extra or extra.3 (the fourth).
func (c Calendar) Validate() error {
	var faults []error
	if _, err := location(c.Zone); err != nil {
		faults = append(faults, errs.Field("zone", "calendar.error.zone"))
	}
	if c.Region != "" && !slices.Contains(Regions(), c.Region) {
		faults = append(faults, errs.Field("region", "calendar.error.region"))
	}
	for day, spans := range c.Week {
		faults = append(faults, checkSpans("week."+strconv.Itoa(day), spans))
	}
	faults = append(faults, c.checkClosed(), c.checkExtra())
	return errors.Join(faults...)
}

func (c Calendar) checkClosed() error {
	if len(c.Closed) > maxDays {
		return errs.Field("closed", "calendar.error.too_many", "Max", maxDays)
	}
	for _, d := range c.Closed {
		if !d.Valid() {
			return errs.Field("closed", "calendar.error.date")
		}
	}
	return nil
}

func (c Calendar) checkExtra() error {
	if len(c.Extra) > maxDays {
		return errs.Field("extra", "calendar.error.too_many", "Max", maxDays)
	}
	var faults []error
	seen := map[Date]bool{}
	for i, special := range c.Extra {
		field := "extra." + strconv.Itoa(i)
		switch {
		case !special.Date.Valid():
			faults = append(faults, errs.Field(field, "calendar.error.date"))
		case seen[special.Date]:
			faults = append(faults, errs.Field(field, "calendar.error.date_twice"))
		}
		seen[special.Date] = true
		faults = append(faults, checkSpans(field, special.Spans))
	}
	return errors.Join(faults...)
}

func checkSpans(field string, spans []Span) error {
	if len(spans) > maxSpans {
		return errs.Field(field, "calendar.error.too_many", "Max", maxSpans)
	}
	end := 0
	for _, s := range spans {
		switch {
		case s.From < 0 || s.To > DayMinutes || s.From >= s.To:
			return errs.Field(field, "calendar.error.span")
		case s.From < end:
			return errs.Field(field, "calendar.error.span_order")
		}
		end = s.To
	}
	return nil
}

// location loads a zone by name. "Local" is refused: it would make a calendar
// mean something else on another machine; so is "", which Go takes for UTC.
func location(zone string) (*time.Location, error) {
	if zone == "" || zone == "Local" {
		return nil, fmt.Errorf("no zone %q", zone)
	}
	return time.LoadLocation(zone)
}
