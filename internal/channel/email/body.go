package email

import (
	"cmp"
	"html"
	"slices"
	"strings"

	"lotse/internal/intake"
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
	parts    []intake.Part
	warnings *warnings
	room     *int // bytes of text still taken as message; what comes later is a file
}

// walk collects passages and files below n in reading order.
func (a *assembly) walk(n *node) {
	switch {
	case n.broken:
		a.warnings.add(warnBroken)
		a.addText(&node{header: nil, mediaType: "text/plain", body: n.body})
	case n.mediaType == "multipart/alternative" && len(n.children) > 1:
		a.alternatives(n)
	case n.multipart():
		for _, child := range n.children {
			a.walk(child)
		}
	case n.isBody() && *a.room > 0:
		a.addText(n)
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
		sub := assembly{warnings: a.warnings, room: a.room}
		sub.walk(child)
		a.parts = append(a.parts, sub.parts...)
		p := merge(sub.passages)
		if p.hasHTML {
			best.html, best.hasHTML = p.html, true
		}
		if strings.TrimSpace(best.text) == "" && !p.hasHTML {
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

func (a *assembly) addText(n *node) {
	text := n.text(a.warnings)
	*a.room -= len(text)
	if strings.TrimSpace(text) == "" {
		return
	}
	if n.mediaType == "text/html" {
		a.passages = append(a.passages, passage{html: text, hasHTML: true})
		return
	}
	a.passages = append(a.passages, passage{text: text})
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
	a.parts = append(a.parts, intake.Part{
		Name:        name,
		ContentType: mediaTypeOf(n.mediaType),
		ContentID:   n.contentID(),
		Content:     content,
	})
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
	for _, p := range passages {
		all.text = joinText(all.text, p.plain())
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

func (p passage) plain() string {
	if !p.hasHTML || len(p.text) > shortPlain {
		return p.text
	}
	text := markup.TextFromHTML(p.html)
	if strings.TrimSpace(p.text) == "" || len(text) > shortPlain+5*len(p.text) {
		return text
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
func (a *assembly) fill(in *intake.Incoming) {
	all := merge(a.passages)
	if !all.hasHTML && all.text == "" {
		all = a.fallback()
	}
	plain := all.plain()
	a.keepWhole(&plain, "message.txt", "text/plain")
	in.Text = strings.Trim(markup.Clean(plain), "\n")
	in.Text = strings.TrimRight(in.Text, " \t\n")
	if all.hasHTML {
		a.keepWhole(&all.html, "message.html", "text/html")
		in.HTML = markup.SanitizeMail(all.html)
	}
	for i := range a.parts {
		p := &a.parts[i]
		p.Name = cmp.Or(p.Name, defaultName(p.ContentType, i+1))
		p.Inline = p.ContentID != "" && strings.Contains(all.html, "cid:"+p.ContentID)
	}
	in.Parts = a.parts
}

// fallback shows the first text file as the message if there is nothing else
// to read, as some mailers give the message itself a file name.
func (a *assembly) fallback() passage {
	for _, p := range a.parts {
		if p.ContentType == "text/plain" && len(p.Content) <= maxText {
			text, _ := decodeText(p.Content, "")
			return passage{text: text}
		}
	}
	return passage{}
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
