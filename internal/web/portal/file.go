package portal

import (
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// filePage is the virtual file: all own cases.
type filePage struct {
	frame  ui.PublicProps
	p      *i18n.Printer
	now    time.Time
	open   []desk.Case
	closed []desk.Case
	teams  map[ids.ID]string
	topics map[ids.ID]string
	single bool   // the pass is for one case only
	older  string // address of the next page, "" on the last
	later  bool   // this is not the first page
	lang   func(string) string
}

// showFile shows the file of whoever opened it, and the ways to it to everybody
// else.
func (p *Portal) showFile(w http.ResponseWriter, r *http.Request) error {
	h, err := p.holder(r)
	if err != nil {
		return err
	}
	if h.empty() {
		return p.renderTrack(w, r, http.StatusOK, "file", form.Form{})
	}
	var after ids.ID
	if typed := r.URL.Query().Get("after"); typed != "" {
		if after, err = ids.Parse(typed); err != nil {
			return notFound()
		}
	}
	ctx, a := r.Context(), h.passes[0].Actor()
	cases, next, err := p.Desk.OwnCases(ctx, a, after)
	if err != nil {
		return err
	}
	page := filePage{frame: p.frame(r, t(ctx, "portal.my.title"), ui.WayTrack), p: i18n.From(ctx), now: p.Kit.Clock.Now(),
		teams: map[ids.ID]string{}, single: !a.Case.IsZero(), later: !after.IsZero(), lang: func(to string) string { return form.Link(r, to) }}
	teams, err := p.Kit.Staff.Teams(ctx, access.Lotse(a.BrandID))
	if err != nil {
		return err
	}
	for _, t := range teams {
		page.teams[t.ID] = t.Name
	}
	if page.topics, err = p.topicNames(ctx, a.BrandID); err != nil {
		return err
	}
	for _, c := range cases {
		if c.State.IsOpen() {
			page.open = append(page.open, c)
		} else {
			page.closed = append(page.closed, c)
		}
	}
	if !next.IsZero() {
		page.older = page.lang("/my?after=" + next.String())
	}
	page.frame.Flash = noticed(r)
	return web.Render(w, r, http.StatusOK, fileView(page))
}

// line says in one sentence where a case of the list stands.
func (p filePage) line(c desk.Case) string {
	switch {
	case !c.State.IsOpen() || c.DueAt.IsZero():
		return p.p.T("portal.next." + c.State.String())
	case c.DueAt.Time().After(p.now):
		return p.p.T("portal.case.until", "When", p.p.LongDateTime(c.DueAt.Time()))
	}
	return p.p.T("portal.my.late")
}
