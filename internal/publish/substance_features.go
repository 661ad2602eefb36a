package publish

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// stemRunes is how much of a word's beginning counts as its stem, and how much
// of its end tells what a German compound is.
const stemRunes = 5

// dependent begins a clause that asks, or repeats what the customer wrote.
var dependent = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq(`dass daß that wenn falls ob if damit um sobald when which once as to until bis`) {
		dependent[w] = true
	}
}

// sentence collects the features of one sentence.
type sentence struct {
	seen             map[string]bool
	main             map[string]bool // classes outside dependent clauses
	words            int
	content, outside int // words of no class, and those of them outside dependent clauses
	word, class      string
}

// features describes a sentence to the model, sorted:
//
//	stör~         the stem of a word; s:stör~ in a dependent clause or after "sorry", "thanks for"
//	~nummer       the end of a long word
//	wir habe~     two stems in a row; ^ and $ are the ends of the sentence
//	@done         a class of classWords; @s:done in a dependent clause
//	@us forward   two classes in a row
//	@date+done    two classes anywhere outside dependent clauses
//	#len8         length, question, and how many words belong to no class
func features(text string) []string {
	s := sentence{seen: map[string]bool{}, main: map[string]bool{}, word: "^", class: "^"}
	for _, c := range clauseEnd.Split(text, -1) {
		s.clause(strings.Fields(plainWords(c)))
	}
	if s.words == 0 {
		return nil
	}
	s.seen[s.word+" $"] = true
	s.pairs()
	s.counts(strings.TrimSpace(text))
	return sortedKeys(s.seen)
}

func (s *sentence) clause(list []string) {
	repeats := len(list) > 1 && dependent[list[0]]
	for _, w := range list {
		mark := ""
		if repeats {
			mark = "s:"
		}
		class, stem := wordClass(w), stemOf(w)
		s.words++
		s.seen[mark+stem] = true
		s.seen[s.word+" "+stem] = true
		if end := endOf(w); end != "" && !repeats {
			s.seen["~"+end] = true
		}
		next := class
		switch class {
		case "":
			next = "x"
			s.content++
			if !repeats {
				s.outside++
			}
		case "fn":
			next = stem
		default:
			s.seen["@"+mark+class] = true
			if !repeats {
				s.main[class] = true
			}
		}
		s.seen["@"+s.class+" "+next] = true
		s.word, s.class = stem, next
		repeats = repeats || class == "regret" || class == "thanks" || class == "empathy"
	}
}

func (s *sentence) pairs() {
	list := sortedKeys(s.main)
	for i, a := range list {
		for _, b := range list[i+1:] {
			s.seen["@"+a+"+"+b] = true
		}
	}
}

func (s *sentence) counts(text string) {
	add := func(names ...string) {
		for _, n := range names {
			s.seen[n] = true
		}
	}
	if strings.HasSuffix(text, "?") {
		add("#question")
	}
	if strings.Contains(text, ":") {
		add("#colon")
	}
	switch {
	case s.words < 3:
		add("#len2")
	case s.words < 5:
		add("#len4")
	case s.words < 9:
		add("#len8")
	case s.words < 16:
		add("#len15")
	default:
		add("#lenmore")
	}
	add(upTo("#content", min(s.content, 5))...)
	add(upTo("#outside", min(s.outside, 5))...)
	if s.content*4 >= s.words {
		add("#dense")
	}
	if s.content*2 >= s.words {
		add("#denser")
	}
}

// numberKind names what a word with digits is, without them: "<time>", "<numkwh>".
func numberKind(w string) string {
	if !strings.ContainsAny(w, "0123456789") {
		return ""
	}
	switch {
	case strings.ContainsAny(w, "€$£"):
		return "<money>"
	case strings.Contains(w, "%"):
		return "<percent>"
	case strings.Contains(w, ":"):
		return "<time>"
	}
	return "<num" + strings.Trim(w, "0123456789.,/+-") + ">"
}

func wordClass(w string) string {
	switch n := numberKind(w); {
	case n == "":
		return serviceWords.class(w)
	case strings.HasPrefix(n, "<num"):
		return "num"
	default:
		return strings.Trim(n, "<>")
	}
}

func stemOf(w string) string {
	if n := numberKind(w); n != "" {
		return n
	}
	runes := 0
	for i := range w {
		if runes == stemRunes {
			return w[:i] + "~"
		}
		runes++
	}
	return w
}

// endOf is the end of a word long enough to be a compound, or "".
func endOf(w string) string {
	if numberKind(w) != "" || utf8.RuneCountInString(w) <= stemRunes+3 {
		return ""
	}
	i := len(w)
	for range stemRunes {
		_, size := utf8.DecodeLastRuneInString(w[:i])
		i -= size
	}
	return w[i:]
}

// isWord reports whether a feature is a stem outside dependent clauses.
func isWord(f string) bool { return f[0] != '~' && !strings.ContainsAny(f, " #@:") }

// isRare reports whether a feature is of a sort most of which are seen once: two
// stems in a row, the end of a word, a stem in a dependent clause.
func isRare(f string) bool { return f[0] != '@' && (f[0] == '~' || strings.ContainsAny(f, " :")) }

// upTo names each number to n, so that more of something weighs more.
func upTo(name string, n int) []string {
	var out []string
	for i := 1; i <= n; i++ {
		out = append(out, name+strconv.Itoa(i))
	}
	return out
}

func sortedKeys(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for f := range set {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}
