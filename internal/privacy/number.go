package privacy

import (
	"regexp"
	"strings"
)

// The words that say a number belongs to one customer, contract or device.
const (
	numberOwners = `vertragskonto|vertrags?|kunden?|kd|kto|rechnungs?|rg|re|auftrags?|bestell(?:ungs)?|zähler|zaehler|konto|mitglieds?|` +
		`versicherten|versicherungs?(?:schein)?|policen?|teilnehmer|anschluss|buchungs?|reservierungs?|vorgangs?|ticket|sendungs?|paket|` +
		`sendungsverfolgungs|serien|geräte|geraete|steuer|sozialversicherungs|rentenversicherungs|personalausweis|ausweis|reisepass|pass|` +
		`führerschein|patienten|matrikel|personal|abo(?:nnement)?s?|debitoren|lieferschein|marktlokations|messlokations|zählpunkt|` +
		`schadens?|fall|kassenzeichen|mandats?referenz|mandats?|referenz|gläubiger|depot|kredit|darlehens|akten|störungs?|tracking|track|` +
		`imei|iccid|sim|sim-karten|personen|steuer-?identifikations`
	numberOwnersEN = `customer|client|account|contract|invoice|order|meter|booking|reservation|reference|policy|membership|member|ticket|` +
		`case|tracking|serial|insurance|passport|driver'?s? licen[cs]e|licen[cs]e|social security|tax|patient|subscriber|supply|mpan|mprn|` +
		`sort code and account|bank account|national insurance|loyalty|complaint|incident|parcel|consignment|employee|student`
	numberMarks = `nummern?|nr\.?|no\.?|num(?:ber)?s?\.?|id|kennung|zeichen|ref(?:erence|erenz)?\.?|bezeichnung|code`
)

var (
	// strong words are followed by a number of any length.
	strong = `(?:(?:` + numberOwners + `|` + numberOwnersEN + `)\.?[ -]{0,3}(?:` + numberMarks + `)` +
		`|kdnr\.?|kd\.nr\.?|vertragskonto|zählpunkt(?:bezeichnung)?|malo(?:-id)?|melo(?:-id)?|imei|iccid|aktenzeichen|az\.|kundenkonto|ssn|mandatsreferenz|kontoverbindung|steuer-?id)`
	// weak words need five digits that are no date.
	weak  = `(?:kunde|kundin|rechnung|vertrag|auftrag|bestellung|zähler|vorgang|ticket|konto|kto\.?|buchung|invoice|contract|order|account|meter|booking|customer|reference|mahnung|störungsmeldung|seriennr\.?|s/n)`
	value = `(?:[a-z]{1,5}[-/. _]{0,1})?[0-9](?:[0-9a-z]|[-/._ ][0-9]|[-/][a-z][0-9a-z]|[ .][0-9a-z]{0,3}[0-9]| [a-z] [0-9])*`

	linking = `(?:[ \n]{0,3}(?:lautet|laute|ist|war|hat|trägt|mit|der|is|was|has|wie folgt|folgende|die|the|unter|hier|nr\.?|no\.?|number|nummer|[:=#().,„"“'*-]|->|>))`

	strongNumber = regexp.MustCompile(`(?i)^\p{L}{0,20}?` + strong + `(` + linking + `{0,5}[ \n]{0,3})(` + value + `)`)
	weakNumber   = regexp.MustCompile(`(?i)^\p{L}{0,12}?` + weak + `((?: {0,2}(?:[:=#(-]|nr\.?|no\.?|number|nummer|mit|der|die|the|with|hat|has|lautet|ist|is)){0,4} ?)(` + value + `)`)
	thenStrong   = regexp.MustCompile(`(?i)(` + value + `) ?(?:[=(-] ?)?(?:ist|lautet|war|als|is|was|as)? ?(?:meine|die|unsere|eure|ihre|my|our|the)? ?$`)
	strongOnly   = regexp.MustCompile(`(?i)^` + strong)
	further      = regexp.MustCompile(`(?i)^ ?(?:,|;|und|oder|and|or|sowie|bzw\.?|&|/) ?(` + value + `)`)

	// caseNumber is a number of our own, see ids.NewNumber.
	caseNumber = regexp.MustCompile(`(?i)^L ?- ?[0-9B-DF-HJ-NP-TV-Z]{4} ?- ?[0-9B-DF-HJ-NP-TV-Z]{2}\b`)
	socialUS   = regexp.MustCompile(`\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b`)
	// longID finds the German market and metering location numbers of electricity.
	longID = regexp.MustCompile(`^DE ?[0-9](?: ?[0-9]){10}(?: ?[0-9A-Z]){20}\b`)

	leadWord    = regexp.MustCompile(`(?i)^[a-z]{1,5}[ .]`)
	notPrefixes = set(`vom blz bic tel plz ist und bis von der die das nr no am seit aus is was for of and to from phone fax`)

	dateLike = regexp.MustCompile(`^[0-9]{1,2} ?[./-] ?[0-9]{1,2} ?[./-] ?(?:[0-9]{4}|[0-9]{2})\b|^[0-9]{4}-[0-9]{2}-[0-9]{2}\b|^[0-9]{1,2}[./-](?:19|20)[0-9]{2}\b|^[0-9]{1,2}\.[0-9]{1,2}\.?$`)
)

// markEndings end words such as Kundennummer; markWords begin the others, such
// as Kd.-Nr. and customer no.
var (
	markEndings = set(`zähler nummer nummern nr nrn id kennung zeichen konto zählpunkt zählpunktbezeichnung referenz identifikationsnummer malo melo imei iccid ssn`)
	bareMarks   = set(`nummer nummern nr nrn id kennung zeichen`) // of nothing in particular
	markWords   = set(strings.ReplaceAll(strings.NewReplacer("?", "", "(", "|", ")", "|", ":", "", ".", "", "'", " ").Replace(numberOwners+"|"+numberOwnersEN), "|", " ") +
		` kunden kunde vertrag vertrags rechnung rechnungs auftrag auftrags bestell bestellung zähler kundin vorgang mahnung störungsmeldung seriennr s buchung
		driver drivers license licence kdnr az steuer konto kto social bank national sort mitglieds personen sim`)
)

// findNumbers finds the numbers of customers, contracts, invoices, orders,
// meters and devices by the word next to them, and case numbers by their form.
func findNumbers(p *page) []span {
	var found []span
	s := p.s
	for _, w := range p.words {
		switch w.lower {
		case "l", "de":
			found = appendForm(found, s, w)
		}
		if !markWords[w.lower] && (bareMarks[w.lower] || !hasEnding(w.lower, markEndings, 20)) || !freeBefore(s, w.start) {
			continue
		}
		if digitWithin(s, w.end, 40) {
			found = appendStrong(found, s, w)
		}
		if countDigits(before(s, w.start, 40)) >= 5 {
			found = appendReverse(found, s, w)
		}
	}
	for _, hit := range socialUS.FindAllStringIndex(s, -1) {
		found = append(found, span{CustomerNumber, hit[0], hit[1]})
	}
	return ascending(found)
}

// appendForm adds a number that is known by its form alone.
func appendForm(found []span, s string, w word) []span {
	pattern := caseNumber
	if w.lower == "de" {
		pattern = longID
	}
	hit := pattern.FindStringIndex(after(s, w.start, 80))
	if hit == nil || !freeBefore(s, w.start) || !freeAfter(s, w.start+hit[1]) {
		return found
	}
	return append(found, span{CustomerNumber, w.start, w.start + hit[1]})
}

// appendStrong adds the number that follows a word.
func appendStrong(found []span, s string, w word) []span {
	window := after(s, w.start, 140)
	if hit := strongNumber.FindStringSubmatchIndex(window); hit != nil {
		return appendNumbers(found, s, w.start+hit[2], w.start+hit[4], w.start+hit[5], 2)
	}
	if hit := weakNumber.FindStringSubmatchIndex(window); hit != nil {
		return appendNumbers(found, s, w.start+hit[2], w.start+hit[4], w.start+hit[5], 5)
	}
	return found
}

// appendReverse adds a number said before its word: 4711123 ist meine
// Kundennummer.
func appendReverse(found []span, s string, w word) []span {
	lead := before(s, w.start, 60)
	hit := thenStrong.FindStringSubmatchIndex(lead)
	if hit == nil || !strongOnly.MatchString(after(s, w.start, 60)) {
		return found
	}
	start, end := w.start-len(lead)+hit[2], w.start-len(lead)+hit[3]
	if !freeBefore(s, start) || countDigits(s[start:end]) < 5 || dateLike.MatchString(s[start:end]) {
		return found
	}
	return append(found, span{CustomerNumber, start, end})
}

// appendNumbers adds the number at start to end, and those listed after it, if
// it has enough digits, is no date and the gap before it separates it.
func appendNumbers(found []span, s string, gap, start, end, digits int) []span {
	if gap == start && isWordEnd(s, start) {
		return found
	}
	sp, ok := number(s, start, end, digits)
	if !ok {
		return found
	}
	found = append(found, sp)
	for {
		hit := further.FindStringSubmatchIndex(after(s, sp.end, 80))
		if hit == nil {
			return found
		}
		next, ok := number(s, sp.end+hit[2], sp.end+hit[3], 4)
		if !ok || next.start != sp.end+hit[2] {
			return found
		}
		found = append(found, next)
		sp = next
	}
}

// number checks one value and trims what only looks like a part of it.
func number(s string, start, end, digits int) (span, bool) {
	if word := leadWord.FindString(s[start:end]); word != "" && (notPrefixes[strings.ToLower(word[:len(word)-1])] || !upperAt(word, 0)) {
		start += len(word)
	}
	text := s[start:end]
	if loc := unitTail.FindStringIndex(text + after(s, end, 12)); loc != nil && loc[0] < len(text) {
		text = text[:loc[0]]
	}
	end = start + len(strings.TrimRight(text, " ./-_"))
	if end <= start || countDigits(s[start:end]) < digits || !freeAfter(s, end) || dateLike.MatchString(s[start:end]) {
		return span{}, false
	}
	if measure.MatchString(s[end:min(len(s), end+20)]) && countDigits(s[start:end]) < 5 {
		return span{}, false
	}
	return span{CustomerNumber, start, end}, true
}

// isWordEnd reports whether a letter stands directly before position i.
func isWordEnd(s string, i int) bool { return i > 0 && !freeBefore(s, i) }
