package intake_test

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// circle opens a case of Anna, who wrote to Ben and us, with copies to Cem and to
// another address of ours.
func (w *world) circle() desk.Case {
	w.t.Helper()
	w.atOnce()
	w.arrive(letter{ID: "c1@mail", From: "anna@example.org", Name: "Anna Berg", Subject: "Heizung", Text: "Die Heizung tropft.",
		To: []intake.Address{{Value: "ben@example.org", Name: "Ben"}, {Value: "hilfe+l1-token@lindenau.example"}},
		Cc: []intake.Address{{Value: "cem@example.org"}, {Value: "hilfe@lindenau.example"}, {Value: "anna@example.org"}}})
	w.settled()
	return w.file(w.list()[0].Number).Case
}

func (w *world) reply(c desk.Case, form desk.ReplyForm) desk.Message {
	w.t.Helper()
	m, err := w.desk.Reply(context.Background(), w.staff, c.ID, form)
	must(w.t, err)
	return m
}

// mails waits for n mails of a message and returns them by receiver.
func (w *world) mails(m desk.Message, n int) map[string]outbox.Outgoing {
	w.t.Helper()
	found := map[string]outbox.Outgoing{}
	w.until("all mails of a reply are sent", func() bool {
		for _, out := range w.sent.all() {
			if strings.HasPrefix(out.ExternalID, m.ID.String()) {
				found[out.To] = out
			}
		}
		return len(found) >= n
	})
	return found
}

func TestAnswerAllOffersWhoStoodInTheLastMessage(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		c := w.circle()
		offered := func() string {
			f := w.file(c.Number)
			customer, err := w.people.Get(context.Background(), w.staff, c.CustomerID)
			must(w.t, err)
			others, err := w.outbox.Others(context.Background(), w.staff, f, customer)
			must(w.t, err)
			return outbox.Typed(others, desk.RoleTo) + " | " + outbox.Typed(others, desk.RoleCc)
		}
		if got := offered(); got != "Ben <ben@example.org> | cem@example.org" {
			w.t.Errorf("offered are %q", got)
		}
		token := "" // Ben answers to the address he was given
		w.reply(c, desk.ReplyForm{Text: "Wir kommen."})
		w.until("the answer is sent", func() bool {
			for _, out := range w.sent.all() {
				if strings.Contains(out.Text, "Wir kommen.") {
					_, token, _ = strings.Cut(out.ReplyTo, "+")
				}
			}
			return token != ""
		})
		token, _, _ = strings.Cut(token, "@")
		w.arrive(letter{ID: "c2@mail", From: "ben@example.org", Name: "Ben", Text: "Ich bin morgen da.", Tokens: []string{token},
			To: []intake.Address{{Value: "anna@example.org"}, {Value: "dora@example.org"}}})
		w.settled()
		if got := offered(); got != "dora@example.org, Ben <ben@example.org> | " {
			w.t.Errorf("after Ben wrote, offered are %q", got)
		}
		w.arrive(letter{ID: "c3@mail", From: "cem@example.org", Text: "Ich bin nicht da.", Tokens: []string{token}, Automation: intake.Replied})
		w.settled()
		if got := offered(); got != "dora@example.org, Ben <ben@example.org> | " {
			w.t.Errorf("after a machine wrote, offered are %q", got)
		}
	})
}

func TestReplyGoesToWhomItsWriterNamed(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		c := w.circle()
		m := w.reply(c, desk.ReplyForm{Text: "Am Montag kommt ein Monteur.", Cc: []string{"Ben <BEN@example.org>"}, Bcc: []string{"dora@example.org, ben@example.org"}})
		sent := w.mails(m, 3)
		if len(sent) != 3 {
			w.t.Fatalf("sent to %d", len(sent))
		}
		for to, out := range sent {
			shown := []string{}
			for _, x := range out.Shown {
				shown = append(shown, x.Address)
			}
			if !slices.Equal(shown, []string{"anna@example.org", "ben@example.org"}) {
				w.t.Errorf("%s sees %q", to, shown)
			}
			if strings.Contains(out.Text+out.HTML+strings.Join(out.References, " "), "dora@example.org") {
				w.t.Errorf("%s is told of the blind copy", to)
			}
			if caseLink.MatchString(out.Text + out.HTML) {
				w.t.Errorf("the mail to %s holds the secret link, and others answer it", to)
			}
			if quotes := strings.Contains(out.Text, "> Die Heizung tropft."); quotes != (to != "dora@example.org") {
				w.t.Errorf("the mail to %s quotes what Anna wrote: %v", to, quotes)
			}
			if out.ExternalID != sent["anna@example.org"].ExternalID || out.ReplyTo != sent["anna@example.org"].ReplyTo {
				w.t.Errorf("the mail to %s is another message", to)
			}
		}
		roles := map[string]outbox.Role{}
		for _, d := range w.deliveries(w.file(c.Number)) {
			if d.Kind == outbox.ReplyKind {
				roles[d.Address] = d.Role
			}
		}
		if roles["anna@example.org"] != outbox.RoleTo || roles["ben@example.org"] != outbox.RoleCc || roles["dora@example.org"] != outbox.RoleBcc {
			w.t.Errorf("roles are %v", roles)
		}
		alone := w.mails(w.reply(c, desk.ReplyForm{Text: "Nur für Sie."}), 1)
		if out := alone["anna@example.org"]; len(alone) != 1 || !caseLink.MatchString(out.Text) {
			w.t.Errorf("to the customer alone: %d mails, %q", len(alone), out.Text)
		}
	})
}

func TestReplyWithoutTheCustomer(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		c := w.circle()
		w.reply(c, desk.ReplyForm{Text: "Bitte kommen Sie am Montag.", To: []string{"cem@example.org"}, Bcc: []string{"dora@example.org"}})
		after := w.file(c.Number).Case
		if after.State != desk.WaitingOthers || after.DueAt != c.DueAt || !after.AnsweredAt.IsZero() {
			w.t.Errorf("state %v, due %v, answered %v", after.State, after.DueAt, after.AnsweredAt)
		}
		customer := access.Actor{Kind: access.Customer, ID: c.CustomerID, BrandID: w.brand}
		w.clock.Advance(time.Hour)
		for _, m := range w.own(customer, c.Number).Messages {
			if m.Kind == desk.Reply || len(m.Addressed) > 0 {
				w.t.Errorf("the customer sees %q, addressed %v", m.Body, m.Addressed)
			}
		}
		m := w.reply(c, desk.ReplyForm{Text: "Am Montag kommt jemand.", Cc: []string{"cem@example.org"}, Bcc: []string{"dora@example.org"}})
		w.clock.Advance(time.Hour)
		seen := false
		for _, x := range w.own(customer, c.Number).Messages {
			seen = seen || x.ID == m.ID
			if len(x.Addressed) > 0 {
				w.t.Errorf("the customer sees recipients %v", x.Addressed)
			}
		}
		if !seen || w.file(c.Number).Case.State != desk.Answered {
			w.t.Error("the customer does not see what they got")
		}
	})
}

func TestReplyRefusesRecipients(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		c := w.circle()
		many := strings.Join(manyAddresses(30), ",")
		for name, x := range map[string]struct {
			form  desk.ReplyForm
			field string
		}{
			"no address":     {desk.ReplyForm{Cc: []string{"Ben"}}, "cc"},
			"our own":        {desk.ReplyForm{To: []string{"hilfe@lindenau.example"}}, "to"},
			"with a detail":  {desk.ReplyForm{Bcc: []string{"Hilfe+x@lindenau.example"}}, "bcc"},
			"too many":       {desk.ReplyForm{Bcc: []string{many}}, "bcc"},
			"a missing file": {desk.ReplyForm{Files: []string{"gone"}}, "files"},
			"no such image":  {desk.ReplyForm{Text: "![Plan](cid:plan.png)"}, "text"},
			"header lines":   {desk.ReplyForm{Cc: []string{"ben@example.org\r\nSubject: x"}}, "cc"},
		} {
			if x.form.Text == "" {
				x.form.Text = "Guten Tag"
			}
			_, err := w.desk.Reply(context.Background(), w.staff, c.ID, x.form)
			if fields := errs.Fields(err); len(fields) == 0 || fields[0].Field != x.field {
				w.t.Errorf("%s: %v", name, err)
			}
		}
		if n := w.count("SELECT count(*) FROM deliveries WHERE kind = 1"); n != 0 {
			w.t.Errorf("%d deliveries", n)
		}
	})
}

func manyAddresses(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = string(rune('a'+i%26)) + strings.Repeat("b", i/26) + "@example.org"
	}
	return all
}

// picture is the beginning of a PNG.
const picture = "\x89PNG\r\n\x1a\n and so on"

var filesLink = regexp.MustCompile(`https://hilfe\.example:8443/d/([A-Za-z0-9_-]{43})`)

func TestReplyWithFiles(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		c := w.circle()
		m := w.reply(c, desk.ReplyForm{Text: "So sieht er aus: ![Der Zähler](cid:mein-zähler.png)\n\n![nochmal](cid:mein-zähler.png)",
			Files: []string{w.stage("Rechnung.pdf", "%PDF-1.7 x"), w.stage("Mein Zähler.PNG", picture)}})
		if len(m.Attachments) != 2 || m.Attachments[0].Inline || !m.Attachments[1].Inline || m.Attachments[0].Linked {
			w.t.Fatalf("attachments %+v", m.Attachments)
		}
		id := m.Attachments[1].ContentID
		if id == "" || strings.Count(m.Body, "(cid:"+id+")") != 2 || !strings.Contains(string(m.HTML), `data-cid="`+id+`"`) {
			w.t.Errorf("the text reads %q, its HTML %q", m.Body, m.HTML)
		}
		out := w.mails(m, 1)["anna@example.org"]
		files := map[string]string{}
		for _, f := range out.Files {
			r, err := f.Open()
			must(w.t, err)
			b, err := io.ReadAll(r)
			must(w.t, err)
			must(w.t, r.Close())
			if f.Size != int64(len(b)) {
				w.t.Errorf("%s is said to hold %d bytes", f.Name, f.Size)
			}
			files[f.Name] = string(b)
		}
		if files["Rechnung.pdf"] != "%PDF-1.7 x" || files["Mein Zähler.PNG"] != picture || filesLink.MatchString(out.Text) {
			w.t.Errorf("the mail holds %q", files)
		}
		w.clock.Advance(time.Hour)
		customer := access.Actor{Kind: access.Customer, ID: c.CustomerID, BrandID: w.brand}
		own := w.own(customer, c.Number).Messages
		if last := own[len(own)-1]; len(last.Attachments) != 2 {
			w.t.Errorf("the customer's page shows %d files", len(last.Attachments))
		}
		if _, err := w.desk.Reply(context.Background(), w.staff, c.ID, desk.ReplyForm{Text: "Noch einmal", Files: []string{"x"}}); err == nil {
			w.t.Error("a file that was never staged is taken")
		}
	})
}

func TestLargeFilesGoAsLinks(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		must(w.t, outbox.MailFiles.Set(ctx, w.catalog, access.Actor{Kind: access.Staff, ID: w.staff.ID, BrandID: w.brand, Role: access.Admin}, 1))
		w.start()
		c := w.circle()
		large := string(bytes.Repeat([]byte("x"), 1<<20))
		m := w.reply(c, desk.ReplyForm{Text: "![Plan](cid:plan.png)", Cc: []string{"ben@example.org"},
			Files: []string{w.stage("plan.png", picture), w.stage("film.bin", large), w.stage("kurz.txt", "kurz")}})
		for i, linked := range []bool{false, true, true} {
			if m.Attachments[i].Linked != linked {
				w.t.Errorf("%s goes as a link: %v", m.Attachments[i].Name, !linked)
			}
		}
		sent := w.mails(m, 2)
		var tokens []string
		for to, out := range sent {
			found := filesLink.FindStringSubmatch(out.Text)
			if len(out.Files) == 0 || slices.ContainsFunc(out.Files, func(f outbox.File) bool { return f.Name == "film.bin" }) || found == nil {
				w.t.Fatalf("the mail to %s holds %v and reads %q", to, out.Files, out.Text)
			}
			tokens = append(tokens, found[1])
		}
		if tokens[0] == tokens[1] {
			w.t.Error("both got the same link")
		}
		if n := w.holding([]byte(tokens[0])); len(n) > 0 {
			w.t.Errorf("the link is stored in %v", n)
		}
		w.checkLink(c, tokens)
	})
}

func (w *world) checkLink(c desk.Case, tokens []string) {
	w.t.Helper()
	ctx := context.Background()
	open, err := w.outbox.PeekFiles(ctx, w.brand, tokens[0])
	must(w.t, err)
	if len(open.Files) != 2 || open.Files[0].Name != "film.bin" || open.Files[1].Name != "kurz.txt" {
		w.t.Errorf("it opens %+v", open.Files)
	}
	gone := func(what string, brand ids.ID, token string) {
		w.t.Helper()
		if _, err := w.outbox.PeekFiles(ctx, brand, token); !errs.Is(err, errs.Gone) {
			w.t.Errorf("%s: %v", what, err)
		}
	}
	gone("another brand", ids.New(), tokens[0])
	gone("a token that never was", w.brand, string(ids.NewToken()))
	w.clock.Advance(outbox.FilesLifetime + time.Second)
	gone("after its time", w.brand, tokens[0])
	must(w.t, w.outbox.SweepFileLinks(ctx))
	must(w.t, w.outbox.SweepFileLinks(ctx))
	if n := w.count("SELECT count(*) FROM file_links"); n != 0 {
		w.t.Errorf("%d links are left", n)
	}
	again := w.reply(w.file(c.Number).Case, desk.ReplyForm{Text: "Und noch einer.", Files: []string{w.stage("film.bin", strings.Repeat("y", 1<<20+1))}})
	token := filesLink.FindStringSubmatch(w.mails(again, 1)["anna@example.org"].Text)[1]
	if _, err := w.outbox.PeekFiles(ctx, w.brand, token); err != nil {
		w.t.Fatal(err)
	}
	must(w.t, w.desk.Delete(ctx, w.lead(), c.ID, desk.ReasonMistake))
	gone("of a deleted case", w.brand, token)
	if n := w.count("SELECT count(*) FROM file_links"); n != 0 {
		w.t.Errorf("%d links outlive their case", n)
	}
}

func TestReplyTakenBackGivesItsFilesBack(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		c := w.circle()
		must(w.t, catalog.UndoSeconds.Set(ctx, w.catalog, access.Actor{Kind: access.Staff, ID: w.staff.ID, BrandID: w.brand, Role: access.Admin}, 60))
		first := w.reply(c, desk.ReplyForm{Text: "![Plan](cid:plan.png)", Cc: []string{"ben@example.org"}, Files: []string{w.stage("plan.png", picture), w.stage("a.txt", "a")}})
		text, err := w.desk.Withdraw(ctx, w.staff, c.ID, first.ID)
		must(w.t, err)
		for _, d := range w.deliveries(w.file(c.Number)) {
			if d.MessageID == first.ID && d.State != outbox.Cancelled {
				w.t.Errorf("the mail to %s is %v", d.Address, d.State)
			}
		}
		second := w.reply(c, desk.ReplyForm{Text: text, Files: []string{w.stage("b.txt", "b")}, Again: []ids.ID{first.Attachments[0].ID, first.Attachments[1].ID}})
		files, err := w.desk.FilesOf(ctx, w.staff, second.ID)
		must(w.t, err)
		if len(files) != 3 || files[0].Name != "plan.png" || !files[0].Inline || files[0].ContentID != first.Attachments[0].ContentID || files[2].Name != "b.txt" {
			w.t.Errorf("the second answer holds %+v", files)
		}
		if left, err := w.desk.FilesOf(ctx, w.staff, first.ID); err != nil || len(left) != 0 {
			w.t.Errorf("the first still holds %v (%v)", left, err)
		}
		for name, again := range map[string]ids.ID{"a file of a reply that leaves": files[1].ID, "no file": ids.New()} {
			_, err := w.desk.Reply(ctx, w.staff, c.ID, desk.ReplyForm{Text: "x", Again: []ids.ID{again}})
			if fields := errs.Fields(err); len(fields) != 1 || fields[0].Field != "files" {
				w.t.Errorf("%s: %v", name, err)
			}
		}
	})
}
