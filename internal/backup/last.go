package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// lastPath is where the moment of the last complete backup is noted, for the
// figures of the desk. It is not part of a backup.
func lastPath(data string) string { return filepath.Join(data, "backups", "last.json") }

type last struct {
	Made time.Time `json:"made"`
}

// NoteLast keeps, in the data folder, that a complete backup of the state at
// made was written.
func NoteLast(data string, made time.Time) error {
	text, err := json.Marshal(last{Made: made.UTC()})
	if err != nil {
		return fmt.Errorf("noting the backup: %w", err)
	}
	path := lastPath(data)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("noting the backup: %w", err)
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("noting the backup: %w", err)
	}
	return os.Rename(path+".new", path)
}

// Last returns of when the last complete backup is that was noted in the data
// folder; zero if none is.
func Last(data string) (time.Time, error) {
	text, err := os.ReadFile(lastPath(data))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading of when the last backup is: %w", err)
	}
	var l last
	if err := json.Unmarshal(text, &l); err != nil {
		return time.Time{}, fmt.Errorf("reading of when the last backup is: %w", err)
	}
	return l.Made, nil
}
