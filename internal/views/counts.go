package views

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
)

// MaxCount is where counting ends: more than that reads as that many.
const MaxCount = 1000

// Counts is how much waits for somebody.
type Counts struct {
	Mine   int // open cases they own
	Awaits int // of these, those whose customer waits for an answer
	Late   int // of these, those past the time that was announced
	Roster int // open cases of their teams that nobody owns
}

// Counts counts what waits for the actor, with one statement whose cost is
// bounded. It needs ReadCases.
func (v *Views) Counts(ctx context.Context, a access.Actor) (Counts, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Counts{}, err
	}
	count := func(what string) string {
		return "(SELECT COUNT(*) FROM (SELECT 1 FROM case_rows WHERE brand_id = ? AND state < 6 AND " + what + " LIMIT ?) AS waiting)"
	}
	roster, teams := count("owner_id IS NULL AND team_id IN (?)"), any(bun.List(a.Teams))
	if len(a.Teams) == 0 {
		roster, teams = count("? <> ?"), a.BrandID
	}
	args := []any{a.BrandID, a.ID, MaxCount, a.BrandID, a.ID, true, MaxCount, a.BrandID, a.ID, clock.Now(v.clock), MaxCount, a.BrandID, teams}
	if len(a.Teams) == 0 {
		args = append(args, a.BrandID)
	}
	args = append(args, MaxCount)
	var c Counts
	err := v.db.Read().NewRaw("SELECT "+count("owner_id = ?")+", "+count("owner_id = ? AND awaits = ?")+", "+count("owner_id = ? AND due_at <= ?")+", "+roster, args...).
		Scan(ctx, &c.Mine, &c.Awaits, &c.Late, &c.Roster)
	if err != nil {
		return Counts{}, db.Classify(fmt.Errorf("counting what waits: %w", err))
	}
	return c, nil
}
