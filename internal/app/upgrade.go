package app

import (
	"context"
	"fmt"
	"path/filepath"

	"lotse/internal/backup"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
)

// upgrade brings the database to this program's schema. A desk that is filled is
// backed up before. Of several nodes that start at once one upgrades, the others
// wait and find it done.
func (a *App) upgrade(ctx context.Context) error {
	waiting := func() { a.Log.Info("another node upgrades the database, waiting for it") }
	return a.DB.Alone(ctx, waiting, func(ctx context.Context) error {
		if err := backup.CheckDatabase(ctx, a.DB); err != nil {
			return err
		}
		old, err := a.isOld(ctx)
		if err != nil {
			return err
		}
		if old {
			if err := a.backUpFirst(ctx); err != nil {
				return err
			}
		}
		if err := a.DB.Migrate(ctx); err != nil {
			return fmt.Errorf("%w (what was done before it stands; the desk does not start until it succeeds)", err)
		}
		if err := queue.Migrate(ctx, a.DB); err != nil {
			return err
		}
		return a.noteProgram(ctx)
	})
}

// isOld reports whether the database is one of an older Lotse. One of a newer
// Lotse is refused; an empty one is not old.
func (a *App) isOld(ctx context.Context) (old bool, err error) {
	err = a.DB.View(ctx, func(ctx context.Context, v *db.View) error {
		have, jobs, err := v.SchemaVersion(ctx)
		if err != nil || have == 0 {
			return err
		}
		if known := db.KnownSchema(); have > known {
			return fmt.Errorf("the database is of a newer Lotse (%sschema %d; this is %s and knows schema %d): start that version, or restore a backup made by this one",
				programOf(ctx, v), have, a.program, known)
		} else if have < known {
			old = true
			return nil
		}
		newest, err := queue.KnownVersion(ctx, a.DB)
		old = jobs > 0 && int(jobs) < newest
		return err
	})
	return old, err
}

func (a *App) backUpFirst(ctx context.Context) error {
	var have int64
	err := a.DB.View(ctx, func(ctx context.Context, v *db.View) (err error) {
		have, _, err = v.SchemaVersion(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if a.Config.NoBackup {
		a.Log.Warn("upgrading the database without a backup, as the settings say", "from", have, "to", db.KnownSchema())
		return nil
	}
	a.Log.Info("backing the desk up before the database is upgraded", "from", have, "to", db.KnownSchema())
	path, err := backup.BeforeUpgrade(ctx, a.backupSource(), filepath.Join(a.Config.Data, "backups"), have, db.KnownSchema())
	if err != nil {
		return fmt.Errorf("the database was not upgraded because the backup before it failed (make room, or start with --skip-upgrade-backup if you have one): %w", err)
	}
	a.Log.Info("the desk is backed up", "file", path)
	return nil
}

func (a *App) backupSource() backup.Source {
	return backup.Source{DB: a.DB, Blobs: a.Blobs, Clock: a.Clock, Program: a.program, Log: a.Log}
}

// programKey is the setting, for the whole desk, that says which version of the
// program used the database last.
const programKey = "program"

func (a *App) noteProgram(ctx context.Context) error {
	err := a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO settings (brand_id, key, value, changed_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (brand_id, key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at WHERE settings.value <> excluded.value`,
			tx.WholeDesk(), programKey, []byte(fmt.Sprintf("%q", a.program)), clock.Now(a.Clock)).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("noting the program's version: %w", err)
	}
	return nil
}

// programOf returns "version X, ", or "" if that can't be told: the schema of a
// newer version may be any.
func programOf(ctx context.Context, v *db.View) string {
	var value []byte
	var brand ids.ID
	err := v.QueryRowContext(ctx, "SELECT brand_id, value FROM settings WHERE key = ?", programKey).Scan(&brand, &value)
	if err != nil || !brand.IsZero() {
		return ""
	}
	return "version " + string(value) + ", "
}

// settleRestored keeps a desk that came out of a backup from sending what the
// desk it was made of may have sent since.
func (a *App) settleRestored(ctx context.Context) error {
	was, err := backup.WasRestored(ctx, a.DB)
	if err != nil || !was {
		return err
	}
	n, err := a.Outbox.SettleRestored(ctx)
	if err != nil {
		return err
	}
	a.Log.Warn("this desk was restored from a backup: messages that waited then are not sent by themselves", "messages", n)
	return backup.Settled(ctx, a.DB)
}
