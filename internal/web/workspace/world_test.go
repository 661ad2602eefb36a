package workspace_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/markup"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/staff"
	"lotse/internal/views"
	"lotse/internal/web"
	"lotse/internal/web/workspace"
)

// world is a whole desk behind its real web chain, with a clock that stands
// still and nothing at work in the background: what is taken in is brought to
// its case when the test says so, and nothing is sent.
type world struct {
	t       testing.TB
	db      *db.DB
	clock   *clock.Fixed
	hub     *live.Hub
	desk    *desk.Desk
	views   *views.Views
	intake  *intake.Intake
	outbox  *outbox.Outbox
	catalog *catalog.Catalog
	staff   *staff.Directory
	blobs   *blob.Folder
	pages   http.Handler
	brand   ids.ID
	account catalog.Account
	people  *people.People
	publish *publish.Publish
	service ids.ID // team everybody reads
	vault   ids.ID // restricted team
	mia     *browser
	jonas   *browser // lead, in no team
}

// letter is the wire form of the test's own mail.
type letter struct {
	ID, From, Name, Subject, Text, HTML string
	Refs                                []string
	Cc                                  []intake.Address
	Automation                          intake.Automation
	Parts                               []intake.Part
	Folds                               []markup.Fold
	Forwarded                           *intake.Forwarded
	Report                              *intake.Report
	Warnings                            []string
	Trust                               intake.Trust // what the checks say
}

type reader struct{}

func (reader) Read(_ context.Context, raw io.Reader, _ intake.Trace) (*intake.Incoming, error) {
	b, err := io.ReadAll(raw)
	if err != nil {
		return nil, err
	}
	var l letter
	if json.Unmarshal(b, &l) != nil {
		return nil, &intake.Unreadable{Reason: "not_mail"}
	}
	return &intake.Incoming{
		ExternalID: l.ID, References: l.Refs, Identity: sha256.Sum256([]byte(l.ID)), Subject: markup.CleanLine(l.Subject, 500),
		From: intake.Address{Kind: people.Email, Value: l.From, Name: markup.CleanLine(l.Name, 200)}, Text: markup.Clean(l.Text),
		HTML: markup.SanitizeMail(l.HTML), Automation: l.Automation, Language: "de", Parts: l.Parts,
		Folds: l.Folds, Cc: l.Cc, Forwarded: l.Forwarded, Report: l.Report, Warnings: l.Warnings,
	}, nil
}

// checks say what the letter tells them to.
type checks struct{}

func (checks) Check(_ context.Context, raw []byte, _ intake.Trace, _ *intake.Incoming) intake.Trust {
	var l letter
	if json.Unmarshal(raw, &l) != nil {
		return intake.Trust{}
	}
	return l.Trust
}

type noSender struct{}

func (noSender) Send(context.Context, outbox.Relay, outbox.Outgoing, func() error) (string, error) {
	return "", &outbox.SendError{Outcome: outbox.Rejected, Code: 550, Words: "5.1.1 no such mailbox"}
}

func onBoth(t *testing.T, f func(w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(newWorld(t, d)) })
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, db: d, clock: clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), hub: live.NewHub()}
	sealer, err := seal.Load(ctx, d, w.clock)
	must(t, err)
	w.blobs, err = blob.Open(t.TempDir())
	must(t, err)
	w.catalog = catalog.New(d, sealer, w.clock)
	w.staff = staff.New(d, sealer, w.clock, nil)
	jobs := queue.New(d, queue.Options{Log: log})
	w.desk = desk.New(d, sealer, w.clock, w.staff, w.hub, log)
	w.desk.SetEntries(w.catalog)
	w.views = views.New(d, sealer, w.clock, w.staff)
	w.desk.AddHook(w.views.Hook)
	ppl := people.New(d, sealer, w.clock)
	w.outbox = outbox.New(outbox.Parts{DB: d, Seal: sealer, Clock: w.clock, Queue: jobs, Hub: w.hub, Desk: w.desk, People: ppl,
		Catalog: w.catalog, Blobs: w.blobs, Senders: map[string]outbox.Sender{"email": noSender{}}, Log: log})
	must(t, jobs.Open(ctx))
	w.intake = intake.New(intake.Parts{DB: d, Seal: sealer, Clock: w.clock, Blobs: w.blobs, Hub: w.hub, Desk: w.desk, People: ppl,
		Accounts: w.catalog, Queue: jobs, Checks: checks{}, Sends: w.outbox, FirstTeam: func(context.Context, ids.ID) (ids.ID, error) { return w.service, nil }, Readers: map[string]intake.Reader{"email": reader{}},
		Token: func(b ids.ID, token string) (string, bool) { return outbox.CheckToken(sealer, b, token) }, Log: log})
	w.desk.SetForgetter(ppl.ForgetTx)
	w.people = ppl
	w.publish = publish.New(publish.Parts{DB: d, Seal: sealer, Clock: w.clock, Hub: w.hub, Teams: w.staff, People: ppl, Catalog: w.catalog, Record: w.desk})
	w.desk.AddHook(w.publish.Hook)
	kit := &web.Kit{Log: log, Clock: w.clock, Staff: w.staff, Catalog: w.catalog, BaseURL: "https://hilfe.lindenau.example",
		NeedsSetup: func(context.Context) (bool, error) { return false, nil }}
	kit.Brakes = w.outbox
	kit.Sessions = access.NewSessions(d, w.clock, access.SessionOptions{Failed: kit.Fail})
	mux := http.NewServeMux()
	workspace.New(workspace.Parts{Kit: kit, Desk: w.desk, Views: w.views, Outbox: w.outbox, Intake: w.intake, People: ppl,
		Hub: w.hub, Blobs: w.blobs, Seal: sealer, Publish: w.publish}).Routes(mux)
	mux.HandleFunc("POST /enter/{staff}", func(rw http.ResponseWriter, r *http.Request) {
		id, err := ids.Parse(r.PathValue("staff"))
		must(t, err)
		must(t, kit.Sessions.SignIn(r.Context(), rw, id))
	})
	w.pages = kit.Chain(mux)
	w.furnish(ctx)
	return w
}

func (w *world) furnish(ctx context.Context) {
	mia, jonas := ids.New(), ids.New()
	must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := w.catalog.ClaimBrandTx(ctx, tx, "main", catalog.BrandForm{Name: "Stadtwerke Lindenau", Language: "de"})
		if err != nil {
			return err
		}
		w.brand = b.ID
		form := staff.TeamForm{Name: "Service", Calendar: calendar.Default("DE-SN"), AnswerWithin: 8 * time.Hour}
		service, err := w.staff.CreateTeamTx(ctx, tx, b.ID, form)
		if err != nil {
			return err
		}
		form.Name, form.Restricted = "Datenschutz", true
		vault, err := w.staff.CreateTeamTx(ctx, tx, b.ID, form)
		if err != nil {
			return err
		}
		w.service, w.vault = service.ID, vault.ID
		for id, who := range map[ids.ID][]any{mia: {"mia@lindenau.example", "Mia Krüger", access.Agent}, jonas: {"jonas@lindenau.example", "Jonas Weber", access.Lead}} {
			_, err := tx.NewRaw("INSERT INTO staff (id, brand_id, email, name, role, password_hash, language, active, created_at) VALUES (?, ?, ?, ?, ?, 'x', 'de', true, 1)",
				id, b.ID, who[0], who[1], who[2]).Exec(ctx)
			if err != nil {
				return err
			}
		}
		if _, err := tx.NewRaw("INSERT INTO staff_teams (staff_id, team_id) VALUES (?, ?)", mia, w.service).Exec(ctx); err != nil {
			return err
		}
		w.account, err = w.catalog.CreateAccountTx(ctx, tx, b.ID, catalog.AccountForm{Address: "hilfe@lindenau.example", Name: "Lindenau",
			TeamID: w.service, Language: "de", Relay: catalog.RelaySettings{Host: "127.0.0.1", Port: 2526, Security: "none"}})
		return err
	}))
	w.mia, w.jonas = w.enter(mia), w.enter(jonas)
}

// browser is a signed-in staff member. It keeps its cookie and follows nothing
// by itself.
type browser struct {
	w      *world
	actor  access.Actor
	cookie *http.Cookie
}

func (w *world) enter(id ids.ID) *browser {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, httptest.NewRequest("POST", "/enter/"+id.String(), nil))
	a, err := w.staff.Actor(context.Background(), id)
	must(w.t, err)
	return &browser{w: w, actor: a, cookie: rec.Result().Cookies()[0]}
}

func (b *browser) do(r *http.Request) *http.Response {
	b.w.t.Helper()
	r.AddCookie(b.cookie)
	rec := httptest.NewRecorder()
	b.w.pages.ServeHTTP(rec, r)
	return rec.Result()
}

// get opens a page that must be there.
func (b *browser) get(path string) *goquery.Document {
	b.w.t.Helper()
	return b.page(b.do(httptest.NewRequest("GET", path, nil)), http.StatusOK)
}

func (b *browser) page(res *http.Response, status int) *goquery.Document {
	b.w.t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(b.w.t, err)
	if res.StatusCode != status {
		b.w.t.Fatalf("status %d, want %d (to %q):\n%.600s", res.StatusCode, status, res.Header.Get("Location"), body)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	must(b.w.t, err)
	checkPolicy(b.w.t, doc)
	return doc
}

// post sends a form as it is, form fields given as pairs.
func (b *browser) post(path string, fields ...string) *http.Response {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// goes posts a form that must succeed and opens the page it leads to.
func (b *browser) goes(path string, fields ...string) (string, *goquery.Document) {
	b.w.t.Helper()
	res := b.post(path, fields...)
	if res.StatusCode != http.StatusSeeOther {
		b.page(res, http.StatusSeeOther)
	}
	to := res.Header.Get("Location")
	page, _, _ := strings.Cut(to, "#")
	return to, b.get(page)
}

// arrive takes a letter in and waits until it is a case or parked.
func (w *world) arrive(l letter) {
	w.t.Helper()
	if l.ID == "" {
		l.ID = "letter-" + ids.New().String() + "@kunde.example"
	}
	raw, err := json.Marshal(l)
	must(w.t, err)
	w.accept(raw)
}

func (w *world) accept(raw []byte) {
	w.t.Helper()
	ctx := context.Background()
	must(w.t, w.intake.Accept(ctx, intake.Arrival{BrandID: w.brand, AccountID: w.account.ID, Channel: "email", Raw: raw,
		Trace: intake.Trace{From: "absender@kunde.example"}}))
	w.drain()
}

// drain lets the intake work until nothing waits.
func (w *world) drain() {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.intake.Run(ctx) })
	defer wg.Wait()
	defer stop()
	deadline := time.Now().Add(30 * time.Second)
	for {
		waiting, _, err := w.intake.Backlog(ctx)
		must(w.t, err)
		if waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("the intake does not come to an end")
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// add makes a case of a letter and returns it.
func (w *world) open(l letter) desk.Case {
	w.t.Helper()
	w.arrive(l)
	p, err := w.views.List(context.Background(), access.Lotse(w.brand), views.Filter{Scope: views.All})
	must(w.t, err)
	return w.find(p.Rows[0].Number)
}

func (w *world) find(number string) desk.Case {
	w.t.Helper()
	c, err := w.desk.Find(context.Background(), access.Lotse(w.brand), number)
	must(w.t, err)
	return c
}

func (w *world) file(number string) desk.File {
	w.t.Helper()
	f, err := w.desk.File(context.Background(), access.Lotse(w.brand), number)
	must(w.t, err)
	return f
}

// deliver sets what became of the deliveries of a case.
func (w *world) deliver(c desk.Case, state outbox.State, attempts int, code int, words string) {
	w.t.Helper()
	must(w.t, w.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw("UPDATE deliveries SET state = ?, attempts = ?, code = ?, words = ? WHERE case_id = ? AND kind = 1",
			state, attempts, code, []byte(words), c.ID).Exec(ctx)
		return err
	}))
}

// checkPolicy makes sure that a page needs nothing our content security policy
// forbids.
func checkPolicy(t testing.TB, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("style, [style], iframe, object, embed, base, meta[http-equiv]").Length(); n > 0 {
		t.Errorf("%d elements the policy forbids", n)
	}
	doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		if src, _ := s.Attr("src"); !strings.HasPrefix(src, "/assets/") || s.Text() != "" {
			t.Errorf("a script that is not ours: %q %.60q", src, s.Text())
		}
	})
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Get(0).Attr {
			value := strings.ToLower(strings.Map(printable, a.Val))
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") {
				t.Errorf("<%s %s=%q>", s.Get(0).Data, a.Key, a.Val)
			}
			if (a.Key == "src" || a.Key == "srcset") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "data:image/") {
				t.Errorf("<%s> loads %q", s.Get(0).Data, a.Val)
			}
		}
	})
}

func printable(r rune) rune {
	if r <= ' ' {
		return -1
	}
	return r
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
