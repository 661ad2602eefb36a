package public

import (
	"context"
	"net/http"
	"net/url"

	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/search"
	"lotse/internal/web/ui"
)

const (
	suggestions = 5  // shown while somebody types
	hits        = 20 // shown on the page of results
	shortest    = 2  // signs of a text that is looked for
)

// found is what a search has brought.
type found struct {
	q     string
	off   bool // search is switched off or away
	cards []publish.Card
}

// find asks the public index and reads what it names from the database: a thread
// taken back a moment ago is not shown even if the index still knows it.
func (p *Pages) find(ctx context.Context, v visit, q string, partial bool, limit int) (found, error) {
	f := found{q: q, off: p.Search == nil}
	if f.off || len(q) < shortest {
		return f, nil
	}
	list, err := p.Search.Find(ctx, search.Query{Brand: v.brand.ID, Text: q, Language: v.locale(), Partial: partial, Limit: limit})
	if err != nil {
		if ctx.Err() != nil {
			return f, err
		}
		p.Log.Warn("the public index does not answer", "error", err)
		f.off = true
		return f, nil
	}
	if len(list) == 0 {
		return f, nil
	}
	which := make([]ids.ID, len(list))
	for i, h := range list {
		which[i] = h.ID
	}
	f.cards, err = p.Publish.Cards(ctx, v.brand.ID, which)
	return f, err
}

// results is the page a search leads to.
func (p *Pages) results(w http.ResponseWriter, r *http.Request, v visit) error {
	q := typed(r)
	return p.unkept(w, r, v, func(ctx context.Context) (*answer, error) {
		f, err := p.find(ctx, v, q, false, hits)
		if err != nil {
			return nil, err
		}
		s := sheet{
			title: v.p.T("public.search.title"), rest: "/search", ways: v.ways(ui.WaySolve), noIndex: true,
			scripts: []string{Script}, content: resultsPage(v, f),
		}
		if q != "" {
			s.title = v.p.T("public.search.title_of", "Query", q)
			s.query = url.Values{"q": {q}}
		}
		return v.html(ctx, http.StatusOK, s)
	})
}

// suggest is the part of a page that appears while somebody types.
func (p *Pages) suggest(w http.ResponseWriter, r *http.Request, v visit) error {
	return p.unkept(w, r, v, func(ctx context.Context) (*answer, error) {
		f, err := p.find(ctx, v, typed(r), true, suggestions)
		if err != nil {
			return nil, err
		}
		return render(ctx, http.StatusOK, suggested(v, f))
	})
}

// unkept answers with what is about one person's words: no cache may keep it.
func (p *Pages) unkept(w http.ResponseWriter, r *http.Request, v visit, m maker) error {
	a, err := m(v.in(r.Context()))
	if err != nil {
		return err
	}
	f, _ := a.in(wanted(r))
	a.writeOnce(w, r, f)
	return nil
}

func (f found) suggestions(v visit) []ui.Suggestion {
	var list []ui.Suggestion
	for _, c := range f.cards {
		list = append(list, ui.Suggestion{Title: c.Title, Href: v.threadPath(c), Excerpt: c.Excerpt, Lang: v.otherLang(c.Language), Answered: c.Answered})
	}
	return list
}

// told says how many hits there are, for the eye or read out.
func (f found) told(v visit) string {
	switch {
	case f.off:
		return v.p.T("public.search.off")
	case len(f.cards) == 0:
		return v.p.T("public.search.none")
	}
	return v.p.N("public.search.count", len(f.cards))
}
