package portal

import (
	"context"
	"net/http"
	"slices"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/markup"
	"lotse/internal/privacy"
	"lotse/internal/publish"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// publicPage is the way of a text to the public: write, check, say yes, and what
// became of it.
type publicPage struct {
	frame  ui.PublicProps
	p      *i18n.Printer
	number string
	path   string // of the case
	brand  string
	lang   func(string) string
	asked  bool // the case was opened a moment ago
	form   form.Form
	masked []masking
	draft  publish.Draft // as it would be published, for the check
	html   markup.SafeHTML
	thread *publish.CaseThread
	state  publicity
	edit   bool // there is a published text that this one would replace
}

// masking says that a kind of personal data was taken out of a text.
type masking struct {
	label string
	count int
}

// showPublic shows the text to publish, or what became of it.
func (p *Portal) showPublic(w http.ResponseWriter, r *http.Request) error {
	l, err := p.own(r)
	if err != nil {
		return p.away(w, r, err)
	}
	page, err := p.publicPage(r, l)
	if err != nil {
		return err
	}
	if page.state.own && !r.URL.Query().Has("edit") {
		return web.Render(w, r, http.StatusOK, publicStateView(page))
	}
	found := []privacy.Finding(nil)
	if page.state.own {
		q := page.thread.Question()
		if change := page.thread.Revision(); change.Version > 0 {
			q = change
		}
		page.form = form.New("title", q.Title, "text", q.Body, "name", q.AuthorName)
	} else if page.form, found, err = p.suggest(r, l); err != nil {
		return err
	}
	page.masked = maskings(page.p, found)
	return web.Render(w, r, http.StatusOK, publicEditView(page))
}

// suggest proposes a text made of the customer's first message. Where none of it
// is left to take (a case that was split, or only files) the form is empty.
func (p *Portal) suggest(r *http.Request, l loaded) (form.Form, []privacy.Finding, error) {
	for _, m := range l.file.Messages {
		if m.Kind != desk.Inbound || m.AuthorID != l.actor.ID {
			continue
		}
		d, found, err := p.Publish.Suggest(r.Context(), l.actor, l.file.Case, m)
		if errs.Is(err, errs.NotFound) {
			break
		}
		return form.New("title", d.Title, "text", d.Text, "name", ""), found, err
	}
	return form.New(), nil, nil
}

func (p *Portal) publicPage(r *http.Request, l loaded) (publicPage, error) {
	ctx, c := r.Context(), l.file.Case
	page := publicPage{p: i18n.From(ctx), number: c.Number, path: "/my/" + c.Number, asked: r.URL.Query().Has("new"),
		lang: func(to string) string { return form.Link(r, to) }, frame: p.frame(r, t(ctx, "portal.public.title"), ui.WayTrack)}
	page.brand = page.frame.Brand
	var err error
	if page.thread, err = p.Publish.OfCase(ctx, l.actor, c); err != nil {
		return page, err
	}
	page.state = publicityOf(page.thread)
	page.edit = page.state.own
	page.frame.Flash = noticed(r)
	page.frame.Scripts = append(page.frame.Scripts, "draft.js")
	if page.asked {
		page.frame.Accepted = askDraft
	}
	if r.URL.Query().Get("done") == "proposed" {
		page.frame.Accepted = page.draftKey()
	}
	return page, nil
}

func (p publicPage) draftKey() string { return "public-" + p.number }

// publish takes the three steps: write, check, yes. Which one it is says the
// button.
func (p *Portal) publish(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	l, loadErr := p.own(r)
	if err != nil || loadErr != nil {
		return p.publicKept(w, r, f, err, loadErr)
	}
	page, err := p.publicPage(r, l)
	if err != nil {
		return p.renderKept(w, r, f, err)
	}
	page.form, page.frame.Flash = f, nil
	d := publish.Draft{Title: f.Get("title"), Text: f.Get("text"), AuthorName: f.Get("name"), Language: l.file.Case.Language}
	switch f.Get("step") {
	case "edit":
		return web.Render(w, r, http.StatusOK, publicEditView(page))
	case "publish":
		if err = p.limit(r, access.PostLimit, l.actor.ID.String()); err == nil {
			_, _, err = p.Publish.Propose(r.Context(), l.actor, l.file.Case, d)
		}
		if err == nil {
			return redirect(w, r, page.path+"/public?done=proposed")
		}
	default:
		var found []privacy.Finding
		if page.draft, found, err = p.Publish.Preview(r.Context(), l.actor, l.file.Case, d); err == nil {
			page.masked = maskings(page.p, found)
			page.html = markup.HTMLFromText(page.draft.Text)
			return web.Render(w, r, http.StatusOK, publicCheckView(page))
		}
	}
	status, said := p.refused(r, &page.form, err, nil)
	page.form.Sort("title", "text", "name")
	page.frame.Errors, page.frame.Flash = page.form.Errors, said
	retryAfter(w, status)
	return web.Render(w, r, status, publicEditView(page))
}

func (p *Portal) publicKept(w http.ResponseWriter, r *http.Request, f form.Form, err, loadErr error) error {
	switch {
	case errs.Is(loadErr, errs.NotFound), errs.Is(loadErr, errs.Conflict):
		return loadErr
	case loadErr != nil:
		return p.renderKept(w, r, f, loadErr)
	}
	return err
}

// maskings counts what was found, in words.
func maskings(p *i18n.Printer, found []privacy.Finding) []masking {
	var list []masking
	for _, f := range found {
		label := p.T("privacy.label." + f.Kind.String())
		at := slices.IndexFunc(list, func(m masking) bool { return m.label == label })
		if at < 0 {
			list, at = append(list, masking{label: label}), len(list)
		}
		list[at].count++
	}
	return list
}

// author is how the author of the draft is called in public.
func (p publicPage) author() string {
	return publish.Post{AuthorName: p.draft.AuthorName}.Author(i18n.Match(p.draft.Language))
}

// posts are the posts of the thread as they are shown: the question with its
// change, and the official answers.
func (p publicPage) posts() []publish.Post {
	return slices.DeleteFunc(slices.Clone(p.thread.Posts), func(x publish.Post) bool {
		return x.Kind == publish.Contribution || x.State == publish.PostWithdrawn && x.Kind == publish.Question
	})
}

// post describes a post of the thread to its author.
func (p publicPage) post(x publish.Post) ui.PostProps {
	props := ui.PostProps{ID: "p-" + x.ID.String(), Author: x.Author(p.p.Locale()), Brand: p.brand, At: x.CreatedAt.Time(), Edited: x.EditedAt.Time(), Role: ui.PostQuestion}
	if x.Kind == publish.Answer {
		props.Role = ui.PostOfficial
	}
	if x.State == publish.PostWithdrawn {
		props.Tombstone = p.p.T("portal.public.answer_gone")
	}
	return props
}

// reason is why staff did not release a text; "" if they did, or said nothing.
func (p publicPage) reason() string {
	for _, x := range []publish.Post{p.thread.Revision(), p.thread.Question()} {
		if x.Version > 0 && x.State == publish.PostRefused && x.Reason != "" {
			return p.p.T("publish.reason." + x.Reason)
		}
	}
	return ""
}

func (p *Portal) showTakeBack(w http.ResponseWriter, r *http.Request) error {
	return p.renderConfirm(w, r, "portal.take_back")
}

// takeBack takes back all the customer published of the case.
func (p *Portal) takeBack(w http.ResponseWriter, r *http.Request) error {
	l, err := p.own(r)
	if err != nil {
		return p.away(w, r, err)
	}
	if err := p.Publish.TakeBack(r.Context(), l.actor, l.file.Case); err != nil {
		return err
	}
	return redirect(w, r, "/my/"+l.file.Case.Number+"?done=taken_back")
}

func editTitle(ctx context.Context, edit bool) string {
	if edit {
		return t(ctx, "portal.public.edit_title")
	}
	return t(ctx, "portal.public.title_new")
}
