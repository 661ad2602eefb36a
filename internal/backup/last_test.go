package backup_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"lotse/internal/backup"
)

func TestTheLastBackupIsNoted(t *testing.T) {
	data := t.TempDir()
	if at, err := backup.Last(data); err != nil || !at.IsZero() {
		t.Fatalf("before the first: %v, %v", at, err)
	}
	for _, made := range []time.Time{time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)} {
		if err := backup.NoteLast(data, made); err != nil {
			t.Fatal(err)
		}
		if at, err := backup.Last(data); err != nil || !at.Equal(made) {
			t.Fatalf("noted %v, read %v, %v", made, at, err)
		}
	}
	if err := os.WriteFile(filepath.Join(data, "backups", "last.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Last(data); err == nil {
		t.Error("half a note is taken for one")
	}
}
