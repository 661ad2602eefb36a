package fold

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isContact reports whether a row gives contact data and little else.
func isContact(bare string) bool {
	if len(bare) > 200 {
		return false
	}
	lower := strings.ToLower(bare)
	if slices.ContainsFunc(legal, func(word string) bool { return strings.Contains(lower, word) }) {
		return true
	}
	rest := bare
	for _, pattern := range []*regexp.Regexp{aTag, aLink, aPhone, anAddress} {
		rest = pattern.ReplaceAllString(rest, "\x00")
	}
	if rest == bare {
		return aPlace.MatchString(bare) || aPlaceLast.MatchString(bare)
	}
	if m := aPhone.FindString(bare); m != "" && countDigits(m) < 7 && !strings.ContainsAny(bare, "@/") {
		return false
	}
	return len(strings.Fields(rest)) <= maxProse
}

// countContacts returns how many pieces of contact data a row of them holds.
func countContacts(bare string) int {
	n := len(anAddress.FindAllStringIndex(bare, 4))
	for _, m := range aPhone.FindAllString(bare, 4) {
		if countDigits(m) >= 7 {
			n++
		}
	}
	for _, m := range aLink.FindAllString(bare, 4) {
		if !strings.Contains(bare, "@"+m) {
			n++
		}
	}
	return max(n, 1)
}

func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// isName reports whether a line is the name of a person: few words, all with
// capitals where their script has some, no digits.
func isName(bare string) bool {
	bare = strings.Trim(bare, "*_-–—~ ")
	fields := strings.Fields(bare)
	if len(fields) == 0 || len(fields) > 5 || runes(bare) > 45 || strings.ContainsAny(bare, "0123456789@:/?!;") {
		return false
	}
	for _, f := range fields {
		first := []rune(strings.TrimLeft(f, "(\"'"))
		if len(first) > 0 && unicode.IsLower(first[0]) && !particles[strings.Trim(f, ".")] {
			return false
		}
	}
	return true
}

// particles stand in names in small letters.
var particles = words("von|van|de|der|den|del|della|di|da|dos|du|la|le|und|and|et|y|e|zu|vom|zur|ter|ten|bin|al|el|i|ph|phil|med|rer|nat|h|c|i.a|i.v|ppa")

// cardIn finds contact data at the end of a segment: behind a closing formula
// and the name under it, or as a paragraph that begins with a name.
func (l *letter) cardIn(s segment) (from, to int) {
	to = l.lastSaid(s) + 1
	if to == 0 {
		return 0, 0
	}
	if at := l.closingIn(s, to); at >= 0 {
		return l.cardBelow(at, to)
	}
	from = to - 1
	for from > s.from && !l.blank(from-1) {
		from--
	}
	if !l.saidBefore(from) || !isName(l.rows[from].bare) || l.announced(from) {
		return 0, 0
	}
	if c := l.census(from, to); c.contact < 2 || c.prose > 0 || c.rows > maxCard {
		return 0, 0
	}
	return from, to
}

// announced reports whether the text above row i leads to contact data, which
// then is what the writer has to say.
func (l *letter) announced(i int) bool {
	above := i - 1
	for above >= 0 && l.blank(above) {
		above--
	}
	if above < 0 {
		return true
	}
	bare := l.rows[above].bare
	open := isProse(bare) && !strings.ContainsAny(bare[len(bare)-1:], ".!?)")
	return open || strings.HasSuffix(bare, ":") || l.asksForContact(i)
}

// asksForContact reports whether the last row above row i speaks of contact data.
func (l *letter) asksForContact(i int) bool {
	for i--; i >= 0 && l.blank(i); i-- {
	}
	if i < 0 {
		return false
	}
	lower := strings.ToLower(l.rows[i].bare)
	return slices.ContainsFunc(announcing, func(w string) bool { return strings.Contains(lower, w) })
}

// closingIn finds the last closing formula that has no more than a card below
// it, or -1.
func (l *letter) closingIn(s segment, to int) int {
	said := 0
	for i := to - 1; i >= s.from && said <= maxCard+2; i-- {
		if !l.says(i) {
			continue
		}
		said++
		if closes, _ := isClosing(l.rows[i].bare); closes {
			return i
		}
	}
	return -1
}

// isClosing reports whether a line is a closing formula, and whether the name
// stands behind it: "Best regards", "LG Anna", "Vielen Dank und viele Grüße".
// "-Ann" counts as well.
func isClosing(bare string) (closes, named bool) {
	if rest := strings.TrimLeft(bare, "-–—~"); rest != bare && rest != "" && rest[0] != ' ' && isName(rest) {
		return true, true
	}
	s := strings.ToLower(strings.TrimFunc(bare, func(r rune) bool { return !unicode.IsLetter(r) }))
	if len(s) > 80 {
		return false, false
	}
	for _, formula := range closing {
		rest, ok := strings.CutPrefix(s, formula)
		if !ok {
			continue
		}
		if rest == "" {
			return true, false
		}
		behind := strings.Fields(rest)
		if first, _ := utf8.DecodeRuneInString(rest); !unicode.IsLetter(first) && len(behind) <= 5 && !strings.ContainsAny(rest, ".?:") {
			fields := strings.Fields(bare)
			return true, len(behind) > 0 && isName(strings.Join(fields[len(fields)-min(len(behind), len(fields)):], " "))
		}
	}
	return false, false
}

// cardBelow returns the rows below a closing formula and the name under it, if
// they are contact data.
func (l *letter) cardBelow(at, to int) (int, int) {
	from := l.skipBlank(at + 1)
	_, named := isClosing(l.rows[at].bare)
	if !named && from < to && isName(l.rows[from].bare) {
		from, named = l.skipBlank(from+1), true
	}
	if from >= to {
		return 0, 0
	}
	c := l.census(from, to)
	if c.contact == 0 || !named && c.contact < 2 || c.prose > 0 || c.rows > maxCard {
		return 0, 0
	}
	if c.rows <= 2 && l.asksForContact(at) { // then the number is the message
		return 0, 0
	}
	return from, to
}
