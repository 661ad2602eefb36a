package templates

import (
	"html"
	"net/url"
	"strings"

	"lotse/internal/platform/markup"
)

// piece is a stretch of a line that is written out: letters, perhaps strong,
// perhaps a link.
type piece struct {
	text   string
	strong bool
	href   string
}

// fill puts values into a line. It returns several lines where a variable of
// lines stands alone, and none where nothing but empty variables stood.
func fill(line []span, v Values) [][]piece {
	if len(line) == 1 && variables[line[0].variable].lines {
		var all [][]piece
		for text := range strings.Lines(v[line[0].variable]) {
			all = append(all, lineOf(strings.TrimSpace(text), line[0]))
		}
		return all
	}
	var pieces []piece
	filled, letters := false, ""
	for _, s := range line {
		p := s.piece(v)
		if s.variable != "" && p.text == "" {
			trimSpace(pieces)
		}
		if !s.isLetters() {
			filled = true
		}
		pieces, letters = append(pieces, p), letters+p.text
	}
	if filled && strings.TrimSpace(letters) == "" {
		return nil
	}
	return [][]piece{pieces}
}

// lineOf writes a line of a variable of lines. One of DigestList, which only the
// program writes, may be words, a tab and where they lead.
func lineOf(text string, s span) []piece {
	if s.variable != DigestList {
		return []piece{{text: markup.CleanLine(text, maxValue), strong: s.strong}}
	}
	words, address, _ := strings.Cut(text, "\t")
	return []piece{{text: words, strong: s.strong, href: webAddress(address)}}
}

// trimSpace takes the space away that stands before something empty.
func trimSpace(pieces []piece) {
	if last := len(pieces) - 1; last >= 0 && pieces[last].href == "" {
		pieces[last].text = strings.TrimSuffix(pieces[last].text, " ")
	}
}

func (s span) piece(v Values) piece {
	switch {
	case s.target != nil:
		p := piece{strong: s.strong, href: s.address(v)}
		p.text = letters(s.label, v)
		if s.label == nil {
			p.text = p.href
		}
		if p.text == "" {
			p.text = letters(s.target, v)
		}
		return p
	case s.variable == "":
		return piece{text: s.text, strong: s.strong}
	case variables[s.variable].link:
		return piece{text: v[s.variable], strong: s.strong, href: v[s.variable]}
	case variables[s.variable].lines:
		return piece{text: markup.CleanLine(strings.ReplaceAll(v[s.variable], "\n", ", "), 0), strong: s.strong}
	}
	return piece{text: v[s.variable], strong: s.strong}
}

func letters(spans []span, v Values) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.text + v[s.variable])
	}
	return b.String()
}

// address writes out where a link leads: "" for nowhere. A value within an
// address is only ever a part of it.
func (s span) address(v Values) string {
	if !s.mayLead() {
		return ""
	}
	if first := s.target[0]; first.variable != "" {
		return webAddress(v[first.variable])
	}
	var b strings.Builder
	for _, part := range s.target {
		b.WriteString(part.text + url.QueryEscape(v[part.variable]))
	}
	if strings.HasPrefix(b.String(), "mailto:") {
		return b.String()
	}
	return webAddress(b.String())
}

// webAddress returns a http or https address as it is, and "" for all else.
func webAddress(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(raw, "\n\t \"<>") {
		return ""
	}
	return u.String()
}

func writeSubject(subject string, v Values) string {
	spans, _ := parseSubject(subject)
	var b strings.Builder
	for _, line := range fill(spans, v) {
		for _, p := range line {
			b.WriteString(p.text)
		}
	}
	return markup.CleanLine(b.String(), maxSubject)
}

// writeText writes blocks as plain text that reads well.
func writeText(blocks []block, v Values) string {
	var all []string
	for _, b := range blocks {
		var lines []string
		for _, line := range b.filled(v) {
			lines = append(lines, textOf(line, b.list))
		}
		if len(lines) > 0 {
			all = append(all, strings.Join(lines, "\n"))
		}
	}
	return strings.Join(all, "\n\n")
}

func (b block) filled(v Values) [][]piece {
	var all [][]piece
	for _, line := range b.lines {
		all = append(all, fill(line, v)...)
	}
	return all
}

// textOf writes a line, or an item of a list. Where a link has words of its own,
// its address stands between "<" and ">" (RFC 3986 appendix C); if the link is all
// there is, behind the words, on a line of its own.
func textOf(line []piece, item bool) string {
	before, between := "", ":\n"
	if item {
		before, between = "- ", ": "
	}
	if len(line) == 1 && line[0].href != "" && line[0].href != line[0].text {
		return before + strings.TrimRight(line[0].text, ": ") + between + line[0].href
	}
	var b strings.Builder
	for _, p := range line {
		b.WriteString(p.text)
		if p.href != "" && p.href != p.text {
			b.WriteString(" <" + p.href + ">")
		}
	}
	return before + strings.TrimSpace(b.String())
}

// writeHTML writes blocks as HTML, which passes the gate for mail like all other.
func writeHTML(blocks []block, v Values) markup.SafeHTML {
	var out strings.Builder
	for _, b := range blocks {
		lines := b.filled(v)
		if len(lines) == 0 {
			continue
		}
		before, between, after := "<p>", "<br>", "</p>"
		if b.list {
			before, between, after = "<ul><li>", "</li><li>", "</li></ul>"
		}
		out.WriteString(before)
		for i, line := range lines {
			if i > 0 {
				out.WriteString(between)
			}
			out.WriteString(htmlOf(line))
		}
		out.WriteString(after + "\n")
	}
	return markup.SanitizeMail(out.String())
}

func htmlOf(line []piece) string {
	var b strings.Builder
	for _, p := range line {
		text := html.EscapeString(p.text)
		if p.strong {
			text = "<strong>" + text + "</strong>"
		}
		if p.href != "" {
			text = `<a href="` + html.EscapeString(p.href) + `">` + text + "</a>"
		}
		b.WriteString(text)
	}
	return b.String()
}
