package privacy

import "regexp"

const (
	townName = `(?:(?:bad|sankt|st\.?|neu|alt|groß|klein|ober|unter|markt|burg|schwäbisch|hann\.|freiburg im|frankfurt am|frankfurt an der|halle an der) )?\p{L}[\p{L}'-]*\p{L}(?:[ /](?:am|an der|a\.? ?d\.?|a\.|bei|b\.|im|i\.|in der|i\. ?d\.|ob der|vor der|v\. ?d\.|unter) ?\p{L}[\p{L}-]+| ?\(\p{L}{2,15}\)|/\p{L}{3,15})?`
	postcode = `(?:(?:d|de|a|at|ch)[- ]{1,2})?[0-9]{5}|(?:a|at|ch|l)[- ][0-9]{4}|1[0-8][0-9]{2}|2[1-9][0-9]{2}|[3-9][0-9]{3}`
	british  = `[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}`
	american = `[A-Z]{2},? [0-9]{5}(?:-[0-9]{4})?`
)

var (
	// inHouse is what may stand between a street and its town.
	inHouse = `(?:[ ,;(/-]{0,3}\n?(?:eg|hochparterre|[0-9]{1,2}\.? ?(?:og|stock|etage|obergeschoss)|og|dg|hinterhaus|hh|vh|vorderhaus|seitenflügel|aufgang [0-9a-z]|(?:whg|wohnung|app|apartment)\.? ?(?:nr\.? ?)?[0-9]{1,4}|links|rechts|mitte|c/o)\b\)?){0,3}`

	townThen    = regexp.MustCompile(`(?i)^` + inHouse + `[ ,;.|/-]{0,3}(?:\n ?)?(?:in )?((?:` + postcode + `) ` + townName + `)`)
	britishTown = regexp.MustCompile(`^[ ,]{0,3}(?:\n ?)?(?:in )?((?:\p{Lu}[\p{L}'-]+(?:,? |,? ?\n)){0,3}(?:` + british + `|` + american + `))\b`)
	townFirst   = regexp.MustCompile(`(?i)((?:` + postcode + `) ` + townName + `)[ ,;:.|/-]{1,3}\n?$`)
)

// townAfter returns postcode and town directly behind a street that ends at i.
func townAfter(s string, i int) (span, bool) {
	rest := after(s, i, 160)
	for _, pattern := range []*regexp.Regexp{townThen, britishTown} {
		if hit := pattern.FindStringSubmatchIndex(rest); hit != nil && freeAfter(s, i+hit[3]) {
			return span{Postcode, i + hit[2], i + hit[3]}, true
		}
	}
	return span{}, false
}

// findTowns finds postcode and town directly behind or before streets.
func findTowns(s string, streets []span) []span {
	var found []span
	end := 0
	for i, st := range streets {
		lead := before(s, st.start, 90)
		hit := townFirst.FindStringSubmatchIndex(lead)
		start := st.start - len(lead)
		if hit != nil && start+hit[2] >= end && freeBefore(s, start+hit[2]) {
			found = append(found, span{Postcode, start + hit[2], start + hit[3]})
		}
		end = st.end
		if sp, ok := townAfter(s, st.end); ok && (i+1 == len(streets) || sp.end <= streets[i+1].start) {
			found = append(found, sp)
			end = sp.end
		}
	}
	return found
}
