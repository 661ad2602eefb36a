package letter

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"lotse/internal/desk"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Text is the body of a message as a page prints it.
type Text struct {
	HTML    string          // safe; see TextOf
	Inline  map[ids.ID]bool // attachments that stand in the text
	Blocked int             // images of other servers that were not loaded
}

// TextOf turns sanitised HTML, or text, into what fits into our page: the
// sender's words and their structure without the sender's colours, sizes and
// frames, so that they are readable in light and dark, on every width and within
// our content security policy, which knows no inline styles. Images come from
// attachments alone, from the address picture gives them; without picture they
// are left to the list of files. What is no word of the writer (quotes, signature,
// legal notice, a message passed on) folds away.
//
// HTML that hides what its text shows to be quoted, as some programs write it, or
// that ends in a signature or notice, is shown as that text, unless it has pictures
// or tables; the original is a click away.
//
// It only drops, renames and fills in: what it prints is made of tokens that
// package markup let pass, escaped by the tokenizer's own rules.
func TextOf(m desk.Message, p *i18n.Printer, picture func(desk.Attachment) string) Text {
	folds := markup.SoundFolds(m.Body, m.Folds)
	source := m.HTML
	switch {
	case source == "" && len(folds) > 0:
		return Text{HTML: foldedText(m.Body, folds, p), Inline: map[ids.ID]bool{}}
	case source == "":
		source = plain(m.Body, p)
	}
	f := &fitter{p: p, picture: picture, files: map[string]desk.Attachment{}, shown: Text{Inline: map[ids.ID]bool{}}}
	for _, a := range m.Attachments {
		if a.ContentID != "" && inlineTypes[a.ContentType] && picture != nil && a.Virus == "" {
			f.files[a.ContentID] = a
		}
	}
	f.run(source.String())
	if len(folds) > 0 && (!f.isFolded || hasEnding(folds)) && len(f.shown.Inline) == 0 && !strings.Contains(source.String(), "<table") {
		return Text{HTML: foldedText(m.Body, folds, p), Inline: f.shown.Inline, Blocked: f.shown.Blocked}
	}
	return f.shown
}

// hasEnding reports whether a text has a signature or a notice: of those HTML says
// nothing.
func hasEnding(folds []markup.Fold) bool {
	return slices.ContainsFunc(folds, func(f markup.Fold) bool { return f.Kind == markup.FoldSignature || f.Kind == markup.FoldDisclaimer })
}

// plain is a text as HTML; what it quotes at its end is a blockquote.
func plain(text string, p *i18n.Printer) markup.SafeHTML {
	own, quoted := cutQuote(text)
	if quoted == "" || own == "" {
		return markup.HTMLFromText(text)
	}
	return markup.HTMLFromText(own) + "<blockquote>" + markup.HTMLFromText(quoted) + "</blockquote>"
}

// cutQuote parts a text from the lines with ">" at its end, without the signs.
func cutQuote(text string) (own, quoted string) {
	lines := strings.Split(text, "\n")
	first := len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if strings.HasPrefix(line, ">") {
			first = i
		} else if line != "" {
			break
		}
	}
	for _, line := range lines[first:] {
		line = strings.TrimPrefix(strings.TrimSpace(line), ">")
		quoted += strings.TrimPrefix(line, " ") + "\n"
	}
	return strings.TrimSpace(strings.Join(lines[:first], "\n")), strings.TrimSpace(quoted)
}

// kept are the attributes that carry meaning rather than looks.
var kept = map[string]bool{
	"href": true, "rel": true, "target": true, "title": true, "dir": true, "lang": true,
	"colspan": true, "rowspan": true, "start": true, "value": true, "type": true,
}

// renamed are elements that mean something for the page around: its landmarks
// and headings are ours.
var renamed = map[string]string{
	"main": "div", "header": "div", "footer": "div", "nav": "div", "aside": "div", "section": "div", "article": "div", "center": "div",
	"h1": "h4", "h2": "h4", "h3": "h4", "h5": "h4", "h6": "h4", "font": "span", "figure": "div", "figcaption": "div",
}

func nameOf(tag string) string {
	if n, ok := renamed[tag]; ok {
		return n
	}
	return tag
}

// fitter copies a stream of tokens.
type fitter struct {
	p       *i18n.Printer
	picture func(desk.Attachment) string
	files   map[string]desk.Attachment // by content id
	out     strings.Builder
	shown   Text

	quotes             int  // how deep in quotes
	quoteAt, quoteEnds int  // the last outermost quote in out
	after              bool // something is written behind it
	isFolded           bool // something lies folded
}

func (f *fitter) run(source string) {
	for z := html.NewTokenizer(strings.NewReader(source)); z.Next() != html.ErrorToken; {
		token := z.Token()
		switch token.Type {
		case html.TextToken:
			f.text(token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			f.start(token)
		case html.EndTagToken:
			f.end(token.Data)
		}
	}
	f.shown.HTML = f.folded()
}

func (f *fitter) text(s string) {
	if strings.TrimSpace(s) != "" && f.quotes == 0 {
		f.after = true
	}
	f.out.WriteString(html.EscapeString(s))
}

func (f *fitter) start(token html.Token) {
	if token.Data == "img" {
		f.image(token)
		return
	}
	if token.Data == "blockquote" {
		if f.quotes == 0 {
			f.quoteAt, f.after = f.out.Len(), false
		}
		f.quotes++
	}
	var attrs []html.Attribute
	for _, a := range token.Attr {
		if kept[a.Key] && a.Namespace == "" {
			attrs = append(attrs, a)
		}
	}
	f.out.WriteString(html.Token{Type: html.StartTagToken, Data: nameOf(token.Data), Attr: attrs}.String())
}

func (f *fitter) end(tag string) {
	f.out.WriteString("</" + nameOf(tag) + ">")
	if tag == "blockquote" && f.quotes > 0 {
		f.quotes--
		if f.quotes == 0 {
			f.quoteEnds = f.out.Len()
		}
	}
}

// image prints an image that came with the message, and a word for every other.
func (f *fitter) image(token html.Token) {
	attr := map[string]string{}
	for _, a := range token.Attr {
		attr[a.Key] = a.Val
	}
	file, attached := f.files[attr["data-cid"]]
	source := attr["src"] // a data: URL of an image, nothing else passed
	if attached {
		source = f.picture(file)
		f.shown.Inline[file.ID] = true
	}
	if source == "" {
		f.missing(attr)
		return
	}
	img := []html.Attribute{{Key: "src", Val: source}, {Key: "alt", Val: attr["alt"]}, {Key: "loading", Val: "lazy"}}
	for _, name := range []string{"width", "height"} {
		if attr[name] != "" {
			img = append(img, html.Attribute{Key: name, Val: attr[name]})
		}
	}
	f.mark()
	f.out.WriteString(html.Token{Type: html.StartTagToken, Data: "img", Attr: img}.String())
}

func (f *fitter) missing(attr map[string]string) {
	if attr["data-remote-src"] != "" {
		f.shown.Blocked++
	}
	if attr["width"] == "1" || attr["height"] == "1" || attr["width"] == "0" {
		return // a tracker, made not to be seen
	}
	label := attr["alt"]
	if strings.TrimSpace(label) == "" {
		label = f.p.T("letter.image")
	}
	f.mark()
	f.out.WriteString(`<span class="mail-image">` + html.EscapeString(label) + `</span>`)
}

func (f *fitter) mark() {
	if f.quotes == 0 {
		f.after = true
	}
}

// folded puts the quote at the end of the message, if it ends with one and says
// more than that, into a fold.
func (f *fitter) folded() string {
	whole := f.out.String()
	if f.quoteEnds <= f.quoteAt || f.after || strings.TrimSpace(markup.TextFromHTML(whole[:f.quoteAt])) == "" {
		return whole
	}
	f.isFolded = true
	return whole[:f.quoteAt] + `<details class="fold"><summary>` + html.EscapeString(f.p.T("letter.quoted")) + `</summary>` +
		whole[f.quoteAt:f.quoteEnds] + `</details>` + whole[f.quoteEnds:]
}
