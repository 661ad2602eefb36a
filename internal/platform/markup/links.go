package markup

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// maxURL is the longest URL that survives, in bytes.
const maxURL = 4 << 10

// safeHref returns an absolute http, https, mailto or tel URL, or "". Relative
// links mean nothing in a mail: they would point into our own site.
func safeHref(raw string) string {
	raw = trimURL(raw)
	if raw == "" || len(raw) > maxURL {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			return ""
		}
	case "mailto", "tel":
		if u.Opaque == "" {
			return ""
		}
	default:
		return ""
	}
	return u.String()
}

// trimURL removes what browsers ignore in a URL (WHATWG URL §4.4): white space
// and controls around it, tabs and line breaks inside.
func trimURL(raw string) string {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, raw)
}

func linkAttrs(href string) []html.Attribute {
	return []html.Attribute{
		{Key: "href", Val: href},
		{Key: "rel", Val: linkRel},
		{Key: "target", Val: "_blank"},
	}
}

// imageSource decides what becomes of an image: an embedded part is named in
// data-cid, a small inline image keeps its src, and a remote one is named in
// data-remote-src so that nothing loads until the reader asks for it: loading
// tells the sender that, when and where the mail was read. nil for anything else.
// An image that was through here before keeps its name.
func imageSource(attrs []html.Attribute) *html.Attribute {
	raw := trimURL(attribute(attrs, "src"))
	if raw == "" {
		for _, key := range []string{"data-cid", "data-remote-src"} {
			if value := attribute(attrs, key); attributes["img"][key].MatchString(value) {
				return &html.Attribute{Key: key, Val: value}
			}
		}
		return nil
	}
	lower := strings.ToLower(raw[:min(len(raw), 40)])
	switch {
	case strings.HasPrefix(lower, "cid:"):
		return contentID(raw[len("cid:"):])
	case strings.HasPrefix(lower, "data:"):
		return inlineImage(raw, lower)
	case strings.HasPrefix(raw, "//"):
		raw = "https:" + raw
	}
	src := safeHref(raw)
	if !attributes["img"]["data-remote-src"].MatchString(src) {
		return nil
	}
	return &html.Attribute{Key: "data-remote-src", Val: src}
}

// contentID reads the rest of a cid URL (RFC 2392 §2): the Content-ID without
// its angle brackets, with percent escapes.
func contentID(raw string) *html.Attribute {
	if plain, err := url.PathUnescape(raw); err == nil {
		raw = plain
	}
	if !attributes["img"]["data-cid"].MatchString(raw) {
		return nil
	}
	return &html.Attribute{Key: "data-cid", Val: raw}
}

func inlineImage(raw, lower string) *html.Attribute {
	comma := strings.IndexByte(lower, ',')
	if comma < 0 {
		return nil
	}
	src := lower[:comma+1] + strings.Join(strings.Fields(raw[comma+1:]), "")
	if !attributes["img"]["src"].MatchString(src) {
		return nil
	}
	return &html.Attribute{Key: "src", Val: src}
}

// address finds web and mail addresses in text.
var address = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"]+|[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}\b`)

// trimAddress gives back what ends a sentence rather than an address: its
// punctuation, and a closing bracket that was opened before the address.
func trimAddress(s string) string {
	surplus := map[byte]int{
		')': strings.Count(s, ")") - strings.Count(s, "("),
		']': strings.Count(s, "]") - strings.Count(s, "["),
	}
	for s != "" {
		last := s[len(s)-1]
		if surplus[last] > 0 {
			surplus[last]--
		} else if strings.IndexByte(`.,;:!?'*_`, last) < 0 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}
