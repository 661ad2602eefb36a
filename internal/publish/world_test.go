package publish_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/staff"
)

// world is a desk with one team, one colleague and what tests add, over a clock
// that stands still.
type world struct {
	t          *testing.T
	ctx        context.Context
	db         *db.DB
	clock      *clock.Fixed
	seal       *seal.Sealer
	hub        *live.Hub
	desk       *desk.Desk
	people     *people.People
	publish    *publish.Publish
	brand      ids.ID
	team       ids.ID
	other      ids.ID // another team
	restricted map[ids.ID]bool
	mia        access.Actor // agent of the team
	ole        access.Actor // lead, of no team
	spam       func(title, text string) (int64, bool)
	drawn      map[string]bool // case numbers
}

// number is a case number no other case has. Of a hundred, two are the same once in some
// hundred thousand worlds.
func (w *world) number() string {
	n := ids.NewNumber()
	for w.drawn[n] {
		n = ids.NewNumber()
	}
	w.drawn[n] = true
	return n
}

// AnswerBy, Restricted, Assignable and Team make the world the directory of
// teams.
func (w *world) AnswerBy(_ context.Context, _ ids.ID, from time.Time) (time.Time, error) {
	return from.Add(8 * time.Hour), nil
}

func (w *world) Restricted(_ context.Context, team ids.ID) (bool, error) {
	return w.restricted[team], nil
}

func (w *world) Assignable(context.Context, ids.ID, ids.ID, ids.ID) (bool, error) { return true, nil }

func (w *world) Team(_ context.Context, _ access.Actor, id ids.ID) (staff.Team, error) {
	return staff.Team{ID: id, BrandID: w.brand, Name: "Service"}, nil
}

// each runs a test in a world on each database.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, newWorld(t, d)) })
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), db: d, clock: clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		hub: live.NewHub(), restricted: map[ids.ID]bool{}, drawn: map[string]bool{}, spam: func(string, string) (int64, bool) { return 0, false }}
	var err error
	w.seal, err = seal.Load(w.ctx, d, w.clock)
	must(t, err)
	cat := catalog.New(d, w.seal, w.clock)
	w.people = people.New(d, w.seal, w.clock)
	w.desk = desk.New(d, w.seal, w.clock, w, w.hub, slog.New(slog.DiscardHandler))
	w.publish = publish.New(publish.Parts{DB: d, Seal: w.seal, Clock: w.clock, Hub: w.hub, Teams: w, People: w.people, Catalog: cat,
		Record: w.desk, Spam: func(title, text string) (int64, bool) { return w.spam(title, text) }})
	w.desk.AddHook(w.publish.Hook)
	w.desk.SetForgetter(w.people.ForgetTx)
	w.people.OnConfirmed(w.publish.ConfirmedTx)
	w.write(func(ctx context.Context, tx *db.Tx) error {
		b, err := cat.ClaimBrandTx(ctx, tx, "lindenau", catalog.BrandForm{Name: "Stadtwerke Lindenau", Language: "de"})
		w.brand = b.ID
		return err
	})
	w.team, w.other = w.addTeam("Service"), w.addTeam("Technik")
	w.mia = w.addStaff("Mia Krüger", access.Agent, w.team)
	w.ole = w.addStaff("Ole Harms", access.Lead)
	return w
}

func (w *world) write(f func(ctx context.Context, tx *db.Tx) error) {
	w.t.Helper()
	must(w.t, w.db.Write(w.ctx, f))
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw(sql, args...).Exec(ctx)
		return err
	})
}

func (w *world) addTeam(name string) ids.ID {
	w.t.Helper()
	week, err := json.Marshal(calendar.Default("DE"))
	must(w.t, err)
	id := ids.New()
	w.exec("INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, created_at) VALUES (?, ?, ?, ?, 480, 1)", id, w.brand, name, week)
	return id
}

func (w *world) addStaff(name string, role access.Role, teams ...ids.ID) access.Actor {
	w.t.Helper()
	a := access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: w.brand, Role: role, Teams: teams, Name: name}
	w.exec("INSERT INTO staff (id, brand_id, email, name, role, password_hash, language, active, created_at) VALUES (?, ?, ?, ?, ?, '', 'de', true, 1)",
		a.ID, w.brand, a.ID.String()+"@lindenau.example", name, role)
	return a
}

// asker is a customer with one case.
type asker struct {
	access.Actor
	c     desk.Case
	first desk.Message
}

// addAsker makes a customer with a confirmed address, and a case.
func (w *world) addAsker(name, email string) asker {
	w.t.Helper()
	id := ids.New()
	w.exec("INSERT INTO customers (id, brand_id, name, language, created_at) VALUES (?, ?, ?, 'de', 1)", id, w.brand, w.seal.Seal(id, name))
	w.exec("INSERT INTO identities (id, brand_id, customer_id, kind, lookup, value, confirmed_at, created_at) VALUES (?, ?, ?, 'email', ?, ?, 1, 1)",
		ids.New(), w.brand, id, []byte(email), w.seal.Seal(id, email))
	a := asker{Actor: access.Actor{Kind: access.Customer, ID: id, BrandID: w.brand}}
	a.c, a.first = w.addCase(id)
	return a
}

func (w *world) addCase(customer ids.ID) (desk.Case, desk.Message) {
	w.t.Helper()
	c := desk.Case{ID: ids.New(), BrandID: w.brand, Number: w.number(), Subject: "AW: Zähler springt nach dem Tausch", State: desk.Open,
		TeamID: w.team, CustomerID: customer, Channel: "web", Language: "de", Version: 1, Messages: 1, CreatedAt: clock.Now(w.clock), ChangedAt: clock.Now(w.clock)}
	w.exec("INSERT INTO cases (id, brand_id, number, subject, state, team_id, customer_id, channel, language, version, messages, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'web', 'de', 1, 1, ?, ?)",
		c.ID, w.brand, c.Number, w.seal.Seal(customer, c.Subject), c.State, w.team, customer, c.CreatedAt, c.ChangedAt)
	w.exec("INSERT INTO participants (case_id, customer_id) VALUES (?, ?)", c.ID, customer)
	return c, desk.Message{ID: ids.New(), BrandID: w.brand, CaseID: c.ID, Kind: desk.Inbound}
}

func (w *world) unconfirm(customer ids.ID) {
	w.exec("UPDATE identities SET confirmed_at = NULL WHERE customer_id = ?", customer)
}

func (w *world) confirm(customer ids.ID) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *db.Tx) error { return w.people.ConfirmTx(ctx, tx, customer, people.Email) })
}

const (
	title      = "Warum springt mein Zähler nach dem Tausch?"
	text       = "Seit dem Tausch im Oktober springt der Stand um 30 kWh am Tag.\nIst das normal?"
	goodAnswer = "Der Sprung entsteht, weil der neue Zähler einmal am Tag einen Sammelwert meldet. Drücken Sie fünf Sekunden auf die Taste, dann zeigt er den Stand. Der Verbrauch bleibt gleich, wir haben es am 20.11.2026 geprüft."
	referral   = "Bitte schreiben Sie uns dazu eine private Nachricht."
)

func draft() publish.Draft { return publish.Draft{Title: title, Text: text, Language: "de"} }

// propose lets a customer publish and returns the post.
func (w *world) propose(a asker, d publish.Draft) publish.Post {
	w.t.Helper()
	post, _, err := w.publish.Propose(w.ctx, a.Actor, a.c, d)
	must(w.t, err)
	return post
}

// published returns a customer whose question is shown.
func (w *world) published(name string) (asker, publish.Page) {
	w.t.Helper()
	a := w.addAsker(name, strings.ToLower(strings.ReplaceAll(name, " ", "."))+"@post.example")
	return a, w.release(a, draft())
}

// release publishes a draft for the customer's case, with a look if it needs one.
func (w *world) release(a asker, d publish.Draft) publish.Page {
	w.t.Helper()
	post := w.propose(a, d)
	if post.State == publish.PostReview {
		must(w.t, w.publish.Release(w.ctx, w.mia, post.ID, post.Version))
	}
	return w.page(w.ofCase(a).Key)
}

func (w *world) ofCase(a asker) *publish.CaseThread {
	w.t.Helper()
	t, err := w.publish.OfCase(w.ctx, a.Actor, a.c)
	must(w.t, err)
	if t == nil {
		w.t.Fatal("the case has no thread")
	}
	return t
}

func (w *world) page(key string) publish.Page {
	w.t.Helper()
	page, err := w.publish.Thread(w.ctx, w.brand, key)
	must(w.t, err)
	return page
}

func (w *world) answer(a asker, words string) publish.Post {
	w.t.Helper()
	post, err := w.publish.Answer(w.ctx, w.mia, a.c, words)
	must(w.t, err)
	return post
}

// public is all that anybody can read, as one text.
func (w *world) public(keys ...string) string {
	w.t.Helper()
	var all []any
	add := func(v any, err error) {
		if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Gone) {
			w.t.Fatal(err)
		}
		all = append(all, v)
	}
	for _, key := range keys {
		page, err := w.publish.Thread(w.ctx, w.brand, key)
		add(page, err)
	}
	latest, err := w.publish.Latest(w.ctx, w.brand, publish.Filter{})
	add(latest, err)
	unanswered, err := w.publish.Unanswered(w.ctx, w.brand, publish.Cursor{})
	add(unanswered, err)
	sitemap, _, err := w.publish.Sitemap(w.ctx, w.brand, publish.Cursor{}, 1000)
	add(sitemap, err)
	var threads []ids.ID
	must(w.t, w.db.Read().NewRaw("SELECT id FROM threads").Scan(w.ctx, &threads))
	cards, err := w.publish.Cards(w.ctx, w.brand, threads)
	add(cards, err)
	add(w.docs(), nil)
	return fmt.Sprintf("%+v", all)
}

// kinds returns the kinds of event of a case, in order.
func (w *world) kinds(c desk.Case) []string {
	w.t.Helper()
	var kinds []string
	must(w.t, w.db.Read().NewRaw("SELECT kind FROM events WHERE case_id = ? ORDER BY seq", c.ID).Scan(w.ctx, &kinds))
	return kinds
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != kind {
		t.Errorf("error %v, want one of kind %d", err, kind)
	}
}
