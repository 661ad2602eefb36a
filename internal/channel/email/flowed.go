package email

import "strings"

// unflow joins the lines a mailer broke softly (RFC 3676): a line that ends in
// a space goes on in the next line of the same quote depth. delsp drops that
// space, as mail without spaces between words needs it.
func unflow(text string, delsp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	depth, open := 0, false // depth of the paragraph being joined
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		d, rest := quoteDepth(line)
		if open && (d != depth || rest == "-- ") {
			out.WriteByte('\n')
			open = false
		}
		if !open {
			out.WriteString(strings.Repeat(">", d))
			if d > 0 && rest != "" {
				out.WriteByte(' ')
			}
		}
		soft := strings.HasSuffix(rest, " ") && rest != "-- "
		if soft && delsp {
			rest = rest[:len(rest)-1]
		}
		out.WriteString(rest)
		depth, open = d, soft
		if !soft {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// quoteDepth counts the quote marks of a line and undoes space-stuffing.
func quoteDepth(line string) (int, string) {
	d := 0
	for d < len(line) && line[d] == '>' {
		d++
	}
	return d, strings.TrimPrefix(line[d:], " ")
}
