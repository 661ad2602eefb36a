package fold

import (
	"slices"
	"strings"
)

// phrases are looked for all at once: a text is read through one time, and only where
// two bytes begin a phrase are those compared that begin so.
type phrases struct {
	all    []string
	begins map[uint16][]int // which of all begin with two bytes
	known  [1 << 10]uint64  // the keys of begins as bits: most places of a text begin nothing
}

// newPhrases takes phrases of at least two bytes.
func newPhrases(all []string) *phrases {
	p := &phrases{all: all, begins: map[uint16][]int{}}
	for n, phrase := range all {
		key := uint16(phrase[0])<<8 | uint16(phrase[1])
		p.begins[key] = append(p.begins[key], n)
		p.known[key>>6] |= 1 << (key & 63)
	}
	return p
}

// count returns how many of the phrases stand in a text, and stops at most.
func (p *phrases) count(s string, most int) int {
	var found []int
	for i := 0; i+1 < len(s); i++ {
		key := uint16(s[i])<<8 | uint16(s[i+1])
		if p.known[key>>6]&(1<<(key&63)) == 0 {
			continue
		}
		for _, n := range p.begins[key] {
			if !strings.HasPrefix(s[i:], p.all[n]) || slices.Contains(found, n) {
				continue
			}
			if found = append(found, n); len(found) == most {
				return most
			}
		}
	}
	return len(found)
}
