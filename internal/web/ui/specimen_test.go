package ui

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"lotse/internal/platform/i18n"
	"lotse/internal/web/assets"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func render(t *testing.T, l i18n.Locale, c templ.Component) *goquery.Document {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(i18n.With(t.Context(), i18n.For(l)), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func specimenPage() Page {
	return Page{
		Title: "Specimen", Brand: "Lotse", Home: "/",
		Languages: []Language{{Code: "de", Label: "Deutsch", Href: "?lang=de", Current: true}, {Code: "en", Label: "English", Href: "?lang=en"}},
		Flash:     &FlashProps{Tone: Success, Text: "saved"},
		Errors:    []FieldError{{Name: "email", Text: "incomplete"}, {Name: "when", Text: "choose"}, {Name: "consent", Text: "confirm"}},
	}
}

// pages are all specimens in both languages.
func pages(t *testing.T) map[string]*goquery.Document {
	t.Helper()
	plain := specimenPage()
	plain.Errors = nil
	made := map[string]*goquery.Document{}
	for _, l := range i18n.Locales() {
		for _, s := range Specimens {
			p := SpecimenProps{Page: plain, Now: noon}
			switch s.Name {
			case "all":
				p.Errors = specimenPage().Errors
			case "ask":
				p.Errors = specimenPage().Errors[:1]
			}
			made[s.Name+" "+string(l)] = render(t, l, s.Show(p))
		}
	}
	return made
}

func TestSpecimenStructure(t *testing.T) {
	for name, doc := range pages(t) {
		t.Run(name, func(t *testing.T) {
			for _, selector := range []string{"h1", "main#main", "head > title", "#live[aria-live=polite]", `a.skip-link[href="#main"]`} {
				if n := doc.Find(selector).Length(); n != 1 {
					t.Errorf("%d × %s, want 1", n, selector)
				}
			}
			if lang, _ := doc.Find("html").Attr("lang"); !strings.HasSuffix(name, " "+lang) {
				t.Errorf("html lang is %q", lang)
			}
			if doc.Find("details > summary").Length() != doc.Find("details").Length() {
				t.Error("a menu has no summary")
			}
			checkIDs(t, doc)
			checkLabels(t, doc)
			checkHeadings(t, doc)
			checkPolicy(t, doc)
			checkIcons(t, doc)
			checkWords(t, doc)
		})
	}
}

// checkIDs finds ids used twice and references that lead nowhere.
func checkIDs(t *testing.T, doc *goquery.Document) {
	t.Helper()
	seen := map[string]int{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { seen[s.AttrOr("id", "")]++ })
	for id, n := range seen {
		if n > 1 || id == "" {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for _, attr := range []string{"for", "aria-describedby", "aria-labelledby", "data-copy", "data-files"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(attr, "")) {
				if seen[id] == 0 {
					t.Errorf("%s=%q leads nowhere", attr, id)
				}
			}
		})
	}
}

// checkLabels finds controls without a label and pressables without a text.
func checkLabels(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if strings.TrimSpace(doc.Find(`label[for="`+id+`"]`).Text()) == "" {
			t.Errorf("control %q has no label", id)
		}
		if s.AttrOr("name", "") == "" {
			t.Errorf("control %q has no name", id)
		}
		if s.AttrOr("aria-invalid", "") == "true" && !strings.Contains(s.AttrOr("aria-describedby", ""), id+"-error") {
			t.Errorf("control %q does not name its error", id)
		}
	})
	doc.Find("button, a, summary").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Text()) == "" {
			html, _ := goquery.OuterHtml(s)
			t.Errorf("nothing to read out: %s", html)
		}
	})
}

// checkHeadings finds a heading that skips a level.
func checkHeadings(t *testing.T, doc *goquery.Document) {
	t.Helper()
	last := 1
	doc.Find("main :is(h1, h2, h3, h4)").Not(".error-summary *").Each(func(_ int, s *goquery.Selection) {
		level := int(goquery.NodeName(s)[1] - '0')
		if level > last+1 {
			t.Errorf("h%d %q follows h%d", level, s.Text(), last)
		}
		last = level
	})
}

// checkPolicy finds what the content security policy would block.
func checkPolicy(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("style, [style], script:not([src])").Length(); n > 0 {
		t.Errorf("%d inline styles or scripts", n)
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("inline handler %s", a.Key)
			}
		}
	})
	doc.Find("script[src], link[href]:not([rel=canonical], [rel=alternate]), use[href]").Each(func(_ int, s *goquery.Selection) {
		if u := s.AttrOr("src", s.AttrOr("href", "")); !strings.HasPrefix(u, assets.Prefix) {
			t.Errorf("%s is not one of our assets", u)
		}
	})
}

func checkIcons(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("use").Each(func(_ int, s *goquery.Selection) {
		if _, name, _ := strings.Cut(s.AttrOr("href", ""), "#"); !assets.HasIcon(name) {
			t.Errorf("no icon %q in the sprite", name)
		}
	})
}

var catalogueKey = regexp.MustCompile(`\b(ui|common|time)\.[a-z_]+\b|\{[A-Z]\w*\}|<no value>`)

// checkWords finds keys and variables the catalogue did not fill.
func checkWords(t *testing.T, doc *goquery.Document) {
	t.Helper()
	html, _ := doc.Html()
	if gap := catalogueKey.FindString(html); gap != "" {
		t.Errorf("%q was not put into words", gap)
	}
}

func TestErrorSummary(t *testing.T) {
	doc := render(t, i18n.German, Specimen(SpecimenProps{Page: specimenPage(), Now: noon}))
	summary := doc.Find("main > :first-child")
	if !summary.Is("#error-summary[autofocus][tabindex='-1'][role=alert]") {
		t.Fatal("the summary is not the first thing of the page or does not take the focus")
	}
	links := summary.Find("a")
	if links.Length() != 3 {
		t.Fatalf("%d links, want 3", links.Length())
	}
	links.Each(func(_ int, s *goquery.Selection) {
		u, _ := url.Parse(s.AttrOr("href", ""))
		if !doc.Find("[id='" + u.Fragment + "']").Is("input, select, textarea") {
			t.Errorf("%s leads to no control", u)
		}
	})
	if title := strings.Join(strings.Fields(doc.Find("head > title").Text()), " "); title != "Fehler: Specimen – Lotse" {
		t.Errorf("title is %q", title)
	}
	if n := render(t, i18n.German, ErrorSummary(nil)).Find("body *").Length(); n != 0 {
		t.Errorf("without errors the summary has %d elements", n)
	}
}
