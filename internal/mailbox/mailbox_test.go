package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

// house is a desk of two brands whose mailboxes are fetched.
type house struct {
	t       *testing.T
	ctx     context.Context
	db      *db.DB
	clock   *clock.Fixed
	catalog *catalog.Catalog
	boxes   *mailbox.Boxes
	seal    *seal.Sealer
	admin   access.Actor
	team    ids.ID

	relayError error // what trying a relay ends with
	steps      []mailbox.Result
	tried      catalog.ReceiveSettings
}

func (h *house) TryRelay(context.Context, catalog.Account) error { return h.relayError }

func (h *house) TestReceive(_ context.Context, r catalog.ReceiveSettings) []mailbox.Result {
	h.tried = r
	return h.steps
}

func each(t *testing.T, f func(h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, ctx: context.Background(), db: d, clock: clock.NewFixed(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
		var err error
		h.seal, err = seal.Load(h.ctx, d, h.clock)
		h.must(err)
		h.catalog = catalog.New(d, h.seal, h.clock)
		h.boxes = h.anotherNode()
		h.admin, h.team = h.brand("main")
		f(h)
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) anotherNode() *mailbox.Boxes {
	return mailbox.New(mailbox.Parts{DB: h.db, Seal: h.seal, Clock: h.clock, Accounts: h.catalog, Candidates: h.catalog, Relays: h, Fetchers: map[string]mailbox.Fetcher{"email": h}})
}

func (h *house) brand(slug string) (access.Actor, ids.ID) {
	h.t.Helper()
	admin, team := access.Actor{Kind: access.Staff, ID: ids.New(), Role: access.Admin}, ids.New()
	h.must(h.db.Write(h.ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := h.catalog.ClaimBrandTx(ctx, tx, slug, catalog.BrandForm{Name: slug, Host: slug + ".example", Language: "de"})
		if err != nil {
			return err
		}
		admin.BrandID = b.ID
		_, err = tx.ExecContext(ctx, "INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, restricted, created_at) VALUES (?, ?, 'T', ?, 1, ?, 1)", team, b.ID, []byte("{}"), false)
		return err
	}))
	return admin, team
}

func (h *house) form(address string) catalog.AccountForm {
	return catalog.AccountForm{TeamID: h.team, Address: address, Name: "Service", Language: "de",
		Receive: catalog.ReceiveSettings{Way: catalog.ByIMAP, Host: "imap.example", Port: 993, Security: catalog.TLS, User: "u", Auth: catalog.ByPassword, Password: "geheim"},
		Relay:   catalog.RelaySettings{Host: "smtp.example", Port: 587, Security: catalog.StartTLS, User: "u", Password: "geheim"}}
}

func (h *house) fetched(address string) ids.ID {
	h.t.Helper()
	a, err := h.catalog.CreateAccount(h.ctx, h.admin, h.form(address))
	h.must(err)
	return a.ID
}

func (h *house) note(account ids.ID, r mailbox.Result) {
	h.t.Helper()
	h.must(h.boxes.Note(h.ctx, account, r, 3))
}

func (h *house) health(account ids.ID) mailbox.Health {
	h.t.Helper()
	all, err := h.boxes.Health(h.ctx, h.admin)
	h.must(err)
	return all[account]
}

var (
	works   = mailbox.Result{Step: mailbox.Read, OK: true}
	refused = mailbox.Result{Step: mailbox.SignIn, Field: "receive_user", Key: "mail.probe.auth", Args: map[string]any{"Host": "imap.example", "Words": "NO <script>"}}
)

func TestCursor(t *testing.T) {
	each(t, func(h *house) {
		account := h.fetched("hilfe@lindenau.example")
		c, err := h.boxes.Cursor(h.ctx, account, "INBOX")
		h.must(err)
		if !c.IsNew() || c.AccountID != account || c.Folder != "INBOX" {
			t.Fatalf("before the first time %+v", c)
		}
		begun := clock.Now(h.clock)
		for i, step := range []struct{ validity, uid, want uint32 }{{7, 10, 10}, {7, 4, 10}, {7, 4_000_000_000, 4_000_000_000}, {8, 2, 2}, {8, 1, 2}, {4_294_967_295, 4_294_967_295, 4_294_967_295}} {
			h.clock.Advance(time.Minute)
			h.must(h.boxes.Advance(h.ctx, mailbox.Cursor{AccountID: account, Folder: "INBOX", UIDValidity: step.validity, UID: step.uid, Held: fmt.Sprint(i)}))
			c, err := h.boxes.Cursor(h.ctx, account, "INBOX")
			h.must(err)
			if c.UIDValidity != step.validity || c.UID != step.want || c.StartedAt != begun.Add(time.Minute) {
				t.Errorf("step %d: %+v", i, c)
			}
			if moved := c.Held == fmt.Sprint(i); moved != (step.uid == step.want) {
				t.Errorf("step %d: held back %q", i, c.Held)
			}
		}
		if other, _ := h.boxes.Cursor(h.ctx, account, "Archiv"); !other.IsNew() {
			t.Errorf("another folder is at %+v", other)
		}
	})
}

func TestHealth(t *testing.T) {
	each(t, func(h *house) {
		account := h.fetched("hilfe@lindenau.example")
		if now := h.health(account); now.Known || now.Fails() || now.Alarm {
			t.Fatalf("a new one: %+v", now)
		}
		h.note(account, works)
		began := clock.Now(h.clock)
		h.clock.Advance(mailbox.Heartbeat)
		h.note(account, works)
		if now := h.health(account); now.Fails() || now.Since != began || now.CheckedAt != began.Add(mailbox.Heartbeat) || now.Waiting != 3 {
			t.Errorf("working: %+v", now)
		}
		h.note(account, refused)
		failed := clock.Now(h.clock)
		for range 3 {
			if now := h.health(account); !now.Fails() || now.Since != failed || now.Step != mailbox.SignIn || now.Key != refused.Key || now.Args["Words"] != "NO <script>" {
				t.Errorf("failing: %+v", now)
			}
			h.clock.Advance(19 * time.Second)
			h.note(account, refused)
		}
		if h.health(account).Alarm {
			t.Error("a minute is not over and there is an alarm")
		}
		h.clock.Advance(3 * time.Second)
		if !h.health(account).Alarm {
			t.Error("no alarm after a minute")
		}
		h.note(account, works)
		if now := h.health(account); now.Fails() || now.Alarm || now.Since != clock.Now(h.clock) || now.Key != "" {
			t.Errorf("mended: %+v", now)
		}
	})
}

// A mailbox nobody speaks of is no well mailbox: whoever fetched it died.
func TestLostMailbox(t *testing.T) {
	each(t, func(h *house) {
		account := h.fetched("hilfe@lindenau.example")
		h.clock.Advance(time.Hour)
		if h.health(account).Alarm {
			t.Error("a program that has just begun raises an alarm")
		}
		h.clock.Advance(mailbox.LostAfter + time.Second)
		if now := h.health(account); !now.Alarm || now.Step != mailbox.Watch || now.Key != "mailbox.fault.lost" {
			t.Errorf("never fetched: %+v", now)
		}
		h.note(account, works)
		if h.health(account).Alarm {
			t.Error("it is fetched and alarms")
		}
		spoken := clock.Now(h.clock)
		h.clock.Advance(mailbox.LostAfter + time.Second)
		if now := h.health(account); !now.Alarm || now.Since != spoken {
			t.Errorf("its fetcher died: %+v", now)
		}
		_, err := h.catalog.SetAccountActive(h.ctx, h.admin, account, false)
		h.must(err)
		if now := h.health(account); now.Alarm || now.Fails() {
			t.Errorf("switched off: %+v", now)
		}
		_, err = h.catalog.SetAccountActive(h.ctx, h.admin, account, true)
		h.must(err)
		if h.health(account).Alarm {
			t.Error("it was switched on a moment ago and alarms")
		}
	})
}

func TestWithinTwoMinutes(t *testing.T) {
	if worst := mailbox.AlarmAfter + 15*time.Second; worst > 2*time.Minute {
		t.Errorf("a failing mailbox is told after %s", worst)
	}
	if mailbox.LostAfter > 2*time.Minute-15*time.Second {
		t.Errorf("a lost mailbox is told after %s", mailbox.LostAfter)
	}
}

func TestAlarmsAreForTheirBrand(t *testing.T) {
	each(t, func(h *house) {
		account := h.fetched("hilfe@lindenau.example")
		other, _ := h.brand("other")
		h.note(account, refused)
		h.clock.Advance(mailbox.AlarmAfter)
		as := func(brand ids.ID, role access.Role) access.Actor {
			return access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: brand, Role: role}
		}
		for who, c := range map[string]struct {
			actor  access.Actor
			alarms int
			kind   errs.Kind
		}{
			"administrator": {h.admin, 1, 0},
			"lead":          {as(h.admin.BrandID, access.Lead), 1, 0},
			"agent":         {as(h.admin.BrandID, access.Agent), 0, errs.Forbidden},
			"stranger":      {other, 0, 0},
			"nobody":        {access.Actor{}, 0, errs.SignedOut},
		} {
			alarms, err := h.boxes.Alarms(h.ctx, c.actor)
			if len(alarms) != c.alarms || errs.KindOf(err) != c.kind {
				t.Errorf("%s hears of %d, %v", who, len(alarms), err)
			}
		}
		if _, err := h.boxes.Health(h.ctx, as(h.admin.BrandID, access.Lead)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a lead sees the settings: %v", err)
		}
	})
}

// Alarms stand on every page: they must cost nothing.
func TestAlarmsCostNothing(t *testing.T) {
	h := (*house)(nil)
	each(t, func(next *house) {
		h = next
		h.note(h.fetched("hilfe@lindenau.example"), works)
		_, err := h.boxes.Alarms(h.ctx, h.admin)
		h.must(err)
		ctx, n := db.WithCounter(h.ctx)
		for range 100 {
			if _, err := h.boxes.Alarms(ctx, h.admin); err != nil {
				t.Fatal(err)
			}
		}
		if n.Load() != 0 {
			t.Errorf("%d statements", n.Load())
		}
	})
}

func TestArrived(t *testing.T) {
	each(t, func(h *house) {
		fetched := h.fetched("hilfe@lindenau.example")
		f := h.form("abo@lindenau.example")
		f.Receive = catalog.ReceiveSettings{Way: catalog.BySMTP}
		handed, err := h.catalog.CreateAccount(h.ctx, h.admin, f)
		h.must(err)
		h.note(fetched, refused)
		h.boxes.Arrived(fetched)
		h.boxes.Arrived(handed.ID)
		came := clock.Now(h.clock)
		h.clock.Advance(time.Second)
		h.must(h.boxes.Flush(h.ctx))
		for _, account := range []ids.ID{fetched, handed.ID} {
			if got := h.health(account).LastMailAt; got != came {
				t.Errorf("something came at %v", got.Time())
			}
		}
		if now := h.health(fetched); !now.Fails() {
			t.Error("an arrival hides that fetching fails")
		}
		if now := h.health(handed.ID); now.Fails() {
			t.Errorf("a mailbox that is handed mail fails: %+v", now)
		}
		ctx, n := db.WithCounter(h.ctx)
		if h.must(h.boxes.Flush(ctx)); n.Load() != 0 {
			t.Errorf("nothing came and %d statements say so", n.Load())
		}
	})
}

func TestTry(t *testing.T) {
	each(t, func(h *house) {
		account := h.fetched("hilfe@lindenau.example")
		h.steps = []mailbox.Result{{Step: mailbox.Lookup, OK: true}, refused}
		h.relayError = errs.Field("security", "mail.probe.tls", "Host", "smtp.example")
		f := h.form("hilfe@lindenau.example")
		f.Receive.Password = "" // the stored one is tried
		trial, err := h.boxes.Try(h.ctx, h.admin, account, &f)
		h.must(err)
		if h.tried.Password != "geheim" || trial.OK() || trial.Fault().Step != mailbox.SignIn || trial.Way != catalog.ByIMAP {
			t.Errorf("tried %+v: %+v", h.tried, trial)
		}
		want := []mailbox.Result{{Step: mailbox.Connect, OK: true}, {Step: mailbox.Secure, Field: "relay_security", Key: "mail.probe.tls"}}
		if !slices.EqualFunc(trial.Send, want, func(a, b mailbox.Result) bool {
			return a.Step == b.Step && a.OK == b.OK && a.Field == b.Field && a.Key == b.Key
		}) {
			t.Errorf("the relay's steps are %+v", trial.Send)
		}

		h.steps, h.relayError = []mailbox.Result{{Step: mailbox.Lookup, OK: true}}, nil
		trial, err = h.boxes.Try(h.ctx, h.admin, account, nil)
		if h.must(err); !trial.OK() || len(trial.Send) != 3 {
			t.Errorf("as stored: %+v", trial)
		}
		h.relayError = errors.New("broken")
		f.Receive = catalog.ReceiveSettings{Way: catalog.BySMTP}
		trial, err = h.boxes.Try(h.ctx, h.admin, account, &f)
		if h.must(err); len(trial.Receive) != 0 || trial.Fault() == nil || trial.Fault().Key != "mailbox.fault.other" {
			t.Errorf("handed over, and an error without a name: %+v", trial)
		}
		f.Relay.Host = ""
		if _, err := h.boxes.Try(h.ctx, h.admin, account, &f); !errs.Is(err, errs.Invalid) {
			t.Errorf("a wrong form: %v", err)
		}
		lead := h.admin
		lead.Role = access.Lead
		if _, err := h.boxes.Try(h.ctx, lead, account, nil); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a lead tries passwords: %v", err)
		}
	})
}

func TestSendingTrouble(t *testing.T) {
	each(t, func(h *house) {
		f := h.form("hilfe@lindenau.example")
		f.Sending = &catalog.Sending{SentCopy: true}
		made, err := h.catalog.CreateAccount(h.ctx, h.admin, f)
		h.must(err)
		h.note(made.ID, works)
		note := func(part mailbox.Part, r mailbox.Result) bool {
			t.Helper()
			recovered, err := h.boxes.NoteSending(h.ctx, made.ID, part, r)
			h.must(err)
			return recovered
		}
		well := mailbox.Result{Step: mailbox.SignIn, OK: true}
		bad := mailbox.RelayFailed(errs.Field("user", "mail.probe.auth", "Host", "smtp.example", "Words", "535 <script>"))
		if bad.Step != mailbox.SignIn || bad.Field != "relay_user" {
			t.Errorf("a refused sign-in is %+v", bad)
		}
		ctx, n := db.WithCounter(h.ctx)
		if note(mailbox.SendPart, well) {
			t.Error("what never failed recovers")
		}
		n.Store(0)
		for range 50 {
			_, err := h.boxes.NoteSending(ctx, made.ID, mailbox.SendPart, well)
			h.must(err)
		}
		if n.Load() != 0 {
			t.Errorf("all is well as before costs %d statements", n.Load())
		}
		note(mailbox.SendPart, bad)
		note(mailbox.CopyPart, mailbox.Result{Step: mailbox.Filed, Key: "mailbox.remedy.copy_full"})
		began := clock.Now(h.clock)
		now := h.health(made.ID)
		if len(now.Troubles) != 2 || now.Troubles[0].Part != mailbox.SendPart || now.Troubles[0].Args["Words"] != "535 <script>" || now.Fails() || now.Alarming() {
			t.Errorf("troubles %+v", now.Troubles)
		}
		h.clock.Advance(mailbox.AlarmAfter)
		h.note(made.ID, works)
		note(mailbox.SendPart, bad)
		for _, boxes := range []*mailbox.Boxes{h.boxes, h.anotherNode()} {
			alarms, err := boxes.Alarms(h.ctx, h.admin)
			if h.must(err); len(alarms) != 1 || alarms[0].Part != mailbox.SendPart || alarms[0].Since != began {
				t.Errorf("alarms %+v", alarms)
			}
		}
		if !note(mailbox.SendPart, well) || note(mailbox.SendPart, well) {
			t.Error("it recovers once")
		}
		if now := h.health(made.ID); len(now.Troubles) != 1 || now.Troubles[0].Part != mailbox.CopyPart || now.Alarming() {
			t.Errorf("what is left: %+v", now.Troubles)
		}
		f.Sending = &catalog.Sending{}
		_, err = h.catalog.UpdateAccount(h.ctx, h.admin, made.ID, f)
		h.must(err)
		if now := h.health(made.ID); len(now.Troubles) != 0 {
			t.Errorf("nobody wants copies any more: %+v", now.Troubles)
		}
	})
}

func TestRelayFailed(t *testing.T) {
	for key, want := range map[string]mailbox.Step{"mail.probe.dial": mailbox.Connect, "mail.probe.hello": mailbox.Connect, "mail.probe.tls": mailbox.Secure, "mail.probe.starttls": mailbox.Secure,
		"mail.probe.auth": mailbox.SignIn, "mail.probe.bearer": mailbox.SignIn, "mail.probe.no_auth": mailbox.SignIn, "mail.probe.token_revoked": mailbox.Token, "mail.probe.token_server": mailbox.Token} {
		if got := mailbox.RelayFailed(errs.Field("receive_user", key)); got.Step != want || got.Field != "receive_user" || got.Key != key {
			t.Errorf("%s: %+v", key, got)
		}
	}
}
