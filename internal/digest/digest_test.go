package digest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/staff"
	"lotse/internal/templates"
	"lotse/internal/views"
	"lotse/internal/web/webtest"
)

// house is a desk with Ada, whose team works Monday to Friday from eight. It is
// Monday, one o'clock in Berlin.
type house struct {
	*Digest
	t     *testing.T
	desk  *webtest.Desk
	ada   access.Actor
	team  ids.ID
	mails []outbox.Notice
	mute  bool // the brand has no mailbox
}

func (h *house) NotifyTx(_ context.Context, _ *db.Tx, n outbox.Notice) error {
	h.mails = append(h.mails, n)
	return nil
}

func (h *house) CanNotify(context.Context, ids.ID) (bool, error) { return !h.mute, nil }

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t}
	h.desk = webtest.New(t, d, func(*webtest.Desk, *http.ServeMux) {})
	h.ada = h.desk.Furnish()
	h.team = h.ada.Teams[0]
	h.Digest = h.node()
	return h
}

// node is one process of several.
func (h *house) node() *Digest {
	h.t.Helper()
	s, err := seal.Load(context.Background(), h.desk.DB, h.desk.Clock)
	h.must(err)
	directory := staff.New(h.desk.DB, s, h.desk.Clock, nil)
	return New(Parts{DB: h.desk.DB, Seal: s, Clock: h.desk.Clock, Staff: directory, Views: views.New(h.desk.DB, s, h.desk.Clock, directory),
		Publish: publish.New(publish.Parts{DB: h.desk.DB, Seal: s, Clock: h.desk.Clock}), Post: h})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) choose(r Rhythm) { h.t.Helper(); h.must(h.Choose(context.Background(), h.ada, r)) }

// send lets time pass and returns how many mails were queued in all.
func (h *house) send(later time.Duration) int {
	h.t.Helper()
	h.desk.Clock.Advance(later)
	h.must(h.Send(context.Background()))
	return len(h.mails)
}

// cases adds open cases to the list.
func (h *house) cases(n int, owner ids.ID, awaits bool, due time.Duration) {
	h.t.Helper()
	now := clock.Now(h.desk.Clock)
	h.must(h.desk.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for range n {
			c, customer := ids.New(), ids.New()
			number := "L-" + c.String()[28:]
			if _, err := tx.ExecContext(ctx, "INSERT INTO customers (id, brand_id, name, language, created_at) VALUES (?, ?, ?, 'de', 1)", customer, h.ada.BrandID, []byte("Karl Geheim")); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO cases (id, brand_id, number, subject, state, team_id, customer_id, channel, language, version, messages, created_at, changed_at) VALUES (?, ?, ?, ?, 2, ?, ?, 'email', 'de', 1, 1, 1, 1)",
				c, h.ada.BrandID, number, []byte("Geheim"), h.team, customer); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO case_rows (case_id, brand_id, number, subject, customer_id, customer_name, excerpt, state, team_id, owner_id, channel, messages, awaits, due_at, moved_at) VALUES (?, ?, ?, ?, ?, ?, ?, 2, ?, ?, 'email', 1, ?, ?, 1)",
				c, h.ada.BrandID, number, []byte("Geheim"), customer, []byte("Karl Geheim"), []byte("Geheim"), h.team, owner, awaits, now.Add(due)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestNobodyGetsItUnasked(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	h := newHouse(t, d)
	if r, err := h.Chosen(context.Background(), h.ada); err != nil || r != Never || h.send(8*24*time.Hour) != 0 {
		t.Errorf("%v %v, %d mails", r, err, len(h.mails))
	}
}

func TestDaily(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.choose(Daily)
		for _, step := range []struct {
			later time.Duration
			mails int
		}{
			{17 * time.Hour, 0},    // Tuesday, six o'clock
			{2 * time.Hour, 1},     // eight
			{0, 1}, {time.Hour, 1}, // once
			{23 * time.Hour, 2},         // Wednesday
			{72 * time.Hour, 3}, {0, 3}, // Saturday: Thursday's was missed and comes once, Friday's not at all
			{24 * time.Hour, 3}, // Sunday
			{24 * time.Hour, 4}, // Monday
		} {
			if got := h.send(step.later); got != step.mails {
				t.Fatalf("%s: %d mails, want %d", h.desk.Clock.Now(), got, step.mails)
			}
		}
		n := h.mails[0]
		if n.StaffID != h.ada.ID || n.Address != webtest.Ada || n.Template != Template || n.Language != "de" || n.BrandID != h.ada.BrandID {
			t.Errorf("%+v", n)
		}
	})
}

func TestWeekly(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	h := newHouse(t, d)
	h.choose(Weekly)
	for day, want := range []int{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2} {
		if got := h.send(0); got != want {
			t.Errorf("day %d: %d mails, want %d", day, got, want)
		}
		h.desk.Clock.Advance(24 * time.Hour)
	}
}

func TestTwoProcessesSendOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		other := h.node()
		h.choose(Daily)
		h.desk.Clock.Advance(20 * time.Hour)
		for range 2 {
			h.must(h.Send(context.Background()))
			h.must(other.Send(context.Background()))
		}
		if len(h.mails) != 1 {
			t.Errorf("%d mails", len(h.mails))
		}
	})
}

func TestWhoCannotGetIt(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	ben := h.desk.Actor(h.desk.Person(h.ada, "Ben", access.Agent))
	h.choose(Daily)
	h.must(h.Choose(ctx, ben, Daily))
	h.must(h.desk.Kit.Staff.SetActive(ctx, h.ada, ben.ID, false))
	h.mute = true
	if h.send(20*time.Hour) != 0 {
		t.Errorf("a brand without a mailbox: %+v", h.mails)
	}
	h.mute = false
	if h.send(24*time.Hour) != 1 || h.mails[0].StaffID != h.ada.ID {
		t.Errorf("%+v", h.mails)
	}
	if _, err := h.Render(ctx, Template, ben.ID, webtest.BaseURL); !errs.Is(err, errs.Gone) {
		t.Errorf("who left: %v", err)
	}
	h.must(h.Unsubscribe(ctx, h.Token(h.ada.ID)))
	if _, err := h.Render(ctx, Template, h.ada.ID, webtest.BaseURL); !errs.Is(err, errs.Gone) || h.send(24*time.Hour) != 1 {
		t.Errorf("who unsubscribed after it was queued: %v", err)
	}
}

func TestWhatItSays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.choose(Daily)
		if _, err := h.Render(ctx, Template, h.ada.ID, webtest.BaseURL); !errs.Is(err, errs.Gone) {
			t.Errorf("nothing to do: %v", err)
		}
		h.cases(2, h.ada.ID, false, time.Hour)
		h.cases(1, h.ada.ID, true, -time.Hour)
		h.cases(3, ids.ID{}, true, time.Hour)
		w, err := h.Render(ctx, Template, h.ada.ID, webtest.BaseURL+"/")
		h.must(err)
		mail := templates.Fill(templates.Digest, templates.BuiltIn(templates.Digest, "de").Text, w.Values)
		for _, want := range []string{"Guten Tag Ada Lovelace,", "- 3 offene Vorgänge, für die Sie zuständig sind: https://desk.example/cases?scope=mine\n", "- 1 davon wartet auf Ihre Antwort: ",
			"- 1 davon ist über der zugesagten Zeit: ", "- 3 Vorgänge Ihrer Teams hat noch niemand übernommen: https://desk.example/cases?scope=unowned\n", w.Unsubscribe} {
			if !strings.Contains(mail.Text, want) {
				t.Errorf("%q is not in\n%s", want, mail.Text)
			}
		}
		if strings.Contains(mail.Text, "Geheim") || !strings.HasPrefix(w.Unsubscribe, "https://desk.example/unsubscribe/") || w.Key != templates.Digest {
			t.Errorf("%+v", w)
		}
	})
}

func TestTokens(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	h := newHouse(t, d)
	ctx := context.Background()
	token := h.Token(h.ada.ID)
	for _, r := range []Rhythm{Weekly, Never} {
		if err := h.Choose(ctx, h.ada, r); err != nil {
			t.Fatal(err)
		}
		if chosen, err := h.Peek(ctx, token); err != nil || chosen != r {
			t.Errorf("%s, %v", chosen, err)
		}
	}
	for _, wrong := range []string{"", ".", h.ada.ID.String(), token + "a", token[:len(token)-1], ids.New().String() + token[36:], "x" + token} {
		if err := h.Unsubscribe(ctx, wrong); !errs.Is(err, errs.NotFound) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestStartOfWork(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		t.Helper()
		parsed, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	late, never, night := calendar.Default("DE-SN"), calendar.Default(""), calendar.Default("")
	late.Week[time.Monday] = nil
	never.Week = calendar.Week{}
	night.Week = calendar.Week{}
	for day := range 7 {
		night.Week[day] = []calendar.Span{{From: 22 * 60, To: 24 * 60}}
	}
	for name, c := range map[string]struct {
		hours     calendar.Calendar
		rhythm    Rhythm
		now, want string
	}{
		"the same day":            {calendar.Default(""), Daily, "2026-03-02 07:59", "2026-03-02 08:00"},
		"not twice":               {calendar.Default(""), Daily, "2026-03-02 08:00", "2026-03-03 08:00"},
		"over the weekend":        {calendar.Default(""), Daily, "2026-03-06 09:00", "2026-03-09 08:00"},
		"over Easter":             {calendar.Default("DE-SN"), Daily, "2026-04-02 09:00", "2026-04-07 08:00"},
		"over the change of time": {calendar.Default(""), Daily, "2026-03-27 09:00", "2026-03-30 08:00"},
		"a week":                  {calendar.Default(""), Weekly, "2026-03-02 08:00", "2026-03-09 08:00"},
		"before the week begins":  {calendar.Default(""), Weekly, "2026-03-01 08:00", "2026-03-02 08:00"},
		"a week that begins late": {late, Weekly, "2026-03-02 12:00", "2026-03-03 08:00"},
		"Monday is free":          {calendar.Default("DE-SN"), Weekly, "2026-04-05 12:00", "2026-04-07 08:00"},
		"by night":                {night, Daily, "2026-03-02 23:00", "2026-03-03 22:00"},
		"never at work":           {never, Daily, "2026-03-02 09:00", "2026-03-03 08:00"},
		"never, weekly":           {never, Weekly, "2026-03-02 09:00", "2026-03-09 08:00"},
	} {
		h, err := calendar.Compile(c.hours)
		if err != nil {
			t.Fatal(name, err)
		}
		if got := nextStart(h, at(c.now), c.rhythm); !got.Equal(at(c.want)) {
			t.Errorf("%s: %s", name, got.In(berlin).Format("2006-01-02 15:04"))
		}
	}
}

func TestNamesOfRhythms(t *testing.T) {
	for _, r := range Rhythms() {
		if got, ok := ParseRhythm(r.String()); !ok || got != r {
			t.Errorf("%s: %v %v", r, got, ok)
		}
	}
	if _, ok := ParseRhythm(strconv.Itoa(1)); ok {
		t.Error("a number is no name")
	}
}
