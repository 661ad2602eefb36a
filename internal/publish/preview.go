package publish

import (
	"context"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/privacy"
)

// Preview returns a draft exactly as Propose would publish it, what was masked
// in it, and what is wrong with it. It stores nothing.
func (p *Publish) Preview(ctx context.Context, a access.Actor, c desk.Case, d Draft) (Draft, []privacy.Finding, error) {
	if err := ownCase(a, c); err != nil {
		return d, nil, err
	}
	w, found, err := p.prepare(ctx, c, d)
	return w.Draft, found, err
}
