package publish

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
)

// maxSubstance bounds what Substantive reads of an answer, in bytes.
const maxSubstance = 20_000

const (
	// leastScore is what an answer has to exceed. It lies just below zero, where
	// a sentence is as likely to say something as not.
	leastScore = -0.2
	// restShare is how much the other sentences of an answer weigh against its
	// best one: what stands among requests to call is more likely one of them.
	restShare = 0.25
	// surest bounds how sure a sentence may be when it is weighed as one of the
	// others.
	surest = 6
	// weightUnit is what the whole numbers in substanceWeights count.
	weightUnit = 0.01
)

// Substantive reports whether a public answer of staff, in Markdown, says
// something: a fact, an action, a decision, a step, a cause or a promise with a
// date. "Please write us privately", "call our hotline", "we forwarded it" and
// "we are sorry" do not count, whatever politeness surrounds them.
//
// The text is cut into sentences; quotations, greetings and closings with all
// that follows are dropped. Each sentence is scored by a linear model over its
// words, pairs of words and what they are about (see features). The weights were
// learned from replies in testdata (learnedFrom names the files) and lie in
// substance_weights.tsv; TestSubstanceWeights learns them again. An answer is
// judged by its best sentence, a little less if the others only deflect.
func Substantive(text string) bool {
	if len(text) > maxSubstance {
		text = text[:maxSubstance]
	}
	var scores []float64
	for _, s := range statements(strings.ToValidUTF8(text, "")) {
		if f := features(s); len(f) > 0 {
			scores = append(scores, learned.score(f))
		}
	}
	return judge(scores) > leastScore
}

// judge makes one score of those of an answer's sentences.
func judge(scores []float64) float64 {
	if len(scores) == 0 {
		return math.Inf(-1)
	}
	best, sum := math.Inf(-1), 0.0
	for _, z := range scores {
		best = max(best, z)
		sum += bounded(z)
	}
	if len(scores) == 1 {
		return best
	}
	return best + restShare*(sum-bounded(best))/float64(len(scores)-1)
}

func bounded(z float64) float64 { return max(-surest, min(surest, z)) }

// model is a weight for each feature it knows.
type model map[string]float64

//go:embed substance_weights.tsv
var substanceWeights string

var learned = readWeights(substanceWeights)

// readWeights reads lines of a feature, a tab and a whole number.
func readWeights(lines string) model {
	m := model{}
	for line := range strings.Lines(lines) {
		name, number, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if n, err := strconv.Atoi(number); ok && err == nil {
			m[name] = float64(n) * weightUnit
		}
	}
	return m
}

// score says how likely a sentence with these features says something: the
// logarithm of the odds.
func (m model) score(list []string) float64 {
	z := 0.0
	for _, f := range m.known(list) {
		z += m[f]
	}
	return z
}

// known are those features of a sentence the model has learned, and how many of
// its words it has not.
func (m model) known(list []string) []string {
	out := []string{"#bias"}
	all, unknown := 0, 0
	for _, f := range list {
		_, ok := m[f]
		if ok {
			out = append(out, f)
		}
		if isWord(f) {
			all++
			if !ok {
				unknown++
			}
		}
	}
	out = append(out, upTo("#new", min(unknown, 5))...)
	if all > 0 {
		out = append(out, upTo("#newshare", unknown*4/all)...)
	}
	return out
}
