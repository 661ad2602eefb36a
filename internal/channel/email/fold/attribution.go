package fold

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	introRows = 6   // rows an introducing line may be wrapped over
	maxIntro  = 500 // its length in bytes
	maxVerb   = 40  // bytes of the words between its address and its colon
)

var (
	aClock = regexp.MustCompile(`(?i)(?:^|[^\d.:])\d{1,2}(?:[:h]\d{2}|\.\d{2}(?:[^\d.]|$)|[时時點点시]|` + sp + `?[ap]\.?m\b|` + sp + `?uhr\b)`)
	// threeNumbers are a date, whatever their order.
	threeNumbers = regexp.MustCompile(`\b\d{1,2}[./-]` + sp + `?\d{1,2}[./-]` + sp + `?\d{2}\b`)
	anAddress    = regexp.MustCompile(`[^\s<>"(),;:]@[^\s<>"(),;:]`)
	// oldGmail is the introducing line that Gmail wrote for years in all
	// languages; without its address the name is the last thing on it.
	oldGmail = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d(?: \p{L}[\p{L}.'-]*){1,4}$`)
)

// findIntros finds the lines that introduce a quote, such as "On … Ann wrote:".
// They are found by their end and read backwards, since they begin in as many
// ways as there are languages and programs.
func (l *letter) findIntros() {
	l.intro = make([]int, len(l.rows)+1)
	for _, hints := range l.hints {
		for _, h := range hints {
			if h.is == hintIntro {
				l.intro[h.from] = h.to
			}
		}
	}
	for end := range l.rows {
		bare := l.rows[end].bare
		if oldGmail.MatchString(bare) && l.alone(end, end) {
			l.intro[end] = end + 1
			continue
		}
		if !endsIntro(bare) {
			if l.opensMessage(end) {
				l.intro[end] = end + 1
			}
			continue
		}
		if start, ok := l.introStart(end); ok {
			l.intro[start] = end + 1
		}
	}
}

// opensMessage reports whether a row is an introducing line of which the end was
// lost, so that the earlier message begins in it: "On 3 May at 10:00, Ann
// <a@b.example> wrote: Hello". People write such sentences too, hence address in
// brackets, clock and verb all have to be there.
func (l *letter) opensMessage(i int) bool {
	bare := l.rows[i].bare
	bare = bare[:min(len(bare), maxIntro)]
	at := strings.IndexByte(bare, '>')
	if at < 0 || !strings.Contains(bare[:at], "@") {
		return false
	}
	behind := bare[at+1:]
	colon := strings.IndexByte(behind[:min(len(behind), maxVerb)], ':')
	if colon < 0 || !wrote[strings.ToLower(lastWord(behind[:colon]))] {
		return false
	}
	s := bare[:at+1+colon+1]
	return aClock.MatchString(s) && l.isIntro(s, false, false, true)
}

// endsIntro reports whether an introducing line may end like this: with a
// colon, or with the verb.
func endsIntro(bare string) bool {
	s := strings.TrimRightFunc(bare, func(r rune) bool { return isDrawn(r) || isInvisible(r) || r == '>' })
	if s == "" || len(bare) > maxIntro {
		return false
	}
	if last, _ := utf8.DecodeLastRuneInString(s); last == ':' || last == '：' {
		return true
	}
	return wrote[strings.ToLower(lastWord(s))] || endsInAddress(bare)
}

// endsInAddress reports whether a line is a date and a sender, as Gmail
// introduced quotes once: "2012/10/1 Ann <ann@b.example>".
func endsInAddress(bare string) bool {
	return bare[0] >= '0' && bare[0] <= '9' && strings.HasSuffix(bare, ">") && strings.Contains(bare, "@")
}

func lastWord(s string) string {
	fields := strings.FieldsFunc(s[max(0, len(s)-60):], notInWord)
	if len(fields) == 0 {
		return ""
	}
	return fields[len(fields)-1]
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) }

// introStart returns where the introducing line begins that ends at row end.
func (l *letter) introStart(end int) (int, bool) {
	next := l.skipEmpty(end + 1)
	quoted := next < len(l.rows) && l.rows[next].depth > l.rows[end].depth
	if start, ok := l.introBack(end, quoted, false); ok {
		return start, true
	}
	if isPlainIntro(l.rows[end].bare, quoted, l.alone(end, end)) {
		return end, true
	}
	if quoted {
		return l.introBack(end, true, true)
	}
	return 0, false
}

// introBack reads rows backward from row end until they make an introducing
// line. The shortest stretch that says all of it counts, so that a text before
// it without an empty row between is not taken with it. unknown allows for one
// in a language that is not known here.
func (l *letter) introBack(end int, quoted, unknown bool) (int, bool) {
	joined, may := "", unknown
	for start := end; start >= 0 && start > end-introRows; start-- {
		r := l.rows[start]
		if r.bare == "" {
			if start == end || !strings.HasPrefix(l.rows[start+1].bare, "<") {
				break
			}
			continue
		}
		if r.depth != l.rows[end].depth || len(joined)+len(r.bare) > maxIntro {
			break
		}
		joined = r.bare + " " + joined
		may = may || mayIntroduce(r.bare)
		if may && l.isIntro(joined, quoted, unknown, l.alone(start, end)) {
			return l.widenIntro(start), true
		}
	}
	return 0, false
}

// alone reports whether the rows make a paragraph of their own.
func (l *letter) alone(start, end int) bool {
	return (start == 0 || l.blank(start-1)) && (end+1 >= len(l.rows) || l.blank(end+1))
}

// widenIntro takes the row above to an introducing line that seems to lack its
// beginning: the name before an address, or "On Wednesday,".
func (l *letter) widenIntro(start int) int {
	if start == 0 || l.blank(start-1) || l.rows[start-1].depth != l.rows[start].depth {
		return start
	}
	before := l.rows[start-1].bare
	if strings.ContainsAny(before[len(before)-1:], ".!?:") || runes(before) > 60 {
		return start
	}
	fields := strings.Fields(before)
	first := strings.ToLower(strings.Trim(fields[0], ",.-*"))
	torn := l.rows[start].bare[0] == '<' || strings.LastIndexByte(before, '<') > strings.LastIndexByte(before, '>')
	if torn || len(fields) <= 4 && openers[first] {
		return start - 1
	}
	return start
}

// openers are words an introducing line begins with.
var openers = words("on|am|le|el|il|em|op|den|dne|dňa|dnia|w|in|pada|vào|στις|на|в|v|a|az|ε|la|em|no|på|i|bei|um")

// traits is what an introducing line is made of.
type traits struct {
	verb, verbLast       bool
	address, addressLast bool
	bracketed            bool // the address stands in brackets
	colon                bool
	byHand               bool // words of a sentence somebody wrote
	by                   bool // "from"
	dated, clock         bool // known after lookAtDate
}

// isIntro reports whether the text is an introducing line. quoted tells whether
// a marked quote follows, unknown whether its language may be unknown, alone
// whether it is a paragraph of its own.
func (l *letter) isIntro(s string, quoted, unknown, alone bool) bool {
	s = strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return westernDigit(r)
	}, s)
	if l.looks > maxLooks {
		return false
	}
	t := readTraits(s)
	if !t.verb && !t.addressLast && !unknown || !l.spend(1) {
		return false
	}
	t.lookAtDate(s)
	switch {
	case !t.dated:
		return false
	case !t.colon:
		return t.address && (quoted && (t.verb || startsWithDate(s)) || t.verb && alone && t.bracketed && t.clock && !t.byHand)
	case t.verb && (quoted || t.bracketed || t.address && !t.byHand):
		return true
	case unknown:
		return t.address || t.clock
	case t.verb && t.byHand:
		return false
	case t.verb && t.clock:
		return true
	case t.verb:
		return t.verbLast && alone
	}
	return t.clock && (quoted || !t.byHand && (startsWithDate(s) || t.by && t.bracketed))
}

// mayIntroduce reports whether a line holds a verb or an address, without which
// there is no introducing line.
func mayIntroduce(bare string) bool {
	return strings.Contains(bare, "@") || hasVerbWithin(bare) ||
		slices.ContainsFunc(strings.FieldsFunc(bare, notInWord), func(w string) bool { return wrote[strings.ToLower(w)] })
}

func hasVerbWithin(s string) bool {
	return slices.ContainsFunc(wroteWithin, func(w string) bool { return strings.Contains(s, w) })
}

// isPlainIntro reports whether a line introduces a quote with neither date nor
// time: "Ann <a@b.example> writes:", and before a marked quote "Ann wrote:".
func isPlainIntro(bare string, quoted, alone bool) bool {
	t := readTraits(bare)
	if !t.verb || !t.colon {
		return false
	}
	short := len(strings.Fields(bare)) <= 6
	if quoted {
		return t.address || short
	}
	return short && alone && t.bracketed && t.verbLast
}

func readTraits(s string) traits {
	var t traits
	end := strings.TrimRightFunc(s, func(r rune) bool { return isDrawn(r) || r == '>' })
	t.colon = strings.HasSuffix(end, ":") || strings.HasSuffix(end, "：") || len(end) < len(strings.TrimRight(s, " "))-1
	fields := strings.FieldsFunc(s, notInWord)
	for i, w := range fields {
		t.byHand = t.byHand || byHand[w]
		w = strings.ToLower(w)
		t.by = t.by || by[w]
		if wrote[w] {
			t.verb = true
			t.verbLast = t.verbLast || i == len(fields)-1 || i == len(fields)-2 && len(fields[i+1]) <= 3
		}
	}
	t.verb = t.verb || hasVerbWithin(s)
	if at := anAddress.FindStringIndex(s); at != nil {
		t.address, t.bracketed = true, strings.Contains(s, "<")
		last := strings.Fields(s[strings.LastIndexByte(s, '@'):])
		t.addressLast = len(strings.Trim(strings.Join(last[1:], ""), ">):\"'-*»")) == 0
	}
	return t
}

func (t *traits) lookAtDate(s string) {
	if len(s) > maxDate { // the date stands at one of the ends
		s = s[:maxDate/2] + " " + strings.ToValidUTF8(s[len(s)-maxDate/2:], "")
	}
	t.clock = aClock.MatchString(s)
	_, t.dated = findDate(s)
	t.dated = t.dated || hasDay(s) || t.clock && (aYear.MatchString(s) || threeNumbers.MatchString(s))
}

// hasDay reports whether a line names a day of a month, with or without year.
func hasDay(s string) bool {
	for _, w := range aWord.FindAllStringIndex(s, 40) {
		if monthOf(s[w[0]:w[1]], false) > 0 && (dayAfter.MatchString(s[w[1]:]) || dayBefore.MatchString(s[:w[0]])) {
			return true
		}
	}
	return false
}

// startsWithDate reports whether a line begins with a date, which may have the
// weekday before it: a sentence has more words before.
func startsWithDate(s string) bool {
	fields := strings.Fields(strings.TrimLeft(s, "-*[( "))
	for _, f := range fields[:min(2, len(fields))] {
		if strings.ContainsFunc(f, unicode.IsDigit) {
			return true
		}
	}
	return false
}

// westernDigit maps the digits of other scripts to ours.
func westernDigit(r rune) rune {
	switch {
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	}
	return r
}
