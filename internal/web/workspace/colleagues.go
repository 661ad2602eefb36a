package workspace

import (
	"context"

	"lotse/internal/access"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
)

// crew is who may own cases: people by id, and teams.
type crew struct {
	people []staff.Staff
	teams  []staff.Team
}

func (w *Workspace) crew(ctx context.Context, a access.Actor) (crew, error) {
	people, err := w.Kit.Staff.Colleagues(ctx, a)
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

// portrait is the address of somebody's picture, "" if there is none.
func (c crew) portrait(id ids.ID) string {
	for _, s := range c.people {
		if s.ID == id {
			return s.PortraitPath()
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
