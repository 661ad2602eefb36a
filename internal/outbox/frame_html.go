package outbox

import (
	"fmt"
	"html"
	"strings"

	"lotse/internal/platform/markup"
)

// Frame is how the mails of a brand look.
//
// A mail program shows what it pleases, so the frame asks for little: one column
// of text in the program's own colours, as dark or light as its reader likes them,
// with the brand's colour in a line, the links and the buttons. Styles stand at
// their elements, since several programs drop a style sheet; the one there is only
// changes the brand's colour on a dark ground. Nothing is loaded from anywhere.
type Frame struct {
	Brand  string // its name
	Look   Look
	Logo   *Logo           // nil: the name stands instead
	Images map[string]bool // Content-IDs of the files that the text may show
}

// Look is a brand's colour on light and on dark ground.
type Look struct{ Light, Dark Colors }

// Colors are a brand's colour and the one of what stands on it, such as "#0b5563".
type Colors struct{ Brand, OnBrand string }

// ColorPicker returns the colours that suit a brand's, on light and on dark ground,
// by the names of their tokens ("brand", "on-brand").
type ColorPicker = func(brand string) (light, dark map[string]string, ok bool)

// ourLook is the look of pages without a colour of their own (tokens.css).
var ourLook = Look{Light: Colors{"#0b5563", "#ffffff"}, Dark: Colors{"#6fc3d1", "#06272e"}}

// Logo is the picture at the top: where it comes from ("cid:…"), and how large it
// is shown, in pixels.
type Logo struct {
	Source        string
	Width, Height int
}

const (
	bodyStyle = "margin:0;padding:20px 16px;font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:16px;line-height:1.55"
	headStyle = "border-bottom:2px solid %s;padding-bottom:12px;margin-bottom:24px"
	nameStyle = "font-size:19px;line-height:1.3;font-weight:600"
	signStyle = "font-size:14px"
	oldStyle  = "margin-top:28px;border-top:1px solid #a3abb3;padding-top:16px;font-size:14px"
)

// HTML returns a letter as one document. Its images are those of the frame.
func (f Frame) HTML(subject string, l Letter) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"+
		"<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n"+
		"<title>%s</title>\n%s</head>\n<body style=\"%s\">\n<div style=\"max-width:640px;word-break:break-word\">\n",
		html.EscapeString(l.Language), html.EscapeString(markup.CleanLine(subject, 200)), f.darkness(), bodyStyle)
	f.head(&b)
	for _, block := range l.Blocks {
		if !block.empty() {
			f.block(&b, block)
		}
	}
	b.WriteString("</div>\n</body>\n</html>\n")
	return b.String()
}

// darkness is the style sheet: the brand's colours on dark ground.
func (f Frame) darkness() string {
	return fmt.Sprintf("<style>\n:root{color-scheme:light dark}\n@media (prefers-color-scheme:dark){\n"+
		".brand-line{border-color:%[1]s!important}\n.brand-logo{padding:4px 6px}\n.brand-link{color:%[1]s!important}\n"+
		".brand-button{background-color:%[1]s!important;border-color:%[1]s!important}\n.brand-button a{color:%[2]s!important}\n}\n</style>\n",
		f.Look.Dark.Brand, f.Look.Dark.OnBrand)
}

func (f Frame) head(b *strings.Builder) {
	fmt.Fprintf(b, "<div class=\"brand-line\" style=\""+headStyle+"\">", f.Look.Light.Brand)
	name := html.EscapeString(f.Brand)
	if f.Logo == nil {
		fmt.Fprintf(b, "<span style=\"%s\">%s</span></div>\n", nameStyle, name)
		return
	}
	// A logo made for paper stays readable on a dark ground by the white around it.
	fmt.Fprintf(b, "<img class=\"brand-logo\" src=\"%s\" alt=\"%s\" width=\"%d\" height=\"%d\" style=\"display:block;max-width:100%%;height:auto;background-color:#ffffff;border-radius:4px\"></div>\n",
		html.EscapeString(f.Logo.Source), name, f.Logo.Width, f.Logo.Height)
}

func (f Frame) block(b *strings.Builder, x Block) {
	switch x.kind {
	case buttonBlock:
		f.button(b, x.text, x.link)
	case signatureBlock:
		fmt.Fprintf(b, "<div dir=\"auto\" style=\"%s\">\n", signStyle)
		f.dress(b, x.html, true)
		b.WriteString("</div>\n")
	case quoteBlock:
		fmt.Fprintf(b, "<div dir=\"auto\" style=\"%s\">\n<p style=\"%s\">%s</p>\n<blockquote type=\"cite\" style=\"%s\">\n",
			oldStyle, styles["p"], html.EscapeString(x.link), styles["blockquote"])
		f.dress(b, markup.HTMLFromText(x.text), false)
		b.WriteString("</blockquote>\n</div>\n")
	default:
		b.WriteString("<div dir=\"auto\">\n")
		f.dress(b, x.html, x.kind == writtenBlock)
		b.WriteString("</div>\n")
	}
}

// button writes a link that looks like one. The cell has the colour, because some
// programs know no padding at a link.
func (f Frame) button(b *strings.Builder, label, link string) {
	c := f.Look.Light
	fmt.Fprintf(b, "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:20px 0\"><tr>"+
		"<td class=\"brand-button\" style=\"background-color:%[1]s;border:1px solid %[1]s;border-radius:6px\">"+
		"<a href=\"%[3]s\" style=\"display:inline-block;padding:10px 20px;color:%[2]s;font-weight:600;text-decoration:none\">%[4]s</a></td></tr></table>\n",
		c.Brand, c.OnBrand, html.EscapeString(link), html.EscapeString(label))
}
