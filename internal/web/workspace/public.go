package workspace

import (
	"net/http"
	"strconv"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/privacy"
	"lotse/internal/publish"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

// publicPage is what everybody sees of a case, and where staff release their
// answers. It is a page of its own, with a look of its own, so that nobody takes
// a public answer for a private one.
type publicPage struct {
	shell  ui.ShellProps
	p      *i18n.Printer
	actor  access.Actor
	c      desk.Case
	brand  string
	thread *publish.CaseThread // nil: the customer published nothing
	drafts []draftSource
	answer answerForm
	wrong  []ui.FieldError
}

// draftSource is a private reply that can be the beginning of a public answer.
type draftSource struct{ id, excerpt string }

// answerForm is an official answer on its way: written, then looked at exactly
// as everybody will see it, then released by an act of its own.
type answerForm struct {
	Text    string
	Post    ids.ID // zero: a new answer
	Version int64  // of the post that is changed
	Preview bool
	Empty   bool     // it would not count as an answer
	Found   []string // kinds of personal data in it
}

func (p publicPage) path(rest ...string) string {
	path := "/cases/" + p.c.Number + "/public"
	for _, r := range rest {
		path += r
	}
	return path
}

func (p publicPage) shown() bool { return p.thread != nil && p.thread.State == publish.Shown }

func (w *Workspace) showPublic(rw http.ResponseWriter, r *http.Request) error {
	page, err := w.loadPublic(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if post, err := ids.Parse(q.Get("edit")); err == nil {
		page.edit(post)
	} else if message, err := ids.Parse(q.Get("draft")); err == nil {
		if page.answer.Text, err = w.draftFrom(r, page, message); err != nil {
			return err
		}
	}
	return w.renderPublic(rw, r, http.StatusOK, page)
}

func (w *Workspace) loadPublic(r *http.Request) (publicPage, error) {
	ctx, a := r.Context(), actor(r)
	page := publicPage{p: i18n.From(ctx), actor: a}
	c, err := w.Desk.Find(ctx, a, r.PathValue("number"))
	if err != nil {
		return page, err
	}
	page.c = c
	if page.thread, err = w.Publish.OfCase(ctx, a, c); err != nil {
		return page, err
	}
	brand, err := w.Kit.Catalog.Brand(ctx, c.BrandID)
	if err != nil {
		return page, err
	}
	page.brand = brand.Name
	page.shell = w.shell(r, page.p.T("release.title", "Subject", subjectOr(page.p, c.Subject)), "/cases")
	page.shell.Styles = append([]string{"public.css"}, page.shell.Styles...) // posts look as everybody sees them
	return page, nil
}

// renderPublic shows the page, with the private replies an answer may begin as.
func (w *Workspace) renderPublic(rw http.ResponseWriter, r *http.Request, status int, page publicPage) error {
	_, history, err := w.Desk.History(r.Context(), page.actor, page.c.ID)
	if err != nil {
		return err
	}
	for _, m := range history {
		if m.Kind == desk.Reply {
			page.drafts = append(page.drafts, draftSource{m.ID.String(), markup.Excerpt(markup.TextFromMarkdown(m.Body), 80)})
		}
	}
	return web.Render(rw, r, status, publicView(page))
}

// edit fills the form with an answer that is shown.
func (p *publicPage) edit(post ids.ID) {
	if p.thread == nil {
		return
	}
	for _, a := range p.thread.Answers() {
		if a.ID == post && a.State == publish.PostShown {
			p.answer = answerForm{Text: a.Body, Post: a.ID, Version: a.Version}
		}
	}
}

// draftFrom is a private reply with what is personal masked: a beginning, to be
// read and changed before it is released.
func (w *Workspace) draftFrom(r *http.Request, page publicPage, message ids.ID) (string, error) {
	m, err := w.Desk.Message(r.Context(), actor(r), message)
	if err != nil {
		return "", err
	}
	if m.CaseID != page.c.ID || m.Kind != desk.Reply {
		return "", errs.New(errs.NotFound, "case.not_found")
	}
	customer, err := w.People.Get(r.Context(), actor(r), page.c.CustomerID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return "", err
	}
	own := privacy.Own{Names: []string{customer.Name}, Literals: []string{page.c.Number}}
	for _, i := range customer.Identities {
		own.Literals = append(own.Literals, i.Value)
	}
	text, _ := privacy.Mask(m.Body, i18n.Match(page.c.Language), own)
	return text, nil
}

// answerPublic takes the two steps of a public answer: "preview" shows it as
// everybody will see it, "release" publishes exactly that.
func (w *Workspace) answerPublic(rw http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	page, err := w.loadPublic(r)
	if err != nil {
		return err
	}
	page.answer.Text = r.FormValue("answer")
	page.answer.Post, _ = ids.Parse(r.FormValue("post")) // none: a new answer
	page.answer.Version, _ = strconv.ParseInt(r.FormValue("version"), 10, 64)
	if r.FormValue("step") != "release" {
		return w.preview(rw, r, page)
	}
	if page.answer.Post.IsZero() {
		_, err = w.Publish.Answer(r.Context(), page.actor, page.c, page.answer.Text)
	} else {
		_, err = w.Publish.EditPost(r.Context(), page.actor, page.answer.Post, page.answer.Version, page.answer.Text)
	}
	if err != nil {
		return w.refusePublic(rw, r, page, err, answerFields)
	}
	return w.donePublic(rw, r, page, "release.done.answer")
}

func (w *Workspace) preview(rw http.ResponseWriter, r *http.Request, page publicPage) error {
	if r.FormValue("step") == "edit" {
		return w.renderPublic(rw, r, http.StatusOK, page)
	}
	text, err := publish.CheckAnswer(page.answer.Text)
	if err != nil {
		return w.refusePublic(rw, r, page, err, answerFields)
	}
	page.answer.Text, page.answer.Preview, page.answer.Empty = text, true, !publish.Substantive(text)
	seen := map[privacy.Kind]bool{}
	for _, f := range privacy.Find(text, privacy.Own{}) {
		if !seen[f.Kind] {
			seen[f.Kind] = true
			page.answer.Found = append(page.answer.Found, page.p.T("privacy.label."+f.Kind.String()))
		}
	}
	return w.renderPublic(rw, r, http.StatusOK, page)
}

// refusePublic shows the page again with what was typed and why it was refused.
// fields says what the page calls the fields the error names.
func (w *Workspace) refusePublic(rw http.ResponseWriter, r *http.Request, page publicPage, err error, fields map[string]string) error {
	page.wrong = action{fields: fields}.rename(r.Context(), err)
	kind := errs.KindOf(err)
	if len(page.wrong) == 0 && kind != errs.Conflict {
		return err
	}
	if kind == errs.Conflict && len(page.wrong) == 0 {
		page.shell.Flash = &ui.FlashProps{Tone: ui.Warning, Text: web.Message(r.Context(), err)}
	}
	page.shell.Errors = page.wrong
	return w.renderPublic(rw, r, kind.Status(), page)
}

// answerFields are the controls of the answer's form.
var answerFields = map[string]string{"text": "answer"}

// reasonField names the choice of a reason for one act on one post.
func reasonField(act string, post ids.ID) string { return act + "-" + post.String() }

func (w *Workspace) donePublic(rw http.ResponseWriter, r *http.Request, page publicPage, done string) error {
	if err := w.Kit.Flash(r, ui.Success, done); err != nil {
		return err
	}
	return web.Redirect(rw, r, page.path())
}

// postAct makes a handler that decides about one post of the case's thread.
func (w *Workspace) postAct(act string) web.Handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		if err := parse(r); err != nil {
			return err
		}
		page, err := w.loadPublic(r)
		if err != nil {
			return err
		}
		post, err := ids.Parse(r.PathValue("post"))
		if err != nil || !page.holds(post) {
			return errs.New(errs.NotFound, "publish.not_found")
		}
		version, _ := strconv.ParseInt(r.FormValue("version"), 10, 64) // no number is no version anybody saw
		switch act {
		case "release":
			err = w.Publish.Release(r.Context(), page.actor, post, version)
		case "refuse":
			err = w.Publish.Refuse(r.Context(), page.actor, post, version, r.FormValue("reason"))
		case "withdraw":
			err = w.Publish.Withdraw(r.Context(), page.actor, post, r.FormValue("reason"))
		}
		if err != nil {
			return w.refusePublic(rw, r, page, err, map[string]string{"reason": reasonField(act, post)})
		}
		return w.donePublic(rw, r, page, "release.done."+act)
	}
}

// holds reports whether the post is of this case's thread.
func (p publicPage) holds(post ids.ID) bool {
	if p.thread == nil {
		return false
	}
	for _, have := range p.thread.Posts {
		if have.ID == post {
			return true
		}
	}
	return false
}

func (p publicPage) reasons(list []string) []ui.Option {
	options := []ui.Option{{Label: p.p.T("release.reason.choose")}}
	for _, r := range list {
		options = append(options, ui.Option{Value: r, Label: p.p.T("publish.reason." + r)})
	}
	return options
}

// role is how the design system shows who speaks.
func (p publicPage) role(k publish.PostKind) ui.PostRole {
	switch k {
	case publish.Question:
		return ui.PostQuestion
	case publish.Answer:
		return ui.PostOfficial
	}
	return ui.PostCommunity
}

// waits reports whether staff decide about the post now.
func waits(post publish.Post) bool { return post.State == publish.PostReview }

func (p publicPage) author(post publish.Post) string {
	if post.AuthorName != "" {
		return post.AuthorName
	}
	return p.p.T("publish.anonymous")
}

func postTone(s publish.PostState) ui.Tone {
	switch s {
	case publish.PostShown:
		return ui.Success
	case publish.PostReview, publish.PostUnconfirmed:
		return ui.Warning
	case publish.PostRefused:
		return ui.Danger
	}
	return ui.Neutral
}
