package staff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// What the desk asks about teams. Only the program asks, so no actor is checked;
// all but Assignable answer from memory.

// AnswerBy returns until when the team answers what comes in at from, by its
// working hours; the zero time if its calendar has no opening within two years.
func (d *Directory) AnswerBy(ctx context.Context, team ids.ID, from time.Time) (time.Time, error) {
	t, err := d.teamByID(ctx, team)
	if err != nil {
		return time.Time{}, err
	}
	due, ok := t.hours.Add(from, t.AnswerWithin)
	if !ok {
		return time.Time{}, nil
	}
	return due, nil
}

// Restricted reports whether only members see the team's cases.
func (d *Directory) Restricted(ctx context.Context, team ids.ID) (bool, error) {
	t, err := d.teamByID(ctx, team)
	return t.Restricted, err
}

// Assignable reports whether a staff member may own the team's cases: both are
// of the brand, and the person is active and, for a restricted team, a member.
// The zero person is the team's duty roster.
func (d *Directory) Assignable(ctx context.Context, brand, team, person ids.ID) (bool, error) {
	t, err := d.teamByID(ctx, team)
	if errs.Is(err, errs.NotFound) || (err == nil && t.BrandID != brand) {
		return false, nil
	}
	if err != nil || person.IsZero() {
		return err == nil, err
	}
	row, teams, err := d.read(ctx, person)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, db.Classify(fmt.Errorf("reading a staff member: %w", err))
	}
	return row.Active && row.BrandID == brand && (!t.Restricted || slices.Contains(teams, team)), nil
}

func (d *Directory) teamByID(ctx context.Context, id ids.ID) (Team, error) {
	all, err := d.allTeams(ctx)
	if err != nil {
		return Team{}, err
	}
	for _, t := range all {
		if t.ID == id {
			return t, nil
		}
	}
	return Team{}, errs.New(errs.NotFound, "staff.team.not_found")
}
