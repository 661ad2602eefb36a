package spam

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// anchor is a link with other words on it.
	anchor = regexp.MustCompile(`(?i)<a\s[^>]*href|\[(?:url|link)[=\]]`)
	// lure is a link that hides its target, or leads where little good is.
	lure = regexp.MustCompile(`(?i)\b(?:bit\.ly|t\.me|wa\.me|tinyurl\.com|cutt\.ly|goo\.gl)/|https?://[^\s/]+\.(?:xyz|top|click|loan|win|bet|casino|icu|buzz|monster|shop/\?)\b`)
)

// links looks at addresses of the web. One or two belong to a question: a speed
// test, a picture.
func (m *message) links() []sign {
	var found []sign
	n := len(link.FindAllStringIndex(m.raw, 12))
	switch {
	case n >= 6:
		found = append(found, sign{"links", 70})
	case n >= 3:
		found = append(found, sign{"links", 30})
	}
	if anchor.MatchString(m.raw) {
		found = append(found, sign{"markup", 70})
	}
	if lure.MatchString(m.raw) {
		found = append(found, sign{"lure", 30})
	}
	if n > 0 && len(m.words) < 4 {
		found = append(found, sign{"only_link", 60})
	}
	return found
}

// letters looks at what the text is written in. Capitals are weak on purpose.
func (m *message) letters() []sign {
	var upper, lower, latin, other int
	for _, r := range m.prose {
		if !unicode.IsLetter(r) {
			continue
		}
		if unicode.IsUpper(r) {
			upper++
		} else if unicode.IsLower(r) {
			lower++
		}
		if unicode.Is(unicode.Latin, r) {
			latin++
		} else {
			other++
		}
	}
	var found []sign
	if upper+lower >= 20 && upper > 4*lower {
		found = append(found, sign{"capitals", 15})
	}
	if other > 10 && other > latin {
		found = append(found, sign{"script", 50})
	}
	return append(found, sign{"disguise", m.disguise()}, sign{"repeated", m.repeated()}, sign{"gibberish", m.gibberish()})
}

// repeated looks for the same character many times in a row. Exclamation marks
// are the angry customer's and weigh little; rules and dots weigh nothing.
func (m *message) repeated() int {
	var last rune
	run, points := 0, 0
	for _, r := range m.prose {
		if r != last {
			last, run = r, 0
		}
		run++
		switch {
		case unicode.IsLetter(r) && run >= 8:
			return 25
		case strings.ContainsRune("!?$€", r) && run >= 6:
			points = 10
		}
	}
	return points
}

// disguise looks for words of letters from several alphabets, and of styled
// ones (𝐁𝐢𝐭𝐜𝐨𝐢𝐧). Greek letters that stand for units and constants are allowed.
func (m *message) disguise() int {
	n := 0
	for _, w := range m.words {
		if utf8.RuneCountInString(w) < 4 {
			continue
		}
		var latin, other, styled bool
		for _, r := range w {
			switch {
			case r >= 0x1D400 && r <= 0x1D7FF, r >= 0xFF21 && r <= 0xFF5A:
				styled = true
			case unicode.Is(unicode.Latin, r):
				latin = true
			case unicode.Is(unicode.Cyrillic, r), unicode.Is(unicode.Greek, r) && !strings.ContainsRune("ΩμπΔαβγλ", r):
				other = true
			}
		}
		if latin && other || styled {
			n++
		}
	}
	return 35 * min(n, 2)
}

// gibberish looks for texts of random letters, which probe whether a form works.
func (m *message) gibberish() int {
	long, odd := 0, 0
	for _, w := range m.words {
		if utf8.RuneCountInString(w) >= 4 {
			long++
		}
		if random(w) {
			odd++
		}
	}
	if odd == 0 || long > 2*odd {
		return 0
	}
	return 60
}

// random reports whether a word looks like xKjdFhQwPzLm: long, letters alone, and
// capitals inside it again and again.
func random(w string) bool {
	if utf8.RuneCountInString(w) < 10 {
		return false
	}
	turns := 0
	var last rune
	for _, r := range w {
		if !unicode.IsLetter(r) {
			return false
		}
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			turns++
		}
		last = r
	}
	return turns >= 3
}
