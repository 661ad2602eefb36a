package exchange_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/channel/email"
	"lotse/internal/desk"
	"lotse/internal/exchange"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/setup"
	"lotse/internal/staff"
	"lotse/internal/views"
)

const mailbox = "hilfe@lindenau.example"

// world is the core of a desk, with the real reader of mails, over a clock that
// stands still.
type world struct {
	t       *testing.T
	ctx     context.Context
	db      *db.DB
	folder  string
	clock   *clock.Fixed
	seal    *seal.Sealer
	blobs   *blob.Folder
	catalog *catalog.Catalog
	staff   *staff.Directory
	people  *people.People
	desk    *desk.Desk
	views   *views.Views
	intake  *intake.Intake
	publish *publish.Publish
	setup   *setup.Setup
	boss    access.Actor
	grid    ids.ID // a restricted team
	account catalog.Account
}

// newWorld is an empty desk.
func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), db: dbtest.Open(t, url), folder: t.TempDir(), clock: clock.NewFixed(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))}
	log, hub := slog.New(slog.DiscardHandler), live.NewHub()
	var err error
	w.seal, err = seal.Load(w.ctx, w.db, w.clock)
	w.must(err)
	w.blobs, err = blob.Open(filepath.Join(w.folder, "blobs"))
	w.must(err)
	w.catalog = catalog.New(w.db, w.seal, w.clock)
	w.staff = staff.New(w.db, w.seal, w.clock, nil)
	w.people = people.New(w.db, w.seal, w.clock)
	w.desk = desk.New(w.db, w.seal, w.clock, w.staff, hub, log)
	w.desk.SetEntries(w.catalog)
	w.views = views.New(w.db, w.seal, w.clock, w.staff)
	w.desk.AddHook(w.views.Hook)
	jobs := queue.New(w.db, queue.Options{Log: log, ByHand: true})
	outbox.New(outbox.Parts{DB: w.db, Seal: w.seal, Clock: w.clock, Queue: jobs, Hub: hub, Desk: w.desk, People: w.people, Catalog: w.catalog,
		Senders: map[string]outbox.Sender{}, Log: log})
	reader, err := email.New(channel.Env{Log: log, Clock: w.clock, Settings: map[string]string{"hostname": "desk.lindenau.example"}})
	w.must(err)
	w.intake = intake.New(intake.Parts{DB: w.db, Seal: w.seal, Clock: w.clock, Blobs: w.blobs, Hub: hub, Desk: w.desk, People: w.people, Accounts: w.catalog, Queue: jobs,
		Readers: map[string]intake.Reader{"email": reader}, Token: func(b ids.ID, token string) (string, bool) { return outbox.CheckToken(w.seal, b, token) }, Log: log})
	w.publish = publish.New(publish.Parts{DB: w.db, Seal: w.seal, Clock: w.clock, Hub: hub, Teams: w.staff, People: w.people, Catalog: w.catalog, Record: w.desk})
	w.desk.AddHook(w.publish.Hook)
	w.desk.SetForgetter(w.people.ForgetTx)
	w.people.OnConfirmed(w.publish.ConfirmedTx)
	w.setup = setup.New(w.db, w.seal, w.clock, w.staff, w.catalog, w.folder)
	w.must(jobs.Open(w.ctx))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.must(w.db.Write(w.ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw(query, args...).Exec(ctx)
		return err
	}))
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.db.Read().NewRaw(query, args...).Scan(w.ctx, &n))
	return n
}

func (w *world) exchange() exchange.Desk {
	return exchange.Desk{DB: w.db, Seal: w.seal, Blobs: w.blobs, Clock: w.clock, Program: "test", Log: slog.New(slog.DiscardHandler)}
}

// furnish sets up brand, teams, an administrator and a mailbox.
func (w *world) furnish() {
	w.t.Helper()
	code, err := w.setup.Code(w.ctx)
	w.must(err)
	made, err := w.setup.Run(w.ctx, setup.Form{Code: code, Name: "Mia Krüger", Email: "mia@lindenau.example", Password: "Laterne-Zaunkoenig-47", BrandName: "Stadtwerke Lindenau",
		Language: "de", Region: "DE-SN", Address: mailbox, RelayHost: "127.0.0.1", RelayPort: 2526, RelaySecurity: "none"}, "test")
	w.must(err)
	w.boss, err = w.staff.Actor(w.ctx, made.ID)
	w.must(err)
	accounts, err := w.catalog.Accounts(w.ctx, "email")
	w.must(err)
	w.account = accounts[0]
	grid, err := w.staff.CreateTeam(w.ctx, w.boss, staff.TeamForm{Name: "Netz", Calendar: calendar.Default("DE-SN"), AnswerWithin: time.Hour, Restricted: true})
	w.must(err)
	w.grid = grid.ID
	w.must(w.staff.SetTeams(w.ctx, w.boss, w.boss.ID, []ids.ID{w.boss.Teams[0], w.grid}))
	w.boss, err = w.staff.Actor(w.ctx, made.ID)
	w.must(err)
}

// mail is a mail with an attachment, as it comes in.
func mail(id, from, subject, text string, headers ...string) string {
	return strings.ReplaceAll(fmt.Sprintf(`From: %s <%s>
To: %s
Message-ID: <%s@post.example>
Date: Wed, 04 Mar 2026 10:11:12 +0100
Subject: %s
%sMIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

%s
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=Zettel.pdf

%%PDF %s
--b--
`, id, from, mailbox, id, subject, strings.Join(append(headers, ""), "\n"), text, text), "\n", "\r\n")
}

// arrives brings a mail to its case and returns that.
func (w *world) arrives(raw string) desk.Case {
	w.t.Helper()
	w.clock.Advance(time.Minute)
	w.must(w.intake.Accept(w.ctx, intake.Arrival{BrandID: w.account.BrandID, AccountID: w.account.ID, Channel: "email", Raw: []byte(raw)}))
	w.must(w.intake.Drain(w.ctx))
	var number string
	w.must(w.db.Read().NewRaw("SELECT c.number FROM cases AS c JOIN envelopes AS e ON e.case_id = c.id ORDER BY e.seq DESC LIMIT 1").Scan(w.ctx, &number))
	return w.find(number)
}

func (w *world) find(number string) desk.Case {
	w.t.Helper()
	c, err := w.desk.Find(w.ctx, access.Lotse(w.boss.BrandID), number)
	w.must(err)
	return c
}

// live fills the desk with one of everything.
func (w *world) live() {
	w.t.Helper()
	ctx := w.ctx
	w.exec("UPDATE brands SET logo = ?, logo_type = 'image/png', color = '#0b5563'", []byte{0x89, 'P', 'N', 'G', 0})
	w.must(catalog.UndoSeconds.Set(ctx, w.catalog, w.boss, 30))
	region, err := w.catalog.CreateEntry(ctx, w.boss, catalog.EntryForm{Kind: catalog.Region, Names: map[string]string{"de": "Landkreis <Lindenau> & Umland"}})
	w.must(err)
	town, err := w.catalog.CreateEntry(ctx, w.boss, catalog.EntryForm{Kind: catalog.Region, Names: map[string]string{"de": "Altstadt", "en": "Old town"}, ParentID: region.ID})
	w.must(err)
	w.exec("UPDATE entries SET id = ? WHERE id = ?", ids.ID{15: 1}, town.ID) // comes before its parent
	w.must(w.people.BlockAddress(ctx, w.boss, "lockvogel@werbung.example", "wirbt"))
	w.exec("UPDATE accounts SET receive = ? WHERE id = ?", []byte(`{"way":"imap","host":"imap.lindenau.example","port":993,"security":"tls","user":"hilfe","auth":"xoauth2","password":"password of a mailbox",
		"oauth":{"token_url":"https://login.example/","client_id":"lotse","client_secret":"password of a client","refresh_token":"password of a token"},"folder":"INBOX","since":"now"}`), w.account.ID)
	w.exec("UPDATE accounts SET relay = ?, signatures = ?, no_detail = true, sent_copy = true, sent_folder = 'Gesendet' WHERE id = ?", []byte(`{"host":"smtp.lindenau.example","port":587,"security":"starttls","user":"hilfe",
		"auth":"oauthbearer","password":"password of a relay","oauth":{"token_url":"https://login.example/","client_id":"lotse","client_secret":"password of another client","refresh_token":"password of another token"},"granted":{"access":"password of an hour"}}`),
		[]byte(`{"de":"Ihr {{team.name}}"}`), w.account.ID)
	w.exec("UPDATE teams SET sender_name = 'Netz', mailbox_id = ? WHERE id = (SELECT team_id FROM accounts WHERE id = ?)", w.account.ID, w.account.ID)
	w.exec("INSERT INTO mail_cursors (account_id, folder, uid_validity, uid, held, old_uid, started_at, changed_at) VALUES (?, 'Anträge', 4294967295, 17, '3,9:12', 5, 1, 2)", w.account.ID)
	w.exec("INSERT INTO hooks (id, brand_id, account_id, provider, name, secret, active, created_at) VALUES (?, ?, ?, 'mailgun', 'Post', ?, true, 1)", ids.New(), w.boss.BrandID, w.account.ID, []byte("password of a provider"))
	for i, account := range []ids.ID{{}, w.account.ID} {
		w.exec("INSERT INTO templates (id, brand_id, account_id, key, language, subject, text, changed_at, changed_by) VALUES (?, ?, ?, 'ack', 'de', 'Vorgang {{case.number}}', 'Danke.\u2028{{case.number}}', 3, ?)", ids.New(), w.boss.BrandID, account, w.boss.ID)
		w.exec("INSERT INTO template_changes (id, brand_id, account_id, key, language, subject, text, reset, changed_at) VALUES (?, ?, ?, 'ack', 'de', '', '', ?, 2)", ids.New(), w.boss.BrandID, account, i == 0)
	}
	w.exec("INSERT INTO digests (staff_id, brand_id, rhythm, next_at, changed_at) VALUES (?, ?, 2, 9, 1)", w.boss.ID, w.boss.BrandID)
	first := w.arrives(mail("m1", "anna@post.example", "Zähler", "Der Zähler springt.\u2028<b>&"))
	w.arrives(mail("m2", "anna@post.example", "Re: Zähler", "Noch etwas.", "In-Reply-To: <m1@post.example>"))
	second := w.arrives(mail("m3", "anna@post.example", "Zähler", "Noch ein Vorgang."))
	third := w.arrives(mail("m4", "bernd@post.example", "Leitung", strings.Repeat("Das Internet ist langsam. ", 20_000)))
	trashed := w.arrives(mail("m5", "bernd@post.example", "Werbung", "Kaufen!"))
	w.arrives("Subject: von niemandem\r\n\r\nohne Absender\r\n")
	w.must(w.desk.Trash(ctx, w.boss, trashed.ID))
	_, err = w.desk.Note(ctx, w.boss, first.ID, "Intern: *prüfen*")
	w.must(err)
	_, err = w.desk.Reply(ctx, w.boss, first.ID, desk.ReplyForm{Text: "Guten Tag, das ist **normal**."})
	w.must(err)
	side, _, err := w.desk.OpenSide(ctx, w.boss, first.ID, desk.SideForm{To: "werkstatt@huber.example", Name: "Huber", Subject: "Teil 4711", SideLetter: desk.SideLetter{Text: "Haben Sie das Teil?"}})
	w.must(err)
	w.must(w.desk.CloseSide(ctx, w.boss, side.ID))
	w.must(w.desk.HandOver(ctx, w.boss, third.ID, desk.HandOverForm{TeamID: w.grid, Reason: "nur das Netz"}))
	w.must(w.desk.Merge(ctx, w.boss, first.ID, second.ID)) // into a later one
	w.talk()
	w.exec("UPDATE deliveries SET state = 3, sent_at = 1, words = ?", []byte("2.0.0 Ok"))
	w.exec("UPDATE cases SET region_id = ? WHERE id = ?", ids.ID{15: 1}, second.ID)
}

// talk publishes three questions: one is changed, one withdrawn, one waits.
func (w *world) talk() {
	w.t.Helper()
	for i, name := range []string{"carla", "dora", "emil"} {
		c := w.arrives(mail("p"+name, name+"@post.example", "Frage", "Eine Frage zum Zähler."))
		customer := access.Actor{Kind: access.Customer, ID: c.CustomerID, BrandID: c.BrandID}
		if i < 2 {
			w.must(w.db.Write(w.ctx, func(ctx context.Context, tx *db.Tx) error {
				return w.people.ConfirmTx(ctx, tx, c.CustomerID, people.Email)
			}))
		}
		propose := func(title string) {
			p, _, err := w.publish.Propose(w.ctx, customer, c, publish.Draft{Title: title, Text: "Seit dem Tausch im Oktober springt der Stand um 30 kWh am Tag.", Language: "de"})
			w.must(err)
			if p.State == publish.PostReview {
				w.must(w.publish.Release(w.ctx, w.boss, p.ID, p.Version))
			}
		}
		propose("Warum springt mein Zähler nach dem Tausch?")
		switch i {
		case 0:
			_, err := w.publish.Answer(w.ctx, w.boss, c, "Der Sprung entsteht, weil der neue Zähler einmal am Tag einen Sammelwert meldet. Drücken Sie fünf Sekunden auf die Taste, dann zeigt er den Stand.")
			w.must(err)
			w.clock.Advance(time.Hour)
			propose("Warum springt der Zähler nach dem Tausch so?")
		case 1:
			w.must(w.publish.TakeBack(w.ctx, customer, c))
		}
	}
}
