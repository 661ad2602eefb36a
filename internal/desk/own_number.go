package desk

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
)

// OwnNumber returns the number of the one case a customer's pass is for, also if
// it was merged into another since: OwnFile follows.
func (d *Desk) OwnNumber(ctx context.Context, a access.Actor) (string, error) {
	if err := a.RequireCustomer(); err != nil {
		return "", err
	}
	if a.Case.IsZero() {
		return "", errs.New(errs.NotFound, "case.not_found")
	}
	var row caseRow
	err := d.db.Read().NewSelect().Model(&row).Column("number").
		Where("id = ? AND customer_id = ? AND brand_id = ?", a.Case, a.ID, a.BrandID).Scan(ctx)
	if err = db.Classify(err); errs.Is(err, errs.NotFound) {
		return "", errs.New(errs.NotFound, "case.not_found")
	}
	if err != nil {
		return "", fmt.Errorf("reading the number of a case: %w", err)
	}
	return row.Number, nil
}
