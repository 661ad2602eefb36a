package admin

import (
	"context"
	"net/http"
	"strings"

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

const cataloguePath = "/admin/catalogue"

// entryFields are the controls of an entry's form from top to bottom.
var entryFields = []string{"name_de", "name_en", "parent", "key"}

// catalogueList is what the page of one list shows.
type catalogueList struct {
	kind    catalog.EntryKind
	lines   []entryLine // active
	retired []catalog.Entry
	parents []catalog.Entry
	form    form.Form // of a new entry
}

// entryLine is an active entry in its list.
type entryLine struct {
	catalog.Entry
	first, last bool // among those below the same parent
}

func entryPath(e catalog.Entry) string { return cataloguePath + "/" + e.ID.String() }

func listPath(k catalog.EntryKind) string { return cataloguePath + "?list=" + k.String() }

// listText is a text that is another one for each list.
func listText(ctx context.Context, k catalog.EntryKind, key string) string {
	return t(ctx, "admin.catalogue."+strings.ReplaceAll(key, "*", k.String()))
}

func (p *Pages) showCatalogue(w http.ResponseWriter, r *http.Request) error {
	kind, ok := catalog.ParseEntryKind(r.URL.Query().Get("list"))
	if !ok {
		kind = catalog.Topic
	}
	return p.renderCatalogue(w, r, http.StatusOK, kind, form.Form{})
}

func (p *Pages) addEntry(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	kind, ok := catalog.ParseEntryKind(r.URL.Query().Get("list"))
	if !ok {
		return errs.New(errs.NotFound, "")
	}
	made, err := p.kit.Catalog.CreateEntry(r.Context(), actor(r), readEntry(f, kind))
	if err == nil {
		return p.done(w, r, listPath(kind), "admin.catalogue.added", made.Name(i18n.From(r.Context()).Locale()))
	}
	status, err := f.Refused(r.Context(), err, "name_de")
	if err != nil {
		return err
	}
	f.Sort(entryFields...)
	return p.renderCatalogue(w, r, status, kind, f)
}

func readEntry(f form.Form, kind catalog.EntryKind) catalog.EntryForm {
	parent, err := ids.Parse(f.Get("parent"))
	if err != nil && f.Get("parent") != "" {
		parent = ids.New() // none of ours: refused at its control
	}
	return catalog.EntryForm{Kind: kind, Key: f.Get("key"), Names: map[string]string{"de": f.Get("name_de"), "en": f.Get("name_en")}, ParentID: parent}
}

func (p *Pages) renderCatalogue(w http.ResponseWriter, r *http.Request, status int, kind catalog.EntryKind, f form.Form) error {
	ctx := r.Context()
	all, err := p.kit.Catalog.Entries(ctx, actor(r).BrandID, kind)
	if err != nil {
		return err
	}
	list := catalogueList{kind: kind, form: f, parents: parentsFor(all, catalog.Entry{})}
	for _, e := range all {
		if e.Active() {
			list.lines = append(list.lines, entryLine{Entry: e, first: true, last: true})
		} else {
			list.retired = append(list.retired, e)
		}
	}
	for i := range list.lines {
		for j := range list.lines[:i] {
			if list.lines[i].ParentID == list.lines[j].ParentID {
				list.lines[i].first, list.lines[j].last = false, false
			}
		}
	}
	frame := p.shell(r, t(ctx, "admin.catalogue.title")+": "+t(ctx, "catalog.kinds."+kind.String()), cataloguePath, f.Errors)
	return web.Render(w, r, status, cataloguePage(frame, list))
}

// parentsFor returns what an entry may belong to: nothing if others belong to it.
func parentsFor(all []catalog.Entry, e catalog.Entry) []catalog.Entry {
	var parents []catalog.Entry
	for _, o := range all {
		if o.ParentID == e.ID && !e.ID.IsZero() {
			return nil
		}
		if o.ParentID.IsZero() && o.ID != e.ID && (o.Active() || o.ID == e.ParentID) {
			parents = append(parents, o)
		}
	}
	return parents
}

// parentOptions are the choices of the control "parent".
func parentOptions(ctx context.Context, parents []catalog.Entry) []ui.Option {
	options := []ui.Option{{Label: t(ctx, "admin.catalogue.parent_none")}}
	for _, e := range parents {
		options = append(options, ui.Option{Value: e.ID.String(), Label: entryName(ctx, e)})
	}
	return options
}

func entryName(ctx context.Context, e catalog.Entry) string { return e.Name(i18n.From(ctx).Locale()) }

// otherName is what the entry is called in the language the reader does not use;
// "" if that is the same.
func otherName(ctx context.Context, e catalog.Entry) (name, language string) {
	for _, l := range i18n.Locales() {
		if name := e.Names[string(l)]; name != "" && name != entryName(ctx, e) {
			return name, string(l)
		}
	}
	return "", ""
}

func tabs(ctx context.Context, current catalog.EntryKind) []ui.NavItem {
	var items []ui.NavItem
	for _, k := range catalog.EntryKinds() {
		items = append(items, ui.NavItem{Label: t(ctx, "catalog.kinds."+k.String()), Href: listPath(k), Current: k == current})
	}
	return items
}

// entryPage is what the page of one entry shows.
type entryPage struct {
	catalog.Entry
	parents  []catalog.Entry
	isParent bool
	form     form.Form
}

func (p *Pages) showEntry(w http.ResponseWriter, r *http.Request) error {
	return p.renderEntry(w, r, http.StatusOK, form.Form{})
}

func (p *Pages) renderEntry(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	e, err := p.entryOf(r)
	if err != nil {
		return err
	}
	all, err := p.kit.Catalog.Entries(r.Context(), e.BrandID, e.Kind)
	if err != nil {
		return err
	}
	page := entryPage{Entry: e, parents: parentsFor(all, e)}
	for _, o := range all {
		page.isParent = page.isParent || o.ParentID == e.ID
	}
	parent := ""
	if !e.ParentID.IsZero() {
		parent = e.ParentID.String()
	}
	page.form = f.Over(form.New("name_de", e.Names["de"], "name_en", e.Names["en"], "parent", parent))
	frame := p.shell(r, entryName(r.Context(), e), cataloguePath, f.Errors)
	return web.Render(w, r, status, entryView(frame, page))
}

func (p *Pages) entryOf(r *http.Request) (catalog.Entry, error) {
	id, err := pathID(r)
	if err != nil {
		return catalog.Entry{}, err
	}
	return p.kit.Catalog.Entry(r.Context(), actor(r).BrandID, id)
}

// changeEntry does one thing to the entry in the address and leads on to its list.
func (p *Pages) changeEntry(w http.ResponseWriter, r *http.Request, key, at string, do func(e catalog.Entry, f form.Form) (named catalog.Entry, err error)) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	e, err := p.entryOf(r)
	if err != nil {
		return err
	}
	changed, err := do(e, f)
	if err == nil && key == "" {
		return web.Redirect(w, r, listPath(e.Kind))
	}
	if err == nil {
		return p.done(w, r, listPath(e.Kind), key, entryName(r.Context(), changed))
	}
	status, err := f.Refused(r.Context(), err, at)
	if err != nil {
		return err
	}
	f.Sort(entryFields...)
	return p.renderEntry(w, r, status, f)
}

func (p *Pages) updateEntry(w http.ResponseWriter, r *http.Request) error {
	return p.changeEntry(w, r, "admin.catalogue.saved", "name_de", func(e catalog.Entry, f form.Form) (catalog.Entry, error) {
		return p.kit.Catalog.UpdateEntry(r.Context(), actor(r), e.ID, readEntry(f, e.Kind))
	})
}

func (p *Pages) moveEntry(w http.ResponseWriter, r *http.Request) error {
	return p.changeEntry(w, r, "", "move", func(e catalog.Entry, f form.Form) (catalog.Entry, error) {
		by := 1
		if f.Get("move") == "up" {
			by = -1
		}
		return e, p.kit.Catalog.MoveEntry(r.Context(), actor(r), e.ID, by)
	})
}

func (p *Pages) setEntryActive(w http.ResponseWriter, r *http.Request) error {
	on := r.PostFormValue("active") == "1"
	key := "admin.catalogue.retired_done"
	if on {
		key = "admin.catalogue.back_done"
	}
	return p.changeEntry(w, r, key, "active", func(e catalog.Entry, _ form.Form) (catalog.Entry, error) {
		return e, p.kit.Catalog.SetEntryActive(r.Context(), actor(r), e.ID, on)
	})
}
