package webtest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

var unfilled = regexp.MustCompile(`\b(account|admin|form|relay|region|role|common|staff|catalog|calendar|access|error|ui|shell|portal|publish|letter|privacy|jobs|mailbox)\.[a-z_]+(\.[a-z_-]+)*\b|\{[A-Z]\w*\}|%!`)

// check finds what no page may have: scripts and styles in the page, things of
// other sites, a password, texts the catalogue does not know, ids used twice,
// links of the error summary that lead nowhere.
func check(t *testing.T, what string, p *Page) {
	t.Helper()
	if n := p.Find(`style, [style], script:not([src], [type="application/ld+json"])`).Length(); n > 0 {
		t.Errorf("%s: %d inline scripts or styles", what, n)
	}
	p.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s: inline handler %s", what, a.Key)
			}
			if leadsAway(s, a.Key, a.Val) {
				t.Errorf("%s: %s=%q leads away", what, a.Key, a.Val)
			}
		}
	})
	p.Find("input[type=password]").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("value", "") != "" {
			t.Errorf("%s: the page holds a password", what)
		}
	})
	if p.Find("h1").Length() != 1 {
		t.Errorf("%s: %d h1", what, p.Find("h1").Length())
	}
	if gap := unfilled.FindString(withoutTyped(p)); gap != "" {
		t.Errorf("%s: %q was not put into words", what, gap)
	}
	checkIDs(t, what, p)
}

// leadsAway reports whether an attribute loads or opens something of another
// site. Links marked as leading there may, and what only names the page: its
// canonical address and its other languages.
func leadsAway(s *goquery.Selection, key, value string) bool {
	if s.Is(`a[rel~="external"], a[rel~="nofollow"], link[rel="canonical"], link[rel="alternate"]`) {
		return strings.HasPrefix(value, "javascript:")
	}
	address := key == "src" || key == "href" || key == "action" || key == "formaction"
	inside := strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "//")
	return address && !inside && !strings.HasPrefix(value, "#")
}

// withoutTyped is the page's text, without what somebody typed.
func withoutTyped(p *Page) string {
	body := p.Find("body").Clone()
	body.Find("textarea, code").Remove() // code is what somebody is to type
	return body.Text()
}

func checkIDs(t *testing.T, what string, p *Page) {
	t.Helper()
	seen := map[string]int{}
	p.Find("[id]").Each(func(_ int, s *goquery.Selection) { seen[s.AttrOr("id", "")]++ })
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s: id %q stands %d times", what, id, n)
		}
	}
	p.Find(".error-summary a").Each(func(_ int, s *goquery.Selection) {
		if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); seen[id] == 0 {
			t.Errorf("%s: the error %q leads nowhere (%s)", what, s.Text(), id)
		}
	})
	p.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if s.AttrOr("aria-label", "") == "" && strings.TrimSpace(p.Find(`label[for="`+id+`"]`).Text()) == "" {
			t.Errorf("%s: control %q has no label", what, id)
		}
	})
}
