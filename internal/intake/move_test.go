package intake_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/views"
)

type row = views.Row

// said returns the message of a case with a text.
func (w *world) said(number, text string) desk.Message {
	w.t.Helper()
	for _, m := range w.file(number).Messages {
		if m.Body == text {
			return m
		}
	}
	w.t.Fatalf("%s does not hold %q", number, text)
	return desk.Message{}
}

// TestMoveAndBack takes the second mail of a case to another customer's and back:
// everything is as it was.
func TestMoveAndBack(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(letter{ID: "1@a", From: "anna@k.example", Subject: "Rechnung", Text: "Zur Rechnung."})
		w.arrive(letter{ID: "2@a", From: "anna@k.example", Refs: []string{"1@a", "0@a"}, Text: "Und zum Umzug."})
		w.arrive(letter{ID: "1@b", From: "bert@k.example", Subject: "Umzug", Text: "Wir ziehen um."})
		must(w.t, w.intake.Drain(ctx))
		source, target := w.file(w.caseOf("Zur Rechnung.")).Case, w.file(w.caseOf("Wir ziehen um.")).Case
		m := w.said(source.Number, "Und zum Umzug.")
		if _, err := w.desk.Move(ctx, w.staff, m.ID, desk.MoveForm{Into: target.ID, Seen: source.Version + 1}); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("an old version moved it: %v", err)
		}
		at, err := w.desk.Move(ctx, w.staff, m.ID, desk.MoveForm{Into: target.ID, Seen: source.Version})
		must(w.t, err)
		there := w.said(at.Number, "Und zum Umzug.")
		if at.ID != target.ID || there.ID != m.ID || there.Joined != desk.ByMerge || len(there.Found.Moved) != 1 || there.Found.Moved[0].Number != source.Number || there.Found.Moved[0].Name != "Mia Krüger" {
			w.t.Fatalf("it is in %s: %+v", at.Number, there)
		}
		w.checkPlaces(source.Number, target.Number)
		mark := w.file(source.Number).Messages[m.Seq-1]
		if mark.Kind != desk.MovedAway || mark.Found.To != target.Number || mark.Visibility != desk.Internal {
			w.t.Errorf("in its place stands %+v", mark)
		}
		if row := w.row(source.Number); row.Excerpt != "Zur Rechnung." {
			w.t.Errorf("the list still says %q", row.Excerpt)
		}
		if row := w.row(target.Number); row.Excerpt != "Und zum Umzug." {
			w.t.Errorf("the list says %q", row.Excerpt)
		}
		for _, who := range []struct{ number, from string }{{source.Number, "anna@k.example"}, {target.Number, "bert@k.example"}} {
			for _, x := range w.ownFile(who.number, who.from).Messages {
				if x.Body == "Und zum Umzug." || x.Kind == desk.MovedAway {
					w.t.Errorf("%s reads %q", who.from, x.Body)
				}
			}
		}
		w.arrive(letter{ID: "3@a", From: "anna@k.example", Refs: []string{"2@a"}, Text: "Noch etwas."}) // follows the message it answers
		must(w.t, w.intake.Drain(ctx))
		if number := w.caseOf("Noch etwas."); number != target.Number {
			w.t.Errorf("an answer to the moved message is in %s", number)
		}
		_, err = w.desk.Move(ctx, w.staff, m.ID, desk.MoveForm{Into: source.ID})
		must(w.t, err)
		back := w.said(source.Number, "Und zum Umzug.")
		if back.Seq != m.Seq || back.Joined != m.Joined || len(back.Found.Moved) != 0 || back.Found.Key != m.Found.Key {
			w.t.Errorf("moved back it is %+v, it was %+v", back, m)
		}
		w.checkPlaces(source.Number, target.Number)
	})
}

// checkPlaces makes sure that a case counts its messages, one to a place.
func (w *world) checkPlaces(numbers ...string) {
	w.t.Helper()
	for _, n := range numbers {
		f := w.file(n)
		for i, m := range f.Messages {
			if m.Seq != int64(i+1) || m.CaseID != f.Case.ID {
				w.t.Errorf("%s: message %d has place %d", n, i+1, m.Seq)
			}
		}
		if f.Case.Messages != int64(len(f.Messages)) || w.row(n).Messages != f.Case.Messages {
			w.t.Errorf("%s says it has %d messages, the list %d, it has %d", n, f.Case.Messages, w.row(n).Messages, len(f.Messages))
		}
	}
}

// ownFile is a case as its customer sees it.
func (w *world) ownFile(number, from string) desk.OwnFile {
	w.t.Helper()
	var customer ids.ID
	must(w.t, w.db.Read().NewRaw("SELECT customer_id FROM cases WHERE number = ?", number).Scan(context.Background(), &customer))
	f, err := w.desk.OwnFile(context.Background(), access.Actor{Kind: access.Customer, ID: customer, BrandID: w.brand}, number, 0)
	must(w.t, err)
	return f
}

// TestMoveToANewCase makes a case of a mail of its own; the last one that leaves a
// case closes it.
func TestMoveToANewCase(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(letter{ID: "1@a", From: "anna@k.example", Subject: "Rechnung", Text: "Zur Rechnung."})
		must(w.t, w.intake.Drain(ctx))
		source := w.file(w.caseOf("Zur Rechnung.")).Case
		w.arrive(letter{ID: "2@b", From: "bert@k.example", Subject: "Zähler", Tokens: []string{outbox.ReplyToken(w.seal, w.brand, source.Number)}, Text: "Mein Zähler."})
		must(w.t, w.intake.Drain(ctx))
		at, err := w.desk.Move(ctx, w.staff, w.said(source.Number, "Mein Zähler.").ID, desk.MoveForm{})
		must(w.t, err)
		fresh := w.file(at.Number)
		m := fresh.Messages[0]
		if fresh.Case.Subject != "Zähler" || fresh.Case.State != desk.Fresh || fresh.Case.DueAt != source.DueAt || fresh.Case.CustomerID != m.AuthorID || m.Joined != desk.ByHand || len(fresh.Messages) != 1 {
			w.t.Fatalf("the new case is %+v", fresh.Case)
		}
		if r := w.row(at.Number); r.Excerpt != "Mein Zähler." || r.CustomerName != "bert@k.example" || !r.Awaits || r.Messages != 1 {
			w.t.Errorf("its row is %+v", r)
		}
		if own := w.ownFile(at.Number, "bert@k.example"); len(own.Messages) != 1 {
			w.t.Errorf("Bert reads %d messages", len(own.Messages))
		}
		_, err = w.desk.Move(ctx, w.staff, m.ID, desk.MoveForm{Into: source.ID})
		must(w.t, err)
		if c := w.file(at.Number).Case; c.State != desk.Closed || !c.DueAt.IsZero() {
			w.t.Errorf("a case nothing is left of is %v, due %v", c.State, c.DueAt)
		}
		w.checkPlaces(source.Number, at.Number)
	})
}

// TestDeliveriesFollow: an answer that is moved keeps what became of it, and its
// envelope and references follow a mail.
func TestDeliveriesFollow(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		before, _ := w.answered("anna@k.example")
		m := w.said(before.Case.Number, "Antwort an anna@k.example")
		at, err := w.desk.Move(ctx, w.staff, m.ID, desk.MoveForm{})
		must(w.t, err)
		d := w.answer(at.Number)
		if d.State != outbox.Sent || d.Address != "anna@k.example" || d.CaseID != at.ID || d.Words == "" {
			w.t.Errorf("the delivery is %+v", d)
		}
		if left := w.deliveries(w.file(before.Case.Number)); len(left) != 1 {
			w.t.Errorf("%d deliveries are left, want the acknowledgement", len(left))
		}
		question := w.said(before.Case.Number, "Frage von anna@k.example")
		_, err = w.desk.Move(ctx, w.staff, question.ID, desk.MoveForm{Into: at.ID})
		must(w.t, err)
		var of ids.ID
		must(w.t, w.db.Read().NewRaw("SELECT case_id FROM envelopes WHERE message_id = ?", question.ID).Scan(ctx, &of))
		if of != at.ID {
			w.t.Error("the envelope names the old case")
		}
		must(w.t, w.desk.Delete(ctx, lead(w.staff), at.ID, desk.ReasonMistake))
		must(w.t, w.desk.Delete(ctx, lead(w.staff), before.Case.ID, desk.ReasonMistake))
		for _, table := range []string{"messages", "deliveries", "envelopes WHERE case_id IS NOT NULL", "message_references", "cases", "customers"} {
			var n int
			must(w.t, w.db.Read().NewRaw("SELECT count(*) FROM "+table).Scan(ctx, &n))
			if n != 0 {
				w.t.Errorf("%d rows of %s are left", n, table)
			}
		}
	})
}

func lead(a access.Actor) access.Actor {
	a.Role = access.Lead
	return a
}

// TestWhatCanNotBeMoved is refused with a reason.
func TestWhatCanNotBeMoved(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(letter{ID: "1@a", From: "anna@k.example", Subject: "Rechnung", Text: "Zur Rechnung."})
		w.arrive(letter{ID: "1@b", From: "bert@k.example", Subject: "Umzug", Text: "Wir ziehen um."})
		must(w.t, w.intake.Drain(ctx))
		source, target := w.file(w.caseOf("Zur Rechnung.")), w.file(w.caseOf("Wir ziehen um."))
		first, ack := source.Messages[0].ID, source.Messages[1].ID
		for name, tc := range map[string]struct {
			actor   access.Actor
			message ids.ID
			into    ids.ID
			kind    errs.Kind
		}{
			"an acknowledgement":   {w.staff, ack, target.Case.ID, errs.Conflict},
			"to where it is":       {w.staff, first, source.Case.ID, errs.Invalid},
			"to nowhere":           {w.staff, first, ids.New(), errs.Invalid},
			"nothing":              {w.staff, ids.New(), target.Case.ID, errs.NotFound},
			"of another brand":     {access.Actor{Kind: access.Staff, ID: w.staff.ID, BrandID: ids.New(), Role: access.Agent}, first, target.Case.ID, errs.NotFound},
			"by a customer":        {access.Actor{Kind: access.Customer, ID: source.Case.CustomerID, BrandID: w.brand}, first, target.Case.ID, errs.Forbidden},
			"by nobody":            {access.Actor{BrandID: w.brand}, first, target.Case.ID, errs.SignedOut},
			"while it goes public": {w.staff, first, target.Case.ID, errs.Conflict},
		} {
			if name == "while it goes public" {
				must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
					return w.desk.MarkPublicTx(ctx, tx, desk.PublicWaiting, source.Case.ID)
				}))
			}
			if _, err := w.desk.Move(ctx, tc.actor, tc.message, desk.MoveForm{Into: tc.into}); errs.KindOf(err) != tc.kind {
				w.t.Errorf("%s: %v", name, err)
			}
			must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				return w.desk.MarkPublicTx(ctx, tx, desk.NotPublic, source.Case.ID)
			}))
		}
		must(w.t, w.desk.Trash(ctx, w.staff, target.Case.ID))
		if _, err := w.desk.Move(ctx, w.staff, first, desk.MoveForm{Into: target.Case.ID}); !errs.Is(err, errs.Conflict) {
			w.t.Errorf("into the trash: %v", err)
		}
		w.checkPlaces(source.Case.Number)
	})
}

const passed = "Bitte übernehmt das.\n\n-------- Weitergeleitete Nachricht --------\nVon: Carla Kunde <carla@k.example>\nBetreff: Zähler\n\nMein Zähler steht still.\n\n> alt"

func forwarded(from string) letter {
	at := len("Bitte übernehmt das.\n\n")
	body := len(passed) - len("Mein Zähler steht still.\n\n> alt")
	return letter{ID: "wg-" + from, From: from, Name: "Wer auch immer", Subject: "WG: Zähler", Text: passed, HTML: "<p>Bitte übernehmt das.</p>",
		Folds:     []markup.Fold{{Kind: markup.FoldForward, From: at, To: len(passed)}, {Kind: markup.FoldQuote, From: len(passed) - 5, To: len(passed)}},
		Forwarded: &intake.Forwarded{From: intake.Address{Value: "carla@k.example", Name: "Carla Kunde"}, Subject: "Zähler", At: at, Body: body, Date: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}}
}

// TestForwardedByAColleague: the case is that of whoever wrote first, who is
// acknowledged; what the colleague wrote above is a note.
func TestForwardedByAColleague(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		l := forwarded("mia@lindenau.example")
		l.Folds = l.Folds[1:]
		w.arrive(l)
		must(w.t, w.intake.Drain(ctx))
		rows := w.all()
		f := w.file(rows[0].Number)
		if len(rows) != 1 || rows[0].CustomerName != "Carla Kunde" || f.Case.Subject != "Zähler" || len(f.Messages) != 3 {
			w.t.Fatalf("row %+v, %d messages", rows[0], len(f.Messages))
		}
		m, note, ack := f.Messages[0], f.Messages[1], f.Messages[2]
		if m.Joined != desk.ByForward || m.Found.By != "Mia Krüger" || m.Visible() != "Mein Zähler steht still." || m.HTML != "" || m.AuthorID != f.Case.CustomerID {
			w.t.Errorf("the message is %+v, visible %q", m, m.Visible())
		}
		if note.Kind != desk.Note || note.Visibility != desk.Internal || note.Body != "Bitte übernehmt das." || note.AuthorID != w.staff.ID {
			w.t.Errorf("the note is %+v", note)
		}
		if d := w.deliveries(f); ack.Kind != desk.Ack || len(d) != 1 || d[0].Address != "carla@k.example" {
			w.t.Errorf("acknowledged: %+v", d)
		}
		if rows[0].Excerpt != "Mein Zähler steht still." {
			w.t.Errorf("the excerpt is %q", rows[0].Excerpt)
		}
		for _, x := range w.ownFile(f.Case.Number, "").Messages {
			if x.Kind == desk.Note || x.Body == "Bitte übernehmt das." {
				w.t.Error("the customer reads what the colleague wrote")
			}
		}
	})
}

// TestForgedColleague passes nothing on, nor does anybody else by themselves.
func TestForgedColleague(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		forged := forwarded("mia@lindenau.example")
		forged.DMARC = intake.Fail
		w.arrive(forged)
		w.arrive(forwarded("nachbar@n.example"))
		must(w.t, w.intake.Drain(ctx))
		for _, r := range w.all() {
			if r.CustomerName != "Wer auch immer" {
				w.t.Errorf("the case is of %q", r.CustomerName)
			}
		}
	})
}

// TestMakeCustomer gives a case to whoever wrote a forwarded mail first, and back.
func TestMakeCustomer(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(forwarded("nachbar@n.example"))
		must(w.t, w.intake.Drain(ctx))
		before := w.file(w.all()[0].Number)
		m := before.Messages[0]
		must(w.t, w.intake.MakeCustomer(ctx, w.staff, intake.Handing{Message: m.ID, Seen: before.Case.Version}))
		after := w.file(before.Case.Number)
		if after.Case.CustomerID == before.Case.CustomerID || w.all()[0].CustomerName != "Carla Kunde" || after.Messages[0].Body != m.Body {
			w.t.Fatalf("the case is of %q", w.all()[0].CustomerName)
		}
		if own := w.ownFile(before.Case.Number, ""); len(own.Messages) != 1 || own.Messages[0].Kind != desk.Ack {
			w.t.Errorf("the new customer reads %+v", own.Messages)
		}
		if err := w.intake.MakeCustomer(ctx, w.staff, intake.Handing{Message: m.ID, Seen: before.Case.Version}); !errs.Is(err, errs.Conflict) {
			w.t.Errorf("an old version: %v", err)
		}
		must(w.t, w.intake.MakeCustomer(ctx, w.staff, intake.Handing{Message: m.ID})) // again changes nothing
		if v := w.file(before.Case.Number).Case.Version; v != after.Case.Version {
			w.t.Errorf("version %d, want %d", v, after.Case.Version)
		}
		w.atOnce()
		w.start()
		_, err := w.desk.Reply(ctx, w.staff, after.Case.ID, desk.ReplyForm{Text: "Guten Tag Frau Kunde"})
		must(w.t, err)
		w.clock.Advance(2 * time.Second)
		w.until("the answer is sent", func() bool { return len(w.sent.all()) == 2 })
		for _, out := range w.sent.all() {
			switch {
			case out.Automatic: // to whoever was the customer when it was written: no link to what is no longer theirs
				if out.To != "nachbar@n.example" || secret(out.Text) != "" {
					w.t.Errorf("the acknowledgement to %s holds %q", out.To, secret(out.Text))
				}
			case out.To != "carla@k.example" || secret(out.Text) == "" || contains(out.Text, "Bitte übernehmt"):
				w.t.Errorf("the answer to %s:\n%s", out.To, out.Text)
			}
		}
		must(w.t, w.intake.MakeCustomer(ctx, w.staff, intake.Handing{Message: m.ID, Back: true}))
		if c := w.file(before.Case.Number).Case; c.CustomerID != before.Case.CustomerID {
			w.t.Error("it can't be undone")
		}
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return w.desk.MarkPublicTx(ctx, tx, desk.PublicShown, before.Case.ID)
		}))
		if err := w.intake.MakeCustomer(ctx, w.staff, intake.Handing{Message: m.ID}); !errs.Is(err, errs.Conflict) {
			w.t.Errorf("what somebody published became somebody else's: %v", err)
		}
	})
}

var secretPattern = regexp.MustCompile(`/l/[A-Za-z0-9_-]{43}`)

// secret returns the secret link in a mail.
func secret(text string) string { return secretPattern.FindString(text) }

func contains(text, part string) bool { return strings.Contains(text, part) }
