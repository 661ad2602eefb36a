package portal_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/web/webtest"
)

// linked answers a case with files that are too large for a mail and returns the
// token of the link to them.
func (w *world) linked(number string) string {
	w.t.Helper()
	ctx := context.Background()
	admin := w.ada
	admin.Role = access.Admin
	webtest.Must(w.t, outbox.MailFiles.Set(ctx, w.catalog, admin, 1))
	var tokens []string
	for name, content := range map[string]string{"film.bin": strings.Repeat("x", 1<<20), "kurz & gut.txt": "kurz"} {
		up, err := w.intake.Stage(ctx, w.brand, name, strings.NewReader(content))
		webtest.Must(w.t, err)
		tokens = append(tokens, up.Token)
	}
	m, err := w.desk.Reply(ctx, w.ada, w.find(number).ID, desk.ReplyForm{Text: "Anbei der Film.", Files: tokens})
	webtest.Must(w.t, err)
	token, now := ids.NewToken(), clock.Now(w.Clock)
	webtest.Must(w.t, w.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw("INSERT INTO file_links (token_hash, brand_id, message_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
			token.Hash(), w.brand, m.ID, now, now.Add(outbox.FilesLifetime)).Exec(ctx)
		return err
	}))
	return string(token)
}

func TestLinkedFilesAreShownByGetAndSentByPost(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		number := w.ask(w.Browser())
		token := w.linked(number)
		b := w.Browser()
		page := b.Get("/d/" + token)
		if page.Status != http.StatusOK || page.Header.Get("Referrer-Policy") != "no-referrer" || page.Header.Get("Cache-Control") != "no-store" || len(page.Cookies) != 0 {
			t.Fatalf("%d %v", page.Status, page.Header)
		}
		if got := page.Text("main"); !strings.Contains(got, "film.bin") || !strings.Contains(got, "kurz & gut.txt") || page.Find(".download").Length() != 2 {
			t.Errorf("the page reads %q", got)
		}
		for _, other := range []string{number, "Heike", "Anbei"} {
			if strings.Contains(page.Text("main"), other) {
				t.Errorf("the page tells %q", other)
			}
		}
		file, _ := page.Find(".download [name=file]").First().Attr("value")
		got := b.Post("/d/"+token, "file", file)
		if got.Status != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment;") || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("download: %d %v", got.Status, got.Header)
		}
		for name, answer := range map[string]*webtest.Page{"no file": b.Post("/d/" + token), "a file of nobody": b.Post("/d/"+token, "file", ids.New().String())} {
			if answer.Status != http.StatusNotFound {
				t.Errorf("%s: %d", name, answer.Status)
			}
		}
		w.Clock.Advance(outbox.FilesLifetime + time.Second)
		for _, over := range []*webtest.Page{b.Get("/d/" + token), b.Post("/d/"+token, "file", file), b.Get("/d/x")} {
			if over.Status != http.StatusGone || over.Text("h1") == "" {
				t.Errorf("a link that is over: %d", over.Status)
			}
		}
		if strings.Contains(w.Log.String(), token) {
			t.Error("the token is in the log")
		}
	})
}

// Who makes all links of a case worthless means those to its files too.
func TestRevokedLinksOpenNoFiles(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		number, other := w.ask(b), w.ask(w.Browser())
		token, kept := w.linked(number), w.linked(other)
		if page := b.Post("/my/" + number + "/revoke"); page.Status != http.StatusSeeOther {
			t.Fatalf("revoking: %d", page.Status)
		}
		for _, page := range []*webtest.Page{w.Browser().Get("/d/" + token), w.Browser().Post("/d/"+token, "file", ids.New().String())} {
			if page.Status != http.StatusGone {
				t.Errorf("a link to files: %d", page.Status)
			}
		}
		if page := w.Browser().Get("/d/" + kept); page.Status != http.StatusOK {
			t.Errorf("of another case: %d", page.Status)
		}
	})
}
