package outbox

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
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
	err := o.DB.Read().NewSelect().Model(&rows).Where("case_id = ?", f.Case.ID).Order("created_at").Limit(1000).Scan(ctx)
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
	}
}

// SendAgain queues a delivery that failed or whose outcome is uncertain. A
// person decides that: the customer may get the message twice.
func (o *Outbox) SendAgain(ctx context.Context, a access.Actor, delivery ids.ID) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	row, err := o.load(ctx, delivery)
	if err != nil {
		return err
	}
	if row.MessageID.IsZero() {
		return errs.New(errs.NotFound, "delivery.not_found")
	}
	if _, err := o.Desk.Message(ctx, a, row.MessageID); err != nil {
		return err
	}
	return o.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", Queued).Set("attempts = 0").
			Set("reported = 0").Set("report_id = NULL").Set("status = ''").Set("reason = ''").Set("hard = ?", false).Set("until_at = NULL").
			Set("next_at = ?", clock.Now(o.Clock)).Where("id = ? AND state IN (?, ?)", delivery, Failed, Unsure).Exec(ctx)
		if err != nil {
			return fmt.Errorf("queueing a delivery again: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		tx.AfterCommit(func() { o.Hub.Send(live.Signal{Topic: "case", Brand: row.BrandID, ID: row.CaseID}) })
		return o.Queue.Add(ctx, tx, queue.Job{Args: sendArgs{Delivery: delivery}, Queue: queue.Delivery})
	})
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
