package desk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Glance is what a list of other things shows of a case.
type Glance struct {
	Number     string
	CustomerID ids.ID
	// Restricted says that its team is and the actor is none of it: the number and no
	// more may be shown.
	Restricted bool
}

// Glances returns what an actor may know of cases of the brand, by id; one that is
// unknown is missing. It needs ReadCases and costs one statement.
func (d *Desk) Glances(ctx context.Context, a access.Actor, cases []ids.ID) (map[ids.ID]Glance, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, err
	}
	glances := map[ids.ID]Glance{}
	if len(cases) == 0 {
		return glances, nil
	}
	var rows []caseRow
	err := d.db.Read().NewSelect().Model(&rows).Column("id", "number", "customer_id", "team_id", "owner_id").Where("id IN (?) AND brand_id = ?", bun.List(cases), a.BrandID).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading numbers of cases: %w", err))
	}
	for _, r := range rows {
		visible, err := d.visible(ctx, a, Case{TeamID: r.TeamID, OwnerID: r.OwnerID})
		if err != nil {
			return nil, err
		}
		glances[r.ID] = Glance{Number: r.Number, CustomerID: r.CustomerID, Restricted: !visible}
	}
	return glances, nil
}
