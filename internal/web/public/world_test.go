package public

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/search"
	"lotse/internal/staff"
	"lotse/internal/web"
)

const baseURL = "https://hilfe.lindenau.example"

// world is what the public pages stand on: a real publish over a real database,
// behind the real chain.
type world struct {
	t       testing.TB
	db      *db.DB
	clock   clock.Clock
	hub     *live.Hub
	log     bytes.Buffer
	publish *publish.Publish
	catalog *catalog.Catalog
	staff   *staff.Directory
	pages   *Pages
	handler http.Handler
	brand   ids.ID
	team    ids.ID
	mia     access.Actor
	cases   int
}

// known answers what publish asks about customers: their address is confirmed.
type known struct{}

func (known) Get(context.Context, access.Actor, ids.ID) (people.Customer, error) {
	return people.Customer{}, nil
}
func (known) Confirmed(context.Context, ids.ID) (bool, error) { return true, nil }

// shelfOf is an index of one's own making: it finds what it was told.
type shelfOf struct {
	hits []search.Hit
	err  error
	last search.Query
}

func (s *shelfOf) Find(_ context.Context, q search.Query) ([]search.Hit, error) {
	s.last = q
	return s.hits, s.err
}

var today = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func onBoth(t *testing.T, f func(t *testing.T, w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, newWorld(t, d, clock.NewFixed(today), live.NewHub())) })
}

func newWorld(t testing.TB, d *db.DB, c clock.Clock, hub *live.Hub) *world {
	t.Helper()
	w := &world{t: t, db: d, clock: c, hub: hub}
	ctx := context.Background()
	sealer, err := seal.Load(ctx, d, c)
	must(t, err)
	w.catalog = catalog.New(d, sealer, c)
	w.staff = staff.New(d, sealer, c, nil)
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	w.publish = publish.New(publish.Parts{DB: d, Seal: sealer, Clock: c, Hub: hub, Teams: w.staff, People: known{}, Catalog: w.catalog,
		Record: desk.New(d, sealer, c, w.staff, hub, log), Portraits: w.staff})
	kit := &web.Kit{Log: log, Clock: c, Staff: w.staff, Catalog: w.catalog, BaseURL: baseURL, Secure: true,
		NeedsSetup: func(context.Context) (bool, error) { return false, nil }}
	kit.Sessions = access.NewSessions(d, c, access.SessionOptions{Failed: kit.Fail})
	w.pages = New(Parts{Publish: w.publish, Catalog: w.catalog, Hub: hub, Clock: c, BaseURL: baseURL, Alone: !d.Postgres(), Fail: kit.Fail, Log: log})
	w.handler = kit.Chain(http.NotFoundHandler(), w.pages.Routes)
	return w
}

// furnish makes a brand, a team and Mia, who answers.
func (w *world) furnish() *world {
	w.t.Helper()
	must(w.t, w.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		b, err := w.catalog.ClaimBrandTx(ctx, tx, "main", catalog.BrandForm{Name: "Stadtwerke Lindenau", Language: "de"})
		if err != nil {
			return err
		}
		team, err := w.staff.CreateTeamTx(ctx, tx, b.ID, staff.TeamForm{Name: "Kundenservice", Calendar: calendar.Default("DE-SN"), AnswerWithin: 8 * time.Hour})
		if err != nil {
			return err
		}
		w.brand, w.team = b.ID, team.ID
		w.mia = access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: b.ID, Role: access.Agent, Teams: []ids.ID{team.ID}, Name: "Mia Krüger"}
		_, err = tx.NewRaw("INSERT INTO staff (id, brand_id, email, name, role, password_hash, language, active, created_at) VALUES (?, ?, 'mia@lindenau.example', ?, ?, 'x', 'de', true, 1)",
			w.mia.ID, b.ID, w.mia.Name, w.mia.Role).Exec(ctx)
		return err
	}))
	return w
}

// asked is a case of a customer of its own.
type asked struct {
	c     desk.Case
	owner access.Actor
	post  publish.Post
	key   string
	id    ids.ID // of the thread
}

// newCase makes a case nobody but its customer knows of.
func (w *world) newCase(language string) asked {
	w.t.Helper()
	w.cases++
	customer := ids.New()
	c := desk.Case{ID: ids.New(), BrandID: w.brand, Number: ids.NewNumber(), TeamID: w.team, CustomerID: customer, Language: language, State: desk.Open}
	must(w.t, w.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.NewRaw("INSERT INTO customers (id, brand_id, name, language, created_at) VALUES (?, ?, ?, 'de', 1)", customer, w.brand, []byte("x")).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw("INSERT INTO cases (id, brand_id, number, subject, state, team_id, customer_id, channel, language, version, messages, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'web', ?, 1, 0, 1, 1)",
			c.ID, w.brand, c.Number, []byte("x"), c.State, w.team, customer, language).Exec(ctx)
		return err
	}))
	return asked{c: c, owner: access.Actor{Kind: access.Customer, ID: customer, BrandID: w.brand}}
}

// ask publishes a question: its customer proposes it and Mia releases it.
func (w *world) ask(d publish.Draft) asked {
	w.t.Helper()
	if d.Language == "" {
		d.Language = "de"
	}
	a := w.newCase(d.Language)
	ctx := context.Background()
	post, _, err := w.publish.Propose(ctx, a.owner, a.c, d)
	must(w.t, err)
	if post.State != publish.PostShown {
		must(w.t, w.publish.Release(ctx, w.mia, post.ID, post.Version))
	}
	thread, err := w.publish.OfCase(ctx, a.owner, a.c)
	must(w.t, err)
	a.key, a.id, a.post = thread.Key, thread.ID, thread.Question()
	return a
}

const goodAnswer = "Den Zählerstand lesen Sie am Display ab: Drücken Sie zweimal die **blaue Taste**, " +
	"bis 1.8.0 erscheint, und notieren Sie die Zahl vor dem Komma. Melden Sie sie bis zum Monatsende im Formular."

func (w *world) answer(a asked, text string) publish.Post {
	w.t.Helper()
	post, err := w.publish.Answer(context.Background(), w.mia, a.c, text)
	must(w.t, err)
	return post
}

var zaehler = publish.Draft{Title: "Wie lese ich den neuen Stromzähler ab?", AuthorName: "Frau K.",
	Text: "Wir haben seit Montag einen digitalen Zähler & ich finde den Stand nicht.\n\nWelche Zahl muss ich melden?"}

// path is the address of the thread's page in a language.
func (w *world) path(a asked, locale string) string {
	w.t.Helper()
	page, err := w.publish.Thread(context.Background(), w.brand, a.key)
	must(w.t, err)
	return "/" + locale + strings.TrimPrefix(page.Path(), "/"+page.Language)
}

// get asks for a page; headers are names and values.
func (w *world) get(path string, headers ...string) *http.Response {
	w.t.Helper()
	return w.do(http.MethodGet, path, headers...)
}

func (w *world) do(method, path string, headers ...string) *http.Response {
	w.t.Helper()
	r := httptest.NewRequest(method, baseURL+path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	res := rec.Result()
	if len(res.Cookies()) > 0 {
		w.t.Errorf("%s sets a cookie", path)
	}
	return res
}

// page asks for a page that must be there and is what pages must be.
func (w *world) page(path string) *goquery.Document {
	w.t.Helper()
	res := w.get(path)
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: status %d, leads to %q\n%s", path, res.StatusCode, res.Header.Get("Location"), w.log.String())
	}
	return w.document(path, res)
}

func (w *world) document(path string, res *http.Response) *goquery.Document {
	w.t.Helper()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	must(w.t, err)
	w.check(path, doc)
	return doc
}

// check finds what no public page may have.
func (w *world) check(path string, doc *goquery.Document) {
	w.t.Helper()
	if n := doc.Find("h1").Length(); n != 1 {
		w.t.Errorf("%s: %d h1", path, n)
	}
	if n := doc.Find("main").Length(); n != 1 {
		w.t.Errorf("%s: %d main", path, n)
	}
	if n := doc.Find("style, [style], script:not([src]):not([type='application/ld+json'])").Length(); n > 0 {
		w.t.Errorf("%s: %d inline scripts or styles", path, n)
	}
	level := 1
	doc.Find("main").Find("h1, h2, h3, h4").Each(func(_ int, s *goquery.Selection) {
		now := int(goquery.NodeName(s)[1] - '0')
		if now > level+1 {
			w.t.Errorf("%s: heading %q jumps from h%d to h%d", path, s.Text(), level, now)
		}
		level = now
	})
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] {
			w.t.Errorf("%s: id %q stands twice", path, id)
		}
		seen[id] = true
	})
	doc.Find("[src], [href], [action], [formaction]").Each(func(_ int, s *goquery.Selection) {
		for _, name := range []string{"src", "href", "action", "formaction"} {
			to, ok := s.Attr(name)
			absolute := s.Is("link[rel=canonical], link[rel=alternate]") && strings.HasPrefix(to, baseURL+"/")
			if ok && !absolute && (!strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "#") || strings.HasPrefix(to, "//")) {
				w.t.Errorf("%s: %s=%q leads away", path, name, to)
			}
		}
	})
	if gap := strings.Index(doc.Find("body").Text(), "public."); gap >= 0 {
		w.t.Errorf("%s: a text is missing: %.60s", path, doc.Find("body").Text()[gap:])
	}
}

// text is what a selector finds, with single spaces.
func text(doc *goquery.Document, selector string) string {
	return strings.Join(strings.Fields(doc.Find(selector).Text()), " ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
