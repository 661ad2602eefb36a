package markup

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// TextFromHTML returns readable plain text of HTML: blocks on lines of their
// own, list items with "- " or their number, table cells parted by tabs, quotes
// with "> ", links as "text (url)" where the text does not say it. Scripts,
// styles and head are left out. The limits of SanitizeMail hold.
func TextFromHTML(source string) string {
	source, wasCut := limit(source)
	t := newTexter()
	t.run(Clean(source))
	text := strings.Trim(t.out.String(), "\n")
	if wasCut {
		text += "\n\n" + cutMark
	}
	return text
}

// maxIndent bounds the quote marks and list indents of one line: beyond it the
// text would grow with the square of the depth.
const maxIndent = 8

// texter writes text while tokens stream by. Breaks are kept back until text
// follows, so that nested blocks make one break and not many.
type texter struct {
	out    strings.Builder
	tags   *openTags
	quotes int
	pre    int
	lists  []int // per open list the number of its last item, or -1 for bullets
	links  []link

	breaks int  // newlines due before the next text
	space  bool // a space is due before the next word
	inLine bool // the line has text
	item   string
}

// link is an open <a>: its target and where its text began.
type link struct {
	href string
	from int
}

func newTexter() *texter {
	t := &texter{}
	t.tags = newOpenTags(t.closed)
	return t
}

func (t *texter) run(source string) {
	walk(source, t)
	t.tags.closeTo(0)
}

func (t *texter) end(tag string) { t.tags.end(tag) }

func (t *texter) start(token html.Token) {
	tag := token.Data
	switch tag {
	case "br":
		t.breaks++
		t.space = false
		return
	case "img":
		t.text(attribute(token.Attr, "alt"))
		return
	case "hr":
		t.tags.closeOmitted(tag)
		t.atLeast(1)
		t.word("---")
		t.atLeast(1)
		return
	}
	if isVoid(tag) || !isElement[tag] || !t.tags.open(tag) {
		return
	}
	t.atLeast(breaksAround(tag))
	switch tag {
	case "blockquote":
		t.quotes++
	case "pre":
		t.pre++
	case "ul":
		t.lists = append(t.lists, -1)
	case "ol":
		t.lists = append(t.lists, 0)
	case "li":
		t.item = t.bullet()
	case "td", "th":
		if t.inLine && t.breaks == 0 {
			t.out.WriteByte('\t')
			t.space = false
		}
	case "a":
		t.links = append(t.links, link{safeHref(attribute(token.Attr, "href")), t.out.Len()})
	}
}

func (t *texter) closed(tag string) {
	switch tag {
	case "blockquote":
		t.quotes--
	case "pre":
		t.pre--
	case "ul", "ol":
		t.lists = t.lists[:len(t.lists)-1]
	case "li":
		t.item = ""
	case "a":
		last := len(t.links) - 1
		t.target(t.links[last])
		t.links = t.links[:last]
	}
	t.atLeast(breaksAround(tag))
}

// breaksAround returns how many newlines part an element from its neighbours.
func breaksAround(tag string) int {
	switch tag {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "dl", "figure":
		return 2
	case "tr", "caption":
		return 1
	}
	if isBlock(tag) {
		return 1
	}
	return 0
}

func (t *texter) atLeast(breaks int) {
	if breaks == 0 {
		return
	}
	t.space = false
	t.breaks = max(t.breaks, breaks)
}

// bullet returns what stands before an item of the innermost list.
func (t *texter) bullet() string {
	depth := len(t.lists)
	if depth == 0 {
		return "- "
	}
	indent := strings.Repeat("  ", min(depth, maxIndent)-1)
	if t.lists[depth-1] < 0 {
		return indent + "- "
	}
	t.lists[depth-1]++
	return indent + strconv.Itoa(t.lists[depth-1]) + ". "
}

// target writes where a link leads, unless its text says so.
func (t *texter) target(l link) {
	if l.href == "" {
		return
	}
	text := strings.TrimSpace(t.out.String()[min(l.from, t.out.Len()):])
	if sameAddress(text, l.href) {
		return
	}
	if text == "" {
		t.word(l.href)
		return
	}
	t.space = true
	t.word("(" + l.href + ")")
}

func sameAddress(text, href string) bool {
	plain := func(s string) string {
		s = strings.ToLower(s)
		for _, prefix := range []string{"https://", "http://", "mailto:", "tel:", "www."} {
			s = strings.TrimPrefix(s, prefix)
		}
		return strings.TrimSuffix(s, "/")
	}
	return plain(text) == plain(href)
}

// unseen are signs without width that newsletters pad with and soft hyphens.
var unseen = strings.NewReplacer("\u200b", "", "\ufeff", "", "\u00ad", "", "\u034f", "")

func (t *texter) text(s string) {
	s = unseen.Replace(Clean(s))
	if t.pre > 0 {
		t.preformatted(s)
		return
	}
	for s != "" {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			t.word(s)
			return
		}
		if end > 0 {
			t.word(s[:end])
		}
		t.space = true
		s = strings.TrimLeftFunc(s[end:], unicode.IsSpace)
	}
}

func (t *texter) preformatted(s string) {
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			t.breaks++
		}
		if line = strings.TrimRight(line, " \t"); line != "" {
			t.word(line)
		}
	}
}

// word writes text without breaks, and first the breaks and spaces that are due.
func (t *texter) word(s string) {
	switch {
	case t.out.Len() == 0:
		t.beginLine()
	case t.breaks > 0:
		for range min(t.breaks, 2) {
			t.out.WriteByte('\n')
		}
		t.beginLine()
	case t.space && t.inLine:
		t.out.WriteByte(' ')
	}
	t.out.WriteString(s)
	t.breaks, t.space, t.inLine = 0, false, true
}

func (t *texter) beginLine() {
	t.out.WriteString(strings.Repeat("> ", min(t.quotes, maxIndent)))
	t.out.WriteString(t.item)
	t.item = ""
}
