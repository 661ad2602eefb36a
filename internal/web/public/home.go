package public

import (
	"context"
	"net/http"

	"lotse/internal/publish"
	"lotse/internal/web/ui"
)

// newest is how many questions the home page shows.
const newest = 6

func (p *Pages) home(w http.ResponseWriter, r *http.Request, v visit) error {
	return p.serve(w, r, v, func(ctx context.Context) (*answer, error) {
		list, err := p.Publish.Latest(ctx, v.brand.ID, publish.Filter{})
		if err != nil {
			return nil, err
		}
		cards := list.Cards[:min(len(list.Cards), newest)]
		return v.html(ctx, http.StatusOK, sheet{
			title: v.p.T("public.home.title"), description: v.p.T("public.home.description", "Brand", v.brand.Name),
			rest: "/", canonical: v.base() + v.path("/"), alternates: true, feed: v.path("/questions.atom"),
			ways: v.ways(ui.WaySolve), ownSignpost: true, scripts: []string{Script}, wide: true,
			card:    card{kind: "website", title: v.brand.Name, url: v.base() + v.path("/")},
			content: home(v, cards),
		})
	})
}
