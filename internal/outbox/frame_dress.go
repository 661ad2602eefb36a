package outbox

import (
	"html"
	"strings"

	htmltoken "golang.org/x/net/html"

	"lotse/internal/platform/markup"
)

// styles are what elements of a text look like in a mail: every program has its
// own ideas, and some have none.
var styles = map[string]string{
	"p":          "margin:0 0 16px",
	"ul":         "margin:0 0 16px;padding-left:24px",
	"ol":         "margin:0 0 16px;padding-left:24px",
	"li":         "margin:0 0 4px",
	"h1":         "margin:24px 0 12px;font-size:22px;line-height:1.3",
	"h2":         "margin:24px 0 12px;font-size:19px;line-height:1.3",
	"h3":         "margin:20px 0 8px;font-size:17px;line-height:1.3",
	"h4":         "margin:20px 0 8px;font-size:16px;line-height:1.3",
	"h5":         "margin:20px 0 8px;font-size:16px;line-height:1.3",
	"h6":         "margin:20px 0 8px;font-size:16px;line-height:1.3",
	"blockquote": "margin:0 0 16px;padding:0 0 0 14px;border-left:3px solid #a3abb3",
	"pre":        "margin:0 0 16px;padding:10px 12px;border:1px solid #a3abb3;border-radius:4px;font-family:ui-monospace,Consolas,Menlo,monospace;font-size:14px;line-height:1.45;white-space:pre-wrap",
	"code":       "font-family:ui-monospace,Consolas,Menlo,monospace;font-size:14px",
	"hr":         "margin:24px 0;border:0;border-top:1px solid #a3abb3",
	"table":      "margin:0 0 16px;border-collapse:collapse",
	"th":         "padding:6px 10px;border:1px solid #a3abb3;text-align:left;vertical-align:top",
	"td":         "padding:6px 10px;border:1px solid #a3abb3;vertical-align:top",
	"img":        "max-width:100%;height:auto",
}

// dressing writes sanitised HTML with the styles of a mail.
type dressing struct {
	f       Frame
	b       *strings.Builder
	buttons bool
	tokens  []htmltoken.Token
}

// dress writes a sanitised fragment as it stands in a mail. With buttons, a
// paragraph that is nothing but one link becomes one.
func (f Frame) dress(b *strings.Builder, fragment markup.SafeHTML, buttons bool) {
	d := dressing{f: f, b: b, buttons: buttons, tokens: tokensOf(fragment)}
	for i := 0; i < len(d.tokens); i++ {
		if n := d.lone(i); n > 0 {
			i += n
			continue
		}
		d.write(d.tokens[i])
	}
	if !strings.HasSuffix(b.String(), "\n") {
		b.WriteByte('\n')
	}
}

// tokensOf cuts HTML of package markup, which is balanced, into tokens.
func tokensOf(fragment markup.SafeHTML) []htmltoken.Token {
	z := htmltoken.NewTokenizer(strings.NewReader(fragment.String()))
	var all []htmltoken.Token
	for z.Next() != htmltoken.ErrorToken {
		all = append(all, z.Token())
	}
	return all
}

// lone writes a button if a paragraph begins at token i that is nothing but a link
// with words of its own, and returns how many tokens follow the first one of it.
func (d dressing) lone(i int) int {
	const tokens = 5 // <p> <a> words </a> </p>
	if !d.buttons || i+tokens > len(d.tokens) {
		return 0
	}
	t := d.tokens[i : i+tokens]
	if !isTag(t[0], htmltoken.StartTagToken, "p") || !isTag(t[1], htmltoken.StartTagToken, "a") || t[2].Type != htmltoken.TextToken ||
		!isTag(t[3], htmltoken.EndTagToken, "a") || !isTag(t[4], htmltoken.EndTagToken, "p") {
		return 0
	}
	link, label := attribute(t[1], "href"), strings.TrimSpace(t[2].Data)
	if !strings.HasPrefix(link, "http") || label == "" || strings.Contains(label, "://") {
		return 0
	}
	d.f.button(d.b, label, link)
	return tokens - 1
}

func isTag(t htmltoken.Token, kind htmltoken.TokenType, name string) bool {
	return t.Type == kind && t.Data == name
}

func (d dressing) write(t htmltoken.Token) {
	switch t.Type {
	case htmltoken.TextToken:
		d.b.WriteString(html.EscapeString(t.Data))
	case htmltoken.EndTagToken:
		d.b.WriteString("</" + t.Data + ">")
	case htmltoken.StartTagToken, htmltoken.SelfClosingTagToken:
		if t.Data == "img" {
			d.image(t)
			return
		}
		d.tag(t)
	}
}

func (d dressing) tag(t htmltoken.Token) {
	d.b.WriteString("<" + t.Data)
	style := styles[t.Data]
	for _, a := range t.Attr {
		switch a.Key {
		case "style":
			style = strings.Trim(style+";"+a.Val, ";")
		case "rel", "target": // for pages; mail programs open a window anyway
		default:
			d.b.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
		}
	}
	if t.Data == "a" {
		d.b.WriteString(` class="brand-link"`)
		style = "color:" + d.f.Look.Light.Brand
	}
	if style != "" {
		d.b.WriteString(` style="` + html.EscapeString(style) + `"`)
	}
	d.b.WriteString(">")
}

// image writes an image that comes with the mail. Of any other its description
// stays, as a link if it lies somewhere: a mail loads nothing.
func (d dressing) image(t htmltoken.Token) {
	alt := attribute(t, "alt")
	if id := attribute(t, "data-cid"); d.f.Images[id] {
		d.b.WriteString(`<img src="cid:` + html.EscapeString(id) + `" alt="` + html.EscapeString(alt) + `" style="` + styles["img"] + `">`)
		return
	}
	if remote := attribute(t, "data-remote-src"); remote != "" {
		if alt == "" {
			alt = remote
		}
		d.b.WriteString(`<a href="` + html.EscapeString(remote) + `" class="brand-link" style="color:` + d.f.Look.Light.Brand + `">` + html.EscapeString(alt) + "</a>")
		return
	}
	d.b.WriteString(html.EscapeString(alt))
}

func attribute(t htmltoken.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
