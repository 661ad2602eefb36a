package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxNeedles   = 200
	minOwn       = 3 // letters and digits of the shortest thing that is masked
	maxOwnGap    = 3 // separators between two words of a name
	maxOwnLength = 300
)

// needle is something to find in a folded text.
type needle struct {
	kind   Kind
	folded string
	words  []int // where in folded a new word begins; nil: separators may stand anywhere
}

// needles prepares what the desk knows: names in the orders people write them,
// last names alone, and literals.
func (o Own) needles() []needle {
	var list []needle
	add := func(k Kind, text string, strict bool) {
		f := fold(cast(text).plain)
		if utf8.RuneCountInString(f.text) < minOwn || len(f.text) > maxOwnLength || len(list) >= maxNeedles {
			return
		}
		n := needle{kind: k, folded: f.text}
		if strict {
			n.words = f.words()
		}
		list = append(list, n)
	}
	for _, name := range o.Names {
		words := strings.Fields(strings.ReplaceAll(name, ",", " "))
		if len(words) == 0 {
			continue
		}
		first, last := words[:len(words)-1], words[len(words)-1]
		add(Name, strings.Join(words, " "), true)
		if len(first) > 0 {
			add(Name, last+" "+strings.Join(first, " "), true)
			add(Name, first[0]+" "+last, true)
			initial, _ := utf8.DecodeRuneInString(first[0])
			add(Name, string(initial)+" "+last, true)
		}
		add(Name, last, true)
	}
	for _, l := range o.Literals {
		kind := literalKind(l)
		add(kind, l, kind == Name)
	}
	return list
}

// literalKind says what a literal is by what the detectors make of it.
func literalKind(text string) Kind {
	p := cast(text).page()
	for _, detect := range detectors {
		for _, sp := range detect(p) {
			if sp.start == 0 && sp.end == len(p.s) {
				return sp.kind
			}
		}
	}
	if countDigits(p.s) > 0 {
		return CustomerNumber
	}
	return Name
}

// folded is the letters and digits of a text in one spelling (Müller and
// Mueller are one). Byte i of text comes from from[i] to to[i].
type folded struct {
	text     string
	from, to []int
}

func fold(s string) folded {
	var f folded
	var b strings.Builder
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		for range writeFolded(&b, r) {
			f.from = append(f.from, i)
			f.to = append(f.to, i+utf8.RuneLen(r))
		}
	}
	f.text = b.String()
	return f
}

// writeFolded writes one character in its folded spelling and returns the
// number of bytes.
func writeFolded(b *strings.Builder, r rune) int {
	size := b.Len()
	switch r = unicode.ToLower(r); r {
	case 'ä':
		b.WriteString("ae")
	case 'ö':
		b.WriteString("oe")
	case 'ü':
		b.WriteString("ue")
	case 'ß', 'ẞ':
		b.WriteString("ss")
	default:
		if r >= utf8.RuneSelf {
			if base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r))); base != utf8.RuneError {
				r = base
			}
		}
		b.WriteRune(r)
	}
	return b.Len() - size
}

// words returns the positions at which something stood before the letter.
func (f folded) words() []int {
	starts := []int{}
	for i := 1; i < len(f.text); i++ {
		if f.from[i] != f.to[i-1] && f.from[i] != f.from[i-1] {
			starts = append(starts, i)
		}
	}
	return starts
}

// findOwn finds needles as whole words.
func findOwn(s string, needles []needle) []span {
	if len(needles) == 0 {
		return nil
	}
	f := fold(s)
	var found []span
	for _, n := range needles {
		for at := 0; ; {
			i := strings.Index(f.text[at:], n.folded)
			if i < 0 {
				break
			}
			at += i + 1
			if sp, ok := f.whole(s, n, at-1); ok {
				found = append(found, sp)
				at += len(n.folded) - 1
			}
		}
	}
	return ascending(found)
}

// whole returns the span of a hit at position i if it is of whole words and
// has gaps where the needle has them.
func (f folded) whole(s string, n needle, i int) (span, bool) {
	j := i + len(n.folded) - 1
	sp := span{n.kind, f.from[i], f.to[j]}
	if i > 0 && f.from[i] == f.from[i-1] || j+1 < len(f.text) && f.to[j] == f.to[j+1] {
		return sp, false // half of an ß or umlaut
	}
	if !freeBefore(s, sp.start) || !freeAfter(s, sp.end) && !genitive(s, n.kind, sp.end) {
		return sp, false
	}
	for k := i + 1; k <= j; k++ {
		gap := f.from[k] - f.to[k-1]
		if f.from[k] == f.from[k-1] || gap <= 0 {
			continue
		}
		if gap > maxOwnGap || n.words != nil && !slices.Contains(n.words, k-i) {
			return sp, false
		}
	}
	return sp, true
}

// genitive reports whether only an s follows: Mustermanns.
func genitive(s string, k Kind, end int) bool {
	return k == Name && strings.HasPrefix(s[end:], "s") && freeAfter(s, end+1)
}
