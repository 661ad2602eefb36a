package publish_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/privacy"
	"lotse/internal/publish"
)

func TestFirstQuestionIsLookedAtTheNextIsNot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		post := w.propose(a, draft())
		if post.State != publish.PostReview || post.Version != 1 {
			t.Fatalf("a first-time author's post is %s, version %d", post.State, post.Version)
		}
		thread := w.ofCase(a)
		if thread.State != publish.Hidden || thread.Title != "" || thread.Slug != "" {
			t.Errorf("the thread is open before its release: %+v", thread.Thread)
		}
		_, err := w.publish.Thread(w.ctx, w.brand, thread.Key)
		wantKind(t, err, errs.NotFound)
		must(t, w.publish.Release(w.ctx, w.mia, post.ID, 1))
		page := w.page(thread.Key)
		q := page.Question()
		if q.Body != text || q.Title != title || page.Title != title || page.Thread.Posts != 1 || q.Author("de") != "Eine Kundin oder ein Kunde" {
			t.Errorf("the page shows %+v", page)
		}
		if want := w.clock.Now().Add(8 * time.Hour); !page.DueAt.Time().Equal(want) {
			t.Errorf("due %s, want %s", page.DueAt.Time(), want)
		}
		if got := strings.Join(w.kinds(a.c), " "); got != "post.released thread.published" {
			t.Errorf("events: %s", got)
		}
		second := a
		second.c, _ = w.addCase(a.ID)
		if post := w.propose(second, draft()); post.State != publish.PostShown {
			t.Errorf("a known author's post is %s", post.State)
		}
	})
}

func TestWhatIsInDoubtWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.published("Frieda Sommer")
		cases := []struct {
			name   string
			change func(*publish.Draft)
		}{
			{"somebody's name", func(d *publish.Draft) { d.Text += "\nMein Name ist Gustav Gans." }},
			{"an official name", func(d *publish.Draft) { d.AuthorName = "Kundenservice Lindenau" }},
			{"the organisation's name", func(d *publish.Draft) { d.AuthorName = "Die Lindenauer" }},
			{"spam", func(d *publish.Draft) { d.Text += "\nBuy cheap pills" }},
		}
		w.spam = func(_, text string) (int64, bool) {
			bad := strings.Contains(text, "cheap pills")
			return 70, bad
		}
		for _, tc := range cases {
			next := a
			next.c, _ = w.addCase(a.ID)
			d := draft()
			tc.change(&d)
			if post := w.propose(next, d); post.State != publish.PostReview || len(post.Doubts) == 0 || post.Spam != 70 {
				t.Errorf("%s: %s, doubts %v, spam %d", tc.name, post.State, post.Doubts, post.Spam)
			}
		}
		next := a
		next.c, _ = w.addCase(a.ID)
		next.c.Spam = 99
		if post := w.propose(next, draft()); post.State != publish.PostReview || post.Spam != 99 {
			t.Errorf("a case that looks like spam: %s, %d points", post.State, post.Spam)
		}
		next.c, _ = w.addCase(a.ID)
		w.restricted[w.team] = true
		if post := w.propose(next, draft()); post.State != publish.PostReview {
			t.Errorf("a restricted team's case: %s", post.State)
		}
	})
}

func TestUnconfirmedAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		w.unconfirm(a.ID)
		post := w.propose(a, draft())
		if post.State != publish.PostUnconfirmed {
			t.Fatalf("the post is %s", post.State)
		}
		wantKind(t, w.publish.Release(w.ctx, w.mia, post.ID, 1), errs.Conflict)
		if q, err := w.publish.Queue(w.ctx, w.mia, publish.Cursor{}); err != nil || len(q.Posts) != 0 {
			t.Errorf("staff see %d posts nobody confirmed (%v)", len(q.Posts), err)
		}
		again := w.propose(a, draft())
		if again.ID != post.ID || again.Version != 1 || again.State != publish.PostUnconfirmed {
			t.Errorf("the same again: %+v", again)
		}
		w.confirm(a.ID)
		if got := w.ofCase(a).Question().State; got != publish.PostReview {
			t.Fatalf("confirmed, the first post is %s", got)
		}
		must(t, w.publish.Release(w.ctx, w.mia, post.ID, 1))

		w.unconfirm(a.ID)
		known := a
		known.c, _ = w.addCase(a.ID)
		w.propose(known, draft())
		w.confirm(a.ID)
		w.confirm(a.ID)
		if got := w.ofCase(known); got.Question().State != publish.PostShown || got.State != publish.Shown {
			t.Errorf("confirmed, a known author's post is %s", got.Question().State)
		}
	})
}

func TestPersonalDataIsMaskedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommerfeld", "frieda@post.example")
		d := draft()
		d.Title = "Frage zu " + a.c.Number + " und meinem Zähler"
		d.Text = "Schreiben Sie an frieda@post.example oder 0171 2345678. Gruß von Sommerfeld\nIBAN DE02 1203 0000 0000 2020 51"
		d.AuthorName = "frieda@post.example"
		post, found, err := w.publish.Propose(w.ctx, a.Actor, a.c, d)
		must(t, err)
		words := post.Title + post.Body + string(post.HTML) + post.AuthorName
		for _, secret := range []string{a.c.Number, "frieda@", "2345678", "Sommerfeld", "2020 51"} {
			if strings.Contains(words, secret) {
				t.Errorf("%q gets out: %s", secret, words)
			}
		}
		for _, kind := range []privacy.Kind{privacy.Email, privacy.Phone, privacy.IBAN, privacy.Name, privacy.CustomerNumber} {
			if !slices.ContainsFunc(found, func(f privacy.Finding) bool { return f.Kind == kind }) {
				t.Errorf("the customer is not told of the %s: %v", kind, found)
			}
		}
		if post.State != publish.PostReview {
			t.Errorf("state %s", post.State)
		}
		must(t, w.publish.Release(w.ctx, w.mia, post.ID, post.Version))
		if path := w.page(w.ofCase(a).Key).Path(); strings.Contains(strings.ToLower(path), strings.ToLower(a.c.Number[2:6])) {
			t.Errorf("the address holds the case number: %s", path)
		}
	})
}

func TestDraftLimits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		_, _, err := w.publish.Propose(w.ctx, a.Actor, a.c, publish.Draft{Title: " kurz ", Text: "zu kurz", AuthorName: strings.Repeat("x", 61)})
		var fields []string
		for _, e := range errs.Fields(err) {
			fields = append(fields, e.Field)
		}
		if got := strings.Join(fields, " "); got != "title text name" {
			t.Errorf("faults in %q (%v)", got, err)
		}
		_, _, err = w.publish.Propose(w.ctx, a.Actor, a.c, publish.Draft{Title: strings.Repeat("wörter ", 21), Text: strings.Repeat("lange Rede ", 1000)})
		if len(errs.Fields(err)) != 2 {
			t.Errorf("too much passes: %v", err)
		}
		if got, err := w.publish.OfCase(w.ctx, a.Actor, a.c); got != nil || err != nil {
			t.Errorf("a refused draft leaves %+v (%v)", got, err)
		}
	})
}

func TestEditOfAShownQuestionWaitsBesideIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		w.answer(a, goodAnswer)
		before := w.page(page.Key)
		d := draft()
		d.Title, d.Text = "Wer ist Herr Gustav Gans vom Zählerdienst?", text+"\nMein Name ist Gustav Gans."
		post := w.propose(a, d)
		if post.State != publish.PostReview {
			t.Fatalf("the change is %s", post.State)
		}
		after := w.page(page.Key)
		if after.Question().Body != text || after.Version != before.Version || after.Thread.Posts != 2 || strings.Contains(w.public(page.Key), "Gans") {
			t.Fatalf("an unreviewed word is shown: %+v", after)
		}
		if r := w.ofCase(a).Revision(); r.ID != post.ID || r.Body != d.Text {
			t.Errorf("the customer sees the revision %+v", r)
		}
		q, err := w.publish.Queue(w.ctx, w.mia, publish.Cursor{})
		if err != nil || len(q.Posts) != 1 || !q.Posts[0].Revision || q.Posts[0].CaseNumber != a.c.Number || q.Posts[0].ThreadTitle != title {
			t.Fatalf("the queue: %+v (%v)", q, err)
		}
		w.clock.Advance(time.Hour)
		must(t, w.publish.Release(w.ctx, w.mia, post.ID, post.Version))
		wantKind(t, w.publish.Release(w.ctx, w.mia, post.ID, post.Version), errs.NotFound)
		after = w.page(page.Key)
		shown := after.Question()
		if shown.Body != d.Text || shown.ID != before.Question().ID || shown.Version != 2 || !shown.EditedAt.Time().Equal(w.clock.Now()) {
			t.Errorf("released, the page shows %+v", shown)
		}
		if after.AnsweredAt.IsZero() || after.Thread.Posts != 2 || after.Slug == before.Slug || after.Version <= before.Version {
			t.Errorf("the thread after it: %+v", after.Thread)
		}
		var kept []string
		must(t, w.db.Read().NewRaw("SELECT version FROM post_versions WHERE post_id = ?", shown.ID).Scan(w.ctx, &kept))
		if len(kept) != 1 || kept[0] != "1" {
			t.Errorf("versions kept: %v", kept)
		}
		if r := w.ofCase(a).Revision(); r.Version != 0 {
			t.Errorf("a revision is left: %+v", r)
		}
	})
}

func TestEditWithoutDoubtIsShownAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		d := draft()
		d.Text += " Danke für einen Hinweis."
		if post := w.propose(a, d); post.State != publish.PostShown || post.Version != 2 || post.EditedAt.IsZero() {
			t.Errorf("the change: %+v", post)
		}
		if got := w.page(page.Key).Question().Body; got != d.Text {
			t.Errorf("the page shows %q", got)
		}
	})
}

func TestRevisionIsChangedDroppedAndRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		d := draft()
		d.Text += "\nMein Name ist Gustav Gans."
		first := w.propose(a, d)
		if again := w.propose(a, d); again.ID != first.ID || again.Version != 1 {
			t.Errorf("the same change again: %+v", again)
		}
		d.Text += " Oder so."
		second := w.propose(a, d)
		if second.ID != first.ID || second.Version != 2 {
			t.Errorf("another change: %+v", second)
		}
		wantKind(t, w.publish.Release(w.ctx, w.mia, first.ID, 1), errs.Conflict)
		wantKind(t, w.publish.Refuse(w.ctx, w.mia, first.ID, 2, "because"), errs.Invalid)
		must(t, w.publish.Refuse(w.ctx, w.mia, first.ID, 2, publish.PersonalData))
		r := w.ofCase(a).Revision()
		if r.State != publish.PostRefused || r.Reason != publish.PersonalData || w.page(page.Key).Question().Body != text {
			t.Errorf("refused: %+v", r)
		}
		if post := w.propose(a, d); post.State != publish.PostRefused {
			t.Errorf("the refused text again is %s", post.State)
		}
		d.Text = text + " Wie lange noch?"
		if post := w.propose(a, d); post.State != publish.PostReview {
			t.Errorf("after a refusal, a harmless text is %s", post.State)
		}
		if post := w.propose(a, draft()); post.State != publish.PostShown || w.ofCase(a).Revision().Version != 0 {
			t.Errorf("the shown text again leaves %+v", w.ofCase(a).Revision())
		}
	})
}

func TestTakeBackErasesTheWords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		d := draft()
		d.Text += " Erste Änderung."
		d.AuthorName = "Frieda"
		w.propose(a, d)
		d.Text += "\nMein Name ist Gustav Gans."
		w.propose(a, d)
		w.answer(a, goodAnswer)
		heard := w.hub.Listen(w.brand, "")
		defer heard.Close()
		must(t, w.publish.TakeBack(w.ctx, a.Actor, a.c))
		signals := map[string]bool{}
		for len(signals) < 2 {
			select {
			case s := <-heard.C():
				if s == (live.Signal{Topic: "thread", Brand: w.brand, ID: page.ID}) || s == (live.Signal{Topic: "case", Brand: w.brand, ID: a.c.ID}) {
					signals[s.Topic] = true
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("only %v were told", signals)
			}
		}
		gone, err := w.publish.Thread(w.ctx, w.brand, page.Key)
		wantKind(t, err, errs.Gone)
		if !gone.GoneAt.Time().Equal(w.clock.Now()) || gone.Title != "" || len(gone.Posts) != 1 || !gone.Posts[0].ByAuthor() || gone.Posts[0].Body != "" {
			t.Errorf("of a gone thread is left: %+v", gone)
		}
		version, state, err := w.publish.Version(w.ctx, w.brand, page.Key)
		if err != nil || state != publish.Gone || version <= page.Version {
			t.Errorf("version %d, state %d, %v", version, state, err)
		}
		if all := w.public(page.Key); strings.Contains(all, "Zähler") || strings.Contains(all, "Tausch") {
			t.Errorf("words are left: %s", all)
		}
		w.nothingLeft("customer_id = ?", a.ID)
		must(t, w.publish.TakeBack(w.ctx, a.Actor, a.c))
		if got := strings.Join(w.kinds(a.c), " "); strings.Count(got, "thread.gone") != 1 || strings.Count(got, "post.withdrawn") != 1 {
			t.Errorf("events: %s", got)
		}
		fresh := w.release(a, draft())
		if fresh.Key == page.Key || w.ofCase(a).ID != fresh.ID {
			t.Error("a new proposal does not make a new thread")
		}
		_, err = w.publish.Thread(w.ctx, w.brand, page.Key)
		wantKind(t, err, errs.Gone)
	})
}

// nothingLeft checks that no stored word of the posts is left.
func (w *world) nothingLeft(where string, args ...any) {
	w.t.Helper()
	var left int
	must(w.t, w.db.Read().NewRaw("SELECT COUNT(*) FROM posts WHERE (length(title) + length(body) + length(html) + length(author_name) + length(doubts) > 0) AND "+where, args...).Scan(w.ctx, &left))
	if left != 0 {
		w.t.Errorf("%d posts still hold words", left)
	}
	must(w.t, w.db.Read().NewRaw("SELECT COUNT(*) FROM post_versions WHERE post_id IN (SELECT id FROM posts WHERE "+where+")", args...).Scan(w.ctx, &left))
	if left != 0 {
		w.t.Errorf("%d old versions are left", left)
	}
	must(w.t, w.db.Read().NewRaw("SELECT COUNT(*) FROM threads WHERE state = 3 AND length(title) + length(excerpt) + length(slug) > 0").Scan(w.ctx, &left))
	if left != 0 {
		w.t.Errorf("%d gone threads still hold words", left)
	}
}

func TestNeverShownNeverKnown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		w.propose(a, draft())
		key := w.ofCase(a).Key
		must(t, w.publish.TakeBack(w.ctx, a.Actor, a.c))
		_, err := w.publish.Thread(w.ctx, w.brand, key)
		wantKind(t, err, errs.NotFound)
		w.nothingLeft("customer_id = ?", a.ID)
		if slices.Contains(w.kinds(a.c), "thread.gone") {
			t.Error("a thread nobody saw is reported gone")
		}
	})
}

func TestOnlyTheAskerReachesTheThread(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.published("Frieda Sommer")
		b := w.addAsker("Gustav Gans", "gustav@post.example")
		elsewhere, _ := w.addCase(a.ID)
		for name, tc := range map[string]struct {
			actor access.Actor
			kind  errs.Kind
		}{
			"another customer":        {b.Actor, errs.NotFound},
			"a link to another case":  {access.Actor{Kind: access.Customer, ID: a.ID, BrandID: w.brand, Case: elsewhere.ID}, errs.NotFound},
			"the same in other brand": {access.Actor{Kind: access.Customer, ID: a.ID, BrandID: ids.New()}, errs.NotFound},
			"nobody":                  {access.Actor{}, errs.SignedOut},
			"staff":                   {w.mia, errs.Forbidden},
		} {
			_, _, err := w.publish.Propose(w.ctx, tc.actor, a.c, draft())
			wantKind(t, err, tc.kind)
			wantKind(t, w.publish.TakeBack(w.ctx, tc.actor, a.c), tc.kind)
			_, _, err = w.publish.Suggest(w.ctx, tc.actor, a.c, a.first)
			wantKind(t, err, tc.kind)
			if tc.kind != errs.Forbidden {
				_, err = w.publish.OfCase(w.ctx, tc.actor, a.c)
				wantKind(t, err, tc.kind)
			}
			if t.Failed() {
				t.Fatal(name)
			}
		}
		one := a.Actor
		one.Case = a.c.ID
		if got, err := w.publish.OfCase(w.ctx, one, a.c); err != nil || got == nil {
			t.Errorf("the link to the case itself: %v", err)
		}
	})
}

func TestSuggestionIsMaskedAndNew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommerfeld", "frieda@post.example")
		a.first.Body = "Mein Zähler springt. Rückruf bitte unter 0171 2345678.\n> alter Text\nGruß Frieda Sommerfeld\n-- \nFrieda Sommerfeld, Lindenweg 7"
		d, found, err := w.publish.Suggest(w.ctx, a.Actor, a.c, a.first)
		must(t, err)
		if d.Title != "Zähler springt nach dem Tausch" || d.Language != "de" || d.AuthorName != "" {
			t.Errorf("draft: %+v", d)
		}
		for _, secret := range []string{"2345678", "Sommerfeld", "alter Text", "Lindenweg"} {
			if strings.Contains(d.Text, secret) {
				t.Errorf("%q is suggested: %s", secret, d.Text)
			}
		}
		if len(found) < 2 {
			t.Errorf("found: %v", found)
		}
		if got, err := w.publish.OfCase(w.ctx, a.Actor, a.c); got != nil || err != nil {
			t.Error("a suggestion is stored")
		}
		note := a.first
		note.Kind = desk.Note
		_, _, err = w.publish.Suggest(w.ctx, a.Actor, a.c, note)
		wantKind(t, err, errs.NotFound)
	})
}

func TestProposingAtTheSameMomentMakesOneThread(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		posts := make([]publish.Post, 8)
		failures := make([]error, len(posts))
		var wg sync.WaitGroup
		for i := range posts {
			wg.Go(func() { posts[i], _, failures[i] = w.publish.Propose(w.ctx, a.Actor, a.c, draft()) })
		}
		wg.Wait()
		for i, err := range failures {
			if err != nil || posts[i].ID != posts[0].ID {
				t.Errorf("proposal %d: %v, %v", i, posts[i].ID, err)
			}
		}
		var threads int
		must(t, w.db.Read().NewRaw("SELECT COUNT(*) FROM threads").Scan(w.ctx, &threads))
		if threads != 1 {
			t.Errorf("%d threads", threads)
		}
	})
}

func TestProposingWithAnOldCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.published("Frieda Sommer")
		for name, end := range map[string]func(desk.Case) error{
			"trashed": func(c desk.Case) error { return w.desk.Trash(w.ctx, w.mia, c.ID) },
			"merged":  func(c desk.Case) error { return w.desk.Merge(w.ctx, w.mia, c.ID, a.c.ID) },
		} {
			next := a
			next.c, _ = w.addCase(a.ID)
			must(t, end(next.c))
			_, _, err := w.publish.Propose(w.ctx, next.Actor, next.c, draft())
			if !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		next := a
		next.c, _ = w.addCase(a.ID)
		must(t, w.desk.Delete(w.ctx, w.ole, next.c.ID, desk.ReasonSpam))
		_, _, err := w.publish.Propose(w.ctx, next.Actor, next.c, draft())
		wantKind(t, err, errs.NotFound)
	})
}

// TestTakingBackMeetsARelease lets the asker take back what a colleague releases
// at the same moment: whoever is first, nothing is public afterwards.
func TestTakingBackMeetsARelease(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 5 {
			a := w.addAsker("Frieda Sommer", ids.New().String()+"@post.example")
			post := w.propose(a, draft())
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := w.publish.Release(w.ctx, w.mia, post.ID, 1); err != nil && !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := w.publish.TakeBack(w.ctx, a.Actor, a.c); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			if got := w.ofCase(a); got.State != publish.Gone || strings.Contains(w.public(got.Key), "Zähler") {
				t.Fatalf("taken back, but %+v", got)
			}
		}
	})
}

func TestPreviewIsWhatWouldBeProposed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommerfeld", "frieda@post.example")
		d := draft()
		d.Text += " Rückruf unter 0171 2345678."
		seen, found, err := w.publish.Preview(w.ctx, a.Actor, a.c, d)
		must(t, err)
		if got, err := w.publish.OfCase(w.ctx, a.Actor, a.c); got != nil || err != nil {
			t.Error("a preview is stored")
		}
		if post := w.propose(a, d); post.Body != seen.Text || post.Title != seen.Title || len(found) != 1 {
			t.Errorf("seen %+v (%v), proposed %+v", seen, found, post)
		}
	})
}
