package public

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/platform/db"
	"lotse/internal/publish"
	"lotse/internal/web/ui"
)

// latest lists the questions, the newest first.
func (p *Pages) latest(w http.ResponseWriter, r *http.Request, v visit) error {
	after, err := db.ParseCursor(r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	return p.list(w, r, v, after, func(ctx context.Context) (*answer, error) {
		list, err := p.Publish.Latest(ctx, v.brand.ID, publish.Filter{After: after})
		if err != nil {
			return nil, err
		}
		s := v.listSheet("questions", "/questions", list, after)
		s.feed = v.path("/questions.atom")
		return v.html(ctx, http.StatusOK, s)
	})
}

// unanswered lists every question without a substantive answer, the longest
// waiting first. It takes no filter and nothing can be left out of it.
func (p *Pages) unanswered(w http.ResponseWriter, r *http.Request, v visit) error {
	after, err := db.ParseCursor(r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	return p.list(w, r, v, after, func(ctx context.Context) (*answer, error) {
		list, err := p.Publish.Unanswered(ctx, v.brand.ID, after)
		if err != nil {
			return nil, err
		}
		s := v.listSheet("unanswered", "/questions/unanswered", list, after)
		s.content = unansweredPage(v, list, s.older(v, list), p.Clock.Now())
		return v.html(ctx, http.StatusOK, s)
	})
}

// list keeps the first part of a list only: whoever leafs further is rare.
func (p *Pages) list(w http.ResponseWriter, r *http.Request, v visit, after publish.Cursor, m maker) error {
	if after.IsZero() {
		return p.serve(w, r, v, m)
	}
	return p.fresh(w, r, v, m)
}

// listSheet is what both lists have in common; name is of their texts.
func (v visit) listSheet(name, rest string, list publish.List, after publish.Cursor) sheet {
	at := v.base() + v.path(rest)
	s := sheet{
		title: v.p.T("public." + name + ".title"), description: v.p.T("public."+name+".lead", "Brand", v.brand.Name),
		rest: rest, current: rest, search: true, alternates: after.IsZero(), canonical: at,
		card: card{kind: "website", title: v.p.T("public." + name + ".title"), url: at},
	}
	if !after.IsZero() {
		s.canonical += "?after=" + after.String()
	}
	s.content = questionsPage(v, list, s.older(v, list), after.IsZero())
	return s
}

// older is where a list goes on, "" on its last part.
func (s sheet) older(v visit, list publish.List) string {
	if list.Next.IsZero() {
		return ""
	}
	return v.path(s.rest) + "?after=" + list.Next.String()
}

// threadPath is the address of a thread in the visit's language.
func (v visit) threadPath(c publish.Card) string { return v.local(c.Path(), c.Language) }

// waits says in words how long a question has been waiting.
func (v visit) waits(since, now time.Time) string {
	switch d := now.Sub(since); {
	case d < time.Hour:
		return v.p.T("public.unanswered.fresh")
	case d < 48*time.Hour:
		return v.p.N("public.unanswered.hours", int(d/time.Hour))
	default:
		return v.p.N("public.unanswered.days", int(d/(24*time.Hour)))
	}
}

// card is what a list shows of a thread; level is of its heading.
func (v visit) card(c publish.Card, level int) ui.ThreadCardProps {
	return ui.ThreadCardProps{
		Title: c.Title, Href: v.threadPath(c), Excerpt: c.Excerpt, Lang: v.otherLang(c.Language),
		Answered: c.Answered, Posts: max(0, int(c.Posts)-1), At: c.PublishedAt.Time(), Level: level,
	}
}
