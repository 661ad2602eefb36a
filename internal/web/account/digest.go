package account

import (
	"context"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/digest"
	"lotse/internal/platform/errs"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// setDigest keeps how often somebody wants the overview by mail.
func (p *Pages) setDigest(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	rhythm, ok := digest.ParseRhythm(f.Get("rhythm"))
	if !ok {
		rhythm = digest.Rhythm(255) // refused by name of the field
	}
	if err := p.digest.Choose(r.Context(), access.FromContext(r.Context()), rhythm); err != nil {
		return p.refuse(w, r, err, f, "rhythm")
	}
	if rhythm == digest.Never {
		return p.saved(w, r, "digest.profile.saved_never")
	}
	return p.saved(w, r, "digest.profile.saved")
}

func rhythmOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, r := range digest.Rhythms() {
		options = append(options, ui.Option{Value: r.String(), Label: t(ctx, "digest.rhythm."+r.String())})
	}
	return options
}

// showUnsubscribe only looks: a mail scanner follows the link too.
func (p *Pages) showUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	chosen, err := p.digest.Peek(r.Context(), r.PathValue("token"))
	if err != nil {
		return p.noSubscription(w, r, err)
	}
	if chosen == digest.Never {
		return p.unsubscribed(w, r)
	}
	frame := p.bare(r, t(r.Context(), "digest.unsubscribe.title"), t(r.Context(), "digest.unsubscribe.lead"))
	return web.Render(w, r, http.StatusOK, unsubscribePage(frame, form.Action(r)))
}

// unsubscribe ends the overview at once: mail programs post here for their user,
// without a session and without ever having seen the page (RFC 8058 §3.2).
func (p *Pages) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := p.digest.Unsubscribe(r.Context(), r.PathValue("token")); err != nil {
		return p.noSubscription(w, r, err)
	}
	return p.unsubscribed(w, r)
}

func (p *Pages) unsubscribed(w http.ResponseWriter, r *http.Request) error {
	frame := p.bare(r, t(r.Context(), "digest.unsubscribe.done_title"), t(r.Context(), "digest.unsubscribe.done"))
	return web.Render(w, r, http.StatusOK, toProfilePage(frame, form.Link(r, "/account")))
}

// noSubscription shows the other way to somebody whose link is damaged.
func (p *Pages) noSubscription(w http.ResponseWriter, r *http.Request, err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	frame := p.bare(r, t(r.Context(), "digest.unsubscribe.wrong_title"), t(r.Context(), "digest.unsubscribe.wrong"))
	return web.Render(w, r, http.StatusNotFound, toProfilePage(frame, form.Link(r, "/account")))
}
