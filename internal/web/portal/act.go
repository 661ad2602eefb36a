package portal

import (
	"maps"
	"net/http"
	"slices"

	"lotse/internal/access"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// write adds a message with files.
func (p *Portal) write(w http.ResponseWriter, r *http.Request) error {
	f, err := p.read(w, r)
	l, loadErr := p.own(r)
	if err == nil {
		err = loadErr
	}
	if err == nil && len(f.Errors) == 0 {
		if err = p.limit(r, access.AskLimit, l.actor.ID.String()); err == nil {
			key := f.Get("key")
			if key == "" {
				key = string(ids.NewToken())
			}
			err = p.Intake.Write(r.Context(), l.actor, intake.Addition{CaseID: l.file.Case.ID, Key: key, Text: f.Get("text"), Uploads: f.Typed[uploadField]})
		}
	}
	if err == nil && len(f.Errors) == 0 {
		return redirect(w, r, "/my/"+l.file.Case.Number+"?done=message#history")
	}
	return p.back(w, r, l, loadErr, messageForm, f, err)
}

// contest says that the case is not solved, and why.
func (p *Portal) contest(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	l, loadErr := p.own(r)
	if err == nil {
		err = loadErr
	}
	if err == nil {
		if err = p.limit(r, access.AskLimit, l.actor.ID.String()); err == nil {
			err = p.Desk.Contest(r.Context(), l.actor, l.file.Case.ID, f.Get("reason"))
		}
	}
	if err == nil {
		return redirect(w, r, "/my/"+l.file.Case.Number+"?done=contest#history")
	}
	return p.back(w, r, l, loadErr, contestForm, f, err)
}

// back shows a form that was refused again: on the page of its case, or, where
// that can't be shown, on a page of its own with what was typed.
func (p *Portal) back(w http.ResponseWriter, r *http.Request, l loaded, loadErr error, formOf string, f form.Form, err error) error {
	names := map[string]string{uploadField: filesField}
	if formOf == contestForm {
		names["text"] = "reason"
	}
	if errs.Is(loadErr, errs.NotFound) {
		return loadErr
	}
	status, said := http.StatusUnprocessableEntity, (*ui.FlashProps)(nil)
	if err != nil {
		status, said = p.refused(r, &f, err, names)
	}
	if loadErr == nil {
		if loadErr = p.renderCase(w, r, status, l, formOf, f, said); loadErr == nil {
			return nil
		}
	}
	return p.renderKept(w, r, f, loadErr)
}

// keptPage shows what was typed when its own page can't be shown.
type keptPage struct {
	frame       ui.PublicProps
	title, lead string
	action      string
	hidden      map[string][]string // fields to send again
	typed       []ui.FieldProps
	again       bool // sending again may help
	way         string
}

// hiddenNames are the names of the fields to send again, always in one order.
func (p keptPage) hiddenNames() []string { return slices.Sorted(maps.Keys(p.hidden)) }

// longFields are the controls people type into, in the order of forms.
var longFields = []string{"title", "text", "reason", "name"}

// renderKept gives back what was typed when its page can't be shown: the database
// is away, or the pass has expired meanwhile.
func (p *Portal) renderKept(w http.ResponseWriter, r *http.Request, f form.Form, err error) error {
	ctx := r.Context()
	kind := errs.KindOf(err)
	page := keptPage{title: t(ctx, "portal.kept.title"), lead: t(ctx, "portal.kept.unavailable"), action: form.Action(r), again: true,
		hidden: map[string][]string{}, way: form.Link(r, "/my")}
	switch kind {
	case errs.SignedOut:
		kind = errs.Forbidden
		page.lead, page.again = t(ctx, "portal.kept.signed_out"), false
	case errs.Unavailable:
		p.Kit.Log.Warn("a form could not be taken", "route", r.Pattern, "error", err)
	default:
		p.Kit.Log.Error("a form could not be taken", "route", r.Pattern, "error", err)
	}
	for name, values := range f.Typed {
		page.hidden[name] = values
	}
	for _, name := range longFields {
		if v := f.Get(name); v != "" {
			delete(page.hidden, name)
			page.typed = append(page.typed, ui.FieldProps{Name: name, Label: t(ctx, "portal.kept."+name), Value: v, Required: true})
		}
	}
	page.frame = p.frame(r, page.title, ui.WayTrack)
	retryAfter(w, kind.Status())
	return web.Render(w, r, kind.Status(), keptView(page))
}

// solved says that the case is settled.
func (p *Portal) solved(w http.ResponseWriter, r *http.Request) error {
	l, err := p.own(r)
	if err != nil {
		return p.away(w, r, err)
	}
	if err := p.Desk.Solved(r.Context(), l.actor, l.file.Case.ID); err != nil {
		return err
	}
	return redirect(w, r, "/my/"+l.file.Case.Number+"?done=solved")
}

// away answers who holds no pass with the ways back, and everybody else with the
// error.
func (p *Portal) away(w http.ResponseWriter, r *http.Request, err error) error {
	if !errs.Is(err, errs.SignedOut) {
		return err
	}
	return p.renderTrack(w, r, http.StatusForbidden, "case", form.New("number", r.PathValue("number")))
}

// renderConfirm shows a page that asks before something that can't be undone. area is of
// the catalogue.
func (p *Portal) renderConfirm(w http.ResponseWriter, r *http.Request, area string) error {
	l, err := p.own(r)
	if err != nil {
		return p.away(w, r, err)
	}
	number := l.file.Case.Number
	frame := p.frame(r, t(r.Context(), area+".title"), ui.WayTrack)
	return web.Render(w, r, http.StatusOK, confirmView(frame, area, number, form.Action(r), form.Link(r, "/my/"+number)))
}

func (p *Portal) showErasure(w http.ResponseWriter, r *http.Request) error {
	return p.renderConfirm(w, r, "portal.erasure")
}

// askErasure asks staff to erase the case.
func (p *Portal) askErasure(w http.ResponseWriter, r *http.Request) error {
	l, err := p.own(r)
	if err != nil {
		return p.away(w, r, err)
	}
	if err := p.Desk.AskErasure(r.Context(), l.actor, l.file.Case.ID); err != nil {
		return err
	}
	return redirect(w, r, "/my/"+l.file.Case.Number+"?done=erasure")
}

func (p *Portal) showRevoke(w http.ResponseWriter, r *http.Request) error {
	return p.renderConfirm(w, r, "portal.revoke")
}

// revoke makes all links of the case worthless and gives this browser a new one.
func (p *Portal) revoke(w http.ResponseWriter, r *http.Request) error {
	l, err := p.own(r)
	if err != nil {
		return p.away(w, r, err)
	}
	token, err := p.Desk.RenewLinks(r.Context(), l.actor, l.file.Case.ID)
	if err != nil {
		return err
	}
	p.remember(w, l.file.Case.Number, token)
	return redirect(w, r, "/my/"+l.file.Case.Number+"?done=revoked#link")
}
