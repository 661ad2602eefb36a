package markup

import (
	"strings"
	"unicode/utf8"
)

// SoundFolds returns the folds that fit a text: in order, within it, not empty, not
// overlapping, and at the borders of characters. Whoever stores or prints folds
// calls it, so that a wrong one can't cut a text apart.
func SoundFolds(text string, folds []Fold) []Fold {
	var sound []Fold
	last := 0
	for _, f := range folds {
		if f.From < last || f.To <= f.From || f.To > len(text) || !atRune(text, f.From) || !atRune(text, f.To) {
			continue
		}
		sound, last = append(sound, f), f.To
	}
	return sound
}

func atRune(text string, at int) bool { return at == len(text) || utf8.RuneStart(text[at]) }

// Visible returns what of a text is not folded, trimmed, with at most one empty
// line where something was left out. If everything is folded it is empty.
func Visible(text string, folds []Fold) string {
	var kept []string
	at := 0
	for _, f := range append(SoundFolds(text, folds), Fold{From: len(text), To: len(text)}) {
		if part := strings.Trim(text[at:f.From], " \t\n"); part != "" {
			kept = append(kept, part)
		}
		at = f.To
	}
	return strings.Join(kept, "\n\n")
}
