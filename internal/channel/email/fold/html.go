package fold

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"lotse/internal/platform/markup"
)

// HTML turns the HTML of a mail into readable plain text and finds its folds.
// Besides what the text says, the structure counts that mail programs give:
// quotes in block quotes, the elements that hold an earlier message, its
// introducing line or a signature.
func HTML(source string) (string, []markup.Fold) {
	text := markup.TextFromHTML(annotate(source))
	text, hints := takeHints(text)
	return text, find(text, hints)
}

// hintKind says what an element of HTML is.
type hintKind uint8

const (
	noHint        hintKind = iota
	hintIntro              // the line that introduces a quote
	hintEarlier            // holds an earlier message
	hintRest               // an earlier message from here to the end
	hintHeader             // begins with the header lines of one
	hintSignature          // holds a signature
)

// hint is what HTML says about rows of its text.
type hint struct {
	is       hintKind
	from, to int
}

// hintAt returns the hint that begins at row i.
func (l *letter) hintAt(i int, is hintKind) (hint, bool) {
	for _, h := range l.hints[i] {
		if h.is == is {
			return h, true
		}
	}
	return hint{}, false
}

// elements names classes and ids by which mail programs mark elements. A name
// that ends a longer one counts too: programs put prefixes before the names of
// the mail they answer, "x_divRplyFwdMsg".
var elements = []struct {
	name string
	is   hintKind
}{
	{"gmail_attr", hintIntro},
	{"moz-cite-prefix", hintIntro},
	{"reply-intro", hintIntro},
	{"yahoo_quoted", hintEarlier},
	{"moz-forward-container", hintEarlier},
	{"OLK_SRC_BODY_SECTION", hintEarlier},
	{"zmail_extra", hintEarlier},
	{"replyforwardmessage", hintEarlier},
	{"divRplyFwdMsg", hintRest},
	{"appendonsend", hintRest},
	{"mail-editor-reference-message-container", hintRest},
	{"stopSpelling", hintRest},
	{"gmail_signature", hintSignature},
	{"moz-signature", hintSignature},
	{"yahoo_signature", hintSignature},
	{"protonmail_signature_block", hintSignature},
	{"tutanota_signature", hintSignature},
	{"ms-outlook-mobile-signature", hintSignature},
	{"AppleMailSignature", hintSignature},
	{"Signature", hintSignature},
	{"_rc_sig", hintSignature},
}

// hintOf says what an element is.
func hintOf(token html.Token) hintKind {
	if token.Data == "blockquote" || token.Data == "body" || token.Data == "html" {
		return noHint
	}
	for _, a := range token.Attr {
		switch a.Key {
		case "class", "id":
			for _, name := range strings.Fields(a.Val) {
				if is := hintOfName(name); is != noHint {
					return is
				}
			}
		case "data-signatureblock":
			return hintSignature
		case "style":
			if token.Data == "div" && isHeaderBorder(a.Val) {
				return hintHeader
			}
		}
	}
	return noHint
}

func hintOfName(name string) hintKind {
	if i := strings.LastIndex(name, "yahoo_quoted"); i >= 0 { // numbered
		name = name[:i+len("yahoo_quoted")]
	}
	for _, e := range elements {
		if strings.HasSuffix(name, e.name) && (len(name) == len(e.name) || e.name != "Signature" || strings.HasSuffix(name, "_Signature")) {
			return e.is
		}
	}
	return noHint
}

// isHeaderBorder reports whether a style draws a line above only, as Outlook
// does above the header lines of an earlier message.
func isHeaderBorder(style string) bool {
	s := strings.ToLower(strings.Join(strings.Fields(style), ""))
	return strings.Contains(s, "border:none;border-top:solid") || strings.Contains(s, "border-top-style:solid") && strings.Contains(s, "border-top-width")
}

// isIndent reports whether a block quote only indents, as the button of some
// programs does: it carries no line and no mark of a quote.
func isIndent(token html.Token) bool {
	indent := false
	for _, a := range token.Attr {
		switch a.Key {
		case "type", "cite", "class", "id":
			return false
		case "style":
			s := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			indent = strings.Contains(s, "border:none") || strings.Contains(s, "border:0")
		}
	}
	return indent
}

// Sentinels stand in the HTML where an element with a hint begins or ends, as a
// line of their own. They are private signs that no mail has a use for; those
// in the source are dropped before.
const (
	sentinelBegin = '\uF8F0' // plus the kind of hint
	sentinelEnd   = '\uF8EF'
)

func isSentinel(r rune) bool { return r >= sentinelEnd && r <= sentinelBegin+rune(hintSignature) }

// maxHints bounds the hints of one mail; long threads have a few dozen.
const maxHints = 200

// annotate copies HTML and puts sentinels around elements with hints.
func annotate(source string) string {
	if strings.ContainsFunc(source, isSentinel) {
		source = strings.Map(func(r rune) rune {
			if isSentinel(r) {
				return -1
			}
			return r
		}, source)
	}
	a := annotator{}
	a.out.Grow(len(source) + 1024)
	for z := html.NewTokenizer(strings.NewReader(source[:min(len(source), markup.MaxInput+1)])); z.Next() != html.ErrorToken; {
		raw := string(z.Raw())
		switch token := z.Token(); token.Type {
		case html.StartTagToken:
			a.start(token, raw)
		case html.EndTagToken:
			a.end(token.Data, raw)
		case html.SelfClosingTagToken:
			a.out.WriteString(raw)
			z.NextIsNotRawText()
		default:
			a.out.WriteString(raw)
		}
	}
	a.closeTo(0)
	return a.out.String()
}

// annotator follows the elements that matter. Others are only counted by name
// on the stack to find the right end.
type annotator struct {
	out   strings.Builder
	stack []element
	open  map[string]int
	hints int
}

type element struct {
	tag    string
	is     hintKind
	indent bool
}

const maxOpen = 200 // elements deep; beyond it structure says nothing

func (a *annotator) start(token html.Token, raw string) {
	is := hintOf(token)
	if is != noHint {
		if a.hints++; a.hints > maxHints {
			is = noHint
		}
	}
	if is != noHint {
		a.sentinel(sentinelBegin + rune(is))
	}
	void := token.Data == "hr" || token.Data == "br" || token.Data == "img" || token.Data == "meta" || token.Data == "p" || token.Data == "li"
	indent := token.Data == "blockquote" && isIndent(token)
	if indent {
		raw = "<div>"
	}
	a.out.WriteString(raw)
	if void && is == noHint || token.Data == "hr" || len(a.stack) >= maxOpen {
		return
	}
	if a.open == nil {
		a.open = map[string]int{}
	}
	a.open[token.Data]++
	a.stack = append(a.stack, element{token.Data, is, indent})
}

func (a *annotator) end(tag, raw string) {
	if a.open[tag] == 0 {
		a.out.WriteString(raw)
		return
	}
	at := len(a.stack) - 1
	for a.stack[at].tag != tag {
		at--
	}
	indent := a.stack[at].indent
	a.closeTo(at)
	if indent {
		raw = "</div>"
	}
	a.out.WriteString(raw)
}

// closeTo closes elements until n are left.
func (a *annotator) closeTo(n int) {
	for len(a.stack) > n {
		last := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		a.open[last.tag]--
		if last.is != noHint {
			a.sentinel(sentinelEnd)
		}
	}
}

func (a *annotator) sentinel(r rune) {
	a.out.WriteString("<div>")
	a.out.WriteRune(r)
	a.out.WriteString("</div>")
}

// takeHints takes the sentinels out of a text, with the lines they made, and
// returns what they said about its rows.
func takeHints(text string) (string, []hint) {
	if !strings.ContainsFunc(text, isSentinel) {
		return text, nil
	}
	var hints []hint
	var open []int
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		found := false
		rest := strings.Map(func(r rune) rune {
			if !isSentinel(r) {
				return r
			}
			found = true
			if r != sentinelEnd {
				open = append(open, len(hints))
				hints = append(hints, hint{is: hintKind(r - sentinelBegin), from: len(out), to: -1})
			} else if n := len(open); n > 0 {
				hints[open[n-1]].to = len(out)
				open = open[:n-1]
			}
			return -1
		}, line)
		if found && bare(rest) == "" || rest == "" && (len(out) == 0 || found || out[len(out)-1] == "" && afterSentinel(hints, len(out))) {
			continue
		}
		out = append(out, rest)
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return strings.Join(out, "\n"), settle(hints, out)
}

// afterSentinel reports whether a hint begins or ends at row n.
func afterSentinel(hints []hint, n int) bool {
	for i := len(hints) - 1; i >= max(0, len(hints)-8); i-- {
		if hints[i].from == n || hints[i].to == n {
			return true
		}
	}
	return false
}

// settle moves hints from empty rows to those they speak of, ends those of
// elements left open, and drops those of nothing.
func settle(hints []hint, lines []string) []hint {
	for i := range hints {
		h := &hints[i]
		if h.to < 0 || h.is == hintRest || h.to > len(lines) {
			h.to = len(lines)
		}
		for h.from < h.to && bare(lines[h.from]) == "" {
			h.from++
		}
		for h.to > h.from && bare(lines[h.to-1]) == "" {
			h.to--
		}
		if h.is == hintRest {
			h.is = hintEarlier
		}
	}
	return slices.DeleteFunc(hints, func(h hint) bool { return h.from >= h.to })
}
