package backup_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/backup"
	"lotse/internal/backup/backuptest"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/search"
)

func verify(t *testing.T, k backup.Desk) backup.Report {
	t.Helper()
	report, err := backup.Verify(context.Background(), k)
	must(t, err)
	return report
}

func TestVerifySaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d desk) {
		if report := verify(t, d.toVerify()); !report.OK() || len(report.Findings) < 6 || report.Rows["cases"] == 0 {
			t.Fatalf("a sound desk: %+v", report)
		}
		references := []string{"PRAGMA foreign_keys = OFF", "UPDATE participants SET customer_id = randomblob(16) WHERE rowid = 1", "PRAGMA foreign_keys = ON"}
		if d.db.Postgres() {
			references = []string{"ALTER TABLE participants DROP CONSTRAINT participants_customer_id_fkey",
				"UPDATE participants SET customer_id = gen_random_uuid() WHERE ctid = (SELECT min(ctid) FROM participants)",
				"ALTER TABLE participants ADD CONSTRAINT participants_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID"}
		}
		for _, statement := range append(references,
			"DROP INDEX cases_by_customer",
			"DROP TABLE guesses",
			"UPDATE case_rows SET messages = messages + 1 WHERE number = (SELECT min(number) FROM cases)",
			"DELETE FROM case_rows WHERE number = (SELECT max(number) FROM cases)",
			"UPDATE cases SET messages = messages + 7 WHERE number = (SELECT max(number) FROM cases)",
		) {
			_, err := d.db.Writer().ExecContext(ctx, statement)
			must(t, err)
		}
		report := fmt.Sprint(verify(t, d.toVerify()))
		for _, want := range []string{
			"1 rows of participants name something in customers that is not there",
			"index cases_by_customer of table cases is missing", "table guesses is missing",
			"1 cases have no list row", "1 list rows say something else", "1 cases have another number of messages",
		} {
			if !strings.Contains(report, want) {
				t.Errorf("the report does not say %q:\n%s", want, report)
			}
		}
	})
}

func TestVerifySeesDamageOfTheFile(t *testing.T) {
	d := openWorld(t, "sqlite", 3)
	must(t, d.db.Close())
	path := filepath.Join(d.folder, "lotse.db")
	text, err := os.ReadFile(path)
	must(t, err)
	for i := len(text) / 2; i < len(text)/2+20_000; i++ {
		text[i] ^= 0x55
	}
	must(t, os.WriteFile(path, text, 0o600))
	d.db = dbtest.Open(t, "sqlite:"+path)
	report, err := backup.Verify(context.Background(), d.toVerify())
	if err == nil && report.OK() {
		t.Error("a damaged file is taken for a sound one")
	}
}

// The public index is compared with what is shown, after it caught up.
func TestVerifyLooksAtTheIndex(t *testing.T) {
	ctx := context.Background()
	d := openWorld(t, "sqlite", 3) // the index is the same on both
	must(t, d.db.Migrate(ctx))
	keys, err := seal.Load(ctx, d.db, clock.System{})
	must(t, err)
	k := d.toVerify()
	k.Index = filepath.Join(t.TempDir(), "search")
	open := func() *search.Index {
		x, err := search.Open(filepath.Join(k.Index, "public"), quiet)
		must(t, err)
		return x
	}
	x := open()
	if report := fmt.Sprint(verify(t, k)); !strings.Contains(report, "in use") {
		t.Errorf("of an index in use: %s", report)
	}
	must(t, x.Close())
	if report := verify(t, k); !report.OK() {
		t.Errorf("of an index that is behind: %+v", report)
	}
	x = open()
	_, err = x.CatchUp(ctx, publish.New(publish.Parts{DB: d.db, Seal: keys, Clock: clock.System{}}))
	must(t, err)
	must(t, x.Remove(ctx, oldestShown(t, d.db)))
	must(t, x.Close())
	if report := fmt.Sprint(verify(t, k)); !strings.Contains(report, "are shown") {
		t.Errorf("of an index that lacks a thread: %s", report)
	}
}

// oldestShown is the thread that changed first: what changed last is taken over
// once more by each catch-up.
func oldestShown(t *testing.T, d *db.DB) []ids.ID {
	t.Helper()
	var all []ids.ID
	must(t, d.Read().NewSelect().TableExpr("threads").Column("id").Where("state = 2").Order("changed_at").Limit(1).Scan(context.Background(), &all))
	if len(all) == 0 {
		t.Fatal("the desk shows no thread")
	}
	return all
}

// A desk that is restored and older than the program is verified as what it is.
func TestOldBackupIsRestoredAsItIs(t *testing.T) {
	ctx := context.Background()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			d := openWorld(t, kind, 1)
			var out bytes.Buffer
			_, err := backup.Make(ctx, d.source(), t.TempDir(), &out)
			must(t, err)
			target := backup.Target{Data: t.TempDir(), Clock: clock.System{}, Log: quiet}
			target.Database = backuptest.Empty(t, kind, target.Data)
			_, report, err := backup.Restore(ctx, &out, target)
			if err != nil || !report.OK() || report.Schema != 1 {
				t.Fatalf("restoring: %v %+v", err, report)
			}
			restored := dbtest.Open(t, target.Database)
			if was, err := backup.WasRestored(ctx, restored); err != nil || !was {
				t.Errorf("it does not know that it was restored: %v", err)
			}
			must(t, backup.Settled(ctx, restored))
			if was, err := backup.WasRestored(ctx, restored); err != nil || was {
				t.Errorf("it is never settled: %v", err)
			}
			must(t, restored.Migrate(ctx))
			if report := verify(t, backup.Desk{DB: restored, Blobs: d.blobs, Clock: clock.System{}, Log: quiet}); !report.OK() || report.Schema != db.KnownSchema() {
				t.Errorf("after the upgrade: %+v", report)
			}
		})
	}
}
