package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
)

// Parked is an envelope that needs a look.
type Parked struct {
	ID         ids.ID
	Channel    string
	Reason     string // catalogue key below "look.reason."
	From       string // return path the transport gave
	To         []string
	Size       int64
	ReceivedAt clock.Stamp
	Seq        int64 // place in the list
}

// LookPage is how many parked envelopes a page shows.
const LookPage = 50

// Parked lists what needs a look, newest first, from below a place in the list
// (0: from the top).
func (in *Intake) Parked(ctx context.Context, a access.Actor, below int64) ([]Parked, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	var rows []envelopeRow
	q := in.DB.Read().NewSelect().Model(&rows).
		Column("seq", "id", "channel", "reason", "trace", "size", "received_at").
		Where("brand_id = ? AND state = 4", a.BrandID).Order("seq DESC").Limit(LookPage)
	if below > 0 {
		q = q.Where("seq < ?", below)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading what needs a look: %w", err))
	}
	parked := make([]Parked, len(rows))
	for i, r := range rows {
		var t Trace
		if err := json.Unmarshal(in.Seal.OpenBytes(r.ID, r.Trace), &t); err != nil {
			return nil, fmt.Errorf("reading a trace: %w", err)
		}
		parked[i] = Parked{ID: r.ID, Channel: r.Channel, Reason: r.Reason, From: t.From, To: t.To, Size: r.Size, ReceivedAt: r.ReceivedAt, Seq: r.Seq}
	}
	return parked, nil
}

// Raw returns the bytes of a parked envelope exactly as they came. The caller
// closes them.
func (in *Intake) Raw(ctx context.Context, a access.Actor, id ids.ID) (io.ReadCloser, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	var row envelopeRow
	err := in.DB.Read().NewSelect().Model(&row).Where("id = ? AND brand_id = ? AND state = 4", id, a.BrandID).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading an envelope: %w", err))
	}
	return in.open(ctx, row)
}

// Retry puts a parked envelope back into its lane.
func (in *Intake) Retry(ctx context.Context, a access.Actor, id ids.ID) error {
	if err := in.resolve(ctx, a, id, Waiting); err != nil {
		return err
	}
	in.Wake()
	return nil
}

// Dismiss takes a parked envelope off the list. Its bytes are kept.
func (in *Intake) Dismiss(ctx context.Context, a access.Actor, id ids.ID) error {
	return in.resolve(ctx, a, id, Dismissed)
}

func (in *Intake) resolve(ctx context.Context, a access.Actor, id ids.ID, to State) error {
	if err := a.Require(access.RepairIntake); err != nil {
		return err
	}
	return in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*envelopeRow)(nil)).Set("state = ?", to).Set("tries = 0").
			Where("id = ? AND brand_id = ? AND state = ?", id, a.BrandID, Look).Exec(ctx)
		if err != nil {
			return fmt.Errorf("settling an envelope: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			tx.AfterCommit(func() { in.Hub.Send(live.Signal{Topic: "look", Brand: a.BrandID}) })
			return err
		}
		return errs.New(errs.NotFound, "look.not_found")
	})
}
