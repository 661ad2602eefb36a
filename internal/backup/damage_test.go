package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/backup"
	"lotse/internal/backup/backuptest"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
)

var made = map[string][]byte{} // by database

// eachFile runs f with a backup of a filled desk, once per database.
func eachFile(t *testing.T, f func(t *testing.T, kind string, whole []byte)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			if made[kind] == nil {
				var out bytes.Buffer
				_, err := backup.Make(context.Background(), openWorld(t, kind, 3).source(), t.TempDir(), &out)
				must(t, err)
				made[kind] = out.Bytes()
			}
			f(t, kind, made[kind])
		})
	}
}

func check(b []byte) error {
	_, err := backup.Check(context.Background(), bytes.NewReader(b), nil)
	return err
}

func TestDamagedFilesAreRefused(t *testing.T) {
	eachFile(t, func(t *testing.T, kind string, whole []byte) {
		must(t, check(whole))
		for n := 0; n < len(whole); n += 1 + len(whole)/97 {
			if err := check(whole[:n]); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("cut off after %d of %d bytes: %v", n, len(whole), err)
			}
		}
		if err := check(whole[:len(whole)-1]); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("cut off before the last byte: %v", err)
		}
		if err := check(append(bytes.Clone(whole), 0)); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("one byte more: %v", err)
		}
		// The first ten bytes are the head of gzip, with a time and a system that
		// nobody reads.
		for i := 10; i < len(whole); i += 1 + len(whole)/97 {
			hurt := bytes.Clone(whole)
			hurt[i] ^= 1 << (i % 8)
			// A bit that only fills a byte up changes nothing.
			if err := check(hurt); err == nil && !bytes.Equal(unzipped(t, hurt), unzipped(t, whole)) {
				t.Errorf("bit %d of byte %d is flipped and nobody sees it", i%8, i)
			}
		}
	})
}

func unzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(b))
	must(t, err)
	all, err := io.ReadAll(zip)
	must(t, err)
	return all
}

// repack lets edit change, drop (nil) or repeat the parts of a backup.
func repack(t testing.TB, whole []byte, edit func(name string, body []byte) [][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	to := tar.NewWriter(zip)
	in, err := gzip.NewReader(bytes.NewReader(whole))
	must(t, err)
	for from := tar.NewReader(in); ; {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		body, err := io.ReadAll(from)
		must(t, err)
		for _, b := range edit(h.Name, body) {
			h.Size = int64(len(b))
			must(t, to.WriteHeader(h))
			_, err = to.Write(b)
			must(t, err)
		}
	}
	must(t, errors.Join(to.Close(), zip.Close()))
	return out.Bytes()
}

// Files whose checksums of compression are right and whose parts are not.
func TestChangedPartsAreRefused(t *testing.T) {
	eachFile(t, func(t *testing.T, kind string, whole []byte) {
		same := func(_ string, b []byte) [][]byte { return [][]byte{b} }
		must(t, check(repack(t, whole, same)))
		drop := func(prefix string) func(string, []byte) [][]byte {
			return func(name string, b []byte) [][]byte {
				if strings.HasPrefix(name, prefix) {
					return nil
				}
				return [][]byte{b}
			}
		}
		change := func(prefix string) func(string, []byte) [][]byte {
			return func(name string, b []byte) [][]byte {
				if strings.HasPrefix(name, prefix) && len(b) > 0 {
					b = bytes.Clone(b)
					b[len(b)/2] ^= 1
				}
				return [][]byte{b}
			}
		}
		double := func(name string, b []byte) [][]byte {
			if strings.HasPrefix(name, "blobs/") {
				return [][]byte{b, b}
			}
			return [][]byte{b}
		}
		for what, edit := range map[string]func(string, []byte) [][]byte{
			"without head": drop("lotse.json"), "without database": drop("database/"), "without attachments": drop("blobs/"),
			"without sums": drop("sums/"), "without manifest": drop("manifest.json"), "with attachments twice": double,
			"with another database": change("database/"), "with another attachment": change("blobs/"), "with other sums": change("sums/"),
		} {
			if err := check(repack(t, whole, edit)); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("a backup %s: %v", what, err)
			}
		}
	})
}

// A failed restore leaves a folder and a database as empty as they were.
func TestFailedRestoreLeavesNothing(t *testing.T) {
	ctx := context.Background()
	eachFile(t, func(t *testing.T, kind string, whole []byte) {
		late := repack(t, whole, func(name string, b []byte) [][]byte { // all but the end is right
			if name == "manifest.json" {
				b = bytes.Replace(b, []byte(`"blobs":3`), []byte(`"blobs":4`), 1)
			}
			return [][]byte{b}
		})
		folder := filepath.Join(t.TempDir(), "new")
		target := backup.Target{Data: folder, Database: backuptest.Empty(t, kind, folder), Clock: clock.System{}, Log: quiet}
		for what, b := range map[string][]byte{"late": late, "half": whole[:len(whole)/2], "nothing": nil} {
			if _, _, err := backup.Restore(ctx, bytes.NewReader(b), target); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("%s: %v", what, err)
			}
			if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: the folder is left (%v)", what, err)
			}
		}
		_, _, err := backup.Restore(ctx, bytes.NewReader(whole), target) // so empty was it
		must(t, err)
		_, _, err = backup.Restore(ctx, bytes.NewReader(whole), target)
		if err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("restoring into a filled folder gave %v", err)
		}
		other := target
		if other.Data = t.TempDir(); kind == "postgres" {
			if _, _, err = backup.Restore(ctx, bytes.NewReader(whole), other); err == nil || !strings.Contains(err.Error(), "not empty") {
				t.Errorf("restoring into a filled database gave %v", err)
			}
			if left, _ := os.ReadDir(other.Data); len(left) != 0 {
				t.Errorf("a refused restore leaves %v", left)
			}
		}
	})
}

func TestOtherDatabaseIsRefused(t *testing.T) {
	eachFile(t, func(t *testing.T, kind string, whole []byte) {
		target := backup.Target{Data: t.TempDir(), Clock: clock.System{}, Log: quiet}
		target.Database = "sqlite:" + filepath.Join(target.Data, "lotse.db")
		if kind == "sqlite" {
			target.Database = "postgres://nobody@127.0.0.1:1/none"
		}
		_, _, err := backup.Restore(context.Background(), bytes.NewReader(whole), target)
		if err == nil || !strings.Contains(err.Error(), "LOTSE_DATABASE") {
			t.Errorf("a backup of another database gave %v", err)
		}
	})
}

// A restore that was killed leaves a mark.
func TestUnfinishedRestoreIsSeen(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "restore-unfinished"), nil, 0o600))
	if backup.CheckFolder(folder) == nil {
		t.Error("a folder with the mark of an unfinished restore is taken for one that is whole")
	}
	for _, kind := range dbtest.Kinds() {
		d := dbtest.Open(t, dbtest.URL(t, kind))
		must(t, backup.CheckDatabase(context.Background(), d))
		must(t, d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("CREATE TABLE lotse_restore_unfinished (x integer)").Exec(ctx)
			return err
		}))
		if backup.CheckDatabase(context.Background(), d) == nil {
			t.Error("a database with the mark of an unfinished restore is taken for one that is whole")
		}
	}
}

func TestNewerBackupIsRefused(t *testing.T) {
	eachFile(t, func(t *testing.T, kind string, whole []byte) {
		newer := repack(t, whole, func(name string, b []byte) [][]byte {
			if name == "lotse.json" || name == "manifest.json" {
				b = bytes.Replace(b, []byte(`"schema":3`), []byte(`"schema":900`), 1)
			}
			return [][]byte{b}
		})
		folder := t.TempDir()
		target := backup.Target{Data: folder, Database: "sqlite:" + filepath.Join(folder, "lotse.db"), Clock: clock.System{}, Log: quiet}
		_, _, err := backup.Restore(context.Background(), bytes.NewReader(newer), target)
		if err == nil || !strings.Contains(err.Error(), "v1.2.3") || !strings.Contains(err.Error(), "900") {
			t.Errorf("a backup of a newer schema gave %v", err)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"", "nonsense", "\x1f\x8b"} {
		f.Add([]byte(text), false)
	}
	small := func(parts ...string) []byte {
		var out bytes.Buffer
		to := tar.NewWriter(&out)
		for i := 0; i+1 < len(parts); i += 2 {
			must(f, to.WriteHeader(&tar.Header{Name: parts[i], Size: int64(len(parts[i+1])), Typeflag: tar.TypeReg, Mode: 0o600}))
			_, err := to.Write([]byte(parts[i+1]))
			must(f, err)
		}
		must(f, to.Close())
		return out.Bytes()
	}
	const head = `{"format":1,"program":"x","database":"postgres","schema":3,"queue":6,"made":"2026-11-22T00:00:00Z","tables":[{"name":"cases","columns":["id"]}]}`
	f.Add(small("lotse.json", head), true)
	f.Add(small("lotse.json", head, "database/cases/000001", "1\n", "manifest.json", head), true)
	f.Add(small("lotse.json", head, "blobs/2e6f467a-7526-4236-b5cc-2b6d45a32852", "x", "manifest.json", `{"parts":2}`), true)
	f.Add(small("lotse.json", head, "sums/000001", "x"), true)
	f.Fuzz(func(t *testing.T, b []byte, packed bool) {
		if packed { // so that what is found is not the checksum of gzip only
			var out bytes.Buffer
			zip := gzip.NewWriter(&out)
			_, _ = zip.Write(b)
			must(t, zip.Close())
			b = out.Bytes()
		}
		m, err := backup.Check(context.Background(), bytes.NewReader(b), nil)
		if err == nil && (m.Parts == 0 || len(m.Sums) == 0) {
			t.Errorf("a file with nothing in it is taken for a backup: %+v", m)
		}
	})
}
