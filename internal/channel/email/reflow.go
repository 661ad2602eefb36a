package email

import (
	"strings"
	"unicode/utf8"
)

// flowWidth is the longest line of a text that is sent, in characters: RFC 3676
// §4.2 asks for 78 or less, and a quote or two need some room.
const flowWidth = 72

// flow breaks the lines of a text softly (RFC 3676): who knows format=flowed joins
// them again and shows them as wide as the window, who does not sees lines that
// fit. unflow is its inverse. Words longer than a line, such as addresses on the
// web, are not broken. Lines that begin with ">" are quotes.
func flow(text string) string {
	var out strings.Builder
	out.Grow(len(text) + len(text)/16)
	for line := range strings.Lines(text) {
		flowLine(&out, strings.TrimSuffix(line, "\n"))
	}
	return out.String()
}

func flowLine(out *strings.Builder, line string) {
	marks, rest := quoteMarks(line)
	if rest != "-- " { // the mark of a signature ends in a space, nothing else does
		rest = strings.TrimRight(rest, " ")
	}
	for first := true; ; first = false {
		end := softBreak(rest, flowWidth-len(marks))
		if marks != "" {
			out.WriteString(marks + " ")
		} else if needsStuffing(rest, first) {
			out.WriteByte(' ')
		}
		out.WriteString(rest[:end])
		out.WriteByte('\n')
		if rest = rest[end:]; rest == "" {
			return
		}
	}
}

// quoteMarks returns the quote marks of a line without the spaces between them, as
// RFC 3676 §4.5 wants them, and what follows.
func quoteMarks(line string) (marks, rest string) {
	depth := 0
	for strings.HasPrefix(line, ">") {
		depth++
		line = strings.TrimPrefix(line[1:], " ")
	}
	return strings.Repeat(">", depth), line
}

// needsStuffing reports whether a line must begin with one more space (RFC 3676
// §4.4), which readers take away.
func needsStuffing(line string, first bool) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "From ") || !first && strings.HasPrefix(line, ">")
}

// softBreak returns where to break a line: behind the last space that lets it fit,
// else behind its first, else at its end. Behind the break something is left.
func softBreak(line string, width int) int {
	if len(line) <= width || utf8.RuneCountInString(line) <= width {
		return len(line)
	}
	last, column := 0, 0
	for i, r := range line {
		column++
		if r != ' ' || i+1 == len(line) || line[i+1] == ' ' || line[:i+1] == "-- " {
			continue
		}
		if column > width && last > 0 {
			break
		}
		if last = i + 1; column > width {
			break
		}
	}
	if last == 0 {
		return len(line)
	}
	return last
}
