package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/staff"
)

// fleet is an outbox over real mailboxes, with teams and a noticeboard of its own.
type fleet struct {
	*Outbox
	t          *testing.T
	ctx        context.Context
	clock      *clock.Fixed
	brand      ids.ID
	team, home ids.ID // a team, and the one every mailbox belongs to
	teams      map[ids.ID]staff.Team
	noted      []mailbox.Result
	recovers   bool
	copied     int // jobs to keep a copy
}

func (f *fleet) Team(_ context.Context, a access.Actor, id ids.ID) (staff.Team, error) {
	team, ok := f.teams[id]
	if !ok {
		return staff.Team{}, errs.New(errs.NotFound, "staff.team.not_found")
	}
	return team, nil
}

func (f *fleet) NoteSending(_ context.Context, _ ids.ID, _ mailbox.Part, r mailbox.Result) (bool, error) {
	f.noted = append(f.noted, r)
	return f.recovers, nil
}

func newFleet(t *testing.T, d *db.DB) *fleet {
	t.Helper()
	f := &fleet{t: t, ctx: t.Context(), clock: clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), team: ids.New(), home: ids.New(), teams: map[ids.ID]staff.Team{}}
	s, err := seal.Load(f.ctx, d, f.clock)
	f.must(err)
	cat := catalog.New(d, s, f.clock)
	q := queue.New(d, queue.Options{ByHand: true})
	f.Outbox = &Outbox{Parts: Parts{DB: d, Seal: s, Clock: f.clock, Queue: q, Catalog: cat, Teams: f, Boxes: f, Log: slog.New(slog.DiscardHandler)}, rests: newRests()}
	queue.Register(q, func(context.Context, sendArgs) error { return nil })
	queue.Register(q, func(context.Context, copyArgs) error { f.copied++; return nil })
	f.must(d.Write(f.ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := cat.ClaimBrandTx(ctx, tx, "main", catalog.BrandForm{Name: "Lindenau", Language: "de"})
		if err != nil {
			return err
		}
		f.brand = b.ID
		_, err = tx.ExecContext(ctx, "INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, restricted, created_at) VALUES (?, ?, 'T', ?, 1, ?, 1)", f.home, b.ID, []byte("{}"), false)
		return err
	}))
	return f
}

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// mailbox adds a mailbox; change may spoil its form.
func (f *fleet) mailbox(address string, change func(*catalog.AccountForm)) ids.ID {
	f.t.Helper()
	f.clock.Advance(time.Second) // the oldest is the first
	form := catalog.AccountForm{TeamID: f.home, Address: address, Name: "Name von " + address, Language: "de", Relay: catalog.RelaySettings{Host: "smtp.example", Port: 587, Security: catalog.StartTLS}}
	if change != nil {
		change(&form)
	}
	made, err := f.Catalog.CreateAccount(f.ctx, f.admin(), form)
	f.must(err)
	return made.ID
}

func (f *fleet) admin() access.Actor {
	return access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: f.brand, Role: access.Admin}
}

func TestIdentity(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFleet(t, d)
		if _, _, err := f.identity(f.ctx, desk.Case{BrandID: f.brand, Channel: desk.Web}); !noAccount(err) {
			t.Errorf("without a mailbox: %v", err)
		}
		first, second, off := f.mailbox("eins@lindenau.example", nil), f.mailbox("zwei@lindenau.example", nil), f.mailbox("aus@lindenau.example", nil)
		_, err := f.Catalog.SetAccountActive(f.ctx, f.admin(), off, false)
		f.must(err)
		silent, plain, gone := ids.New(), ids.New(), ids.New()
		f.teams[f.team] = staff.Team{ID: f.team, SenderName: "Netz", MailboxID: second}
		f.teams[plain] = staff.Team{ID: plain, SenderName: "Abo"}
		f.teams[silent] = staff.Team{ID: silent, MailboxID: off}
		f.teams[gone] = staff.Team{ID: gone, MailboxID: ids.New()}
		for name, c := range map[string]struct {
			team, account, want ids.ID
			sender              string
		}{
			"the one it came in by":      {ids.ID{}, second, second, "Name von zwei@lindenau.example"},
			"a page: the first":          {ids.ID{}, ids.ID{}, first, "Name von eins@lindenau.example"},
			"the team's":                 {f.team, first, second, "Netz"},
			"a team with a name only":    {plain, second, second, "Abo"},
			"the team's is off":          {silent, second, second, "Name von zwei@lindenau.example"},
			"the team's is gone":         {gone, ids.ID{}, first, "Name von eins@lindenau.example"},
			"the one it came in by: off": {plain, off, first, "Abo"},
			"a team nobody knows":        {ids.New(), second, second, "Name von zwei@lindenau.example"},
		} {
			account, sender, err := f.identity(f.ctx, desk.Case{BrandID: f.brand, TeamID: c.team, AccountID: c.account, Channel: catalog.Email})
			if err != nil || account.ID != c.want || sender != c.sender {
				t.Errorf("%s: %s as %q, %v", name, account.Address, sender, err)
			}
		}
		for _, id := range []ids.ID{first, second} {
			_, err := f.Catalog.SetAccountActive(f.ctx, f.admin(), id, false)
			f.must(err)
		}
		if account, _, err := f.identity(f.ctx, desk.Case{BrandID: f.brand, AccountID: second, Channel: catalog.Email}); err != nil || account.ID != second {
			t.Errorf("all are off: %s, %v", account.Address, err)
		}
	})
}

func TestAnswersTo(t *testing.T) {
	f := newFleet(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	only := func(way string) func(*catalog.AccountForm) {
		return func(form *catalog.AccountForm) { form.Receive = catalog.ReceiveSettings{Way: way} }
	}
	sends := f.mailbox("nur-versand@lindenau.example", only(catalog.ByNone))
	account, err := f.Catalog.Account(f.ctx, sends)
	f.must(err)
	if to, err := f.answersTo(f.ctx, account); err != nil || to.ID != sends {
		t.Errorf("there is no other: %s, %v", to.Address, err)
	}
	takes := f.mailbox("hilfe@lindenau.example", only(catalog.BySMTP))
	if to, err := f.answersTo(f.ctx, account); err != nil || to.ID != takes {
		t.Errorf("answers to one that only sends come to %s, %v", to.Address, err)
	}
	account, err = f.Catalog.Account(f.ctx, takes)
	f.must(err)
	if to, err := f.answersTo(f.ctx, account); err != nil || to.ID != takes || detailed(to, "x-1") != "hilfe+x-1@lindenau.example" {
		t.Errorf("one that receives: %s, %v", to.Address, err)
	}
	account.Address = "kundenservice-und-beratung-fuer-haushalte@lindenau.example"
	if token := ReplyToken(f.Seal, f.brand, "L-4F7K-92"); detailed(account, token) != account.Address {
		t.Errorf("%s is longer than an address may be (RFC 5321 §4.5.3.1.1)", detailed(account, token))
	}
	account.Address = "hilfe@lindenau.example"
	if account.NoDetail = true; detailed(account, "x-1") != "hilfe@lindenau.example" {
		t.Error("a provider without additions gets one")
	}
}

func TestReturnsTo(t *testing.T) {
	relay := catalog.RelaySettings{Host: "relay.lindenau.example", Port: 587, User: "desk"}
	sends := catalog.Account{Address: "nur-versand@lindenau.example", Relay: relay}
	for name, c := range map[string]struct {
		answers catalog.Account
		other   bool
	}{
		"same sign-in":   {catalog.Account{Address: "hilfe@Lindenau.example", Relay: relay}, true},
		"another domain": {catalog.Account{Address: "hilfe@netz.example", Relay: relay}, false},
		"another user":   {catalog.Account{Address: "hilfe@lindenau.example", Relay: catalog.RelaySettings{Host: relay.Host, Port: 587, User: "hilfe"}}, false},
		"another relay":  {catalog.Account{Address: "hilfe@lindenau.example", Relay: catalog.RelaySettings{Host: "other.example", Port: 587, User: "desk"}}, false},
	} {
		if got := returnsTo(sends, c.answers); (got.Address == c.answers.Address) != c.other {
			t.Errorf("%s: it comes back to %s", name, got.Address)
		}
	}
}

// delivery stores one in a state and returns it.
func (f *fleet) delivery(account ids.ID, change func(*deliveryRow)) deliveryRow {
	f.t.Helper()
	now := clock.Now(f.clock)
	row := deliveryRow{ID: ids.New(), BrandID: f.brand, AccountID: account, Kind: ReplyKind, Channel: catalog.Email, Address: []byte{}, AddressLookup: []byte{}, Content: []byte{}, Words: []byte{},
		State: Queued, Attempts: 1, NextAt: now.Add(time.Hour), CreatedAt: now}
	if change != nil {
		change(&row)
	}
	f.must(f.DB.Write(f.ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx)
		return err
	}))
	return row
}

func TestNoteSending(t *testing.T) {
	f := newFleet(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	account := ids.New()
	for name, c := range map[string]struct {
		e    *SendError
		want string
	}{
		"it went well":        {nil, "ok"},
		"the mail is refused": {&SendError{Outcome: Rejected, Code: 550}, "ok"},
		"greylisted":          {&SendError{Outcome: Retry, Code: 450}, "ok"},
		"not even tried":      {&SendError{Outcome: Retry, Cause: errors.New("disk")}, ""},
		"the password":        {&SendError{Outcome: Retry, Code: 535, Relay: errs.Field("user", "mail.probe.auth")}, "signin"},
		"the token":           {&SendError{Outcome: Retry, Relay: errs.Field("refresh_token", "mail.probe.token_revoked")}, "token"},
	} {
		f.noted = nil
		f.noteSending(f.ctx, account, c.e)
		got := ""
		if len(f.noted) == 1 {
			if got = string(f.noted[0].Step); f.noted[0].OK {
				got = "ok"
			}
		}
		if got != c.want {
			t.Errorf("%s: %+v", name, f.noted)
		}
	}
	f.noted = nil
	if f.noteSending(f.ctx, ids.ID{}, nil); f.noted != nil {
		t.Error("of no mailbox something is noted")
	}
}

// What waited for a relay leaves when it works again; what waits for its own time does
// not.
func TestRecoveredRelaySendsWhatWaited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFleet(t, d)
		account, other := f.mailbox("eins@lindenau.example", nil), f.mailbox("zwei@lindenau.example", nil)
		waits := []ids.ID{f.delivery(account, nil).ID, f.delivery(account, func(r *deliveryRow) { r.Code = 535 }).ID}
		stays := []ids.ID{f.delivery(other, nil).ID, f.delivery(account, func(r *deliveryRow) { r.Code = 450 }).ID, f.delivery(account, func(r *deliveryRow) { r.Attempts = 0 }).ID}
		f.noteSending(f.ctx, account, nil)
		f.recovers = true
		f.noteSending(f.ctx, account, nil)
		now := clock.Now(f.clock)
		for i, id := range slices.Concat(waits, stays) {
			row, err := f.load(f.ctx, id)
			f.must(err)
			if due := row.NextAt <= now; due != (i < len(waits)) {
				t.Errorf("delivery %d is due: %v", i, due)
			}
		}
	})
}

// copies is a channel that keeps copies.
type copies struct {
	Sender
	kept []Outgoing
	err  error
}

func (c *copies) Copy(_ context.Context, _ catalog.Account, m Outgoing) error {
	c.kept = append(c.kept, m)
	return c.err
}

func TestCopyIsQueuedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFleet(t, d)
		imap := catalog.ReceiveSettings{Way: catalog.ByIMAP, Host: "imap.example", Port: 993, Security: catalog.TLS, User: "u", Auth: catalog.ByPassword, Password: "p"}
		wants := f.mailbox("kopie@lindenau.example", func(form *catalog.AccountForm) { form.Receive, form.Sending = imap, &catalog.Sending{SentCopy: true} })
		not := f.mailbox("ohne@lindenau.example", nil)
		message := ids.New()
		sent := func(account ids.ID, kind Kind, message ids.ID) deliveryRow {
			return f.delivery(account, func(r *deliveryRow) { r.State, r.Kind, r.MessageID, r.NextAt = Sent, kind, message, 0 })
		}
		for name, c := range map[string]struct {
			row  deliveryRow
			want bool
		}{
			"a letter":            {sent(wants, ReplyKind, ids.New()), true},
			"a letter to another": {sent(wants, SideKind, ids.New()), true},
			"an acknowledgement":  {sent(wants, AckKind, ids.New()), false},
			"a link":              {sent(wants, CaseLinkKind, ids.ID{}), false},
			"nobody wants one":    {sent(not, ReplyKind, ids.New()), false},
			"no such mailbox":     {deliveryRow{ID: ids.New(), Kind: ReplyKind, AccountID: ids.New(), MessageID: ids.New()}, false},
			"the first of two":    {sent(wants, ReplyKind, message), true},
		} {
			if got := f.queued(func(ctx context.Context, tx *db.Tx) error { return f.copyTx(ctx, tx, c.row) }); got != c.want {
				t.Errorf("%s: %v", name, got)
			}
		}
		second := sent(wants, ReplyKind, message)
		if f.queued(func(ctx context.Context, tx *db.Tx) error { return f.copyTx(ctx, tx, second) }) {
			t.Error("a letter to two people is copied twice")
		}
	})
}

// queued reports whether something adds a job to keep a copy.
func (f *fleet) queued(do func(ctx context.Context, tx *db.Tx) error) bool {
	f.t.Helper()
	f.copied = 0
	f.must(f.DB.Write(f.ctx, do))
	f.must(f.Queue.Work(f.ctx))
	return f.copied == 1
}

// Whatever becomes of a copy, nothing is sent for it, and the mailbox says so.
func TestKeepCopyFails(t *testing.T) {
	f := newFleet(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	f.noteCopy(f.ctx, ids.New(), nil)
	f.noteCopy(f.ctx, ids.New(), &CopyError{Result: mailbox.Result{Step: mailbox.Folder, Key: "mailbox.remedy.copy_folder"}, Cause: errors.New("NO")})
	f.noteCopy(f.ctx, ids.New(), errors.New("broken"))
	if len(f.noted) != 3 || !f.noted[0].OK || f.noted[1].Key != "mailbox.remedy.copy_folder" || f.noted[2].Key != "mailbox.fault.other" {
		t.Errorf("noted %+v", f.noted)
	}
	c := &copies{}
	f.Senders = map[string]Sender{catalog.Email: c}
	account := f.mailbox("hilfe@lindenau.example", nil)
	for _, state := range []State{Queued, Sending, Failed, Sent} { // and the account wants none
		row := f.delivery(account, func(r *deliveryRow) { r.State = state })
		f.must(f.keepCopy(f.ctx, copyArgs{Delivery: row.ID}))
	}
	f.must(f.keepCopy(f.ctx, copyArgs{Delivery: ids.New()}))
	if len(c.kept) != 0 {
		t.Errorf("%d copies nobody wanted", len(c.kept))
	}
}
