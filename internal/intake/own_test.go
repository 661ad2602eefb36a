package intake_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/views"
)

// ownFunctions is every function a customer may call, on one case.
func (w *world) ownFunctions(c intake.Asked, attachment ids.ID) map[string]func(a access.Actor) error {
	ctx := context.Background()
	return map[string]func(a access.Actor) error{
		"OwnFile":       func(a access.Actor) error { _, err := w.desk.OwnFile(ctx, a, c.Number, 0); return err },
		"OwnAttachment": func(a access.Actor) error { _, err := w.desk.OwnAttachment(ctx, a, attachment); return err },
		"Solved":        func(a access.Actor) error { return w.desk.Solved(ctx, a, c.CaseID) },
		"Contest":       func(a access.Actor) error { return w.desk.Contest(ctx, a, c.CaseID, "Stimmt nicht.") },
		"AskErasure":    func(a access.Actor) error { return w.desk.AskErasure(ctx, a, c.CaseID) },
		"RenewLinks":    func(a access.Actor) error { _, err := w.desk.RenewLinks(ctx, a, c.CaseID); return err },
		"Write": func(a access.Actor) error {
			return w.intake.Write(ctx, a, intake.Addition{CaseID: c.CaseID, Key: string(ids.NewToken()), Text: "fremd"})
		},
	}
}

func TestCustomersReachOnlyTheirOwn(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		q := w.question("anna@k.example")
		q.Uploads = []string{w.stage("a.txt", "eins")}
		mine, err := w.intake.Ask(ctx, q)
		must(w.t, err)
		a := w.opens(mine.Pass)
		attachment := w.own(a, mine.Number).Messages[0].Attachments[0].ID
		_, a2 := w.asks("anna@k.example") // a pass for another case of the same customer
		_, b := w.asks("bernd@k.example")
		file := a
		file.Case = ids.ID{}
		before := fmt.Sprintf("%+v", w.file(mine.Number))
		otherBrand, mixed, bFile := a, b, b
		otherBrand.BrandID = ids.New()
		mixed.Case = mine.CaseID // another customer with the case's id
		bFile.Case = ids.ID{}
		strangers := map[string]access.Actor{"another customer": b, "another customer's file": bFile, "another customer naming the case": mixed,
			"a pass for another case": a2, "another brand": otherBrand}
		for name, f := range w.ownFunctions(mine, attachment) {
			for who, actor := range strangers {
				if err := f(actor); !errs.Is(err, errs.NotFound) {
					w.t.Errorf("%s as %s: %v", name, who, err)
				}
			}
			if err := f(access.Actor{BrandID: w.brand}); !errs.Is(err, errs.SignedOut) {
				w.t.Errorf("%s as nobody: %v", name, err)
			}
			if err := f(w.staff); !errs.Is(err, errs.Forbidden) {
				w.t.Errorf("%s as staff: %v", name, err)
			}
		}
		if after := fmt.Sprintf("%+v", w.file(mine.Number)); after != before {
			w.t.Fatal("a stranger changed the case")
		}
		if cases, _, err := w.desk.OwnCases(ctx, bFile, ids.ID{}); err != nil || len(cases) != 1 {
			w.t.Fatalf("cases = %v (%v)", cases, err)
		}
		if cases, _, err := w.desk.OwnCases(ctx, bFile, mine.CaseID); err != nil || len(cases) != 0 {
			w.t.Fatalf("a foreign cursor lists %v (%v)", cases, err)
		}
		if _, err := w.desk.RenewLinks(ctx, a, ids.ID{}); !errs.Is(err, errs.NotFound) {
			w.t.Fatalf("a pass for one case renewed all: %v", err)
		}
		for name, f := range w.ownFunctions(mine, attachment) { // the customer may, with either pass
			for who, actor := range map[string]access.Actor{"the case's pass": a, "the file's pass": file} {
				if err := f(actor); err != nil {
					w.t.Errorf("%s with %s: %v", name, who, err)
				}
			}
		}
	})
}

func TestOwnCasesOpenFirstPageByPage(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		var a access.Actor
		for i := range 103 {
			asked, actor := w.asks("viel@k.example")
			actor.Case = ids.ID{}
			if a = actor; i%2 == 0 {
				must(w.t, w.desk.Solved(ctx, a, asked.CaseID))
			}
		}
		var all []desk.Case
		var after ids.ID
		for {
			cases, next, err := w.desk.OwnCases(ctx, a, after)
			must(w.t, err)
			all = append(all, cases...)
			if after = next; next.IsZero() {
				break
			}
		}
		if len(all) != 103 {
			w.t.Fatalf("%d cases", len(all))
		}
		for i := 1; i < len(all); i++ {
			x, y := all[i-1], all[i]
			if !x.State.IsOpen() && y.State.IsOpen() || x.State.IsOpen() == y.State.IsOpen() && x.ID.String() <= y.ID.String() {
				w.t.Fatalf("%v %v stands before %v %v", x.State, x.ID, y.State, y.ID)
			}
		}
	})
}

func TestAnswerAfterThirtyDays(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		asked, a := w.asks("jonas@k.example")
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		for i, way := range []string{"mail", "link"} {
			_, err := w.desk.Reply(ctx, w.staff, asked.CaseID, desk.ReplyForm{Text: "Erledigt, Antwort " + way})
			must(w.t, err)
			w.clock.Advance(2 * time.Second)
			w.until("the reply is sent", func() bool { return len(w.sent.all()) == i+2 })
			out := w.sent.all()[i+1]
			if out.To != "jonas@k.example" || out.Subject != "Re: Zähler defekt" || !strings.Contains(out.HTML, "Vorgang im Netz ansehen") {
				w.t.Fatalf("reply = %+v", out)
			}
			w.clock.Advance(30 * 24 * time.Hour)
			heard := w.hub.Listen(w.brand, "")
			if way == "mail" {
				quoted := "Doch nicht (mail)\n> " + caseLink.FindString(out.Text)
				w.arrive(letter{ID: "spät@k.example", From: "jonas@k.example", Refs: []string{out.ExternalID}, Text: quoted})
				w.settled()
				if text := fmt.Sprintf("%+v", w.file(asked.Number)); caseLink.MatchString(text) || !strings.Contains(text, "/l/…") {
					w.t.Fatalf("staff could open the case in the customer's name: %s", text)
				}
			} else {
				link := caseLink.FindStringSubmatch(out.Text)
				pass, _, err := w.people.OpenLink(ctx, w.brand, link[1])
				must(w.t, err)
				add := intake.Addition{CaseID: asked.CaseID, Key: string(ids.NewToken()), Text: "Doch nicht (link)", Uploads: []string{w.stage("f.txt", "x")}}
				must(w.t, w.intake.Write(ctx, pass.Actor(), add))
				must(w.t, w.intake.Write(ctx, pass.Actor(), add)) // the same form again
			}
			w.until("the owner hears of it by "+way, func() bool { return hears(heard, asked.CaseID) }) // after the commit
			heard.Close()
			f := w.file(asked.Number)
			last := f.Messages[len(f.Messages)-1]
			if f.Case.State != desk.Open || f.Case.OwnerID != w.staff.ID || !strings.HasPrefix(last.Body, "Doch nicht ("+way+")") || f.Case.DueAt.Time() != w.clock.Now().Add(8*time.Hour) {
				w.t.Fatalf("%s: case %+v, last %+v", way, f.Case, last)
			}
			if way == "link" && (last.Joined != desk.ByLink || last.Channel != desk.Web || len(last.Attachments) != 1 || last.AuthorName != "Jonas Ott") {
				w.t.Fatalf("last = %+v", last)
			}
			if rows := w.list(); len(rows) != 1 || !rows[0].Awaits || !strings.Contains(rows[0].Excerpt, way) {
				w.t.Fatalf("%s: list = %+v", way, rows)
			}
		}
		if f := w.own(a, asked.Number); len(f.Messages) != 6 {
			w.t.Fatalf("%d messages", len(f.Messages))
		}
	})
}

func hears(l *live.Listener, id ids.ID) bool {
	for {
		select {
		case s := <-l.C():
			if s.Topic == "case" && s.ID == id {
				return true
			}
		default:
			return false
		}
	}
}

func TestWhatCustomersNeverSee(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		asked, a := w.asks("jonas@k.example")
		_, err := w.desk.Note(ctx, w.staff, asked.CaseID, "geheime Notiz")
		must(w.t, err)
		must(w.t, w.desk.HandOver(ctx, w.staff, asked.CaseID, desk.HandOverForm{TeamID: w.team, Reason: "geheimer Grund"}))
		m, err := w.desk.Reply(ctx, w.staff, asked.CaseID, desk.ReplyForm{Text: "geheimer Irrtum"})
		must(w.t, err)
		f := w.own(a, asked.Number)
		if f.Case.State != desk.Open || f.Case.Messages != 2 {
			w.t.Fatalf("a reply that can be taken back shows: %+v", f.Case)
		}
		_, err = w.desk.Withdraw(ctx, w.staff, asked.CaseID, m.ID)
		must(w.t, err)
		m, err = w.desk.Reply(ctx, w.staff, asked.CaseID, desk.ReplyForm{Text: "Die Antwort."})
		must(w.t, err)
		if f := w.own(a, asked.Number); strings.Contains(fmt.Sprintf("%+v", f.Messages), "Die Antwort.") {
			w.t.Fatal("the reply shows before its time")
		}
		w.clock.Advance(1100 * time.Millisecond)
		if _, err := w.desk.Withdraw(ctx, w.staff, asked.CaseID, m.ID); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("what the customer may have read was taken back: %v", err)
		}
		f = w.own(a, asked.Number)
		text := fmt.Sprintf("%+v", f)
		if strings.Contains(text, "geheim") || !strings.Contains(text, "Die Antwort.") || f.Case.State != desk.Answered || len(f.Messages) != 3 {
			w.t.Fatalf("file = %s", text)
		}
	})
}

func TestSolvedContestedErased(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		asked, a := w.asks("jonas@k.example")
		_, err := w.desk.Reply(ctx, w.staff, asked.CaseID, desk.ReplyForm{Text: "Fertig."})
		must(w.t, err)
		w.clock.Advance(time.Minute)
		must(w.t, w.desk.Solved(ctx, a, asked.CaseID))
		must(w.t, w.desk.Solved(ctx, a, asked.CaseID))
		if c := w.own(a, asked.Number).Case; c.State != desk.Solved || !c.DueAt.IsZero() || c.ClosedAt.IsZero() {
			w.t.Fatalf("case = %+v", c)
		}
		w.clock.Advance(48 * time.Hour)
		must(w.t, w.desk.Contest(ctx, a, asked.CaseID, "Stimmt <b>nicht</b>."))
		must(w.t, w.desk.Contest(ctx, a, asked.CaseID, "Stimmt <b>nicht</b>.")) // sent twice
		f := w.own(a, asked.Number)
		last := f.Messages[len(f.Messages)-1]
		if f.Case.State != desk.Open || f.Case.DueAt.Time() != w.clock.Now().Add(8*time.Hour) || !f.Case.ClosedAt.IsZero() || len(f.Messages) != 4 {
			w.t.Fatalf("file = %+v", f)
		}
		if last.Kind != desk.Inbound || last.Joined != desk.ByLink || strings.Contains(string(last.HTML), "<b>") || last.AuthorName != "Jonas Ott" {
			w.t.Fatalf("last = %+v", last)
		}
		if row := w.list()[0]; !row.Awaits || !strings.HasPrefix(row.Excerpt, "Stimmt") {
			w.t.Fatalf("row = %+v", row)
		}
		must(w.t, w.desk.AskErasure(ctx, a, asked.CaseID))
		must(w.t, w.desk.AskErasure(ctx, a, asked.CaseID))
		wishes, next, err := w.desk.Erasures(ctx, w.staff, ids.ID{})
		must(w.t, err)
		if len(wishes) != 1 || wishes[0].ID != asked.CaseID || wishes[0].ErasureAt.IsZero() || !next.IsZero() {
			w.t.Fatalf("wishes = %+v", wishes)
		}
		if err := w.desk.SettleErasure(ctx, w.staff, asked.CaseID, desk.ReasonDeclinedDuty); !errs.Is(err, errs.Forbidden) {
			w.t.Fatalf("an agent settled it: %v", err)
		}
		if err := w.desk.SettleErasure(ctx, w.lead(), asked.CaseID, "keine Lust"); !errs.Is(err, errs.Invalid) {
			w.t.Fatalf("err = %v", err)
		}
		must(w.t, w.desk.SettleErasure(ctx, w.lead(), asked.CaseID, desk.ReasonDeclinedDuty))
		if wishes, _, _ := w.desk.Erasures(ctx, w.staff, ids.ID{}); len(wishes) != 0 {
			w.t.Fatalf("wishes = %+v", wishes)
		}
		events, err := w.desk.Events(ctx, w.staff, asked.CaseID)
		must(w.t, err)
		var kinds []desk.EventKind
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
		want := "[case.opened message.received message.acknowledged message.replied case.confirmed message.received case.contested case.erasure_asked case.erasure_settled]"
		if fmt.Sprint(kinds) != want {
			w.t.Fatalf("events = %v", kinds)
		}
	})
}

func (w *world) lead() access.Actor {
	lead := w.staff
	lead.Role = access.Lead
	return lead
}

func TestMergedCasesTellOnlyTheirOwn(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		first, a := w.asks("anna@k.example")
		second, a2 := w.asks("anna@k.example")
		other, b := w.asks("bernd@k.example")
		w.until("the acknowledgements are sent", func() bool { return len(w.sent.all()) == 3 })
		must(w.t, w.desk.Merge(ctx, w.staff, first.CaseID, second.CaseID))
		f := w.own(a, first.Number) // the pass for the source opens the target too
		if f.Elsewhere || f.Case.ID != second.CaseID || len(f.Messages) != 4 {
			w.t.Fatalf("file = %+v", f)
		}
		must(w.t, w.intake.Write(ctx, a, intake.Addition{CaseID: first.CaseID, Key: string(ids.NewToken()), Text: "Annas-Wort"}))
		if f := w.own(a2, second.Number); len(f.Messages) != 5 {
			w.t.Fatalf("file = %+v", f)
		}
		if _, err := w.desk.OwnFile(ctx, a2, first.Number, 0); !errs.Is(err, errs.NotFound) {
			w.t.Fatalf("the pass for the target opened the number of the source: %v", err)
		}
		for _, number := range []string{first.Number, second.Number} {
			counted, n := db.WithCounter(ctx)
			f, err := w.desk.OwnFile(counted, a, number, 0)
			must(w.t, err)
			if n.Load() > 4 || f.Case.ID != second.CaseID {
				w.t.Fatalf("%d statements, case %+v", n.Load(), f.Case)
			}
		}
		if cases, _, err := w.desk.OwnCases(ctx, a, ids.ID{}); err != nil || len(cases) != 1 || cases[0].ID != second.CaseID {
			w.t.Fatalf("cases = %+v (%v)", cases, err)
		}
		// A reply to Bernd waits to be sent while his case is merged into Anna's.
		_, err := w.desk.Reply(ctx, w.staff, other.CaseID, desk.ReplyForm{Text: "Für Bernd"})
		must(w.t, err)
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, other.Number))
		w.until("the link is sent", func() bool { return len(w.sent.all()) == 4 })
		must(w.t, w.desk.Merge(ctx, w.staff, other.CaseID, second.CaseID))
		w.clock.Advance(2 * time.Second)
		w.until("the reply is sent", func() bool { return len(w.sent.all()) == 5 })
		for _, out := range w.sent.all()[3:] {
			if out.To != "bernd@k.example" || strings.Contains(out.Text, "Annas-Wort") {
				w.t.Fatalf("sent = %+v", out)
			}
			for _, link := range caseLink.FindAllStringSubmatch(out.Text, -1) {
				if to := w.opens(ids.Token(link[1])); to.ID != b.ID {
					w.t.Fatalf("Bernd's mail opens %+v", to)
				}
			}
		}
		f = w.own(b, other.Number)
		if !f.Elsewhere || f.Case.Number != other.Number || f.Case.State != desk.Fresh || len(f.Messages) != 0 || f.Case.Subject != "" || !f.Case.ID.IsZero() {
			w.t.Fatalf("file = %+v", f)
		}
		if err := w.intake.Write(ctx, b, intake.Addition{CaseID: other.CaseID, Key: string(ids.NewToken()), Text: "x"}); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("err = %v", err)
		}
		if text := fmt.Sprintf("%+v", w.own(a2, second.Number)); strings.Contains(text, "Bernd") || strings.Contains(text, "bernd") {
			w.t.Fatalf("Anna reads what was written to Bernd: %s", text)
		}
		if all := w.file(second.Number); len(all.Messages) != 8 {
			w.t.Fatalf("staff see %d messages", len(all.Messages))
		}
	})
}

func TestRenewedLinksReplaceAll(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		asked, a := w.asks("anna@k.example")
		_, other := w.asks("anna@k.example")
		token, err := w.desk.RenewLinks(ctx, a, asked.CaseID)
		must(w.t, err)
		found, err := w.passes.Peek(ctx, w.brand, string(asked.Pass), string(token))
		must(w.t, err)
		if len(found) != 1 || found[0].CaseID != a.Case || found[0].Origin != access.FromForm {
			w.t.Fatalf("passes = %+v", found)
		}
		if n := w.count("SELECT count(*) FROM passes WHERE case_id = ?", other.Case); n != 1 {
			w.t.Fatal("the link of another case was revoked")
		}
		if _, err := w.people.PeekLink(ctx, w.brand, string(asked.Pass)); !errs.Is(err, errs.Gone) {
			w.t.Fatalf("err = %v", err)
		}
	})
}

func TestThreeWritersOneOrder(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		asked, a := w.asks("jonas@k.example")
		token := "x"
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		token = strings.TrimSuffix(strings.SplitN(w.sent.all()[0].ReplyTo, "+", 2)[1], "@lindenau.example")
		const each = 15
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range each {
				w.arrive(letter{ID: fmt.Sprintf("m%d", i), From: "jonas@k.example", Tokens: []string{token}, Text: fmt.Sprintf("mail %02d", i)})
			}
		})
		wg.Go(func() {
			for i := range each {
				must(w.t, w.intake.Write(ctx, a, intake.Addition{CaseID: asked.CaseID, Key: string(ids.NewToken()), Text: fmt.Sprintf("page %02d", i)}))
			}
		})
		wg.Go(func() {
			for i := range each {
				_, err := w.desk.Note(ctx, w.staff, asked.CaseID, fmt.Sprintf("note %02d", i))
				must(w.t, err)
			}
		})
		wg.Wait()
		w.settled()
		f := w.file(asked.Number)
		if len(f.Messages) != 2+3*each || f.Case.Messages != int64(len(f.Messages)) || len(w.list()) != 1 {
			w.t.Fatalf("%d messages, the case counts %d, %d cases", len(f.Messages), f.Case.Messages, len(w.list()))
		}
		last := map[string]string{}
		for i, m := range f.Messages {
			if m.Seq != int64(i+1) {
				w.t.Fatalf("message %d has number %d", i, m.Seq)
			}
			if kind, n, ok := strings.Cut(m.Body, " "); ok && len(n) == 2 {
				if n <= last[kind] && last[kind] != "" {
					w.t.Fatalf("%s stands behind %s", m.Body, last[kind])
				}
				last[kind] = n
			}
		}
		if row := w.list()[0]; row.Messages != f.Case.Messages {
			w.t.Fatalf("row = %+v", row)
		}
	})
}

func TestTrashKeepsAndRestores(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		asked, a := w.asks("jonas@k.example")
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		must(w.t, w.desk.SetState(ctx, w.staff, asked.CaseID, desk.WaitingOthers, 0))
		must(w.t, w.desk.Trash(ctx, w.staff, asked.CaseID))
		must(w.t, w.desk.Trash(ctx, w.staff, asked.CaseID))
		inScope := func(s views.Scope) int {
			p, err := w.views.List(ctx, w.staff, views.Filter{Scope: s, TeamID: w.team})
			must(w.t, err)
			return len(p.Rows)
		}
		for _, s := range []views.Scope{views.Mine, views.Unowned, views.Team, views.AllOpen, views.All} {
			if n := inScope(s); n != 0 {
				w.t.Errorf("%s lists %d", s, n)
			}
		}
		if n := inScope(views.Trash); n != 1 {
			w.t.Fatalf("the trash holds %d", n)
		}
		if _, err := w.desk.Reply(ctx, w.staff, asked.CaseID, desk.ReplyForm{Text: "x"}); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("err = %v", err)
		}
		if err := w.desk.Merge(ctx, w.staff, asked.CaseID, ids.New()); !errs.Is(err, errs.NotFound) {
			w.t.Fatalf("err = %v", err)
		}
		if f := w.own(a, asked.Number); f.Case.State != desk.WaitingOthers {
			w.t.Fatal("the customer sees a difference")
		}
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, asked.Number))
		w.arrive(letter{ID: "2", From: "jonas@k.example", Refs: []string{w.sent.all()[0].ExternalID}, Text: "noch etwas"})
		w.settled()
		if inScope(views.All) != 0 || inScope(views.Trash) != 1 || len(w.file(asked.Number).Messages) != 3 {
			w.t.Fatal("a mail took the case out of the trash, or went elsewhere")
		}
		must(w.t, w.desk.Restore(ctx, w.staff, asked.CaseID))
		must(w.t, w.desk.Restore(ctx, w.staff, asked.CaseID))
		if inScope(views.Trash) != 0 || inScope(views.AllOpen) != 1 || w.list()[0].State != desk.Open {
			w.t.Fatalf("list = %+v", w.list())
		}
		if n := w.count("SELECT count(*) FROM deliveries WHERE kind = 4"); n != 0 {
			w.t.Fatal("a link to a case in the trash was sent")
		}
		// Without a new message it comes back in the state it had.
		must(w.t, w.desk.SetState(ctx, w.staff, asked.CaseID, desk.Closed, 0))
		must(w.t, w.desk.Trash(ctx, w.staff, asked.CaseID))
		must(w.t, w.desk.Restore(ctx, w.staff, asked.CaseID))
		if row := w.list()[0]; row.State != desk.Closed {
			w.t.Fatalf("row = %+v", row)
		}
	})
}

func TestWordsOfOthersAreForTheDeskAlone(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		asked, a := w.asks("anna@k.example")
		w.arrive(letter{ID: "r", From: "anwalt@k.example", Name: "Anwalt", Tokens: []string{outbox.ReplyToken(w.seal, w.brand, asked.Number)}, Text: "nur für Sie"})
		w.settled()
		if n := len(w.file(asked.Number).Messages); n != 3 {
			w.t.Fatalf("staff see %d messages", n)
		}
		if f := w.own(a, asked.Number); len(f.Messages) != 2 {
			w.t.Fatalf("messages = %+v", f.Messages)
		}
	})
}

func TestBlockedCustomerWritesQuietly(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		asked, a := w.asks("anna@k.example")
		must(w.t, w.desk.SetState(ctx, w.staff, asked.CaseID, desk.Closed, 0))
		if err := w.people.Block(ctx, w.staff, ids.New(), ""); !errs.Is(err, errs.NotFound) {
			w.t.Fatalf("err = %v", err)
		}
		must(w.t, w.people.Block(ctx, w.staff, asked.CustomerID, "droht"))
		must(w.t, w.intake.Write(ctx, a, intake.Addition{CaseID: asked.CaseID, Key: string(ids.NewToken()), Text: "noch einmal"}))
		f := w.own(a, asked.Number)
		if f.Case.State != desk.Closed || len(f.Messages) != 3 {
			w.t.Fatalf("file = %+v", f)
		}
	})
}

func TestOneKeyWritesOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		asked, a := w.asks("anna@k.example")
		add := intake.Addition{CaseID: asked.CaseID, Key: string(ids.NewToken()), Text: "einmal", Uploads: []string{w.stage("a.txt", "x")}}
		var wg sync.WaitGroup
		faults := make([]error, 6)
		for i := range faults {
			wg.Go(func() { faults[i] = w.intake.Write(context.Background(), a, add) })
		}
		wg.Wait()
		for _, err := range faults {
			must(w.t, err)
		}
		if f := w.own(a, asked.Number); len(f.Messages) != 3 || len(f.Messages[2].Attachments) != 1 {
			w.t.Fatalf("messages = %+v", f.Messages)
		}
	})
}
