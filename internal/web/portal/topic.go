package portal

import (
	"context"
	"net/http"

	"lotse/internal/catalog"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web/ui"
)

// topics are what the form offers to choose from, nothing first; none if the brand
// has no topics.
func (p *Portal) topics(r *http.Request) ([]ui.Option, error) {
	brand, err := p.brand(r)
	if err != nil {
		return nil, err
	}
	list, err := p.Kit.Catalog.Entries(r.Context(), brand, catalog.Topic)
	if err != nil {
		return nil, err
	}
	said := i18n.From(r.Context())
	names := map[ids.ID]string{}
	var options []ui.Option
	for _, e := range list {
		names[e.ID] = e.Name(said.Locale())
		if !e.Active() {
			continue
		}
		label := names[e.ID]
		if parent := names[e.ParentID]; parent != "" { // it stands before
			label = parent + " › " + label
		}
		options = append(options, ui.Option{Value: e.ID.String(), Label: label})
	}
	if len(options) == 0 {
		return nil, nil
	}
	return append([]ui.Option{{Label: said.T("portal.ask.topic_none")}}, options...), nil
}

// topicNames are the names of a brand's topics by id, those of retired ones too.
func (p *Portal) topicNames(ctx context.Context, brand ids.ID) (map[ids.ID]string, error) {
	list, err := p.Kit.Catalog.Entries(ctx, brand, catalog.Topic)
	names := map[ids.ID]string{}
	for _, e := range list {
		names[e.ID] = e.Name(i18n.From(ctx).Locale())
	}
	return names, err
}
