package intake_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// replies are the deliveries of the answers of a case, the oldest first.
func (w *world) replies(number string) (found []outbox.Delivery) {
	w.t.Helper()
	for _, d := range w.deliveries(w.file(number)) {
		if d.Kind == outbox.ReplyKind {
			found = append(found, d)
		}
	}
	return found
}

// returnToken is what the return path of a mail carries.
func (w *world) returnToken(m outbox.Outgoing) string {
	w.t.Helper()
	token := catalog.Detail(m.ReturnPath)
	if id, ok := outbox.CheckReturnToken(w.seal, token); !ok || id != m.DeliveryID {
		w.t.Fatalf("the return path of %s is %q", m.DeliveryID, m.ReturnPath)
	}
	return token
}

// answerOnce answers a case and waits until the answer has left, or what else became of it.
func (w *world) answerOnce(number, text string, want outbox.State) outbox.Delivery {
	w.t.Helper()
	before := len(w.replies(number))
	_, err := w.desk.Reply(context.Background(), w.staff, w.file(number).Case.ID, desk.ReplyForm{Text: text, Next: desk.WaitingCustomer})
	must(w.t, err)
	var d outbox.Delivery
	w.until("the answer is "+want.String(), func() bool {
		all := w.replies(number)
		if len(all) != before+1 {
			return false
		}
		d = all[before]
		return d.State == want
	})
	return d
}

// last is what was sent last to somebody.
func (w *world) last(to string) (found outbox.Outgoing) {
	for _, m := range w.sent.all() {
		if m.To == to && !m.Automatic {
			found = m
		}
	}
	return found
}

// TestReturnPathLeadsToItsDelivery: a report that names nothing at all finds the one
// delivery it is about, of two to the same person in the same case.
func TestReturnPathLeadsToItsDelivery(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		before, first := w.answered("anna@k.example")
		number := before.Case.Number
		w.clock.Advance(time.Second)
		w.answerOnce(number, "Noch etwas", outbox.Sent)
		if second := w.last("anna@k.example"); second.ReturnPath == first.ReturnPath {
			w.t.Fatal("two deliveries have one return path")
		}
		w.arrive(letter{ID: "b", From: "mailer-daemon@mx.example", Text: "Zurück", Automation: intake.Bounce, Tokens: []string{strings.ToUpper(w.returnToken(first))},
			Report: &intake.Report{Kind: intake.Undelivered}})
		w.settled()
		all := w.replies(number)
		if all[0].State != outbox.Failed || all[0].Reported != intake.Undelivered || all[1].State != outbox.Sent || all[1].Reported != 0 {
			w.t.Errorf("the deliveries are %+v", all)
		}
		if f := w.file(number); f.Case.State != desk.Open || f.Messages[len(f.Messages)-1].Joined != desk.ByReport {
			w.t.Errorf("the case is %v", f.Case.State)
		}
	})
}

// TestUnreadableReportIsNoted: what a mail system sends to a return path is about its
// delivery, even if nobody can read it; it decides nothing, and a person looks at it.
func TestUnreadableReportIsNoted(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		before, out := w.answered("anna@k.example")
		w.arrive(letter{ID: "b", From: "postmaster@mx.example", Text: "Ξένη γλώσσα", Automation: intake.Bounce, Tokens: []string{w.returnToken(out)}})
		w.settled()
		d := w.answer(before.Case.Number)
		if d.State != outbox.Sent || d.Reported != intake.Unexplained || d.ReportID.IsZero() || !w.row(before.Case.Number).Awaits {
			w.t.Errorf("the delivery is %+v", d)
		}
		w.arrive(letter{ID: "c", From: "postmaster@mx.example", Text: "Zurück", Automation: intake.Bounce, Tokens: []string{w.returnToken(out)}, Report: undelivered("", "anna@k.example")})
		w.settled()
		if d := w.answer(before.Case.Number); d.State != outbox.Failed || d.Reason != "userunknown" {
			w.t.Errorf("after a readable one the delivery is %+v", d)
		}
		if len(w.all()) != 1 {
			w.t.Errorf("%d cases", len(w.all()))
		}
	})
}

// TestWhoeverWritesToReturnPath joins the case: automatic answers go there (RFC 3834 §4),
// and some programs answer to it.
func TestWhoeverWritesToReturnPath(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		before, out := w.answered("anna@k.example")
		for i, l := range []letter{
			{From: "anna@k.example", Text: "Danke", Automation: intake.Person},
			{From: "anna@k.example", Text: "Automatisch", Automation: intake.Replied},
			{From: "anna@k.example", Text: "Ich bin weg", Automation: intake.Replied, Report: &intake.Report{Kind: intake.Absent}},
		} {
			l.ID, l.Tokens = "w"+l.Text, []string{w.returnToken(out)}
			w.arrive(l)
			w.settled()
			if f := w.file(before.Case.Number); len(f.Messages) != len(before.Messages)+i+1 {
				w.t.Errorf("%q did not reach its case", l.Text)
			}
		}
		if d := w.answer(before.Case.Number); d.State != outbox.Sent || d.Reported != intake.Absent {
			w.t.Errorf("the delivery is %+v", d)
		}
		w.arrive(letter{ID: "f", From: "x@fremd.example", Text: "Geraten", Tokens: []string{w.returnToken(out)[:28] + "aaaaaaaaaa"}})
		w.settled()
		if f := w.file(before.Case.Number); len(f.Messages) != len(before.Messages)+3 {
			w.t.Error("a forged return path leads into the case")
		}
	})
}

// uncertain is a case with an answer of which nobody knows what became of it.
func (w *world) uncertain(from string) (desk.File, outbox.Delivery, outbox.Outgoing) {
	w.t.Helper()
	w.atOnce()
	w.arrive(letter{ID: "frage-" + from, From: from, Subject: "Frage", Text: "Frage von " + from})
	w.settled()
	number := w.caseOf("Frage von " + from)
	var out outbox.Outgoing
	w.sent.set(func(m outbox.Outgoing, commit func() error) error {
		if m.Automatic {
			return commit()
		}
		out = m
		if err := commit(); err != nil {
			return err
		}
		return &outbox.SendError{Outcome: outbox.Uncertain, Words: "connection reset"}
	})
	d := w.answerOnce(number, "Antwort an "+from, outbox.Unsure)
	w.sent.set(nil)
	return w.file(number), d, out
}

// TestUncertainIsResolved by what comes back, and by nothing else.
func TestUncertainIsResolved(t *testing.T) {
	for _, c := range []struct {
		name  string
		comes func(w *world, out outbox.Outgoing) letter
		want  outbox.State
		way   outbox.Way
	}{
		{"an answer", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "anna@k.example", Text: "Danke", Refs: []string{out.ExternalID}}
		}, outbox.Sent, outbox.Arrived},
		{"an answer from another address of theirs", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "anna@privat.example", Text: "Danke", Refs: []string{out.ExternalID}, Tokens: []string{catalog.Detail(out.ReplyTo)}}
		}, outbox.Sent, outbox.Arrived},
		{"a bounce", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "mailer-daemon@mx.example", Automation: intake.Bounce, Tokens: []string{catalog.Detail(out.ReturnPath)}, Report: undelivered("", "anna@k.example")}
		}, outbox.Failed, 0},
		{"a note that it is late", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "mailer-daemon@mx.example", Automation: intake.Bounce, Tokens: []string{catalog.Detail(out.ReturnPath)}, Report: &intake.Report{Kind: intake.Delayed}}
		}, outbox.Sent, outbox.Arrived},
		{"an absence", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "anna@k.example", Automation: intake.Replied, Refs: []string{out.ExternalID}, Report: &intake.Report{Kind: intake.Absent}}
		}, outbox.Sent, outbox.Arrived},
		{"something nobody can read", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "postmaster@mx.example", Automation: intake.Bounce, Tokens: []string{catalog.Detail(out.ReturnPath)}}
		}, outbox.Unsure, 0},
		{"another mail of theirs", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "anna@k.example", Text: "Noch etwas", Refs: []string{"frage-anna@k.example"}}
		}, outbox.Unsure, 0},
		{"an answer that may be forged", func(w *world, out outbox.Outgoing) letter {
			return letter{From: "anna@k.example", Text: "Danke", Refs: []string{out.ExternalID}, Tokens: []string{catalog.Detail(out.ReplyTo)}, DMARC: intake.Fail}
		}, outbox.Unsure, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				w.start()
				before, _, out := w.uncertain("anna@k.example")
				l := c.comes(w, out)
				l.ID = "was-kommt"
				w.arrive(l)
				w.settled()
				d := w.answer(before.Case.Number)
				if d.State != c.want || d.Way != c.way || (c.want == outbox.Sent) == d.SentAt.IsZero() {
					w.t.Errorf("the delivery is %+v", d)
				}
				if got := w.last("anna@k.example"); got.ExternalID != "" {
					w.t.Error("it was sent once more")
				}
			})
		})
	}
}

// TestLateBounceFindsTheFirstSend: what comes back of the first send says nothing of
// the second, and nothing is sent a third time.
func TestLateBounceFindsTheFirstSend(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		before, d, out := w.uncertain("anna@k.example")
		number := before.Case.Number
		var again sync.WaitGroup
		for range 4 { // clicked twice, by two people
			again.Go(func() {
				if err := w.outbox.SendAgain(context.Background(), w.staff, d.ID, false); err != nil {
					w.t.Error(err)
				}
			})
		}
		again.Wait()
		w.until("it is sent again", func() bool { all := w.replies(number); return len(all) == 2 && all[1].State == outbox.Sent })
		w.arrive(letter{ID: "b", From: "mailer-daemon@mx.example", Automation: intake.Bounce, Tokens: []string{w.returnToken(out)}, Report: undelivered(out.ExternalID, "anna@k.example")})
		w.settled()
		all := w.replies(number)
		if len(all) != 2 || all[0].State != outbox.Settled || all[0].Way != outbox.Repeated || all[0].SettledBy != w.staff.ID || all[0].Reported != intake.Undelivered ||
			all[1].State != outbox.Sent || all[1].Reported != 0 || all[1].Follows != d.ID {
			w.t.Errorf("the deliveries are %+v", all)
		}
		if got := w.sent.all(); len(got) != 2 || got[1].ExternalID != out.ExternalID { // the acknowledgement is the first
			w.t.Errorf("%d mails were sent", len(got))
		}
	})
}

// TestCorrectedAddress gets the message; the old one gets nothing more.
func TestCorrectedAddress(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.people.SetGuard(w.desk.KnownTo)
		w.start()
		before, d, _ := w.uncertain("anna@k.exmaple")
		number := before.Case.Number
		for address, field := range map[string]string{"": "address", "kein": "address", "hilfe@lindenau.example": "address", "hilfe+x@lindenau.example": "address"} {
			err := w.outbox.Correct(ctx, w.staff, d.ID, address, false)
			if all := errs.Fields(err); len(all) != 1 || all[0].Field != field {
				w.t.Errorf("%q: %v", address, err)
			}
		}
		must(w.t, w.outbox.Correct(ctx, w.staff, d.ID, "Anna@k.example", true))
		w.until("it is sent", func() bool { all := w.replies(number); return len(all) == 2 && all[1].State == outbox.Sent })
		all := w.replies(number)
		if all[0].State != outbox.Settled || all[0].Way != outbox.Corrected || all[1].Address != "anna@k.example" || all[1].Follows != d.ID {
			w.t.Errorf("the deliveries are %+v", all)
		}
		if got := w.last("anna@k.example"); got.To != "anna@k.example" || !strings.Contains(got.Text, "Antwort an") {
			w.t.Errorf("sent was %+v", got)
		}
		c, err := w.people.Get(ctx, w.staff, before.Case.CustomerID)
		must(w.t, err)
		if len(c.Identities) != 2 { // the old one may work: nobody said that it can't
			w.t.Errorf("the customer is known as %+v", c.Identities)
		}
		if err := w.outbox.Correct(ctx, w.staff, d.ID, "noch@k.example", false); !errs.Is(err, errs.Conflict) {
			w.t.Errorf("what was corrected is corrected again: %v", err)
		}
	})
}

// TestHardBounce: what can't arrive is not sent again by one click, and its address
// gives way to the right one.
func TestHardBounce(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.people.SetGuard(w.desk.KnownTo)
		w.start()
		before, out := w.answered("anna@k.exmaple")
		number := before.Case.Number
		w.arrive(letter{ID: "b", From: "mailer-daemon@mx.example", Automation: intake.Bounce, Tokens: []string{w.returnToken(out)}, Report: undelivered("", "anna@k.exmaple")})
		w.settled()
		d := w.answer(number)
		if err := w.outbox.SendAgain(ctx, w.staff, d.ID, false); !errs.Is(err, errs.Conflict) || len(w.replies(number)) != 1 {
			w.t.Errorf("sent there again: %v", err)
		}
		must(w.t, w.outbox.Correct(ctx, w.staff, d.ID, "anna@k.example", true))
		c, err := w.people.Get(ctx, w.staff, before.Case.CustomerID)
		must(w.t, err)
		if len(c.Identities) != 1 || c.Identities[0].Value != "anna@k.example" {
			w.t.Errorf("the customer is known as %+v", c.Identities)
		}
		w.until("it is sent", func() bool { return w.answer(number).State == outbox.Sent })
		if got := w.last("anna@k.example"); !strings.Contains(got.Text, "/l/") {
			w.t.Errorf("the customer's new address gets no link:\n%s", got.Text)
		}
	})
}

// TestSettledByPerson: told by phone, it is not tried any more.
func TestSettledByPerson(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		before, d, _ := w.uncertain("anna@k.example")
		for _, way := range []outbox.Way{0, outbox.Corrected, outbox.Repeated, 99} {
			if err := w.outbox.Settle(ctx, w.staff, d.ID, way); len(errs.Fields(err)) != 1 {
				w.t.Errorf("way %d: %v", way, err)
			}
		}
		must(w.t, w.outbox.Settle(ctx, w.staff, d.ID, outbox.ByPhone))
		got := w.answer(before.Case.Number)
		if got.State != outbox.Settled || got.Way != outbox.ByPhone || got.SettledBy != w.staff.ID || got.SettledAt.IsZero() || got.Words != "connection reset" {
			w.t.Errorf("the delivery is %+v", got)
		}
		events, err := w.desk.Events(ctx, w.staff, before.Case.ID)
		must(w.t, err)
		if countEvents(events, desk.DeliverySettled) != 1 {
			w.t.Error("nobody can see who settled it")
		}
		if err := w.outbox.Settle(ctx, w.staff, d.ID, outbox.ByLetter); !errs.Is(err, errs.Conflict) {
			w.t.Errorf("settled twice: %v", err)
		}
		must(w.t, w.outbox.SendAgain(ctx, w.staff, d.ID, true))
		if n := len(w.replies(before.Case.Number)); n != 1 {
			w.t.Errorf("%d deliveries of what was settled", n)
		}
		if err := w.outbox.Settle(ctx, w.staff, ids.New(), outbox.ByPhone); !errs.Is(err, errs.NotFound) {
			w.t.Errorf("nothing was settled: %v", err)
		}
	})
}

// TestWaitingIsSettled: what a server keeps putting off need not be waited for.
func TestWaitingIsSettled(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.atOnce()
		w.sent.fail = &outbox.SendError{Outcome: outbox.Retry, Code: 451, Words: "451 4.7.1 Greylisted", Status: "4.7.1"}
		w.start()
		w.arrive(letter{ID: "1", From: "a@k.example", Text: "Hallo"})
		w.settled()
		number := w.list()[0].Number
		var d outbox.Delivery
		w.until("it waits", func() bool { d = w.deliveries(w.file(number))[0]; return d.Attempts == 1 && d.State == outbox.Queued })
		if wait := d.NextAt.Time().Sub(w.clock.Now()); d.Reason != outbox.Greylisted || wait < 5*time.Minute || wait > 10*time.Minute {
			w.t.Errorf("it waits %v because of %q", wait, d.Reason)
		}
		must(w.t, w.outbox.Settle(ctx, w.staff, d.ID, outbox.Dropped))
		w.sent.mu.Lock()
		w.sent.fail = nil
		w.sent.mu.Unlock()
		w.clock.Advance(24 * time.Hour)
		must(w.t, w.outbox.Recover(ctx, false))
		if got := w.deliveries(w.file(number))[0]; got.State != outbox.Settled || len(w.sent.all()) != 0 {
			w.t.Errorf("it is %+v and %d mails were sent", got, len(w.sent.all()))
		}
	})
}

// TestDatabaseAwayAfter250: what the server said is remembered until it can be
// written, and the mail is not sent again.
func TestDatabaseAwayAfter250(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.atOnce()
		hide := func(from, to string) {
			must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.NewRaw("ALTER TABLE " + from + " RENAME TO " + to).Exec(ctx)
				return err
			}))
		}
		var hidden atomic.Bool
		w.sent.set(func(m outbox.Outgoing, commit func() error) error {
			if err := commit(); err != nil {
				return err
			}
			hide("deliveries", "away")
			hidden.Store(true)
			return nil
		})
		w.start()
		w.arrive(letter{ID: "1", From: "a@k.example", Text: "Hallo"})
		w.until("the server took it and the table is away", hidden.Load)
		w.stop() // the attempt to write it has failed
		hide("away", "deliveries")
		number := w.list()[0].Number
		if d := w.deliveries(w.file(number))[0]; d.State != outbox.Sending {
			w.t.Fatalf("nothing was lost: %+v", d)
		}
		must(w.t, w.outbox.Recover(ctx, false))
		if d := w.deliveries(w.file(number))[0]; d.State != outbox.Sent || d.Attempts != 1 || len(w.sent.all()) != 1 {
			w.t.Errorf("it is %+v and was sent %d times", d, len(w.sent.all()))
		}
	})
}

// TestOneAttemptAtATime: an attempt that fails while another is past the point of no
// return does not make the delivery wait again.
func TestOneAttemptAtATime(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.atOnce()
		both, committed, calls := make(chan struct{}), make(chan struct{}), atomic.Int32{}
		w.sent.set(func(m outbox.Outgoing, commit func() error) error {
			switch calls.Add(1) {
			case 1:
				<-both
				err := commit()
				close(committed)
				w.until("the other attempt has failed", func() bool { return calls.Load() > 100 })
				return err
			case 2:
				close(both)
				<-committed
				return &outbox.SendError{Outcome: outbox.Retry, Code: 451, Words: "451 later"}
			}
			return errors.New("a third attempt")
		})
		w.arrive(letter{ID: "1", From: "a@k.example", Text: "Hallo"})
		must(w.t, w.intake.Drain(ctx))
		w.clock.Advance(11 * time.Minute)
		must(w.t, w.outbox.Recover(ctx, false)) // a second job for the same delivery
		w.start()
		<-committed
		number := w.list()[0].Number
		w.until("the second attempt is over", func() bool { return calls.Load() >= 2 })
		time.Sleep(50 * time.Millisecond) // what it would break, it would break now
		if d := w.deliveries(w.file(number))[0]; d.State != outbox.Sending {
			w.t.Errorf("while it is being sent it is %+v", d)
		}
		calls.Add(100)
		w.until("it is sent", func() bool { return w.deliveries(w.file(number))[0].State == outbox.Sent })
		if d := w.deliveries(w.file(number))[0]; d.Attempts != 1 || len(w.sent.all()) != 1 {
			w.t.Errorf("it is %+v and was sent %d times", d, len(w.sent.all()))
		}
	})
}

// TestAnswerProvesOneDelivery: that one of several receivers answers says nothing of
// what became of the mail to the others.
func TestAnswerProvesOneDelivery(t *testing.T) {
	onBoth(t, func(w *world) {
		w.atOnce()
		w.sent.set(func(m outbox.Outgoing, commit func() error) error {
			if err := commit(); err != nil || m.Automatic {
				return err
			}
			return &outbox.SendError{Outcome: outbox.Uncertain, Words: "connection reset"}
		})
		w.start()
		w.arrive(letter{ID: "frage", From: "anna@k.example", Subject: "Frage", Text: "Frage"})
		w.settled()
		number := w.caseOf("Frage")
		m, err := w.desk.Reply(context.Background(), w.staff, w.file(number).Case.ID, desk.ReplyForm{Text: "Antwort", Cc: []string{"bert@k.example"}, Next: desk.WaitingCustomer})
		must(w.t, err)
		states := func() map[string]outbox.State {
			found := map[string]outbox.State{}
			for _, d := range w.replies(number) {
				found[d.Address] = d.State
			}
			return found
		}
		w.until("both are uncertain", func() bool {
			s := states()
			return s["anna@k.example"] == outbox.Unsure && s["bert@k.example"] == outbox.Unsure
		})
		sent, err := w.desk.Message(context.Background(), w.staff, m.ID)
		must(w.t, err)
		w.arrive(letter{ID: "von-bert", From: "bert@k.example", Text: "Danke", Refs: []string{sent.ExternalID}, Tokens: []string{outbox.ReplyToken(w.seal, w.brand, number)}})
		w.settled()
		if s := states(); s["bert@k.example"] != outbox.Sent || s["anna@k.example"] != outbox.Unsure {
			w.t.Errorf("after an answer of Bert's: %v", s)
		}
	})
}
