package email

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFlow(t *testing.T) {
	long := strings.Repeat("Wort ", 20) + "Ende"
	link := "https://hilfe.lindenau.example/l/" + strings.Repeat("x", 80)
	for _, c := range []struct{ name, in, want string }{
		{"short lines stay", "Guten Tag,\n\nalles gut.\n", "Guten Tag,\n\nalles gut.\n"},
		{"a long line breaks at spaces", long + "\n", strings.Repeat("Wort ", 14) + "\n" + strings.Repeat("Wort ", 6) + "Ende\n"},
		{"an address is not broken", "Siehe " + link + " bitte\n", "Siehe \n" + link + " \nbitte\n"},
		{"spaces at the end go", "Ende   \n", "Ende\n"},
		{"a signature mark stays", "-- \nJana\n", "-- \nJana\n"},
		{"what begins with a space is stuffed", "  - innen\n", "   - innen\n"},
		{"a line that looks like a mailbox's", "From here on\n", " From here on\n"},
		{"quotes stay quotes", "> " + long + "\n> > alt\n>\n", "> " + strings.Repeat("Wort ", 14) + "\n> " + strings.Repeat("Wort ", 6) + "Ende\n>> alt\n> \n"},
		{"a mark within a long line is no quote", strings.Repeat("Wort ", 14) + "x > nein\n", strings.Repeat("Wort ", 14) + "x \n > nein\n"},
		{"the last line needs no end", "Gruß", "Gruß\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := flow(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// unbroken are spaces to Unicode that break no line of a mail.
const unbroken = "\t\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

// What flow breaks, unflow joins: nothing but spaces at line ends and between quote
// marks is lost.
func FuzzFlow(f *testing.F) {
	for _, s := range []string{"", "a", "> a\n>> b", "-- \nJana", strings.Repeat("Wort ", 50), " From x\n  > y\n", strings.Repeat("ä", 90) + " ö"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\r") {
			return
		}
		broken := flow(text)
		for line := range strings.Lines(broken) {
			line = strings.TrimSuffix(line, "\n")
			words := strings.Fields(strings.TrimLeft(line, "> "))
			if n := utf8.RuneCountInString(strings.TrimRight(line, " ")); n > flowWidth+2 && len(words) > 1 && !strings.Contains(line, "  ") && !strings.ContainsAny(line, unbroken) {
				t.Errorf("line of %d characters could be broken: %q", n, line)
			}
		}
		if got, want := squeeze(unflow(broken, false)), squeeze(text); got != want {
			t.Errorf("%q became %q by %q", want, got, broken)
		}
	})
}

// squeeze takes away what flow may: spaces at line ends, between quote marks, and
// the difference a last line end makes.
func squeeze(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		marks, rest := quoteMarks(line)
		if rest != "-- " {
			rest = strings.TrimRight(rest, " ")
		}
		lines = append(lines, strings.TrimRight(marks+" "+rest, " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
