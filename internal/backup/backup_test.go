package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"lotse/internal/backup"
	"lotse/internal/backup/backuptest"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
)

// contents are all rows of a database as text, by table.
func contents(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := d.View(context.Background(), func(ctx context.Context, v *db.View) error {
		tables, err := v.Tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			order := strings.Join(table.Columns, ", ")
			rows, err := v.QueryContext(ctx, "SELECT "+order+" FROM "+table.Name+" ORDER BY "+order)
			if err != nil {
				return fmt.Errorf("%s: %w", table.Name, err)
			}
			all[table.Name] = []string{}
			for rows.Next() {
				values := make([]any, len(table.Columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					return err
				}
				var line strings.Builder
				for _, value := range values {
					fmt.Fprintf(&line, "%v|", *value.(*any))
				}
				all[table.Name] = append(all[table.Name], line.String())
			}
			rows.Close()
		}
		return nil
	})
	must(t, err)
	delete(all, "leases") // the backup's own hold
	if d.Postgres() {     // when migrated, which is now
		delete(all, "goose_db_version")
		delete(all, "river_migration")
	}
	return all
}

// files are the bytes of all blobs, by path.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	found, err := filepath.Glob(filepath.Join(folder, "blobs", "??", "*"))
	must(t, err)
	for _, path := range found {
		text, err := os.ReadFile(path)
		must(t, err)
		all[path[len(folder):]] = string(text)
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d desk) {
		file := filepath.Join(t.TempDir(), "b.tar.gz")
		s := d.source()
		// A row that is deleted while the backup runs is in it, and so must be its
		// bytes: the job that removes them has to wait.
		s.Blobs = watching{d.blobs, func() {
			if held, err := backup.Held(ctx, d.db, clock.System{}); err != nil || !held {
				t.Errorf("bytes are not held while they are copied: %v %v", held, err)
			}
		}}
		m, err := backup.ToFile(ctx, s, file)
		must(t, err)
		if held, err := backup.Held(ctx, d.db, clock.System{}); err != nil || held {
			t.Errorf("bytes are held after the backup: %v %v", held, err)
		}
		if m.Blobs != 3 || m.Rows["cases"] < 10 || m.Brands != 1 || m.Rows["river_job"] == 0 {
			t.Errorf("the manifest says %+v", m)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v (%v)", info.Mode(), err)
		}
		in, err := os.Open(file)
		must(t, err)
		defer in.Close()
		target := backup.Target{Data: filepath.Join(t.TempDir(), "new"), Clock: clock.System{}, Log: quiet, SendWaiting: true}
		target.Database = backuptest.Empty(t, d.kind, target.Data)
		_, report, err := backup.Restore(ctx, in, target)
		if err != nil || !report.OK() {
			t.Fatalf("restoring: %v, %+v", err, report)
		}
		restored := dbtest.Open(t, target.Database)
		compare(t, contents(t, d.db), contents(t, restored))
		if want, got := files(t, d.folder), files(t, target.Data); len(want) != 3 || !reflect.DeepEqual(want, got) {
			t.Errorf("%d attachments came back as %d", len(want), len(got))
		}
		must(t, backup.CheckFolder(target.Data))
		must(t, backup.CheckDatabase(ctx, restored))
		// A number given now must be one that was never given.
		must(t, restored.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("INSERT INTO events (brand_id, kind, actor_kind, params, created_at) SELECT id, 'x', 1, ?, 1 FROM brands", []byte("{}")).Exec(ctx)
			return err
		}))
	})
}

func compare(t *testing.T, want, got map[string][]string) {
	t.Helper()
	if len(want) < 30 || len(want) != len(got) {
		t.Errorf("%d tables came back as %d", len(want), len(got))
	}
	for table := range want {
		if !reflect.DeepEqual(want[table], got[table]) {
			t.Errorf("table %s has %d rows and came back with %d", table, len(want[table]), len(got[table]))
		}
	}
}

func TestBackupOverwritesNothing(t *testing.T) {
	d := openWorld(t, "sqlite", 3)
	folder := t.TempDir()
	file := filepath.Join(folder, "b.tar.gz")
	must(t, os.WriteFile(file, []byte("precious"), 0o600))
	if _, err := backup.ToFile(context.Background(), d.source(), file); err == nil {
		t.Error("a file that was there is overwritten")
	}
	// What a killed backup left is no hindrance.
	other := filepath.Join(folder, "c.tar.gz")
	must(t, os.WriteFile(other+".part", []byte("half"), 0o600))
	must(t, os.Mkdir(filepath.Join(folder, ".lotse-backup-1"), 0o700))
	must(t, os.WriteFile(filepath.Join(folder, ".lotse-backup-1", "lock"), nil, 0o600))
	_, err := backup.ToFile(context.Background(), d.source(), other)
	must(t, err)
	left, err := os.ReadDir(folder)
	must(t, err)
	if len(left) != 2 {
		t.Errorf("the folder holds %v", left)
	}
}

// full is a disk with room for so many bytes.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, syscall.ENOSPC
	}
	return len(b), nil
}

func TestDiskFull(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			d := openWorld(t, kind, 3)
			for _, room := range []int{0, 100, 5_000, 30_000} {
				_, err := backup.Make(context.Background(), d.source(), t.TempDir(), &full{room})
				if !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("with room for %d bytes: %v", room, err)
				}
			}
			if n := count(t, d.db, "leases WHERE name LIKE 'backup:%'"); n != 0 {
				t.Errorf("%d holds are left", n)
			}
		})
	}
}

func count(t *testing.T, d *db.DB, from string) (n int) {
	t.Helper()
	must(t, d.Read().NewRaw("SELECT count(*) FROM "+from).Scan(context.Background(), &n))
	return n
}

// A failed backup leaves no file that looks like one.
func TestFailedBackupLeavesNothing(t *testing.T) {
	d := openWorld(t, "sqlite", 3)
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	s := d.source()
	s.Progress = func(doing string, _, _ int64) {
		if doing == "attachments" {
			cancel()
		}
	}
	if _, err := backup.ToFile(ctx, s, filepath.Join(folder, "b.tar.gz")); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled backup gave %v", err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func TestMissingAndChangedAttachmentsAreNamed(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d desk) {
		paths, err := filepath.Glob(filepath.Join(d.folder, "blobs", "??", "*"))
		must(t, err)
		var hurt []string
		for _, p := range paths { // the two files, not the large mail
			if info, err := os.Stat(p); err == nil && info.Size() < 10_000 {
				hurt = append(hurt, p)
			}
		}
		must(t, os.Remove(hurt[0]))
		must(t, os.WriteFile(hurt[1], []byte("other bytes"), 0o600))
		var out bytes.Buffer
		m, err := backup.Make(ctx, d.source(), t.TempDir(), &out)
		must(t, err)
		if len(m.Missing) != 1 || len(m.Changed) != 1 || m.Missing[0].String() != filepath.Base(hurt[0]) {
			t.Errorf("the manifest says %v and %v", m.Missing, m.Changed)
		}
		report, err := backup.Verify(ctx, d.toVerify())
		must(t, err)
		if report.OK() || !strings.Contains(fmt.Sprint(report), "is missing") || !strings.Contains(fmt.Sprint(report), "has other bytes") {
			t.Errorf("the report says %+v", report)
		}
		// What the desk had lost before must not keep the rest from coming back.
		target := backup.Target{Data: t.TempDir(), Clock: clock.System{}, Log: quiet}
		target.Database = backuptest.Empty(t, d.kind, target.Data)
		if _, report, err := backup.Restore(ctx, &out, target); err != nil || !report.OK() {
			t.Errorf("restoring: %v %+v", err, report)
		}
	})
}

type watching struct {
	blobs backup.Blobs
	seen  func()
}

func (w watching) Get(ctx context.Context, id ids.ID) (io.ReadCloser, int64, error) {
	w.seen()
	return w.blobs.Get(ctx, id)
}
