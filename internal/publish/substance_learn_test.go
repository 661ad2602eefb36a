package publish

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

var learnAgain = flag.Bool("learn", false, "write substance_weights.tsv anew")

// learnedFrom are the files the weights were learned from.
var learnedFrom = []string{"substance_train.tsv", "substance.tsv", "substance_later.tsv", "substance_last.tsv"}

const (
	rounds    = 20
	pull      = 50 // how strongly weights are drawn to zero
	rate      = 0.3
	leastSeen = 2    // sentences that must hold a feature before it gets a weight
	leastPair = 4    // the same for two words in a row, ends of words and dependent clauses
	leastKept = 0.03 // weights below are left out
)

// example is a reply: the features of each of its sentences.
type example struct {
	parts [][]string
	says  bool
}

func examples(t testing.TB, files []string) []example {
	var list []example
	for _, name := range files {
		for _, r := range readReplies(t, "testdata/"+name) {
			e := example{says: r.says}
			for _, s := range statements(r.text) {
				if f := features(s); len(f) > 0 {
					e.parts = append(e.parts, f)
				}
			}
			list = append(list, e)
		}
	}
	return list
}

// learn fits a logistic regression by stochastic gradient steps in a fixed
// order. Every sentence of a deflection is one that says nothing; of an answer
// only the best sentence is taken to say something. The weights are the average
// over the later rounds.
func learn(list []example) model {
	m := frequent(list)
	for i := range list {
		parts := make([][]string, len(list[i].parts))
		for k, p := range list[i].parts {
			parts[k] = m.known(p)
		}
		list[i].parts = parts
	}
	l := learner{m, model{}, 20 * pull / float64(len(list))}
	mean := model{}
	for round := range rounds {
		for j := range list {
			l.reply(list[(j*7919+round*31)%len(list)])
		}
		if round > rounds/3 {
			for f, w := range m {
				mean[f] += w / float64(rounds-1-rounds/3)
			}
		}
	}
	return mean
}

// frequent knows the features seen often enough, all with weight zero.
func frequent(list []example) model {
	seen := map[string]int{}
	for _, e := range list {
		for _, p := range e.parts {
			for _, f := range p {
				seen[f]++
			}
		}
	}
	m := model{}
	for f, n := range seen {
		if n >= leastPair || n >= leastSeen && !isRare(f) {
			m[f] = 0
		}
	}
	return m
}

type learner struct {
	weights, squares model
	decay            float64
}

func (l learner) reply(e example) {
	if !e.says {
		for _, p := range e.parts {
			l.step(p, 0)
		}
		return
	}
	if len(e.parts) > 0 {
		l.step(slices.MaxFunc(e.parts, func(a, b []string) int { return cmp.Compare(l.sum(a), l.sum(b)) }), 1)
	}
}

func (l learner) sum(list []string) float64 {
	z := 0.0
	for _, f := range list {
		z += l.weights[f]
	}
	return z
}

// step moves the weights of one sentence towards what it is, frequent features
// more slowly than rare ones.
func (l learner) step(list []string, want float64) {
	miss := 1/(1+math.Exp(-l.sum(list))) - want
	for _, f := range list {
		g := miss
		if f != "#bias" {
			g += l.decay * l.weights[f]
		}
		l.squares[f] += g * g
		l.weights[f] -= rate * g / math.Sqrt(l.squares[f]+1e-6)
	}
}

// written are the weights as substance_weights.tsv keeps them. Words stay even at
// zero: the model counts those it does not know.
func written(m model) map[string]int {
	out := map[string]int{}
	for f, w := range m {
		if math.Abs(w) >= leastKept || isWord(f) {
			out[f] = int(math.Round(w / weightUnit))
		}
	}
	return out
}

// TestSubstanceWeights learns the weights again and compares. After a change of
// the sentences or the features run it with -learn.
func TestSubstanceWeights(t *testing.T) {
	got := written(learn(examples(t, learnedFrom)))
	if *learnAgain {
		var b strings.Builder
		for _, f := range slices.Sorted(maps.Keys(got)) {
			fmt.Fprintf(&b, "%s\t%d\n", f, got[f])
		}
		if err := os.WriteFile("substance_weights.tsv", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(substanceWeights) > 60_000 {
		t.Errorf("weights take %d bytes", len(substanceWeights))
	}
	// Processors that fuse multiplication and addition round differently.
	const slack = 2
	for f, n := range got {
		if have := int(math.Round(learned[f] / weightUnit)); n-have > slack || have-n > slack {
			t.Errorf("%q: learned %d, file has %d", f, n, have)
		}
	}
	for f, w := range learned {
		if _, ok := got[f]; !ok && math.Abs(w) > leastKept+slack*weightUnit {
			t.Errorf("%q is in the file and no longer learned", f)
		}
	}
}
