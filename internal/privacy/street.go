package privacy

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	houseNumber = `(?:,? ?(?:(?:haus)?(?:nummer|nr\.?)) ?|,? ?\n?)([1-9][0-9]{0,3}(?: ?[a-z]\b)?(?: ?[-/+&] ?[0-9]{1,4}(?: ?[a-z]\b)?)?)`
	// sureEndings end the names of streets and little else; looseEndings are
	// believed next to a postcode or a word for address.
	sureEndings  = `stra(?:ß|ss)e|str\.|str|weg|platz|allee|gasse|gässchen|gäßchen|ufer|ring|damm|chaussee|pfad|promenade|steig|stieg|twiete|siedlung|gässle|wegle|straßle|gängeviertel|redder|bogen`
	looseEndings = `graben|wall|markt|hof|berg|kamp|park|garten|gärten|feld|winkel|wiese|wiesen|grund|tal|bach|anger|zeile|brücke|tor|horst|busch|hang|höhe|blick|eck|garten|stiege|rain|brook|deich|kai|terrasse|passage|acker|hain|dorf|heide|mühle|see|wald|brunnen|burg|gang|kirche|linden|steg|stück|breite|aue|leite`
)

var (
	endingNumber = regexp.MustCompile(`(?i)^\.?` + houseNumber)
	// streetOf finds Straße des 17. Juni 135 and Platz der Republik 1.
	streetOf = regexp.MustCompile(`(?i)^(?:stra(?:ß|ss)e|str\.|platz|allee|weg|ring|ufer|park|hof) (?:des|der|dem|den|von|vom|zum|zur|am|im|an der|in der) (?:[\p{L}0-9][\p{L}0-9.-]* ){1,3}?` + `([1-9][0-9]{0,3}(?: ?[a-z]\b)?(?: ?[-/] ?[0-9]{1,4})?)`)
	english  = regexp.MustCompile(`(?i)(?:(?:flat|apt\.?|apartment|unit|suite) [0-9]{1,4}[a-z]?,? )?[0-9]{1,5}[a-z]?(?:[-/][0-9]{1,4}[a-z]?)?,? ((?:[\p{L}0-9.'-]+ ){1,4}?)(street|st\.?|road|rd\.?|lane|ln\.?|avenue|ave\.?|av\.|drive|dr\.?|close|court|ct\.?|way|place|pl\.?|square|sq\.?|crescent|cres\.?|terrace|boulevard|blvd\.?|gardens|grove|hill|mews|parkway|highway|hwy\.?|green|row|walk|rise|view)(?:,? (?:apt\.?|suite|flat|unit|apartment) #?[0-9]{1,5}[a-z]?)?`)
	abroad   = regexp.MustCompile(`(?i)[1-9][0-9]{0,3}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|impasse) (?:(?:de|du|des|la|le|l') ?){0,2}[\p{L}-]+(?: \p{Lu}[\p{L}-]+)?|[\p{L}-]{3,}(?:straat|laan|gracht|plein|kade|gade|vej|gatan|vägen) [0-9]{1,4} ?[a-z]?\b`)

	addressWord = regexp.MustCompile(`(?i)(?:wohn(?:e|en|t|haft|ung|ort|st)?|adresse|anschrift|lieferung (?:nach|an)|umzug|umgezogen|ziehe[n]?|gezogen|zuhause|zu hause|hause|anschluss|haus|objekt|installationsort|standort|grundstück|straße|address|live|lives|living|located|moved|moving|property|home)[^.!?\n]{0,40}$`)
)

// notStreets are words with the ending of a street that are none.
var notStreets = set(`speicherplatz steckplatz arbeitsplatz sitzplatz stellplatz parkplatz lagerplatz studienplatz ausbildungsplatz
	listenplatz kitaplatz stehplatz bildschirmarbeitsplatz heimarbeitsplatz marktplatzangebot tabellenplatz spielplatz campingplatz
	heimweg arbeitsweg umweg ausweg irrweg postweg rechtsweg lösungsweg übertragungsweg lieferweg vertriebsweg meldeweg kontaktweg
	hinweg rückweg hinterweg durchweg feedbackweg mittelweg dienstweg kommunikationsweg zahlungsweg bestellweg beschwerdeweg reiseweg
	monitoring hearing clearing sharing string spring bring hering gering rendering engineering offering filtering tethering during
	restoring scoring storing catering roaming mastering reverse-engineering triggering steering wiring firing hiring exploring
	configuring measuring manufacturing restructuring refactoring carsharing filesharing screensharing bearing wearing tearing
	entering ordering answering covering recovering delivering discovering gathering entire-string substring connectionstring
	fertigungsstraße waschstraße einkaufsstraße produktionsstraße autostraße baustraße datenstraße nebenstraße seitenstraße parallelstraße
	querstraße nachbarstraße regenbogen fragebogen ellenbogen meldebogen ankreuzbogen bewertungsbogen erhebungsbogen antragsbogen anmeldebogen
	bürgersteig anstieg umstieg einstieg ausstieg aufstieg abstieg preisanstieg registr staudamm ausguss`)

// notNames are words before Straße, Weg and the like that make no name of it.
var notNames = set(`der die das dem den des ein eine einer eines einem einen mein meine meiner meinem meinen meines unser unsere unserer unserem unseren
	ihr ihre ihrer ihrem ihren sein seine seiner seinem dein deine deiner dieser diese dieses diesem diesen jeder jede jedes jedem jeden kein keine keiner
	ganze ganzen ganzer gesamte gesamten gesamter gleiche gleichen gleicher selbe selben selber andere anderen anderer nächste nächsten nächster
	welche welcher welchen manche vieler viele alle allen aller auf in an zur zum im am bei von vom mit und oder auch ist war sind per auf
	beste bester besten erste ersten erster zweite zweiten zweiter letzte letzten letzter einzige einzigen offiziell halber halben ab seit
	hier dort diesseits jenseits nach vor hinter über unter neben jetzt dann the this our my a an same whole next`)

// notPlaces are nouns that follow Am, Im, Zum … and a number without being a
// street.
var notPlaces = set(`januar februar märz april mai juni juli august september oktober november dezember montag dienstag mittwoch donnerstag
	freitag samstag sonntag sonnabend jahr jahre monat tag abend morgen vormittag nachmittag mittag wochenende woche schnitt durchschnitt mittel
	preis tarif vertrag paket router anschluss standort haus gebäude abschnitt kapitel punkt absatz artikel seite bild raum zimmer keller
	stock stockwerk geschoss obergeschoss etage wohnung stand schritt beispiel internet netz bereich gerät telefon modem port kanal fall
	maximum minimum zeitraum laufe vorjahr quartal ende anfang beginn telefonat test speedtest menü display rechnung liste app version
	hotline warteschlange minute stunde sekunde zeit nacht frühjahr sommer herbst winter band linie gleis bus zug tor terminal ausgang
	oktoberfest geburtstag steckplatz slot server switch fehler code block level stufe klasse gruppe team schicht runde mal summe höhe wert
	faktor verhältnis ergebnis update firmware windows android iphone galaxy pixel fritzbox box repeater dose buchse leitung leitungen
	mitarbeiter kollegen kunden nachbarn leute personen tagen wochen monaten jahren stunden minuten familie kinder geräte fragen rechnungen`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	sureSet    = set(strings.NewReplacer("|", " ", "stra(?:ß|ss)e", "straße strasse", `\.`, "").Replace(sureEndings))
	looseSet   = set(strings.ReplaceAll(looseEndings, "|", " "))
	ofWords    = set(`straße strasse str platz allee weg ring ufer park hof`)
	placeWords = set(`am an im in auf auf'm zum zur zu unter unterm vor hinter hinterm bei beim über ob vom neben obere oberer oberen untere unterer unteren
		innere innerer äußere äußerer alte alter alten neue neuer neuen große großer großen kleine kleiner kleinen lange langer langen hohe hoher hohen`)
	englishWords = set(`street st road rd lane ln avenue ave av drive dr close court ct way place pl square sq crescent cres terrace boulevard blvd gardens grove
		hill mews parkway highway hwy green row walk rise view`)
	abroadWords = set(`rue avenue boulevard chemin impasse`)
	abroadEnds  = set(`straat laan gracht plein kade gade vej gatan vägen`)
)

// findStreets finds streets with a house number, and postcode and town next to
// them.
func findStreets(p *page) []span {
	var streets []span
	s := p.s
	for k := range p.words {
		for _, sp := range p.streetsAt(k) {
			sp.end = withoutLetter(s, sp.end)
			if sp.start >= 0 && freeBefore(s, sp.start) && freeAfter(s, sp.end) && !measure.MatchString(after(s, sp.end, 24)) {
				streets = append(streets, sp)
			}
		}
	}
	streets = apart(ascending(streets))
	return ascending(append(streets, findTowns(s, streets)...))
}

// streetsAt returns what may be a street at word k: where it begins (-1 for
// none) and ends.
func (p *page) streetsAt(k int) []span {
	var found []span
	s, w := p.s, p.words[k]
	if digitWithin(s, w.end, 16) {
		if hit := endingNumber.FindStringSubmatchIndex(after(s, w.end, 40)); hit != nil {
			end := w.end + hit[1]
			switch {
			case hasEnding(w.lower, sureSet, 14):
				found = append(found, span{Street, germanStart(s, w), end})
			case hasEnding(w.lower, looseSet, 10):
				found = append(found, span{Street, looseStart(s, w, end, hit[3]-hit[2]), end})
			}
		}
	}
	if ofWords[w.lower] && digitWithin(s, w.end, 80) {
		if hit := streetOf.FindStringIndex(after(s, w.start, 120)); hit != nil && (upperAt(s, w.start) || addressBefore(s, w.start)) {
			found = append(found, span{Street, w.start, w.start + hit[1]})
		}
	}
	if placeWords[w.lower] && digitWithin(s, w.end, 70) {
		found = append(found, p.placeAt(k)...)
	}
	if englishWords[w.lower] && digitBefore(s, w.start, 60) {
		found = appendEnglish(found, s, w)
	}
	if abroadWords[w.lower] || hasEnding(w.lower, abroadEnds, 6) {
		start := max(0, w.start-12)
		if hit := abroad.FindStringIndex(s[start:min(len(s), w.end+40)]); hit != nil {
			found = append(found, span{Street, start + hit[0], start + hit[1]})
		}
	}
	return found
}

// appendEnglish adds the English street that a word such as Road ends.
func appendEnglish(found []span, s string, w word) []span {
	from := max(0, w.start-70)
	for from < w.start && !utf8.RuneStart(s[from]) {
		from++
	}
	for from < w.start {
		hit := english.FindStringSubmatchIndex(s[from:min(len(s), w.end+30)])
		if hit == nil || from+hit[4] > w.start {
			return found
		}
		if from+hit[4] == w.start && isEnglish(s[from+hit[2]:from+hit[3]], s[from+hit[4]:from+hit[5]]) && !isDecimal(s, from+hit[0]) && freeBefore(s, from+hit[0]) {
			return append(found, span{Street, from + hit[0], from + hit[1]})
		}
		from += hit[0] + 1
	}
	return found
}

// withoutLetter takes a letter that begins the next word off a house number: the
// f in "16 fällt".
func withoutLetter(s string, end int) int {
	if freeAfter(s, end) {
		return end
	}
	return len(strings.TrimRight(s[:end], " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
}

// apart drops spans that begin inside the one before.
func apart(spans []span) []span {
	kept, end := spans[:0], 0
	for _, sp := range spans {
		if sp.start >= end {
			kept, end = append(kept, sp), sp.end
		}
	}
	return kept
}

// germanStart returns where the name of a street begins whose ending is given,
// -1 if it is none.
func germanStart(s string, w word) int {
	start := wordStart(s, w.start)
	word := strings.ToLower(s[start:w.end])
	if strings.HasPrefix(word, "-") {
		return -1
	}
	if !sureSet[word] {
		if notStreets[word] {
			return -1
		}
		return adjectiveStart(s, start)
	}
	return namedStart(s, start)
}

// namedStart returns where the name before a free-standing Straße, Weg … at i
// begins: Berliner Straße, Karl Marx Allee. -1 if there is none.
func namedStart(s string, i int) int {
	start := i
	for range 3 {
		if start == 0 || s[start-1] != ' ' {
			break
		}
		prev := wordStart(s, start-1)
		word := strings.ToLower(strings.TrimSuffix(s[prev:start-1], "."))
		if len(word) < 2 || notNames[word] || start == i && notPlaces[word] {
			break
		}
		if !upperAt(s, prev) && !(start == i && strings.HasSuffix(word, "er") && !upperAt(s, i)) {
			break
		}
		start = prev
	}
	if start == i {
		return -1
	}
	if !upperAt(s, i) && !strings.HasPrefix(s[i:], "str") {
		return -1 // "Internet weg 2", but "berliner straße 12"
	}
	return start
}

// adjectiveStart widens a street name by an adjective before it: Alte Poststraße.
func adjectiveStart(s string, start int) int {
	if start < 2 || s[start-1] != ' ' || !upperAt(s, start) {
		return start
	}
	prev := wordStart(s, start-1)
	switch strings.ToLower(strings.TrimRight(s[prev:start-1], "enrms")) {
	case "alt", "n", "neu", "groß", "gross", "klei", "klein", "ob", "unt", "inn", "äuß", "lang", "hoh", "kurz":
		if upperAt(s, prev) {
			return prev
		}
	}
	return start
}

// secondWords follow the word that begins An der, Unter den, Auf dem.
var secondWords = set(`der den dem`)

// maxPlace is the number of words between Am and the number in Am Alten Markt 3.
const maxPlace = 3

// placeAt returns a street such as Am Alten Markt 3, An der Alster 4 or Unter
// den Linden 77 that begins with word k.
func (p *page) placeAt(k int) []span {
	first := k + 1
	if first < len(p.words) && secondWords[p.words[first].lower] {
		first++
	}
	for j := k + 1; j < len(p.words) && j < first+maxPlace; j++ {
		gap := p.s[p.words[j-1].end:p.words[j].start]
		if gap != " " && gap != "-" && gap != ". " && gap != "'" {
			return nil
		}
		if j < first {
			continue
		}
		number := endingNumber.FindStringSubmatch(after(p.s, p.words[j].end, 40))
		if number == nil {
			continue
		}
		end := withoutLetter(p.s, p.words[j].end+len(number[0]))
		if p.isPlace(p.words[k], p.words[first:j+1], end, number[1]) {
			return []span{{Street, p.words[k].start, end}}
		}
		return nil
	}
	return nil
}

// isPlace decides whether a preposition, words and a number are a street.
func (p *page) isPlace(start word, words []word, end int, number string) bool {
	s, last := p.s, words[len(words)-1]
	if hasEnding(last.lower, sureSet, 14) {
		return false // found by its ending, without the preposition
	}
	if len(last.lower) < 3 || notPlaces[last.lower] || countDigits(number) > 3 && !strings.ContainsAny(number, "-/") {
		return false
	}
	for _, w := range words {
		if notNames[w.lower] || notPlaces[w.lower] {
			return false
		}
	}
	if _, town := townAfter(s, end); town || addressBefore(s, start.start) || ownLine(s, start.start, end) {
		return true
	}
	return upperAt(s, start.start) && upperAt(s, words[0].start) && upperAt(s, last.start) && !sentenceStart(s, start.start)
}

// looseStart returns where a name with a loose ending begins, such as Buchenhain
// 5 next to a postcode, -1 if nothing says that it is a street.
func looseStart(s string, w word, end, digits int) int {
	start := wordStart(s, w.start)
	word := strings.ToLower(s[start:w.end])
	if looseSet[word] || notPlaces[word] || notNames[word] {
		return -1
	}
	if _, town := townAfter(s, withoutLetter(s, end)); town || ownLine(s, start, end) || upperAt(s, start) && addressBefore(s, start) && digits < 4 {
		return start
	}
	return -1
}

// isEnglish decides whether the words between a number and Street, Road … are
// the name of one.
func isEnglish(name, ending string) bool {
	words := strings.Fields(name)
	common := strings.HasPrefix(strings.ToLower(ending), "str") || set("road rd rd. lane avenue ave ave. boulevard")[strings.ToLower(ending)]
	for i, w := range words {
		if notEnglish[strings.ToLower(w)] || (w[0] >= '0' && w[0] <= '9' && i > 0 && !strings.ContainsAny(w, "tsnr")) {
			return false
		}
		if strings.HasSuffix(w, ".") && len(w) > 4 || !upperAt(w, 0) && !isDigit(w[0]) && !common {
			return false
		}
	}
	if common {
		return upperAt(ending, 0) || len(words) <= 2
	}
	return upperAt(ending, 0)
}

var notEnglish = set(`the a an of in on at to from for and or my our your this that these is are was were has have had down up along off per
	way lane minutes minute hours hour days day weeks week months month years year times mbps mbit gb mb euros pounds people houses homes
	der die das und in im am ein eine ist mit von zu auf für bei nach uhr tage stunden euro mbit metres meters metre meter miles mile km speed with
	without by until since before after about over under every other same whole high-speed more less than only just not`)

// isDecimal reports whether the number at i is the end of a longer one.
func isDecimal(s string, i int) bool {
	return i > 1 && strings.IndexByte(".,:-/", s[i-1]) >= 0 && isDigit(s[i-2])
}

// wordStart returns where the word (letters, hyphens, dots inside) that ends at
// position i begins.
func wordStart(s string, i int) int {
	for i > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:i])
		if !unicode.IsLetter(r) && r != '-' && r != '\'' && r != '.' {
			break
		}
		i -= n
	}
	for i < len(s) && (s[i] == '.' || s[i] == '\'' || s[i] == '-') {
		i++
	}
	return i
}

func upperAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsUpper(r)
}

func addressBefore(s string, i int) bool { return addressWord.MatchString(before(s, i, 80)) }

// sentenceStart reports whether a sentence or line begins at i.
func sentenceStart(s string, i int) bool {
	rest := strings.TrimRight(s[:i], " \"'„“»«(")
	return rest == "" || strings.IndexByte(".!?:;\n-*", rest[len(rest)-1]) >= 0
}

// ownLine reports whether a piece stands alone on a line of several.
func ownLine(s string, start, end int) bool {
	rest := strings.TrimRight(s[:start], " ")
	tail := strings.TrimLeft(s[end:], " ,")
	if rest == "" && tail == "" {
		return true
	}
	return (rest == "" || strings.HasSuffix(rest, "\n")) && (tail == "" || strings.HasPrefix(tail, "\n"))
}
