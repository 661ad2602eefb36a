package letter

import (
	"strings"

	"golang.org/x/net/html"

	"lotse/internal/platform/i18n"
	"lotse/internal/platform/markup"
)

// foldCaptions name what lies folded.
var foldCaptions = map[markup.FoldKind]string{
	markup.FoldQuote: "letter.quoted", markup.FoldSignature: "letter.signature",
	markup.FoldDisclaimer: "letter.disclaimer", markup.FoldForward: "letter.forwarded",
}

// foldedText is a text in which what is no word of its writer lies folded. If
// nothing else is in it, the first fold stands open.
func foldedText(text string, folds []markup.Fold, p *i18n.Printer) string {
	open := markup.Visible(text, folds) == ""
	var b strings.Builder
	at := 0
	for _, f := range folds {
		b.WriteString(markup.HTMLFromText(text[at:f.From]).String())
		writeFold(&b, f.Kind, text[f.From:f.To], open, p)
		at, open = f.To, false
	}
	b.WriteString(markup.HTMLFromText(text[at:]).String())
	return b.String()
}

func writeFold(b *strings.Builder, kind markup.FoldKind, text string, open bool, p *i18n.Printer) {
	caption, ok := foldCaptions[kind]
	if !ok {
		caption = foldCaptions[markup.FoldQuote]
	}
	b.WriteString(`<details class="fold"`)
	if open {
		b.WriteString(` open`)
	}
	b.WriteString(`><summary>` + html.EscapeString(p.T(caption)) + `</summary><blockquote>`)
	if kind == markup.FoldQuote {
		text = withoutSigns(text)
	}
	b.WriteString(markup.HTMLFromText(text).String() + `</blockquote></details>`)
}

// withoutSigns takes one ">" from the beginning of each line: the fold says that it
// is a quote.
func withoutSigns(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), ">"); ok {
			lines[i] = strings.TrimPrefix(rest, " ")
		}
	}
	return strings.Join(lines, "\n")
}
