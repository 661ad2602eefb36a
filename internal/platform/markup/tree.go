package markup

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// handler receives what readers see of a document.
type handler interface {
	text(s string)
	start(token html.Token)
	end(tag string)
}

// walk streams a document to a handler, without what is hidden from readers. In
// HTML the slash of <div/> means nothing. That of <title/> and <script/> is
// honoured: mail made by XML tools has them, and a browser would take the whole
// letter for the title.
func walk(source string, h handler) {
	hidden := false
	for z := html.NewTokenizer(strings.NewReader(source)); z.Next() != html.ErrorToken; {
		token := z.Token()
		switch token.Type {
		case html.TextToken:
			if !hidden {
				h.text(token.Data)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if !isHidden(token.Data) {
				h.start(token)
			} else if token.Type == html.StartTagToken {
				hidden = true // its content comes as one text
			} else {
				z.NextIsNotRawText()
			}
		case html.EndTagToken:
			if !hidden && !isVoid(token.Data) {
				h.end(token.Data)
			}
			hidden = false
		}
	}
}

// maxDepth is how deep elements may nest. Real newsletters reach 60; browsers
// stop at 512. Deeper tags are ignored and their text is kept.
const maxDepth = 200

// openTags is the stack of open elements while a document streams by. It keeps
// the output balanced without building a tree: a tag closed that was not opened
// is ignored, one left open is closed, and omitted end tags (HTML §13.1.2.4) are
// inferred for the elements that mail leaves open.
type openTags struct {
	stack    []string
	count    map[string]int // open elements by name, to answer "none" at once
	overflow map[string]int // open tags ignored because they were too deep
	close    func(tag string)
}

func newOpenTags(closed func(tag string)) *openTags {
	return &openTags{count: map[string]int{}, overflow: map[string]int{}, close: closed}
}

// open pushes a tag and reports whether there was room for it.
func (o *openTags) open(tag string) bool {
	o.closeOmitted(tag)
	if len(o.stack) >= maxDepth {
		o.overflow[tag]++
		return false
	}
	o.stack = append(o.stack, tag)
	o.count[tag]++
	return true
}

// end closes the innermost element of that name and all within it.
func (o *openTags) end(tag string) {
	if o.overflow[tag] > 0 {
		o.overflow[tag]--
		return
	}
	if i := o.find([]string{tag}, fences(tag)); i >= 0 {
		o.closeTo(i)
	}
}

// closeTo closes elements until n are left.
func (o *openTags) closeTo(n int) {
	for len(o.stack) > n {
		last := len(o.stack) - 1
		tag := o.stack[last]
		o.stack = o.stack[:last]
		o.count[tag]--
		o.close(tag)
	}
}

// omitted names the elements a start tag closes, and where the search stops.
var omitted = map[string]struct{ ends, within []string }{
	"li":    {[]string{"li"}, []string{"ul", "ol"}},
	"dt":    {[]string{"dt", "dd"}, []string{"dl"}},
	"dd":    {[]string{"dt", "dd"}, []string{"dl"}},
	"td":    {[]string{"td", "th"}, []string{"table", "tr"}},
	"th":    {[]string{"td", "th"}, []string{"table", "tr"}},
	"tr":    {[]string{"tr"}, []string{"table"}},
	"tbody": {[]string{"tbody", "thead", "tfoot"}, []string{"table"}},
	"thead": {[]string{"tbody", "thead", "tfoot"}, []string{"table"}},
	"tfoot": {[]string{"tbody", "thead", "tfoot"}, []string{"table"}},
	"a":     {[]string{"a"}, []string{"table"}},
}

func (o *openTags) closeOmitted(tag string) {
	if isBlock(tag) {
		if i := o.find([]string{"p"}, cellFences); i >= 0 {
			o.closeTo(i)
		}
	}
	rule, ok := omitted[tag]
	if !ok {
		return
	}
	if i := o.find(rule.ends, rule.within); i >= 0 {
		o.closeTo(i)
	}
}

// find returns the index of the innermost open element among names, or -1 if
// there is none inside the innermost of fences.
func (o *openTags) find(names, fences []string) int {
	open := 0
	for _, name := range names {
		open += o.count[name]
	}
	if open == 0 {
		return -1
	}
	for i := len(o.stack) - 1; i >= 0; i-- {
		if slices.Contains(names, o.stack[i]) {
			return i
		}
		if slices.Contains(fences, o.stack[i]) {
			return -1
		}
	}
	return -1
}

var (
	cellFences = []string{"td", "th", "caption"}
	noFences   []string
)

// fences returns where the search for the element of an end tag stops: a stray
// </div> in a table cell closes nothing outside of the cell.
func fences(tag string) []string {
	switch tag {
	case "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption":
		return noFences
	}
	return cellFences
}

// isBlock reports whether an element stands on lines of its own.
func isBlock(tag string) bool {
	switch tag {
	case "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt",
		"figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
		"hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "ul":
		return true
	}
	return false
}

// isVoid reports whether an element has no content (HTML §13.1.2).
func isVoid(tag string) bool {
	switch tag {
	case "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img",
		"input", "keygen", "link", "meta", "param", "source", "track", "wbr":
		return true
	}
	return false
}

// isHidden reports whether the content of an element is no text for readers.
func isHidden(tag string) bool {
	switch tag {
	case "script", "style", "title", "iframe", "noembed", "noframes", "noscript":
		return true
	}
	return false
}
