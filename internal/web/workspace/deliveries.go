package workspace

import (
	_ "embed"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

//go:embed deliveries.css
var deliveriesSource string

var deliveriesStyle = assets.RegisterStyle("deliveries.css", deliveriesSource)

const (
	deliveriesPath     = "/deliveries"
	deliveriesPageSize = 50
)

type deliveriesPage struct {
	shell   ui.ShellProps
	tabs    []ui.NavItem
	states  []ui.NavItem
	form    deliveriesForm
	rows    []deliveryRow
	open    bool   // something of the form narrows the list
	clear   string // the list without it
	newest  string // "" on the first page
	older   string // "" on the last page
	unasked bool   // nothing narrows the list
}

// deliveriesForm is what the form holds, and what it offers.
type deliveriesForm struct {
	query     url.Values // as in the address of the page
	address   string     // that is asked for, as far as it is known
	kinds     []ui.Option
	mailboxes []ui.Option
	errors    map[string]string
}

// deliveryRow is one delivery, put into words.
type deliveryRow struct {
	title, href, meta, detail, state string
	tone                             ui.Tone
	at, now                          time.Time
}

// deliveries lists what left the desk, or should. An address that is asked for stands
// in no address of a page: a key does in its place.
func (w *Workspace) deliveries(rw http.ResponseWriter, r *http.Request) error {
	return w.showDeliveries(rw, r, http.StatusOK, r.URL.Query(), "", nil)
}

// findDeliveries turns the form into the address of a list.
func (w *Workspace) findDeliveries(rw http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	q := url.Values{}
	for _, name := range []string{"state", "kind", "mailbox", "from", "to"} {
		if value := strings.TrimSpace(r.PostForm.Get(name)); value != "" {
			q.Set(name, value)
		}
	}
	address := strings.TrimSpace(r.PostForm.Get("address"))
	if address != "" {
		q.Set("for", w.Outbox.AddressKey(address))
	}
	if _, faults := deliveryFilter(i18n.From(r.Context()), q); len(faults) > 0 {
		return w.showDeliveries(rw, r, http.StatusUnprocessableEntity, q, address, faults)
	}
	return web.Redirect(rw, r, deliveriesAddress(q))
}

func (w *Workspace) showDeliveries(rw http.ResponseWriter, r *http.Request, status int, q url.Values, address string, faults map[string]string) error {
	ctx, a := r.Context(), actor(r)
	p := i18n.From(ctx)
	f, _ := deliveryFilter(p, q)
	var err error
	if f.After, err = db.ParseCursor(q.Get("after")); err != nil {
		return err
	}
	mailboxes, err := w.Outbox.Mailboxes(ctx, a)
	if err != nil {
		return err
	}
	found, err := w.Outbox.List(ctx, a, f, deliveriesPageSize)
	if err != nil {
		return err
	}
	page := deliveriesPage{tabs: deliveriesTabs(p, a, deliveriesPath), states: stateFilters(p, q), shell: w.deliveriesShell(r),
		form: deliveriesForm{query: q, address: address, errors: faults, kinds: kindOptions(p, a), mailboxes: mailboxOptions(p, mailboxes)}}
	if f.Key != "" && address == "" && len(found.Deliveries) > 0 {
		page.form.address = found.Deliveries[0].Address
	}
	narrow := with(q, "after", "")
	page.unasked = len(narrow) == 0
	narrow.Del("state")
	page.open = len(narrow) > 0 || len(faults) > 0
	page.clear = deliveriesAddress(onlyState(q))
	if !f.After.IsZero() {
		page.newest = deliveriesAddress(with(q, "after", ""))
	}
	if !found.Next.IsZero() {
		page.older = deliveriesAddress(with(q, "after", found.Next.String()))
	}
	now := w.Kit.Clock.Now()
	for _, d := range found.Deliveries {
		page.rows = append(page.rows, describeDelivery(p, d, mailboxes, now))
	}
	page.shell.Page.Errors = fieldErrors(faults)
	return web.Render(rw, r, status, deliveriesView(page))
}

func (w *Workspace) deliveriesShell(r *http.Request) ui.ShellProps {
	s := w.shell(r, t(r.Context(), "deliveries.title"), deliveriesPath)
	s.Styles = append(s.Styles, deliveriesStyle)
	return s
}

// deliveryFilter reads what a list is narrowed by; what can't be read narrows nothing
// and is among the faults, by field.
func deliveryFilter(p *i18n.Printer, q url.Values) (f outbox.Filter, faults map[string]string) {
	faults = map[string]string{}
	f.State, _ = outbox.ParseState(q.Get("state"))
	f.Kind, _ = outbox.ParseKind(q.Get("kind"))
	f.AccountID, _ = ids.Parse(q.Get("mailbox"))
	f.Key = q.Get("for")
	day := func(field string) (d calendar.Date) {
		if value := q.Get(field); value != "" {
			var err error
			if d, err = calendar.ParseDate(value); err != nil {
				faults[field] = p.T("deliveries.day_wrong")
			}
		}
		return d
	}
	f.From, f.To = day("from"), day("to")
	if f.To != (calendar.Date{}) && f.To.Compare(f.From) < 0 {
		faults["to"] = p.T("deliveries.days_wrong")
	}
	return f, faults
}

func fieldErrors(faults map[string]string) (list []ui.FieldError) {
	for _, field := range []string{"from", "to"} {
		if text, ok := faults[field]; ok {
			list = append(list, ui.FieldError{Name: field, Text: text})
		}
	}
	return list
}

// with returns a query with one value changed; "" removes it.
func with(q url.Values, name, value string) url.Values {
	changed := url.Values{}
	for n, values := range q {
		if slices.Contains([]string{"state", "kind", "mailbox", "from", "to", "for", "after", "days"}, n) && values[0] != "" {
			changed.Set(n, values[0])
		}
	}
	if changed.Del(name); value != "" {
		changed.Set(name, value)
	}
	return changed
}

func onlyState(q url.Values) url.Values {
	if state := q.Get("state"); state != "" {
		return url.Values{"state": {state}}
	}
	return nil
}

func deliveriesAddress(q url.Values) string {
	if len(q) == 0 {
		return deliveriesPath
	}
	return deliveriesPath + "?" + q.Encode()
}

// deliveriesTabs are the list and, for who answers for a team, the figures.
func deliveriesTabs(p *i18n.Printer, a access.Actor, current string) []ui.NavItem {
	if !a.May(access.RepairIntake) {
		return nil
	}
	return []ui.NavItem{
		{Label: p.T("deliveries.tab.list"), Href: deliveriesPath, Icon: "list", Current: current == deliveriesPath},
		{Label: p.T("deliveries.tab.figures"), Href: figuresPath, Icon: "chart", Current: current == figuresPath},
	}
}

// stateFilters are the states on offer: what wants somebody first.
func stateFilters(p *i18n.Printer, q url.Values) []ui.NavItem {
	items := []ui.NavItem{{Label: p.T("deliveries.all"), Href: deliveriesAddress(with(with(q, "after", ""), "state", "")), Current: q.Get("state") == ""}}
	for _, s := range []outbox.State{outbox.Failed, outbox.Unsure, outbox.Held, outbox.Queued, outbox.Sending, outbox.Sent, outbox.Settled, outbox.Cancelled} {
		items = append(items, ui.NavItem{Label: p.T("delivery.state." + s.String()), Href: deliveriesAddress(with(with(q, "after", ""), "state", s.String())),
			Current: q.Get("state") == s.String()})
	}
	return items
}

// kindOptions are the kinds an actor may see.
func kindOptions(p *i18n.Printer, a access.Actor) []ui.Option {
	options := []ui.Option{{Label: p.T("deliveries.every_kind")}}
	for _, k := range outbox.Kinds() {
		if (k == outbox.NoticeKind || k == outbox.FileLinkKind) && !a.May(access.ManageCatalog) {
			continue
		}
		options = append(options, ui.Option{Value: k.String(), Label: p.T("delivery.kind." + k.String())})
	}
	return options
}

func mailboxOptions(p *i18n.Printer, mailboxes []outbox.Mailbox) []ui.Option {
	options := []ui.Option{{Label: p.T("deliveries.every_mailbox")}}
	for _, m := range mailboxes {
		options = append(options, ui.Option{Value: m.ID.String(), Label: m.Address})
	}
	return options
}

var deliveryTones = map[outbox.State]ui.Tone{
	outbox.Queued: ui.Info, outbox.Sending: ui.Info, outbox.Sent: ui.Success, outbox.Failed: ui.Danger, outbox.Unsure: ui.Warning,
	outbox.Settled: ui.Neutral, outbox.Cancelled: ui.Neutral, outbox.Held: ui.Warning,
}

func describeDelivery(p *i18n.Printer, d outbox.Listed, mailboxes []outbox.Mailbox, now time.Time) deliveryRow {
	row := deliveryRow{title: d.Address, state: p.T("delivery.state." + d.State.String()), tone: deliveryTones[d.State], at: d.CreatedAt.Time(), now: now}
	meta := []string{p.T("delivery.kind." + d.Kind.String())}
	if d.Number != "" {
		meta = append(meta, d.Number)
		row.href = "/cases/" + d.Number
	}
	if !d.MessageID.IsZero() {
		row.href += "#m-" + d.MessageID.String()
	}
	if d.Restricted {
		row.title = p.T("workspace.list.restricted")
	}
	if i := slices.IndexFunc(mailboxes, func(m outbox.Mailbox) bool { return m.ID == d.AccountID }); i >= 0 {
		meta = append(meta, mailboxes[i].Address)
	}
	row.meta = strings.Join(meta, " · ")
	row.detail = deliveryDetail(p, d, now)
	return row
}

// deliveryDetail says why a delivery is where it is, "" for one that simply left.
func deliveryDetail(p *i18n.Printer, d outbox.Listed, now time.Time) string {
	var parts []string
	switch {
	case d.Restricted:
		return ""
	case d.State == outbox.Queued && d.Attempts > 0:
		parts = append(parts, p.N("workspace.delivery.retry", int(d.Attempts), "When", p.Relative(d.NextAt.Time(), now)))
	case d.State == outbox.Sent && d.Reported == 0, d.State == outbox.Queued, d.State == outbox.Sending:
		return ""
	}
	if d.Reason != "" && d.Reported != 0 {
		parts = append(parts, p.T("bounce.reason."+d.Reason))
	}
	if words := (casePage{p: p}).said(d.Delivery); words != "" {
		parts = append(parts, words)
	}
	return strings.Join(parts, " · ")
}

// releaseBrake lets a mailbox write automatic mails again.
func (w *Workspace) releaseBrake(rw http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "catalog.account.not_found")
	}
	how := r.PathValue("how")
	if how != "send" && how != "discard" {
		return errs.New(errs.NotFound, "error.not_found.text")
	}
	n, err := w.Outbox.ReleaseBrake(r.Context(), actor(r), id, how == "send")
	if err != nil {
		return err
	}
	if err := w.Kit.Flash(r, ui.Success, "deliveries.brake.flash."+how, i18n.From(r.Context()).Number(int64(n))); err != nil {
		return err
	}
	return web.Redirect(rw, r, deliveriesPath)
}
