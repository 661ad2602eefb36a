package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// onBoth runs a test on both databases, beside others: these tests wait for jobs
// most of the time, and each has its own world.
func onBoth(t *testing.T, f func(w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(newWorld(t, d)) })
}

func TestMailBecomesCaseAndIsAcknowledged(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		w.arrive(letter{ID: "1@kunde.example", From: "jonas@kunde.example", Name: "Jonas Ott", Subject: "Zähler defekt", Text: "Mein Zähler steht still.\nWas nun?"})
		w.settled()
		rows := w.list()
		if len(rows) != 1 || rows[0].Subject != "Zähler defekt" || rows[0].CustomerName != "Jonas Ott" || rows[0].State != desk.Fresh || !rows[0].Awaits {
			w.t.Fatalf("list = %+v", rows)
		}
		if rows[0].Excerpt != "Mein Zähler steht still. Was nun?" {
			w.t.Fatalf("excerpt = %q", rows[0].Excerpt)
		}
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		ack := w.sent.all()[0]
		if !ack.Automatic || ack.To != "jonas@kunde.example" || ack.InReplyTo != "1@kunde.example" || !strings.Contains(ack.Subject, rows[0].Number) {
			w.t.Fatalf("ack = %+v", ack)
		}
		if !strings.Contains(ack.Text, "23. November 2026, 18:00 Uhr") {
			w.t.Fatalf("the acknowledgement names no answer time:\n%s", ack.Text)
		}
		for _, theirs := range []string{"Zähler", "steht still", "Jonas"} {
			if strings.Contains(ack.Subject+ack.Text+ack.HTML+ack.ToName, theirs) {
				w.t.Fatalf("the acknowledgement echoes %q", theirs)
			}
		}
		w.until("the delivery is known as sent", func() bool {
			d := w.deliveries(w.file(rows[0].Number))
			return len(d) == 1 && d[0].State == outbox.Sent && d[0].Words == "2.0.0 Ok: queued"
		})
	})
}

func TestSameMailTwiceIsOneMessage(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		l := letter{ID: "1@k.example", From: "a@k.example", Subject: "Frage", Text: "Hallo"}
		w.arrive(l)
		w.arrive(l) // the very same bytes
		w.settled()
		w.arrive([]byte(`{"id":"1@k.example", "from":"a@k.example", "subject":"Frage", "text":"Hallo"}`)) // the same message by another way
		w.settled()
		if rows := w.list(); len(rows) != 1 || rows[0].Messages != 2 {
			w.t.Fatalf("list = %+v", rows)
		}
	})
}

func TestParallelThreadsStayThreads(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		const threads = 60
		var wg sync.WaitGroup
		for c := range 8 {
			wg.Go(func() {
				for i := c; i < threads; i += 8 {
					id := fmt.Sprintf("%d@k.example", i)
					from := fmt.Sprintf("kunde%d@k.example", i)
					w.arrive(letter{ID: id, From: from, Subject: "Frage", Text: "Hallo"})
					if i%3 == 0 {
						w.arrive(letter{ID: "re-" + id, From: from, Refs: []string{id}, Subject: "Re: Frage", Text: "Noch etwas"})
					}
				}
			})
		}
		wg.Wait()
		w.settled()
		n := 0
		for _, r := range w.all() {
			n++
			if !r.State.IsOpen() {
				w.t.Fatalf("row = %+v", r)
			}
		}
		if n != threads {
			w.t.Fatalf("%d cases, want %d", n, threads)
		}
	})
}

func TestJoining(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		w.arrive(letter{ID: "1@k.example", From: "jonas@k.example", Subject: "Umzug", Text: "Ich ziehe um."})
		w.settled()
		first := w.list()[0]
		token := outbox.ReplyToken(w.seal, w.brand, first.Number)
		cases := []struct {
			name    string
			letter  letter
			joins   bool
			suggest desk.SuggestReason
		}{
			{"token", letter{ID: "2", From: "jonas@arbeit.example", Tokens: []string{strings.ToUpper(token)}, Text: "b"}, true, 0},
			{"reference of a participant", letter{ID: "3", From: "jonas@k.example", Refs: []string{"1@k.example"}, Text: "c"}, true, 0},
			{"reference of a stranger", letter{ID: "4", From: "fremd@x.example", Refs: []string{"1@k.example"}, Text: "d"}, false, desk.SuggestReference},
			{"number in the subject", letter{ID: "5", From: "fremd@y.example", Subject: "Re: " + first.Number, Text: "e"}, false, desk.SuggestNumber},
			{"forged token", letter{ID: "6", From: "fremd@z.example", Tokens: []string{token[:len(token)-2] + "aa"}, Text: "f"}, false, 0},
			{"same subject", letter{ID: "7", From: "jonas@k.example", Subject: "AW: Umzug", Text: "g"}, false, desk.SuggestSubject},
			{"sender alone", letter{ID: "8", From: "jonas@k.example", Subject: "Rechnung", Text: "h"}, false, desk.SuggestSender},
		}
		for _, c := range cases {
			before := w.file(first.Number).Case.Messages
			total := len(w.all())
			w.arrive(c.letter)
			w.settled()
			joined := w.file(first.Number).Case.Messages == before+1
			if joined != c.joins || (len(w.all()) == total+1) == c.joins {
				w.t.Errorf("%s: joined %v, want %v", c.name, joined, c.joins)
				continue
			}
			if c.joins {
				continue
			}
			f := w.file(w.list()[0].Number)
			switch {
			case c.suggest == 0 && len(f.Suggestions) == 0:
			case len(f.Suggestions) != 1 || f.Suggestions[0].Reason != c.suggest:
				w.t.Errorf("%s: suggestions %+v", c.name, f.Suggestions)
			}
		}
	})
}

func TestUnreadableIsParkedAndTheNextGoesOn(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		w.arrive([]byte("no mail at all"))
		w.arrive(letter{ID: "p", Poison: true})
		w.arrive(letter{ID: "own", From: "x@k.example", Automation: intake.Own})
		w.arrive(letter{ID: "ok", From: "a@k.example", Text: "Hallo"})
		w.settled()
		if rows := w.list(); len(rows) != 1 {
			w.t.Fatalf("list = %+v", rows)
		}
		lead := w.staff
		lead.Role = access.Lead
		ctx := context.Background()
		if _, err := w.intake.Parked(ctx, w.staff, 0); !errs.Is(err, errs.Forbidden) {
			w.t.Fatalf("an agent read the list: %v", err)
		}
		parked, err := w.intake.Parked(ctx, lead, 0)
		must(w.t, err)
		var reasons []string
		for _, p := range parked {
			reasons = append(reasons, p.Reason)
		}
		if fmt.Sprint(reasons) != "[own crashed not_mail]" {
			w.t.Fatalf("reasons = %v", reasons)
		}
		raw, err := w.intake.Raw(ctx, lead, parked[2].ID)
		must(w.t, err)
		b, err := io.ReadAll(raw)
		must(w.t, err)
		if string(b) != "no mail at all" {
			w.t.Fatalf("raw = %q", b)
		}
		must(w.t, w.intake.Dismiss(ctx, lead, parked[0].ID))
		must(w.t, w.intake.Retry(ctx, lead, parked[2].ID))
		w.settled()
		if left, _ := w.intake.Parked(ctx, lead, 0); len(left) != 2 {
			w.t.Fatalf("%d left, want 2", len(left))
		}
	})
}

func TestLargeArrivalIsKeptWhole(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		text := strings.Repeat("Zählerstand 4711. ", 40_000)
		w.arrive(letter{ID: "big", From: "a@k.example", Text: text})
		w.settled()
		f := w.file(w.list()[0].Number)
		if f.Messages[0].Body != text {
			w.t.Fatalf("%d bytes arrived, want %d", len(f.Messages[0].Body), len(text))
		}
	})
}

func TestLargeArrivalAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		big := letter{ID: "big", From: "a@k.example", Text: strings.Repeat("Zählerstand 4711. ", 40_000)}
		w.arrive(big)
		w.arrive(big)
		if n := len(w.blobs()); n != 1 {
			w.t.Errorf("%d files are kept of one mail", n)
		}
		// The first commit was in doubt: its envelope is there, its bytes are not.
		must(w.t, os.Remove(w.blobs()[0]))
		w.arrive(big)
		w.start()
		w.settled()
		if rows := w.list(); len(rows) != 1 || w.file(rows[0].Number).Messages[0].Body != big.Text {
			w.t.Fatalf("%d cases, or not what was sent", len(rows))
		}
	})
}

// blobs returns the paths of what the blob store holds.
func (w *world) blobs() []string {
	w.t.Helper()
	paths, err := filepath.Glob(filepath.Join(w.files, "??", "*"))
	must(w.t, err)
	return paths
}

// TestWithdrawnReplyOwesWhatWasOwed takes back a first answer, a later one, and
// one that nobody had asked for.
func TestWithdrawnReplyOwesWhatWasOwed(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.arrive(letter{ID: "1@k.example", From: "heike@k.example", Subject: "Leitung", Text: "Sie rauscht."})
		w.settled()
		number := w.list()[0].Number
		reply := func() ids.ID {
			m, err := w.desk.Reply(ctx, w.staff, w.file(number).Case.ID, desk.ReplyForm{Text: "Wir messen."})
			must(w.t, err)
			return m.ID
		}
		takeBack := func() desk.Case {
			_, err := w.desk.Withdraw(ctx, w.staff, w.file(number).Case.ID, reply())
			must(w.t, err)
			return w.file(number).Case
		}
		first := w.file(number).Case.DueAt
		w.clock.Advance(time.Hour)
		must(w.t, w.desk.HandOver(ctx, w.staff, w.file(number).Case.ID, desk.HandOverForm{TeamID: busyTeam, Owner: w.staff.ID, Reason: "Weil"}))
		if c := takeBack(); c.DueAt != first || !c.AnsweredAt.IsZero() || !w.list()[0].Awaits {
			w.t.Errorf("after the first answer was taken back it is due %v, answered %v", c.DueAt, c.AnsweredAt)
		}
		reply()
		answered := w.file(number).Case.AnsweredAt
		w.clock.Advance(time.Hour)
		if c := takeBack(); !c.DueAt.IsZero() || w.list()[0].Awaits {
			w.t.Errorf("a second answer nobody waits for leaves it due %v", c.DueAt)
		}
		w.clock.Advance(48 * time.Hour)
		w.arrive(letter{ID: "2@k.example", From: "heike@k.example", Refs: []string{"1@k.example"}, Text: "Und jetzt?"})
		w.settled()
		second := w.file(number).Case.DueAt
		if c := takeBack(); c.DueAt != second || c.AnsweredAt != answered || !w.list()[0].Awaits {
			w.t.Errorf("after a later answer was taken back it is due %v, want %v", c.DueAt, second)
		}
	})
}

// TestReplyQuotesNobodyElse: others who take part in a case wrote to the desk,
// not to the customer.
func TestReplyQuotesNobodyElse(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.arrive(letter{ID: "1@k.example", From: "heike@k.example", Name: "Heike", Subject: "Leitung", Text: "Die Leitung rauscht."})
		w.settled()
		number := w.list()[0].Number
		w.arrive(letter{ID: "2@n.example", From: "nachbar@n.example", Tokens: []string{outbox.ReplyToken(w.seal, w.brand, number)}, Text: "Unter uns: Sie zahlt nie."})
		w.settled()
		if _, err := w.desk.Reply(ctx, w.staff, w.file(number).Case.ID, desk.ReplyForm{Text: "Wir messen."}); err != nil {
			w.t.Fatal(err)
		}
		w.clock.Advance(2 * time.Second)
		w.until("the reply is sent", func() bool { return len(w.sent.all()) == 2 })
		for _, out := range w.sent.all() {
			if out.Automatic {
				continue
			}
			if out.To != "heike@k.example" || out.InReplyTo != "1@k.example" || !strings.Contains(out.Text, "> Die Leitung rauscht.") {
				w.t.Errorf("the reply goes to %s, answers %s:\n%s", out.To, out.InReplyTo, out.Text)
			}
			if strings.Contains(out.Text+out.HTML, "Unter uns") {
				w.t.Error("it quotes what somebody else wrote to the desk")
			}
			if strings.Count(out.HTML, "<p ") != strings.Count(out.HTML, "</p>") || strings.Contains(out.HTML, "</p>\n</p>") {
				w.t.Errorf("paragraphs are nested:\n%s", out.HTML)
			}
		}
	})
}

func TestReplyCanBeTakenBackThenGoesOut(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.arrive(letter{ID: "1@k.example", From: "jonas@k.example", Name: "Jonas Ott", Subject: "Umzug", Text: "Ich ziehe um."})
		w.settled()
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		number := w.list()[0].Number
		c := w.file(number).Case
		m, err := w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "Gern, **wann**?", Seen: c.Version})
		must(w.t, err)
		text, err := w.desk.Withdraw(ctx, w.staff, c.ID, m.ID)
		must(w.t, err)
		if text != "Gern, **wann**?" || w.file(number).Case.State != desk.Open {
			w.t.Fatalf("took back %q, state %v", text, w.file(number).Case.State)
		}
		c = w.file(number).Case
		if _, err := w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "x", Seen: c.Version - 1}); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("a reply to a changed case gave %v", err)
		}
		m, err = w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "Gern, **wann** ziehen Sie um?", Seen: c.Version})
		must(w.t, err)
		w.clock.Advance(2 * time.Second)
		w.until("the reply is sent", func() bool { return len(w.sent.all()) == 2 })
		out := w.sent.all()[1]
		if out.Subject != "Re: Umzug" || out.InReplyTo != "1@k.example" || out.Automatic || !strings.Contains(out.Text, "> Ich ziehe um.") || !strings.Contains(out.HTML, "<strong>wann</strong>") {
			w.t.Fatalf("reply = %+v", out)
		}
		if _, err := w.desk.Withdraw(ctx, w.staff, c.ID, m.ID); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("a sent reply was taken back: %v", err)
		}
		// The customer answers with a program that keeps References only.
		w.arrive(letter{ID: "2@k.example", From: "jonas@k.example", Refs: []string{out.ExternalID}, Text: "Am Montag."})
		w.settled()
		f := w.file(number)
		if f.Case.State != desk.Open || f.Messages[len(f.Messages)-1].Body != "Am Montag." {
			w.t.Fatalf("state %v, last message %+v", f.Case.State, f.Messages[len(f.Messages)-1])
		}
		if f.Case.OwnerID != w.staff.ID {
			w.t.Fatal("who answers a case nobody owns should own it")
		}
	})
}

func TestRefusedAndUncertainDeliveriesAreShown(t *testing.T) {
	for _, c := range []struct {
		fail *outbox.SendError
		want outbox.State
	}{
		{&outbox.SendError{Outcome: outbox.Rejected, Code: 550, Words: "5.1.1 no such user"}, outbox.Failed},
		{&outbox.SendError{Outcome: outbox.Uncertain, Words: "connection reset"}, outbox.Unsure},
		{&outbox.SendError{Outcome: outbox.Retry, Code: 451, Words: "4.2.1 try later"}, outbox.Queued},
	} {
		t.Run(c.want.String(), func(t *testing.T) {
			onBoth(t, func(w *world) {
				w.sent.fail = c.fail
				w.start()
				w.arrive(letter{ID: "1", From: "a@k.example", Text: "Hallo"})
				w.settled()
				number := w.list()[0].Number
				w.until("the outcome is known", func() bool {
					d := w.deliveries(w.file(number))
					return len(d) == 1 && d[0].State == c.want && d[0].Words == c.fail.Words && d[0].Attempts == 1
				})
				if c.want == outbox.Queued {
					return
				}
				w.sent.mu.Lock()
				w.sent.fail = nil
				w.sent.mu.Unlock()
				must(w.t, w.outbox.SendAgain(context.Background(), w.staff, w.deliveries(w.file(number))[0].ID, false))
				w.until("it is sent again", func() bool { return len(w.sent.all()) == 1 })
			})
		})
	}
}

func TestAcknowledgementsAreLimited(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		for i := range 12 {
			w.arrive(letter{ID: fmt.Sprintf("%d", i), From: "opfer@k.example", Text: "x"})
		}
		w.arrive(letter{ID: "auto", From: "robot@k.example", Automation: intake.Generated, Text: "x"})
		w.arrive(letter{ID: "self", From: "hilfe@lindenau.example", Text: "x"})
		w.settled()
		w.until("two are sent", func() bool { return len(w.sent.all()) == 2 })
		n, err := w.outbox.Pending(context.Background())
		must(w.t, err)
		if rows := w.all(); len(rows) != 14 || n != 0 {
			w.t.Fatalf("%d cases, %d deliveries wait", len(rows), n)
		}
		for _, m := range w.sent.all() {
			if m.To != "opfer@k.example" {
				w.t.Fatalf("acknowledged to %s", m.To)
			}
		}
	})
}

func TestInterruptedSendIsUncertain(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.arrive(letter{ID: "1", From: "a@k.example", Text: "Hallo"})
		w.settled()
		w.until("it is sent", func() bool { n, _ := w.outbox.Pending(ctx); return n == 0 })
		w.stop()
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("UPDATE deliveries SET state = 2, sending_until = ?", w.clock.Now().Add(time.Minute).UnixMicro()).Exec(ctx)
			return err
		}))
		number := w.list()[0].Number
		must(w.t, w.outbox.Recover(ctx, false))
		if d := w.deliveries(w.file(number)); d[0].State != outbox.Sending {
			w.t.Fatalf("another node's send was given up: %+v", d[0])
		}
		w.clock.Advance(2 * time.Minute)
		must(w.t, w.outbox.Recover(ctx, false))
		if d := w.deliveries(w.file(number)); d[0].State != outbox.Unsure {
			w.t.Fatalf("state = %v", d[0].State)
		}
	})
}

func TestMergeMovesMessages(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.arrive(letter{ID: "1", From: "a@k.example", Subject: "Eins", Text: "eins"})
		w.settled()
		w.arrive(letter{ID: "2", From: "a@k.example", Subject: "Zwei", Text: "zwei"})
		w.settled()
		rows := w.list()
		from, into := rows[0], rows[1]
		must(w.t, w.desk.Merge(ctx, w.staff, from.CaseID, into.CaseID))
		f := w.file(into.Number)
		if len(f.Messages) != 4 || f.Messages[2].Body != "zwei" || f.Messages[2].Joined != desk.ByHand {
			w.t.Fatalf("messages = %+v", f.Messages)
		}
		if old := w.file(from.Number); old.MergedInto != into.Number {
			w.t.Fatalf("the merged case leads to %q", old.MergedInto)
		}
		w.arrive(letter{ID: "3", From: "b@k.example", Tokens: []string{outbox.ReplyToken(w.seal, w.brand, from.Number)}, Text: "drei"})
		w.settled()
		if f := w.file(into.Number); len(f.Messages) != 5 {
			w.t.Fatal("an answer to the merged case did not reach the other")
		}
	})
}

func TestAcceptFailsWhenDatabaseIsAway(t *testing.T) {
	onBoth(t, func(w *world) {
		w.db.Close()
		err := w.intake.Accept(context.Background(), intake.Arrival{BrandID: w.brand, AccountID: w.account.ID, Channel: "email", Raw: []byte("x")})
		if !errs.Is(err, errs.Unavailable) {
			w.t.Fatalf("err = %v", err)
		}
		big := bytes.Repeat([]byte("x"), 1<<20)
		err = w.intake.Accept(context.Background(), intake.Arrival{BrandID: w.brand, AccountID: w.account.ID, Channel: "email", Raw: big})
		if !errs.Is(err, errs.Unavailable) {
			w.t.Fatalf("err = %v", err)
		}
	})
}

func TestDeliveryThatLostItsJobIsSent(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		lanes, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { w.intake.Run(lanes); close(done) }()
		w.arrive(letter{ID: "1", From: "a@k.example", Text: "Hallo"})
		w.settled()
		stop()
		<-done
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("DELETE FROM river_job").Exec(ctx)
			return err
		}))
		w.clock.Advance(11 * time.Minute)
		must(w.t, w.outbox.Recover(ctx, true))
		w.start()
		w.until("it is sent", func() bool { return len(w.sent.all()) == 1 })
	})
}
