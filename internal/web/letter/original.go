package letter

import (
	"io"
	"net/http"
	"strings"

	"golang.org/x/net/html"

	"lotse/internal/desk"
)

// Original is the HTML of a message as its sender made it look, for a frame of its
// own: colours, sizes and tables included, without anything that runs. It went
// through package markup when it came in. picture gives the address of an image
// that came along, "" for none; remote lets images of other servers load.
func Original(m desk.Message, title string, picture func(desk.Attachment) string, remote bool) string {
	files := map[string]desk.Attachment{}
	for _, a := range m.Attachments {
		if a.ContentID != "" && inlineTypes[a.ContentType] && a.Virus == "" {
			files[a.ContentID] = a
		}
	}
	var b strings.Builder
	b.WriteString(`<!doctype html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">` +
		`<meta name="viewport" content="width=device-width, initial-scale=1"><title>` + html.EscapeString(title) + `</title></head>` +
		`<body style="margin:16px;background:#fff;color:#111;font-family:sans-serif;overflow-wrap:anywhere">`)
	for z := html.NewTokenizer(strings.NewReader(m.HTML.String())); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Data == "img" && token.Type != html.EndTagToken {
			token = ownImage(token, files, picture, remote)
		}
		b.WriteString(token.String())
	}
	b.WriteString(`</body></html>`)
	return b.String()
}

// ownImage gives an image its address, if it may have one.
func ownImage(token html.Token, files map[string]desk.Attachment, picture func(desk.Attachment) string, remote bool) html.Token {
	var attrs []html.Attribute
	source := ""
	for _, a := range token.Attr {
		switch {
		case a.Key == "data-cid":
			if file, ok := files[a.Val]; ok {
				source = picture(file)
			}
		case a.Key == "data-remote-src":
			if remote && strings.HasPrefix(a.Val, "https://") {
				source = a.Val
			}
		default:
			attrs = append(attrs, a)
		}
	}
	if source != "" {
		attrs = append(attrs, html.Attribute{Key: "src", Val: source})
	}
	token.Attr = attrs
	return token
}

// Remote counts the images of other servers in a message.
func Remote(m desk.Message) int { return strings.Count(m.HTML.String(), ` data-remote-src="https://`) }

// SendOriginal answers with what Original made. The page that frames it is ours;
// it is a stranger's: it has no origin, runs nothing, sends no form, and its links
// open elsewhere without telling where from. With remote it loads images by HTTPS,
// else only what is in it.
func SendOriginal(w http.ResponseWriter, document string, remote bool) {
	images := "data:"
	if remote {
		images += " https:"
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src "+images+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, no-cache")
	_, _ = io.WriteString(w, document) // who hung up needs no answer
}
