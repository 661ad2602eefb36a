package intake

import (
	"context"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
)

// OldestWaiting returns since when the oldest envelope waits to be brought to a
// case; zero if none does. Its cost grows with what waits only.
func (in *Intake) OldestWaiting(ctx context.Context) (clock.Stamp, error) {
	var at clock.Stamp
	err := in.DB.Read().NewSelect().Model((*envelopeRow)(nil)).ColumnExpr("coalesce(min(received_at), 0)").Where("state = 1").Scan(ctx, &at)
	return at, db.Classify(err)
}

// LookReasons counts what needs a look by a person by reason, the keys below
// "look.reason." in the catalogue. Its cost grows with that number only.
func (in *Intake) LookReasons(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Reason string
		N      int64
	}
	err := in.DB.Read().NewSelect().Model((*envelopeRow)(nil)).ColumnExpr("reason, count(*) AS n").Where("state = 4").GroupExpr("reason").Scan(ctx, &rows)
	if err != nil {
		return nil, db.Classify(err)
	}
	reasons := map[string]int{}
	for _, r := range rows {
		reasons[r.Reason] = int(r.N)
	}
	return reasons, nil
}
