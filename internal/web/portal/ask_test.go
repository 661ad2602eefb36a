package portal_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/desk"
	"lotse/internal/web/webtest"
)

func TestAskingOpensACase(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		form := b.Get("/ask?q=Z%C3%A4hler+springt")
		if form.Status != 200 || form.Value("subject") != "Zähler springt" || form.Value("visibility") != "private" || len(form.Cookies) != 0 {
			t.Fatalf("the form: %d, %q, %q, cookies %v", form.Status, form.Value("subject"), form.Value("visibility"), form.Cookies)
		}
		if n := form.Find("form[enctype] [required]:not([type=radio])").Length(); n != 3 {
			t.Errorf("%d controls are mandatory", n)
		}
		w.Clock.Advance(time.Minute)
		sent := b.Post("/ask", question(form, "name", "Heike Brandt")...)
		if sent.Status != http.StatusSeeOther || !strings.HasSuffix(sent.Location(), "?new=1") {
			t.Fatalf("asking gives %d to %q", sent.Status, sent.Location())
		}
		checkPassCookie(t, sent, strings.TrimSuffix(sent.Location(), "?new=1"))
		page := b.Get(sent.Location())
		number := strings.TrimSuffix(strings.TrimPrefix(sent.Location(), "/my/"), "?new=1")
		for selector, want := range map[string]string{
			"h1":                   "Ihr Anliegen ist bei uns",
			"#confirmation-number": number,
			".confirmation":        "Zuständig: Team Service.",
			".confirmation-until":  "Sie hören von uns bis Dienstag, 3. März 2026",
			".steps":               "h…@post.example",
			"#secret-link":         webtest.BaseURL + "/l/",
			"#link":                "Wer den Link hat, kann den Vorgang lesen",
			"#publicity":           "Nur für Sie und uns",
			"#history":             "Seit dem Tausch am Montag zeigt der Zähler jeden Tag 40 kWh mehr.",
		} {
			if got := page.Text(selector); !strings.Contains(got, want) {
				t.Errorf("%s reads %q, want %q", selector, got, want)
			}
		}
		if got := page.Find("meta[name=lotse-accepted]").AttrOr("content", ""); got != "ask" {
			t.Errorf("the browser is not told that the draft arrived: %q", got)
		}
		if c := w.find(number); c.Channel != desk.Web || c.Subject != "Zähler springt nach dem Tausch" || c.Language != "de" {
			t.Errorf("the case is %+v", c)
		}
		if strings.Contains(w.Log.String(), number) || strings.Contains(w.Log.String(), "heike") {
			t.Error("the log tells of the customer")
		}
	})
}

func checkPassCookie(t *testing.T, page *webtest.Page, path string) {
	t.Helper()
	for _, c := range page.Cookies {
		if c.Name != "lotse_pass" {
			continue
		}
		if c.Path != path || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || len(c.Value) != 43 || c.MaxAge != 400*24*3600 {
			t.Errorf("the pass is kept as %+v", c)
		}
		return
	}
	t.Error("no pass was given")
}

// TestTypedTextSurvives refuses a form for each reason there is.
func TestTypedTextSurvives(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		typed := map[string]string{"subject": "Rechnung zu hoch", "text": "Erste Zeile\n\nzweite <Zeile> & mehr", "email": "heike@@post", "name": "Heike Brandt", "visibility": "public"}
		var pairs []string
		for name, value := range typed {
			pairs = append(pairs, name, value)
		}
		form := b.Get("/ask")
		keep := func(what string, page *webtest.Page, status int) {
			t.Helper()
			if page.Status != status {
				t.Errorf("%s: %d, want %d: %s", what, page.Status, status, page.Text(".error-summary"))
			}
			for name, value := range typed {
				if got := page.Value(name); got != value {
					t.Errorf("%s: %s holds %q, want %q", what, name, got, value)
				}
			}
			if page.Value("key") != form.Value("key") || page.Find("h1").Length() != 1 {
				t.Errorf("%s: the form is another one", what)
			}
		}
		fields := question(form, pairs...)
		page := b.Post("/ask", fields...)
		keep("a wrong address", page, 422)
		if page.Faults() != "email" || !page.Find("#error-summary").Is("[autofocus]") {
			t.Errorf("at fault is %q", page.Faults())
		}
		file := upload(b, "/ask", fields, "files", "Foto.png", "\x89PNG", "files", "leer.txt", "")
		keep("an empty file", file, 422)
		if file.Value("upload") == "" || file.Text(".upload-name") != "Foto.png" || !strings.Contains(file.Faults(), "files") {
			t.Errorf("the file that came is %q, at fault %q", file.Text(".upload-name"), file.Faults())
		}
		typed["email"] = "heike@post.example"
		fields = question(form, append(pairs, "email", typed["email"])...)
		long := upload(b, "/ask", fields, "files", "eins.mp4", strings.Repeat("x", 20<<20), "files", "zwei.mp4", strings.Repeat("x", 20<<20))
		keep("too large a file", long, 413)
		if !strings.Contains(long.Text("#flash"), "steht noch hier") {
			t.Errorf("the notice reads %q", long.Text("#flash"))
		}
		for range 30 {
			page = b.Post("/ask", question(form, append(pairs, "email", "vergisst-alles")...)...)
		}
		typed["email"] = "vergisst-alles"
		keep("too many", page, http.StatusTooManyRequests)
		w.Clock.Advance(2 * time.Hour)
		webtest.Must(t, w.DB.Close())
		keep("no database", b.Post("/ask", question(form, append(pairs, "email", "vergisst-alles")...)...), 503)
	})
}

func TestOneFormIsOneCase(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		form := w.Browser().Get("/ask")
		fields := append(question(form), "upload", "")
		var wg sync.WaitGroup
		places := make([]string, 8)
		for i := range places {
			b := w.Browser()
			wg.Go(func() { places[i] = b.Post("/ask", fields...).Location() })
		}
		wg.Wait()
		for _, place := range places {
			if place != places[0] || place == "" {
				t.Fatalf("the form led to %q", places)
			}
		}
		if again := w.Browser().Post("/ask", fields...); again.Location() != places[0] {
			t.Errorf("once more leads to %q", again.Location())
		}
	})
}

func TestFilesComeOneByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		one := upload(b, "/ask/files", nil, "file", "..\\..\\Zähler<1>.png", "\x89PNG\r\n\x1a\n")
		if one.Status != 200 || !strings.Contains(one.Body, `"size":8`) || !strings.Contains(one.Body, "Zähler_1_.png") {
			t.Fatalf("a file: %d %s", one.Status, one.Body)
		}
		token := between(one.Body, `"token":"`, `"`)
		if bad := upload(b, "/ask/files", nil, "file", "leer.txt", ""); bad.Status != 422 || !strings.Contains(bad.Body, `"error":"`) {
			t.Errorf("an empty file: %d %s", bad.Status, bad.Body)
		}
		if long := upload(b, "/ask/files", nil, "file", "film.mp4", strings.Repeat("x", 26<<20)); !strings.Contains(long.Body, "25") || long.Status < 400 {
			t.Errorf("a large file: %d %s", long.Status, long.Body)
		}
		if none := upload(b, "/ask/files", []string{"file", "x"}); none.Status != 422 {
			t.Errorf("no file: %d", none.Status)
		}
		gone := upload(b, "/ask/files", nil, "file", "weg.txt", "weg")
		drop := between(gone.Body, `"token":"`, `"`)
		form := b.Get("/ask")
		fields := append(question(form), "upload", token, "upload", drop, "upload_remove", drop)
		number := numberIn(b.Post("/ask", fields...).Location())
		page := b.Get("/my/" + number)
		if got := page.Text(".attachments"); got != "Zähler_1_.png 8 B" {
			t.Errorf("attached is %q", got)
		}
		path := page.Find(".attachment").AttrOr("href", "")
		file := b.Get(path)
		if file.Status != 200 || file.Body != "\x89PNG\r\n\x1a\n" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment;") ||
			file.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(file.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("the file comes with %d %v", file.Status, file.Header)
		}
		if inline := b.Get(path + "?inline=1"); inline.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("asked for inline it is %q", inline.Header.Get("Content-Type"))
		}
	})
}

func TestMachinesAreTrapped(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		number := w.ask(b, "website", "https://spam.example")
		if c := w.find(number); c.TrashedAt.IsZero() {
			t.Error("what fills in the hidden field is not in the trash")
		}
		if page := b.Get("/my/" + number + "?new=1"); page.Status != 200 || page.Text("h1") != "Ihr Anliegen ist bei uns" {
			t.Errorf("it is told so: %d %q", page.Status, page.Text("h1"))
		}
		fast := b.Post("/ask", question(b.Get("/ask"))...)
		if c := w.find(numberIn(fast.Location())); c.Spam == 0 || !c.TrashedAt.IsZero() {
			t.Errorf("a form filled in at once has %d points", c.Spam)
		}
		forged := b.Post("/ask", question(b.Get("/ask"), "rendered", "1.abc")...)
		if c := w.find(numberIn(forged.Location())); c.Spam == 0 {
			t.Error("a forged time counts for nothing")
		}
		if c := w.find(w.ask(b)); c.Spam != 0 {
			t.Errorf("somebody at leisure has %d points", c.Spam)
		}
	})
}

// numberIn returns the case number in the address of its page.
func numberIn(path string) string {
	rest := strings.TrimPrefix(path, "/my/")
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		rest = rest[:at]
	}
	return rest
}

func between(s, before, after string) string {
	_, rest, _ := strings.Cut(s, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}
