package workspace

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/views"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

// listPage is what the list shows.
type listPage struct {
	shell   ui.ShellProps
	filters []ui.NavItem
	scope   views.Scope
	rows    []listRow
	self    string // address of this very page
	newest  string // "" on the first page
	older   string // "" on the last page
	from    string // position the page was read at
}

// listRow is one case, put into words.
type listRow struct {
	number, href, title, customer, excerpt string
	icon                                   string
	state, due, team, owner, portrait      string
	stateTone, dueTone                     ui.Tone
	awaits, restricted, mine               bool
	messages                               int
	at, now                                time.Time
}

func (w *Workspace) list(rw http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if q.Has("q") {
		return w.find(rw, r, q.Get("q"))
	}
	return w.showList(rw, r, nil)
}

// find leads to a case by its number. Other words are not searched for yet, and
// the page says so.
func (w *Workspace) find(rw http.ResponseWriter, r *http.Request, typed string) error {
	if typed == "" {
		return web.Redirect(rw, r, "/cases")
	}
	p := i18n.From(r.Context())
	n := ids.ParseNumber(typed)
	if n == "" {
		return w.showList(rw, r, &ui.FlashProps{Tone: ui.Info, Text: p.T("workspace.search.only_numbers")})
	}
	_, err := w.Desk.Find(r.Context(), actor(r), n)
	switch {
	case err == nil, errs.Is(err, errs.Forbidden): // its page says why little is shown
		return web.Redirect(rw, r, "/cases/"+n)
	case errs.Is(err, errs.NotFound):
		return w.showList(rw, r, &ui.FlashProps{Tone: ui.Warning, Text: p.T("workspace.search.none", "Number", n)})
	}
	return err
}

func (w *Workspace) showList(rw http.ResponseWriter, r *http.Request, notice *ui.FlashProps) error {
	ctx, a, from := r.Context(), actor(r), w.Hub.Position()
	c, err := w.crew(ctx, a)
	if err != nil {
		return err
	}
	f, err := filter(r.URL.Query(), a, c)
	if err != nil {
		return err
	}
	found, err := w.Views.List(ctx, a, f)
	if err != nil {
		return err
	}
	page := listPage{from: from, shell: w.shell(r, t(ctx, "workspace.list.title"), "/cases"), scope: f.Scope, self: address(f), filters: filters(r, f, c)}
	if notice != nil {
		page.shell.Flash = notice
	}
	if !f.After.IsZero() {
		first := f
		first.After = views.Cursor{}
		page.newest = address(first)
	}
	if !found.Next.IsZero() {
		next := f
		next.After = found.Next
		page.older = address(next)
	}
	for _, row := range found.Rows {
		page.rows = append(page.rows, describe(i18n.From(ctx), a, c, row, w.Kit.Clock.Now()))
	}
	return web.Render(rw, r, http.StatusOK, caseList(page))
}

// filter reads what the address asks for. A team that is not named is the
// actor's first.
func filter(q url.Values, a access.Actor, c crew) (views.Filter, error) {
	f := views.Filter{Scope: views.ParseScope(q.Get("view"))}
	var err error
	if f.After, err = db.ParseCursor(q.Get("after")); err != nil {
		return f, err
	}
	if f.Scope != views.Team {
		return f, nil
	}
	if q.Get("team") == "" && len(a.Teams) > 0 {
		f.TeamID = a.Teams[0]
		return f, nil
	}
	id, err := ids.Parse(q.Get("team"))
	if err != nil || c.team(id) == "" {
		return f, errs.New(errs.NotFound, "staff.team.not_found")
	}
	f.TeamID = id
	return f, nil
}

// address is the link to a list.
func address(f views.Filter) string {
	q := url.Values{"view": {string(f.Scope)}}
	if f.Scope == views.Team {
		q.Set("team", f.TeamID.String())
	}
	if after := f.After.String(); after != "" {
		q.Set("after", after)
	}
	return "/cases?" + q.Encode()
}

// filters are the lists on offer: of teams the actor's own, and the one shown.
func filters(r *http.Request, f views.Filter, c crew) []ui.NavItem {
	ctx, a := r.Context(), actor(r)
	item := func(scope views.Scope, key string) ui.NavItem {
		return ui.NavItem{Label: t(ctx, "workspace.view."+string(scope)), Href: address(views.Filter{Scope: scope}), Current: f.Scope == scope, Key: key}
	}
	items := []ui.NavItem{item(views.Mine, "1"), item(views.Unowned, "2")}
	for _, team := range c.teams {
		if current := f.Scope == views.Team && f.TeamID == team.ID; current || slices.Contains(a.Teams, team.ID) {
			items = append(items, ui.NavItem{Label: t(ctx, "workspace.view.team", "Team", team.Name),
				Href: address(views.Filter{Scope: views.Team, TeamID: team.ID}), Current: current})
		}
	}
	return append(items, item(views.AllOpen, "3"), item(views.All, "4"), item(views.Trash, ""))
}

func describe(p *i18n.Printer, a access.Actor, c crew, r views.Row, now time.Time) listRow {
	row := listRow{
		number: r.Number, href: "/cases/" + r.Number, state: stateName(p, r.State), stateTone: stateTone(r.State), team: c.team(r.TeamID),
		restricted: r.Restricted, at: r.MovedAt.Time(), now: now,
	}
	if r.Trashed {
		row.state, row.stateTone = p.T("workspace.list.trashed"), ui.Neutral
	}
	if r.Restricted {
		row.title, row.icon = p.T("workspace.list.restricted"), "lock"
		return row
	}
	row.title, row.customer, row.excerpt, row.icon = subjectOr(p, r.Subject), r.CustomerName, r.Excerpt, channelIcon(r.Channel)
	row.portrait = c.portrait(r.OwnerID)
	row.owner, row.mine, row.awaits, row.messages = c.person(r.OwnerID), r.OwnerID == a.ID, r.Awaits, int(r.Messages)
	if r.State.IsOpen() {
		row.due, row.dueTone = due(p, r.DueAt, now)
	}
	return row
}
