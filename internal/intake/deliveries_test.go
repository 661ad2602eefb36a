package intake_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

// write lets a number of people of a domain write, and the acknowledgements go as
// the sender is told.
func (w *world) write(domain string, n int, fail *outbox.SendError) {
	w.t.Helper()
	w.sent.mu.Lock()
	w.sent.fail = fail
	w.sent.mu.Unlock()
	for i := range n {
		w.arrive(letter{ID: fmt.Sprint(domain, i), From: fmt.Sprintf("k%d@%s", i, domain), Subject: "Frage", Text: fmt.Sprint("Frage ", domain, i)})
	}
	w.quiet()
}

var refused = &outbox.SendError{Outcome: outbox.Rejected, Code: 550, Words: "550 5.1.1 no such user"}

// TestFigures sends, fails and bounces, and reads the figures of it.
func TestFigures(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx, lead := context.Background(), w.admin()
		w.start()
		w.write("a.example", 6, nil)
		w.write("b.example", 5, refused)
		w.write("c.example", 3, refused)
		w.write("d.example", 1, &outbox.SendError{Outcome: outbox.Uncertain, Words: "EOF"})
		w.clock.Advance(24 * time.Hour)
		back := w.sent.all()[0]
		w.arrive(letter{ID: "dsn", From: "mailer-daemon@a.example", Text: "Unzustellbar", Automation: intake.Bounce, Report: undelivered(back.ExternalID, back.To)})
		w.quiet()
		f, err := w.outbox.Figures(ctx, lead, ids.ID{}, 7)
		must(w.t, err)
		today, yesterday := f.Days[6], f.Days[5]
		if len(f.Days) != 7 || today.Returned != 1 || today.Sent != 0 || yesterday.Sent != 6 || yesterday.Failed != 8 || yesterday.Unsure != 1 || yesterday.Later != 0 {
			w.t.Fatalf("days = %+v", f.Days)
		}
		if f.Sum.Sent != 6 || f.Sum.Failed != 8 || f.Sum.Returned != 1 || f.Sum.Median == 0 || f.Sum.Median > 5*time.Second || yesterday.Day.AddDays(1) != today.Day {
			w.t.Fatalf("sum = %+v", f.Sum)
		}
		want := []outbox.DomainFigures{{Domain: "b.example", Mails: 5, Failed: 5}, {Domain: "a.example", Mails: 6, Returned: 1}}
		if fmt.Sprint(f.Domains) != fmt.Sprint(want) || f.Others != (outbox.DomainFigures{Mails: 4, Failed: 3}) {
			w.t.Fatalf("domains = %+v, others %+v", f.Domains, f.Others)
		}
		if f, err = w.outbox.Figures(ctx, lead, ids.New(), 7); err != nil || f.Sum != (outbox.DayFigures{}) {
			w.t.Errorf("another mailbox: %+v (%v)", f.Sum, err)
		}
		w.forgetsDomains(lead)
	})
}

// forgetsDomains lets the days be so long ago that only their sums are kept.
func (w *world) forgetsDomains(lead access.Actor) {
	w.t.Helper()
	ctx := context.Background()
	total := "SELECT CAST(sum(sent + failed + unsure + returned) AS bigint) FROM delivery_figures"
	before := w.count(total)
	w.clock.Advance(100 * 24 * time.Hour)
	must(w.t, w.outbox.SweepFigures(ctx))
	if n := w.count("SELECT count(*) FROM delivery_figures WHERE domain <> ''"); n != 0 {
		w.t.Errorf("%d rows still know a domain", n)
	}
	if after := w.count(total); after != before || before != 16 {
		w.t.Errorf("%d mails before, %d after", before, after)
	}
	if _, err := w.outbox.Figures(ctx, lead, ids.ID{}, outbox.MaxFigureDays+1); len(errs.Fields(err)) != 1 {
		w.t.Errorf("too many days: %v", err)
	}
	if _, err := w.outbox.Figures(ctx, w.staff, ids.ID{}, 7); !errs.Is(err, errs.Forbidden) {
		w.t.Errorf("an agent sees figures: %v", err)
	}
}

// TestDeliveriesAreListed narrows the list in every way, and pages through it.
func TestDeliveriesAreListed(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.write("a.example", 3, nil)
		w.clock.Advance(48 * time.Hour)
		w.write("b.example", 2, refused)
		w.write("c.example", 1, nil)
		w.notice("mia@lindenau.example")
		admin, day := w.admin(), calendar.DateOf(w.clock.Now())
		for name, c := range map[string]struct {
			who  access.Actor
			f    outbox.Filter
			want int
		}{
			"all":                    {w.staff, outbox.Filter{}, 6},
			"to colleagues too":      {admin, outbox.Filter{}, 7},
			"failed":                 {w.staff, outbox.Filter{State: outbox.Failed}, 2},
			"sent":                   {w.staff, outbox.Filter{State: outbox.Sent}, 4},
			"answers":                {w.staff, outbox.Filter{Kind: outbox.ReplyKind}, 0},
			"notices":                {admin, outbox.Filter{Kind: outbox.NoticeKind}, 1},
			"notices, for agents":    {w.staff, outbox.Filter{Kind: outbox.NoticeKind}, 0},
			"mailbox":                {w.staff, outbox.Filter{AccountID: w.account.ID}, 6},
			"another mailbox":        {w.staff, outbox.Filter{AccountID: ids.New()}, 0},
			"an address":             {w.staff, outbox.Filter{Address: "K1@B.example"}, 1},
			"its key":                {w.staff, outbox.Filter{Key: w.outbox.AddressKey("k1@b.example")}, 1},
			"no address":             {w.staff, outbox.Filter{Address: "nirgends"}, 0},
			"a colleague's, unknown": {w.staff, outbox.Filter{Address: "mia@lindenau.example"}, 0},
			"today":                  {w.staff, outbox.Filter{From: day}, 3},
			"before":                 {w.staff, outbox.Filter{To: day.AddDays(-1)}, 3},
		} {
			found, err := w.outbox.List(ctx, c.who, c.f, 50)
			must(w.t, err)
			if len(found.Deliveries) != c.want || !found.Next.IsZero() {
				w.t.Errorf("%s: %d deliveries, want %d", name, len(found.Deliveries), c.want)
			}
		}
		w.pagesThrough(6)
		other := w.staff
		other.BrandID = ids.New()
		if found, err := w.outbox.List(ctx, other, outbox.Filter{}, 50); err != nil || len(found.Deliveries) != 0 {
			w.t.Errorf("another brand sees %d (%v)", len(found.Deliveries), err)
		}
	})
}

func (w *world) notice(address string) {
	w.t.Helper()
	w.outbox.SetRenderer("test", func(context.Context, string, ids.ID, string) (templates.Writing, error) {
		return templates.Writing{Key: templates.Test, Language: "de"}, nil
	})
	must(w.t, w.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return w.outbox.NotifyTx(ctx, tx, outbox.Notice{BrandID: w.brand, StaffID: w.staff.ID, Template: "test", Address: address, Name: "Mia", Language: "de"})
	}))
}

// pagesThrough reads the list two by two: each once, the newest first.
func (w *world) pagesThrough(want int) {
	w.t.Helper()
	seen, f, last := map[ids.ID]bool{}, outbox.Filter{}, w.clock.Now().Add(time.Hour)
	for {
		ctx, count := db.WithCounter(context.Background())
		found, err := w.outbox.List(ctx, w.staff, f, 2)
		must(w.t, err)
		if count.Load() != 2 {
			w.t.Errorf("a page costs %d statements", count.Load())
		}
		for _, d := range found.Deliveries {
			if seen[d.ID] || d.CreatedAt.Time().After(last) || d.Number == "" || d.Address == "" {
				w.t.Errorf("out of order: %+v", d)
			}
			seen[d.ID], last = true, d.CreatedAt.Time()
		}
		if f.After = found.Next; f.After.IsZero() {
			break
		}
	}
	if len(seen) != want {
		w.t.Errorf("%d deliveries on all pages, want %d", len(seen), want)
	}
}
