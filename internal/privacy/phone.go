package privacy

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// home is the region whose numbers need no country code.
const home = "DE"

var (
	// forms of numbers without a country code that are telephone numbers by
	// how they are written.
	northAmerican = regexp.MustCompile(`^\(?[2-9][0-9]{2}\)?[ .-]{1,2}[2-9][0-9]{2}[ .-][0-9]{4}$`)
	areaCode      = regexp.MustCompile(`^\(?0[1-9][0-9]{1,4}\)?[ ]?[-/ .)][-/ (]{0,2}[0-9]`)
	extension     = regexp.MustCompile(`(?i)^ ?(?:x|ext\.?|durchwahl|dw\.?|app\.?) ?[0-9]{1,5}`)
	ipAddress     = regexp.MustCompile(`^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$`)
	dateStart     = regexp.MustCompile(`^(?:0?[1-9]|[12][0-9]|3[01]) ?[./-] ?(?:0?[1-9]|1[0-2]) ?[./-] ?(?:(?:19|20)?[0-9]{2})?(?:[^0-9]|$)|^(?:19|20)[0-9]{2}[-./](?:0[1-9]|1[0-2])[-./](?:0[1-9]|[12][0-9]|3[01])(?:[^0-9]|$)`)
	timeRange     = regexp.MustCompile(`^[0-2]?[0-9]\.[0-5][0-9] ?- ?[0-2]?[0-9]\.[0-5][0-9]$`)
)

const (
	minPhone = 6  // digits
	maxRun   = 60 // bytes
	maxPhone = 17 // ITU-T E.164 allows 15, plus two zeros
)

// findPhones finds telephone numbers, whoever's they are.
func findPhones(p *page) []span {
	var found []span
	s := p.s
	for i := 0; i < len(s); {
		c := s[i]
		if !isDigit(c) && c != '+' && c != '(' {
			i++
			continue
		}
		end := phoneRun(s, i)
		if end-i < 5 || countDigits(s[i:end]) < minPhone-1 || !freeBefore(s, i) {
			i = max(end, i+1)
			continue
		}
		if c == '(' && !strings.Contains(s[i:end], ")") {
			i++
		}
		spans, next := p.phonesOf(i, end)
		found = append(found, spans...)
		i = next
	}
	return found
}

// phoneRun returns where the run of digits and separators from start on ends,
// on a digit. A line break ends it, and so do four separators in a row.
func phoneRun(s string, start int) int {
	end, gap := start, 0
	for i := start; i < len(s) && gap < 4 && i-start < maxRun; i++ {
		switch c := s[i]; {
		case isDigit(c):
			end, gap = i+1, 0
		case c == '+' && i > start:
			return end
		case c == '+' || strings.IndexByte(" -/.()_~", c) >= 0:
			gap++
		case strings.HasPrefix(s[i:], "·"), strings.HasPrefix(s[i:], "•"):
			gap++
			i += len("·") - 1
			if s[i] != "·"[1] {
				i++
			}
		default:
			return end
		}
	}
	return end
}

// How often a run of digits is tried, so that a hostile one costs little.
const (
	maxStarts = 3
	maxStops  = 5
)

// phonesOf cuts a telephone number out of a run, which may also hold a date or
// begin with something else. It returns where to look on.
func (p *page) phonesOf(start, end int) ([]span, int) {
	s := p.s
	if m := dateStart.FindString(s[start:end]); m != "" && !strings.Contains(m, "/0") {
		return nil, start + len(strings.TrimRight(m, "0123456789( +")) + 1
	}
	for range maxStarts {
		if stop := p.phoneEnd(start, end); stop > 0 {
			return []span{{Phone, start, stop}}, stop
		}
		next := start + 1
		for next < end && (s[next] != '0' && s[next] != '(' || isDigit(s[next-1]) || s[next-1] == '(') {
			next++
		}
		if start = next; start == end {
			return nil, end
		}
	}
	return nil, max(start+1, end-minPhone)
}

// phoneEnd returns where a telephone number that begins at start ends, 0 if
// none does. The longest one in use wins, then the longest that could be.
func (p *page) phoneEnd(start, end int) int {
	best, tries := 0, 0
	for stop := end; stop > start && tries < maxStops; stop = lastGroup(p.s, start, stop) {
		if n := countDigits(p.s[start:stop]); n > maxPhone || n < minPhone-1 {
			continue
		}
		tries++
		sure, maybe := p.isPhone(start, stop)
		if sure {
			best = stop
			break
		}
		if maybe && best == 0 {
			best = stop
		}
	}
	if best > 0 {
		best += len(extension.FindString(after(p.s, best, 20)))
	}
	return best
}

// lastGroup returns where the run from start to stop ends without its last
// group of digits, or start if that was the only one.
func lastGroup(s string, start, stop int) int {
	i := stop
	for i > start && isDigit(s[i-1]) {
		i--
	}
	for i > start && !isDigit(s[i-1]) {
		i--
	}
	return i
}

// isPhone decides on one candidate: surely a telephone number, or one if no
// other end of it makes a sure one.
func (p *page) isPhone(start, stop int) (sure, maybe bool) {
	s := p.s
	text, rest := s[start:stop], after(s, stop, 24)
	digits := countDigits(text)
	switch {
	case !freeAfter(s, stop) && !extension.MatchString(rest), ipAddress.MatchString(text), timeRange.MatchString(text):
		return false, false
	case measure.MatchString(rest) && text[0] != '+', strings.HasPrefix(rest, ",") && digitWithin(rest, 1, 1):
		return false, false
	}
	said := p.saidBefore(start)
	if said == saidCode {
		return false, false
	}
	if northAmerican.MatchString(text) {
		return true, true
	}
	sure, maybe = dialled(text, digits)
	return sure, maybe || said == saidPhone
}

// What the words before a number say it is.
const (
	saidNothing = iota
	saidPhone
	saidCode
)

var (
	phoneWords = set(`tel telefon telefonisch telefonnummer telefonnr telefonnummern telnr mobil mobilnummer mobilfunknummer mobiltelefon handy handynummer
		handynr fax faxnummer telefax rufnummer rufnummern durchwahl hotline festnetz festnetznummer phone telephone cell cellphone mobile call whatsapp
		signal sms rückruf rückrufnummer ruf ruft rufen anrufen landline`)
	codeWords = set(`fehler fehlercode fehlernummer code error artikel artikelnummer artikelnr modell version firmware build typ ean isbn plz port norm din iso`)
	// linkWords stand between such a word and the number.
	linkWords = set(`ist lautet is at on an unter under auf nr nummer number no der die dieser mich me bitte erreichbar back zurück us uns sie ihr please my meine`)
)

// saidBefore looks at the up to six words before position i.
func (p *page) saidBefore(i int) int {
	k, _ := slices.BinarySearchFunc(p.words, i, func(w word, i int) int { return cmp.Compare(w.start, i) })
	end := i
	for n := 0; n < 6 && k > 0; n++ {
		k--
		w := p.words[k]
		gap := p.s[w.end:end]
		switch {
		case len(gap) > 12, strings.Trim(gap, " .:=,/()-#☎📞📱") != "":
			return saidNothing
		case phoneWords[w.lower]:
			return saidPhone
		case codeWords[w.lower]:
			return saidCode
		case !linkWords[w.lower]:
			return saidNothing
		}
		end = w.start
	}
	return saidNothing
}

// dialled reports whether digits with a country code or a trunk zero in front
// are a number that is in use, or at least could be.
func dialled(text string, digits int) (valid, possible bool) {
	plain := strings.TrimLeft(text, "(")
	international := strings.HasPrefix(plain, "+") || strings.HasPrefix(plain, "00")
	if !international && !strings.HasPrefix(plain, "0") || digits < minPhone+1 {
		return false, false
	}
	if strings.Count(text, "(") > 2 || strings.HasPrefix(onlyDigits(text), "000") {
		return false, false
	}
	number, err := phonenumbers.Parse(text, home)
	if err != nil {
		return false, false
	}
	if phonenumbers.IsValidNumber(number) {
		return true, true
	}
	return false, phonenumbers.IsPossibleNumber(number) && (international || areaCode.MatchString(text))
}
