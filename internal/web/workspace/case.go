package workspace

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

// casePage is what the page of a case shows.
type casePage struct {
	shell      ui.ShellProps
	p          *i18n.Printer
	now        time.Time
	actor      access.Actor
	file       desk.File
	customer   people.Customer
	deliveries map[ids.ID][]outbox.Delivery
	crew       crew
	class      class
	classSaved bool             // just now, without leaving the page
	undo       int              // seconds a reply can be taken back
	mailFiles  int              // MB up to which files go with a mail
	others     []desk.Addressee // who else stood in the last message
	draft      draft
	seen       int64 // version the forms answer to
	read       int64 // how many messages the writer had before them; later ones are marked, -1 marks none
	entries    []entry
	from       string // position the page was read at
}

// draft is what was typed into the forms of a case.
type draft struct {
	Reply, Next     string
	Letter          letterDraft
	Note            string
	To, Reason      string
	State           string
	Target          string // case of a suggestion
	Message         string // to take back
	Delivery        string // to send again, to correct or to settle
	Address, Way    string // another address for it; how it was settled
	Keep, Sure      bool   // the address is the customer's; send although it can't arrive
	Topic, Product  string
	Region          string
	Why             string // reason to block or delete
	Settled         string // how a wish for erasure was settled
	Moving, Into    string // message to move, and number of the case it goes to
	Back            bool   // to whoever passed a message on
	Seen, Read      int64
	wrong           []ui.FieldError
	handOver, notes bool // unfolded
	classed         bool // the choices of the classification were sent
}

func readDraft(r *http.Request) draft {
	whole := func(name string) int64 {
		n, _ := strconv.ParseInt(r.FormValue(name), 10, 64) // what is no number checks nothing
		return n
	}
	return draft{
		Letter: readLetterDraft(r), Reply: r.FormValue("reply"), Next: r.FormValue("next"), Note: r.FormValue("note"), To: r.FormValue("to"),
		Reason: r.FormValue("reason"), State: r.FormValue("state"), Target: r.FormValue("target"),
		Message: r.FormValue("message"), Delivery: r.FormValue("delivery"), Address: r.FormValue("address"), Way: r.FormValue("way"),
		Keep: r.FormValue("keep") != "", Sure: r.FormValue("sure") != "",
		Topic: r.FormValue("topic"), Product: r.FormValue("product"), Region: r.FormValue("region"),
		classed: r.PostForm.Has("topic") || r.PostForm.Has("product") || r.PostForm.Has("region"),
		Moving:  r.FormValue("moving"), Into: r.FormValue("into"), Back: r.FormValue("back") != "",
		Why: r.FormValue("why"), Settled: r.FormValue("settled"), Seen: whole("seen"), Read: whole("read"),
	}
}

func (w *Workspace) show(rw http.ResponseWriter, r *http.Request) error {
	typed := r.PathValue("number")
	if n := ids.ParseNumber(typed); n != "" && n != typed {
		return web.Redirect(rw, r, "/cases/"+n)
	}
	page, err := w.load(r, typed)
	if err != nil {
		return err
	}
	if page.file.MergedInto != "" {
		if err := w.Kit.Flash(r, ui.Info, "workspace.flash.was_merged", typed); err != nil {
			return err
		}
		return web.Redirect(rw, r, "/cases/"+page.file.MergedInto)
	}
	if page.file.Restricted {
		page.shell = w.shell(r, page.file.Case.Number, "/cases")
		return web.Render(rw, r, http.StatusOK, restrictedCase(page))
	}
	page.draft.Moving = r.URL.Query().Get("move")
	page.bringBack(r.URL.Query().Get("draft"))
	page.fillLetter(r.Context(), w)
	page.seen, page.classSaved = page.file.Case.Version, "?"+r.URL.RawQuery == savedClass
	if since, err := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64); err == nil && since > 0 {
		page.seen = since // a part of the page that is fetched again keeps what the writer saw
	}
	page.shell = w.shell(r, page.title(), "/cases")
	return web.Render(rw, r, http.StatusOK, casePageView(page))
}

// load gathers all a case shows. Of a case that was merged, or that the actor
// may not see, it gathers no more than desk.File gives.
func (w *Workspace) load(r *http.Request, number string) (casePage, error) {
	ctx, a := r.Context(), actor(r)
	page := casePage{p: i18n.From(ctx), now: w.Kit.Clock.Now(), actor: a, read: -1, from: w.Hub.Position()}
	var err error
	if page.file, err = w.Desk.File(ctx, a, number); err != nil {
		return page, err
	}
	if page.crew, err = w.crew(ctx, a); err != nil || page.file.Restricted || page.file.MergedInto != "" {
		return page, err
	}
	if page.class, err = w.class(ctx, a); err != nil {
		return page, err
	}
	if page.deliveries, err = w.Outbox.ForFile(ctx, a, page.file); err != nil {
		return page, err
	}
	page.customer, err = w.People.Get(ctx, a, page.file.Case.CustomerID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return page, err
	}
	if page.undo, err = catalog.UndoSeconds.Get(ctx, w.Kit.Catalog, a.BrandID); err != nil {
		return page, err
	}
	if page.mailFiles, err = outbox.MailFiles.Get(ctx, w.Kit.Catalog, a.BrandID); err != nil {
		return page, err
	}
	if page.others, err = w.Outbox.Others(ctx, a, page.file, page.customer); err != nil {
		return page, err
	}
	page.entries = page.describe()
	return page, nil
}

func (p casePage) title() string { return subjectOr(p.p, p.file.Case.Subject) }

func (p casePage) path(rest ...string) string {
	return "/cases/" + p.file.Case.Number + strings.Join(rest, "")
}

// self is the address at which an open page fetches its parts again.
func (p casePage) self() string {
	return p.path("?since=", strconv.FormatInt(p.seen, 10))
}

// changed reports whether the case has moved on since the page was opened.
func (p casePage) changed() bool { return p.file.Case.Version > p.seen }

func (p casePage) owner() string { return p.crew.person(p.file.Case.OwnerID) }

func (p casePage) ownerPortrait() string { return p.crew.portrait(p.file.Case.OwnerID) }

func (p casePage) mine() bool { return p.file.Case.OwnerID == p.actor.ID }

// ownerLine is the owner in words: "Mia Krüger, Service".
func (p casePage) ownerLine() string {
	team := p.crew.team(p.file.Case.TeamID)
	switch {
	case p.file.Case.OwnerID.IsZero():
		return p.p.T("workspace.case.roster", "Team", team)
	case p.mine():
		return p.p.T("workspace.case.yours", "Team", team)
	}
	return p.p.T("workspace.case.owned", "Name", p.owner(), "Team", team)
}

func (p casePage) customerName() string {
	if name := p.customer.Label(); name != "" {
		return name
	}
	return p.p.T("workspace.customer.unknown")
}

// hidden are the fields every form of a case carries: what its writer saw.
func (p casePage) hidden() map[string]string {
	read := p.file.Case.Messages
	if p.changed() && p.draft.Read > 0 {
		read = p.draft.Read
	}
	return map[string]string{"seen": strconv.FormatInt(p.seen, 10), "read": strconv.FormatInt(read, 10)}
}

func (p casePage) wrong(field string) string { return web.ErrorOf(p.draft.wrong, field) }

// nextStates are what a case may become with an answer, the usual first.
func (p casePage) nextStates() []ui.Option {
	return p.states(desk.Answered, desk.WaitingCustomer, desk.WaitingOthers, desk.Open)
}

// handStates are what a case may become by hand.
func (p casePage) handStates() []ui.Option {
	return p.states(desk.Open, desk.WaitingCustomer, desk.WaitingOthers, desk.Answered, desk.Solved, desk.Closed)
}

func (p casePage) states(list ...desk.State) []ui.Option {
	options := make([]ui.Option, len(list))
	for i, s := range list {
		options[i] = ui.Option{Value: s.String(), Label: stateName(p.p, s)}
	}
	return options
}

// stateShown is the choice the state form starts with.
func (p casePage) stateShown() string {
	if p.draft.State != "" {
		return p.draft.State
	}
	if p.file.Case.State == desk.Fresh {
		return desk.Open.String()
	}
	return p.file.Case.State.String()
}

func (p casePage) facts() []ui.KeyValue {
	c := p.file.Case
	facts := []ui.KeyValue{
		{Label: p.p.T("workspace.facts.received"), Value: ui.DateTime(c.CreatedAt.Time())},
		{Label: p.p.T("workspace.facts.channel"), Text: channelName(p.p, c.Channel)},
	}
	for _, kind := range catalog.EntryKinds() {
		if name := p.class.name(p.p, kind, chosenOf(c.Class, kind)); name != "" {
			facts = append(facts, ui.KeyValue{Label: p.p.T("catalog.kind." + kind.String()), Text: name})
		}
	}
	if !c.DueAt.IsZero() {
		facts = append(facts, ui.KeyValue{Label: p.p.T("workspace.facts.due"), Value: ui.DateTime(c.DueAt.Time())})
	}
	if !c.AnsweredAt.IsZero() {
		facts = append(facts, ui.KeyValue{Label: p.p.T("workspace.facts.answered"), Value: ui.DateTime(c.AnsweredAt.Time())})
	}
	if !c.ClosedAt.IsZero() {
		facts = append(facts, ui.KeyValue{Label: p.p.T("workspace.facts.closed"), Value: ui.DateTime(c.ClosedAt.Time())})
	}
	return facts
}

func (p casePage) contact() []ui.KeyValue {
	var list []ui.KeyValue
	for _, i := range p.customer.Identities {
		text := i.Value
		if p.unproven() {
			text += " · " + p.p.T("workspace.customer.unproven")
		}
		list = append(list, ui.KeyValue{Label: p.p.T("workspace.identity." + i.Kind), Text: text})
	}
	if !p.customer.CreatedAt.IsZero() {
		list = append(list, ui.KeyValue{Label: p.p.T("workspace.customer.since"), Text: p.p.Date(p.customer.CreatedAt.Time())})
	}
	return list
}

// unproven reports whether the case came by a form whose address nobody has
// confirmed yet: whoever filled it in reads the answers, whoever owns the address.
func (p casePage) unproven() bool {
	return p.file.Case.Channel == desk.Web && !slices.ContainsFunc(p.customer.Identities, func(i people.Identity) bool { return i.Confirmed })
}

// recipient is where an answer goes.
func (p casePage) recipient() string {
	for _, i := range p.customer.Identities {
		if i.Kind == people.Email {
			return i.Value
		}
	}
	return ""
}

// attachmentPath is the address of a file.
func attachmentPath(a desk.Attachment) string { return letter.Path("/attachments", a) }

// picture is the address of a file that stands in a text.
func picture(a desk.Attachment) string { return attachmentPath(a) + "?inline=1" }
