package db

import (
	"context"
	"fmt"
)

// AdvanceSerial makes the counter of a column go on behind the largest value
// there is, after rows came with numbers of their own. SQLite does so by itself.
func (t *Tx) AdvanceSerial(ctx context.Context, table, column string) error {
	if !t.postgres {
		return nil
	}
	_, err := t.NewRaw("SELECT setval(pg_get_serial_sequence(?, ?), (SELECT coalesce(max("+column+"), 1) FROM "+table+"), EXISTS (SELECT FROM "+table+"))", table, column).Exec(ctx)
	if err != nil {
		return fmt.Errorf("setting the counter of %s: %w", table, err)
	}
	return nil
}
