package exchange_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/desk"
	"lotse/internal/exchange"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/views"
)

const corpus = "../channel/email/testdata/mime"

// outcome is a line of a report.
type outcome struct {
	File, Outcome, Case, Reason, Words string
	Offset                             *int64
	Line                               int64
}

// bring runs an import and returns its report.
func (w *world) bring(b exchange.Bring) (exchange.Done, []outcome) {
	w.t.Helper()
	var report bytes.Buffer
	b.Account, b.Report, b.MaxMail = w.account, &report, 1<<20
	done, err := b.Run(w.ctx, exchange.Into{Intake: w.intake, People: w.people})
	w.must(err)
	var lines []outcome
	for _, l := range strings.Split(strings.TrimSuffix(report.String(), "\n"), "\n") {
		var o outcome
		w.must(json.Unmarshal([]byte(l), &o))
		lines = append(lines, o)
	}
	return done, lines
}

func outcomes(lines []outcome) string {
	var all []string
	for _, l := range lines {
		all = append(all, strings.TrimSpace(l.Outcome+" "+l.Reason))
	}
	return strings.Join(all, ", ")
}

func (w *world) file(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), name)
	w.must(os.MkdirAll(filepath.Dir(path), 0o700))
	w.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// furnished is a desk that is set up, on each database.
func furnished(t *testing.T, f func(t *testing.T, w *world)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.furnish()
		f(t, w)
	})
}

// story is a conversation as an archive holds it, our answers among it.
func story() string {
	lines := func(from, m string) string {
		return "From " + from + " Wed Mar  4 10:11:12 2026\n" + strings.ReplaceAll(m, "\r\n", "\n") + "\n"
	}
	plain := func(id, from, to, refs, text string) string {
		return fmt.Sprintf("From: %s\nTo: %s\nMessage-ID: <%s>\nDate: Wed, 04 Mar 2026 10:11:12 +0100\nSubject: =?utf-8?q?Z=C3=A4hler?=\n%sContent-Type: text/plain; charset=utf-8\n\n%s\n", from, to, id, refs, text)
	}
	return lines("anna@post.example", plain("m1@post.example", "Anna <anna@post.example>", mailbox, "", "Der Zähler springt.\n>From hier an\n>>From da")) +
		lines("hilfe@lindenau.example", plain("a1@lindenau.example", "Mia <"+mailbox+">", "Anna <anna@post.example>", "In-Reply-To: <m1@post.example>\n", "Das ist normal.")) +
		lines("anna@post.example", plain("m2@post.example", "Anna <anna@post.example>", mailbox, "In-Reply-To: <a1@lindenau.example>\nReferences: <m1@post.example> <a1@lindenau.example>\n", "Danke!")) +
		lines("-", "Subject: von niemandem\n\nohne Absender\n") +
		lines("anna@post.example", plain("m1@post.example", "Anna <anna@post.example>", mailbox, "", "Der Zähler springt.\n>From hier an\n>>From da")) +
		lines("bernd@post.example", mail("m3", "bernd@post.example", "Leitung", "Langsam."))
}

const storyOutcomes = "opened, taken, taken, refused no_sender, known, opened"

// A conversation of an archive is one case with the dates it had; nothing is
// promised or sent, and bringing it again changes nothing.
func TestMbox(t *testing.T) {
	furnished(t, func(t *testing.T, w *world) {
		path := w.file("archive", story())
		dry, lines := w.bring(exchange.Bring{Path: path, State: desk.Closed, DryRun: true})
		if got := outcomes(lines); got != storyOutcomes || w.count("SELECT count(*) FROM cases") != 0 || w.count("SELECT count(*) FROM customers") != 0 || files(t, filepath.Join(w.folder, "blobs")) != 0 {
			t.Errorf("a dry run says %s, and leaves something", got)
		}
		done, lines := w.bring(exchange.Bring{Path: path, State: desk.Closed})
		if got := outcomes(lines); got != storyOutcomes {
			t.Errorf("the report says %s", got)
		}
		if fmt.Sprint(dry) != fmt.Sprint(done) || done.Bytes != done.Total {
			t.Errorf("the dry run counts %+v, the import %+v", dry, done)
		}
		if lines[3].Words == "" || lines[3].Offset == nil || !strings.HasPrefix(story()[*lines[3].Offset:], "Subject: von niemandem") {
			t.Errorf("the reason is not told: %+v", lines[3])
		}
		c := w.find(lines[0].Case)
		sent := time.Date(2026, 3, 4, 9, 11, 12, 0, time.UTC)
		if c.State != desk.Closed || !c.CreatedAt.Time().Equal(sent) || !c.DueAt.IsZero() || c.Messages != 3 || !c.AnsweredAt.Time().Equal(sent) || lines[1].Case != c.Number {
			t.Errorf("the case is %+v", c)
		}
		file, err := w.desk.File(w.ctx, w.boss, c.Number)
		w.must(err)
		var kinds []desk.MessageKind
		for _, m := range file.Messages {
			kinds = append(kinds, m.Kind)
			if !m.CreatedAt.Time().Equal(sent) {
				t.Errorf("a message is of %s", m.CreatedAt.Time())
			}
		}
		if !slices.Equal(kinds, []desk.MessageKind{desk.Inbound, desk.Reply, desk.Inbound}) || !strings.Contains(file.Messages[0].Body, "\nFrom hier an\n>From da") {
			t.Errorf("the messages are %v, the first %q", kinds, file.Messages[0].Body)
		}
		if n := w.count("SELECT count(*) FROM deliveries"); n != 0 {
			t.Errorf("%d mails are to be sent", n)
		}
		before := w.state()
		_, lines = w.bring(exchange.Bring{Path: path, State: desk.Closed})
		if got := outcomes(lines); got != "known, known, known, refused no_sender, known, known" || w.state() != before {
			t.Errorf("bringing it again says %s", got)
		}
		// It arrives once more, by SMTP, with other line ends.
		messages := w.count("SELECT count(*) FROM messages")
		if w.arrives(mail("m3", "bernd@post.example", "Leitung", "Langsam.")); w.count("SELECT count(*) FROM messages") != messages {
			t.Error("a mail that was brought and arrives is two messages")
		}
	})
}

// state counts what an import changes.
func (w *world) state() string {
	var all []string
	for _, table := range []string{"cases", "messages", "attachments", "customers", "identities", "envelopes", "events", "case_rows", "participants"} {
		all = append(all, fmt.Sprintf("%s %d", table, w.count("SELECT count(*) FROM "+table)))
	}
	return strings.Join(all, ", ")
}

// An old letter changes nothing of what a case is now.
func TestThePastOpensNothing(t *testing.T) {
	furnished(t, func(t *testing.T, w *world) {
		c := w.arrives(mail("m1", "anna@post.example", "Zähler", "Der Zähler springt."))
		_, err := w.desk.Reply(w.ctx, w.boss, c.ID, desk.ReplyForm{Text: "Das ist normal.", Next: desk.Closed})
		w.must(err)
		before, had := w.find(c.Number), w.row(c)
		_, lines := w.bring(exchange.Bring{Path: w.archive("04", "m2", "m1", "Alt.")})
		after := w.find(c.Number)
		had.Messages++
		if outcomes(lines) != "taken" || after.State != before.State || after.DueAt != before.DueAt || after.ClosedAt != before.ClosedAt || after.ChangedAt != before.ChangedAt ||
			after.Messages != before.Messages+1 || w.row(c) != had {
			t.Errorf("%s: before %+v, after %+v, in lists %+v", outcomes(lines), before, after, w.row(c))
		}
	})
}

// A case of the past stands in lists where its latest letter is, in whatever order
// they come.
func TestThePastHasItsPlace(t *testing.T) {
	furnished(t, func(t *testing.T, w *world) {
		_, lines := w.bring(exchange.Bring{State: desk.Closed, Path: w.archive("05", "m1", "m0", "Erstens.")})
		c := w.find(lines[0].Case)
		for _, step := range []struct{ day, id, text, excerpt, at string }{
			{"07", "m2", "Zweitens.", "Zweitens.", "07"},
			{"06", "m3", "Nachgereicht.", "Zweitens.", "07"},
		} {
			_, lines := w.bring(exchange.Bring{State: desk.Closed, Path: w.archive(step.day, step.id, "m1", step.text)})
			row := w.row(c)
			if outcomes(lines) != "taken" || row.Excerpt != step.excerpt || row.MovedAt.Time().Format("02") != step.at || row.Awaits || w.find(c.Number).ChangedAt != row.MovedAt {
				t.Errorf("after %s (%s) it stands as %+v", step.id, outcomes(lines), row)
			}
		}
	})
}

// archive is a mbox of one mail of a day in March that answers another.
func (w *world) archive(day, id, refs, text string) string {
	m := strings.Replace(mail(id, "anna@post.example", "Re: Zähler", text, "In-Reply-To: <"+refs+"@post.example>"), "04 Mar 2026", day+" Mar 2026", 1)
	return w.file(id, "From x Wed Mar  4 10:11:12 2026\n"+m)
}

// row is how a case stands in lists.
func (w *world) row(c desk.Case) views.Row {
	w.t.Helper()
	page, err := w.views.List(w.ctx, w.boss, views.Filter{Scope: views.All})
	w.must(err)
	for _, r := range page.Rows {
		if r.CaseID == c.ID {
			return r
		}
	}
	w.t.Fatal("the case is in no list")
	return views.Row{}
}

// An import that is interrupted and started again ends as one that is not.
func TestAnInterruptedImportGoesOn(t *testing.T) {
	var archive strings.Builder
	for i := range 120 {
		fmt.Fprintf(&archive, "From x Wed Mar  4 10:11:12 2026\n%s\n", mail(fmt.Sprint("m", i), fmt.Sprintf("k%d@post.example", i%40), "Frage", fmt.Sprint("Nummer ", i)))
	}
	furnished(t, func(t *testing.T, w *world) {
		path := w.file("archive.mbox", archive.String())
		ctx, stop := context.WithCancel(w.ctx)
		b := exchange.Bring{Path: path, Account: w.account, MaxMail: 1 << 20, Progress: func(exchange.Done) { stop() }}
		if done, err := b.Run(ctx, exchange.Into{Intake: w.intake, People: w.people}); err == nil || done.Taken != 100 {
			t.Fatalf("it was not interrupted: %+v, %v", done, err)
		}
		done, _ := w.bring(exchange.Bring{Path: path})
		if done.Known != 100 || done.Opened != 20 || w.count("SELECT count(*) FROM cases") != 120 || w.count("SELECT count(*) FROM customers") != 40 {
			t.Errorf("going on gives %+v and %s", done, w.state())
		}
		if blobs := files(t, filepath.Join(w.folder, "blobs")); blobs != 120 {
			t.Errorf("%d files are kept of 120", blobs)
		}
	})
}

func TestMaildir(t *testing.T) {
	w := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	w.furnish()
	root := t.TempDir()
	for name, text := range map[string]string{
		"new/1700000002.b.host":         mail("m2", "anna@post.example", "Re: Zähler", "Zweitens.", "In-Reply-To: <m1@post.example>"),
		"cur/1700000001.a.host:2,RS":    mail("m1", "anna@post.example", "Zähler", "Erstens."),
		"cur/1700000003.c.host:2,ST":    mail("m3", "bernd@post.example", "Werbung", "weg"),
		"cur/1700000004.d.host:2,D":     "Subject: Entwurf\r\n\r\n",
		"tmp/1700000005.e.host":         mail("m5", "bernd@post.example", "halb", "halb"),
		"cur/.hidden":                   "x",
		"cur/1700000006.f.host:2,S":     mail("m6", "bernd@post.example", "Leitung", strings.Repeat("lang ", 1<<19)),
		"new/1700000007.g.host":         "\x7fELF\x00\x00\x01",
		"cur/10000000000.later.host;2,": mail("m8", "carla@post.example", "Spät", "Zuletzt."),
	} {
		path := filepath.Join(root, name)
		w.must(os.MkdirAll(filepath.Dir(path), 0o700))
		w.must(os.WriteFile(path, []byte(text), 0o600))
	}
	_, lines := w.bring(exchange.Bring{Path: root})
	if got, want := outcomes(lines), "opened, taken, skipped trashed, skipped draft, refused too_large, refused not_mail, opened"; got != want {
		t.Errorf("the report says %s, want %s", got, want)
	}
	if lines[0].File != "cur/1700000001.a.host:2,RS" {
		t.Errorf("the first is %s", lines[0].File)
	}
}

// The mails of the corpus, odd and broken ones, give the same as Maildir and as
// mbox: both have the same reader behind them.
func TestTheCorpus(t *testing.T) {
	var mbox strings.Builder
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "cur"), 0o700); err != nil {
		t.Fatal(err)
	}
	n, took := 0, 0
	err := filepath.WalkDir(corpus, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || len(raw) > 100_000 || !bytes.Contains(raw[:min(len(raw), 2000)], []byte("From:")) {
			return err
		}
		if n++; n%8 != 0 && os.Getenv("SOAK") == "" {
			return nil
		}
		took++
		fmt.Fprintf(&mbox, "From x Wed Mar  4 10:11:12 2026\n%s\n\n", quoted(raw))
		return os.WriteFile(filepath.Join(root, "cur", fmt.Sprintf("17%08d.x", n)), raw, 0o600)
	})
	if err != nil || n < 300 {
		t.Fatalf("%d mails, %v", n, err)
	}
	var counts []exchange.Done
	for _, kind := range dbtest.Kinds() {
		for _, path := range []string{root, ""} {
			w := newWorld(t, dbtest.URL(t, kind))
			w.furnish()
			if path == "" {
				path = w.file("corpus.mbox", mbox.String())
			}
			done, lines := w.bring(exchange.Bring{Path: path})
			if int(done.Read) != took || len(lines) != took {
				t.Errorf("%d of %d mails are told of", len(lines), took)
			}
			if done.Taken < int64(took)*2/3 {
				t.Errorf("only %d of %d are taken", done.Taken, took)
			}
			done.Bytes, done.Total = 0, 0
			counts = append(counts, done)
		}
	}
	for _, c := range counts[1:] {
		if fmt.Sprint(c) != fmt.Sprint(counts[0]) {
			t.Errorf("%+v here, %+v there", c, counts[0])
		}
	}
}

// quoted protects a mail as mboxrd does.
func quoted(raw []byte) []byte {
	lines := bytes.SplitAfter(raw, []byte("\n"))
	for i, l := range lines {
		if bytes.HasPrefix(bytes.TrimLeft(l, ">"), []byte("From ")) {
			lines[i] = append([]byte(">"), l...)
		}
	}
	return bytes.Join(lines, nil)
}
