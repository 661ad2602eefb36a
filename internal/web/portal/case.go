package portal

import (
	"net/http"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

// The forms on the page of a case, by the part of the page they stand in.
const (
	messageForm = "message"
	contestForm = "contest"
)

// casePage is what a customer sees of a case.
type casePage struct {
	frame   ui.PublicProps
	p       *i18n.Printer
	now     time.Time
	path    string // of the page
	lang    func(string) string
	actor   access.Actor
	file    desk.OwnFile
	team    string
	owner   string // name of the person who owns it, "" if its team does
	names   map[ids.ID]string
	thread  *publish.CaseThread
	link    string // the secret link; "" if another way led here
	asked   bool   // the case was opened a moment ago
	sentTo  string
	form    form.Form
	formOf  string // which form was refused: messageForm, contestForm
	uploads ui.UploadProps
	key     string
}

// loaded is a case with the actor who may see it.
type loaded struct {
	file  desk.OwnFile
	actor access.Actor
	link  string // token of its secret link, if that led here
}

// load finds the case of the address among what the request's passes open. It
// answers those who hold no pass at all with errs.SignedOut and everybody else
// as if a case that is not theirs did not exist.
func (p *Portal) load(r *http.Request) (loaded, error) {
	h, err := p.holder(r)
	if err != nil {
		return loaded{}, err
	}
	if h.empty() {
		return loaded{}, errs.New(errs.SignedOut, "portal.pass.missing")
	}
	number := ids.ParseNumber(r.PathValue("number"))
	if number == "" {
		return loaded{}, notFound()
	}
	for _, pass := range h.passes {
		undo, err := catalog.UndoSeconds.Get(r.Context(), p.Kit.Catalog, pass.BrandID)
		if err != nil {
			return loaded{}, err
		}
		a := pass.Actor()
		f, err := p.Desk.OwnFile(r.Context(), a, number, time.Duration(undo)*time.Second)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return loaded{}, err
		}
		l := loaded{file: f, actor: a}
		if !pass.CaseID.IsZero() {
			l.link = h.link
			if !f.Elsewhere {
				l.actor.Case = f.Case.ID // where the case went on that the pass is for
			}
		}
		return l, nil
	}
	return loaded{}, notFound()
}

// own is load for what is done with a case: it must not go on elsewhere.
func (p *Portal) own(r *http.Request) (loaded, error) {
	l, err := p.load(r)
	if err == nil && l.file.Elsewhere {
		err = errs.New(errs.Conflict, "case.merged")
	}
	return l, err
}

func (p *Portal) showCase(w http.ResponseWriter, r *http.Request) error {
	l, err := p.load(r)
	if errs.Is(err, errs.SignedOut) {
		return p.renderTrack(w, r, http.StatusForbidden, "case", form.New("number", r.PathValue("number")))
	}
	if err != nil {
		return err
	}
	if l.file.Elsewhere {
		return p.renderElsewhere(w, r, l.file)
	}
	if number := l.file.Case.Number; number != r.PathValue("number") { // typed otherwise, or merged
		if l.link != "" {
			p.remember(w, number, ids.Token(l.link))
		}
		return redirect(w, r, "/my/"+number)
	}
	return p.renderCase(w, r, http.StatusOK, l, "", form.Form{}, nil)
}

// renderCase shows a case; f is what was typed into the form named formOf.
func (p *Portal) renderCase(w http.ResponseWriter, r *http.Request, status int, l loaded, formOf string, f form.Form, said *ui.FlashProps) error {
	page, err := p.casePage(r, l, formOf, f)
	if err != nil {
		return err
	}
	page.frame.Errors, page.frame.Flash = f.Errors, said
	if said == nil {
		page.frame.Flash = noticed(r)
	}
	retryAfter(w, status)
	return web.Render(w, r, status, caseView(page))
}

func (p *Portal) casePage(r *http.Request, l loaded, formOf string, f form.Form) (casePage, error) {
	ctx, c := r.Context(), l.file.Case
	page := casePage{p: i18n.From(ctx), now: p.Kit.Clock.Now(), path: "/my/" + c.Number, actor: l.actor, file: l.file,
		form: f, formOf: formOf, key: f.Get("key"), lang: func(to string) string { return form.Link(r, to) }}
	team, err := p.Kit.Staff.Team(ctx, access.Lotse(c.BrandID), c.TeamID)
	if err != nil {
		return page, err
	}
	page.team = team.Name
	if page.names, err = p.Kit.Staff.Names(ctx, c.BrandID, page.people()...); err != nil {
		return page, err
	}
	page.owner = page.names[c.OwnerID]
	if page.thread, err = p.Publish.OfCase(ctx, l.actor, c); err != nil {
		return page, err
	}
	if l.link != "" {
		base, err := p.base(r)
		if err != nil {
			return page, err
		}
		page.link = base + "/l/" + l.link
	}
	page.asked = r.URL.Query().Has("new")
	page.sentTo = sentTo(r)
	page.frame = p.frame(r, subjectOr(page.p, c.Subject), ui.WayTrack)
	page.frame.Scripts = append(page.frame.Scripts, "draft.js", "upload.js")
	page.frame.Accepted = page.accepted(r.URL.Query().Get("done"))
	page.frame.Wide = true
	page.uploads = p.uploadProps(r, page.typed(messageForm), form.Link(r, page.path+"/files"))
	if page.key == "" {
		page.key = string(ids.NewToken())
	}
	return page, nil
}

// people are the colleagues whose names the page shows.
func (p casePage) people() []ids.ID {
	seen := map[ids.ID]bool{p.file.Case.OwnerID: true}
	for _, m := range p.file.Messages {
		if m.AuthorKind == access.Staff {
			seen[m.AuthorID] = true
		}
	}
	var list []ids.ID
	for id := range seen {
		if !id.IsZero() {
			list = append(list, id)
		}
	}
	return list
}

// accepted names the draft in the browser that has arrived.
func (p casePage) accepted(done string) string {
	switch {
	case p.asked:
		return askDraft
	case done == "message", done == "contest":
		return p.draft(done)
	}
	return ""
}

// draft names what is typed into one form of this case in the browser's memory.
func (p casePage) draft(of string) string { return of + "-" + p.file.Case.Number }

// typed is what was typed into one of the forms.
func (p casePage) typed(of string) form.Form {
	if p.formOf == of {
		return p.form
	}
	return form.New()
}

// renderElsewhere shows what is left of a case that goes on as that of somebody
// else.
func (p *Portal) renderElsewhere(w http.ResponseWriter, r *http.Request, f desk.OwnFile) error {
	team, err := p.Kit.Staff.Team(r.Context(), access.Lotse(f.Case.BrandID), f.Case.TeamID)
	if err != nil {
		return err
	}
	frame := p.frame(r, f.Case.Number, ui.WayTrack)
	return web.Render(w, r, http.StatusOK, elsewhereView(frame, f.Case, team.Name, form.Link(r, "/ask")))
}

// attachment sends a file of a message, to be saved.
func (p *Portal) attachment(w http.ResponseWriter, r *http.Request) error {
	l, err := p.load(r)
	if errs.Is(err, errs.SignedOut) {
		return p.renderTrack(w, r, http.StatusForbidden, "case", form.New("number", r.PathValue("number")))
	}
	if err != nil {
		return err
	}
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return notFound()
	}
	a, err := p.Desk.OwnAttachment(r.Context(), l.actor, id)
	if err != nil {
		return err
	}
	if a.CaseID != l.file.Case.ID {
		return notFound()
	}
	if err := a.MayOpen(l.actor); err != nil {
		return err
	}
	file, err := p.Blobs.Open(r.Context(), a.BlobID)
	if err != nil {
		return err
	}
	defer file.Close()
	letter.Send(w, r, a, file, false)
	return nil
}

func subjectOr(p *i18n.Printer, subject string) string {
	if strings.TrimSpace(subject) == "" {
		return p.T("portal.case.no_subject")
	}
	return subject
}
