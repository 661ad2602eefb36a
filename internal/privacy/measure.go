package privacy

import "regexp"

// units are what may stand behind a quantity, which is then no house number,
// telephone number or customer number.
const units = `(?:€|eur\b|euro\b|ct\b|cent\b|chf\b|usd\b|\$|£|%|prozent|percent|uhr\b|h\b|std\b|stunden?\b|min\b|minuten?\b|sek\b|sekunden?\b|tage?n?\b|wochen?\b|monate?n?\b|jahre?n?\b|mal\b|x\b|` +
	`[kmgt]i?bit|[kmgt]b(?:ps|it)?\b|[kmgt]i?b/s|byte|k?wh\b|[kmg]?hz\b|dbm?\b|ms\b|km\b|cm\b|mm\b|m\b|m²|m2\b|m³|m3\b|qm\b|meter|grad\b|°|volt\b|watt\b|kw\b|ampere\b|liter\b|kg\b|` +
	`personen\b|leuten?\b|häusern?\b|haushalten?\b|kunden\b|nachbarn?\b|geräten?\b|zimmern?\b|etagen?\b|stück\b|versuchen?\b|anrufen?\b|mails?\b|fragen\b|parteien\b|wohnungen\b|techniker\b|autos?\b|router\b|fehler\b|` +
	`hours?\b|days?\b|weeks?\b|months?\b|years?\b|minutes?\b|mins?\b|seconds?\b|times\b|people\b|houses\b|homes\b|miles\b|customers\b|neighbou?rs\b|calls\b|devices\b|blocks\b)`

var (
	// measure matches at the start of what follows a number.
	measure = regexp.MustCompile(`(?i)^(?: ?` + units + `|[.,:][0-9]|\. ?(?:jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-zä]*)`)
	// unitTail finds a quantity at the end of a number with spaces: in
	// "123456 2 Tage" the 2 is none of the number.
	unitTail = regexp.MustCompile(`(?i) [0-9]{1,3}(?:[.,][0-9]+)? ?` + units)
)
