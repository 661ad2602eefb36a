package email

import (
	"strings"
	"unicode"
)

// Words that are frequent in one language and no words of the other.
var (
	german  = wordSet("und der die das ist nicht ich sie wir den dem des ein eine einen mit von auf für zu im bei oder wenn aber auch noch nur mein meine ihr ihre bitte danke hallo guten tag sehr geehrte habe haben kann können wird werden wurde schon seit mir mich uns ihnen grüße grüßen freundlichen viele liebe nach über unter keine kein")
	english = wordSet("the and is not you we of with from for to or if but also only my your please thanks thank hello dear have has can could will would been since our this that these those are were it at be do does how when where which regards kind best just any")
)

const (
	languageWords = 150     // words looked at
	languageBytes = 4 << 10 // at most in so many bytes
)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// language guesses "de" or "en" from what the sender wrote, without quotes;
// where that says nothing, from Content-Language. It returns "" when unsure.
func language(text string, h header) string {
	de, en, seen := 0, 0, 0
	for line := range strings.Lines(text[:min(len(text), languageBytes)]) {
		if strings.HasPrefix(line, ">") {
			continue
		}
		for _, w := range strings.FieldsFunc(line, func(r rune) bool { return !unicode.IsLetter(r) }) {
			w = strings.ToLower(w)
			switch {
			case german[w]:
				de++
			case english[w]:
				en++
			}
			seen++
		}
		if seen >= languageWords {
			break
		}
	}
	switch {
	case de >= 2 && de >= 2*en:
		return "de"
	case en >= 2 && en >= 2*de:
		return "en"
	}
	switch tag := bare(h.get("content-language")); {
	case tag == "de", strings.HasPrefix(tag, "de-"):
		return "de"
	case tag == "en", strings.HasPrefix(tag, "en-"):
		return "en"
	}
	return ""
}
