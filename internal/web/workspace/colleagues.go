package workspace

import (
	"context"
	"sync"

	"lotse/internal/access"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/snapshot"
	"lotse/internal/staff"
	"lotse/internal/web"
)

// colleagues keeps who works for a brand in memory, at most snapshot.Fresh old:
// every page names owners and offers people to hand over to, and a page may cost
// few queries. That a person may own a case is checked by the desk, not by this.
type colleagues struct {
	mu      sync.Mutex
	byBrand map[ids.ID]*snapshot.Of[[]staff.Staff]
}

func (c *colleagues) of(ctx context.Context, kit *web.Kit, brand ids.ID) ([]staff.Staff, error) {
	c.mu.Lock()
	if c.byBrand == nil {
		c.byBrand = map[ids.ID]*snapshot.Of[[]staff.Staff]{}
	}
	kept := c.byBrand[brand]
	if kept == nil {
		kept = &snapshot.Of[[]staff.Staff]{}
		c.byBrand[brand] = kept
	}
	c.mu.Unlock()
	return kept.Get(ctx, kit.Clock, func(ctx context.Context) ([]staff.Staff, error) {
		return kit.Staff.List(ctx, access.Lotse(brand))
	})
}

// crew is who may own cases: people by id, and teams.
type crew struct {
	people []staff.Staff
	teams  []staff.Team
}

func (w *Workspace) crew(ctx context.Context, a access.Actor) (crew, error) {
	people, err := w.colleagues.of(ctx, w.Kit, a.BrandID)
	if err != nil {
		return crew{}, err
	}
	teams, err := w.Kit.Staff.Teams(ctx, a)
	return crew{people: people, teams: teams}, err
}

func (c crew) person(id ids.ID) string {
	for _, s := range c.people {
		if s.ID == id {
			return s.Name
		}
	}
	return ""
}

func (c crew) team(id ids.ID) string {
	for _, t := range c.teams {
		if t.ID == id {
			return t.Name
		}
	}
	return ""
}

// members are the people of a team who may be given a case.
func (c crew) members(team ids.ID) []staff.Staff {
	var found []staff.Staff
	for _, s := range c.people {
		for _, id := range s.Teams {
			if id == team && s.Active {
				found = append(found, s)
			}
		}
	}
	return found
}

// loners are the people of no team; they get a case within its team.
func (c crew) loners() []staff.Staff {
	var found []staff.Staff
	for _, s := range c.people {
		if len(s.Teams) == 0 && s.Active {
			found = append(found, s)
		}
	}
	return found
}
