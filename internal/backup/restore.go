package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Target is where a desk is restored to: an empty or missing data folder, and an
// empty or missing database.
type Target struct {
	Data     string // the data folder
	Database string // address of the database, as for db.Open
	Clock    clock.Clock
	Log      *slog.Logger
	Progress Progress // may be nil
	// SendWaiting lets messages that waited to be sent when the backup was made be
	// sent once the desk is started. Else they are shown as uncertain, because
	// the desk that was lost may have sent them after the backup.
	SendWaiting bool
}

// unfinishedFile marks a data folder, and unfinishedTable a database, whose
// restore is not finished. A desk does not start on either.
const (
	unfinishedFile  = "restore-unfinished"
	unfinishedTable = "lotse_restore_unfinished"
)

const unfinishedText = "A backup was being restored into this folder and did not get to its end.\nEmpty the folder and restore again.\n"

// CheckFolder fails if a restore into the data folder was begun and not finished.
func CheckFolder(folder string) error {
	_, err := os.Lstat(filepath.Join(folder, unfinishedFile))
	if err == nil {
		return fmt.Errorf("a backup was being restored into %s and did not get to its end: empty the folder and restore again", folder)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking into the data folder: %w", err)
	}
	return nil
}

// CheckDatabase fails if a restore into the database was begun and not finished.
func CheckDatabase(ctx context.Context, d *db.DB) error {
	return d.View(ctx, func(ctx context.Context, v *db.View) error {
		tables, err := v.Tables(ctx)
		if slices.ContainsFunc(tables, func(t db.Table) bool { return t.Name == unfinishedTable }) {
			return errors.New("a backup was being restored into this database and did not get to its end: drop and create the database and restore again")
		}
		return err
	})
}

// Restore puts what r holds into an empty target and verifies it. Everything is
// checked while it is read; if anything is wrong, what was written is removed
// again. A restore that is killed leaves a mark because of which no desk starts.
func Restore(ctx context.Context, r io.Reader, t Target) (Manifest, Report, error) {
	made, err := claimFolder(t.Data)
	if err != nil {
		return Manifest{}, Report{}, err
	}
	rs := &restore{Target: t}
	m, err := read(ctx, r, rs, t.Progress)
	rs.stopLoading(err)
	var report Report
	if err == nil {
		report, err = rs.verify(ctx, m)
	}
	if err == nil {
		err = rs.settle(ctx)
	}
	if err == nil {
		return m, report, removeMark(t.Data)
	}
	return m, report, errors.Join(err, rs.undo(context.WithoutCancel(ctx)), clearFolder(t.Data, made))
}

// claimFolder takes an empty folder into use, or makes it. made says whether it
// was missing.
func claimFolder(path string) (made bool, err error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		made = true
		err = os.MkdirAll(path, 0o700)
	}
	if err != nil {
		return made, fmt.Errorf("opening the data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() != "lost+found" { // the root of a fresh disk has it
			return false, fmt.Errorf("%s is not empty: a backup is restored into an empty or new folder only", path)
		}
	}
	if err := os.WriteFile(filepath.Join(path, unfinishedFile), []byte(unfinishedText), 0o600); err != nil {
		return made, fmt.Errorf("writing to the data folder: %w", err)
	}
	return made, syncFolder(path)
}

// clearFolder removes what a failed restore wrote: the folder was empty before.
// The mark goes last.
func clearFolder(path string, made bool) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("clearing the data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() != "lost+found" && e.Name() != unfinishedFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(path, e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("clearing the data folder: %w", err)
	}
	if err := removeMark(path); err != nil || !made {
		return err
	}
	return os.Remove(path)
}

func removeMark(path string) error {
	if err := os.Remove(filepath.Join(path, unfinishedFile)); err != nil {
		return fmt.Errorf("removing the mark of an unfinished restore: %w", err)
	}
	return syncFolder(path)
}

// restore is a sink that writes a desk.
type restore struct {
	Target
	header Header
	blobs  *blob.Folder
	db     *db.DB // PostgreSQL: from the start; SQLite: once its file is there
	part   string // SQLite: the file until it is finished
	load   *loading
}

func (rs *restore) begin(ctx context.Context, h Header) (err error) {
	rs.header = h
	if known := db.KnownSchema(); h.Schema > known {
		return fmt.Errorf("the backup is of a newer Lotse (version %s, schema %d; this program knows schema %d): restore it with that version", h.Program, h.Schema, known)
	}
	if rs.blobs, err = blob.Open(filepath.Join(rs.Data, "blobs")); err != nil {
		return err
	}
	if h.Database == Postgres {
		return rs.beginPostgres(ctx)
	}
	if db.IsPostgres(rs.Database) {
		return errors.New("this is a backup of a desk on SQLite: it can't be put into PostgreSQL. Restore it without LOTSE_DATABASE")
	}
	if err := mustNotExist(db.Path(rs.Database)); err != nil {
		return fmt.Errorf("there is a database already: %w", err)
	}
	rs.part = db.Path(rs.Database) + ".part"
	return nil
}

// database writes the file of a SQLite database.
func (rs *restore) database(ctx context.Context, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(rs.part), 0o700); err != nil {
		return fmt.Errorf("making the database folder: %w", err)
	}
	f, err := os.OpenFile(rs.part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing the database: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(f, r); err != nil {
		return fmt.Errorf("writing the database: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("writing the database: %w", err)
	}
	return nil
}

func (rs *restore) blob(ctx context.Context, id ids.ID, r io.Reader) error {
	if _, err := rs.blobs.PutAs(ctx, id, r); err != nil {
		return fmt.Errorf("restoring attachment %s: %w", id, err)
	}
	return nil
}

// end is called once everything was read and found to be as it was written.
func (rs *restore) end(ctx context.Context, m Manifest) (err error) {
	if rs.load != nil {
		return rs.load.finish(m)
	}
	rs.db, err = db.Open(ctx, "sqlite:"+rs.part)
	return err
}

// verify looks at what was restored as lotse verify does. What was missing when
// the backup was made is no fault of the restore.
func (rs *restore) verify(ctx context.Context, m Manifest) (Report, error) {
	report, err := Verify(ctx, Desk{DB: rs.db, Blobs: rs.blobs, Known: append(m.Missing, m.Changed...), Clock: rs.Clock, Progress: rs.Progress, Log: rs.Log})
	if err != nil {
		return report, err
	}
	if !report.OK() {
		return report, errors.New("what was restored is not sound: the backup was made of a damaged desk, use an older one")
	}
	for table, want := range m.Rows {
		if n := report.Rows[table]; n != want {
			return report, fmt.Errorf("table %s has %d rows and the backup says %d: use another backup", table, n, want)
		}
	}
	return report, nil
}

// settle makes what was restored a desk that can be started.
func (rs *restore) settle(ctx context.Context) error {
	if !rs.SendWaiting {
		if err := markRestored(ctx, rs.db, rs.Clock); err != nil {
			return err
		}
	}
	if rs.load != nil {
		return errors.Join(rs.load.unmark(ctx), rs.db.Close())
	}
	if err := rs.db.Close(); err != nil {
		return fmt.Errorf("closing the database: %w", err)
	}
	path := db.Path(rs.Database)
	if err := os.Rename(rs.part, path); err != nil {
		return fmt.Errorf("naming the database: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// undo removes a database that could not be finished.
func (rs *restore) undo(ctx context.Context) error {
	var err error
	if rs.load != nil {
		err = rs.load.undo(ctx)
	}
	if rs.db != nil {
		err = errors.Join(err, rs.db.Close())
	}
	if rs.part != "" {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(rs.part + suffix) // most are not there
		}
	}
	return err
}

// restoredKey is the setting that says that a desk was restored and not started
// since: its value is "true", for the whole desk.
const restoredKey = "restored"

// markRestored notes that what waits to be sent may have been sent already.
func markRestored(ctx context.Context, d *db.DB, c clock.Clock) error {
	err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw("INSERT INTO settings (brand_id, key, value, changed_at) VALUES (?, ?, ?, ?)", tx.WholeDesk(), restoredKey, []byte("true"), clock.Now(c)).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("marking the desk as restored: %w", err)
	}
	return nil
}

// WasRestored reports whether the desk was restored and what waited to be sent
// is still to be settled (Settled).
func WasRestored(ctx context.Context, d *db.DB) (bool, error) {
	was, err := d.Read().NewSelect().TableExpr("settings").Where("key = ?", restoredKey).Exists(ctx)
	if err != nil {
		return false, db.Classify(fmt.Errorf("looking whether the desk was restored: %w", err))
	}
	return was, nil
}

// Settled says that nothing that waited when the backup was made will be sent by
// itself any more.
func Settled(ctx context.Context, d *db.DB) error {
	err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw("DELETE FROM settings WHERE key = ?", restoredKey).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("noting that the restored desk is settled: %w", err)
	}
	return nil
}
