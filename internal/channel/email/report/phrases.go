package report

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed phrases.txt
var phraseFile string

// saying is a reason with the words by which servers say it.
type saying struct {
	reason  string
	phrases []string
	vague   bool // "?" in the file: it takes more than the words
}

// sayings are the rows of phrases.txt, in order.
var sayings = sync.OnceValue(func() []saying {
	var rows []saying
	for line := range strings.Lines(phraseFile) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name, vague := strings.CutSuffix(strings.Trim(line, "[]"), "?")
			rows = append(rows, saying{reason: name, vague: vague})
		default:
			last := &rows[len(rows)-1]
			last.phrases = append(last.phrases, line)
		}
	}
	return rows
})

// gapSize is how many bytes a "*" of a phrase spans at most.
const gapSize = 40

// matches reports whether text has one of the phrases.
func matches(text string, phrases []string) bool {
	for _, p := range phrases {
		if has(text, p) {
			return true
		}
	}
	return false
}

// has reports whether text has a phrase that begins where a word begins.
func has(text, phrase string) bool {
	first, rest, gap := strings.Cut(phrase, "*")
	first = strings.TrimRight(first, " ")
	for from := 0; ; {
		i := strings.Index(text[from:], first)
		if i < 0 {
			return false
		}
		i += from
		from = i + len(first)
		if i > 0 && isWord(text[i-1]) && isWord(first[0]) {
			continue
		}
		rest = strings.TrimLeft(rest, " ")
		if !gap || strings.Contains(text[from:min(len(text), from+gapSize+len(rest))], rest) {
			return true
		}
	}
}

func isWord(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
