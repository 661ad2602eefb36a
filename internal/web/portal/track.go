package portal

import (
	"net/http"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// trackPage is the page with the ways back to one's own cases.
type trackPage struct {
	frame        ui.PublicProps
	title, lead  string
	form         form.Form
	action, link string // where the two forms go
}

func (p *Portal) showTrack(w http.ResponseWriter, r *http.Request) error {
	if what := r.URL.Query().Get("sent"); what == "case" || what == "file" {
		return p.renderSent(w, r, what)
	}
	return p.renderTrack(w, r, http.StatusOK, "track", form.New("number", r.URL.Query().Get("number")))
}

// track sends the link of a case to the address we know, and answers everybody
// alike.
func (p *Portal) track(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	number := ids.ParseNumber(f.Get("number"))
	if number == "" {
		err = errs.Field("number", "portal.track.number_wrong")
	} else if err = p.limit(r, access.TrackLimit, number); err == nil {
		var brand ids.ID
		if brand, err = p.brand(r); err == nil {
			err = p.Outbox.SendCaseLink(r.Context(), brand, number)
		}
	}
	if err != nil {
		return p.trackRefused(w, r, f, err, "number")
	}
	return redirect(w, r, "/track?sent=case")
}

// sendFileLink sends the link of the file to an address, and answers everybody
// alike: who writes to us is nobody's business.
func (p *Portal) sendFileLink(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	var brand ids.ID
	if err = p.limit(r, access.FileLinkLimit, f.Get("email")); err == nil {
		if brand, err = p.brand(r); err == nil {
			err = p.Outbox.SendFileLink(r.Context(), brand, f.Get("email"))
		}
	}
	if err != nil {
		return p.trackRefused(w, r, f, err, "email")
	}
	return redirect(w, r, "/track?sent=file")
}

func (p *Portal) trackRefused(w http.ResponseWriter, r *http.Request, f form.Form, err error, at string) error {
	status, err := f.Refused(r.Context(), err, at)
	if err != nil {
		return err
	}
	return p.renderTrack(w, r, status, "track", f)
}

// renderTrack shows the ways back; kind says why somebody is here: "track" by
// choice, "file" or "case" because a pass is missing, "over" because a link is.
func (p *Portal) renderTrack(w http.ResponseWriter, r *http.Request, status int, kind string, f form.Form) error {
	ctx := r.Context()
	page := trackPage{title: t(ctx, "portal."+kind+".title"), lead: t(ctx, "portal."+kind+".lead"), form: f,
		action: form.Link(r, "/track"), link: form.Link(r, "/my/link")}
	page.frame = p.frame(r, page.title, ui.WayTrack)
	page.frame.Errors, page.frame.Flash = f.Errors, noticed(r)
	return web.Render(w, r, status, trackView(page))
}

// renderSent says that a link is on its way, if there is somewhere to send it,
// and what to do if nothing arrives.
func (p *Portal) renderSent(w http.ResponseWriter, r *http.Request, what string) error {
	frame := p.frame(r, t(r.Context(), "portal.sent.title"), ui.WayTrack)
	return web.Render(w, r, http.StatusOK, sentView(frame, what, form.Link(r, "/track"), form.Link(r, "/ask")))
}

// renderOpen shows the button that exchanges a link for a cookie.
func (p *Portal) renderOpen(w http.ResponseWriter, r *http.Request, area string) error {
	frame := p.frame(r, t(r.Context(), area+".title"), ui.WayTrack)
	return web.Render(w, r, http.StatusOK, openView(frame, form.Action(r), area))
}

// linkOver shows the ways on from a link that is good no more.
func (p *Portal) linkOver(w http.ResponseWriter, r *http.Request, err error) error {
	if !errs.Is(err, errs.Gone) {
		return err
	}
	return p.renderTrack(w, r, http.StatusGone, "over", form.Form{})
}
