package desk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Numbers returns the numbers of cases of the actor's brand by id; one that is
// unknown is missing. Everybody of the staff may see the number of every case.
func (d *Desk) Numbers(ctx context.Context, a access.Actor, cases []ids.ID) (map[ids.ID]string, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, err
	}
	numbers := map[ids.ID]string{}
	if len(cases) == 0 {
		return numbers, nil
	}
	var rows []caseRow
	err := d.db.Read().NewSelect().Model(&rows).Column("id", "number").Where("id IN (?) AND brand_id = ?", bun.List(cases), a.BrandID).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading numbers of cases: %w", err))
	}
	for _, r := range rows {
		numbers[r.ID] = r.Number
	}
	return numbers, nil
}
