package workspace

import (
	"net/http"
	"net/url"
	"time"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

// The duties: what waits for somebody of the desk and belongs to no one case's
// owner alone. Nothing here can be filtered away.
const (
	reviewTab  = "review"  // posts customers want released
	overdueTab = "overdue" // public questions past their time without an answer
	erasureTab = "erasure" // customers who ask for their data to be erased
)

type dutiesPage struct {
	shell  ui.ShellProps
	tabs   []ui.NavItem
	tab    string
	duties []duty
	newest string // "" on the first page
	older  string // "" on the last page
}

// duty is one thing to do, put into words.
type duty struct {
	title, href, text, meta string
	lang                    string
	badge                   string
	tone                    ui.Tone
	at, now                 time.Time
}

func (w *Workspace) duties(rw http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), actor(r)
	p := i18n.From(ctx)
	page := dutiesPage{tab: r.URL.Query().Get("tab")}
	counts, err := w.Publish.Duties(ctx, a)
	if err != nil {
		return err
	}
	if page.tab != overdueTab && page.tab != erasureTab {
		page.tab = reviewTab
	}
	for _, tab := range []struct {
		name string
		n    int
	}{{reviewTab, counts.Review}, {overdueTab, counts.Overdue}, {erasureTab, 0}} {
		page.tabs = append(page.tabs, ui.NavItem{Label: p.T("duties.tab." + tab.name), Href: dutiesAddress(tab.name, ""), Current: tab.name == page.tab, Count: tab.n})
	}
	next, err := w.fillDuties(r, &page)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("after") != "" {
		page.newest = dutiesAddress(page.tab, "")
	}
	if next != "" {
		page.older = dutiesAddress(page.tab, next)
	}
	page.shell = w.shell(r, p.T("duties.title"), "/duties")
	return web.Render(rw, r, http.StatusOK, dutiesView(page))
}

func dutiesAddress(tab, after string) string {
	q := url.Values{"tab": {tab}}
	if after != "" {
		q.Set("after", after)
	}
	return "/duties?" + q.Encode()
}

// fillDuties reads one page of the tab and returns where the next begins.
func (w *Workspace) fillDuties(r *http.Request, page *dutiesPage) (string, error) {
	ctx, a, after := r.Context(), actor(r), r.URL.Query().Get("after")
	p, now := i18n.From(ctx), w.Kit.Clock.Now()
	if page.tab == erasureTab {
		return w.fillErasures(r, page)
	}
	cursor, err := db.ParseCursor(after)
	if err != nil {
		return "", err
	}
	if page.tab == overdueTab {
		list, err := w.Publish.Overdue(ctx, a, cursor)
		if err != nil {
			return "", err
		}
		for _, o := range list.Threads {
			page.duties = append(page.duties, duty{title: o.Title, href: publicPath(o.CaseNumber, o.Path()), text: o.Excerpt, lang: o.Language,
				meta: o.CaseNumber, badge: p.T("duties.since", "When", p.Relative(o.DueAt.Time(), now)), tone: ui.Danger, at: o.PublishedAt.Time(), now: now})
		}
		return list.Next.String(), nil
	}
	queue, err := w.Publish.Queue(ctx, a, cursor)
	if err != nil {
		return "", err
	}
	for _, q := range queue.Posts {
		page.duties = append(page.duties, reviewDuty(p, q, now))
	}
	return queue.Next.String(), nil
}

func reviewDuty(p *i18n.Printer, q publish.Waiting, now time.Time) duty {
	d := duty{href: publicPath(q.CaseNumber, "/duties"), meta: q.CaseNumber, at: q.Post.CreatedAt.Time(), now: now, lang: q.Post.Language}
	switch {
	case q.Restricted:
		d.title = p.T("workspace.list.restricted")
		return d
	case q.Revision:
		d.badge, d.tone = p.T("duties.revision"), ui.Info
	case len(q.Post.Doubts) > 0 || q.Post.Spam >= 40:
		d.badge, d.tone = p.T("duties.doubts"), ui.Warning
	default:
		d.badge, d.tone = p.T("duties.first"), ui.Neutral
	}
	d.title, d.text = q.Post.Title, q.Post.Body
	if d.title == "" {
		d.title = q.ThreadTitle
	}
	return d
}

// publicPath leads to where staff decide; what belongs to no case is only read.
func publicPath(number, otherwise string) string {
	if number == "" {
		return otherwise
	}
	return "/cases/" + number + "/public"
}

func (w *Workspace) fillErasures(r *http.Request, page *dutiesPage) (string, error) {
	ctx := r.Context()
	p, now := i18n.From(ctx), w.Kit.Clock.Now()
	var after ids.ID
	if q := r.URL.Query().Get("after"); q != "" {
		var err error
		if after, err = ids.Parse(q); err != nil {
			return "", errs.Field("after", "list.cursor_invalid")
		}
	}
	list, next, err := w.Desk.Erasures(ctx, actor(r), after)
	if err != nil {
		return "", err
	}
	for _, c := range list {
		page.duties = append(page.duties, duty{title: subjectOr(p, c.Subject), href: "/cases/" + c.Number + "#case-care", meta: c.Number,
			badge: p.T("duties.asked", "When", p.Relative(c.ErasureAt.Time(), now)), tone: ui.Warning, at: c.ErasureAt.Time(), now: now})
	}
	return next.String(), nil
}
