package privacy

import (
	"cmp"
	"slices"
	"strings"

	"lotse/internal/platform/i18n"
)

// maxRounds bounds how often the detectors look again because a masking
// changed what stands next to something else. Two rounds are usual.
const maxRounds = 8

// detectors look at a page in this order: what is certain by its form
// first, what needs words around it later. Each returns ascending spans.
var detectors = []func(*page) []span{
	findEmails,
	findIBANs,
	findNumbers,
	findCards,
	findBirthDates,
	findStreets,
	findPhones,
}

// Find returns the personal data of a text, ascending and not overlapping.
func Find(text string, own Own) []Finding {
	_, found := examine(text, own)
	return found
}

// Mask replaces each piece of personal data by a label in the given language,
// such as [E-Mail-Adresse], and returns what was found in the text it was given.
// Masking a masked text changes nothing.
func Mask(text string, locale i18n.Locale, own Own) (string, []Finding) {
	found := Find(text, own)
	if len(found) == 0 {
		return text, nil
	}
	var b strings.Builder
	done := 0
	for _, f := range found {
		b.WriteString(text[done:f.Start])
		b.WriteString(f.Kind.label(locale))
		done = f.End
	}
	b.WriteString(text[done:])
	return b.String(), found
}

// examine returns the findings and the shadow in which they are masked.
func examine(text string, own Own) (*shadow, []Finding) {
	s := cast(text)
	needles := own.needles()
	var all []Finding
	for range maxRounds {
		count := len(all)
		for _, detect := range detectors {
			masked, found := s.mask(detect(s.page()))
			s, all = masked, append(all, found...)
		}
		masked, found := s.mask(findOwn(s.plain, needles))
		s, all = masked, append(all, found...)
		if len(all) == count {
			return s, sorted(all)
		}
	}
	// Text that is still not at rest was made to be so: no number of it stays.
	s, found := s.mask(everyNumber(s.plain))
	return s, sorted(append(all, found...))
}

// everyNumber returns each word with a digit or an @ in it.
func everyNumber(s string) []span {
	var found []span
	for i := 0; i < len(s); i++ {
		start := i
		for i < len(s) && !isSpace(s[i]) && !strings.HasPrefix(s[i:], string(standIn)) {
			i++
		}
		if strings.ContainsAny(s[start:i], "0123456789@") {
			found = append(found, span{CustomerNumber, start, i})
		}
	}
	return found
}

func sorted(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int { return cmp.Compare(a.Start, b.Start) })
	return all
}
