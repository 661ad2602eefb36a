package search

import (
	"strings"
	"unicode"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Text is indexed in three ways, and a question is taken apart in the same
// ways: as words, as stems of words, and as pieces of words.
//
//	"Zählerablesung" → word zahlerablesung, stem zahlerablesung,
//	                   pieces _zah zahl ahle hler lera erab rabl able bles …
//	"Zähler ablesen" → words zahler, ablesen; stems zahl, ables;
//	                   pieces _zah zahl ahle hler, _abl able bles …
//
// Stems find inflections, pieces find compounds and their parts, words are what
// a mistyped word is compared with.

const (
	gramSize = 4   // letters of a piece
	maxRunes = 40  // of a word; what follows is cut off
	wordMark = '_' // stands before the first letter of a word in its first piece
)

// folder turns a letter with a sign into the letter: café → cafe.
func folder() transform.Transformer {
	return transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
}

var umlauts = de.NewGermanNormalizeFilter()

// fold brings all ways to write a word to one: lower case, without signs, and
// ä, ae and a, ö, oe and o, ü, ue and u, ß and ss alike.
func fold(word string) string {
	plain := string(umlauts.Filter(analysis.TokenStream{{Term: []byte(word)}})[0].Term)
	if isASCII(plain) {
		return plain
	}
	folded, _, err := transform.String(folder(), plain)
	if err != nil {
		return plain
	}
	return folded
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// words takes text apart into folded words of at least two letters, or one
// digit, without the stop words of both languages. A word with hyphens counts
// in parts and as a whole: "E-Mail" is "mail" and "email".
func words(text string) []string {
	text = strings.ToLower(norm.NFKC.String(text))
	var found []string
	for _, token := range strings.FieldsFunc(text, isGap) {
		parts := strings.FieldsFunc(token, isHyphen)
		for _, part := range parts {
			found = appendWord(found, part)
		}
		if len(parts) > 1 {
			found = appendWord(found, strings.Join(parts, ""))
		}
	}
	return found
}

func isGap(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Mn, r) && !isHyphen(r)
}

func isHyphen(r rune) bool { return r == '-' || r == '\u2010' || r == '\u2011' }

func appendWord(to []string, word string) []string {
	if stopWords[word] {
		return to
	}
	letters := []rune(fold(word))
	if len(letters) == 0 || len(letters) == 1 && !unicode.IsNumber(letters[0]) {
		return to
	}
	return append(to, string(letters[:min(len(letters), maxRunes)]))
}

var germanStem = de.NewGermanLightStemmerFilter()

// stem cuts the ending off a folded word by the rules of the language.
func stem(word, language string) string {
	switch language {
	case "de":
		return string(germanStem.Filter(analysis.TokenStream{{Term: []byte(word)}})[0].Term)
	case "en":
		env := snowballstem.NewEnv(word)
		english.Stem(env)
		return env.Current()
	}
	return word
}

// stems returns the stem of each word.
func stems(words []string, language string) []string {
	cut := make([]string, len(words))
	for i, w := range words {
		cut[i] = stem(w, language)
	}
	return cut
}

// grams takes a folded word apart into overlapping pieces of four letters. The
// first piece begins with a mark, so that the beginning of a word weighs more
// and short words have a piece as well.
func grams(word string) []string {
	letters := append([]rune{wordMark}, []rune(word)...)
	if len(letters) <= gramSize {
		return []string{string(letters)}
	}
	pieces := make([]string, 0, len(letters)-gramSize+1)
	for i := 0; i+gramSize <= len(letters); i++ {
		pieces = append(pieces, string(letters[i:i+gramSize]))
	}
	return pieces
}

// stopWords are the words that say nothing, German and English. They are left
// out whatever the language, for readers mix them.
var stopWords = func() map[string]bool {
	all := analysis.NewTokenMap()
	for _, list := range [][]byte{de.GermanStopWords, en.EnglishStopWords, []byte(moreStopWords)} {
		if err := all.LoadBytes(list); err != nil {
			panic("reading stop words: " + err.Error()) // they are part of the program
		}
	}
	return all
}()

// moreStopWords are those of questions and politeness, which the lists lack.
const moreStopWords = `
bitte danke hallo guten tag moin gern gerne mal schon ja warum wieso weshalb wofür wozu woher wohin
wer wen wem wessen welch welche welcher welches was wann wie wo gibt geht kann kannst könnt könnte könnten
möchte möchten will muss müssen darf dürfen soll sollen mag wäre hätte habe hätten
eigentlich überhaupt etwa eben denn doch noch
please thanks thank hello hi can could would should may might must shall will want
`
