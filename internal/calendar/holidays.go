package calendar

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/de"
)

// Regions returns the regions whose holidays are known: the sixteen states by
// their ISO 3166-2 code, and "DE" for the nine days all of them share.
//
// What a state leaves to some of its municipalities is not included, because a
// state does not say where the team sits: Mariä Himmelfahrt in Bavaria (BayFTG
// art. 1: where most Christians are Catholics), the Friedensfest in the city of
// Augsburg (same), Fronleichnam in parts of Saxony (SächsSFG) and Thuringia
// (ThürFGtG). Whoever has such a day adds it to Calendar.Closed. 24 and 31
// December are working days by law everywhere.
func Regions() []string {
	return []string{
		"DE", "DE-BB", "DE-BE", "DE-BW", "DE-BY", "DE-HB", "DE-HE", "DE-HH", "DE-MV",
		"DE-NI", "DE-NW", "DE-RP", "DE-SH", "DE-SL", "DE-SN", "DE-ST", "DE-TH",
	}
}

// correction mends the library's list of one region.
type correction struct{ drop, add []*cal.Holiday }

// corrections to rickar/cal 2.1.13, which has the lists of 2019 for all years
// and lacks what came since.
var corrections = map[string]correction{
	// Berlin, Gesetz über die Sonn- und Feiertage § 1: 8 March since 2019, and
	// single days of remembrance.
	"DE-BE": {
		drop: []*cal.Holiday{de.Frauentag},
		add: []*cal.Holiday{
			since(2019, de.Frauentag),
			once("75. Jahrestag der Befreiung vom Nationalsozialismus", 2020, time.May, 8),
			once("80. Jahrestag der Befreiung vom Nationalsozialismus", 2025, time.May, 8),
			once("75. Jahrestag des Volksaufstandes in der DDR", 2028, time.June, 17),
		},
	},
	// Brandenburg, Feiertagsgesetz § 2: names Easter Sunday and Whit Sunday.
	"DE-BB": {add: []*cal.Holiday{
		aa.Easter.Clone(&cal.Holiday{Name: "Ostersonntag"}),
		aa.Pentecost.Clone(&cal.Holiday{Name: "Pfingstsonntag"}),
	}},
	// Mecklenburg-Vorpommern, Feiertagsgesetz § 2: 8 March since 2023.
	"DE-MV": {add: []*cal.Holiday{since(2023, de.Frauentag)}},
	// 31 October since 2018: Bremen, Gesetz über die Sonn- und Feiertage § 2;
	// Hamburg, Feiertagsgesetz § 1; Niedersächsisches Feiertagsgesetz § 2;
	// Schleswig-Holstein, Gesetz über Sonn- und Feiertage § 2.
	"DE-HB": reformation2018,
	"DE-HH": reformation2018,
	"DE-NI": reformation2018,
	"DE-SH": reformation2018,
}

var reformation2018 = correction{
	drop: []*cal.Holiday{de.Reformationstag},
	add:  []*cal.Holiday{since(2018, de.Reformationstag)},
}

// reformation2017 was a holiday once in all states, 500 years after the theses.
var reformation2017 = once("Reformationstag", 2017, time.October, 31)

// legalNames are the names of the states' laws where the library's differ.
var legalNames = map[string]string{
	"Neujahrstag":                "Neujahr",
	"Weihnachtstag":              "Erster Weihnachtstag",
	"Zweiter Weihnachtsfeiertag": "Zweiter Weihnachtstag",
	"Frauentag":                  "Internationaler Frauentag",
}

func since(year int, h *cal.Holiday) *cal.Holiday {
	return h.Clone(&cal.Holiday{StartYear: year})
}

func once(name string, year int, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{
		Name: name, StartYear: year, EndYear: year,
		Month: month, Day: day, Func: cal.CalcDayOfMonth,
	}
}

// holidaysOf returns the holidays of a region by law from 2017 on; in earlier
// years some states had other days.
func holidaysOf(region string) []*cal.Holiday {
	if region == "" {
		return nil
	}
	mend := corrections[region]
	list := slices.DeleteFunc(slices.Clone(stateLists[region]), func(h *cal.Holiday) bool {
		return slices.Contains(mend.drop, h)
	})
	return append(append(list, mend.add...), reformation2017)
}

var stateLists = map[string][]*cal.Holiday{
	"DE":    de.Holidays,
	"DE-BB": de.HolidaysBB,
	"DE-BE": de.HolidaysBE,
	"DE-BW": de.HolidaysBW,
	"DE-BY": de.HolidaysBY,
	"DE-HB": de.HolidaysHB,
	"DE-HE": de.HolidaysHE,
	"DE-HH": de.HolidaysHH,
	"DE-MV": de.HolidaysMV,
	"DE-NI": de.HolidaysNI,
	"DE-NW": de.HolidaysNW,
	"DE-RP": de.HolidaysRP,
	"DE-SH": de.HolidaysSH,
	"DE-SL": de.HolidaysSL,
	"DE-SN": de.HolidaysSN,
	"DE-ST": de.HolidaysST,
	"DE-TH": de.HolidaysTH,
}

// holidaysIn returns the names of a region's holidays in one year.
func holidaysIn(region string, year int) map[Date]string {
	found := map[Date]string{}
	for _, h := range holidaysOf(region) {
		day, _ := h.Calc(year)
		if day.IsZero() {
			continue // not in this year
		}
		name := h.Name
		if legal, ok := legalNames[name]; ok {
			name = legal
		}
		found[DateOf(day)] = name
	}
	return found
}
