package markup

import (
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// elements are the tags that survive, without attributes if need be. What is
// not here loses its tags and keeps its text.
var elements = strings.Fields(`
	a abbr address article aside b bdi big blockquote br caption center cite code
	col colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4
	h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp section small
	span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr`)

// attributes are the attributes that survive and the values they may have, per
// element; "*" is every element. No id, class or name: they would meet the
// styles and scripts of the page around.
var attributes = map[string]map[string]*regexp.Regexp{
	"*": {
		"dir":    regexp.MustCompile(`^(?:ltr|rtl|auto)$`),
		"lang":   regexp.MustCompile(`^[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8}){0,4}$`),
		"title":  regexp.MustCompile(`^[^\x00-\x1f]{0,500}$`),
		"style":  regexp.MustCompile(`^[a-z-]+:[^;:<>\\]+(?:;[a-z-]+:[^;:<>\\]+)*$`),
		"align":  regexp.MustCompile(`^(?i:left|right|center|justify)$`),
		"valign": regexp.MustCompile(`^(?i:top|middle|bottom|baseline)$`),
	},
	"a": {
		"href":   regexp.MustCompile(`^(?i:https?://|mailto:|tel:)`),
		"rel":    regexp.MustCompile(`^` + linkRel + `$`),
		"target": regexp.MustCompile(`^_blank$`),
	},
	"img": {
		"src":             regexp.MustCompile(`^data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$`),
		"data-cid":        regexp.MustCompile(`^[!-~]{1,255}$`),
		"data-remote-src": regexp.MustCompile(`^https?://[!-~]+$`),
		"alt":             regexp.MustCompile(`^[^\x00-\x1f]{0,500}$`),
		"width":           dimension,
		"height":          dimension,
	},
	"table": {
		"width": dimension, "bgcolor": htmlColor,
		"border": pixels, "cellpadding": pixels, "cellspacing": pixels,
	},
	"tr":  {"bgcolor": htmlColor},
	"td":  {"width": dimension, "height": dimension, "bgcolor": htmlColor, "colspan": cells, "rowspan": cells},
	"th":  {"width": dimension, "height": dimension, "bgcolor": htmlColor, "colspan": cells, "rowspan": cells},
	"col": {"width": dimension, "span": cells},
	"hr":  {"width": dimension},
	"font": {
		"color": htmlColor,
		"size":  regexp.MustCompile(`^[+-]?[1-7]$`),
	},
	"ol": {"start": regexp.MustCompile(`^-?[0-9]{1,6}$`), "type": regexp.MustCompile(`^[1aAiI]$`)},
	"li": {"value": regexp.MustCompile(`^-?[0-9]{1,6}$`)},
	"ul": {"type": regexp.MustCompile(`^(?i:disc|circle|square)$`)},
}

var (
	dimension = regexp.MustCompile(`^[0-9]{1,4}(?:%|px)?$`)
	pixels    = regexp.MustCompile(`^[0-9]{1,2}$`)
	cells     = regexp.MustCompile(`^[1-9][0-9]{0,2}$`)
	htmlColor = regexp.MustCompile(`^(?:#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,20})$`)
)

// linkRel keeps the target from reaching back to our page, from learning where
// the reader came from (links to a case are secrets), and search engines from
// counting the link.
const linkRel = "noopener noreferrer nofollow"

// gate is the bluemonday policy behind the rewriter. It rests on the same
// tables and has its own parser of attributes and URLs. bluemonday's style
// filter is not used: its CSS parser takes more than linear time on hostile
// input; the rewriter's styles are flat lists the pattern above can judge.
var gate = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(elements...)
	p.AllowNoAttrs().OnElements(elements...)
	for element, list := range attributes {
		for name, values := range list {
			if element == "*" {
				p.AllowAttrs(name).Matching(values).Globally()
			} else {
				p.AllowAttrs(name).Matching(values).OnElements(element)
			}
		}
	}
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowURLSchemeWithCustomPolicy("data", func(u *url.URL) bool {
		return attributes["img"]["src"].MatchString(u.String())
	})
	return p
})
