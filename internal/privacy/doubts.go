package privacy

import (
	"net/netip"
	"regexp"
	"strings"
)

// doubt is something that may be personal data: a person should look at it.
type doubt struct {
	key   string // of the catalogue
	looks func(*page) bool
}

var doubts = []doubt{
	{"privacy.doubt.name", namesSomebody},
	{"privacy.doubt.number", hasLongNumber},
	{"privacy.doubt.plate", hasPlate},
	{"privacy.doubt.ip", hasAddress},
	{"privacy.doubt.url", at(urlWords, urlWithData, 300)},
	{"privacy.doubt.handle", hasHandle},
	{"privacy.doubt.street", hasStreetAndTown},
	{"privacy.doubt.secret", at(secretWords, secret, 80)},
	{"privacy.doubt.spelled", spellsDigits},
	{"privacy.doubt.birth", at(bornYearWords, birthYear, 80)},
}

// Doubts returns the catalogue keys of what is left in a text after masking and
// looks like personal data without being sure. A post with doubts is read by
// staff before it is public.
func Doubts(text string, own Own) []string {
	s, _ := examine(text, own)
	p := s.page()
	var keys []string
	for _, d := range doubts {
		if d.looks(p) {
			keys = append(keys, d.key)
		}
	}
	return keys
}

var (
	// addressed finds Herr Weber, Mrs Miller, mein Name ist Erika.
	addressed  = regexp.MustCompile(`^(?:Herrn?|Frau|Familie|Fam\.|Hr\.|Fr\.|Mr\.?|Mrs\.?|Ms\.?|Dr\.|Prof\.) (?:(?:Dr\.|Prof\.|von|van|de|zu|med\.) ?){0,3}(\p{Lu}[\p{L}'-]+)`)
	introduced = regexp.MustCompile(`^(?i:mein name(?: ist|:)|mein vorname ist|ich heiße|ich heisse|my name is|my name's|i am called|name:|meine? (?:frau|mann|mutter|vater|sohn|tochter|nachbar|nachbarin|chef|chefin|kollege|kollegin|vermieter|vermieterin)|my (?:wife|husband|mother|father|son|daughter|neighbou?r|boss|landlord)) ?(\p{Lu}[\p{L}'-]+)`)
	signed     = regexp.MustCompile(`^\p{L}+(?: (?i:aus|from) \p{Lu}\p{L}+)?[,.! ]*(?:\n ?){0,3}(?:(?:Ihre?|Euer|Eure|Yours) )?(\p{Lu}[\p{L}'.-]+)(?: \p{Lu}[\p{L}'-]+){0,2} *(?:\n|$)`)

	longNumber = regexp.MustCompile(`[0-9](?:[ ./-]?[0-9]){6,}`)
	mixedCode  = regexp.MustCompile(`\b[A-Z0-9]*(?:[A-Z][0-9]+[A-Z0-9]*[0-9]{4}|[0-9]{4,}[A-Z]+[0-9]{2,})[A-Z0-9]*\b`)
	version    = regexp.MustCompile(`^[0-9]{1,3}(?:\.[0-9]+){2,}$`)
	thousands  = regexp.MustCompile(`^[0-9]{1,3}(?:[. ][0-9]{3})+$`)

	plate    = regexp.MustCompile(`\b([A-ZÄÖÜ]{1,3})-([A-ZÄÖÜ]{1,2})[ -]?[1-9][0-9]{0,3}[EH]?\b`)
	ipv4     = regexp.MustCompile(`\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b`)
	ipv6     = regexp.MustCompile(`(?i)(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4}){1,4}|[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){1,3}::(?:[0-9a-f]{1,4})?`)
	hardware = regexp.MustCompile(`(?i)\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b`)

	urlWithData = regexp.MustCompile(`(?i)^(?:https?://[^\s/@]{0,60}:[^\s/]{0,60}@|(?:https?://|www\.)\S{0,200}[?&;#/](?:e?mail|user(?:name|_id|id)?|token|session(?:id)?|sid|key|auth|code|password|kunden?(?:nr|id|nummer)?|customer(?:_?id)?|account|vertrag|order(?:_?id)?|phone|tel|name|uid|invite|reset)[=/]\S|(?:facebook|instagram|linkedin|xing|tiktok|twitter|x)\.com/(?:in/|profile/|@)?[\w.-]{3,})`)
	handle      = regexp.MustCompile(`^@[A-Za-z0-9_][A-Za-z0-9_.-]{2,}`)
	secret      = regexp.MustCompile(`(?i)^(?:passwor[dt]|kennwort|pin|puk|tan|cvc|cvv|wlan-?schlüssel|netzwerkschlüssel|wifi key|passcode|zugangscode)\b[^\n.!?]{0,20}?(?:[:=]|\bist\b|\blautet\b|\bis\b) ?\S{3,}`)
	birthYear   = regexp.MustCompile(`(?i)^(?:geboren|born|geb\.|jahrgang)[^\n.!?0-9]{0,20}(?:19|20)[0-9]{2}\b`)

	townNear = regexp.MustCompile(`\b[0-9]{5} \p{Lu}\p{L}+|\b(?:in|aus|bei|from) \p{Lu}\p{L}{2,}`)
)

// Words at which the patterns above are tried.
var (
	urlWords      = set(`http https www facebook instagram linkedin xing tiktok twitter x`)
	secretWords   = set(`passwort password kennwort pin puk tan cvc cvv wlan wlanschlüssel netzwerkschlüssel wifi passcode zugangscode`)
	bornYearWords = set(`geboren born geb jahrgang`)
	titleWords    = set(`herr herrn frau familie fam hr fr mr mrs ms dr prof`)
	introWords    = set(`mein meine meiner ich my i name`)
	closingWords  = set(`grüße grüßen grüsse gruß gruss mfg lg vg regards sincerely thanks cheers hochachtungsvoll wishes`)
	digitWords    = set(`null eins zwei zwo drei vier fünf sechs sieben acht neun zero oh one two three four five six seven eight nine`)
)

// at returns a test that tries an anchored pattern at some words, n bytes on.
func at(words map[string]bool, pattern *regexp.Regexp, n int) func(*page) bool {
	return func(p *page) bool {
		for _, w := range p.words {
			if words[w.lower] && freeBefore(p.s, w.start) && pattern.MatchString(after(p.s, w.start, n)) {
				return true
			}
		}
		return false
	}
}

// notPersons follow Herr, Frau or a closing without being a name.
var notPersons = set(`doktor professor damen herren kollege kollegin nachbar präsident minister und oder in am team service support kundenservice
	danke vielen bitte thanks ihr ps edit update hallo guten`)

func namesSomebody(p *page) bool {
	for _, w := range p.words {
		var pattern *regexp.Regexp
		switch {
		case titleWords[w.lower]:
			pattern = addressed
		case introWords[w.lower]:
			pattern = introduced
		case closingWords[w.lower]:
			pattern = signed
		default:
			continue
		}
		hit := pattern.FindStringSubmatch(after(p.s, w.start, 140))
		if hit != nil && freeBefore(p.s, w.start) && !notPersons[strings.ToLower(hit[1])] {
			return true
		}
	}
	return false
}

var notHandles = set(`@home @work @all @team @alle`)

func hasHandle(p *page) bool {
	for i := range len(p.s) {
		if p.s[i] != '@' || !freeBefore(p.s, i) {
			continue
		}
		if name := handle.FindString(after(p.s, i, 60)); name != "" && !notHandles[strings.ToLower(name)] {
			return true
		}
	}
	return false
}

// spellsDigits finds six digits in words, one after the other.
func spellsDigits(p *page) bool {
	run, end := 0, 0
	for _, w := range p.words {
		switch {
		case !digitWords[w.lower]:
			run = 0
		case w.start-end > 4:
			run = 1
		default:
			run++
		}
		if end = w.end; run == 6 {
			return true
		}
	}
	return false
}

func hasLongNumber(p *page) bool {
	s := p.s
	for _, hit := range longNumber.FindAllStringIndex(s, -1) {
		text := s[hit[0]:hit[1]]
		if dateStart.MatchString(text) || ipAddress.MatchString(text) || thousands.MatchString(text) || version.MatchString(text) {
			continue
		}
		if freeBefore(s, hit[0]) && freeAfter(s, hit[1]) && longestGroup(text) >= 4 && !measure.MatchString(after(s, hit[1], 20)) {
			return true
		}
	}
	return mixedCode.MatchString(s)
}

// longestGroup returns the length of the longest group of digits.
func longestGroup(s string) int {
	longest := 0
	for _, g := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		longest = max(longest, len(g))
	}
	return longest
}

// notPlates begin names of techniques that look like number plates.
var notPlates = set(`dvb usb lte cat rj cd ip ax ac wpa tv pc hd sd wr fb av df vd pp`)

func hasPlate(p *page) bool {
	s := p.s
	for _, hit := range plate.FindAllStringSubmatch(s, -1) {
		if !notPlates[strings.ToLower(hit[1])] {
			return true
		}
	}
	return false
}

// hasAddress finds public IP addresses and hardware addresses. Those of home
// networks tell nothing.
func hasAddress(p *page) bool {
	s := p.s
	for _, hit := range ipv4.FindAllString(s, -1) {
		ip, err := netip.ParseAddr(hit)
		if err == nil && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsUnspecified() && !publicService[hit] && !strings.HasPrefix(hit, "255.") {
			return true
		}
	}
	for _, hit := range ipv6.FindAllString(s, -1) {
		ip, err := netip.ParseAddr(strings.TrimRight(hit, ":"))
		if err != nil {
			ip, err = netip.ParseAddr(hit)
		}
		if err == nil && ip.IsGlobalUnicast() && !ip.IsPrivate() {
			return true
		}
	}
	return hardware.MatchString(s)
}

// publicService holds name servers everybody names.
var publicService = set(`8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 208.67.222.222 208.67.220.220 149.112.112.112`)

// hasStreetAndTown finds a street without number near a town.
func hasStreetAndTown(p *page) bool {
	for _, w := range p.words {
		if !hasEnding(w.lower, sureSet, 14) || sureSet[w.lower] && !namedBefore(p.s, w) || notStreets[w.lower] || !upperAt(p.s, w.start) {
			continue
		}
		if townNear.MatchString(before(p.s, w.start, 60) + "|" + after(p.s, w.end, 60)) {
			return true
		}
	}
	return false
}

// namedBefore reports whether a name stands before a free-standing Straße.
func namedBefore(s string, w word) bool { return namedStart(s, w.start) >= 0 }
