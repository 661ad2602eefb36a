package publish

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const maxSlug = 60

var transliterate = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "æ", "ae", "ø", "oe", "å", "aa", "œ", "oe", "ł", "l", "đ", "d", "ð", "d", "þ", "th")

// numberLike is what may be a case number (of the signs ids.NewNumber takes, so
// that words stay) or another number of somebody: it is left out of addresses.
var numberLike = regexp.MustCompile(`(?i)\bl[\s‐-―-]*[2-9b-df-hj-km-np-tv-z]{4}[\s‐-―-]*[2-9b-df-hj-km-np-tv-z]{2}\b|\d{5,}`)

// Slug returns a title as the last part of an address: small letters a–z, digits
// and hyphens, at most 60 signs, cut at a word. It may be empty.
func Slug(title string) string {
	title = numberLike.ReplaceAllString(title, " ")
	title = transliterate.Replace(strings.ToLower(norm.NFC.String(title)))
	var b strings.Builder
	for _, r := range norm.NFD.String(title) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
			// accents and apostrophes part no words
		default:
			b.WriteByte(' ')
		}
	}
	slug := ""
	for _, word := range strings.Fields(b.String()) {
		next := strings.TrimPrefix(slug+"-"+word, "-")
		if len(next) > maxSlug {
			break
		}
		slug = next
	}
	return slug
}
