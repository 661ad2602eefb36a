package privacy

import "regexp"

const (
	numericDate = `[0-9]{1,2} ?[./-] ?[0-9]{1,2} ?[./-] ?(?:[0-9]{4}|[0-9]{2})|[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}`
	monthName   = `(?:jan(?:uar|uary)?|jän(?:ner)?|feb(?:ruar|ruary)?|mär(?:z)?|maerz|mrz|mar(?:ch)?|apr(?:il)?|mai|may|jun[ie]?|jul[iy]?|aug(?:ust)?|sep(?:t|tember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[zc](?:ember)?)\.?`
	wordDate    = `[0-9]{1,2}(?:\.|st|nd|rd|th)? ?(?:of )?` + monthName + `,? ?(?:[0-9]{4}|'?[0-9]{2})|` + monthName + ` [0-9]{1,2}(?:st|nd|rd|th)?,? (?:[0-9]{4}|'[0-9]{2})`
	anyDate     = `(?:` + numericDate + `|` + wordDate + `)`
	bornWord    = `(?:geboren(?:e[nrs]?)?|geb\.?|geburts-?(?:datum|tag)|geb\.? ?-? ?dat(?:um|\.)?|gebdat|born|d\.?o\.?b\.?|date of birth|birth ?date|birth ?day)`
)

// bornWords are how the words of bornWord begin.
var bornWords = set(`geboren geborene geborener geborenen geborenes geb geburtsdatum geburtstag geburts gebdat born d dob date birthdate birthday birth`)

var (
	bornThenDate = regexp.MustCompile(`(?i)^` + bornWord + `([^\p{L}\p{N}\n][^0-9]{0,40})(` + anyDate + `)`)
	dateThenBorn = regexp.MustCompile(`(?i)(` + anyDate + `)[ ,)(:-]{1,3}(?:(?:in|zu) \p{L}{2,30} |(?:ist|is|war|was) (?:mein|my|sein|ihr|his|her|unser|our)? ?)?$`)
	starDate     = regexp.MustCompile(`(?i)^\* ?(` + anyDate + `)`)
	bornOnly     = regexp.MustCompile(`(?i)^` + bornWord)
	newSentence  = regexp.MustCompile(`[a-zäöüß)]{3}[.!?] +\p{L}|[.!?]\n`)
)

// findBirthDates finds dates that are said to be a birthday, before or after.
func findBirthDates(p *page) []span {
	var found []span
	s := p.s
	for _, w := range p.words {
		if !bornWords[w.lower] || !freeBefore(s, w.start) {
			continue
		}
		if hit := pattern(bornThenDate, after(s, w.start, 110), digitWithin(s, w.end, 60)); hit != nil {
			start, end := w.start+hit[4], w.start+hit[5]
			if freeAfter(s, end) && !newSentence.MatchString(s[w.start+hit[2]:start]) {
				found = append(found, span{BirthDate, start, end})
			}
		}
		lead := before(s, w.start, 80)
		if hit := pattern(dateThenBorn, lead, digitBefore(s, w.start, 60)); hit != nil {
			start := w.start - len(lead)
			if n := len(bornOnly.FindString(after(s, w.start, 30))); n > 0 && freeAfter(s, w.start+n) && freeBefore(s, start+hit[2]) {
				found = append(found, span{BirthDate, start + hit[2], start + hit[3]})
			}
		}
	}
	for i := range len(s) {
		if s[i] != '*' || !digitWithin(s, i+1, 2) {
			continue
		}
		if hit := starDate.FindStringSubmatchIndex(after(s, i, 40)); hit != nil && freeAfter(s, i+hit[3]) {
			found = append(found, span{BirthDate, i + hit[2], i + hit[3]})
		}
	}
	return apart(ascending(found))
}

// pattern matches if there is reason to try.
func pattern(p *regexp.Regexp, s string, try bool) []int {
	if !try {
		return nil
	}
	return p.FindStringSubmatchIndex(s)
}
