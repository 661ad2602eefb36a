package backup_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"lotse/internal/backup"
	"lotse/internal/backup/backuptest"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/queue"
)

var quiet = slog.New(slog.DiscardHandler)

// desk is a filled desk of testdata/worlds.
type desk struct {
	kind        string
	folder, url string
	db          *db.DB
	blobs       *blob.Folder
}

// each runs f with a filled desk at the newest schema, once per database.
func each(t *testing.T, f func(t *testing.T, d desk)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			d := openWorld(t, kind, 3)
			must(t, d.db.Migrate(context.Background()))
			must(t, queue.Migrate(context.Background(), d.db))
			f(t, d)
		})
	}
}

// openWorld opens a desk as a program of an older schema left it.
func openWorld(t *testing.T, kind string, version int) desk {
	t.Helper()
	d := desk{kind: kind}
	d.folder, d.url = backuptest.World(t, kind, version)
	d.db = dbtest.Open(t, d.url)
	var err error
	d.blobs, err = blob.Open(filepath.Join(d.folder, "blobs"))
	must(t, err)
	return d
}

func (d desk) source() backup.Source {
	return backup.Source{DB: d.db, Blobs: d.blobs, Clock: clock.System{}, Program: "v1.2.3", Log: quiet}
}

func (d desk) toVerify() backup.Desk {
	return backup.Desk{DB: d.db, Blobs: d.blobs, Clock: clock.System{}, Log: quiet}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
