package fold

import (
	"strings"
	"testing"
)

func TestPhrases(t *testing.T) {
	p := newPhrases(list("vertraulich|vertrauliche|это|irrtum"))
	for text, want := range map[string]int{"": 0, "v": 0, "ver": 0, "irrtum": 1, "irrtum irrtum": 1, "streng vertrauliche nachricht": 2, "это vertraulich": 2, "vertraulichx это irrtu": 2, "irrtum, vertrauliche это": 3} {
		if got := p.count(text, 3); got != want {
			t.Errorf("%q holds %d phrases, want %d", text, got, want)
		}
	}
}

// What is found is what looking for one after the other finds.
func TestPhrasesFindTheSame(t *testing.T) {
	text := strings.ToLower(strings.Join(notices.all, " x ") + strings.Join(verdicts.all, ". "))
	for _, p := range []*phrases{notices, verdicts} {
		want := 0
		for _, phrase := range p.all {
			if strings.Contains(text, phrase) {
				want++
			}
		}
		if got := p.count(text, len(p.all)+1); got != want || want != len(p.all) {
			t.Errorf("%d of %d phrases found, want %d", got, len(p.all), want)
		}
	}
}
