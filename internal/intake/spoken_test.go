package intake_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
)

// answered is a case with an answer that was sent.
func (w *world) answered(from string) (desk.File, outbox.Outgoing) {
	w.t.Helper()
	ctx := context.Background()
	w.atOnce()
	w.arrive(letter{ID: "frage-" + from, From: from, Subject: "Frage", Text: "Frage von " + from})
	w.settled()
	c := w.file(w.caseOf("Frage von " + from)).Case
	_, err := w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "Antwort an " + from, Next: desk.WaitingCustomer})
	must(w.t, err)
	w.clock.Advance(2 * time.Second)
	var out outbox.Outgoing
	w.until("the answer is sent", func() bool {
		for _, o := range w.sent.all() {
			if o.To == from && !o.Automatic {
				out = o
				return true
			}
		}
		return false
	})
	w.until("it is known as sent", func() bool { return w.answer(c.Number).State == outbox.Sent })
	return w.file(c.Number), out
}

// atOnce lets answers leave without a time to take them back.
func (w *world) atOnce() {
	w.t.Helper()
	admin := w.staff
	admin.Role = access.Admin
	must(w.t, catalog.UndoSeconds.Set(context.Background(), w.catalog, admin, 0))
}

// answer is the delivery of the last answer of a case.
func (w *world) answer(number string) outbox.Delivery {
	w.t.Helper()
	var found outbox.Delivery
	for _, d := range w.deliveries(w.file(number)) {
		if d.Kind == outbox.ReplyKind {
			found = d
		}
	}
	return found
}

func undelivered(id, address string) *intake.Report {
	return &intake.Report{Kind: intake.Undelivered, MessageID: id, Recipients: []intake.Recipient{
		{Address: address, Status: "5.1.1", Code: 550, Reason: "userunknown", Hard: true, Words: "550 5.1.1 no such user"}}}
}

// TestBounceRaisesItsCase finds the delivery by the id of our message, by the signed
// address, and by its receiver alone.
func TestBounceRaisesItsCase(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		for i, way := range []string{"message id", "signed address", "receiver alone"} {
			from := fmt.Sprintf("kunde%d@k.example", i)
			before, out := w.answered(from)
			l := letter{ID: "bounce-" + from, From: "mailer-daemon@mx.example", Name: "Mail Delivery System", Subject: "Undelivered", Text: "Es tut uns leid.",
				Automation: intake.Bounce, Report: undelivered("", from)}
			switch way {
			case "message id":
				l.Report.MessageID = out.ExternalID
			case "signed address":
				l.Tokens, l.Report.Recipients = []string{outbox.ReplyToken(w.seal, w.brand, before.Case.Number)}, nil
			}
			w.arrive(l)
			w.settled()
			after, d := w.file(before.Case.Number), w.answer(before.Case.Number)
			if d.State != outbox.Failed || d.Reported != intake.Undelivered {
				w.t.Fatalf("%s: the delivery is %+v", way, d)
			}
			last := after.Messages[len(after.Messages)-1]
			if d.ReportID != last.ID || last.Joined != desk.ByReport || last.Body != "Es tut uns leid." || last.AuthorKind != access.Nobody || intake.ReportOf(last) == nil {
				w.t.Errorf("%s: the report is %+v", way, last)
			}
			if way != "signed address" && (d.Reason != "userunknown" || !d.Hard || d.Status != "5.1.1" || d.Words != "550 5.1.1 no such user") {
				w.t.Errorf("%s: the reason is %+v", way, d)
			}
			if after.Case.State != desk.Open || !w.row(before.Case.Number).Awaits || w.row(before.Case.Number).Excerpt != "Frage von "+from {
				w.t.Errorf("%s: the case is %v, its row %+v", way, after.Case.State, w.row(before.Case.Number))
			}
			events, err := w.desk.Events(context.Background(), w.staff, after.Case.ID)
			must(w.t, err)
			if n := countEvents(events, desk.DeliveryBounced); n != 1 {
				w.t.Errorf("%s: %d events", way, n)
			}
			l.ID += "-again" // the server says it once more
			w.arrive(l)
			w.settled()
			if f := w.file(before.Case.Number); f.Case.State != desk.Open || len(w.all()) != i+1 {
				w.t.Errorf("%s: after a second report there are %d cases", way, len(w.all()))
			}
			events, err = w.desk.Events(context.Background(), w.staff, after.Case.ID)
			must(w.t, err)
			if n := countEvents(events, desk.DeliveryBounced); n != 1 {
				w.t.Errorf("%s: %d events after the second", way, n)
			}
		}
		for _, o := range w.sent.all() {
			if o.To == "mailer-daemon@mx.example" {
				w.t.Error("a mail server got an answer")
			}
		}
		must(w.t, w.outbox.SendAgain(context.Background(), w.staff, w.answer(w.caseOf("Frage von kunde0@k.example")).ID, true))
		w.until("it is sent again", func() bool {
			d := w.answer(w.caseOf("Frage von kunde0@k.example"))
			return d.State == outbox.Sent && d.Reported == 0
		})
	})
}

func countEvents(events []desk.Event, kind desk.EventKind) (n int) {
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// TestForgedBounce: a report that names nothing of ours, or the address of a case
// without its signature, touches nothing.
func TestForgedBounce(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		before, _ := w.answered("anna@k.example")
		w.clock.Advance(8 * 24 * time.Hour)
		for i, l := range []letter{
			{Report: undelivered("fremd@x.example", "anna@k.example")},
			{Report: undelivered("", "anna@k.example"), Tokens: []string{"l2222-aaaaaaaaaaaaaaaaaaaa"}},
			{Report: undelivered("", "bert@k.example")},
		} {
			l.ID, l.From, l.Automation, l.Text = fmt.Sprint("f", i), "mailer-daemon@mx.example", intake.Bounce, fmt.Sprint("Nachricht ", i)
			w.arrive(l)
			w.settled()
			if d := w.answer(before.Case.Number); d.State != outbox.Sent || d.Reported != 0 {
				w.t.Errorf("%d: the delivery is %+v", i, d)
			}
			lost := w.file(w.caseOf(l.Text))
			if w.row(lost.Case.Number).Awaits || !lost.Case.DueAt.IsZero() || len(lost.Messages) != 1 {
				w.t.Errorf("%d: a report of nothing bothers: %+v", i, lost.Case)
			}
		}
	})
}

// TestSofterReports are noted at the delivery, and end nothing.
func TestSofterReports(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		until := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)
		for i, kind := range []intake.ReportKind{intake.Delayed, intake.Delivered, intake.Absent, intake.Read} {
			from := fmt.Sprintf("kunde%d@k.example", i)
			before, out := w.answered(from)
			l := letter{ID: "r-" + from, From: "mailer-daemon@mx.example", Text: "Bericht", Automation: intake.Generated,
				Report: &intake.Report{Kind: kind, MessageID: out.ExternalID, Until: until}}
			if kind == intake.Absent {
				l.From, l.Automation = from, intake.Replied
			}
			w.arrive(l)
			w.settled()
			after, d := w.file(before.Case.Number), w.answer(before.Case.Number)
			if d.State != outbox.Sent || d.Reported != kind || d.Until.Time() != until {
				w.t.Errorf("%v: the delivery is %+v", kind, d)
			}
			if kind == intake.Absent { // what is answered next is the question, not the notice
				_, err := w.desk.Reply(context.Background(), w.staff, after.Case.ID, desk.ReplyForm{Text: "Noch etwas", Next: desk.WaitingCustomer})
				must(w.t, err)
				w.until("the second answer is sent", func() bool {
					return len(w.sent.all()) > 0 && strings.HasPrefix(w.sent.all()[len(w.sent.all())-1].Text, "Noch etwas")
				})
				if out := w.sent.all()[len(w.sent.all())-1]; out.InReplyTo != "frage-"+from || !strings.Contains(out.Text, "> Frage von "+from) {
					w.t.Errorf("it answers %q:\n%s", out.InReplyTo, out.Text)
				}
				continue
			}
			if after.Case.State != desk.WaitingCustomer || w.row(before.Case.Number).Awaits || len(after.Messages) != len(before.Messages)+1 {
				w.t.Errorf("%v: the case is %v with %d messages", kind, after.Case.State, len(after.Messages))
			}
		}
	})
}

// TestAbsenceLeavesOwedWhatIsOwed: an absence notice does not end the wait for an
// answer.
func TestAbsenceLeavesOwedWhatIsOwed(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(letter{ID: "1@k", From: "anna@k.example", Text: "Hallo"})
		must(w.t, w.intake.Drain(ctx))
		w.arrive(letter{ID: "2@k", From: "anna@k.example", Refs: []string{"1@k"}, Text: "Ich bin weg.", Automation: intake.Replied, Report: &intake.Report{Kind: intake.Absent}})
		must(w.t, w.intake.Drain(ctx))
		row := w.row(w.caseOf("Hallo"))
		if !row.Awaits || row.DueAt.IsZero() || row.Excerpt != "Hallo" {
			w.t.Errorf("the row is %+v", row)
		}
	})
}

// TestComplaint: who calls a mail of ours spam is looked at by a person and gets
// nothing automatic any more.
func TestComplaint(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		before, out := w.answered("anna@k.example")
		w.arrive(letter{ID: "arf", From: "fbl@provider.example", Text: "Beschwerde", Automation: intake.Generated, Report: &intake.Report{Kind: intake.Complaint, MessageID: out.ExternalID}})
		w.settled()
		if d := w.answer(before.Case.Number); d.State != outbox.Sent || d.Reported != intake.Complaint {
			w.t.Errorf("the delivery is %+v", d)
		}
		if !w.row(before.Case.Number).Awaits {
			w.t.Error("nobody looks at the case")
		}
		n := len(w.sent.all())
		w.arrive(letter{ID: "neu", From: "anna@k.example", Subject: "Neue Frage", Text: "Neue Frage"})
		w.settled()
		if f := w.file(w.caseOf("Neue Frage")); len(f.Messages) != 1 {
			w.t.Error("an acknowledgement was written")
		}
		must(w.t, w.outbox.SendFileLink(ctx, w.brand, "anna@k.example"))
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, before.Case.Number))
		if pending, err := w.outbox.Pending(ctx); err != nil || pending != 0 || len(w.sent.all()) != n {
			w.t.Errorf("%d mails wait, %d were sent (%v)", pending, len(w.sent.all())-n, err)
		}
	})
}

// row is the list row of a case.
func (w *world) row(number string) row {
	w.t.Helper()
	all := w.all()
	i := slices.IndexFunc(all, func(r row) bool { return r.Number == number })
	if i < 0 {
		w.t.Fatalf("there is no row of %s", number)
	}
	return all[i]
}

// TestWhatComesBackOfAMergedCase: a link opens the case it was asked for, and what comes
// back of its mail belongs where that case is now.
func TestWhatComesBackOfAMergedCase(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.arrive(letter{ID: "1", From: "anna@k.example", Subject: "Eins", Text: "eins"})
		w.settled()
		w.arrive(letter{ID: "2", From: "anna@k.example", Subject: "Zwei", Text: "zwei"})
		w.settled()
		from, into := w.file(w.caseOf("zwei")).Case, w.file(w.caseOf("eins")).Case
		w.quiet()
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, from.Number))
		w.quiet()
		must(w.t, w.desk.Merge(ctx, w.staff, from.ID, into.ID))
		all := w.sent.all()
		token := w.returnToken(all[len(all)-1])
		for i, l := range []letter{
			{From: "mailer-daemon@mx.example", Text: "zurück", Automation: intake.Bounce, Report: undelivered("", "anna@k.example")},
			{From: "anna@k.example", Text: "Danke für den Link"},
		} {
			l.ID, l.Tokens = fmt.Sprint("b", i), []string{token}
			w.arrive(l)
			w.settled()
		}
		if f := w.file(into.Number); len(f.Messages) != 6 || f.Messages[4].Body != "zurück" || f.Messages[5].Body != "Danke für den Link" {
			w.t.Errorf("the case holds %d messages", len(f.Messages))
		}
		if d := w.page(outbox.Filter{Kind: outbox.CaseLinkKind}); len(d) != 1 || d[0].State != outbox.Failed {
			w.t.Errorf("the link is %+v", d)
		}
	})
}
