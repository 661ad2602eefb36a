package exchange_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/exchange"
	"lotse/internal/outbox"
	"lotse/internal/platform/db/dbtest"
)

// What is exported, imported into the other database and exported again is the
// same, byte for byte.
func TestAnExportBringsEverything(t *testing.T) {
	kinds := dbtest.Kinds()
	for i, kind := range kinds {
		other := kinds[(i+1)%len(kinds)]
		t.Run(kind+" to "+other, func(t *testing.T) {
			w := newWorld(t, dbtest.URL(t, kind))
			w.furnish()
			w.live()
			w.hasOneOfEverything()
			folder := w.export("first")
			archive := w.export("first.tar.gz")
			want := tree(t, folder)
			same(t, "the archive", unpacked(t, archive), want)
			isSilent(t, want)
			second := newWorld(t, dbtest.URL(t, other))
			report, err := second.load(archive)
			w.must(err)
			if report.Staff != 1 || report.Mailboxes != 1 || report.Unsent != 0 {
				t.Errorf("the report is %+v", report)
			}
			same(t, "the second desk's export", tree(t, second.export("second")), want)
			if _, err := second.load(folder); err == nil || !strings.Contains(err.Error(), "not empty") {
				t.Errorf("a desk that is not empty takes an export: %v", err)
			}
			second.goesOn(w)
		})
	}
}

// hasOneOfEverything guards the test: it tells nothing about what the world has not.
func (w *world) hasOneOfEverything() {
	w.t.Helper()
	for _, what := range []string{"attachments", "threads WHERE state = 3", "threads WHERE state = 2", "posts WHERE state = 4", "posts WHERE state = 1", "post_versions", "blocks",
		"cases WHERE trashed_at IS NOT NULL", "cases WHERE merged_into IS NOT NULL", "envelopes WHERE blob_id IS NOT NULL", "envelopes WHERE state = 4", "teams WHERE restricted",
		"suggestions", "entries WHERE parent_id IS NOT NULL", "deliveries WHERE kind = 1", "messages WHERE to_team IS NOT NULL", "settings", "identities WHERE confirmed_at IS NOT NULL"} {
		if w.count("SELECT count(*) FROM "+what) == 0 {
			w.t.Errorf("the world has no %s", what)
		}
	}
}

// goesOn checks that the desk works with what came: it finds customers, cases and
// messages again, and counts on.
func (w *world) goesOn(old *world) {
	w.t.Helper()
	accounts, err := w.catalog.Accounts(w.ctx, "email")
	w.must(err)
	w.account, w.boss = accounts[0], old.boss
	customers := w.count("SELECT count(*) FROM customers")
	c := w.arrives(mail("m9", "bernd@post.example", "Re: Leitung", "Immer noch.", "In-Reply-To: <m4@post.example>"))
	if got := w.count("SELECT count(*) FROM customers"); got != customers || c.TeamID != old.grid || c.Messages < 3 {
		w.t.Errorf("an answer makes %d customers of %d and joins %+v", got, customers, c)
	}
	w.arrives(mail("m2", "anna@post.example", "Re: Zähler", "Noch etwas.", "In-Reply-To: <m1@post.example>"))
	if n := w.count("SELECT count(*) FROM envelopes"); n != old.count("SELECT count(*) FROM envelopes")+1 {
		w.t.Errorf("a mail that is there already makes an envelope: %d", n)
	}
	var keys []string
	w.must(old.db.Read().NewRaw("SELECT key FROM threads WHERE state = 2 ORDER BY key").Scan(w.ctx, &keys))
	for _, key := range keys {
		had, err := old.publish.Thread(w.ctx, old.boss.BrandID, key)
		w.must(err)
		has, err := w.publish.Thread(w.ctx, old.boss.BrandID, key)
		w.must(err)
		if has.Path() != had.Path() || fmt.Sprint(has.Posts) != fmt.Sprint(had.Posts) {
			w.t.Errorf("the thread %s is another one:\n%+v\n%+v", key, has, had)
		}
	}
	if len(keys) == 0 {
		w.t.Error("no thread is public")
	}
}

// What waited to be sent is not sent by the new desk: the old one may have.
func TestWhatWaitedIsUncertain(t *testing.T) {
	w := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	w.furnish()
	w.arrives(mail("m1", "anna+zaehler@post.example", "Zähler", "Der Zähler springt."))
	second := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	report, err := second.load(w.export("first"))
	w.must(err)
	if n := second.count("SELECT count(*) FROM deliveries WHERE address_lookup = ?", second.seal.Lookup("address", "anna@post.example")); n != 1 {
		t.Errorf("%d deliveries are found by whom they went to", n)
	}
	if n := second.count("SELECT count(*) FROM deliveries WHERE state = ? AND next_at IS NULL AND words = ?", outbox.Unsure, []byte(outbox.Restored)); n != 1 || report.Unsent != 1 {
		t.Errorf("%d deliveries are uncertain, the report says %d", n, report.Unsent)
	}
}

// An export that was changed, cut off or is of a later version is refused, and
// leaves nothing.
func TestDamagedExportsAreRefused(t *testing.T) {
	w := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	w.furnish()
	w.arrives(mail("m1", "anna@post.example", "Zähler", "Der Zähler springt."))
	folder := w.export("first")
	second := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	for name, damage := range map[string]func(root string){
		"manifest missing": func(root string) { w.must(os.Remove(filepath.Join(root, "manifest.json"))) },
		"line missing":     func(root string) { w.must(os.Truncate(filepath.Join(root, "cases.jsonl"), 0)) },
		"later version":    func(root string) { w.replace(root, "manifest.json", `"version": 1`, `"version": 99`) },
		"word unknown":     func(root string) { w.replace(root, "cases.jsonl", `"state":"new"`, `"state":"odd"`) },
		"field unknown":    func(root string) { w.replace(root, "cases.jsonl", `"state":"new"`, `"state":"new","more":1`) },
		"file changed":     func(root string) { w.changeFile(root) },
	} {
		root := filepath.Join(t.TempDir(), "damaged")
		w.must(os.CopyFS(root, os.DirFS(folder)))
		damage(root)
		if _, err := second.load(root); err == nil {
			t.Errorf("%s: it is taken", name)
		}
		if n := second.count("SELECT count(*) FROM brands"); n > 0 {
			t.Fatalf("%s: %d brands are left", name, n)
		}
		if left := files(t, filepath.Join(second.folder, "blobs")); left > 0 {
			t.Errorf("%s: %d blobs are left", name, left)
		}
	}
}

// replace changes a record file as somebody would who mends the manifest too.
func (w *world) replace(root, name, old, with string) {
	w.t.Helper()
	path := filepath.Join(root, name)
	text, err := os.ReadFile(path)
	w.must(err)
	changed := bytes.Replace(text, []byte(old), []byte(with), 1)
	if bytes.Equal(changed, text) {
		w.t.Fatalf("%s does not hold %s", name, old)
	}
	w.must(os.WriteFile(path, changed, 0o600))
	if name == "manifest.json" {
		return
	}
	w.replace(root, "manifest.json", fmt.Sprintf("%x", sha256.Sum256(text)), fmt.Sprintf("%x", sha256.Sum256(changed)))
	if len(text) != len(changed) {
		w.replace(root, "manifest.json", fmt.Sprintf(`"bytes": %d`, len(text)), fmt.Sprintf(`"bytes": %d`, len(changed)))
	}
}

// changeFile changes a file without its name.
func (w *world) changeFile(root string) {
	w.t.Helper()
	err := filepath.WalkDir(filepath.Join(root, "files"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.WriteFile(path, []byte("changed"), 0o600)
	})
	w.must(err)
}

// A name that exists is never overwritten, and a failure leaves nothing.
func TestExportsOverwriteNothing(t *testing.T) {
	w := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	w.furnish()
	for _, name := range []string{"export", "export.tar.gz"} {
		path := filepath.Join(t.TempDir(), name)
		w.must(os.WriteFile(path, []byte("mine"), 0o600))
		if _, err := exchange.Export(w.ctx, w.exchange(), path); err == nil {
			t.Errorf("%s is overwritten", name)
		}
		stopped, stop := context.WithCancel(w.ctx)
		stop()
		other := filepath.Join(t.TempDir(), name)
		if _, err := exchange.Export(stopped, w.exchange(), other); err == nil {
			t.Errorf("%s is written though nobody waits", name)
		}
		if left, _ := filepath.Glob(filepath.Dir(other) + "/*"); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	}
}

func (w *world) export(name string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), name)
	m, err := exchange.Export(w.ctx, w.exchange(), path)
	w.must(err)
	if len(m.Missing) > 0 {
		w.t.Errorf("%s misses %v", name, m.Missing)
	}
	return path
}

func (w *world) load(path string) (exchange.LoadReport, error) {
	s, err := exchange.Open(w.ctx, path, w.t.TempDir(), nil)
	if err != nil {
		return exchange.LoadReport{}, err
	}
	defer s.Close()
	return exchange.Load(w.ctx, w.exchange(), s)
}

// isSilent checks that no password, not even its hash, is in an export.
func isSilent(t *testing.T, tree map[string]string) {
	t.Helper()
	for name, text := range tree {
		if strings.Contains(text, "$argon2") || strings.Contains(text, "password") {
			t.Errorf("%s speaks of passwords", name)
		}
	}
}

// tree returns the text of each record file below a folder, and the hash of others.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		all[filepath.ToSlash(name)] = content(name, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func files(t *testing.T, folder string) (n int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func content(name string, b []byte) string {
	if strings.Contains(name, ".json") {
		return string(b)
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

func unpacked(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for in := tar.NewReader(zip); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		all[h.Name] = content(h.Name, b)
	}
}

// same compares two trees, line by line where there are lines.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) || len(got) < 20 {
		t.Errorf("%s has %d files, want %d", what, len(got), len(want))
	}
	for name, text := range want {
		have, lines := strings.Split(got[name], "\n"), strings.Split(text, "\n")
		if len(have) != len(lines) {
			t.Errorf("%s: %s has %d lines, want %d", what, name, len(have), len(lines))
			continue
		}
		for i := range lines {
			if have[i] != lines[i] {
				t.Errorf("%s: %s, line %d:\n got %s\nwant %s", what, name, i+1, have[i], lines[i])
				break
			}
		}
	}
}
