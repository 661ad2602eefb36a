package publish_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/search"
)

var _ search.Source = (*publish.Publish)(nil)

// docs returns all changes the public index is told of.
func (w *world) docs() []search.Change {
	w.t.Helper()
	var all []search.Change
	var at search.Mark
	for {
		batch, next, err := w.publish.Docs(w.ctx, at, 7)
		must(w.t, err)
		all = append(all, batch...)
		if len(batch) < 7 {
			return all
		}
		at = next
	}
}

// fill publishes n questions, a minute apart, every third in English, every
// second answered.
func (w *world) fill(n int) (threads []ids.ID) {
	w.t.Helper()
	a, _ := w.published("Frieda Sommer")
	threads = append(threads, w.ofCase(a).ID)
	for i := 1; i < n; i++ {
		if i%4 != 3 { // some at the same moment
			w.clock.Advance(time.Minute)
		}
		next := a
		next.c, _ = w.addCase(a.ID)
		d := draft()
		d.Title = fmt.Sprintf("Frage Nummer %d zum Zähler", i)
		if i%3 == 0 {
			d.Language = "en"
		}
		page := w.release(next, d)
		threads = append(threads, page.ID)
		if i%2 == 0 {
			w.answer(next, goodAnswer)
		}
	}
	return threads
}

func TestListsArePagedByKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		threads := w.fill(120)
		walk := func(name string, want int, page func(publish.Cursor) (publish.List, error)) []publish.Card {
			t.Helper()
			var all []publish.Card
			seen := map[ids.ID]bool{}
			for at := (publish.Cursor{}); ; {
				list, err := page(at)
				must(t, err)
				for _, c := range list.Cards {
					if seen[c.ID] {
						t.Errorf("%s: %s stands twice", name, c.Title)
					}
					seen[c.ID] = true
				}
				all = append(all, list.Cards...)
				if list.Next.IsZero() {
					break
				}
				if at, err = db.ParseCursor(list.Next.String()); err != nil || at != list.Next {
					t.Fatalf("%s: the cursor does not survive a link: %v", name, err)
				}
			}
			if len(all) != want {
				t.Errorf("%s: %d threads, want %d", name, len(all), want)
			}
			return all
		}
		latest := walk("latest", 120, func(at publish.Cursor) (publish.List, error) {
			return w.publish.Latest(w.ctx, w.brand, publish.Filter{After: at})
		})
		for i := 1; i < len(latest); i++ {
			if latest[i].PublishedAt > latest[i-1].PublishedAt {
				t.Fatal("the newest do not come first")
			}
		}
		walk("English", 39, func(at publish.Cursor) (publish.List, error) {
			return w.publish.Latest(w.ctx, w.brand, publish.Filter{Language: "en", After: at})
		})
		open := walk("unanswered", 61, func(at publish.Cursor) (publish.List, error) {
			return w.publish.Unanswered(w.ctx, w.brand, at)
		})
		if open[0].ID != threads[0] || open[0].Answered {
			t.Error("the longest waiting does not come first")
		}
		walk("sitemap", 120, func(at publish.Cursor) (publish.List, error) {
			cards, next, err := w.publish.Sitemap(w.ctx, w.brand, at, 50)
			return publish.List{Cards: cards, Next: next}, err
		})
		w.clock.Advance(100 * time.Hour)
		walk("overdue", 61, func(at publish.Cursor) (publish.List, error) {
			late, err := w.publish.Overdue(w.ctx, w.mia, at)
			var cards []publish.Card
			for _, l := range late.Threads {
				cards = append(cards, l.Card)
			}
			return publish.List{Cards: cards, Next: late.Next}, err
		})
		if docs := w.docs(); len(docs) != 120 {
			t.Errorf("the index is told of %d threads", len(docs))
		}
		other := ids.New()
		if list, err := w.publish.Latest(w.ctx, other, publish.Filter{}); err != nil || len(list.Cards) != 0 {
			t.Error("another brand lists ours")
		}
		_, err := w.publish.Thread(w.ctx, other, latest[0].Key)
		wantKind(t, err, errs.NotFound)
		if cards, err := w.publish.Cards(w.ctx, other, threads); err != nil || len(cards) != 0 {
			t.Error("another brand shows our cards")
		}
		if cards, err := w.publish.Cards(w.ctx, w.brand, []ids.ID{threads[5], ids.New(), threads[1]}); err != nil || len(cards) != 2 || cards[0].ID != threads[5] {
			t.Errorf("cards: %+v (%v)", cards, err)
		}
	})
}

func TestStatementsOfPublicReads(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		w.answer(a, goodAnswer)
		for _, tc := range []struct {
			name string
			most int64
			read func(w *world) error
		}{
			{"thread", 2, func(w *world) error { _, err := w.publish.Thread(w.ctx, w.brand, page.Key); return err }},
			{"version", 1, func(w *world) error { _, _, err := w.publish.Version(w.ctx, w.brand, page.Key); return err }},
			{"cards", 1, func(w *world) error { _, err := w.publish.Cards(w.ctx, w.brand, []ids.ID{page.ID}); return err }},
			{"latest", 1, func(w *world) error { _, err := w.publish.Latest(w.ctx, w.brand, publish.Filter{}); return err }},
			{"unanswered", 1, func(w *world) error { _, err := w.publish.Unanswered(w.ctx, w.brand, publish.Cursor{}); return err }},
			{"docs", 2, func(w *world) error { _, _, err := w.publish.Docs(w.ctx, search.Mark{}, 100); return err }},
			{"of case", 3, func(w *world) error { _, err := w.publish.OfCase(w.ctx, a.Actor, a.c); return err }},
			{"queue", 1, func(w *world) error { _, err := w.publish.Queue(w.ctx, w.mia, publish.Cursor{}); return err }},
			{"overdue", 1, func(w *world) error { _, err := w.publish.Overdue(w.ctx, w.mia, publish.Cursor{}); return err }},
			{"duties", 1, func(w *world) error { _, err := w.publish.Duties(w.ctx, w.mia); return err }},
			{"not a key", 0, func(w *world) error {
				if _, err := w.publish.Thread(w.ctx, w.brand, "' OR 1=1"); !errs.Is(err, errs.NotFound) {
					return fmt.Errorf("a wrong key gives %w", err)
				}
				return nil
			}},
		} {
			counting := *w
			ctx, count := db.WithCounter(w.ctx)
			counting.ctx = ctx
			must(t, tc.read(&counting))
			if count.Load() != tc.most {
				t.Errorf("%s costs %d statements, want %d", tc.name, count.Load(), tc.most)
			}
		}
	})
}

// TestListsUseTheirIndex asks each database how it would read a list that is
// long. PostgreSQL sorts short tables whatever there is: so it may not.
func TestListsUseTheirIndex(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		threads := "SELECT * FROM threads AS t WHERE "
		for index, sql := range map[string]string{
			"threads_shown":          threads + "brand_id = ? AND state = 2 AND (published_at, id) < (5, ?) ORDER BY published_at DESC, id DESC LIMIT 31",
			"threads_shown_language": threads + "brand_id = ? AND state = 2 AND (published_at, id) < (5, ?) AND language = 'de' ORDER BY published_at DESC, id DESC LIMIT 31",
			"threads_unanswered":     threads + "brand_id = ? AND state = 2 AND answered_at IS NULL AND (published_at, id) > (5, ?) ORDER BY published_at, id LIMIT 31",
			"threads_due":            threads + "brand_id = ? AND state = 2 AND answered_at IS NULL AND due_at IS NOT NULL AND due_at <= 9 AND (due_at, id) > (5, ?) ORDER BY due_at, id LIMIT 31",
			"posts_review":           "SELECT * FROM posts WHERE brand_id = ? AND state = 2 AND (created_at, id) > (5, ?) ORDER BY created_at, id LIMIT 31",
		} {
			plan := w.plan(sql, w.brand, ids.New())
			if !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Sort Key") {
				t.Errorf("%s is not read by:\n%s", index, plan)
			}
		}
		changed := w.plan("SELECT * FROM threads WHERE published_at IS NOT NULL AND (changed_at, id) > (5, ?) ORDER BY changed_at, id LIMIT 100", ids.New())
		if !strings.Contains(changed, "threads_changed") {
			t.Errorf("threads_changed is not read by:\n%s", changed)
		}
	})
}

func (w *world) plan(sql string, args ...any) string {
	w.t.Helper()
	var lines []string
	if !w.db.Postgres() {
		var rows []struct {
			ID, Parent, Notused int
			Detail              string
		}
		must(w.t, w.db.Read().NewRaw("EXPLAIN QUERY PLAN "+sql, args...).Scan(w.ctx, &rows))
		for _, r := range rows {
			lines = append(lines, r.Detail)
		}
		return strings.Join(lines, "\n")
	}
	err := w.db.Write(w.ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.NewRaw("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off").Exec(ctx); err != nil {
			return err
		}
		return tx.NewRaw("EXPLAIN "+sql, args...).Scan(ctx, &lines)
	})
	must(w.t, err)
	return strings.Join(lines, "\n")
}

// TestNothingUnreleasedGetsOut puts a word of its own into every field that is
// not released and looks for them in all that anybody can read.
func TestNothingUnreleasedGetsOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var canaries, keys []string
		canary := func(where string) string {
			word := "kanarie" + strings.ReplaceAll(where, " ", "")
			canaries = append(canaries, word)
			return word
		}
		say := func(where string) publish.Draft {
			return publish.Draft{Title: title + " " + canary(where+"title"), Text: text + " " + canary(where+"text") + ". Mein Name ist Gustav Gans.", AuthorName: canary(where + "name")}
		}
		state := func(where string) asker {
			a := w.addAsker(canary(where+"owner"), canary(where+"address")+"@post.example")
			w.exec("UPDATE cases SET subject = ? WHERE id = ?", w.seal.Seal(a.ID, canary(where+"subject")), a.c.ID)
			return a
		}
		review := state("review")
		w.propose(review, say("review"))
		unconfirmed := state("unconfirmed")
		w.unconfirm(unconfirmed.ID)
		w.propose(unconfirmed, say("unconfirmed"))
		refused := state("refused")
		post := w.propose(refused, say("refused"))
		must(t, w.publish.Refuse(w.ctx, w.mia, post.ID, 1, publish.Spam))
		trashed := state("trashed")
		w.release(trashed, say("trashed"))
		must(t, w.desk.Trash(w.ctx, w.mia, trashed.c.ID))
		gone := state("gone")
		w.release(gone, say("gone"))
		w.answer(gone, goodAnswer+" "+canary("goneanswer"))
		must(t, w.publish.TakeBack(w.ctx, gone.Actor, gone.c))
		shown := state("shown")
		w.release(shown, publish.Draft{Title: title, Text: text + " " + canary("firstversion") + ". Mein Name ist Gustav Gans."})
		w.release(shown, draft())
		w.propose(shown, say("revision"))
		dropped := w.answer(shown, goodAnswer+" "+canary("withdrawnanswer"))
		must(t, w.publish.Withdraw(w.ctx, w.mia, dropped.ID, ""))
		if _, err := w.desk.Note(w.ctx, w.mia, shown.c.ID, canary("note")); err != nil {
			t.Fatal(err)
		}
		for _, a := range []asker{review, unconfirmed, refused, trashed, gone, shown} {
			keys = append(keys, w.ofCase(a).Key)
			canaries = append(canaries, a.c.Number, a.c.ID.String(), a.ID.String())
		}
		all := w.public(keys...)
		if !strings.Contains(all, "Ist das normal?") {
			t.Fatal("what is released does not get out either")
		}
		for _, word := range canaries {
			if strings.Contains(strings.ToLower(all), strings.ToLower(word)) {
				t.Errorf("%q is public", word)
			}
		}
		if len(canaries) < 40 {
			t.Errorf("only %d canaries", len(canaries))
		}
		for _, secret := range []string{w.mia.ID.String(), "privacy.doubt"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s is public", secret)
			}
		}
	})
}

func TestDocsTellEveryChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		last := func() search.Change {
			w.clock.Advance(time.Second)
			all := w.docs()
			return all[len(all)-1]
		}
		if d := last(); d.ID != page.ID || d.Title != title || d.Question != text || d.Answered || d.Gone || d.Language != "de" {
			t.Errorf("published: %+v", d)
		}
		_, mark, err := w.publish.Docs(w.ctx, search.Mark{}, 10)
		must(t, err)
		w.answer(a, goodAnswer)
		batch, _, err := w.publish.Docs(w.ctx, mark, 10)
		must(t, err)
		if len(batch) != 1 || !batch[0].Answered || !strings.Contains(batch[0].Answers, "Sammelwert") {
			t.Errorf("answered: %+v", batch)
		}
		must(t, w.desk.Trash(w.ctx, w.mia, a.c.ID))
		if d := last(); !d.Gone || d.Title != "" {
			t.Errorf("in the trash: %+v", d)
		}
		must(t, w.publish.TakeBack(w.ctx, a.Actor, a.c))
		if d := last(); !d.Gone || d.ID != page.ID {
			t.Errorf("taken back: %+v", d)
		}
	})
}

func TestPathHoldsNoCaseNumber(t *testing.T) {
	for title, want := range map[string]string{
		"Wärmezähler: größer als 5 m³?":           "waermezaehler-groesser-als-5-m",
		"Vorgang L-4F7K-92, Stand?":               "vorgang-stand",
		"l‑4f7k‑92 und L 4F7K 92":                 "und",
		"Meine Nummer 123456789":                  "meine-nummer",
		"Tarif 2026 für Zoë's Café":               "tarif-2026-fuer-zoes-cafe",
		"Leitung, Lieferung, Lüftung":             "leitung-lieferung-lueftung",
		"???":                                     "",
		"日本語":                                     "",
		strings.Repeat("Donaudampfschiff ", 6):    "donaudampfschiff-donaudampfschiff-donaudampfschiff",
		"Weg\u0308 und \u202eRichtung":            "weg-und-richtung",
		strings.Repeat("x", 70) + " danach etwas": "",
	} {
		if got := publish.Slug(title); got != want {
			t.Errorf("%q gives %q, want %q", title, got, want)
		}
	}
	if got := (publish.Thread{Language: "de", Key: "4f7k92bd"}).Path(); got != "/de/questions/4f7k92bd/-" {
		t.Errorf("a title without letters: %s", got)
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("Wärmezähler: größer als 5 m³?")
	f.Add("L-4F7K-92")
	f.Fuzz(func(t *testing.T, title string) {
		slug := publish.Slug(title)
		if len(slug) > 60 || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Contains(slug, "--") || strings.Trim(slug, "-") != slug {
			t.Errorf("%q gives %q", title, slug)
		}
	})
}

func TestCapitalsInAKeyLeadToTheThread(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, page := w.published("Frieda Sommer")
		if got := w.page(strings.ToUpper(page.Key)); got.Key != page.Key {
			t.Errorf("leads to %q", got.Key)
		}
	})
}

func TestStaffSeeTheThreadOfACase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		if got, err := w.publish.OfCase(w.ctx, w.mia, a.c); got != nil || err != nil {
			t.Errorf("no thread: %+v (%v)", got, err)
		}
		d := draft()
		d.Text += "\nMein Name ist Gustav Gans."
		w.propose(a, d)
		got, err := w.publish.OfCase(w.ctx, w.mia, a.c)
		must(t, err)
		if q := got.Question(); q.Body != d.Text || len(q.Doubts) == 0 || q.CustomerID != a.ID {
			t.Errorf("staff see %+v", got)
		}
		if q := w.ofCase(a).Question(); len(q.Doubts) != 0 || q.StaffID != (ids.ID{}) {
			t.Errorf("the customer sees what staff think: %+v", q)
		}
		_, err = w.publish.OfCase(w.ctx, access.Actor{Kind: access.Staff, ID: w.mia.ID, BrandID: ids.New(), Role: access.Admin}, a.c)
		wantKind(t, err, errs.NotFound)
		_, err = w.publish.OfCase(w.ctx, w.mia, desk.Case{})
		wantKind(t, err, errs.NotFound)
	})
}
