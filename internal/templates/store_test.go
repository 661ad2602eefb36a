package templates_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/templates"
)

// house is a desk of two brands; the first has a mailbox.
type house struct {
	*templates.Templates
	t         *testing.T
	db        *db.DB
	clock     *clock.Fixed
	catalog   *catalog.Catalog
	main      ids.ID
	other     ids.ID
	mailbox   ids.ID
	boss, eve access.Actor // of the first brand, of the other
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{t: t, db: d, clock: clock.NewFixed(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
	s, err := seal.Load(ctx, d, h.clock)
	h.must(err)
	h.catalog = catalog.New(d, s, h.clock)
	team := ids.New()
	h.must(d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, b := range []struct {
			id         *ids.ID
			slug, host string
		}{{&h.main, "main", "hilfe.lindenau.example"}, {&h.other, "other", "help.other.example"}} {
			made, err := h.catalog.ClaimBrandTx(ctx, tx, b.slug, catalog.BrandForm{Name: "Haus " + b.slug, Host: b.host, Language: "de"})
			if err != nil {
				return err
			}
			*b.id = made.ID
			h.clock.Advance(time.Second)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, restricted, created_at) VALUES (?, ?, 'T', ?, 1, ?, 1)", team, h.main, []byte("{}"), false)
		return err
	}))
	h.boss = access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: h.main, Role: access.Admin}
	h.eve = access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: h.other, Role: access.Admin}
	box, err := h.catalog.CreateAccount(ctx, h.boss, catalog.AccountForm{TeamID: team, Address: "hilfe@lindenau.example", Name: "Hilfe", Language: "de",
		Relay: catalog.RelaySettings{Host: "smtp.lindenau.example", Port: 587, Security: catalog.StartTLS}})
	h.must(err)
	h.mailbox = box.ID
	h.Templates = templates.New(d, h.clock, h.catalog)
	h.SetSite(templates.Site{BaseURL: "https://desk.example", Shown: func(_ context.Context, _ ids.ID, key string) (bool, error) { return key == "shown", nil }})
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// ack writes the acknowledgement of the first brand out.
func (h *house) ack(account ids.ID, language string) string {
	h.t.Helper()
	subject, text, err := h.Render(context.Background(), h.main, account, templates.AckOpen, language, templates.Values{templates.CaseNumber: "L-1"})
	h.must(err)
	return subject + "|" + text
}

func (h *house) save(account ids.ID, locale i18n.Locale, subject string) {
	h.t.Helper()
	ctx := context.Background()
	e, err := h.Get(ctx, h.boss, account, templates.AckOpen, locale)
	h.must(err)
	h.must(h.Save(ctx, h.boss, account, templates.AckOpen, locale, templates.Text{Subject: subject, Text: "{{case.number}}"}, e.Seen()))
	h.clock.Advance(time.Minute)
}

func TestLayers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		if got := h.ack(h.mailbox, "de"); !strings.HasPrefix(got, "Ihre Nachricht an Haus main – Vorgang L-1|Guten Tag,") {
			t.Errorf("from the program: %q", got)
		}
		h.save(ids.ID{}, i18n.German, "Marke")
		h.save(h.mailbox, i18n.German, "Postfach")
		for _, c := range []struct {
			account        ids.ID
			language, want string
		}{
			{ids.ID{}, "de", "Marke|L-1"}, {h.mailbox, "de", "Postfach|L-1"}, {ids.New(), "de-AT", "Marke|L-1"}, {h.mailbox, "", "Postfach|L-1"}, {h.mailbox, "fr", "Postfach|L-1"},
			{h.mailbox, "en", "Your message to Haus main"},
		} {
			if got := h.ack(c.account, c.language); !strings.HasPrefix(got, c.want) {
				t.Errorf("%+v: %q", c, got)
			}
		}
		if subject, _, err := h.Render(ctx, h.other, ids.ID{}, templates.AckOpen, "de", nil); err != nil || !strings.HasPrefix(subject, "Ihre Nachricht an Haus other") {
			t.Errorf("another brand: %q, %v", subject, err)
		}
		e, err := h.Get(ctx, h.boss, h.mailbox, templates.AckOpen, i18n.German)
		if err != nil || e.Layer != templates.FromMailbox || !e.Own() || e.ChangedBy != h.boss.ID {
			t.Errorf("%+v, %v", e, err)
		}
		h.must(h.Reset(ctx, h.boss, h.mailbox, templates.AckOpen, i18n.German, e.Seen()))
		if got := h.ack(h.mailbox, "de"); got != "Marke|L-1" {
			t.Errorf("after a reset: %q", got)
		}
		e, err = h.Get(ctx, h.boss, h.mailbox, templates.AckOpen, i18n.German)
		if err != nil || e.Layer != templates.FromBrand || e.Own() || e.Seen() != 0 {
			t.Errorf("%+v, %v", e, err)
		}
		h.must(h.Reset(ctx, h.boss, h.mailbox, templates.AckOpen, i18n.German, 0)) // nothing to take back
		elsewhere := templates.New(h.db, h.clock, h.catalog)
		if subject, _, err := elsewhere.Render(ctx, h.main, ids.ID{}, templates.AckOpen, "de", nil); err != nil || subject != "Marke" {
			t.Errorf("in another process: %q, %v", subject, err)
		}
	})
}

func TestWhoSawAnOlderTextIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		text := templates.Text{Subject: "a", Text: "{{case.number}}"}
		save := func(seen clock.Stamp) error {
			return h.Save(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German, text, seen)
		}
		results := make(chan error, 8)
		for range 8 {
			go func() { results <- save(0) }()
		}
		saved := 0
		for range 8 {
			if err := <-results; err == nil {
				saved++
			} else if !errs.Is(err, errs.Conflict) {
				t.Error(err)
			}
		}
		if saved != 1 {
			t.Errorf("%d of 8 were first", saved)
		}
		first, err := h.Get(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German)
		h.must(err)
		h.must(save(first.Seen()))
		if err := save(first.Seen()); !errs.Is(err, errs.Conflict) {
			t.Errorf("the older one: %v", err)
		}
		if err := h.Reset(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German, first.Seen()); !errs.Is(err, errs.Conflict) {
			t.Errorf("the older one, reset: %v", err)
		}
		if changes, err := h.History(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German); err != nil || len(changes) != 2 {
			t.Errorf("%+v, %v", changes, err)
		}
	})
}

func TestHistory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.save(ids.ID{}, i18n.German, "eins")
		h.save(h.mailbox, i18n.German, "nur hier")
		h.save(ids.ID{}, i18n.English, "one")
		h.save(ids.ID{}, i18n.German, "zwei")
		e, err := h.Get(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German)
		h.must(err)
		h.must(h.Reset(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German, e.Seen()))
		changes, err := h.History(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German)
		h.must(err)
		var got []string
		for _, c := range changes {
			got = append(got, c.Text.Subject)
			if c.By != h.boss.ID || c.At.IsZero() || c.Reset != (c.Text.Subject == "") {
				t.Errorf("%+v", c)
			}
		}
		if strings.Join(got, " ") != " zwei eins" {
			t.Errorf("%q", got)
		}
	})
}

func TestFindings(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	for address, want := range map[string]string{
		"https://elsewhere.example/cases/L-1":             "",
		"https://desk.example/":                           "",
		"https://desk.example/de/questions/shown/x":       "",
		"https://HILFE.lindenau.example/de/questions":     "",
		"https://desk.example/de/questions/taken-back/x":  "link_gone",
		"https://desk.example/en/questions/taken-back":    "link_gone",
		"https://desk.example/de/nothing":                 "link_no_page",
		"https://desk.example/old/page":                   "link_no_page",
		"https://help.other.example/ask":                  "link_other_brand",
		"https://desk.example/cases":                      "link_staff",
		"https://hilfe.lindenau.example/admin/staff":      "link_staff",
		"https://desk.example/ask":                        "",
		"https://desk.example/my":                         "",
		"https://hilfe.lindenau.example/l/geheim":         "link_secret",
		"https://desk.example/my/L-4F7K-92":               "link_secret",
		"https://desk.example/f/geheim":                   "link_secret",
		"https://desk.example/l/geheim?n={{case.number}}": "link_secret",
		"https://{{brand.name}}.example/l/geheim":         "",
		"https://desk.example/de/questions/unanswered":    "",
		"https://desk.example:8443/cases":                 "",
		"https://desk.example/de/questions/shown/a/b/c/d": "link_no_page",
	} {
		text := templates.Text{Subject: "a", Text: "{{case.number}} " + address}
		_, found, err := h.Try(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German, text, nil)
		h.must(err)
		got := ""
		for _, f := range found {
			if !strings.HasPrefix(f.Key, "template.hint.missing") {
				got += strings.TrimPrefix(f.Key, "template.hint.")
				if f.Wrong != (want == "link_secret") || f.Args[1] != address {
					t.Errorf("%s: %+v", address, f)
				}
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
		err = h.Save(ctx, h.boss, h.mailbox, templates.AckOpen, i18n.German, text, 0)
		if refused := want == "link_secret"; refused != (len(errs.Fields(err)) == 1) {
			t.Errorf("%s: saved %v", address, err)
		}
		if e, err := h.Get(ctx, h.boss, h.mailbox, templates.AckOpen, i18n.German); err == nil && e.Own() {
			h.must(h.Reset(ctx, h.boss, h.mailbox, templates.AckOpen, i18n.German, e.Seen()))
		}
	}
	_, found, err := h.Try(ctx, h.boss, ids.ID{}, templates.Invite, i18n.German, templates.Text{Subject: "a", Text: "{{link}} https://desk.example/cases"}, nil)
	if err != nil || len(found) != 1 {
		t.Errorf("for staff: %+v, %v", found, err)
	}
}

func TestMissingLanguage(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	findings := func() (all []string) {
		list, err := h.List(ctx, h.boss, ids.ID{})
		h.must(err)
		if len(list) != 2*len(templates.Specs()) {
			t.Fatalf("%d texts", len(list))
		}
		for _, e := range list {
			for _, f := range e.Findings {
				all = append(all, string(e.Spec.Key)+" "+string(e.Language)+" "+f.Key)
			}
		}
		return all
	}
	if got := findings(); len(got) > 0 {
		t.Errorf("a fresh desk: %q", got)
	}
	h.save(ids.ID{}, i18n.German, "Marke")
	if got := findings(); len(got) != 1 || got[0] != "ack_open de template.hint.missing_en" {
		t.Errorf("%q", got)
	}
	h.save(ids.ID{}, i18n.English, "brand")
	if got := findings(); len(got) > 0 {
		t.Errorf("both are there: %q", got)
	}
	of, err := h.List(ctx, h.boss, h.mailbox)
	h.must(err)
	for _, e := range of {
		if !e.Spec.PerMailbox || len(e.Findings) > 0 {
			t.Errorf("%+v", e)
		}
	}
}

func TestAccess(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	text := templates.Text{Subject: "a", Text: "{{case.number}}"}
	agent := access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: h.main, Role: access.Agent}
	for name, c := range map[string]struct {
		actor   access.Actor
		account ids.ID
		key     templates.Key
		locale  i18n.Locale
		want    errs.Kind
	}{
		"agent":                       {agent, ids.ID{}, templates.Ack, i18n.German, errs.Forbidden},
		"mailbox of another brand":    {h.eve, h.mailbox, templates.Ack, i18n.German, errs.NotFound},
		"unknown text":                {h.boss, ids.ID{}, "nothing", i18n.German, errs.NotFound},
		"unknown language":            {h.boss, ids.ID{}, templates.Ack, "fr", errs.NotFound},
		"not the mailbox's to change": {h.boss, h.mailbox, templates.Invite, i18n.German, errs.NotFound},
	} {
		_, get := h.Get(ctx, c.actor, c.account, c.key, c.locale)
		_, history := h.History(ctx, c.actor, c.account, c.key, c.locale)
		_, _, try := h.Try(ctx, c.actor, c.account, c.key, c.locale, text, nil)
		for act, err := range map[string]error{"get": get, "history": history, "try": try,
			"save":  h.Save(ctx, c.actor, c.account, c.key, c.locale, text, 0),
			"reset": h.Reset(ctx, c.actor, c.account, c.key, c.locale, 0)} {
			if !errs.Is(err, c.want) {
				t.Errorf("%s, %s: %v", name, act, err)
			}
		}
	}
	h.save(ids.ID{}, i18n.German, "Marke")
	if e, err := h.Get(ctx, h.eve, ids.ID{}, templates.AckOpen, i18n.German); err != nil || e.Layer != templates.FromProgram {
		t.Errorf("another brand's: %+v, %v", e, err)
	}
	if err := h.Save(ctx, h.boss, ids.ID{}, templates.AckOpen, i18n.German, templates.Text{Subject: "a", Text: "b {{case.nr}}"}, 0); len(errs.Fields(err)) != 1 {
		t.Errorf("a wrong text: %v", err)
	}
}

func TestMailboxGoesWithItsTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.save(h.mailbox, i18n.German, "Postfach")
		_, err := h.catalog.SetAccountActive(ctx, h.boss, h.mailbox, false)
		h.must(err)
		h.must(h.catalog.DeleteAccount(ctx, h.boss, h.mailbox))
	})
}
