// Package backuptest opens filled desks as programs of older versions left them
// (folder worlds), for tests of upgrades and backups.
package backuptest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
)

//go:embed worlds/*.tar.gz
var worlds embed.FS

// Versions are the versions of the schema there is a desk of.
func Versions() []int { return []int{1, 2, 3, 6, 8} }

// World puts the desk of a schema version into a data folder of the test's own
// and returns that and the address of its database. kind is one of
// dbtest.Kinds.
func World(t testing.TB, kind string, version int) (folder, url string) {
	t.Helper()
	folder = t.TempDir()
	packed, err := worlds.ReadFile(fmt.Sprintf("worlds/%d-%s.tar.gz", version, kind))
	if err != nil {
		t.Fatal(err)
	}
	if err := unpack(packed, folder); err != nil {
		t.Fatalf("unpacking a desk: %v", err)
	}
	if kind != "postgres" {
		return folder, "sqlite:" + filepath.Join(folder, "lotse.db")
	}
	url = Empty(t, kind, folder)
	dump := filepath.Join(folder, "dump.sql")
	statements, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, url, string(statements))
	if err := os.Remove(dump); err != nil {
		t.Fatal(err)
	}
	return folder, url
}

// Empty returns the address of a database without any table, for a data folder.
func Empty(t testing.TB, kind, folder string) string {
	t.Helper()
	if kind != "postgres" {
		return "sqlite:" + filepath.Join(folder, "lotse.db")
	}
	url := dbtest.URL(t, kind)
	exec(t, url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	return url
}

func exec(t testing.TB, url, statements string) {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Writer().ExecContext(context.Background(), statements); err != nil {
		t.Fatalf("filling the test database: %v", err)
	}
}

func unpack(packed []byte, folder string) error {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	for in := tar.NewReader(zip); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(folder, filepath.Clean("/"+h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			err = write(path, in)
		}
		if err != nil {
			return err
		}
	}
}

func write(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
