package markup

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// SanitizeMail returns the safe subset of a mail's HTML, a whole document or a
// fragment:
//
//   - text, lists, tables, links and harmless styles stay; scripts, style
//     sheets, forms, frames, event handlers and everything unknown go;
//   - links keep http, https, mailto and tel and open in a new window without
//     opener or referrer;
//   - <img src="cid:x"> becomes <img data-cid="x">, a remote image
//     <img data-remote-src="…">: neither loads before the page decides so;
//   - nothing is hidden: what staff sees is what the text says;
//   - the result is balanced and at most 200 elements deep, so it cannot break
//     out of the element it is put in.
//
// Input beyond MaxInput is cut; "[…]" marks the place.
func SanitizeMail(source string) SafeHTML {
	source, wasCut := limit(source)
	r := newRewriter()
	r.run(Clean(source))
	if wasCut {
		r.out.WriteString("<p>" + cutMark + "</p>")
	}
	return SafeHTML(gate().Sanitize(r.out.String()))
}

// rewriter copies the token stream of a document, leaving out and changing what
// is not safe. It builds no tree: the parser of x/net/html needs a stack as deep
// as the document and can take quadratic time.
type rewriter struct {
	out  strings.Builder
	tags *openTags
}

func newRewriter() *rewriter {
	r := &rewriter{}
	r.tags = newOpenTags(func(tag string) { r.out.WriteString("</" + tag + ">") })
	return r
}

func (r *rewriter) run(source string) {
	walk(source, r)
	r.tags.closeTo(0)
}

// text writes text. Its entities were resolved only now, so controls may appear
// only now.
func (r *rewriter) text(s string) { r.out.WriteString(html.EscapeString(Clean(s))) }

func (r *rewriter) end(tag string) { r.tags.end(tag) }

var isElement = func() map[string]bool {
	known := map[string]bool{}
	for _, name := range elements {
		known[name] = true
	}
	return known
}()

// start writes a start tag.
func (r *rewriter) start(token html.Token) {
	tag := token.Data
	if !isElement[tag] {
		return
	}
	if tag == "img" {
		r.image(token.Attr)
		return
	}
	attrs := safeAttrs(tag, token.Attr)
	if tag == "a" && !slices.ContainsFunc(attrs, isHref) {
		return // an anchor or a link that is not safe: its text stays
	}
	if isVoid(tag) {
		r.tags.closeOmitted(tag)
		r.write(tag, attrs)
		return
	}
	if r.tags.open(tag) {
		r.write(tag, attrs)
	}
}

func isHref(a html.Attribute) bool { return a.Key == "href" }

// image writes an image whose source is known to be harmless, else its
// description.
func (r *rewriter) image(attrs []html.Attribute) {
	source := imageSource(attrs)
	if source == nil {
		r.out.WriteString(html.EscapeString(CleanLine(attribute(attrs, "alt"), 500)))
		return
	}
	r.write("img", append([]html.Attribute{*source}, safeAttrs("img", attrs)...))
}

func (r *rewriter) write(tag string, attrs []html.Attribute) {
	r.out.WriteString("<" + tag)
	for _, a := range attrs {
		r.out.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
	}
	r.out.WriteString(">")
}

// attribute returns the value of the first attribute of a name, which is the one
// browsers take.
func attribute(attrs []html.Attribute, name string) string {
	for _, a := range attrs {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// safeAttrs returns the attributes of an element that may stay, each once.
func safeAttrs(tag string, attrs []html.Attribute) []html.Attribute {
	var kept []html.Attribute
	seen := map[string]bool{}
	for _, a := range attrs {
		if seen[a.Key] || a.Namespace != "" {
			continue
		}
		values := attributes[tag][a.Key]
		if values == nil {
			values = attributes["*"][a.Key]
		}
		if values == nil {
			continue
		}
		seen[a.Key] = true
		kept = append(kept, safeAttr(tag, a.Key, a.Val, values.MatchString)...)
	}
	return kept
}

func safeAttr(tag, key, value string, allowed func(string) bool) []html.Attribute {
	switch {
	case tag == "a" && key == "href":
		if href := safeHref(value); href != "" {
			return linkAttrs(href)
		}
		return nil
	case tag == "a" && (key == "rel" || key == "target"):
		return nil // set with the href
	case tag == "img" && (key == "src" || key == "data-cid" || key == "data-remote-src"):
		return nil // set by image
	case key == "style":
		value = safeStyle(value)
	case key == "title" || key == "alt":
		value = CleanLine(value, 500)
	}
	if value == "" && key != "alt" || !allowed(value) {
		return nil
	}
	return []html.Attribute{{Key: key, Val: value}}
}
