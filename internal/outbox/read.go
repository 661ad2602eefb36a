package outbox

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// ForFile returns the deliveries of a case, by message. The file says that the
// actor may see it: desk gave it out.
func (o *Outbox) ForFile(ctx context.Context, a access.Actor, f desk.File) (map[ids.ID][]Delivery, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, err
	}
	found := map[ids.ID][]Delivery{}
	if f.Restricted || f.Case.BrandID != a.BrandID {
		return found, nil
	}
	var rows []deliveryRow
	err := o.DB.Read().NewSelect().Model(&rows).Where("case_id = ?", f.Case.ID).Order("created_at", "role", "id").Limit(1000).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading deliveries: %w", err))
	}
	for _, r := range rows {
		found[r.MessageID] = append(found[r.MessageID], o.show(r, f.Case.CustomerID))
	}
	return found, nil
}

func (o *Outbox) show(r deliveryRow, owner ids.ID) Delivery {
	return Delivery{
		ID: r.ID, CaseID: r.CaseID, MessageID: r.MessageID, Kind: r.Kind, Channel: r.Channel,
		Address: o.Seal.Open(owner, r.Address), State: r.State, Attempts: r.Attempts, NextAt: r.NextAt, Code: r.Code,
		Words: o.Seal.Open(r.CaseID, r.Words), CreatedAt: r.CreatedAt, SentAt: r.SentAt,
		Reported: r.Reported, ReportID: r.ReportID, Status: r.Status, Reason: r.Reason, Hard: r.Hard, Until: r.UntilAt,
		Role: r.Role, Way: r.Way, SettledBy: r.SettledBy, SettledAt: r.SettledAt, Follows: r.Follows,
	}
}

// Pending returns how many deliveries wait or are being sent, for figures. Its
// cost grows with that number only.
func (o *Outbox) Pending(ctx context.Context) (int, error) {
	n, err := o.DB.Read().NewSelect().Model((*deliveryRow)(nil)).Where("state = 1").Count(ctx)
	if err != nil {
		return 0, db.Classify(err)
	}
	return int(n), nil
}
