package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/backup"
	"lotse/internal/backup/backuptest"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
)

const pictured = `From: Jana Berg <jana%d@post.example>
To: hilfe@lindenau.example
Subject: Bild %d
Message-ID: <bild-%d@post.example>
Date: Mon, 16 Nov 2026 09:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=aa

--aa
Content-Type: text/plain; charset=utf-8

Anbei das Bild.
--aa
Content-Type: image/png
Content-Disposition: attachment; filename="bild-%d.png"

picture %d
--aa--
`

// accept hands a mail with a picture in; when it returns, it is promised.
func (h *house) accept(n int) [32]byte {
	raw := []byte(strings.ReplaceAll(fmt.Sprintf(pictured, n, n, n, n, n), "\n", "\r\n"))
	err := h.app.Intake.Accept(context.Background(), intake.Arrival{BrandID: h.brand, AccountID: h.account.ID, Channel: "email",
		Trace: intake.Trace{From: fmt.Sprintf("jana%d@post.example", n), To: []string{houseMailbox}}, Raw: raw})
	if err != nil {
		h.t.Errorf("accepting mail %d: %v", n, err)
	}
	return sha256.Sum256(raw)
}

// A backup is made while mail comes in, and while a case with a picture is
// deleted for good. What was promised before it began is in it, bytes included;
// nothing of it is half there.
func TestBackupOfABusyDesk(t *testing.T) {
	ctx := context.Background()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			h := newHouse(t, dbtest.URL(t, kind))
			var promised [][32]byte
			for n := range 30 {
				promised = append(promised, h.accept(n))
			}
			h.until("mails become cases", func() bool { return h.count("SELECT count(*) FROM attachments") == 30 })
			victim := h.find(h.numberOf("Bild 7"))

			var busy sync.WaitGroup
			var stop atomic.Bool
			busy.Go(func() {
				for n := 1000; !stop.Load() && n < 1120; n++ {
					h.accept(n)
				}
			})
			defer busy.Wait()
			defer stop.Store(true)
			s := backup.Source{DB: h.app.DB, Clock: clock.System{}, Program: "v9.9", Log: h.app.Log}
			var once sync.Once
			s.Blobs = atFirst{h.app.Blobs, func() { once.Do(func() { h.deleteForGood(victim) }) }}
			var out bytes.Buffer
			m, err := backup.Make(ctx, s, t.TempDir(), &out)
			stop.Store(true)
			if err != nil || len(m.Missing)+len(m.Changed) > 0 {
				t.Fatalf("backing up: %v, missing %v, changed %v", err, m.Missing, m.Changed)
			}
			target := backup.Target{Data: filepath.Join(t.TempDir(), "new"), Clock: clock.System{}, Log: h.app.Log}
			target.Database = backuptest.Empty(t, kind, target.Data)
			if _, report, err := backup.Restore(ctx, &out, target); err != nil || !report.OK() {
				t.Fatalf("restoring: %v %+v", err, report)
			}
			checkRestored(t, target, h.brand, victim, promised)
		})
	}
}

func checkRestored(t *testing.T, target backup.Target, brand ids.ID, victim desk.Case, promised [][32]byte) {
	t.Helper()
	ctx := context.Background()
	a, err := openDesk(target.Data, target.Database, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for n, key := range promised {
		var found int
		if err := a.DB.Read().NewRaw("SELECT count(*) FROM envelopes WHERE key = ?", key[:]).Scan(ctx, &found); err != nil || found != 1 {
			t.Errorf("mail %d was promised and is there %d times (%v)", n, found, err)
		}
	}
	f, err := a.Desk.File(ctx, access.Lotse(brand), victim.Number)
	if err != nil || len(f.Messages) == 0 || len(f.Messages[0].Attachments) != 1 {
		t.Fatalf("the case that was deleted meanwhile: %v", err)
	}
	readFile(t, a, access.Lotse(brand), f.Messages[0].Attachments[0].ID)
	nothingLeaves(t, a)
}

// nothingLeaves runs the restored desk: what waited is uncertain, not sent. What
// it makes of mail that nobody had read yet is new and may go.
func nothingLeaves(t *testing.T, a *app.App) {
	t.Helper()
	waiting := func() (all []ids.ID) {
		if err := a.DB.Read().NewRaw("SELECT id FROM deliveries WHERE state IN (1, 2)").Scan(context.Background(), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := waiting()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := a.Run(ctx, func(app.Started) { stop() }); err != nil {
		t.Fatal(err)
	}
	for _, id := range waiting() {
		if slices.Contains(before, id) {
			t.Errorf("delivery %v of a restored desk waits to be sent", id)
		}
	}
}

// atFirst does something when the first blob is read: the rows are copied then,
// the bytes are not.
type atFirst struct {
	blobs backup.Blobs
	act   func()
}

func (b atFirst) Get(ctx context.Context, id ids.ID) (io.ReadCloser, int64, error) {
	b.act()
	return b.blobs.Get(ctx, id)
}

func (h *house) numberOf(subject string) (number string) {
	h.t.Helper()
	h.must(h.app.DB.Read().NewRaw("SELECT number FROM cases WHERE subject = ?", []byte(subject)).Scan(context.Background(), &number))
	return number
}

// deleteForGood deletes a case and waits until the job for its bytes has looked.
func (h *house) deleteForGood(c desk.Case) {
	ctx := context.Background()
	h.must(h.app.Desk.Trash(ctx, h.boss, c.ID))
	h.must(h.app.Desk.Delete(ctx, h.boss, c.ID, desk.DeleteReasons()[1]))
	h.until("the job for the bytes is put off", func() bool {
		return h.count("SELECT count(*) FROM river_job WHERE kind = 'intake.remove' AND state = 'scheduled'") == 1
	})
}
