package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// KeptUpgrades is how many of the backups that are made before upgrades are kept.
const KeptUpgrades = 3

const upgradePrefix = "before-upgrade-"

// BeforeUpgrade makes a backup into folder before the schema goes from one
// version to another, removes the oldest such backups beyond KeptUpgrades, and
// returns the new one's path. Attachments that were missing before do not stop
// an upgrade; they are logged.
func BeforeUpgrade(ctx context.Context, s Source, folder string, from, to int64) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("making the folder for backups: %w", err)
	}
	path := filepath.Join(folder, fmt.Sprintf("%s%d-to-%d-%s-%s.tar.gz", upgradePrefix, from, to, plain(s.Program), s.Clock.Now().UTC().Format("20060102T150405.000Z")))
	m, err := ToFile(ctx, s, path)
	if err != nil {
		return "", err
	}
	if n := len(m.Missing) + len(m.Changed); n > 0 {
		s.Log.Warn("the backup before the upgrade lacks attachments that the desk lacks, too: see lotse verify", "attachments", n)
	}
	return path, prune(folder)
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9.]+`)

// plain makes a version fit for the name of a file.
func plain(version string) string {
	return strings.Trim(notPlain.ReplaceAllString(version, "-"), "-.")
}

// prune removes the oldest backups before upgrades, by the time in their names.
func prune(folder string) error {
	found, err := filepath.Glob(filepath.Join(folder, upgradePrefix+"*.tar.gz"))
	if err != nil {
		return fmt.Errorf("looking for old backups: %w", err)
	}
	made := func(path string) string { return path[strings.LastIndex(path, "-")+1:] }
	slices.SortFunc(found, func(a, b string) int { return strings.Compare(made(b), made(a)) })
	for _, old := range found[min(len(found), KeptUpgrades):] {
		err = errors.Join(err, os.Remove(old))
	}
	if err != nil {
		return fmt.Errorf("removing old backups: %w", err)
	}
	return nil
}
