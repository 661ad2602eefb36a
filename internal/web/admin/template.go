package admin

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
	"lotse/internal/views"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/letter"
)

// textPage is what the page of one text shows.
type textPage struct {
	templates.Entry
	place   place
	form    form.Form
	number  string // of the case whose data the preview shows; "" if they are made up
	missing bool   // the case that was asked for is not there
	shown   []templates.Finding
	mail    templates.Mail
	history []textChange
	now     time.Time
}

// textChange is a change with the name of who made it.
type textChange struct {
	templates.Change
	name string
}

func (p textPage) path(below string) string { return p.place.path(p.Entry, below) }

// look is the address of what the preview frames.
func (p textPage) look() string {
	u, err := url.Parse(p.path("/look"))
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("case", p.number)
	u.RawQuery = q.Encode()
	return u.String()
}

// textAt reads from the address which text is meant.
func (p *Pages) textAt(r *http.Request) (textPage, error) {
	at, err := p.placeOf(r)
	if err != nil {
		return textPage{}, err
	}
	e, err := p.templates.Get(r.Context(), actor(r), at.account, templates.Key(r.PathValue("key")), i18n.Locale(r.PathValue("language")))
	if err != nil {
		return textPage{}, err
	}
	stored := form.New("subject", e.Text.Subject, "text", e.Text.Text, "seen", seenIn(e))
	return textPage{Entry: e, place: at, form: stored, shown: e.Findings, now: p.kit.Clock.Now()}, nil
}

func (p *Pages) showTemplate(w http.ResponseWriter, r *http.Request) error {
	page, err := p.textAt(r)
	if err != nil {
		return err
	}
	return p.renderTemplate(w, r, http.StatusOK, page)
}

// renderTemplate shows the page with what stands in its form.
func (p *Pages) renderTemplate(w http.ResponseWriter, r *http.Request, status int, page textPage) error {
	var err error
	if page.mail, err = p.tryText(r, &page); err != nil {
		return err
	}
	if page.history, err = p.historyOf(r, page); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+"; frame-src 'self'")
	title := templateName(r.Context(), page.Spec.Key)
	return web.Render(w, r, status, templatePage(p.templateShell(r, title, page.form.Errors), title, page))
}

// tryText writes out what stands in the form with the data of a case.
func (p *Pages) tryText(r *http.Request, page *textPage) (templates.Mail, error) {
	sample, err := p.sampleFor(r, page)
	if err != nil {
		return templates.Mail{}, err
	}
	typed := templates.Text{Subject: page.form.Get("subject"), Text: page.form.Get("text")}
	mail, found, err := p.templates.Try(r.Context(), actor(r), page.place.account, page.Spec.Key, page.Language, typed, sample.Values)
	if page.form.Has("do", "try") {
		page.shown = found
	}
	return mail, err
}

// sampleFor takes the data of the case that was asked for, else of the newest.
func (p *Pages) sampleFor(r *http.Request, page *textPage) (outbox.Sample, error) {
	asked := cmp.Or(page.form.Get("case"), r.URL.Query().Get("case"))
	number := asked
	if number == "" {
		var err error
		if number, err = p.newestCase(r); err != nil {
			return outbox.Sample{}, err
		}
	}
	sample, err := p.mails.Sample(r.Context(), actor(r), number, page.place.account, page.Language)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
		page.missing, err = asked != "", nil
	}
	page.number = sample.Number
	return sample, err
}

// newestCase is the case that moved last among those the reader may see.
func (p *Pages) newestCase(r *http.Request) (string, error) {
	list, err := p.views.List(r.Context(), actor(r), views.Filter{Scope: views.All, Limit: 10})
	if err != nil {
		return "", err
	}
	for _, row := range list.Rows {
		if !row.Restricted {
			return row.Number, nil
		}
	}
	return "", nil
}

func (p *Pages) historyOf(r *http.Request, page textPage) ([]textChange, error) {
	changes, err := p.templates.History(r.Context(), actor(r), page.place.account, page.Spec.Key, page.Language)
	if err != nil {
		return nil, err
	}
	var who []ids.ID
	for _, c := range changes {
		who = append(who, c.By)
	}
	names, err := p.kit.Staff.Names(r.Context(), actor(r).BrandID, who...)
	if err != nil {
		return nil, err
	}
	list := make([]textChange, len(changes))
	for i, c := range changes {
		list[i] = textChange{c, cmp.Or(names[c.By], "Lotse")}
	}
	return list, nil
}

// typedIn reads the form of a text over what is stored.
func (p *Pages) typedIn(r *http.Request) (textPage, error) {
	f, err := form.Read(r)
	if err != nil {
		return textPage{}, err
	}
	page, err := p.textAt(r)
	page.form = f
	return page, err
}

// seenIn and seen write and read when the text was changed last, as the page showed
// it.
func seenIn(e templates.Entry) string { return strconv.FormatInt(int64(e.Seen()), 10) }

func (page textPage) seen() clock.Stamp {
	n, err := strconv.ParseInt(page.form.Get("seen"), 10, 64)
	if err != nil {
		return -1 // never what is stored, so it is refused
	}
	return clock.Stamp(n)
}

func (p *Pages) saveTemplate(w http.ResponseWriter, r *http.Request) error {
	page, err := p.typedIn(r)
	if err != nil {
		return err
	}
	typed := templates.Text{Subject: page.form.Get("subject"), Text: page.form.Get("text")}
	err = p.templates.Save(r.Context(), actor(r), page.place.account, page.Spec.Key, page.Language, typed, page.seen())
	if err == nil {
		return p.done(w, r, page.path(""), "template.page.saved")
	}
	if errs.Is(err, errs.Conflict) { // told so, they may save over what stands under changes
		page.form.Typed.Set("seen", seenIn(page.Entry))
	}
	status, err := page.form.Refused(r.Context(), err, "text")
	if err != nil {
		return err
	}
	page.form.Sort("subject", "text")
	return p.renderTemplate(w, r, status, page)
}

// tryTemplate shows what would be said about a text, while it is written.
func (p *Pages) tryTemplate(w http.ResponseWriter, r *http.Request) error {
	page, err := p.typedIn(r)
	if err != nil {
		return err
	}
	page.form.Typed.Set("do", "try")
	return p.renderTemplate(w, r, http.StatusOK, page)
}

// lookTemplate answers with the whole mail, for the frame of the preview: of the
// text as it is stored, or as it was just typed.
func (p *Pages) lookTemplate(w http.ResponseWriter, r *http.Request) error {
	read := p.textAt
	if r.Method == http.MethodPost {
		read = p.typedIn
	}
	page, err := read(r)
	if err != nil {
		return err
	}
	mail, err := p.tryText(r, &page)
	if err != nil {
		return err
	}
	_, document, err := p.mails.LookAt(r.Context(), actor(r), mail)
	if err != nil {
		return err
	}
	letter.SendOriginal(w, document, false)
	return nil
}

func (p *Pages) askResetTemplate(w http.ResponseWriter, r *http.Request) error {
	page, err := p.textAt(r)
	if err != nil {
		return err
	}
	if !page.Own() {
		return web.Redirect(w, r, page.path(""))
	}
	title := templateName(r.Context(), page.Spec.Key)
	return web.Render(w, r, http.StatusOK, resetTemplatePage(p.templateShell(r, title, nil), title, page))
}

func (p *Pages) resetTemplate(w http.ResponseWriter, r *http.Request) error {
	page, err := p.typedIn(r)
	if err != nil {
		return err
	}
	if err := p.templates.Reset(r.Context(), actor(r), page.place.account, page.Spec.Key, page.Language, page.seen()); err != nil {
		return err
	}
	return p.done(w, r, page.path(""), "template.page.reset_done")
}

func templateName(ctx context.Context, key templates.Key) string {
	return t(ctx, "template.name."+string(key))
}

// needs reports whether a text is of no use without a variable.
func needs(s templates.Spec, v templates.Variable) bool { return slices.Contains(s.Needed, v) }
