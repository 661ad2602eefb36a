package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"lotse/internal/platform/blob"
	"lotse/internal/platform/errs"
)

func TestPutOpenRemove(t *testing.T) {
	ctx := context.Background()
	f, err := blob.Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("Zählerfoto\x00"), 10_000)
	info, err := f.Put(ctx, bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size != int64(len(want)) || info.SHA256 != sha256.Sum256(want) {
		t.Fatalf("info = %+v", info)
	}
	file, err := f.Open(ctx, info.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, err := io.ReadAll(file); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %d bytes back, %v", len(got), err)
	}
	for range 2 {
		if err := f.Remove(ctx, info.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Open(ctx, info.ID); !errs.Is(err, errs.NotFound) {
		t.Fatalf("a removed blob gave %v", err)
	}
}

func TestFailedPutLeavesNothing(t *testing.T) {
	root := t.TempDir()
	f, err := blob.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	broken := io.MultiReader(bytes.NewReader([]byte("half")), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := f.Put(context.Background(), broken); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("err = %v", err)
	}
	left, err := os.ReadDir(f.TempDir())
	if err != nil || len(left) != 0 {
		t.Fatalf("%d files left, %v", len(left), err)
	}
}

func TestSweepEmptiesTemp(t *testing.T) {
	f, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.TempDir(), "put-1"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Sweep(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(f.TempDir()); len(left) != 0 {
		t.Fatalf("%d files left", len(left))
	}
}
