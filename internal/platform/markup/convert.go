package markup

import (
	"bytes"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderer "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

// HTMLFromText returns plain text as HTML: paragraphs at empty lines, <br> at
// line ends, and links for web and mail addresses.
func HTMLFromText(text string) SafeHTML {
	text, wasCut := limit(text)
	var b strings.Builder
	open := false
	for line := range strings.Lines(Clean(text)) {
		line = strings.TrimRight(line, " \t\n")
		switch {
		case line == "" && open:
			b.WriteString("</p>\n")
			open = false
			continue
		case line == "":
			continue
		case open:
			b.WriteString("<br>\n")
		default:
			b.WriteString("<p>")
			open = true
		}
		writeLinked(&b, line)
	}
	if open {
		b.WriteString("</p>\n")
	}
	if wasCut {
		b.WriteString("<p>" + cutMark + "</p>\n")
	}
	return SafeHTML(b.String())
}

// writeLinked writes a line, escaped and with links.
func writeLinked(b *strings.Builder, line string) {
	done := 0
	for _, hit := range address.FindAllStringIndex(line, -1) {
		shown := trimAddress(line[hit[0]:hit[1]])
		raw := shown
		if !strings.Contains(shown, "://") {
			raw = "mailto:" + shown
		}
		href := safeHref(raw)
		if href == "" {
			continue
		}
		b.WriteString(html.EscapeString(line[done:hit[0]]))
		b.WriteString("<a")
		for _, a := range linkAttrs(href) {
			b.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
		}
		b.WriteString(">" + html.EscapeString(shown) + "</a>")
		done = hit[0] + len(shown)
	}
	b.WriteString(html.EscapeString(line[done:]))
}

var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithRendererOptions(renderer.WithHardWraps()))
})

// Limits of Markdown. Its grammar has constructs that take quadratic time or
// space: "[a](" 20,000 times renders for three seconds, a table of 10,000
// columns with as many empty rows fills the memory. Within the limits the worst
// we found takes a fifth of a second.
const (
	maxMarkdown = 64 << 10 // bytes; ten pages of text are 30,000
	maxBrackets = 4000     // "[" in all
	maxQuotes   = 100      // ">" on one line
	maxCells    = 100_000  // "|" of the densest line times the number of lines
)

func isHostileMarkdown(md string) bool {
	if len(md) > maxMarkdown || strings.Count(md, "[") > maxBrackets {
		return true
	}
	lines, pipes := 0, 0
	for line := range strings.Lines(md) {
		lines++
		pipes = max(pipes, strings.Count(line, "|"))
		if strings.Count(line, ">") > maxQuotes {
			return true
		}
	}
	return pipes*lines > maxCells
}

// HTMLFromMarkdown renders CommonMark with tables, strikethrough and bare links. A
// line end is one: people who write an address in three lines mean three.
// HTML inside the Markdown is dropped, and the result passes SanitizeMail: the
// same links and images are allowed as in mail. Markdown longer or denser than
// people write (see the limits) is shown as the text it is.
func HTMLFromMarkdown(md string) SafeHTML {
	if isHostileMarkdown(md) {
		return HTMLFromText(md)
	}
	var b bytes.Buffer
	if err := markdown().Convert([]byte(Clean(md)), &b); err != nil {
		return HTMLFromText(md) // a buffer does not fail; text is never lost
	}
	return SanitizeMail(b.String())
}

// TextFromMarkdown returns the readable text of Markdown.
func TextFromMarkdown(md string) string {
	return TextFromHTML(HTMLFromMarkdown(md).String())
}
