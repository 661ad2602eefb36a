package intake_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// holding returns the tables that hold the bytes in any row, without those of
// the job queue, whose jobs forget by themselves.
func (w *world) holding(needle []byte) (tables []string) {
	w.t.Helper()
	ctx := context.Background()
	list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'river%' AND name NOT LIKE 'sqlite%'"
	if w.db.Postgres() {
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE 'river%'"
	}
	var all []string
	must(w.t, w.db.Read().NewRaw(list).Scan(ctx, &all))
	for _, table := range all {
		if n := w.rowsWith(table, needle); n > 0 {
			tables = append(tables, table)
		}
	}
	return tables
}

func (w *world) rowsWith(table string, needle []byte) int {
	w.t.Helper()
	if w.db.Postgres() { // a row as text shows bytes in hexadecimal and ids with hyphens
		where := []string{fmt.Sprintf("r::text LIKE '%%%s%%'", hex.EncodeToString(needle))}
		if len(needle) == 16 {
			where = append(where, fmt.Sprintf("r::text LIKE '%%%s%%'", ids.ID(needle).String()))
		} else {
			where = append(where, fmt.Sprintf("r::text LIKE '%%%s%%'", needle))
		}
		return w.count("SELECT count(*) FROM " + table + " AS r WHERE " + strings.Join(where, " OR "))
	}
	var columns []string
	must(w.t, w.db.Read().NewRaw("SELECT name FROM pragma_table_info(?)", table).Scan(context.Background(), &columns))
	where := make([]string, len(columns))
	for i, c := range columns {
		where[i] = fmt.Sprintf(`instr(CAST("%s" AS BLOB), X'%x') > 0`, c, needle)
		if len(needle) == 16 {
			where[i] += fmt.Sprintf(` OR instr(CAST("%s" AS BLOB), CAST('%s' AS BLOB)) > 0`, c, ids.ID(needle).String())
		}
	}
	return w.count("SELECT count(*) FROM " + table + " WHERE " + strings.Join(where, " OR "))
}

func TestDeleteLeavesNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		const canary = "Kanarienvogel"
		big := canary + strings.Repeat(" gross", 60_000) // lies in a blob of its own
		mail := letter{ID: "1@k", From: "kanari@k.example", Name: canary, Subject: canary, Text: big}
		w.arrive(mail)
		w.settled()
		w.arrive([]byte(strings.Replace(mustJSON(mail), `"ID"`, `"id"`, 1))) // the same message by another way
		w.arrive(letter{ID: "2@k", From: "kanari@k.example", Subject: "Zweiter " + canary, Text: canary})
		w.settled()
		rows := w.list()
		merged, main := rows[0], rows[1]
		must(w.t, w.desk.Merge(ctx, w.staff, merged.CaseID, main.CaseID))
		q := w.question("kanari@k.example")
		q.Subject, q.Text, q.Uploads = canary, canary, []string{w.stage(canary+".txt", canary)}
		asked, err := w.intake.Ask(ctx, q)
		must(w.t, err)
		must(w.t, w.desk.Merge(ctx, w.staff, asked.CaseID, main.CaseID))
		_, err = w.desk.Reply(ctx, w.staff, main.CaseID, desk.ReplyForm{Text: canary})
		must(w.t, err)
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, main.Number))
		must(w.t, w.outbox.SendFileLink(ctx, w.brand, "kanari@k.example"))
		w.clock.Advance(2 * time.Second)
		// Of three cases within the hour two are acknowledged.
		w.until("all is sent", func() bool { n, err := w.outbox.Pending(ctx); return err == nil && n == 0 && len(w.sent.all()) == 5 })
		// Another customer's case that was said to belong to it stays.
		w.arrive(letter{ID: "3@k", From: "andere@k.example", Subject: "Re: " + main.Number, Text: "bleibt"})
		w.settled()
		var blobs []ids.ID
		must(w.t, w.db.Read().NewRaw("SELECT blob_id FROM envelopes WHERE blob_id IS NOT NULL UNION SELECT blob_id FROM attachments").Scan(ctx, &blobs))
		if len(blobs) != 3 || len(w.holding([]byte(canary))) < 5 {
			w.t.Fatalf("%d blobs, the word is in %v", len(blobs), w.holding([]byte(canary)))
		}

		if err := w.desk.Delete(ctx, w.staff, main.CaseID, desk.ReasonErasure); !errs.Is(err, errs.Forbidden) {
			w.t.Fatalf("an agent deleted it: %v", err)
		}
		if err := w.desk.Delete(ctx, w.lead(), main.CaseID, "so"); !errs.Is(err, errs.Invalid) {
			w.t.Fatalf("err = %v", err)
		}
		if err := w.desk.Delete(ctx, w.lead(), merged.CaseID, desk.ReasonErasure); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("err = %v", err)
		}
		must(w.t, w.desk.Delete(ctx, w.lead(), main.CaseID, desk.ReasonErasure))
		if err := w.desk.Delete(ctx, w.lead(), main.CaseID, desk.ReasonErasure); !errs.Is(err, errs.NotFound) {
			w.t.Fatalf("err = %v", err)
		}
		for _, id := range []ids.ID{main.CaseID, merged.CaseID, asked.CaseID} {
			if left := w.holding(id[:]); fmt.Sprint(left) != "[events]" {
				w.t.Errorf("the case's id is left in %v", left)
			}
		}
		for _, word := range []string{canary, "kanari@k.example"} {
			if left := w.holding([]byte(word)); len(left) != 0 {
				w.t.Errorf("%s is left in %v", word, left)
			}
		}
		if left := w.holding(asked.CustomerID[:]); fmt.Sprint(left) != "[events]" {
			w.t.Errorf("the customer's id is left in %v", left)
		}
		if n := w.count("SELECT count(*) FROM passes WHERE customer_id = ?", asked.CustomerID); n != 0 {
			w.t.Errorf("%d passes", n)
		}
		w.until("the bytes are gone", func() bool { return w.gone(blobs[0]) && w.gone(blobs[1]) && w.gone(blobs[2]) })
		if rows := w.list(); len(rows) != 1 || rows[0].Subject != "Re: "+main.Number {
			w.t.Fatalf("list = %+v", rows)
		}
		if f := w.file(w.list()[0].Number); len(f.Suggestions) != 0 {
			w.t.Fatalf("suggestions = %+v", f.Suggestions)
		}
		var params []byte
		must(w.t, w.db.Read().NewRaw("SELECT params FROM events WHERE kind = ?", desk.Deleted).Scan(ctx, &params))
		for _, want := range []string{`"reason":"erasure"`, `"messages":6`, main.CaseID.String(), w.staff.ID.String()} {
			if !bytes.Contains(params, []byte(want)) {
				w.t.Errorf("the audit says %s, not %s", params, want)
			}
		}
	})
}

func mustJSON(l letter) string {
	return fmt.Sprintf(`{"ID":%q, "from":%q, "name":%q, "subject":%q, "text":%q}`, l.ID, l.From, l.Name, l.Subject, l.Text)
}

func TestDeleteKeepsWhatElseACustomerHas(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		first, _ := w.asks("anna@k.example")
		second, a := w.asks("anna@k.example")
		must(w.t, w.desk.Delete(ctx, w.lead(), first.CaseID, desk.ReasonMistake))
		c, err := w.people.Get(ctx, w.staff, first.CustomerID)
		must(w.t, err)
		if len(c.Identities) != 1 || len(w.own(a, second.Number).Messages) != 2 {
			w.t.Fatalf("customer = %+v", c)
		}
		if _, err := w.people.PeekLink(ctx, w.brand, string(first.Pass)); !errs.Is(err, errs.Gone) {
			w.t.Fatalf("err = %v", err)
		}
		if w.count("SELECT count(*) FROM deliveries") != 1 {
			w.t.Fatal("the deliveries of the other case went too")
		}
	})
}

func TestLinkMails(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		asked, _ := w.asks("anna@k.example")
		second, _ := w.asks("anna@k.example")
		w.until("the acknowledgements are sent", func() bool { return len(w.sent.all()) == 2 })
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, "L-2222-22"))
		must(w.t, w.outbox.SendCaseLink(ctx, ids.New(), asked.Number))
		must(w.t, w.outbox.SendFileLink(ctx, w.brand, "unbekannt@k.example"))
		if err := w.outbox.SendFileLink(ctx, w.brand, "nichts"); len(errs.Fields(err)) != 1 {
			w.t.Fatalf("err = %v", err)
		}
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, asked.Number))
		w.until("the link is sent", func() bool { return len(w.sent.all()) == 3 })
		out := w.sent.all()[2]
		link := caseLink.FindStringSubmatch(out.Text)
		if out.To != "anna@k.example" || link == nil || !out.Automatic || out.ReplyTo == "" || strings.Contains(out.Text+out.Subject, "Zähler") {
			w.t.Fatalf("out = %+v", out)
		}
		pass, _, err := w.people.OpenLink(ctx, w.brand, link[1])
		must(w.t, err)
		if pass.CaseID != asked.CaseID {
			w.t.Fatalf("pass = %+v", pass)
		}
		if d := w.deliveries(w.file(asked.Number)); len(d) != 1 {
			w.t.Fatalf("a link mail stands with a message: %+v", d)
		}
		w.opensFile(asked, second)
		for range 8 {
			must(w.t, w.outbox.SendFileLink(ctx, w.brand, "ANNA@k.example"))
			must(w.t, w.outbox.SendCaseLink(ctx, w.brand, asked.Number))
		}
		if n := w.count("SELECT count(*) FROM deliveries WHERE kind >= 4"); n != 5 {
			w.t.Fatalf("%d link mails to one address", n)
		}
		w.clock.Advance(25 * time.Hour)
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, asked.Number))
		if n := w.count("SELECT count(*) FROM deliveries WHERE kind >= 4"); n != 6 {
			w.t.Fatalf("%d link mails after a day", n)
		}
	})
}

// opensFile asks for the magic link, opens it once, and sees all cases.
func (w *world) opensFile(cases ...intake.Asked) {
	w.t.Helper()
	ctx := context.Background()
	sent := len(w.sent.all())
	must(w.t, w.outbox.SendFileLink(ctx, w.brand, "Anna@K.example"))
	w.until("the file link is sent", func() bool { return len(w.sent.all()) == sent+1 })
	_, after, found := strings.Cut(w.sent.all()[sent].Text, "https://hilfe.example:8443/f/")
	if !found || w.sent.all()[sent].To != "anna@k.example" {
		w.t.Fatalf("out = %+v", w.sent.all()[sent])
	}
	token := after[:43]
	must(w.t, w.people.PeekFileLink(ctx, w.brand, token))
	must(w.t, w.people.PeekFileLink(ctx, w.brand, token))
	if err := w.people.PeekFileLink(ctx, ids.New(), token); !errs.Is(err, errs.Gone) {
		w.t.Fatalf("another brand: %v", err)
	}
	if _, _, err := w.people.OpenFileLink(ctx, ids.New(), token); !errs.Is(err, errs.Gone) {
		w.t.Fatalf("another brand: %v", err)
	}
	pass, cookie, err := w.people.OpenFileLink(ctx, w.brand, token)
	must(w.t, err)
	if _, _, err := w.people.OpenFileLink(ctx, w.brand, token); !errs.Is(err, errs.Gone) {
		w.t.Fatalf("the link opened twice: %v", err)
	}
	a := w.opens(cookie)
	if !a.Case.IsZero() || pass.CustomerID != cases[0].CustomerID {
		w.t.Fatalf("actor = %+v", a)
	}
	listed, _, err := w.desk.OwnCases(ctx, a, ids.ID{})
	must(w.t, err)
	if len(listed) != len(cases) {
		w.t.Fatalf("the file lists %d cases", len(listed))
	}
	w.until("the address is forgotten", func() bool {
		return w.count("SELECT count(*) FROM deliveries WHERE kind = 5 AND state = 3 AND length(address) = 0 AND length(content) = 0") == 1
	})
	if ok, err := w.people.Confirmed(ctx, a.ID); err != nil || !ok {
		w.t.Fatalf("confirmed = %v, %v", ok, err)
	}
}

func TestFileLinkRunsOut(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.asks("anna@k.example")
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		must(w.t, w.outbox.SendFileLink(ctx, w.brand, "anna@k.example"))
		w.until("the link is sent", func() bool { return len(w.sent.all()) == 2 })
		_, after, _ := strings.Cut(w.sent.all()[1].Text, "/f/")
		w.clock.Advance(outbox.FileLinkLifetime + time.Second)
		if _, _, err := w.people.OpenFileLink(ctx, w.brand, after[:43]); !errs.Is(err, errs.Gone) {
			w.t.Fatalf("err = %v", err)
		}
	})
}

func TestRefusedLinkMailCallsForNobody(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		asked, a := w.asks("anna@k.example")
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		must(w.t, w.desk.Solved(ctx, a, asked.CaseID))
		w.sent.mu.Lock()
		w.sent.fail = &outbox.SendError{Outcome: outbox.Rejected, Code: 550, Words: "no"}
		w.sent.mu.Unlock()
		must(w.t, w.outbox.SendCaseLink(ctx, w.brand, asked.Number))
		w.until("it has failed", func() bool { return w.count("SELECT count(*) FROM deliveries WHERE kind = 4 AND state = 4") == 1 })
		if c := w.own(a, asked.Number).Case; c.State != desk.Solved {
			w.t.Fatalf("state = %v", c.State)
		}
		if n := w.count("SELECT count(*) FROM passes WHERE origin = ?", access.FromMail); n != 1 {
			w.t.Fatalf("a mail that did not leave made a link: %d", n)
		}
	})
}
