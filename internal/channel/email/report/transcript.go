package report

import (
	"regexp"
	"strings"
)

// cutTranscript splits a text before the record of an SMTP dialogue, as
// Sendmail and its relatives write it.
func cutTranscript(said string) (head, script string) {
	if i := strings.Index(strings.ToLower(said), "transcript of session follows"); i >= 0 {
		return said[:i], said[i:]
	}
	return said, ""
}

// verdictForm is the line in which the mailer sums up for one recipient:
// "550 5.1.1 <a@b.example>... User unknown".
var verdictForm = regexp.MustCompile(`^(?:[245]\d\d )?(?:[245]\.\d+\.\d+ )?<?([^\s<>]+@[^\s<>]+?)>?\.\.\. ?(.*)$`)

// commandForm is a line of what the mailer said to the other server.
var commandForm = regexp.MustCompile(`^>>>+ *(.*)$`)

// addTranscript reads the dialogue and adds what it says to the recipients. The
// answers stand above the line that sums them up.
func addTranscript(entries []entry, script string) []entry {
	known := len(entries)
	var open []string // answers not summed up yet
	step, named := unknownPhase, ""
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		switch {
		case commandForm.MatchString(line):
			step = phaseIn(strings.ToLower(">>> " + commandForm.FindStringSubmatch(line)[1]))
			if step == rcptPhase {
				named = strings.ToLower(addressForm.FindString(line))
			}
		case strings.HasPrefix(line, "<<<"):
			open = append(open, strings.TrimSpace(line[3:]))
		case verdictForm.MatchString(line):
			m := verdictForm.FindStringSubmatch(line)
			words := cutBytes(strings.Join(append(open, line), " "), 2*maxWords)
			entries = mergeEntry(entries, entry{address: strings.ToLower(m[1]), words: words, phase: step})
			open, named = nil, ""
		case strings.Contains(strings.ToLower(line), "while talking to"):
			open = nil // the next server
		case line != "":
			open = append(open, line)
		}
	}
	words := cutBytes(strings.Join(open, " "), 2*maxWords)
	switch {
	case words == "" || strings.HasPrefix(words, "----") && len(open) == 1:
	case named != "":
		entries = mergeEntry(entries, entry{address: named, words: words, phase: step})
	default:
		entries = addToAll(entries, known, words, step)
	}
	return entries
}

// addToAll adds what a dialogue says of no one in particular to those that the
// text lists; if it lists none, to one without an address.
func addToAll(entries []entry, listed int, words string, step phase) []entry {
	if len(entries) == 0 {
		return []entry{{words: words, phase: step}}
	}
	for i := range entries[:listed] {
		e := &entries[i]
		e.words = cutBytes(e.words+" "+words, 4*maxWords)
		if e.phase == unknownPhase {
			e.phase = step
		}
	}
	return entries
}
