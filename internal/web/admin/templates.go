package admin

import (
	"context"
	_ "embed"
	"net/http"
	"net/url"

	"lotse/internal/access"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

const templatesPath = "/admin/templates"

//go:embed templates.css
var templatesCSS string

var templatesStyle = assets.RegisterStyle("admin-templates.css", templatesCSS)

// Mails shows what becomes of a text; the outbox does.
type Mails interface {
	Sample(ctx context.Context, a access.Actor, number string, account ids.ID, language i18n.Locale) (outbox.Sample, error)
	LookAt(ctx context.Context, a access.Actor, m templates.Mail) (text, html string, err error)
}

// textList is what the list of texts shows.
type textList struct {
	place  place
	places []ui.NavItem // the brand and its mailboxes
	rows   []textRow
}

// textRow is one text in every language.
type textRow struct {
	spec    templates.Spec
	entries []templates.Entry // by language, in the order of i18n.Locales
}

// place is whose texts a page shows: a mailbox's, or with the zero id the brand's.
type place struct {
	account ids.ID
	name    string
}

func (p place) query() string {
	if p.account.IsZero() {
		return ""
	}
	return "?" + url.Values{"mailbox": {p.account.String()}}.Encode()
}

func (p place) list() string { return templatesPath + p.query() }

// path returns the address of a text, or of what is below it.
func (p place) path(e templates.Entry, below string) string {
	return templatesPath + "/" + string(e.Spec.Key) + "/" + string(e.Language) + below + p.query()
}

// placeOf reads from the address whose texts are meant.
func (p *Pages) placeOf(r *http.Request) (place, error) {
	named := r.URL.Query().Get("mailbox")
	if named == "" {
		brand, err := p.kit.Catalog.Brand(r.Context(), actor(r).BrandID)
		return place{name: brand.Name}, err
	}
	id, err := ids.Parse(named)
	if err != nil {
		return place{}, errs.Wrap(errs.NotFound, err, "reading an address")
	}
	box, err := p.kit.Catalog.AccountFor(r.Context(), actor(r), id)
	return place{account: id, name: box.Address}, err
}

func (p *Pages) listTemplates(w http.ResponseWriter, r *http.Request) error {
	at, err := p.placeOf(r)
	if err != nil {
		return err
	}
	entries, err := p.templates.List(r.Context(), actor(r), at.account)
	if err != nil {
		return err
	}
	list := textList{place: at}
	for _, e := range entries {
		if last := len(list.rows) - 1; last < 0 || list.rows[last].spec.Key != e.Spec.Key {
			list.rows = append(list.rows, textRow{spec: e.Spec})
		}
		row := &list.rows[len(list.rows)-1]
		row.entries = append(row.entries, e)
	}
	if list.places, err = p.places(r, at); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templatesPage(p.templateShell(r, t(r.Context(), "template.page.title"), nil), list))
}

// places leads to the texts of the brand and of each mailbox.
func (p *Pages) places(r *http.Request, at place) ([]ui.NavItem, error) {
	boxes, err := p.kit.Catalog.AccountsFor(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	items := []ui.NavItem{{Label: t(r.Context(), "template.page.brand"), Href: templatesPath, Current: at.account.IsZero()}}
	for _, b := range boxes {
		items = append(items, ui.NavItem{Label: b.Address, Href: place{account: b.ID}.list(), Current: at.account == b.ID})
	}
	return items, nil
}

func (p *Pages) templateShell(r *http.Request, title string, faults []ui.FieldError) ui.ShellProps {
	frame := p.shell(r, title, templatesPath, faults)
	frame.Styles = append(frame.Styles, templatesStyle)
	return frame
}

// audienceName is the heading above the texts of an audience.
func audienceName(ctx context.Context, a templates.Audience) string {
	return t(ctx, "template.audience."+[]string{"customers", "others", "staff"}[a])
}

// inGroup returns the rows of an audience.
func (l textList) inGroup(a templates.Audience) []textRow {
	var rows []textRow
	for _, row := range l.rows {
		if row.spec.Audience == a {
			rows = append(rows, row)
		}
	}
	return rows
}

// findings counts what is to be said about a text in all languages; wrong is set
// if it must not stay so.
func (r textRow) findings() (count int, wrong bool) {
	for _, e := range r.entries {
		count += len(e.Findings)
		for _, f := range e.Findings {
			wrong = wrong || f.Wrong
		}
	}
	return count, wrong
}

// origin says where a text comes from, and how to show it.
func origin(ctx context.Context, e templates.Entry) (ui.Tone, string) {
	switch {
	case e.Own():
		return ui.Info, t(ctx, "template.origin.own")
	case e.Layer == templates.FromBrand:
		return ui.Neutral, t(ctx, "template.origin.brand")
	}
	return ui.Neutral, t(ctx, "template.origin.program")
}
