package markup

import (
	"regexp"
	"strings"
)

// maxStyle is the longest style attribute that is read, in bytes.
const maxStyle = 4 << 10

const (
	size  = `(?:0|[0-9]{0,4}(?:\.[0-9]{1,4})?(?:px|pt|em|rem|ex|ch|%|cm|mm|in))`
	color = `(?:#[0-9a-f]{3,8}|[a-z]{3,20}|(?:rgb|hsl)a?\([0-9., %/]{1,40}\))`
	edge  = `(?:none|hidden|solid|dashed|dotted|double|groove|ridge|inset|outset|thin|medium|thick|` + size + `|` + color + `)`
	four  = `(?:` + size + `|auto)(?: (?:` + size + `|auto)){0,3}`
)

// properties are the style properties that survive and their values, in lower
// case. They colour and space the text they stand at and reach nothing else:
// no position, no negative margin (both cover the page), no display, visibility
// or zero size (text that staff does not see but a program reads), no url().
var properties = func() map[string]*regexp.Regexp {
	table := map[string]string{
		"color":            color,
		"background-color": color,
		"background":       color,
		"font-size":        `(?:xx-small|x-small|small|medium|large|x-large|xx-large|smaller|larger|[1-9][0-9]{0,2}(?:\.[0-9]{1,4})?(?:px|pt|%)|(?:[1-9]|0?\.[5-9])(?:\.?[0-9]{1,4})?r?em)`,
		"font-family":      `[a-z0-9 ,'"_-]{1,300}`,
		"font-weight":      `(?:normal|bold|bolder|lighter|[1-9]00)`,
		"font-style":       `(?:normal|italic|oblique)`,
		"font-variant":     `(?:normal|small-caps)`,
		"text-align":       `(?:left|right|center|justify|start|end)`,
		"text-decoration":  `(?:none|underline|line-through|overline)`,
		"text-transform":   `(?:none|uppercase|lowercase|capitalize)`,
		"vertical-align":   `(?:baseline|top|middle|bottom|sub|super|text-top|text-bottom)`,
		"line-height":      `(?:normal|[1-9](?:\.[0-9]{1,4})?|[1-9][0-9]{0,2}(?:\.[0-9]{1,4})?(?:px|pt|%)|[1-9](?:\.[0-9]{1,4})?em)`,
		"white-space":      `(?:normal|nowrap|pre|pre-wrap|pre-line)`,
		"direction":        `(?:ltr|rtl)`,
		"list-style-type":  `(?:none|disc|circle|square|decimal|lower-alpha|upper-alpha|lower-roman|upper-roman)`,
		"border-collapse":  `(?:collapse|separate)`,
		"border-spacing":   size + `(?: ` + size + `)?`,
		"border":           edge + `(?: ` + edge + `){0,2}`,
		"border-color":     color,
		"border-style":     edge,
		"border-width":     size,
		"border-radius":    size,
		"width":            `(?:auto|` + size + `)`,
		"max-width":        `(?:none|` + size + `)`,
		"min-width":        size,
		"height":           `(?:auto|` + size + `)`,
		"margin":           four,
		"padding":          four,
	}
	for _, side := range []string{"top", "right", "bottom", "left"} {
		table["margin-"+side] = `(?:auto|` + size + `)`
		table["padding-"+side] = size
		table["border-"+side] = edge + `(?: ` + edge + `){0,2}`
	}
	compiled := make(map[string]*regexp.Regexp, len(table))
	for name, values := range table {
		compiled[name] = regexp.MustCompile(`^(?:` + values + `)$`)
	}
	return compiled
}()

// safeStyle reduces a style attribute to harmless declarations; "" if none is
// left. Escapes and comments are not understood but refused with their
// declaration, since no table value has a backslash or an asterisk.
func safeStyle(style string) string {
	if len(style) > maxStyle {
		return ""
	}
	var kept []string
	for declaration := range strings.SplitSeq(strings.ToLower(style), ";") {
		name, value, found := strings.Cut(declaration, ":")
		if !found {
			continue
		}
		name = strings.TrimSpace(name)
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		value = strings.Join(strings.Fields(value), " ")
		if values, ok := properties[name]; ok && values.MatchString(value) {
			kept = append(kept, name+":"+value)
		}
	}
	return strings.Join(kept, ";")
}
