package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/views"
)

// question is a good question; every call has a key of its own.
func (w *world) question(email string) intake.Question {
	return intake.Question{BrandID: w.brand, Key: string(ids.NewToken()), Name: "Jonas Ott", Email: email, Subject: "Zähler defekt",
		Text: "Mein Zähler steht still.", Language: "de"}
}

// asks opens a case and returns it with the actor its link makes.
func (w *world) asks(email string) (intake.Asked, access.Actor) {
	w.t.Helper()
	asked, err := w.intake.Ask(context.Background(), w.question(email))
	must(w.t, err)
	return asked, w.opens(asked.Pass)
}

func (w *world) opens(token ids.Token) access.Actor {
	w.t.Helper()
	found, err := w.passes.Peek(context.Background(), w.brand, string(token))
	must(w.t, err)
	if len(found) != 1 {
		w.t.Fatalf("the link opens %d things", len(found))
	}
	return found[0].Actor()
}

func (w *world) own(a access.Actor, number string) desk.OwnFile {
	w.t.Helper()
	f, err := w.desk.OwnFile(context.Background(), a, number, time.Second)
	must(w.t, err)
	return f
}

func (w *world) stage(name, content string) string {
	w.t.Helper()
	up, err := w.intake.Stage(context.Background(), w.brand, name, strings.NewReader(content))
	must(w.t, err)
	return up.Token
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	must(w.t, w.db.Read().NewRaw(query, args...).Scan(context.Background(), &n))
	return n
}

var caseLink = regexp.MustCompile(`https://hilfe\.example:8443/l/([A-Za-z0-9_-]{43})`)

func TestAskOpensCaseAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		_, err := w.catalog.Brands(context.Background()) // read once, then known
		must(w.t, err)
		q := w.question("Jonas@Kunde.example")
		q.Uploads = []string{w.stage("b.txt", "zwei"), w.stage("a.pdf", "%PDF-1.4 eins")}
		ctx, n := db.WithCounter(context.Background())
		asked, err := w.intake.Ask(ctx, q)
		must(w.t, err)
		limit := int64(18)
		if w.db.Postgres() {
			limit += 3 // BEGIN, COMMIT and the lock of an address are counted there
		}
		if n.Load() > limit {
			w.t.Errorf("asking cost %d statements", n.Load())
		}
		if asked.TeamID != w.team || asked.DueAt.Time() != w.clock.Now().Add(8*time.Hour) || asked.Repeated || asked.Number == "" {
			w.t.Fatalf("asked = %+v", asked)
		}
		a := w.opens(asked.Pass)
		if a.Case != asked.CaseID || a.ID != asked.CustomerID {
			w.t.Fatalf("actor = %+v", a)
		}
		ctx, n = db.WithCounter(context.Background())
		_, _, err = w.desk.OwnCases(ctx, a, ids.ID{})
		must(w.t, err)
		if n.Load() != 1 {
			w.t.Errorf("the list cost %d statements", n.Load())
		}
		ctx, n = db.WithCounter(context.Background())
		f, err := w.desk.OwnFile(ctx, a, asked.Number, time.Second)
		must(w.t, err)
		if n.Load() > 4 {
			w.t.Errorf("the file cost %d statements", n.Load())
		}
		m := f.Messages[0]
		if f.Case.Subject != q.Subject || m.Body != q.Text || m.AuthorName != "Jonas Ott" || m.Channel != desk.Web {
			w.t.Fatalf("file = %+v", f)
		}
		if len(m.Attachments) != 2 || m.Attachments[0].Name != "b.txt" || m.Attachments[0].ContentType != "text/plain" || m.Attachments[1].ContentType != "application/pdf" {
			w.t.Fatalf("files = %+v", m.Attachments)
		}
		file, err := w.desk.OwnAttachment(context.Background(), a, m.Attachments[0].ID)
		must(w.t, err)
		r, err := w.store.Open(context.Background(), file.BlobID)
		must(w.t, err)
		defer r.Close()
		if b, _ := io.ReadAll(r); string(b) != "zwei" {
			w.t.Fatalf("bytes = %q", b)
		}
		if w.count("SELECT count(*) FROM uploads") != 0 {
			w.t.Fatal("claimed files still wait")
		}
		rows := w.list()
		if len(rows) != 1 || rows[0].CustomerName != "Jonas Ott" || rows[0].Channel != desk.Web || !rows[0].Awaits {
			w.t.Fatalf("list = %+v", rows)
		}
	})
}

func TestAskIsAcknowledgedWithALinkThatConfirms(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		var told []ids.ID
		w.people.OnConfirmed(func(_ context.Context, _ *db.Tx, customer ids.ID) error { told = append(told, customer); return nil })
		w.start()
		asked, _ := w.asks("jonas@kunde.example")
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		ack := w.sent.all()[0]
		link := caseLink.FindStringSubmatch(ack.Text)
		if ack.To != "jonas@kunde.example" || link == nil || !strings.Contains(ack.Text, "Vorgang im Netz ansehen:\n") {
			w.t.Fatalf("ack = %+v", ack)
		}
		for _, theirs := range []string{"Zähler", "steht still", "Jonas"} {
			if strings.Contains(ack.Subject+ack.Text+ack.HTML+ack.ToName, theirs) {
				w.t.Errorf("the acknowledgement echoes %q", theirs)
			}
		}
		// The form's own link proves nothing.
		_, _, err := w.people.OpenLink(ctx, w.brand, string(asked.Pass))
		must(w.t, err)
		if ok, err := w.people.Confirmed(ctx, asked.CustomerID); err != nil || ok {
			w.t.Fatalf("confirmed by the form: %v, %v", ok, err)
		}
		pass, cookie, err := w.people.OpenLink(ctx, w.brand, link[1])
		must(w.t, err)
		if pass.CaseID != asked.CaseID || pass.Origin != access.FromMail || string(cookie) != link[1] {
			w.t.Fatalf("pass = %+v", pass)
		}
		if ok, err := w.people.Confirmed(ctx, asked.CustomerID); err != nil || !ok || len(told) != 1 || told[0] != asked.CustomerID {
			w.t.Fatalf("confirmed %v (%v), told %v", ok, err, told)
		}
		if _, _, err := w.people.OpenLink(ctx, ids.New(), link[1]); !errs.Is(err, errs.Gone) {
			w.t.Fatalf("another brand opened it: %v", err)
		}
		if got := w.count("SELECT count(*) FROM passes"); got != 2 {
			w.t.Fatalf("%d passes", got)
		}
	})
}

func TestOneKeyAsksOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		q := w.question("neu@kunde.example")
		q.Uploads = []string{w.stage("a.txt", "eins")}
		var wg sync.WaitGroup
		all := make([]intake.Asked, 8)
		faults := make([]error, 8)
		for i := range all {
			wg.Go(func() { all[i], faults[i] = w.intake.Ask(ctx, q) })
		}
		wg.Wait()
		first := 0
		for i, asked := range all {
			must(w.t, faults[i])
			if asked.CaseID != all[0].CaseID || asked.Number != all[0].Number || asked.DueAt != all[0].DueAt || asked.CustomerID != all[0].CustomerID {
				w.t.Fatalf("asked = %+v, and %+v", asked, all[0])
			}
			if a := w.opens(asked.Pass); a.Case != asked.CaseID {
				w.t.Fatalf("actor = %+v", a)
			}
			if !asked.Repeated {
				first++
			}
		}
		if first != 1 || len(w.list()) != 1 || w.count("SELECT count(*) FROM customers") != 1 || w.count("SELECT count(*) FROM attachments") != 1 {
			w.t.Fatalf("%d were first, %d cases, %d customers", first, len(w.list()), w.count("SELECT count(*) FROM customers"))
		}
		q.Email = "fremd@kunde.example"
		if _, err := w.intake.Ask(ctx, q); !errs.Is(err, errs.Conflict) {
			w.t.Fatalf("another address was given the case: %v", err)
		}
		if w.count("SELECT count(*) FROM customers") != 1 {
			w.t.Fatal("a refused question left a customer")
		}
	})
}

func TestAskSaysWhatIsWrong(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		for _, c := range []struct {
			field  string
			change func(*intake.Question)
		}{
			{"email", func(q *intake.Question) { q.Email = "kein Ort" }},
			{"email", func(q *intake.Question) { q.Email = "" }},
			{"email", func(q *intake.Question) { q.Email = "hilfe+x@lindenau.example" }},
			{"subject", func(q *intake.Question) { q.Subject = " \u202e\n " }},
			{"subject", func(q *intake.Question) { q.Subject = strings.Repeat("ä", 201) }},
			{"text", func(q *intake.Question) { q.Text = "\x00 \n" }},
			{"text", func(q *intake.Question) { q.Text = strings.Repeat("x", desk.MaxText+1) }},
			{"upload", func(q *intake.Question) { q.Uploads = []string{"nie gesehen"} }},
			{"upload", func(q *intake.Question) { q.Uploads = make([]string, 11) }},
		} {
			q := w.question("a@k.example")
			c.change(&q)
			_, err := w.intake.Ask(ctx, q)
			if f := errs.Fields(err); len(f) != 1 || f[0].Field != c.field {
				w.t.Errorf("%s: %v", c.field, err)
			}
		}
		q := w.question("a@k.example")
		q.Key = "kurz"
		if _, err := w.intake.Ask(ctx, q); !errs.Is(err, errs.Invalid) {
			w.t.Errorf("a short key gave %v", err)
		}
		if n := w.count("SELECT count(*) FROM cases"); n != 0 {
			w.t.Fatalf("%d cases", n)
		}
	})
}

func TestTypedAddressRevealsAndChangesNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		w.arrive(letter{ID: "1@k", From: "eva@k.example", Name: "Eva Geheim", Subject: "Vertrag 4711", Text: "Vertraulich."})
		w.settled()
		first := w.list()[0]
		q := w.question("eva@k.example")
		q.Name, q.Subject = "Mallory", "Frage"
		asked, err := w.intake.Ask(ctx, q)
		must(w.t, err)
		a := w.opens(asked.Pass)
		c, err := w.people.Get(ctx, w.staff, asked.CustomerID)
		must(w.t, err)
		if c.Name != "Eva Geheim" || w.count("SELECT count(*) FROM customers") != 1 {
			w.t.Fatalf("customer = %+v", c)
		}
		if _, err := w.desk.OwnFile(ctx, a, first.Number, 0); !errs.Is(err, errs.NotFound) {
			w.t.Fatalf("a link for one case opened another: %v", err)
		}
		cases, next, err := w.desk.OwnCases(ctx, a, ids.ID{})
		must(w.t, err)
		if len(cases) != 1 || cases[0].ID != asked.CaseID || !next.IsZero() {
			w.t.Fatalf("cases = %+v", cases)
		}
		must(w.t, w.intake.Write(ctx, a, intake.Addition{CaseID: asked.CaseID, Key: string(ids.NewToken()), Text: "noch etwas"}))
		if all := fmt.Sprintf("%+v", w.own(a, asked.Number)); strings.Contains(all, "Geheim") || strings.Contains(all, "4711") {
			w.t.Fatalf("the file tells of the customer: %s", all)
		}
		if _, err := w.people.Get(ctx, a, asked.CustomerID); !errs.Is(err, errs.Forbidden) {
			w.t.Fatalf("err = %v", err)
		}
	})
}

func TestSpamAndBlockedAreKeptInTheTrash(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		must(w.t, w.people.BlockAddress(ctx, w.staff, "Troll@k.example", "beleidigt"))
		must(w.t, w.people.BlockAddress(ctx, w.staff, "troll@k.example", "noch einmal"))
		spam, trap, blocked := w.question("s@k.example"), w.question("t@k.example"), w.question("troll@k.example")
		spam.Spam, trap.Trap = 120, true
		for _, q := range []intake.Question{spam, trap, blocked} {
			asked, err := w.intake.Ask(ctx, q)
			must(w.t, err)
			if asked.Number == "" || asked.DueAt.IsZero() || asked.Pass == "" {
				w.t.Fatalf("whoever asked sees a difference: %+v", asked)
			}
			if f := w.own(w.opens(asked.Pass), asked.Number); len(f.Messages) != 1 {
				w.t.Fatalf("file = %+v", f)
			}
		}
		w.arrive(letter{ID: "1", From: "troll@k.example", Subject: "Wieder", Text: "x"})
		w.arrive(letter{ID: "2", From: "gut@k.example", Subject: "Frage", Text: "y"})
		w.settled()
		w.until("the good one is acknowledged", func() bool { return len(w.sent.all()) == 1 })
		rows := w.list()
		if len(rows) != 1 || rows[0].Subject != "Frage" {
			w.t.Fatalf("list = %+v", rows)
		}
		trash, err := w.views.List(ctx, w.staff, views.Filter{Scope: views.Trash})
		must(w.t, err)
		if len(trash.Rows) != 4 || !trash.Rows[0].Trashed {
			w.t.Fatalf("trash = %+v", trash.Rows)
		}
		if n := w.count("SELECT count(*) FROM deliveries"); n != 1 {
			w.t.Fatalf("%d deliveries", n)
		}
		if n := w.count("SELECT count(*) FROM cases WHERE spam = 120 OR spam = 100"); n != 2 {
			w.t.Fatalf("%d cases carry their points", n)
		}
		// A blocked sender disturbs no case, though the reply address leads there.
		w.arrive(letter{ID: "3", From: "troll@k.example", Tokens: []string{outbox.ReplyToken(w.seal, w.brand, rows[0].Number)}, Text: "z"})
		w.settled()
		if f := w.file(rows[0].Number); len(f.Messages) != 2 {
			w.t.Fatalf("messages = %+v", f.Messages)
		}
		blocks, _, err := w.people.Blocks(ctx, w.staff, ids.ID{})
		must(w.t, err)
		if len(blocks) != 1 || blocks[0].Value != "troll@k.example" || blocks[0].Reason != "beleidigt" {
			w.t.Fatalf("blocks = %+v", blocks)
		}
		must(w.t, w.people.Unblock(ctx, w.staff, blocks[0].ID))
		w.arrive(letter{ID: "4", From: "troll@k.example", Subject: "Entschuldigung", Text: "x"})
		w.settled()
		if rows := w.list(); len(rows) != 2 {
			w.t.Fatalf("list = %+v", rows)
		}
	})
}

func TestBlockingCostsAStatementPerBatch(t *testing.T) {
	onBoth(t, func(w *world) {
		var contacts []people.Contact
		for i := range 100 {
			contacts = append(contacts, people.Contact{Kind: people.Email, Value: fmt.Sprintf("k%d@k.example", i)})
		}
		must(w.t, w.people.BlockAddress(context.Background(), w.staff, "k7@k.example", ""))
		ctx, n := db.WithCounter(context.Background())
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			n.Store(0)
			blocked, err := w.people.BlockedTx(ctx, tx, w.brand, contacts)
			for i, b := range blocked {
				if b != (i == 7) {
					w.t.Errorf("contact %d: blocked %v", i, b)
				}
			}
			if n.Load() != 1 {
				w.t.Errorf("%d statements", n.Load())
			}
			return err
		}))
	})
}

func TestUploadsAreBoundedAndSwept(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		big := io.LimitReader(zeros{}, intake.MaxUpload+1)
		_, err := w.intake.Stage(ctx, w.brand, "groß.bin", big)
		if f := errs.Fields(err); !errs.Is(err, errs.TooLarge) || len(f) != 1 || f[0].Field != "upload" || fmt.Sprint(f[0].Args["Max"]) != "25" {
			w.t.Fatalf("err = %v", err)
		}
		up, err := w.intake.Stage(ctx, w.brand, "passt.bin", io.LimitReader(zeros{}, intake.MaxUpload))
		must(w.t, err)
		if _, err := w.intake.Stage(ctx, w.brand, "leer", bytes.NewReader(nil)); !errs.Is(err, errs.Invalid) {
			w.t.Fatalf("err = %v", err)
		}
		second := w.stage(`C:\Fotos\Zähler`+"\u202egpj.exe", "<html><script>alert(1)</script>")
		staged, err := w.intake.Staged(ctx, w.brand, []string{second, "unbekannt", up.Token})
		must(w.t, err)
		if len(staged) != 2 || staged[0].Name != "Zählergpj.exe" || staged[1] != up {
			w.t.Fatalf("staged = %+v", staged)
		}
		if other, err := w.intake.Staged(ctx, ids.New(), []string{second}); err != nil || len(other) != 0 {
			w.t.Fatalf("another brand sees %v (%v)", other, err)
		}
		w.clock.Advance(23 * time.Hour)
		must(w.t, w.intake.SweepUploads(ctx))
		third := w.stage("neu.txt", "neu")
		w.clock.Advance(2 * time.Hour)
		var blobs []ids.ID
		must(w.t, w.db.Read().NewRaw("SELECT blob_id FROM uploads ORDER BY created_at, id").Scan(ctx, &blobs))
		must(w.t, w.intake.SweepUploads(ctx))
		must(w.t, w.intake.SweepUploads(ctx))
		staged, err = w.intake.Staged(ctx, w.brand, []string{up.Token, second, third})
		must(w.t, err)
		if len(blobs) != 3 || len(staged) != 1 || staged[0].Token != third {
			w.t.Fatalf("%d files, left %+v", len(blobs), staged)
		}
		w.until("the bytes are gone", func() bool { return w.gone(blobs[0]) && w.gone(blobs[1]) })
		if w.gone(blobs[2]) {
			w.t.Fatal("a file that waits was removed")
		}
	})
}

func (w *world) gone(id ids.ID) bool {
	f, err := w.store.Open(context.Background(), id)
	if err == nil {
		f.Close()
	}
	return errs.Is(err, errs.NotFound)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestBrandWithoutMailboxAnswersOnThePage(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("DELETE FROM accounts").Exec(ctx)
			return err
		}))
		w.catalog = catalog.New(w.db, w.seal, w.clock)
		admin := w.staff
		admin.Role = access.Admin
		must(w.t, catalog.UndoSeconds.Set(ctx, w.outbox.Catalog, admin, 1)) // makes what was read stale
		w.start()
		asked, a := w.asks("jonas@k.example")
		if asked.TeamID != w.team {
			w.t.Fatalf("team = %v", asked.TeamID)
		}
		_, err := w.desk.Reply(ctx, w.staff, asked.CaseID, desk.ReplyForm{Text: "Wir kommen."})
		must(w.t, err)
		w.clock.Advance(2 * time.Second)
		f := w.own(a, asked.Number)
		if len(f.Messages) != 2 || f.Messages[1].Body != "Wir kommen." {
			w.t.Fatalf("messages = %+v", f.Messages)
		}
		w.until("staff is told that no mail went", func() bool {
			d := w.deliveries(w.file(asked.Number))
			return len(d) == 1 && d[0].State == outbox.Failed
		})
	})
}

func FuzzCleanFileName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../../etc/passwd", `C:\x\y.doc`, "", ".", "..", "/", "a\u202egpj.exe", strings.Repeat("ä", 300) + ".jpeg", "a\x00b", "con:<>|?*", strings.Repeat(".x", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := intake.CleanFileName(s)
		if name == "" || len([]rune(name)) > 120 || strings.ContainsAny(name, "/\\\x00\n\r\t\"<>:|?*") || strings.Contains(name, "\u202e") || name == "." || name == ".." {
			t.Fatalf("%q became %q", s, name)
		}
		if again := intake.CleanFileName(name); again != name {
			t.Fatalf("%q became %q, then %q", s, name, again)
		}
	})
}
