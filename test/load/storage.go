package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lotse/test/program"
)

// stored returns how many bytes a desk that does not run takes on disk: its
// database and its data folder.
func (e *env) stored(ctx context.Context, desk *program.Desk) (int64, error) {
	files, err := folderBytes(desk.Folder)
	if err != nil {
		return 0, err
	}
	path, isSQLite := strings.CutPrefix(desk.Database, "sqlite:")
	if !isSQLite {
		check, err := desk.Check()
		if err != nil {
			return 0, err
		}
		defer check.Close()
		n, err := check.Number(ctx, "SELECT pg_database_size(current_database())")
		return files + int64(n), err
	}
	for _, ending := range []string{"", "-wal"} {
		info, err := os.Stat(path + ending)
		switch {
		case err == nil:
			files += info.Size()
		case ending == "" || !errors.Is(err, fs.ErrNotExist):
			return 0, err
		}
	}
	return files, nil
}

func folderBytes(folder string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
