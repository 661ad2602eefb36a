package app_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/backup"
	"lotse/internal/backup/backuptest"
	"lotse/internal/config"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/views"
)

// A test that kills an upgrade runs the upgrade in this program once more.
const (
	upgradeFolder   = "LOTSE_TEST_UPGRADE_FOLDER"
	upgradeDatabase = "LOTSE_TEST_UPGRADE_DATABASE"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(upgradeFolder); folder != "" {
		if _, err := openDesk(folder, os.Getenv(upgradeDatabase), nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// openDesk builds a desk in a folder, which upgrades it.
func openDesk(folder, database string, log *slog.Logger) (*app.App, error) {
	c := config.Config{Data: folder, Database: database, HTTP: "127.0.0.1:0", MaxMail: 1 << 20}
	return app.New(context.Background(), c, app.Options{Program: "v9.9", Log: log})
}

func checkSound(t *testing.T, a *app.App) {
	t.Helper()
	report, err := backup.Verify(context.Background(), backup.Desk{DB: a.DB, Blobs: a.Blobs, Index: filepath.Join(a.Config.Data, "search"), Clock: clock.System{}, Log: a.Log})
	if err != nil || !report.OK() || report.Schema != db.KnownSchema() {
		t.Fatalf("the desk is not sound: %v %+v", err, report)
	}
}

func backupsIn(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "backups", "before-upgrade-*.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Every version there ever was is upgraded, on both databases, and read.
func TestUpgradeFromEveryVersion(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		for _, version := range backuptest.Versions() {
			t.Run(fmt.Sprintf("%s/%d", kind, version), func(t *testing.T) {
				folder, url := backuptest.World(t, kind, version)
				a, err := openDesk(folder, url, nil)
				if err != nil {
					t.Fatal(err)
				}
				checkSound(t, a)
				readCases(t, a)
				checkBackups(t, a, int64(version))
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
				if a, err = openDesk(folder, url, nil); err != nil { // now it is new: no backup
					t.Fatal(err)
				}
				defer a.Close()
				if n := len(backupsIn(t, folder)); n != 1 {
					t.Errorf("there are %d backups", n)
				}
			})
		}
	}
}

// checkBackups looks whether the one backup is of the desk as it was.
func checkBackups(t *testing.T, a *app.App, version int64) {
	t.Helper()
	made := backupsIn(t, a.Config.Data)
	if len(made) != 1 || !strings.Contains(made[0], fmt.Sprintf("before-upgrade-%d-to-%d-v9.9-", version, db.KnownSchema())) {
		t.Fatalf("backups before the upgrade: %v", made)
	}
	f, err := os.Open(made[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := backup.Check(context.Background(), f, nil)
	if err != nil || m.Schema != version || m.Blobs != 3 || m.Rows["cases"] == 0 {
		t.Errorf("the backup: %v, schema %d, %d attachments", err, m.Schema, m.Blobs)
	}
}

// readCases reads every open case as a colleague does, with all attachments.
func readCases(t *testing.T, a *app.App) {
	t.Helper()
	ctx := context.Background()
	var id ids.ID
	if err := a.DB.Read().NewRaw("SELECT id FROM staff WHERE email = 'anna@lindenau.example'").Scan(ctx, &id); err != nil {
		t.Fatal(err)
	}
	actor, err := a.Staff.Actor(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	page, err := a.Views.List(ctx, actor, views.Filter{Scope: views.All})
	if err != nil || len(page.Rows) < 8 {
		t.Fatalf("%d cases in the list, %v", len(page.Rows), err)
	}
	files := 0
	for _, row := range page.Rows {
		f, err := a.Desk.File(ctx, actor, row.Number)
		if err != nil || len(f.Messages) == 0 || row.Subject == "" {
			t.Fatalf("case %s has %d messages, subject %q, %v", row.Number, len(f.Messages), row.Subject, err)
		}
		for _, m := range f.Messages {
			for _, at := range m.Attachments {
				files++
				readFile(t, a, actor, at.ID)
			}
		}
	}
	if files != 2 {
		t.Errorf("%d attachments, want 2", files)
	}
}

func readFile(t *testing.T, a *app.App, actor access.Actor, id ids.ID) {
	t.Helper()
	at, err := a.Desk.Attachment(context.Background(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.Blobs.Open(context.Background(), at.BlobID)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil || string(h.Sum(nil)) != string(at.SHA256) {
		t.Errorf("%s has other bytes than it had (%v)", at.Name, err)
	}
}

// An upgrade that is killed in the middle is finished by the next start: on
// PostgreSQL within a migration, on SQLite as soon as the backup before it is
// there.
func TestKilledUpgradeEndsWell(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			folder, url := backuptest.World(t, kind, 1)
			child := exec.Command(os.Args[0], "-test.run=^$")
			child.Env = append(os.Environ(), upgradeFolder+"="+folder, upgradeDatabase+"="+url)
			middle := func() bool { return len(backupsIn(t, folder)) > 0 }
			release := func() {}
			if kind == "postgres" {
				middle, release = blockCases(t, url)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "the middle of the upgrade", middle)
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if child.Wait() == nil {
				t.Log("the upgrade was faster than the kill")
			}
			release()
			a, err := openDesk(folder, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			checkSound(t, a)
			readCases(t, a)
		})
	}
}

// blockCases keeps table cases from being changed until release is called;
// middle says whether somebody waits for that.
func blockCases(t *testing.T, url string) (middle func() bool, release func()) {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := d.Writer().BeginTx(context.Background(), &sql.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("LOCK TABLE cases IN ACCESS SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	middle = func() bool {
		var n int
		err := d.Read().NewRaw("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'cases'::regclass").Scan(context.Background(), &n)
		if err != nil {
			t.Fatal(err)
		}
		return n > 0
	}
	return middle, func() {
		_ = tx.Rollback()
		d.Close()
	}
}

func waitFor(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ready(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// Of two nodes that start at once on an old database one upgrades it, and the
// other waits and then runs, too.
func TestNodesUpgradeInTurn(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		if kind != "postgres" {
			continue // one process only
		}
		folder, url := backuptest.World(t, kind, 1)
		folders := []string{folder, t.TempDir()}
		if err := os.CopyFS(filepath.Join(folders[1], "blobs"), os.DirFS(filepath.Join(folder, "blobs"))); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for _, f := range folders {
			wg.Go(func() {
				a, err := openDesk(f, url, nil)
				if err != nil {
					t.Errorf("a node does not start: %v", err)
					return
				}
				checkSound(t, a)
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(backupsIn(t, folders[0])) + len(backupsIn(t, folders[1])); n != 1 {
			t.Errorf("%d backups were made, want 1", n)
		}
	}
}

func TestNoUpgradeWithoutBackup(t *testing.T) {
	folder, url := backuptest.World(t, "sqlite", 1)
	if err := os.WriteFile(filepath.Join(folder, "backups"), nil, 0o600); err != nil { // no folder can be made
		t.Fatal(err)
	}
	if _, err := openDesk(folder, url, nil); err == nil || !strings.Contains(err.Error(), "--skip-upgrade-backup") {
		t.Fatalf("without a backup: %v", err)
	}
	d := dbtest.Open(t, url)
	if have, _, err := d.SchemaVersion(context.Background()); err != nil || have != 1 {
		t.Fatalf("the schema stands at %d (%v)", have, err)
	}
	d.Close()
	a, err := app.New(context.Background(), config.Config{Data: folder, HTTP: "127.0.0.1:0", MaxMail: 1 << 20, NoBackup: true}, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	checkSound(t, a)
}

// A program that is older than the database leaves it alone and says who is who.
func TestNewerDatabaseIsRefused(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			folder := t.TempDir()
			url := dbtest.URL(t, kind)
			a, err := openDesk(folder, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.DB.Writer().Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, " + map[string]string{"sqlite": "1", "postgres": "true"}[kind] + ")"); err != nil {
				t.Fatal(err)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			_, err = app.New(context.Background(), config.Config{Data: folder, Database: url, HTTP: "127.0.0.1:0", MaxMail: 1 << 20}, app.Options{Program: "v0.1"})
			for _, word := range []string{"v9.9", "v0.1", "schema 900", fmt.Sprintf("schema %d", db.KnownSchema())} {
				if err == nil || !strings.Contains(err.Error(), word) {
					t.Errorf("the refusal does not name %s: %v", word, err)
				}
			}
		})
	}
}

func TestUnfinishedRestoreDoesNotStart(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "restore-unfinished"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openDesk(folder, "", nil); err == nil || !strings.Contains(err.Error(), "restore again") {
		t.Errorf("a half restored folder gave %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "lotse.db")); err == nil {
		t.Error("a new desk was made in a half restored folder")
	}
}
