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
	"time"

	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/demo"
	"lotse/internal/platform/db/dbtest"
)

// built makes the full world on a database.
func built(t *testing.T, kind string) *app.App {
	t.Helper()
	c := config.Config{Data: t.TempDir(), Database: dbtest.URL(t, kind), HTTP: "127.0.0.1:0", MaxMail: 1 << 20}
	begin := time.Now()
	if err := demo.Build(t.Context(), c, demo.Full, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	t.Logf("the world took %s", time.Since(begin).Round(time.Millisecond))
	a, err := app.New(t.Context(), c, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// TestTheWorldIsAsPromised builds it on both databases and counts.
func TestTheWorldIsAsPromised(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind, func(t *testing.T) {
			a := built(t, kind)
			for what, want := range map[string]int{
				"SELECT COUNT(*) FROM cases":                                               demo.Cases,
				"SELECT COUNT(*) FROM threads WHERE state = 2":                             demo.Threads,
				"SELECT COUNT(*) FROM threads WHERE state = 2 AND answered_at IS NULL":     4,
				"SELECT COUNT(*) FROM threads WHERE state = 3":                             1, // taken back
				"SELECT COUNT(*) FROM staff WHERE portrait_public":                         8,
				"SELECT COUNT(*) FROM teams":                                               3,
				"SELECT COUNT(*) FROM customers":                                           demo.Customers + 2, // who advertise
				"SELECT COUNT(*) FROM cases WHERE trashed_at IS NOT NULL":                  3,
				"SELECT COUNT(*) FROM cases WHERE merged_into IS NOT NULL":                 3,
				"SELECT COUNT(*) FROM cases WHERE erasure_at IS NOT NULL":                  2,
				"SELECT COUNT(*) FROM envelopes WHERE state = 4":                           2, // need a look
				"SELECT COUNT(*) FROM envelopes WHERE state = 1":                           0,
				"SELECT COUNT(*) FROM deliveries WHERE state <> 3":                         0, // all sent
				"SELECT COUNT(DISTINCT case_id) FROM events WHERE kind = 'case.contested'": 3,
				"SELECT COUNT(*) FROM posts WHERE state = 1":                               1, // of an address nobody confirmed
				"SELECT COUNT(*) FROM posts WHERE state = 2":                               3, // wait for release
				"SELECT COUNT(*) FROM posts WHERE state = 5":                               1, // refused
				"SELECT COUNT(*) FROM side_conversations WHERE closed_at IS NULL":          2,
				"SELECT COUNT(*) FROM messages WHERE kind = 9":                             1, // one partner answered
			} {
				if n := count(t, a, what); n != want {
					t.Errorf("%s: %d, want %d", what, n, want)
				}
			}
			for what, least := range map[string]int{
				"SELECT COUNT(*) FROM cases WHERE state = 1":                3, // new
				"SELECT COUNT(*) FROM cases WHERE state = 2":                3,
				"SELECT COUNT(*) FROM cases WHERE state = 3":                3,
				"SELECT COUNT(*) FROM cases WHERE state = 4":                1,
				"SELECT COUNT(*) FROM cases WHERE state = 5":                3,
				"SELECT COUNT(*) FROM cases WHERE state = 6":                50,
				"SELECT COUNT(*) FROM cases WHERE state = 7":                50,
				"SELECT COUNT(*) FROM cases WHERE language = 'en'":          20,
				"SELECT COUNT(*) FROM cases WHERE channel = 'web'":          30,
				"SELECT COUNT(*) FROM cases WHERE topic_id IS NOT NULL":     280,
				"SELECT COUNT(*) FROM suggestions WHERE settled_at IS NULL": 2,
				"SELECT COUNT(*) FROM attachments":                          5,
				"SELECT COUNT(*) FROM messages":                             1200,
			} {
				if n := count(t, a, what); n < least {
					t.Errorf("%s: %d, want at least %d", what, n, least)
				}
			}
		})
	}
}

func count(t *testing.T, a *app.App, statement string) int {
	t.Helper()
	var n int
	if err := a.DB.Read().NewRaw(statement).Scan(t.Context(), &n); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return n
}

// TestDemoOpensTwice builds a demo, serves it, and starts it again on the same
// folder: the cases are there and nothing is sent a second time.
func TestDemoOpensTwice(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	first, told := visit(t, folder)
	if first < 15 || !told {
		t.Fatalf("the demo sent %d mails; said to be building: %v", first, told)
	}
	if second, told := visit(t, folder); second != first || told {
		t.Fatalf("the second start sent %d more mails; said to be building: %v", second-first, told)
	}
	if err := demo.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Fatalf("the folder is still there: %v", err)
	}
}

// TestAnInterruptedWorldIsMadeAgain: what a killed program left behind is
// removed, and the demo starts as on the first day.
func TestAnInterruptedWorldIsMadeAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	ctx, cancel := context.WithCancel(t.Context())
	c := config.Config{Data: folder, HTTP: "127.0.0.1:0", MaxMail: 1 << 20}
	err := demo.Show(ctx, c, demo.Options{Size: demo.Small, Building: cancel}, nil)
	if err == nil {
		t.Fatal("a world was made although nobody wanted it")
	}
	if _, told := visit(t, folder); !told {
		t.Fatal("half a world was taken for a whole one")
	}
}

// TestForeignFoldersAreLeftAlone: neither a real desk nor somebody's files
// become a demo, and so nothing of them is deleted.
func TestForeignFoldersAreLeftAlone(t *testing.T) {
	for name, files := range map[string][]string{"a desk": {"lotse.db", "lock"}, "a home": {"letter.txt", "sent"}, "a word": {"demo"}} {
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

// visit runs a small demo until its first page was shown. It returns how many
// mails it has sent, and whether it said that it makes a new world.
func visit(t *testing.T, folder string) (sent int, told bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c := config.Config{Data: folder, HTTP: "127.0.0.1:0", SMTP: "127.0.0.1:0", MaxMail: 1 << 20}
	o := demo.Options{Size: demo.Small, Building: func() { told = true }}
	err := demo.Show(ctx, c, o, func(s app.Started) {
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
	files, err := demo.Sent(folder)
	if err != nil {
		t.Fatal(err)
	}
	return files, told
}
