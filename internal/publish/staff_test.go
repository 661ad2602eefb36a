package publish_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
)

func TestOfficialAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		w.clock.Advance(time.Hour)
		first := w.answer(a, referral)
		if first.Substantive || first.AuthorName != "Mia Krüger" || first.AuthorRole != "Service" || first.State != publish.PostShown {
			t.Errorf("the referral: %+v", first)
		}
		page = w.page(page.Key)
		if !page.AnsweredAt.IsZero() || page.DueAt.IsZero() {
			t.Error("a referral counts as an answer")
		}
		if again := w.answer(a, referral); again.ID != first.ID {
			t.Error("the same answer twice makes two posts")
		}
		w.clock.Advance(time.Hour)
		good := w.answer(a, goodAnswer)
		page = w.page(page.Key)
		if !good.Substantive || page.AnsweredAt.Time() != w.clock.Now() || !page.DueAt.IsZero() || page.Thread.Posts != 3 {
			t.Errorf("after the answer: %+v", page.Thread)
		}
		if page.Posts[1].ID != good.ID || page.Posts[2].ID != first.ID {
			t.Error("the substantive answer does not come first")
		}
		must(t, w.publish.Withdraw(w.ctx, w.mia, good.ID, ""))
		must(t, w.publish.Withdraw(w.ctx, w.mia, good.ID, ""))
		page = w.page(page.Key)
		if !page.AnsweredAt.IsZero() || page.DueAt.IsZero() || page.Thread.Posts != 2 {
			t.Errorf("after the withdrawal: %+v", page.Thread)
		}
		if last := page.Posts[2]; last.State != publish.PostWithdrawn || last.Body+last.AuthorName+string(last.HTML) != "" || last.ByAuthor() {
			t.Errorf("the tombstone: %+v", last)
		}
		w.nothingLeft("id = ?", good.ID)
		if got := strings.Join(w.kinds(a.c), " "); got != "post.released thread.published post.released post.released post.withdrawn" {
			t.Errorf("events: %s", got)
		}
	})
}

func TestEditOfAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		post := w.answer(a, goodAnswer)
		w.clock.Advance(time.Hour)
		_, err := w.publish.EditPost(w.ctx, w.mia, post.ID, 7, goodAnswer+" Wirklich.")
		wantKind(t, err, errs.Conflict)
		edited, err := w.publish.EditPost(w.ctx, w.ole, post.ID, 1, goodAnswer+" Wirklich.")
		must(t, err)
		shown := w.page(page.Key).Posts[1]
		if edited.Version != 2 || shown.EditedAt.Time() != w.clock.Now() || !strings.HasSuffix(shown.Body, "Wirklich.") || shown.AuthorName != "Mia Krüger" {
			t.Errorf("edited: %+v", shown)
		}
		if _, err := w.publish.EditPost(w.ctx, w.mia, post.ID, 2, referral); err != nil {
			t.Fatal(err)
		}
		if page := w.page(page.Key); !page.AnsweredAt.IsZero() || page.DueAt.IsZero() {
			t.Error("an answer edited into a referral still counts")
		}
		_, err = w.publish.EditPost(w.ctx, w.mia, page.Question().ID, 1, goodAnswer)
		wantKind(t, err, errs.Forbidden)
	})
}

func TestAnAnswerDoesNotTellWhoAsked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.published("Frieda Sommerfeld")
		for _, leak := range []string{"Guten Tag Frau Sommerfeld, ", "frieda.sommerfeld@post.example hat gefragt: ", "Ihre Kundennummer 4711 0815. ", "Zu " + a.c.Number + ": "} {
			_, err := w.publish.Answer(w.ctx, w.mia, a.c, leak+goodAnswer)
			if len(errs.Fields(err)) != 1 {
				t.Errorf("%q is published: %v", leak, err)
			}
		}
		w.answer(a, goodAnswer+" Rufen Sie sonst 0800 1234567 an oder schreiben Sie an hilfe@lindenau.example.")
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		question := page.Question().ID
		foreign := w.mia
		foreign.BrandID = ids.New()
		for name, tc := range map[string]struct {
			actor access.Actor
			kind  errs.Kind
		}{
			"the customer":  {a.Actor, errs.Forbidden},
			"nobody":        {access.Actor{}, errs.SignedOut},
			"another brand": {foreign, errs.NotFound},
		} {
			_, err := w.publish.Answer(w.ctx, tc.actor, a.c, goodAnswer)
			wantKind(t, err, tc.kind)
			_, err = w.publish.AnswerThread(w.ctx, tc.actor, page.ID, goodAnswer)
			wantKind(t, err, tc.kind)
			_, err = w.publish.EditPost(w.ctx, tc.actor, question, 1, goodAnswer)
			wantKind(t, err, tc.kind)
			wantKind(t, w.publish.Withdraw(w.ctx, tc.actor, question, publish.Spam), tc.kind)
			wantKind(t, w.publish.Release(w.ctx, tc.actor, question, 1), tc.kind)
			wantKind(t, w.publish.Refuse(w.ctx, tc.actor, question, 1, publish.Spam), tc.kind)
			if tc.kind != errs.NotFound {
				_, err = w.publish.Queue(w.ctx, tc.actor, publish.Cursor{})
				wantKind(t, err, tc.kind)
				_, err = w.publish.Overdue(w.ctx, tc.actor, publish.Cursor{})
				wantKind(t, err, tc.kind)
				_, err = w.publish.Duties(w.ctx, tc.actor)
				wantKind(t, err, tc.kind)
			}
			if t.Failed() {
				t.Fatal(name)
			}
		}
		_, err := w.publish.Answer(w.ctx, access.Lotse(w.brand), a.c, goodAnswer)
		wantKind(t, err, errs.Forbidden)
		if w.page(page.Key).Question().Body != text {
			t.Error("somebody changed the page")
		}
	})
}

func TestStaffTakeACustomersPostDownForAReasonOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		w.answer(a, goodAnswer)
		q := page.Question().ID
		for _, none := range []string{"", "because", publish.OffTopic} {
			wantKind(t, w.publish.Withdraw(w.ctx, w.mia, q, none), errs.Invalid)
		}
		must(t, w.publish.Withdraw(w.ctx, w.mia, q, publish.PersonalData))
		_, err := w.publish.Thread(w.ctx, w.brand, page.Key)
		wantKind(t, err, errs.Gone)
		w.nothingLeft("customer_id = ?", a.ID)
		own := w.ofCase(a)
		if own.State != publish.Gone || len(own.Posts) != 1 || own.Posts[0].Reason != publish.PersonalData {
			t.Errorf("the customer sees %+v", own)
		}
		staff, err := w.publish.OfCase(w.ctx, w.mia, a.c)
		must(t, err)
		if len(staff.Answers()) != 1 || staff.Answers()[0].Body != goodAnswer {
			t.Error("staff lost their answer")
		}
		var params []byte
		must(t, w.db.Read().NewRaw("SELECT params FROM events WHERE kind = 'post.withdrawn'").Scan(w.ctx, &params))
		if !strings.Contains(string(params), publish.PersonalData) || strings.Contains(string(params), "Zähler") {
			t.Errorf("the event says %s", params)
		}
		next := a
		next.c, _ = w.addCase(a.ID)
		if post := w.propose(next, draft()); post.State != publish.PostReview {
			t.Errorf("whose post was taken down is %s without a look", post.State)
		}
	})
}

func TestOneReviewerWins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		post := w.propose(a, draft())
		results := make([]error, 6)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				if i%2 == 0 {
					results[i] = w.publish.Release(w.ctx, w.mia, post.ID, 1)
				} else {
					results[i] = w.publish.Refuse(w.ctx, w.ole, post.ID, 1, publish.Spam)
				}
			})
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else {
				wantKind(t, err, errs.Conflict)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	})
}

func TestReleaseMeetsAnEdit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 5 {
			a := w.addAsker("Frieda Sommer", ids.New().String()+"@post.example")
			post := w.propose(a, draft())
			d := draft()
			d.Text += "\nMein Name ist Gustav Gans."
			var released error
			var wg sync.WaitGroup
			wg.Go(func() { released = w.publish.Release(w.ctx, w.mia, post.ID, 1) })
			wg.Go(func() {
				if _, _, err := w.publish.Propose(w.ctx, a.Actor, a.c, d); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			thread := w.ofCase(a)
			switch {
			case released == nil && (thread.Question().Body != text || thread.Revision().Body != d.Text):
				t.Errorf("released: %+v", thread.Posts)
			case released != nil && (thread.State != publish.Hidden || thread.Question().Body != d.Text):
				t.Errorf("not released (%v): %+v", released, thread.Posts)
			}
			if strings.Contains(w.public(thread.Key), "Gans") {
				t.Fatal("unreviewed words are public")
			}
		}
	})
}

func TestRefusedQuestionIsMended(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		post := w.propose(a, draft())
		must(t, w.publish.Refuse(w.ctx, w.mia, post.ID, 1, publish.OffTopic))
		if q := w.ofCase(a).Question(); q.State != publish.PostRefused || q.Reason != publish.OffTopic || q.Body != text {
			t.Errorf("refused: %+v", q)
		}
		d := draft()
		d.Text += " Bitte erklären Sie es allen."
		if post = w.propose(a, d); post.State != publish.PostReview || post.Version != 2 {
			t.Errorf("mended: %+v", post)
		}
		must(t, w.publish.Release(w.ctx, w.mia, post.ID, 2))
		if got := strings.Join(w.kinds(a.c), " "); got != "post.refused post.released thread.published" {
			t.Errorf("events: %s", got)
		}
	})
}

func TestRestrictedTeam(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.addAsker("Frieda Sommer", "frieda@post.example")
		post := w.propose(a, draft())
		w.restricted[w.team] = true
		q, err := w.publish.Queue(w.ctx, w.ole, publish.Cursor{})
		if err != nil || len(q.Posts) != 1 || !q.Posts[0].Restricted || q.Posts[0].Post.Body != "" || q.Posts[0].CaseNumber != a.c.Number {
			t.Errorf("others see %+v (%v)", q.Posts, err)
		}
		wantKind(t, w.publish.Release(w.ctx, w.ole, post.ID, 1), errs.Forbidden)
		_, err = w.publish.OfCase(w.ctx, w.ole, a.c)
		wantKind(t, err, errs.Forbidden)
		must(t, w.publish.Release(w.ctx, w.mia, post.ID, 1))
	})
}

func TestUnansweredIsADuty(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		w.answer(a, referral)
		w.clock.Advance(8*time.Hour - time.Second)
		if d, err := w.publish.Duties(w.ctx, w.mia); err != nil || d.Overdue != 0 {
			t.Errorf("too early: %+v (%v)", d, err)
		}
		w.clock.Advance(time.Second)
		late, err := w.publish.Overdue(w.ctx, w.mia, publish.Cursor{})
		if err != nil || len(late.Threads) != 1 || late.Threads[0].CaseNumber != a.c.Number || late.Threads[0].Title != title {
			t.Fatalf("overdue: %+v (%v)", late, err)
		}
		list, err := w.publish.Unanswered(w.ctx, w.brand, publish.Cursor{})
		if err != nil || len(list.Cards) != 1 {
			t.Errorf("unanswered: %+v (%v)", list, err)
		}
		post, err := w.publish.AnswerThread(w.ctx, w.ole, page.ID, goodAnswer)
		must(t, err)
		if d, err := w.publish.Duties(w.ctx, w.mia); err != nil || d != (publish.Duties{}) {
			t.Errorf("answered: %+v (%v)", d, err)
		}
		if list, err := w.publish.Unanswered(w.ctx, w.brand, publish.Cursor{}); err != nil || len(list.Cards) != 0 {
			t.Errorf("answered, but listed: %+v (%v)", list, err)
		}
		must(t, w.publish.Withdraw(w.ctx, w.ole, post.ID, ""))
		if d, err := w.publish.Duties(w.ctx, w.mia); err != nil || d.Overdue != 1 {
			t.Errorf("the answer is gone, the duty not back: %+v (%v)", d, err)
		}
	})
}
