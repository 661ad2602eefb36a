package demo_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/demo"
)

// TestDemoOpensTwice builds the demo, serves it, and starts it again on the same
// folder: the cases are there and nothing is sent a second time.
func TestDemoOpensTwice(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	first := visit(t, folder)
	if first < 15 {
		t.Fatalf("the demo sent %d mails", first)
	}
	if second := visit(t, folder); second != first {
		t.Fatalf("the second start sent %d more mails", second-first)
	}
	if err := demo.Remove(folder); err != nil {
		t.Fatal(err)
	}
}

// TestForeignFoldersAreLeftAlone: neither a real desk nor somebody's files
// become a demo, and so nothing of them is deleted.
func TestForeignFoldersAreLeftAlone(t *testing.T) {
	for name, files := range map[string][]string{"a desk": {"lotse.db", "lock"}, "a home": {"letter.txt", "sent"}} {
		folder := t.TempDir()
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(folder, f), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := demo.Run(t.Context(), config.Config{Data: folder}, slog.New(slog.DiscardHandler), nil); err == nil {
			t.Errorf("%s became a demo", name)
		}
		if err := demo.Remove(folder); err == nil {
			t.Errorf("%s was removed", name)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != len(files) {
			t.Errorf("%s holds %v, %v", name, left, err)
		}
	}
}

// visit runs the demo until its first page was shown and returns how many mails
// it has sent.
func visit(t *testing.T, folder string) int {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c := config.Config{Data: folder, HTTP: "127.0.0.1:0", MaxMail: 1 << 20}
	err := demo.Run(ctx, c, slog.New(slog.DiscardHandler), func(s app.Started) {
		defer stop()
		if s.SetupCode != "" {
			t.Error("the demo asks to be set up")
		}
		resp, err := http.Get("http://" + s.HTTP + "/signin")
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(string(page), "Stadtwerke Lindenau") {
			t.Errorf("the first page: %v\n%s", err, page)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := demo.Sent(folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(sent)
}
