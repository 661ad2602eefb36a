package db

import (
	"context"
	"io/fs"
)

// Embedded are the migrations of this program, a folder per database.
var Embedded fs.FS = migrations

// MigrateWith is Migrate with other migrations.
func (d *DB) MigrateWith(ctx context.Context, all fs.FS) error {
	p, err := d.providerOf(all)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
