package workspace

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/privacy"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

// sidePage shows one side conversation of a case, or the form that begins one.
type sidePage struct {
	casePage
	side  desk.Side
	typed sideDraft
}

// sideDraft is what was typed into a form of a side conversation.
type sideDraft struct {
	To, Name, Subject, Text string
	About                   string // message it was begun from
	Files                   []string
	Wait                    bool
	Seen                    int64
}

func readSideDraft(r *http.Request) sideDraft {
	seen, _ := strconv.ParseInt(r.FormValue("seen"), 10, 64) // what is no number checks nothing
	return sideDraft{
		To: r.FormValue("to"), Name: r.FormValue("name"), Subject: r.FormValue("subject"), Text: r.FormValue("text"),
		About: r.FormValue("about"), Files: r.PostForm["file"], Wait: r.FormValue("wait") != "", Seen: seen,
	}
}

func (d sideDraft) letter() (desk.SideLetter, error) {
	l := desk.SideLetter{Text: d.Text, Seen: d.Seen, Wait: d.Wait}
	for _, f := range d.Files {
		id, err := ids.Parse(f)
		if err != nil {
			return l, errs.Field("files", "side.file_gone")
		}
		l.Files = append(l.Files, id)
	}
	return l, nil
}

func (p sidePage) sidePath(rest ...string) string {
	if p.side.ID.IsZero() {
		return p.path("/side")
	}
	return p.path("/side/", p.side.ID.String(), strings.Join(rest, ""))
}

// askAside shows the form that begins a side conversation, perhaps from a message
// that is to be passed on.
func (w *Workspace) askAside(rw http.ResponseWriter, r *http.Request) error {
	page, err := w.loadSide(r, ids.ID{})
	if err != nil {
		return err
	}
	if page.file.MergedInto != "" {
		return web.Redirect(rw, r, "/cases/"+page.file.MergedInto)
	}
	if about := r.URL.Query().Get("about"); about != "" {
		line, err := w.Outbox.PassedOn(r.Context(), actor(r))
		if err != nil {
			return err
		}
		page.typed = page.passOn(about, line)
	}
	page.typed.Seen = page.file.Case.Version
	return w.renderSide(rw, r, http.StatusOK, page)
}

// passOn begins a form with what a message says, quoted and without what is known
// to be personal of the customer: whoever passes it on may put it in again.
func (p sidePage) passOn(message, above string) sideDraft {
	at := slices.IndexFunc(p.file.Messages, func(m desk.Message) bool { return m.ID.String() == message })
	if at < 0 || !canPassOn(p.file.Messages[at]) {
		return sideDraft{}
	}
	m := p.file.Messages[at]
	own := privacy.Own{Names: []string{p.customer.Name, m.AuthorName}, Literals: []string{p.file.Case.Number}}
	for _, i := range p.customer.Identities {
		own.Literals = append(own.Literals, i.Value)
	}
	text := m.Visible()
	if m.Kind == desk.Reply {
		text = markup.TextFromMarkdown(m.Body)
	}
	text, _ = privacy.Mask(text, i18n.Match(p.file.Case.Language), own)
	if above != "" {
		above = "\n\n" + above
	}
	d := sideDraft{About: message, Text: above + "\n\n> " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n> ") + "\n"}
	for _, a := range m.Attachments {
		if !a.Inline && a.Virus == "" {
			d.Files = append(d.Files, a.ID.String())
		}
	}
	return d
}

// canPassOn reports whether a side conversation can be begun from a message: what
// people wrote to each other.
func canPassOn(m desk.Message) bool {
	return (m.Kind == desk.Inbound || m.Kind == desk.Reply) && len(m.Found.Report) == 0
}

// openSide begins a side conversation and leads to its page.
func (w *Workspace) openSide(rw http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	c, err := w.Desk.Find(r.Context(), actor(r), r.PathValue("number"))
	if err != nil {
		return err
	}
	d := readSideDraft(r)
	l, err := d.letter()
	var side desk.Side
	if err == nil {
		side, _, err = w.Desk.OpenSide(r.Context(), actor(r), c.ID, desk.SideForm{To: d.To, Name: d.Name, Subject: d.Subject, SideLetter: l})
	}
	if err != nil {
		return w.sideAgain(rw, r, ids.ID{}, d, err)
	}
	if err := w.Kit.Flash(r, ui.Success, "side.flash.sent"); err != nil {
		return err
	}
	return web.Redirect(rw, r, "/cases/"+c.Number+"/side/"+side.ID.String())
}

// showSide shows a side conversation. One that went to another case, because its
// own was merged, is shown there.
func (w *Workspace) showSide(rw http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "side.not_found")
	}
	page, err := w.loadSide(r, id)
	if err != nil {
		return err
	}
	if page.side.ID.IsZero() {
		_, c, _, err := w.Desk.Side(r.Context(), actor(r), id)
		if err != nil {
			return err
		}
		if c.Number == r.PathValue("number") {
			return errs.New(errs.NotFound, "side.not_found")
		}
		return web.Redirect(rw, r, "/cases/"+c.Number+"/side/"+id.String())
	}
	page.typed.Seen = page.file.Case.Version
	return w.renderSide(rw, r, http.StatusOK, page)
}

// loadSide gathers the case and, with an id, one of its side conversations; the
// page's side is the zero one if the case has none of that id.
func (w *Workspace) loadSide(r *http.Request, id ids.ID) (sidePage, error) {
	page, err := w.load(r, r.PathValue("number"))
	if err != nil {
		return sidePage{}, err
	}
	if page.file.Restricted {
		return sidePage{}, errs.New(errs.Forbidden, "case.restricted")
	}
	page.seen = page.file.Case.Version
	p := sidePage{casePage: page}
	for _, s := range page.file.Sides {
		if s.ID == id {
			p.side = s
		}
	}
	p.entries = p.letters()
	return p, nil
}

// letters are the entries of the conversation, shown whole.
func (p sidePage) letters() (list []entry) {
	for _, e := range p.entries {
		if e.message.SideID != p.side.ID || p.side.ID.IsZero() {
			continue
		}
		if len(e.message.Found.Report) == 0 {
			e.folded, e.side, e.props.From = "", "", ui.FromStaff
			if e.message.Kind == desk.SideIn {
				e.props.From, e.props.Role = ui.FromCustomer, ""
			}
		}
		list = append(list, e)
	}
	return list
}

func (w *Workspace) writeSide(rw http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "side.not_found")
	}
	d := readSideDraft(r)
	l, err := d.letter()
	var sent desk.Message
	if err == nil {
		sent, err = w.Desk.WriteSide(r.Context(), actor(r), id, l)
	}
	if err != nil {
		return w.sideAgain(rw, r, id, d, err)
	}
	return web.Redirect(rw, r, "/cases/"+r.PathValue("number")+"/side/"+id.String()+"#m-"+sent.ID.String())
}

// endSide closes a side conversation, or opens it again.
func (w *Workspace) endSide(closed bool) web.Handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		id, err := ids.Parse(r.PathValue("id"))
		if err != nil {
			return errs.New(errs.NotFound, "side.not_found")
		}
		end, said := w.Desk.ReopenSide, "side.flash.reopened"
		if closed {
			end, said = w.Desk.CloseSide, "side.flash.closed"
		}
		if err := end(r.Context(), actor(r), id); err != nil {
			return err
		}
		if err := w.Kit.Flash(r, ui.Success, said); err != nil {
			return err
		}
		return web.Redirect(rw, r, "/cases/"+r.PathValue("number")+"/side/"+id.String())
	}
}

// sideAgain shows a form once more with what was typed and why it was refused.
func (w *Workspace) sideAgain(rw http.ResponseWriter, r *http.Request, id ids.ID, d sideDraft, cause error) error {
	kind := errs.KindOf(cause)
	if kind != errs.Invalid && kind != errs.Conflict {
		return cause
	}
	page, err := w.loadSide(r, id)
	if err != nil {
		return errors.Join(cause, err)
	}
	if page.file.MergedInto != "" || page.side.ID != id {
		return cause
	}
	page.typed, page.draft.wrong = d, web.FieldErrors(r.Context(), cause)
	if kind == errs.Conflict || d.Seen == 0 {
		page.typed.Seen = page.file.Case.Version // the new is in sight now
	}
	page.shell = w.sideShell(r, page)
	page.shell.Errors = page.draft.wrong
	if kind == errs.Conflict {
		page.shell.Flash = &ui.FlashProps{Tone: ui.Warning, Text: web.Message(r.Context(), cause)}
	}
	return web.Render(rw, r, kind.Status(), sideView(page))
}

func (w *Workspace) renderSide(rw http.ResponseWriter, r *http.Request, status int, page sidePage) error {
	page.shell = w.sideShell(r, page)
	return web.Render(rw, r, status, sideView(page))
}

func (w *Workspace) sideShell(r *http.Request, page sidePage) ui.ShellProps {
	title := page.p.T("side.new.title")
	if !page.side.ID.IsZero() {
		title = page.side.Subject
	}
	return w.shell(r, title, "/cases")
}

// enclosable are the files of the case that can go along, the newest first.
func (p sidePage) enclosable() (files []desk.Attachment) {
	for i := len(p.file.Messages) - 1; i >= 0; i-- {
		for _, a := range p.file.Messages[i].Attachments {
			if a.Virus == "" && a.MayOpen(p.actor) == nil {
				files = append(files, a)
			}
		}
	}
	return files
}

// answersAside reports whether the entry is a letter of the third party.
func (e entry) answersAside() bool {
	return e.message.Kind == desk.SideIn && len(e.message.Found.Report) == 0
}

func (p sidePage) chosen(a desk.Attachment) bool {
	return slices.Contains(p.typed.Files, a.ID.String())
}

// sideEntry puts a letter of a side conversation into words: folded, for the
// timeline is about the customer.
func (p casePage) sideEntry(e *entry) {
	m := e.message
	at := slices.IndexFunc(p.file.Sides, func(s desk.Side) bool { return s.ID == m.SideID })
	var side desk.Side
	if at >= 0 {
		side = p.file.Sides[at]
		e.side = p.path("/side/", side.ID.String())
	}
	e.props.From, e.props.Internal, e.props.Role = ui.FromNote, p.p.T("side.internal"), p.p.T("side.role.in", "Subject", subjectOr(p.p, side.Subject))
	key := "side.folded.in"
	if m.Kind == desk.SideOut {
		e.props.Role, key = p.p.T("side.role.out", "Name", side.Label()), "side.folded.out"
		for _, f := range m.Found.Enclosed {
			e.files = append(e.files, desk.Attachment{ID: f.ID, Name: f.Name, Size: f.Size})
		}
	} else {
		p.asideIn(e, side)
		if len(m.Found.Report) > 0 {
			return
		}
	}
	e.folded = p.p.T(key, "Name", side.Label(), "Excerpt", markup.Excerpt(letterExcerpt(m), 90))
	if trouble := failedSend(e.sends); trouble != "" {
		e.folded += " · " + trouble
	}
}

func letterExcerpt(m desk.Message) string {
	if m.Kind == desk.SideOut {
		return markup.TextFromMarkdown(m.Body)
	}
	return m.Visible()
}

// asideIn adds what is known of an answer, as of all that comes in.
func (p casePage) asideIn(e *entry, side desk.Side) {
	m := e.message
	p.found(e)
	e.offer = nil // whoever is passed on here is no customer
	if name, ok := automations[m.Automation]; ok {
		e.hints = append(e.hints, p.p.T("workspace.automation."+name))
	}
	if e.body.Blocked > 0 {
		e.hints = append(e.hints, p.p.N("workspace.blocked", e.body.Blocked))
	}
	for _, x := range m.Addressed {
		if x.Role == desk.RoleFrom && !strings.EqualFold(x.Address, side.Address) && side.Address != "" {
			e.hints = append(e.hints, p.p.T("side.other_address", "Address", x.Address))
		}
	}
}

// sideEnded says in the timeline that a side conversation was closed or opened
// again, "" for one that is not known.
func (p casePage) sideEnded(f desk.Event) string {
	id, _ := f.Params["side"].(string)
	for _, s := range p.file.Sides {
		if s.ID.String() != id {
			continue
		}
		key := "side.ended.closed"
		if f.Kind == desk.SideReopened {
			key = "side.ended.reopened"
		}
		return p.p.T(key, "Name", p.whoDid(f), "Subject", s.Subject)
	}
	return ""
}

// maySide reports whether a side conversation may be begun or gone on with.
func (p casePage) maySide() bool {
	return p.file.Case.TrashedAt.IsZero() && p.actor.May(access.WorkCases)
}
