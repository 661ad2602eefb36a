package public

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/publish"
	"lotse/internal/web/ui"
)

// thread shows a question with its answers. A wrong slug leads to the right one,
// and what was taken back leaves a tombstone.
func (p *Pages) thread(w http.ResponseWriter, r *http.Request, v visit) error {
	key := r.PathValue("key")
	var gone publish.Page
	err := p.serve(w, r, v, func(ctx context.Context) (*answer, error) {
		page, err := p.Publish.Thread(ctx, v.brand.ID, key)
		if errs.Is(err, errs.Gone) {
			gone = page
		}
		if err != nil {
			return nil, err
		}
		if to := v.local(page.Path(), page.Language); to != r.URL.Path {
			return redirect(to), nil
		}
		return v.threadAnswer(ctx, page)
	})
	if errs.Is(err, errs.Gone) {
		return p.tombstone(w, r, v, gone)
	}
	return err
}

// short leads from a thread's key alone to its page, or shows the thread's feed.
func (p *Pages) short(w http.ResponseWriter, r *http.Request, v visit) error {
	if key, isFeed := strings.CutSuffix(r.PathValue("key"), ".atom"); isFeed {
		return p.threadFeed(w, r, v, key)
	}
	return p.thread(w, r, v)
}

func (v visit) threadAnswer(ctx context.Context, page publish.Page) (*answer, error) {
	rest := strings.TrimPrefix(page.Path(), "/"+page.Language)
	canonical := v.base() + "/" + v.original(page.Language) + rest
	a, err := v.html(ctx, http.StatusOK, sheet{
		title: page.Title, description: page.Excerpt, rest: rest, current: "/questions", canonical: canonical,
		search: true, feed: v.path("/questions/" + page.Key + ".atom"),
		card: card{kind: "article", title: page.Title, url: canonical,
			published: stamp(page.PublishedAt.Time()), modified: stamp(page.ChangedAt.Time())},
		data:    structured(v, page, canonical),
		content: threadPage(v, page),
	})
	if err != nil {
		return nil, err
	}
	a.thread, a.key, a.version = page.ID, page.Key, page.Version
	return a, nil
}

// original is the language a thread's own page is in: that of its words, or the
// brand's if Lotse has no pages in it.
func (v visit) original(language string) string {
	for _, l := range i18n.Locales() {
		if string(l) == language {
			return language
		}
	}
	return v.brand.Language
}

// tombstone stands where a thread was: when it was taken back and by whom, and
// no word of it.
func (p *Pages) tombstone(w http.ResponseWriter, r *http.Request, v visit, page publish.Page) error {
	return p.fresh(w, r, v, func(ctx context.Context) (*answer, error) {
		return v.html(ctx, http.StatusGone, sheet{
			title: v.p.T("public.gone.title"), rest: "/questions/" + r.PathValue("key"), search: true, noIndex: true, ownSignpost: true,
			content: gonePage(v, page),
		})
	})
}

// post is how a post of a thread is shown.
func (v visit) post(page publish.Page, post publish.Post) ui.PostProps {
	props := ui.PostProps{
		ID: anchor(post), Author: post.Author(v.p.Locale()), Brand: v.brand.Name, Role: ui.PostCommunity,
		At: post.ReleasedAt.Time(), Edited: post.EditedAt.Time(), Lang: v.otherLang(post.Language),
	}
	switch post.Kind {
	case publish.Question:
		props.Role = ui.PostQuestion
	case publish.Answer:
		props.Role, props.Author, props.Portrait = ui.PostOfficial, v.speaker(post), post.Portrait
	}
	if post.State == publish.PostWithdrawn {
		props.Author, props.Edited = v.p.T("public.thread.withdrawn"), time.Time{}
		props.Tombstone = v.takenBack("public.tombstone.", post)
	}
	return props
}

// anchor names a post on its page for good.
func anchor(p publish.Post) string { return "post-" + strconv.FormatInt(p.Seq, 10) }

// speaker is who gave an official answer, and in which role.
func (v visit) speaker(p publish.Post) string {
	switch {
	case p.AuthorName == "":
		return p.AuthorRole
	case p.AuthorRole == "":
		return p.AuthorName
	}
	return p.AuthorName + ", " + p.AuthorRole
}

// takenBack says when and by whom a post was taken back.
func (v visit) takenBack(key string, p publish.Post) string {
	by := "company"
	if p.ByAuthor() {
		by = "author"
	}
	return v.p.T(key+by, "Date", v.p.Date(p.WithdrawnAt.Time()), "Brand", v.brand.Name)
}

// goneLine says when and by whom a thread was taken back.
func (v visit) goneLine(page publish.Page) string {
	asked := page.Question()
	if asked.WithdrawnAt.IsZero() {
		return v.p.T("public.gone.on", "Date", v.p.Date(page.GoneAt.Time()))
	}
	return v.takenBack("public.gone.", asked)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
