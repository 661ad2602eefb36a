package admin

import (
	"net/http"
	"net/url"

	"lotse/internal/platform/errs"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

const designPath = "/admin/design"

var designScript = assets.RegisterScript("design.js", `addEventListener("click", ({ target }) => target.closest("[data-print]") && print());`)

// showDesign shows one specimen of the design system in the language, scheme and
// density the address asks for, with the links that switch them.
func (p *Pages) showDesign(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	for _, s := range ui.Specimens {
		if s.Name == name {
			return web.Render(w, r, http.StatusOK, s.Show(p.specimen(r, name)))
		}
	}
	return errs.New(errs.NotFound, "")
}

func (p *Pages) specimen(r *http.Request, name string) ui.SpecimenProps {
	q := r.URL.Query()
	page := p.kit.Bare(r, t(r.Context(), "admin.design.title"))
	page.Styles = []string{style}
	page.Scripts = []string{designScript, "upload.js", "draft.js"}
	page.Theme = oneOf(q.Get("theme"), "light", "dark")
	page.Density = oneOf(q.Get("density"), "compact")
	switch q.Get("show") {
	case "errors":
		page.Errors = []ui.FieldError{{Name: faultyField[name], Text: t(r.Context(), "admin.design.fault")}}
	case "flash":
		page.Flash = &ui.FlashProps{Tone: ui.Success, Text: t(r.Context(), "admin.brand.saved")}
	}
	return ui.SpecimenProps{Page: page, Now: p.kit.Clock.Now(), Tools: designTools(designLinks(r, name))}
}

// faultyField is the control the error leads to, on specimens that have it.
var faultyField = map[string]string{"all": "email", "sign-in": "email", "ask": "email"}

// oneOf returns value if it is one of the known ones, else "".
func oneOf(value string, known ...string) string {
	for _, k := range known {
		if value == k {
			return k
		}
	}
	return ""
}

// group is a row of links that switch one thing.
type group struct {
	label string
	items []ui.NavItem
}

// designLinks are the pages and the choices, each keeping the other choices.
func designLinks(r *http.Request, name string) []group {
	ctx := r.Context()
	pages := group{label: t(ctx, "admin.design.pages")}
	for _, s := range ui.Specimens {
		pages.items = append(pages.items, ui.NavItem{Label: t(ctx, "admin.design.page."+s.Name), Current: s.Name == name,
			Href: (&url.URL{Path: designPath + "/" + s.Name, RawQuery: r.URL.RawQuery}).String()})
	}
	groups := []group{pages}
	for _, choice := range []struct {
		param  string
		values []string
	}{{"theme", []string{"", "light", "dark"}}, {"density", []string{"", "compact"}}, {"show", []string{"", "errors", "flash"}}} {
		g := group{label: t(ctx, "admin.design."+choice.param)}
		for _, value := range choice.values {
			q := r.URL.Query()
			if q.Set(choice.param, value); value == "" {
				q.Del(choice.param)
			}
			key := value
			if key == "" {
				key = "normal"
			}
			g.items = append(g.items, ui.NavItem{Label: t(ctx, "admin.design."+choice.param+"_"+key), Current: r.URL.Query().Get(choice.param) == value,
				Href: (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()})
		}
		groups = append(groups, g)
	}
	languages := group{label: t(ctx, "admin.design.language")}
	for _, l := range web.Languages(r) {
		languages.items = append(languages.items, ui.NavItem{Label: l.Label, Href: l.Href, Current: l.Current})
	}
	return append(groups, languages)
}
