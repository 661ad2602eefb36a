package backup_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lotse/internal/backup"
	"lotse/internal/platform/clock"
)

// Of the backups before upgrades the newest are kept; nothing else in the folder
// is touched.
func TestOldUpgradeBackupsGo(t *testing.T) {
	d := openWorld(t, "sqlite", 1)
	folder := filepath.Join(t.TempDir(), "backups")
	must(t, os.MkdirAll(folder, 0o700))
	mine := filepath.Join(folder, "lotse-2020-01-01.tar.gz")
	must(t, os.WriteFile(mine, nil, 0o600))
	s := d.source()
	c := clock.NewFixed(time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC))
	s.Clock = c
	var made []string
	for n := range backup.KeptUpgrades + 2 {
		s.Program = []string{"v9.0", "v10.0-rc.1"}[n%2] // the name does not sort by time
		path, err := backup.BeforeUpgrade(context.Background(), s, folder, int64(9+n), int64(10+n))
		must(t, err)
		made = append(made, path)
		c.Advance(time.Second)
	}
	for i, path := range made {
		if _, err := os.Stat(path); (err == nil) != (i >= 2) {
			t.Errorf("backup %d of %d: %v", i+1, len(made), err)
		}
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error("a backup of another kind was removed")
	}
}
