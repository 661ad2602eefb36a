package search

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// The bounds of a question. Together they bound the clauses of a query, and so
// the time it takes, whatever was typed.
const (
	maxQueryRunes = 200
	maxQueryWords = 12
	maxQueryGrams = 80
	// maxPostings is how often, in all documents, the pieces of a query may
	// occur. Beyond it the commonest are left out: they cost most and say least.
	maxPostings = 60_000
)

// How much a match weighs, by where and how. The figures were found by trying,
// on the questions in testdata and on XQuAD.
const (
	weightTitle    = 3.0
	weightQuestion = 1.5
	weightAnswers  = 1.0
	weightPosts    = 0.5
	weightFuzzy    = 0.2
	weightGrams    = 2.0
	gramShare      = 0.35 // of a word's pieces that must be there
)

// fuzzyFrom is the length, in letters, from which on one may be mistyped.
const fuzzyFrom = 5

// build makes the query: at least some of the words, each in any of the ways it
// can be found. It returns nil if there is nothing to look for. Of the pieces
// of words those are used that known lets through.
func build(q Query, known census) (query.Query, error) {
	asked, half := queryWords(q)
	if len(asked) == 0 {
		return nil, nil
	}
	pieces, err := known.affordable(queryGrams(asked))
	if err != nil {
		return nil, err
	}
	clauses := make([]query.Query, len(asked))
	for i, w := range asked {
		clauses[i] = wordQuery(w, pieces[i], w == half)
	}
	some := bleve.NewDisjunctionQuery(clauses...)
	some.SetMin(float64(needed(len(asked))))
	brand := bleve.NewTermQuery(q.Brand.String())
	brand.SetField(fieldBrand)
	all := bleve.NewBooleanQuery()
	all.AddMust(some)
	all.AddFilter(brand)
	return all, nil
}

// needed is how many of n words must be found: a third, at least one.
func needed(n int) int { return max(1, n/3) }

// queryWords returns the distinct words of the question, and which of them is
// still being typed, if any.
func queryWords(q Query) (asked []string, half string) {
	text := strings.ToValidUTF8(q.Text, " ")
	if utf8.RuneCountInString(text) > maxQueryRunes {
		text = string([]rune(text)[:maxQueryRunes])
	}
	for _, w := range words(text) {
		if len(asked) < maxQueryWords && !slices.Contains(asked, w) {
			asked = append(asked, w)
		}
	}
	if !q.Partial {
		return asked, ""
	}
	tail := words(text[strings.LastIndexFunc(text, isGap)+1:])
	if len(tail) > 0 {
		half = tail[len(tail)-1]
	}
	return asked, half
}

// queryGrams returns the pieces of each word, as many as the bounds allow.
func queryGrams(asked []string) [][]string {
	pieces, left := make([][]string, len(asked)), maxQueryGrams
	for i, w := range asked {
		if utf8.RuneCountInString(w) < gramSize-1 {
			continue
		}
		all := grams(w)
		pieces[i] = all[:min(len(all), left)]
		left -= len(pieces[i])
	}
	return pieces
}

// wordQuery finds a word by its stem, with a letter mistyped, and by its
// pieces. Each way that matches raises the score: Bleve multiplies the sum of a
// disjunction with the share of its clauses that matched, so the ways stand
// side by side however many fields one has.
func wordQuery(word string, pieces []string, half bool) query.Query {
	ways := []query.Query{stemQuery(word)}
	if utf8.RuneCountInString(word) >= fuzzyFrom {
		near := bleve.NewFuzzyQuery(word)
		near.SetField(fieldWords)
		near.SetFuzziness(1)
		near.SetBoost(weightFuzzy)
		ways = append(ways, near)
	}
	if len(pieces) > 0 {
		ways = append(ways, gramQuery(pieces, half))
	}
	return bleve.NewDisjunctionQuery(ways...)
}

func stemQuery(word string) query.Query {
	var fields []query.Query
	for _, s := range bothStems(word) {
		fields = append(fields,
			term(fieldTitle, s, weightTitle), term(fieldQuestion, s, weightQuestion),
			term(fieldAnswers, s, weightAnswers), term(fieldPosts, s, weightPosts))
	}
	return bleve.NewDisjunctionQuery(fields...)
}

// bothStems returns the word's stems by the rules of both languages: documents
// are of one, readers mix them.
func bothStems(word string) []string {
	german, english := stem(word, "de"), stem(word, "en")
	if german == english {
		return []string{german}
	}
	return []string{german, english}
}

// gramQuery finds a word by its pieces: a third of them; all of a word that has
// few or is being typed, but for the one that marks its beginning, so that
// "tausch" finds "Zählertausch".
func gramQuery(pieces []string, half bool) query.Query {
	n, weight := len(pieces), weightGrams
	least := int(math.Ceil(gramShare * float64(n)))
	switch {
	case n == 2:
		pieces, least = pieces[1:], 1
	case n <= 3 || half && n <= 5:
		least = max(1, n-1)
	}
	if half {
		weight = weightTitle
	}
	clauses := make([]query.Query, len(pieces))
	for i, p := range pieces {
		clauses[i] = term(fieldGrams, p, weight/math.Sqrt(float64(n)))
	}
	enough := bleve.NewDisjunctionQuery(clauses...)
	enough.SetMin(float64(least))
	return enough
}

func term(field, text string, weight float64) query.Query {
	t := bleve.NewTermQuery(text)
	t.SetField(field)
	t.SetBoost(weight)
	return t
}
