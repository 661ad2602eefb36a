package intake

import (
	"context"
	"fmt"

	"lotse/internal/platform/db"
)

// rowsPerInsert bounds one statement: the driver of SQLite takes the square of what
// it holds.
const rowsPerInsert = 20

// AcceptAll is Accept for many arrivals in one transaction, in their order: the
// lanes see them as they stand here. When it returns nil, each is on disk; after
// an error none is, but for those that were there before.
func (in *Intake) AcceptAll(ctx context.Context, all []Arrival) (err error) {
	rows := make([]envelopeRow, 0, len(all))
	var known map[int]bool // rows whose bytes nobody needs
	defer func() {
		for i, row := range rows {
			if (err != nil || known[i]) && !row.BlobID.IsZero() {
				_ = in.Blobs.Remove(context.WithoutCancel(ctx), row.BlobID) // what is left behind does no harm
			}
		}
	}()
	for _, a := range all {
		row, err := in.rowFor(ctx, a)
		if err != nil {
			return fmt.Errorf("keeping envelopes: %w", err)
		}
		rows = append(rows, row)
	}
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		known, err = in.acceptAllTx(ctx, tx, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping envelopes: %w", err)
	}
	in.Wake()
	return nil
}

// acceptAllTx writes rows in their order, small ones several at a time, and reports
// which large ones were there before.
func (in *Intake) acceptAllTx(ctx context.Context, tx *db.Tx, rows []envelopeRow) (known map[int]bool, err error) {
	known = map[int]bool{}
	for i := 0; i < len(rows); {
		n := 0
		for n < rowsPerInsert && i+n < len(rows) && rows[i+n].BlobID.IsZero() {
			n++
		}
		if n == 0 {
			if known[i], err = in.acceptTx(ctx, tx, rows[i]); err != nil {
				return nil, err
			}
			i++
			continue
		}
		part := rows[i : i+n]
		_, err := tx.NewInsert().Model(&part).ExcludeColumn("seq").On("CONFLICT (account_id, key) DO NOTHING").Returning("NULL").Exec(ctx)
		if err != nil {
			return nil, err
		}
		i += n
	}
	return known, nil
}

// acceptTx writes one row and reports whether it was there before.
func (in *Intake) acceptTx(ctx context.Context, tx *db.Tx, row envelopeRow) (known bool, err error) {
	res, err := tx.NewInsert().Model(&row).ExcludeColumn("seq").On("CONFLICT (account_id, key) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 || row.BlobID.IsZero() {
		return n == 0, err
	}
	return in.keptTx(ctx, tx, row)
}
