package i18n

import (
	"math"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)   // 12:00 in Berlin
	summer := time.Date(2026, 5, 31, 22, 30, 0, 0, time.UTC) // 1 June 00:30 in Berlin
	de, en := For(German), For(English)
	cases := []struct{ got, want string }{
		{de.Date(noon), "23.11.2026"},
		{en.Date(noon), "23 Nov 2026"},
		{de.DateTime(noon), "23.11.2026, 12:00"},
		{en.DateTime(noon), "23 Nov 2026, 12:00"},
		{de.Clock(noon), "12:00"},
		{de.Weekday(noon), "Montag"},
		{de.LongDateTime(noon), "Montag, 23. November 2026, 12:00 Uhr"},
		{en.LongDateTime(noon), "Monday, 23 November 2026, 12:00"},
		{de.LongDateTime(summer), "Montag, 1. Juni 2026, 00:30 Uhr"},
		{en.In(newYork).LongDateTime(noon), "Monday, 23 November 2026, 06:00"},
		{en.In(newYork).Weekday(summer), "Sunday"},
		{de.Date(time.Time{}) + de.DateTime(time.Time{}) + de.Clock(time.Time{}) + de.LongDateTime(time.Time{}) +
			de.Weekday(time.Time{}) + de.Relative(time.Time{}, noon), ""},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestRelative(t *testing.T) {
	now := at(0)
	cases := []struct {
		d      time.Duration // of t, seen from now
		de, en string
	}{
		{0, "gerade eben", "just now"},
		{-59 * time.Second, "gerade eben", "just now"},
		{30 * time.Second, "jetzt gleich", "any moment"},
		{-time.Minute, "vor 1 Min.", "1 min ago"},
		{-5 * time.Minute, "vor 5 Min.", "5 min ago"},
		{-59*time.Minute - 59*time.Second, "vor 59 Min.", "59 min ago"},
		{2 * time.Hour, "in 2 Std.", "in 2 h"},
		{-119 * time.Minute, "vor 1 Std.", "1 h ago"},
		{-24 * time.Hour, "vor 1 Tag", "1 day ago"},
		{72 * time.Hour, "in 3 Tagen", "in 3 days"},
		{-30 * 24 * time.Hour, "vor 30 Tagen", "30 days ago"},
		{-31 * 24 * time.Hour, "23.10.2026", "23 Oct 2026"},
	}
	for _, c := range cases {
		if got := For(German).Relative(now.Add(c.d), now); got != c.de {
			t.Errorf("de %v: got %q, want %q", c.d, got, c.de)
		}
		if got := For(English).Relative(now.Add(c.d), now); got != c.en {
			t.Errorf("en %v: got %q, want %q", c.d, got, c.en)
		}
	}
	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := For(German).Relative(far, time.Unix(0, 0)); got != "01.01.9999" {
		t.Errorf("far future: got %q", got)
	}
}

func TestNumbers(t *testing.T) {
	cases := []struct {
		n      int64
		de, en string
	}{
		{0, "0", "0"},
		{999, "999", "999"},
		{1000, "1.000", "1,000"},
		{-1234567, "-1.234.567", "-1,234,567"},
		{-100, "-100", "-100"},
		{math.MinInt64, "-9.223.372.036.854.775.808", "-9,223,372,036,854,775,808"},
	}
	for _, c := range cases {
		if got := For(German).Number(c.n); got != c.de {
			t.Errorf("de %d: got %q, want %q", c.n, got, c.de)
		}
		if got := For(English).Number(c.n); got != c.en {
			t.Errorf("en %d: got %q, want %q", c.n, got, c.en)
		}
	}
}

func TestBytes(t *testing.T) {
	cases := []struct {
		n      int64
		de, en string
	}{
		{-1, "0 B", "0 B"},
		{0, "0 B", "0 B"},
		{999, "999 B", "999 B"},
		{1000, "1 kB", "1 kB"},
		{1550, "1,5 kB", "1.5 kB"},
		{24_999_999, "24,9 MB", "24.9 MB"},
		{25_000_000, "25 MB", "25 MB"},
		{123_456_789, "123 MB", "123 MB"},
		{math.MaxInt64, "9,2 EB", "9.2 EB"},
	}
	for _, c := range cases {
		if got := For(German).Bytes(c.n); got != c.de {
			t.Errorf("de %d: got %q, want %q", c.n, got, c.de)
		}
		if got := For(English).Bytes(c.n); got != c.en {
			t.Errorf("en %d: got %q, want %q", c.n, got, c.en)
		}
	}
}
