package public

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"lotse/internal/platform/i18n"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

//go:embed public.css
var styleSource string

//go:embed signpost.js
var scriptSource string

var (
	pageStyle = assets.RegisterStyle("questions.css", styleSource)
	// Script suggests questions while somebody types; other pages with such a field
	// name it too.
	Script = assets.RegisterScript("signpost.js", scriptSource)
)

// sheet is a page before it is put into its frame.
type sheet struct {
	title       string
	description string
	rest        string // path behind the language: "/questions"
	current     string // the entry of the navigation it belongs to, likewise
	canonical   string // absolute address
	feed        string // path of the page's feed; "" for none
	ways        ui.Ways
	ownSignpost bool
	search      bool // the frame offers the search field
	noIndex     bool
	alternates  bool // the page says the same in every language
	scripts     []string
	card        card
	data        any // JSON-LD; nil for none
	query       url.Values
	wide        bool
	content     templ.Component
}

// frame puts a page into the frame all public pages share.
func (v visit) frame(s sheet) templ.Component {
	props := ui.PublicProps{
		Page: ui.Page{
			Title: s.title, Brand: v.brand.Name, Home: v.path("/"), LookStyle: v.brand.LookPath(), Logo: v.brand.LogoPath(),
			Styles: []string{pageStyle}, Scripts: s.scripts, Languages: v.languages(s),
		},
		Nav:  ui.PublicNav(v.p, s.current),
		Ways: s.ways, OwnSignpost: s.ownSignpost, Canonical: s.canonical, Description: s.description,
		NoIndex: s.noIndex, Wide: s.wide,
	}
	if props.Ways == (ui.Ways{}) {
		props.Ways = v.ways("")
	}
	if s.search {
		props.Search = ui.SearchField(ui.SearchProps{Action: v.path("/search"), Name: "q", Label: v.p.T("public.search.field"), Key: "/"})
	}
	props.Head = head(v, s)
	return within(ui.Public(props), s.content)
}

// ways are the three ways of the signpost.
func (v visit) ways(current string) ui.Ways {
	return ui.Ways{Solve: v.path("/"), Ask: v.ask(""), Track: "/my?lang=" + v.locale(), Current: current}
}

// ask is the address of the form that takes a question, with what was typed.
func (v visit) ask(q string) string {
	to := "/ask?lang=" + v.locale()
	if q != "" {
		to += "&q=" + url.QueryEscape(q)
	}
	return to
}

func (v visit) track() string { return "/track?lang=" + v.locale() }

// languages lead to the same page in each language.
func (v visit) languages(s sheet) []ui.Language {
	var list []ui.Language
	for _, l := range i18n.Locales() {
		href := "/" + string(l) + s.rest
		if len(s.query) > 0 {
			href += "?" + s.query.Encode()
		}
		list = append(list, ui.Language{Code: string(l), Label: i18n.For(l).T("public.language"), Href: href, Current: l == v.p.Locale()})
	}
	return list
}

// html makes the answer of a page.
func (v visit) html(ctx context.Context, status int, s sheet) (*answer, error) {
	return render(ctx, status, v.frame(s))
}

// buffers are used again: a page is kept in as many bytes as it has.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func render(ctx context.Context, status int, c templ.Component) (*answer, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := c.Render(ctx, b); err != nil {
		return nil, fmt.Errorf("rendering a public page: %w", err)
	}
	return newAnswer(status, typeHTML, bytes.Clone(b.Bytes())), nil
}

// within puts inner between the parts of a frame component.
func within(frame, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, inner), w)
	})
}

// otherLang is the lang attribute of a text, "" if it is the page's.
func (v visit) otherLang(language string) string {
	if language == v.locale() {
		return ""
	}
	return language
}

// lang marks an element whose text is in another language than the page.
func (v visit) lang(language string) templ.Attributes {
	if other := v.otherLang(language); other != "" {
		return templ.Attributes{"lang": other}
	}
	return nil
}

// typed returns what somebody looks for: one line of at most 200 characters.
func typed(r *http.Request) string {
	q := strings.Join(strings.Fields(strings.ToValidUTF8(r.URL.Query().Get("q"), "")), " ")
	if runes := []rune(q); len(runes) > maxTyped {
		q = string(runes[:maxTyped])
	}
	return q
}

// maxTyped is how much of a question is looked at, as search does.
const maxTyped = 200
