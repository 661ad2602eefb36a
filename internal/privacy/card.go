package privacy

import (
	"regexp"
	"strings"
)

var cardWord = regexp.MustCompile(`(?i)(?:kreditkarte|kartennummer|karten-?nr|visa|mastercard|card|amex)[^\n]{0,30}$`)

// findCards finds payment cards: 13 to 19 digits with a right check digit, or
// said to be a card.
func findCards(p *page) []span {
	var found []span
	s := p.s
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			continue
		}
		start, end, digits := i, i, 0
		for ; i < len(s) && (isDigit(s[i]) || isDigit(s[i-1]) && (s[i] == ' ' || s[i] == '-')); i++ {
			if isDigit(s[i]) {
				digits++
				end = i + 1
			}
		}
		if digits < 13 || digits > 19 || s[start] < '2' || s[start] > '6' || !freeBefore(s, start) || !freeAfter(s, end) || strings.HasSuffix(s[:start], "+") {
			continue
		}
		if luhn(onlyDigits(s[start:end])) || cardWord.MatchString(before(s, start, 60)) {
			found = append(found, span{Card, start, end})
		}
	}
	return found
}

// luhn is the check digit of ISO/IEC 7812-1.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
