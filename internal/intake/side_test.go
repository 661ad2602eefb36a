package intake_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

const workshop = "werkstatt@huber.example"

// concern is a case whose customer wrote the text.
func (w *world) concern(from, text string) desk.Case {
	w.t.Helper()
	w.arrive(letter{ID: "concern-" + text, From: from, Name: "Erika Berg", Subject: "Zähler geheim-" + from, Text: text})
	w.settled()
	return w.file(w.caseOf(text)).Case
}

// asked is a side conversation with the workshop and the mail that began it.
func (w *world) asked(c desk.Case, text string) (desk.Side, outbox.Outgoing) {
	w.t.Helper()
	side, _, err := w.desk.OpenSide(context.Background(), w.staff, c.ID, desk.SideForm{To: strings.ToUpper(workshop), Name: "Werkstatt Huber", Subject: "Ersatzteil",
		SideLetter: desk.SideLetter{Text: text}})
	must(w.t, err)
	return side, w.mail(workshop, text)
}

// mail waits for the mail to an address that says something.
func (w *world) mail(to, text string) (out outbox.Outgoing) {
	w.t.Helper()
	w.until("mail to "+to+" with "+text, func() bool {
		at := slices.IndexFunc(w.sent.all(), func(o outbox.Outgoing) bool { return o.To == to && strings.Contains(o.Text, text) })
		if at >= 0 {
			out = w.sent.all()[at]
		}
		return at >= 0
	})
	return out
}

// tokenOf is the token in a mail's reply address.
func tokenOf(out outbox.Outgoing) string {
	_, rest, _ := strings.Cut(out.ReplyTo, "+")
	token, _, _ := strings.Cut(rest, "@")
	return token
}

// message is the one message of a case with a text.
func (w *world) message(number, text string) desk.Message {
	w.t.Helper()
	var found []desk.Message
	for _, m := range w.file(number).Messages {
		if strings.Contains(m.Body, text) && m.Kind != desk.Reply {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d messages say %q", len(found), text)
	}
	return found[0]
}

func (w *world) eventsOf(kind desk.EventKind) int {
	return w.count("SELECT count(*) FROM events WHERE kind = ?", string(kind))
}

// TestSideLetterSaysNothingOfTheCustomer looks at the mails of a conversation, and
// at those to the customer meanwhile.
func TestSideLetterSaysNothingOfTheCustomer(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.atOnce()
		c := w.concern("erika@k.example", "Mein Zähler steht.")
		side, first := w.asked(c, "Haben Sie Teil 4711?")
		if first.Subject != "Ersatzteil" || first.ToName != "Werkstatt Huber" || first.InReplyTo != "" || len(first.References) != 0 || first.Automatic || first.ExternalID == "" {
			w.t.Errorf("first = %+v", first)
		}
		w.arrive(letter{ID: "wort@huber", From: workshop, Name: "Huber", Tokens: []string{tokenOf(first)}, Subject: "Re: Ersatzteil", Text: "Teil-da-Geheimnis"})
		w.settled()
		_, err := w.desk.WriteSide(ctx, w.staff, side.ID, desk.SideLetter{Text: "Bitte schicken."})
		must(w.t, err)
		next := w.mail(workshop, "Bitte schicken.")
		if next.Subject != "Re: Ersatzteil" || next.InReplyTo != "wort@huber" || !slices.Equal(next.References, []string{first.ExternalID, "wort@huber"}) {
			w.t.Errorf("next = %+v", next)
		}
		if !strings.Contains(next.Text, "> Teil-da-Geheimnis") || tokenOf(next) != tokenOf(first) {
			w.t.Errorf("next says %q, answers go to %s", next.Text, next.ReplyTo)
		}
		for _, out := range []outbox.Outgoing{first, next} {
			all := strings.ToLower(out.Text + out.HTML + out.Subject + out.FromName + strings.Join(out.References, " ") + out.ReplyTo + out.ReturnPath)
			for _, private := range []string{c.Number, strings.ReplaceAll(c.Number, "-", ""), "erika", "steht", "geheim-", "/l/"} {
				if strings.Contains(all, strings.ToLower(private)) {
					w.t.Errorf("the mail says %q: %s", private, all)
				}
			}
		}
		_, err = w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "Das Teil kommt."})
		must(w.t, err)
		reply := w.mail("erika@k.example", "Das Teil kommt.")
		all := reply.Text + reply.HTML + strings.Join(reply.References, " ") + reply.InReplyTo
		for _, private := range []string{"Huber", "huber", "Ersatzteil", "4711", "Geheimnis", first.ExternalID, next.ExternalID} {
			if strings.Contains(all, private) {
				w.t.Errorf("the answer to the customer holds %q", private)
			}
		}
		w.hidden(c, "4711", "Geheimnis")
	})
}

// hidden checks that the customer of a case reads none of the words, and that no
// list says them.
func (w *world) hidden(c desk.Case, private ...string) {
	w.t.Helper()
	own := w.ownFile(c.Number, "")
	said := fmt.Sprintf("%+v", own.Messages)
	for _, row := range w.all() {
		said += row.Excerpt + row.CustomerName + row.Subject
	}
	for _, word := range private {
		if strings.Contains(said, word) {
			w.t.Errorf("the customer or a list reads %q", word)
		}
	}
	customer := access.Actor{Kind: access.Customer, ID: c.CustomerID, BrandID: w.brand}
	for _, m := range w.file(c.Number).Messages {
		if m.SideID.IsZero() {
			continue
		}
		if m.Visibility != desk.Internal {
			w.t.Errorf("%q has visibility %d", m.Body, m.Visibility)
		}
		for _, a := range m.Attachments {
			if _, err := w.desk.OwnAttachment(context.Background(), customer, a.ID); !errs.Is(err, errs.NotFound) {
				w.t.Errorf("the customer opens a file of the conversation: %v", err)
			}
		}
	}
}

// TestWhoJoinsASide sends letters into a conversation from everybody and by every
// way.
func TestWhoJoinsASide(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.atOnce()
		c := w.concern("erika@k.example", "Mein Zähler steht.")
		side, out := w.asked(c, "Haben Sie das Teil?")
		_, err := w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "Wir fragen nach."})
		must(w.t, err)
		toCase := tokenOf(w.mail("erika@k.example", "Wir fragen nach."))
		people := w.count("SELECT count(*) FROM customers")
		token, ref := tokenOf(out), out.ExternalID
		for _, x := range []struct {
			what   string
			l      letter
			aside  bool
			joined desk.Joined
			inCase bool
		}{
			{what: "token", l: letter{From: workshop, Tokens: []string{token}}, aside: true, joined: desk.ByToken},
			{what: "token in capitals", l: letter{From: workshop, Tokens: []string{strings.ToUpper(token)}}, aside: true, joined: desk.ByToken},
			{what: "reference", l: letter{From: workshop, Refs: []string{ref}}, aside: true, joined: desk.ByReference},
			{what: "reference to an answer", l: letter{From: workshop, Refs: []string{"token@x"}}, aside: true, joined: desk.ByReference},
			{what: "colleague with token", l: letter{From: "lager@huber.example", Tokens: []string{token}}, aside: true, joined: desk.ByToken},
			{what: "forged with token", l: letter{From: workshop, Tokens: []string{token}, DMARC: intake.Fail}, aside: true, joined: desk.ByToken},
			{what: "both tokens", l: letter{From: workshop, Tokens: []string{toCase, token}}, aside: true, joined: desk.ByToken},
			{what: "forged with reference", l: letter{From: workshop, Refs: []string{ref}, DMARC: intake.Fail}},
			{what: "stranger with reference", l: letter{From: "fremd@x.example", Refs: []string{ref}}},
			{what: "subject alone", l: letter{From: workshop, Subject: "Re: Ersatzteil"}},
			{what: "wrong signature", l: letter{From: workshop, Tokens: []string{token[:len(token)-1] + "0"}}},
			{what: "customer with token", l: letter{From: "erika@k.example", Tokens: []string{token}}, inCase: true, joined: desk.ByToken},
			{what: "forged customer with token", l: letter{From: "erika@k.example", Tokens: []string{token}, DMARC: intake.Fail}, aside: true, joined: desk.ByToken},
			{what: "customer with reference", l: letter{From: "erika@k.example", Refs: []string{ref}}, inCase: true, joined: desk.ByReference},
		} {
			x.l.ID, x.l.Text = strings.ReplaceAll(x.what, " ", "-")+"@x", "Brief "+x.what+"."
			w.arrive(x.l)
			w.settled()
			at := w.caseOf(x.l.Text)
			m := w.message(at, x.l.Text)
			switch {
			case x.aside && (at != c.Number || m.Kind != desk.SideIn || m.SideID != side.ID || m.Visibility != desk.Internal || m.Joined != x.joined || !m.AuthorID.IsZero()):
				w.t.Errorf("%s: in %s as %+v", x.what, at, m)
			case x.inCase && (at != c.Number || m.Kind != desk.Inbound || !m.SideID.IsZero() || m.AuthorID != c.CustomerID || m.Joined != x.joined):
				w.t.Errorf("%s: in %s as %+v", x.what, at, m)
			case !x.aside && !x.inCase && at == c.Number:
				w.t.Errorf("%s: joined the case as %+v", x.what, m)
			}
		}
		// The stranger and the workshop itself, which wrote on its own, became customers.
		if n := w.count("SELECT count(*) FROM customers"); n != people+2 {
			w.t.Errorf("%d customers, %d before", n, people)
		}
		if n := w.count("SELECT count(*) FROM participants WHERE case_id = ?", c.ID); n != 1 {
			w.t.Errorf("%d take part in the case", n)
		}
		w.hidden(c, "Brief token", "Brief reference", "Brief colleague", "Brief both")
	})
}

// TestSideAnswerRaisesItsCase shows what an answer does to where its case stands.
func TestSideAnswerRaisesItsCase(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.atOnce()
		for _, x := range []struct {
			what   string
			before desk.State
			close  bool
			l      letter
			after  desk.State
			moved  bool
		}{
			{what: "waits", before: desk.WaitingOthers, after: desk.Open, moved: true},
			{what: "closed", before: desk.Closed, after: desk.Open, moved: true},
			{what: "both closed", before: desk.Closed, close: true, after: desk.Closed, moved: true},
			{what: "solved", before: desk.Solved, after: desk.Solved, moved: true},
			{what: "answered", before: desk.Answered, after: desk.Answered, moved: true},
			{what: "vacation", before: desk.WaitingOthers, l: letter{Automation: intake.Replied}, after: desk.WaitingOthers},
			{what: "machine", before: desk.WaitingOthers, l: letter{Automation: intake.Generated}, after: desk.Open, moved: true},
		} {
			c := w.concern(strings.ReplaceAll(x.what, " ", "")+"@k.example", "Anliegen "+x.what)
			side, out := w.asked(c, "Frage "+x.what)
			must(w.t, w.desk.SetState(ctx, w.staff, c.ID, x.before, 0))
			if x.close {
				must(w.t, w.desk.CloseSide(ctx, w.staff, side.ID))
			}
			w.clock.Advance(time.Minute)
			before := w.file(c.Number).Case
			w.quiet()
			acks := len(w.sent.all())
			x.l.ID, x.l.From, x.l.Text, x.l.Tokens = "a-"+x.what, workshop, "Antwort "+x.what, []string{tokenOf(out)}
			w.arrive(x.l)
			w.settled()
			f := w.file(c.Number)
			if f.Case.State != x.after || f.Case.DueAt != before.DueAt || f.Case.Version != before.Version+1 {
				w.t.Errorf("%s: %+v", x.what, f.Case)
			}
			if top := w.list()[0]; (top.Number == c.Number && top.MovedAt == f.Case.ChangedAt) != x.moved || top.Awaits != !before.DueAt.IsZero() {
				w.t.Errorf("%s: at the top is %+v", x.what, top)
			}
			if len(w.sent.all()) != acks {
				w.t.Errorf("%s: something was sent", x.what)
			}
		}
		if w.eventsOf(desk.SideReceived) != 7 || w.eventsOf(desk.SideSent) != 7 || w.eventsOf(desk.SideClosed) != 1 {
			w.t.Error("events are missing")
		}
	})
}

// TestSideFollowsItsCase merges, changes customers and deletes.
func TestSideFollowsItsCase(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.atOnce()
		c, other := w.concern("erika@k.example", "Mein Zähler steht."), w.concern("jonas@k.example", "Meiner auch.")
		side, out := w.asked(c, "Haben Sie Kanarienteile?")
		must(w.t, w.desk.Merge(ctx, w.staff, c.ID, other.ID))
		w.arrive(letter{ID: "1@h", From: workshop, Tokens: []string{tokenOf(out)}, Text: "Nach dem Zusammenführen, Kanarienvogel."})
		w.arrive(letter{ID: "2@h", From: workshop, Refs: []string{"1@h"}, Text: "Und noch etwas."})
		w.settled()
		for _, text := range []string{"Nach dem", "Und noch", "Kanarienteile"} {
			if m := w.message(other.Number, text); m.SideID != side.ID || m.Visibility != desk.Internal {
				w.t.Errorf("%q is %+v", text, m)
			}
		}
		if f := w.file(other.Number); len(f.Sides) != 1 || f.Sides[0].Address != workshop || f.Sides[0].CaseID != other.ID || len(w.deliveries(f)) == 0 {
			w.t.Errorf("sides = %+v", f.Sides)
		}
		w.hidden(other, "Kanarien", "Nach dem", "Und noch")
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			to, err := w.people.ResolveTx(ctx, tx, w.brand, []people.Contact{{Kind: people.Email, Value: "neu@k.example"}})
			if err != nil {
				return err
			}
			return w.desk.SetCustomerTx(ctx, tx, w.staff, other.ID, to[0], "Neu", 0)
		}))
		_, err := w.desk.WriteSide(ctx, w.staff, side.ID, desk.SideLetter{Text: "Danke, Kanarienvogel."})
		must(w.t, err)
		w.mail(workshop, "Danke, Kanarienvogel.")
		w.hidden(w.file(other.Number).Case, "Kanarien")
		w.until("nothing waits", func() bool { n, err := w.outbox.Pending(ctx); return err == nil && n == 0 })
		must(w.t, w.desk.Delete(ctx, w.lead(), other.ID, desk.ReasonErasure))
		for _, needle := range [][]byte{[]byte("Kanarien"), []byte(workshop), []byte("Ersatzteil"), side.ID[:]} {
			if left := slices.DeleteFunc(w.holding(needle), func(table string) bool { return table == "events" && len(needle) == 16 }); len(left) > 0 {
				w.t.Errorf("%q is left in %v", needle, left)
			}
		}
		w.arrive(letter{ID: "3@h", From: workshop, Tokens: []string{tokenOf(out)}, Text: "Zu spät."})
		w.settled()
		if f := w.file(w.caseOf("Zu spät.")); f.Messages[0].Kind != desk.Inbound {
			w.t.Errorf("after the deletion: %+v", f.Messages[0])
		}
	})
}

// TestSideBounce lets a letter come back: it is the conversation's, and staff see it.
func TestSideBounce(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.atOnce()
		c := w.concern("erika@k.example", "Mein Zähler steht.")
		side, out := w.asked(c, "Haben Sie das Teil?")
		must(w.t, w.desk.SetState(ctx, w.staff, c.ID, desk.Closed, 0))
		w.until("it is sent", func() bool { d := w.sideDelivery(c); return d.State == outbox.Sent })
		w.arrive(letter{ID: "bounce", From: "mailer-daemon@mx.example", Subject: "Undelivered", Text: "Geheimer Bericht", Automation: intake.Bounce, Report: undelivered(out.ExternalID, workshop)})
		w.settled()
		m := w.message(c.Number, "Geheimer Bericht")
		if m.Kind != desk.SideIn || m.SideID != side.ID || m.Visibility != desk.Internal || m.Joined != desk.ByReport {
			w.t.Errorf("the report is %+v", m)
		}
		if d := w.sideDelivery(c); d.State != outbox.Failed || d.Reported != intake.Undelivered || d.ReportID != m.ID || !d.Hard {
			w.t.Errorf("the delivery is %+v", d)
		}
		if f := w.file(c.Number); f.Case.State != desk.Open || !w.list()[0].Awaits {
			w.t.Errorf("the case is %+v", f.Case)
		}
		w.corrects(c, side)
		// What came back of an answer to the customer is not the conversation's.
		_, err := w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "Wir fragen nach."})
		must(w.t, err)
		reply := w.mail("erika@k.example", "Wir fragen nach.")
		_, err = w.desk.WriteSide(ctx, w.staff, side.ID, desk.SideLetter{Text: "Hallo?"})
		must(w.t, err)
		w.mail("buero@huber.example", "Hallo?")
		w.until("both are sent", func() bool {
			n, err := w.outbox.Pending(ctx)
			return err == nil && n == 0 && w.answer(c.Number).State == outbox.Sent
		})
		w.arrive(letter{ID: "bounce2", From: "mailer-daemon@mx.example", Text: "Ohne Angaben", Automation: intake.Bounce, Tokens: []string{tokenOf(reply)}, Report: undelivered("", "andere@k.example")})
		w.settled()
		if m := w.message(c.Number, "Ohne Angaben"); !m.SideID.IsZero() || w.answer(c.Number).State != outbox.Failed {
			w.t.Errorf("the report on the answer is %+v", m)
		}
		w.hidden(c, "Geheimer Bericht", "Hallo?")
	})
}

// corrects sends what came back to another address, which is the conversation's from
// then on. It can't be the customer's.
func (w *world) corrects(c desk.Case, side desk.Side) {
	w.t.Helper()
	ctx, failed := context.Background(), w.sideDelivery(c).ID
	if err := w.outbox.Correct(ctx, w.staff, failed, "erika@k.example", false); len(errs.Fields(err)) != 1 {
		w.t.Errorf("corrected to the customer: %v", err)
	}
	must(w.t, w.outbox.Correct(ctx, w.staff, failed, "buero@huber.example", true))
	out := w.mail("buero@huber.example", "Haben Sie das Teil?")
	if out.Subject != side.Subject || !strings.HasPrefix(tokenOf(out), "s"+side.Code) {
		w.t.Errorf("corrected: %+v", out)
	}
	if s := w.file(c.Number).Sides[0]; s.Address != "buero@huber.example" || s.Subject != side.Subject || s.Name != side.Name {
		w.t.Errorf("the conversation is %+v", s)
	}
	w.until("it is sent", func() bool { return w.sideDelivery(c).State == outbox.Sent })
}

// sideDelivery is the last delivery of a side conversation of a case.
func (w *world) sideDelivery(c desk.Case) (last outbox.Delivery) {
	for _, d := range w.deliveries(w.file(c.Number)) {
		if d.Kind == outbox.SideKind {
			last = d
		}
	}
	return last
}

// TestSideFiles sends files of the case along and new ones, and refuses others.
func TestSideFiles(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.atOnce()
		q := w.question("erika@k.example")
		q.Uploads = []string{w.stage("foto.txt", "Foto des Zählers")}
		asked, err := w.intake.Ask(ctx, q)
		must(w.t, err)
		other, err := w.intake.Ask(ctx, w.question("jonas@k.example"))
		must(w.t, err)
		photo := w.file(asked.Number).Messages[0].Attachments[0]
		form := desk.SideForm{To: workshop, Subject: "Teil", SideLetter: desk.SideLetter{Text: "Siehe Foto.", Files: []ids.ID{photo.ID, photo.ID}, Uploads: []string{w.stage("plan.txt", "Der Plan")}}}
		side, m, err := w.desk.OpenSide(ctx, w.staff, asked.CaseID, form)
		must(w.t, err)
		out := w.mail(workshop, "Siehe Foto.")
		if len(out.Files) < 2 || out.Files[0].Name != "foto.txt" || out.Files[1].Name != "plan.txt" || out.Files[0].Size != photo.Size {
			w.t.Errorf("files = %+v", out.Files)
		}
		if len(m.Found.Enclosed) != 1 || len(m.Attachments) != 1 || len(w.file(asked.Number).Messages[0].Attachments) != 1 {
			w.t.Errorf("message = %+v", m)
		}
		c := w.file(asked.Number).Case
		w.hidden(c, "plan.txt")
		for what, bad := range map[string]desk.SideLetter{
			"of another case": {Text: "x", Files: []ids.ID{ids.New()}}, "no text": {Files: []ids.ID{photo.ID}}, "an upload that is gone": {Text: "x", Uploads: []string{"weg"}},
		} {
			if _, err := w.desk.WriteSide(ctx, w.staff, side.ID, bad); !errs.Is(err, errs.Invalid) {
				w.t.Errorf("%s: %v", what, err)
			}
		}
		if _, _, err := w.desk.OpenSide(ctx, w.staff, other.CaseID, desk.SideForm{To: workshop, Subject: "Teil", SideLetter: desk.SideLetter{Text: "x", Files: []ids.ID{photo.ID}}}); !errs.Is(err, errs.Invalid) {
			w.t.Errorf("a file of another case: %v", err)
		}
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("UPDATE attachments SET virus = 'Eicar' WHERE id = ?", photo.ID).Exec(ctx)
			return err
		}))
		if _, err := w.desk.WriteSide(ctx, w.staff, side.ID, desk.SideLetter{Text: "x", Files: []ids.ID{photo.ID}}); len(errs.Fields(err)) != 1 {
			w.t.Errorf("an infected file: %v", err)
		}
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("UPDATE attachments SET virus = '', size = ? WHERE id = ?", desk.MaxSideFiles+1, photo.ID).Exec(ctx)
			return err
		}))
		if _, err := w.desk.WriteSide(ctx, w.staff, side.ID, desk.SideLetter{Text: "x", Files: []ids.ID{photo.ID}}); len(errs.Fields(err)) != 1 {
			w.t.Errorf("a large file: %v", err)
		}
	})
}

// TestSideIsRefused shows to whom and when staff can't write.
func TestSideIsRefused(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		asked, own := w.asks("erika@k.example")
		for to, field := range map[string]string{"": "to", "nichts": "to", "hilfe@lindenau.example": "to", "hilfe+x@lindenau.example": "to", "Erika@k.example": "to"} {
			_, _, err := w.desk.OpenSide(ctx, w.staff, asked.CaseID, desk.SideForm{To: to, Subject: "x", SideLetter: desk.SideLetter{Text: "x"}})
			if f := errs.Fields(err); len(f) != 1 || f[0].Field != field {
				w.t.Errorf("to %q: %v", to, err)
			}
		}
		good := desk.SideForm{To: workshop, Subject: "Teil", SideLetter: desk.SideLetter{Text: "x"}}
		if _, _, err := w.desk.OpenSide(ctx, w.staff, asked.CaseID, desk.SideForm{}); len(errs.Fields(err)) != 2 && len(errs.Fields(err)) != 3 {
			w.t.Errorf("an empty form: %v", err)
		}
		if _, _, err := w.desk.OpenSide(ctx, own, asked.CaseID, good); !errs.Is(err, errs.Forbidden) {
			w.t.Errorf("the customer began one: %v", err)
		}
		if w.count("SELECT count(*) FROM side_conversations") != 0 || w.count("SELECT count(*) FROM deliveries WHERE kind = 6") != 0 {
			w.t.Error("something of what was refused is left")
		}
		stale := good
		stale.Seen = 99
		if _, _, err := w.desk.OpenSide(ctx, w.staff, asked.CaseID, stale); !errs.Is(err, errs.Conflict) {
			w.t.Errorf("an old version: %v", err)
		}
		side, _, err := w.desk.OpenSide(ctx, w.staff, asked.CaseID, good)
		must(w.t, err)
		if f := w.file(asked.Number); f.Case.OwnerID != w.staff.ID || f.Case.State != desk.Open || len(f.Sides) != 1 {
			w.t.Errorf("the case is %+v", f.Case)
		}
		foreign := w.staff
		foreign.BrandID = ids.New()
		if _, _, _, err := w.desk.Side(ctx, foreign, side.ID); !errs.Is(err, errs.NotFound) {
			w.t.Errorf("another brand reads it: %v", err)
		}
		if _, err := w.desk.WriteSide(ctx, foreign, side.ID, desk.SideLetter{Text: "x"}); !errs.Is(err, errs.NotFound) {
			w.t.Errorf("another brand writes: %v", err)
		}
		must(w.t, w.desk.CloseSide(ctx, w.staff, side.ID))
		must(w.t, w.desk.CloseSide(ctx, w.staff, side.ID))
		_, err = w.desk.WriteSide(ctx, w.staff, side.ID, desk.SideLetter{Text: "Doch noch."})
		must(w.t, err)
		if s, _, letters, err := w.desk.Side(ctx, w.staff, side.ID); err != nil || !s.ClosedAt.IsZero() || len(letters) != 2 {
			w.t.Errorf("side = %+v, %d letters, %v", s, len(letters), err)
		}
		must(w.t, w.desk.Trash(ctx, w.lead(), asked.CaseID))
		if _, err := w.desk.WriteSide(ctx, w.staff, side.ID, desk.SideLetter{Text: "x"}); !errs.Is(err, errs.Conflict) {
			w.t.Errorf("in the trash: %v", err)
		}
	})
}
