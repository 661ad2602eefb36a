package privacy

import (
	"regexp"
	"strings"
)

// ibanLength is the length of an IBAN by country (SWIFT IBAN registry).
var ibanLength = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
	"BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
	"EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
	"GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27,
	"JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25,
	"MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
	"NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
	"SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
	"TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}

var ibanWord = regexp.MustCompile(`(?i)(?:iban|konto|account|bank)[^\n]{0,30}$`)

// findIBANs finds account numbers with or without spaces. One with a slip of
// the pen in it counts too if it is said to be one or is German by its form.
func findIBANs(p *page) []span {
	var found []span
	s, end := p.s, 0
	for _, w := range p.words {
		if w.end-w.start != 2 || w.start < end || !freeBefore(s, w.start) || !digitWithin(s, w.end, 3) {
			continue
		}
		country := strings.ToUpper(w.lower)
		number, stop := alphanumerics(s, w.start, ibanLength[country])
		if number == "" {
			continue
		}
		german := country == "DE" && countDigits(number) == 20
		if mod97(number) == 1 || german || ibanWord.MatchString(before(s, w.start, 40)) {
			end = stop
			found = append(found, span{IBAN, w.start, end})
		}
	}
	return found
}

// alphanumerics collects n letters and digits from start on, in groups with at
// most two separators between them. It returns them in upper case and where
// they end, or "" if there are fewer, or more without a gap.
func alphanumerics(s string, start, n int) (string, int) {
	var b strings.Builder
	gap := 0
	for i := start; i < len(s) && b.Len() < n; i++ {
		c := s[i]
		switch {
		case isDigit(c), c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			b.WriteByte(c)
			gap = 0
		case strings.IndexByte(" \n-./_", c) >= 0 && gap < 2:
			gap++
		default:
			return "", 0
		}
		if b.Len() == n && freeAfter(s, i+1) {
			return strings.ToUpper(b.String()), i + 1
		}
	}
	return "", 0
}

// mod97 is the check of ISO 7064 MOD 97-10 as ISO 13616 uses it: 1 for an IBAN
// in upper case without a slip.
func mod97(iban string) int {
	rest := 0
	for _, c := range iban[4:] + iban[:4] {
		if c >= '0' && c <= '9' {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest
}
