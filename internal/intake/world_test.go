package intake_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

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
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/markup"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/views"
)

// world is the core of a desk: everything between an arrival and a send, with a
// reader and a sender of the test's own and a clock that stands still.
type world struct {
	t       *testing.T
	db      *db.DB
	clock   *clock.Fixed
	seal    *seal.Sealer
	desk    *desk.Desk
	views   *views.Views
	intake  *intake.Intake
	outbox  *outbox.Outbox
	queue   *queue.Queue
	people  *people.People
	passes  *access.Passes
	catalog *catalog.Catalog
	store   *blob.Folder
	files   string // folder of the blobs
	hub     *live.Hub
	sent    *sender
	account catalog.Account
	brand   ids.ID
	team    ids.ID
	staff   access.Actor
	stop    func()
}

type teams struct{}

// busyTeam takes longer to answer than all others.
var busyTeam = ids.New()

func (teams) AnswerBy(_ context.Context, team ids.ID, from time.Time) (time.Time, error) {
	if team == busyTeam {
		return from.Add(80 * time.Hour), nil
	}
	return from.Add(8 * time.Hour), nil
}
func (teams) Restricted(context.Context, ids.ID) (bool, error)                 { return false, nil }
func (teams) Assignable(context.Context, ids.ID, ids.ID, ids.ID) (bool, error) { return true, nil }

// letter is the wire form of the test's own channel.
type letter struct {
	ID, From, Name, Subject, Text string
	HTML                          string
	Refs, Tokens                  []string
	To, Cc                        []intake.Address
	Automation                    intake.Automation
	Poison                        bool
	Folds                         []markup.Fold
	Forwarded                     *intake.Forwarded
	Report                        *intake.Report
	DMARC                         intake.Verdict // what the checks say
	Check                         string         // "slow", "stuck" or "panic": what the checks do
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
	if l.Poison {
		panic("a bug in the reader")
	}
	return &intake.Incoming{
		ExternalID: l.ID, References: l.Refs, Tokens: l.Tokens, Identity: sha256.Sum256([]byte(l.ID + l.Text)),
		From: intake.Address{Kind: people.Email, Value: l.From, Name: l.Name}, Subject: l.Subject, Text: l.Text,
		To: l.To, Cc: l.Cc, HTML: markup.SanitizeMail(l.HTML), Automation: l.Automation, Language: "de", Folds: l.Folds, Forwarded: l.Forwarded, Report: l.Report,
	}, nil
}

// checks say what the letter tells them to.
type checks struct{}

func (checks) Check(ctx context.Context, raw []byte, _ intake.Trace, in *intake.Incoming) intake.Trust {
	var l letter
	if json.Unmarshal(raw, &l) != nil {
		return intake.Trust{}
	}
	switch l.Check {
	case "panic":
		panic("a bug in a check")
	case "slow":
		<-ctx.Done()
		return intake.Trust{DMARC: intake.TempError}
	case "stuck":
		select {}
	}
	if l.DMARC == intake.Fail {
		in.Warnings = append(in.Warnings, "mail.warning.charset_guessed")
	}
	return intake.Trust{DMARC: l.DMARC}
}

// sender records what is sent, and fails as it is told.
type sender struct {
	mu   sync.Mutex
	out  []outbox.Outgoing
	fail *outbox.SendError
	act  func(m outbox.Outgoing, commit func() error) error // does it instead; may be nil
}

func (s *sender) Send(_ context.Context, _ outbox.Relay, m outbox.Outgoing, commit func() error) (string, error) {
	s.mu.Lock()
	if act := s.act; act != nil {
		s.mu.Unlock()
		err := act(m, commit)
		if err == nil {
			s.took(m)
		}
		return "2.0.0 Ok: queued", err
	}
	defer s.mu.Unlock()
	if s.fail != nil && s.fail.Outcome != outbox.Uncertain {
		return "", s.fail
	}
	if err := commit(); err != nil {
		return "", err
	}
	if s.fail != nil {
		return "", s.fail
	}
	s.out = append(s.out, m)
	return "2.0.0 Ok: queued", nil
}

func (s *sender) took(m outbox.Outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(s.out, m)
}

func (s *sender) set(act func(m outbox.Outgoing, commit func() error) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.act = act
}

func (s *sender) all() []outbox.Outgoing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]outbox.Outgoing(nil), s.out...)
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, db: d, clock: clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), sent: &sender{}, team: ids.New()}
	var err error
	w.seal, err = seal.Load(ctx, d, w.clock)
	must(t, err)
	w.files = t.TempDir()
	w.store, err = blob.Open(w.files)
	must(t, err)
	cat := catalog.New(d, w.seal, w.clock)
	w.catalog, w.hub, w.passes = cat, live.NewHub(), access.NewPasses(d, w.clock)
	w.queue = queue.New(d, queue.Options{Log: log})
	w.desk = desk.New(d, w.seal, w.clock, teams{}, w.hub, log)
	w.views = views.New(d, w.seal, w.clock, teams{})
	w.desk.AddHook(w.views.Hook)
	w.people = people.New(d, w.seal, w.clock)
	w.desk.SetForgetter(w.people.ForgetTx)
	w.outbox = outbox.New(outbox.Parts{DB: d, Seal: w.seal, Clock: w.clock, Queue: w.queue, Hub: w.hub, Desk: w.desk, People: w.people,
		Catalog: cat, Blobs: w.store, Senders: map[string]outbox.Sender{"email": w.sent}, BaseURL: "https://hilfe.example:8443", Log: log})
	w.intake = intake.New(intake.Parts{DB: d, Seal: w.seal, Clock: w.clock, Blobs: w.store, Hub: w.hub, Desk: w.desk, People: w.people,
		Accounts: cat, Queue: w.queue, Checks: checks{}, Sends: w.outbox, Colleague: w.colleague, FirstTeam: func(context.Context, ids.ID) (ids.ID, error) { return w.team, nil },
		Readers: map[string]intake.Reader{"email": reader{}},
		Token:   func(b ids.ID, token string) (string, bool) { return outbox.CheckToken(w.seal, b, token) }, Log: log,
		Return:    func(token string) (ids.ID, bool) { return outbox.CheckReturnToken(w.seal, token) },
		SideToken: func(b ids.ID, token string) (string, bool) { return outbox.CheckSideToken(w.seal, b, token) }})
	must(t, w.queue.Open(ctx))
	w.furnish(ctx, cat)
	return w
}

// colleague knows Mia by her address.
func (w *world) colleague(_ context.Context, brand ids.ID, address string) (ids.ID, string, bool, error) {
	return w.staff.ID, w.staff.Name, brand == w.brand && address == "mia@lindenau.example", nil
}

// furnish adds brand, team, staff member and mailbox.
func (w *world) furnish(ctx context.Context, cat *catalog.Catalog) {
	staffID := ids.New()
	week, err := json.Marshal(calendar.Default("DE"))
	must(w.t, err)
	must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := cat.ClaimBrandTx(ctx, tx, "lindenau", catalog.BrandForm{Name: "Stadtwerke Lindenau", Language: "de"})
		if err != nil {
			return err
		}
		w.brand = b.ID
		for id, name := range map[ids.ID]string{w.team: "Service", busyTeam: "Abrechnung"} {
			if _, err := tx.NewRaw("INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, created_at) VALUES (?, ?, ?, ?, 480, 1)", id, b.ID, name, week).Exec(ctx); err != nil {
				return err
			}
		}
		if _, err := tx.NewRaw("INSERT INTO staff (id, brand_id, email, name, role, password_hash, language, active, created_at) VALUES (?, ?, 'mia@lindenau.example', 'Mia Krüger', 1, '', 'de', true, 1)", staffID, b.ID).Exec(ctx); err != nil {
			return err
		}
		w.account, err = cat.CreateAccountTx(ctx, tx, b.ID, catalog.AccountForm{Address: "hilfe@lindenau.example", Name: "Lindenau",
			TeamID: w.team, Language: "de", Relay: catalog.RelaySettings{Host: "127.0.0.1", Port: 2526, Security: "none"}})
		return err
	}))
	admin := access.Actor{Kind: access.Staff, ID: staffID, BrandID: w.brand, Role: access.Admin}
	must(w.t, catalog.UndoSeconds.Set(ctx, cat, admin, 1))
	w.staff = access.Actor{Kind: access.Staff, ID: staffID, BrandID: w.brand, Role: access.Agent, Teams: []ids.ID{w.team}, Name: "Mia Krüger"}
}

// start runs lanes and jobs until the test ends.
func (w *world) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.intake.Run(ctx) })
	must(w.t, w.queue.Start(ctx))
	w.stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		w.queue.Stop(context.Background())
	})
	w.t.Cleanup(w.stop)
}

func (w *world) arrive(l any) {
	w.t.Helper()
	raw, ok := l.([]byte)
	if !ok {
		var err error
		raw, err = json.Marshal(l)
		must(w.t, err)
	}
	must(w.t, w.intake.Accept(context.Background(), intake.Arrival{BrandID: w.brand, AccountID: w.account.ID, Channel: "email", Raw: raw}))
}

// settled waits until no envelope waits.
func (w *world) settled() {
	w.t.Helper()
	w.until("all envelopes are settled", func() bool {
		waiting, _, err := w.intake.Backlog(context.Background())
		must(w.t, err)
		return waiting == 0
	})
}

func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			w.t.Fatalf("gave up waiting until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (w *world) list() []views.Row {
	w.t.Helper()
	p, err := w.views.List(context.Background(), w.staff, views.Filter{Scope: views.All})
	must(w.t, err)
	return p.Rows
}

func (w *world) file(number string) desk.File {
	w.t.Helper()
	f, err := w.desk.File(context.Background(), w.staff, number)
	must(w.t, err)
	return f
}

func (w *world) deliveries(f desk.File) []outbox.Delivery {
	w.t.Helper()
	byMessage, err := w.outbox.ForFile(context.Background(), w.staff, f)
	must(w.t, err)
	var all []outbox.Delivery
	for _, m := range f.Messages {
		all = append(all, byMessage[m.ID]...)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// all returns every case, page by page.
func (w *world) all() []views.Row {
	w.t.Helper()
	var rows []views.Row
	f := views.Filter{Scope: views.All}
	for {
		p, err := w.views.List(context.Background(), w.staff, f)
		must(w.t, err)
		rows = append(rows, p.Rows...)
		if p.Next.IsZero() {
			return rows
		}
		f.After = p.Next
	}
}
