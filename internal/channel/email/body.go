package email

import (
	"cmp"
	"html"
	"slices"
	"strings"

	"lotse/internal/channel/email/fold"
	"lotse/internal/intake"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/markup"
)

// maxText is the longest text kept as the message itself, in bytes; a longer
// one becomes an attachment with its beginning as the message.
const maxText = 1 << 20

// passage is one stretch of the message in reading order. Either form may be
// missing; the other one is derived from it.
type passage struct {
	text, html string
	hasHTML    bool
}

// assembly is what is collected while walking the parts.
type assembly struct {
	passages []passage
	spare    []passage // taken if there is nothing else to read
	parts    []intake.Part
	events   []event
	charsets []string // of the texts, as they were read
	warnings *warnings
	known    hints
	room     *int // bytes of text still taken as message; what comes later is a file
	depth    int  // messages within messages
	sealed   bool // something is encrypted
}

// walk collects passages and files below n in reading order.
func (a *assembly) walk(n *node) {
	switch {
	case n.broken:
		a.warnings.add(warnBroken)
		a.addText(&node{header: nil, mediaType: "text/plain", body: n.body})
	case n.mediaType == "multipart/alternative" && len(n.children) > 1:
		a.alternatives(n)
	case n.mediaType == "multipart/signed":
		a.signed(n)
	case n.mediaType == "multipart/encrypted":
		a.encrypted(n)
	case n.mediaType == "multipart/appledouble" && len(n.children) > 1:
		a.appleDouble(n)
	case n.multipart():
		for _, child := range n.children {
			a.walk(child)
		}
	default:
		a.leaf(n)
	}
}

func (a *assembly) leaf(n *node) {
	switch {
	case n.isBody() && *a.room > 0:
		a.addText(n)
	case n.mediaType == "text/calendar":
		a.invitation(n)
	case isTNEF(n):
		a.unwrap(n)
	case isSMIME(n):
		a.opaque(n)
	case n.mediaType == "message/partial":
		a.partial(n)
	case n.mediaType == "message/external-body":
		a.external(n)
	default:
		a.addPart(n)
	}
}

// alternatives picks the plain form and the richest form of one content. Files
// in any of the forms (pictures, an invitation) are kept.
func (a *assembly) alternatives(n *node) {
	var best passage
	for _, child := range n.children {
		if isOtherForm(child.mediaType) {
			continue
		}
		outer := a.passages
		a.passages = nil
		a.walk(child)
		p := merge(a.passages)
		a.passages = outer
		if p.hasHTML {
			best.html, best.hasHTML = p.html, true
		}
		if strings.TrimSpace(best.text) == "" {
			best.text = p.text
		}
	}
	if best.text != "" || best.hasHTML {
		a.passages = append(a.passages, best)
	}
}

// isOtherForm reports whether a part only repeats the message for some other
// program.
func isOtherForm(mediaType string) bool {
	switch mediaType {
	case "text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext", "text/x-aol", "text/markdown":
		return true
	}
	return false
}

// addText takes a text part as a passage, and the files written into it.
func (a *assembly) addText(n *node) {
	d, files := n.text(a.warnings, a.known)
	for _, f := range files {
		a.addFile(intake.Part{Name: cleanFileName(f.name), ContentType: typeOfName(f.name), Content: f.content})
	}
	if len(files) > 0 {
		a.warnings.add(warnUU)
	}
	*a.room -= len(d.text)
	if strings.TrimSpace(d.text) == "" {
		return
	}
	if !slices.Contains(a.charsets, d.charset) {
		a.charsets = append(a.charsets, d.charset)
	}
	if n.mediaType == "text/html" || isPage(d.text) {
		a.passages = append(a.passages, passage{html: d.text, hasHTML: true})
		return
	}
	a.passages = append(a.passages, passage{text: a.unarmour(d.text)})
}

// isPage reports HTML that is said to be plain text: a whole page, not a text
// that quotes some.
func isPage(text string) bool {
	text = strings.TrimSpace(text)
	head, tail := strings.ToLower(text[:min(len(text), 100)]), strings.ToLower(text[max(0, len(text)-100):])
	return (strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html")) && strings.Contains(tail, "</html>")
}

func (a *assembly) addPart(n *node) {
	content, mended := n.decode()
	if mended {
		a.warnings.add(warnEncoding)
	}
	name := cleanFileName(n.name)
	if name == "" && n.mediaType == "message/rfc822" {
		name = subjectName(content)
	}
	a.addFile(intake.Part{
		Name:        name,
		ContentType: mediaTypeOf(n.mediaType),
		ContentID:   n.contentID(),
		Content:     content,
	})
}

// addFile keeps a file, as long as there are not more than a mail may have.
func (a *assembly) addFile(p intake.Part) {
	if len(a.parts) >= maxParts {
		a.warnings.add(warnFiles)
		return
	}
	a.parts = append(a.parts, p)
}

// subjectName names an attached mail after its subject.
func subjectName(raw []byte) string {
	h, _, _ := parseHeader(raw[:min(len(raw), 64<<10)], nil)
	if subject := cleanFileName(strings.ReplaceAll(markup.CleanLine(decodeWords(h.get("subject")), 80), "/", "_")); subject != "" {
		return subject + ".eml"
	}
	return ""
}

// merge joins passages into one. Text that stands beside HTML is put into the
// HTML too: whoever reads that form must miss nothing.
func merge(passages []passage) passage {
	if len(passages) == 1 {
		return passages[0]
	}
	var all passage
	all.hasHTML = slices.ContainsFunc(passages, func(p passage) bool { return p.hasHTML })
	pages := !slices.ContainsFunc(passages, func(p passage) bool { return !p.readsHTML() })
	for _, p := range passages {
		if !pages {
			all.text = joinText(all.text, p.plain())
		}
		if all.hasHTML {
			all.html += p.rich()
		}
	}
	return all
}

func joinText(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return strings.TrimRight(a, "\n") + "\n\n" + b
}

// shortPlain is the length up to which a plain form is suspected to be only an
// excuse such as "Please view this mail in HTML", in bytes.
const shortPlain = 200

// readsHTML reports whether the text to read has to be made of the HTML.
func (p passage) readsHTML() bool {
	if !p.hasHTML || len(p.text) > shortPlain {
		return false
	}
	return strings.TrimSpace(p.text) == "" || len(markup.TextFromHTML(p.html)) > shortPlain+5*len(p.text)
}

func (p passage) plain() string {
	if p.readsHTML() {
		return markup.TextFromHTML(p.html)
	}
	return p.text
}

func (p passage) rich() string {
	if p.hasHTML {
		return p.html
	}
	return "<p>" + strings.ReplaceAll(html.EscapeString(markup.Clean(p.text)), "\n", "<br>\n") + "</p>\n"
}

// fill puts what was collected into the message.
func (a *assembly) fill(in *intake.Incoming, h header) {
	if len(a.passages) == 0 {
		a.passages = a.spare
	}
	if len(a.passages) == 0 {
		a.passages = a.fallback()
	}
	all := a.withEvents(merge(a.passages), h)
	a.keepWhole(&all.html, "message.html", "text/html")
	if all.readsHTML() {
		in.Text, in.Folds = textOfPage(all.html)
	} else {
		a.keepWhole(&all.text, "message.txt", "text/plain")
		in.Text = tidy(all.text)
		in.Folds = fold.Text(in.Text)
	}
	if all.hasHTML {
		in.HTML = markup.SanitizeMail(all.html)
	}
	if in.Text == "" && a.sealed {
		in.Text = readerOf("", h).T("mail.notice.encrypted")
	}
	for i := range a.parts {
		p := &a.parts[i]
		p.Name = cmp.Or(p.Name, defaultName(p.ContentType, i+1))
		p.Inline = p.ContentID != "" && strings.Contains(all.html, "cid:"+p.ContentID)
	}
	in.Parts = a.parts
}

// tidy cleans a text and drops empty lines at its ends.
func tidy(text string) string {
	return strings.TrimRight(strings.TrimLeft(markup.Clean(text), "\n"), " \t\n")
}

// textOfPage turns HTML into text with its folds.
func textOfPage(page string) (string, []markup.Fold) {
	text, folds := fold.HTML(page)
	if clean := tidy(text); clean != text { // the folds do not fit any more
		return clean, fold.Text(clean)
	}
	return text, folds
}

// fallback shows the first file with text as the message if there is nothing
// else to read, as some mailers give the message itself a file name or an
// unusual type.
func (a *assembly) fallback() []passage {
	for _, mediaType := range []string{"text/plain", "text/html", "text/markdown", "text/enriched", "text/richtext"} {
		for _, p := range a.parts {
			if p.ContentType != mediaType || len(p.Content) > maxText || len(p.Content) == 0 {
				continue
			}
			switch d := decodeHinted(p.Content, "", a.known); mediaType {
			case "text/html":
				return []passage{{html: d.text, hasHTML: true}}
			case "text/enriched", "text/richtext":
				return []passage{{text: enriched(d.text)}}
			default:
				return []passage{{text: d.text}}
			}
		}
	}
	return nil
}

// keepWhole cuts an overlong text and keeps all of it as a file.
func (a *assembly) keepWhole(text *string, name, mediaType string) {
	if len(*text) <= maxText {
		return
	}
	a.warnings.add(warnCut)
	a.parts = append(a.parts, intake.Part{Name: name, ContentType: mediaType, Content: []byte(*text)})
	*text = strings.ToValidUTF8((*text)[:maxText], "") + "\n[…]"
}

// readerOf returns words in the language of a text, else of its mail.
func readerOf(text string, h header) *i18n.Printer {
	l := language(text, h)
	for _, m := range readMailboxes(h.get("from")) {
		switch m.addr[strings.LastIndexByte(m.addr, '.')+1:] {
		case "de", "at", "ch":
			l = cmp.Or(l, "de")
		}
	}
	return i18n.For(i18n.Match(l))
}

// maxMediaType is the longest name of a media type (RFC 6838 §4.2: 127 signs on
// each side of the stroke).
const maxMediaType = 255

// mediaTypeOf returns a media type that can be shown and stored; what is none is
// taken for bytes of which nothing is known (RFC 2046 §4.5.1).
func mediaTypeOf(s string) string {
	if clean := markup.CleanLine(s, 0); clean == s && len(s) <= maxMediaType && strings.Contains(s, "/") {
		return s
	}
	return "application/octet-stream"
}
