package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/web/webtest"
)

func TestACaseFromAskingToSolved(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		number := w.ask(b)
		path := "/my/" + number
		w.reply(number, "Guten Tag, wir **tauschen** den Zähler.", desk.Answered)
		_, err := w.desk.Note(context.Background(), w.ada, w.find(number).ID, "Kundin wirkt verärgert")
		webtest.Must(t, err)
		page := b.Get(path)
		if page.Find(".page-header .badge").First().Text() != "Beantwortet" || !strings.Contains(page.Text("#standing"), "Ada Lovelace, Team Service") {
			t.Errorf("it stands so: %q %q", page.Text(".page-header .badge"), page.Text("#standing"))
		}
		if strings.Contains(page.Body, "verärgert") || page.Find(".message").Length() != 2 && page.Find(".message").Length() != 3 {
			t.Errorf("%d messages: %s", page.Find(".message").Length(), page.Text("#timeline"))
		}
		if page.Find("#timeline strong").Text() != "tauschen" || page.Find("#solved").Length() != 1 {
			t.Error("the answer, or the question whether it is solved, is not there")
		}
		if no := b.Post(path+"/contest", "reason", "  "); no.Status != 422 || no.Faults() != "reason" || no.Find("#solved details[open]").Length() != 1 {
			t.Errorf("contesting without a word: %d %q", no.Status, no.Faults())
		}
		if no := b.Post(path+"/contest", "reason", "Er springt immer noch."); !strings.Contains(no.Location(), "done=contest") {
			t.Errorf("contesting: %d %q", no.Status, no.Location())
		}
		page = b.Get(path + "?done=contest")
		if c := w.find(number); c.State != desk.Open || !strings.Contains(page.Text("#timeline"), "Er springt immer noch.") || page.Find("meta[name=lotse-accepted]").AttrOr("content", "") != "contest-"+number {
			t.Errorf("after contesting it is %s", c.State)
		}
		if said := upload(b, path+"/message", []string{"key", page.Value("key"), "text", "Hier ein Foto."}, "files", "Foto.png", "png"); !strings.Contains(said.Location(), "done=message") {
			t.Fatalf("a message: %d %s", said.Status, said.Text("main"))
		}
		if again := b.Post(path+"/message", "key", page.Value("key"), "text", "Hier ein Foto."); again.Status != 303 {
			t.Errorf("once more: %d", again.Status)
		}
		if n := strings.Count(b.Get(path).Text("#timeline"), "Hier ein Foto."); n != 1 {
			t.Errorf("the message is there %d times", n)
		}
		b.Post(path + "/solved")
		if c := w.find(number); c.State != desk.Solved {
			t.Errorf("called solved it is %s", c.State)
		}
		page = b.Get(path + "?done=solved")
		if page.Find(".page-header .badge").First().Text() != "Gelöst" || page.Find("#reopen").Length() != 1 || strings.Contains(page.Text("#standing"), "Sie hören von uns") {
			t.Error("a solved case reads as if it went on")
		}
	})
}

func TestWhatIsAnnouncedIsNeverPast(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		path := "/my/" + w.ask(b)
		if page := b.Get(path); !strings.Contains(page.Text("#standing"), "bis Dienstag, 3. März 2026") || strings.Contains(page.Text("main"), "zu spät") {
			t.Errorf("in time it reads %q", page.Text("#standing"))
		}
		w.Clock.Advance(72 * time.Hour)
		page := b.Get(path)
		if strings.Contains(page.Text("#standing"), "3. März") || !strings.Contains(page.Text("main"), "Wir sind zu spät") || page.Find(`.notice a[href="#write"]`).Length() != 1 {
			t.Errorf("too late it reads %q", page.Text("main"))
		}
	})
}

func TestMessagesSurviveToo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		path := "/my/" + w.ask(b)
		file := upload(b, path+"/message", []string{"text", " "}, "files", "Foto.png", "png")
		if file.Status != 422 || file.Faults() != "text" || file.Text(".upload-name") != "Foto.png" {
			t.Errorf("only a file: %d %q %q", file.Status, file.Faults(), file.Text(".upload-name"))
		}
		stranger := w.Browser().Post(path+"/message", "text", "Mein langer Text")
		if stranger.Status != 403 || stranger.Value("text") != "Mein langer Text" {
			t.Errorf("without a pass: %d, %q", stranger.Status, stranger.Value("text"))
		}
		for range 21 {
			file = b.Post(path+"/message", "text", strings.Repeat("x", 300_000))
		}
		if file.Status != http.StatusTooManyRequests || len(file.Value("text")) != 300_000 {
			t.Errorf("too many: %d, %d bytes", file.Status, len(file.Value("text")))
		}
		webtest.Must(t, w.DB.Close())
		for part, field := range map[string]string{"/message": "text", "/contest": "reason", "/public": "text"} {
			page := b.Post(path+part, field, "Mein langer Text")
			if page.Status != 503 || page.Value(field) != "Mein langer Text" || page.Find(`form[action="`+path+part+`"]`).Length() != 1 {
				t.Errorf("%s without a database: %d, %q", part, page.Status, page.Value(field))
			}
		}
		if page := b.Get(path); page.Status != 503 {
			t.Errorf("the page without a database: %d", page.Status)
		}
	})
}

// routes are all ways to a case, with what is sent there.
var routes = []struct {
	method, rest string
	fields       []string
}{
	{"GET", "", nil}, {"GET", "?new=1", nil}, {"GET", "/public", nil}, {"GET", "/public?edit=1", nil}, {"GET", "/public/back", nil},
	{"GET", "/erasure", nil}, {"GET", "/revoke", nil},
	{"POST", "/message", []string{"text", "Ich war hier"}}, {"POST", "/contest", []string{"reason", "Ich war hier"}}, {"POST", "/solved", nil},
	{"POST", "/erasure", nil}, {"POST", "/revoke", nil}, {"POST", "/public/back", nil},
	{"POST", "/public", []string{"step", "check", "title", "Ein Titel zum Testen", "text", "Ein Text, der lang genug ist."}},
	{"POST", "/public", []string{"step", "publish", "title", "Ein Titel zum Testen", "text", "Ein Text, der lang genug ist."}},
}

// TestACaseIsNobodyElses asks for a case with every kind of pass that is not its
// own.
func TestACaseIsNobodyElses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.Browser()
		number := w.ask(owner)
		upload(owner, "/my/"+number+"/message", []string{"text", "Mit Foto"}, "files", "Foto.png", "png")
		file := owner.Get("/my/"+number).Find(".attachment").AttrOr("href", "")
		before := w.find(number)
		nobody, other, whole := w.Browser(), w.Browser(), w.Browser()
		theirs := w.ask(other, "email", "olaf@post.example")
		w.enter(whole, w.find(theirs).CustomerID)
		stolen := w.Browser() // the pass of one case, sent along with another
		token := w.pass(w.find(theirs))
		for _, r := range append(routes, struct {
			method, rest string
			fields       []string
		}{"GET", strings.TrimPrefix(file, "/my/"+number), nil}) {
			for who, b := range map[string]*webtest.Browser{"nobody": nobody, "another customer": other, "another customer's file": whole, "a planted pass": stolen} {
				want := http.StatusNotFound
				if who == "nobody" || who == "another customer" {
					want = http.StatusForbidden // their browsers send no pass here
				}
				request := httptest.NewRequest(r.method, webtest.BaseURL+"/my/"+number+r.rest, strings.NewReader(encode(r.fields)))
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if b == stolen {
					request.AddCookie(&http.Cookie{Name: "lotse_pass", Value: string(token)})
				}
				page := b.Do(request)
				if page.Status != want || strings.Contains(page.Body, "Zähler springt") || strings.Contains(page.Body, "Mit Foto") {
					t.Errorf("%s: %s %s gives %d, want %d", who, r.method, r.rest, page.Status, want)
				}
			}
		}
		if after := w.find(number); after != before {
			t.Errorf("the case changed: %+v", after)
		}
		if page := other.Get("/my/" + theirs + strings.TrimPrefix(file, "/my/"+number)); page.Status != http.StatusNotFound {
			t.Errorf("the file by way of one's own case: %d", page.Status)
		}
	})
}

func TestLinksAreExchangedByAButton(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		number := w.ask(w.Browser())
		token := string(w.pass(w.find(number)))
		b := w.Browser()
		for range 2 {
			page := b.Get("/l/" + token)
			if page.Status != 200 || len(page.Cookies) != 0 || page.Header.Get("Referrer-Policy") != "no-referrer" || page.Header.Get("Cache-Control") != "no-store" ||
				strings.Contains(page.Find("title").Text(), token) || strings.Contains(page.Body, number) {
				t.Errorf("looking: %d %v", page.Status, page.Header)
			}
			page.Find("a").Each(func(_ int, s *goquery.Selection) {
				if href := s.AttrOr("href", ""); strings.Contains(href, token) && !strings.HasPrefix(href, "/l/") {
					t.Errorf("the token leads on to %q", href)
				}
			})
		}
		opened := b.Post("/l/" + token)
		if opened.Location() != "/my/"+number {
			t.Fatalf("opening: %d to %q", opened.Status, opened.Location())
		}
		checkPassCookie(t, opened, "/my/"+number)
		if ok, err := w.people.Confirmed(context.Background(), w.find(number).CustomerID); err != nil || ok {
			t.Errorf("a link from a form confirms the address: %v %v", ok, err)
		}
		page := b.Get("/my/" + number)
		if !strings.Contains(page.Text("#secret-link"), "/l/"+token) {
			t.Errorf("the link on the page: %q", page.Text("#secret-link"))
		}
		b.Post("/my/" + number + "/revoke")
		if gone := w.Browser().Get("/l/" + token); gone.Status != http.StatusGone || gone.Find(`form[action="/track"]`).Length() != 1 {
			t.Errorf("a revoked link: %d", gone.Status)
		}
		if page = b.Get("/my/" + number + "?done=revoked"); page.Status != 200 || strings.Contains(page.Text("#secret-link"), token) {
			t.Errorf("after revoking: %d", page.Status)
		}
		for _, bad := range []string{"/l/x", "/f/x", "/l/" + strings.Repeat("a", 43), "/f/" + strings.Repeat("a", 43)} {
			if page := b.Get(bad); page.Status != http.StatusGone {
				t.Errorf("%s: %d", bad, page.Status)
			}
			if page := b.Post(bad); page.Status != http.StatusGone {
				t.Errorf("POST %s: %d", bad, page.Status)
			}
		}
		if left := b.Post("/my/leave", "number", number); left.Location() != "/track?done=left" {
			t.Errorf("leaving: %d %q", left.Status, left.Location())
		}
		if page := b.Get("/my/" + number); page.Status != http.StatusForbidden || page.Value("number") != number {
			t.Errorf("after leaving: %d", page.Status)
		}
		if strings.Contains(w.Log.String(), token) {
			t.Error("the token is in the log")
		}
	})
}

func TestTheFileShowsAllCases(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		first, second := w.ask(b), w.ask(b, "subject", "Abschlag zu hoch")
		w.ask(b, "email", "olaf@post.example", "subject", "Geheim")
		if page := b.Get("/my"); page.Status != 200 || page.Find(`form[action="/my/link"]`).Length() != 1 || strings.Contains(page.Body, "Abschlag") {
			t.Errorf("without a pass for the file: %d", page.Status)
		}
		webtest.Must(t, w.desk.Solved(context.Background(), access.Actor{Kind: access.Customer, ID: w.find(second).CustomerID, BrandID: w.brand}, w.find(second).ID))
		whole := w.Browser()
		w.enter(whole, w.find(first).CustomerID)
		page := whole.Get("/my")
		if got := page.Text(".own-case h3"); got != "Zähler springt nach dem Tausch Abschlag zu hoch" && got != "Zähler springt nach dem TauschAbschlag zu hoch" {
			t.Errorf("the file lists %q", got)
		}
		if page := whole.Get("/my/" + second); page.Status != 200 || page.Find("#secret-link").Length() != 0 {
			t.Errorf("a case of the file: %d", page.Status)
		}
		left := whole.Post("/my/leave")
		if len(left.Cookies) != 3 || whole.Get("/my").Find(".own-case").Length() != 0 {
			t.Errorf("leaving takes %d cookies", len(left.Cookies))
		}
		if page := whole.Get("/my?after=nonsense"); page.Status != 200 {
			t.Errorf("a wrong page of nothing: %d", page.Status)
		}
	})
}

// TestTrackingTellsNothing asks for links of what is there and what is not.
func TestTrackingTellsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		number := w.ask(w.Browser())
		b := w.Browser()
		var bodies []string
		for _, typed := range []string{strings.ToLower(strings.ReplaceAll(number, "-", " ")), "L-2222-22"} {
			sent := b.Post("/track", "number", typed)
			if sent.Location() != "/track?sent=case" {
				t.Fatalf("%q: %d to %q", typed, sent.Status, sent.Location())
			}
			bodies = append(bodies, b.Get(sent.Location()).Body)
		}
		for _, email := range []string{"heike.brandt@post.example", "niemand@post.example"} {
			if sent := b.Post("/my/link", "email", email); sent.Location() != "/track?sent=file" {
				t.Errorf("%s: %d to %q", email, sent.Status, sent.Location())
			}
		}
		if bodies[0] != bodies[1] {
			t.Error("the answer tells whether a case exists")
		}
		for path, field := range map[string][2]string{"/track": {"number", "Quatsch"}, "/my/link": {"email", "heike@"}} {
			if page := b.Post(path, field[0], field[1]); page.Status != 422 || page.Faults() != field[0] || page.Value(field[0]) != field[1] {
				t.Errorf("%s: %d, at fault %q", path, page.Status, page.Faults())
			}
		}
		var page *webtest.Page
		for range 4 {
			page = b.Post("/track", "number", "L-3333-33")
		}
		if page.Status != 429 || page.Value("number") != "L-3333-33" || page.Faults() != "number" {
			t.Errorf("too many: %d", page.Status)
		}
	})
}

func TestErasureAndMerging(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		first, second := w.ask(b), w.ask(b, "subject", "Noch einmal")
		b.Get("/my/" + first + "/erasure")
		b.Post("/my/" + first + "/erasure")
		if page := b.Get("/my/" + first); w.find(first).ErasureAt.IsZero() || !strings.Contains(page.Text("main"), "Sie haben um Löschung gebeten") {
			t.Error("the wish for erasure is not to be seen")
		}
		ctx := context.Background()
		webtest.Must(t, w.desk.Merge(ctx, w.ada, w.find(second).ID, w.find(first).ID))
		moved := b.Get("/my/" + second)
		if moved.Location() != "/my/"+first {
			t.Errorf("a merged case: %d to %q", moved.Status, moved.Location())
		}
		if page := b.Get("/my/" + strings.ToLower(first)); page.Status != 403 && page.Location() != "/my/"+first {
			t.Errorf("typed small: %d", page.Status)
		}
		olaf := w.Browser()
		theirs := w.ask(olaf, "email", "olaf@post.example", "subject", "Dasselbe")
		webtest.Must(t, w.desk.Merge(ctx, w.ada, w.find(theirs).ID, w.find(first).ID))
		page := olaf.Get("/my/" + theirs)
		if page.Status != 200 || strings.Contains(page.Body, "Zähler springt") || strings.Contains(page.Body, first) || !strings.Contains(page.Text("main"), "Service") {
			t.Errorf("merged into somebody else's: %d %q", page.Status, page.Text("main"))
		}
		if page := olaf.Post("/my/"+theirs+"/message", "text", "Hallo?"); page.Status != http.StatusConflict {
			t.Errorf("writing there: %d", page.Status)
		}
	})
}

// TestStatements holds the pages to their number of statements on SQLite, where
// brand, teams and settings are in memory.
func TestStatements(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		b := w.Browser()
		number := w.ask(b, "name", "Heike")
		b.Post("/my/"+number+"/message", "text", "Noch etwas")
		w.reply(number, "Guten Tag", desk.Answered)
		w.proposed(b, number)
		whole := w.Browser()
		w.enter(whole, w.find(number).CustomerID)
		for _, page := range []struct {
			b    *webtest.Browser
			path string
			most int64
		}{{b, "/ask", 0}, {b, "/my/" + number, 8}, {b, "/my/" + number + "?new=1", 8}, {whole, "/my", 5}, {whole, "/my/" + number, 8}} {
			page.b.Get(page.path)
			r := httptest.NewRequest("GET", webtest.BaseURL+page.path, nil)
			ctx, n := db.WithCounter(r.Context())
			got := page.b.Do(r.WithContext(ctx))
			if got.Status != 200 || n.Load() > page.most {
				t.Errorf("%s: %d, %d statements, at most %d", page.path, got.Status, n.Load(), page.most)
			}
		}
	})
}

// enter gives a browser a pass to a customer's whole file.
func (w *world) enter(b *webtest.Browser, customer ids.ID) {
	w.t.Helper()
	token := w.issue(access.Pass{BrandID: w.brand, CustomerID: customer, Origin: access.FromForm})
	if page := b.Post("/l/" + string(token)); page.Location() != "/my" {
		w.t.Fatalf("the file opens with %d to %q", page.Status, page.Location())
	}
}

// pass returns a secret link's token for a case.
func (w *world) pass(c desk.Case) ids.Token {
	w.t.Helper()
	return w.issue(access.Pass{BrandID: w.brand, CustomerID: c.CustomerID, CaseID: c.ID, Origin: access.FromForm})
}

func (w *world) issue(p access.Pass) (token ids.Token) {
	w.t.Helper()
	webtest.Must(w.t, w.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		token, err = w.passes.IssueTx(ctx, tx, p)
		return err
	}))
	return token
}

// TestTheFileOpensByMail follows the one-time link.
func TestTheFileOpensByMail(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		number := w.ask(w.Browser())
		customer := w.find(number).CustomerID
		var token ids.Token
		webtest.Must(t, w.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
			token, err = access.NewLinks(w.DB, w.Clock).Issue(ctx, tx, access.FileLink, customer, 30*time.Minute)
			return err
		}))
		b := w.Browser()
		for range 2 { // a mail scanner looks too
			if page := b.Get("/f/" + string(token)); page.Status != 200 || len(page.Cookies) != 0 || page.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("looking: %d %v", page.Status, page.Header)
			}
		}
		opened := b.Post("/f/" + string(token))
		if opened.Location() != "/my" {
			t.Fatalf("opening: %d to %q", opened.Status, opened.Location())
		}
		checkPassCookie(t, opened, "/my")
		if page := b.Get("/my"); page.Find(".own-case").Length() != 1 {
			t.Errorf("the file lists %q", page.Text("main"))
		}
		if ok, err := w.people.Confirmed(context.Background(), customer); err != nil || !ok {
			t.Errorf("the address is confirmed: %v %v", ok, err)
		}
		if again := w.Browser().Post("/f/" + string(token)); again.Status != http.StatusGone {
			t.Errorf("once more: %d", again.Status)
		}
	})
}
