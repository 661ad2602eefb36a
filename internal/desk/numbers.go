package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"

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

// SetNumbers registers who draws the numbers of new cases, in place of
// ids.NewNumber. What it draws may be taken: then it is asked again.
func (d *Desk) SetNumbers(draw func() string) { d.draw = draw }

// freeNumbers draws n numbers no case has. There are so many that one is seldom
// taken; but of a million cases one in five hundred would draw one that is.
func (d *Desk) freeNumbers(ctx context.Context, tx *db.Tx, n int) ([]string, error) {
	free := make([]string, 0, n)
	for len(free) < n {
		drawn := map[string]bool{}
		for range n - len(free) {
			drawn[d.draw()] = true
		}
		for _, number := range free {
			delete(drawn, number)
		}
		var taken []string
		err := tx.NewSelect().Model((*caseRow)(nil)).Column("number").Where("number IN (?)", bun.List(slices.Collect(maps.Keys(drawn)))).Scan(ctx, &taken)
		if err != nil {
			return nil, fmt.Errorf("drawing case numbers: %w", err)
		}
		for _, number := range taken {
			delete(drawn, number)
		}
		free = slices.AppendSeq(free, maps.Keys(drawn))
	}
	return free, nil
}
