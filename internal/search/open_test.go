package search_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/platform/errs"
	"lotse/internal/search"
)

// filled makes a folder with an index of several segments and returns its files.
func filled(t *testing.T) (dir string, files []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "search")
	x, err := search.Open(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	docs, _ := corpus(t)
	put(t, x, docs[:40]...)
	put(t, x, docs[40:]...)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, strings.TrimPrefix(path, dir))
		}
		return err
	})
	if err != nil || len(files) < 4 {
		t.Fatalf("files %v, %v", files, err)
	}
	return dir, files
}

func copied(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Whatever happens to a file of the index, it opens again, whole or empty, and
// can be used.
func TestADamagedIndexIsMadeAnew(t *testing.T) {
	cuts := map[string]func(size int64) int64{
		"empty": func(int64) int64 { return 0 },
		"half":  func(n int64) int64 { return n / 2 },
		"tail":  func(n int64) int64 { return n - 1 },
	}
	whole, files := filled(t)
	for _, name := range files {
		for how, cut := range cuts {
			dir := copied(t, whole)
			path := filepath.Join(dir, name)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, cut(info.Size())); err != nil {
				t.Fatal(err)
			}
			usable(t, dir, name+" "+how, false)
		}
		dir := copied(t, whole)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		usable(t, dir, name+" removed", false)
	}
}

func TestARottenSegmentIsNoticed(t *testing.T) {
	dir, files := filled(t)
	for _, name := range files {
		if !strings.HasSuffix(name, ".zap") {
			continue
		}
		path := filepath.Join(dir, name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)/3] ^= 0x10
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	usable(t, dir, "one bit", true)
}

// A process that was killed leaves half-written segments that nothing refers
// to: they are no damage.
func TestWhatACrashLeftBehindIsNoDamage(t *testing.T) {
	dir, _ := filled(t)
	if err := os.WriteFile(filepath.Join(dir, "index/store/0000000000ff.zap"), []byte("half a segm"), 0o600); err != nil {
		t.Fatal(err)
	}
	docs, _ := corpus(t)
	wantSize(t, open(t, dir), uint64(len(docs)))
}

// usable opens the index, which must be whole or empty, and empty if it was
// damaged for sure, and puts and finds.
func usable(t *testing.T, dir, what string, damaged bool) {
	t.Helper()
	x, err := search.Open(dir, quiet)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer x.Close()
	docs, _ := corpus(t)
	n, err := x.Size()
	if err != nil || damaged && n != 0 || n != 0 && n != uint64(len(docs)) {
		t.Errorf("%s: %d documents, %v", what, n, err)
	}
	put(t, x, docs...)
	if got := find(t, x, search.Query{Text: "Zählerablesung", Language: "de"}); len(got) == 0 || got[0] != docs[0].ID {
		t.Errorf("%s: found %v", what, got)
	}
}

func TestAnIndexOfOtherRulesIsMadeAnew(t *testing.T) {
	dir, _ := filled(t)
	if err := os.WriteFile(filepath.Join(dir, "version"), []byte("0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantSize(t, open(t, dir), 0)
}

func TestWhatIsNotOursStays(t *testing.T) {
	dir, _ := filled(t)
	other := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "version")); err != nil {
		t.Fatal(err)
	}
	wantSize(t, open(t, dir), 0)
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// An index in use is not damaged: it must not be thrown away under the feet of
// who uses it.
func TestAnIndexInUseIsLeftAlone(t *testing.T) {
	dir, _ := filled(t)
	x := open(t, dir)
	if second, err := search.Open(dir, quiet); err == nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("opened twice: %v %v", second, err)
	}
	n, err := x.Size()
	if err != nil || n == 0 {
		t.Errorf("%d documents, %v", n, err)
	}
}
