package publish_test

import (
	"slices"
	"strings"
	"testing"

	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/publish"
)

func TestThreadFollowsItsCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		must(t, w.desk.SetState(w.ctx, w.mia, a.c.ID, desk.Solved, 0))
		solved := w.page(page.Key)
		if !solved.Solved || solved.Version <= page.Version {
			t.Errorf("solved: %+v", solved.Thread)
		}
		must(t, w.desk.SetState(w.ctx, w.mia, a.c.ID, desk.Open, 0))
		must(t, w.desk.HandOver(w.ctx, w.mia, a.c.ID, desk.HandOverForm{TeamID: w.other, Reason: "Technik weiß es"}))
		if moved := w.page(page.Key); moved.Solved || moved.TeamID != w.other {
			t.Errorf("reopened and handed over: %+v", moved.Thread)
		}
		before := w.page(page.Key).Version
		if _, err := w.desk.Note(w.ctx, w.mia, a.c.ID, "Geheim: Wasserschaden"); err != nil {
			t.Fatal(err)
		}
		if after := w.page(page.Key); after.Version != before {
			t.Error("a private note changes the public thread")
		}
	})
}

func TestTrashHidesAndRestoreAsksAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		w.answer(a, goodAnswer)
		d := draft()
		d.Text += "\nMein Name ist Gustav Gans."
		w.propose(a, d)
		must(t, w.desk.Trash(w.ctx, w.mia, a.c.ID))
		_, err := w.publish.Thread(w.ctx, w.brand, page.Key)
		wantKind(t, err, errs.NotFound)
		if all := w.public(page.Key); strings.Contains(all, "Zähler") {
			t.Errorf("the trash is public: %s", all)
		}
		if q, err := w.publish.Queue(w.ctx, w.mia, publish.Cursor{}); err != nil || len(q.Posts) != 0 {
			t.Errorf("the trash waits for review: %+v (%v)", q, err)
		}
		_, _, err = w.publish.Propose(w.ctx, a.Actor, a.c, draft())
		wantKind(t, err, errs.Conflict)
		_, err = w.publish.Answer(w.ctx, w.mia, a.c, goodAnswer+" Noch etwas.")
		wantKind(t, err, errs.Conflict)
		must(t, w.desk.Restore(w.ctx, w.mia, a.c.ID))
		q, err := w.publish.Queue(w.ctx, w.mia, publish.Cursor{})
		if err != nil || len(q.Posts) != 1 || q.Posts[0].Post.Body != d.Text {
			t.Fatalf("restored, the queue holds %+v (%v)", q, err)
		}
		must(t, w.publish.Release(w.ctx, w.mia, q.Posts[0].Post.ID, q.Posts[0].Post.Version))
		back := w.page(page.Key)
		if back.Question().Body != d.Text || back.PublishedAt != page.PublishedAt || back.AnsweredAt.IsZero() || len(back.Posts) != 2 {
			t.Errorf("back: %+v", back)
		}
	})
}

func TestDeletedCaseLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		w.answer(a, goodAnswer)
		must(t, w.desk.Delete(w.ctx, w.ole, a.c.ID, desk.ReasonErasure))
		_, err := w.publish.Thread(w.ctx, w.brand, page.Key)
		wantKind(t, err, errs.Gone)
		w.nothingLeft("1 = 1")
		var named int
		must(t, w.db.Read().NewRaw("SELECT COUNT(*) FROM posts WHERE case_id IS NOT NULL OR customer_id IS NOT NULL OR owner_id = ?", a.ID).Scan(w.ctx, &named))
		if named != 0 {
			t.Errorf("%d posts still name the case or the customer", named)
		}
		must(t, w.db.Read().NewRaw("SELECT (SELECT COUNT(*) FROM thread_cases) + (SELECT COUNT(*) FROM customers) + (SELECT COUNT(*) FROM threads WHERE owner_id = ?)", a.ID).Scan(w.ctx, &named))
		if named != 0 {
			t.Errorf("%d rows still name them", named)
		}
		if got := w.kinds(a.c); !slices.Contains(got, "thread.gone") {
			t.Errorf("events: %v", got)
		}
	})
}

func TestMergedCases(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		into := a
		into.c, _ = w.addCase(a.ID)
		must(t, w.desk.Merge(w.ctx, w.mia, a.c.ID, into.c.ID))
		if got := w.ofCase(into); got.ID != page.ID {
			t.Error("the thread did not follow")
		}
		var mark desk.Publicity
		must(t, w.db.Read().NewRaw("SELECT public FROM cases WHERE id = ?", into.c.ID).Scan(w.ctx, &mark))
		if mark != desk.PublicShown {
			t.Errorf("the case it went to is marked %v", mark)
		}
		must(t, w.desk.HandOver(w.ctx, w.mia, into.c.ID, desk.HandOverForm{TeamID: w.addTeam("Netz"), Reason: "Leitung"}))
		var teams int
		must(t, w.db.Read().NewRaw("SELECT COUNT(*) FROM threads AS t JOIN cases AS c ON c.team_id = t.team_id WHERE t.id = ? AND c.id = ?", page.ID, into.c.ID).Scan(w.ctx, &teams))
		if teams != 1 {
			t.Error("the thread's team is not that of the case it went to")
		}
		w.answer(into, goodAnswer)
		must(t, w.publish.TakeBack(w.ctx, into.Actor, into.c))
		_, err := w.publish.Thread(w.ctx, w.brand, page.Key)
		wantKind(t, err, errs.Gone)
	})
}

func TestMergedIntoAnothersCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		b := w.addAsker("Gustav Gans", "gustav@post.example")
		must(t, w.desk.Merge(w.ctx, w.mia, a.c.ID, b.c.ID))
		if got, err := w.publish.OfCase(w.ctx, b.Actor, b.c); err != nil || got != nil {
			t.Errorf("another customer holds the thread now: %+v (%v)", got, err)
		}
		must(t, w.publish.TakeBack(w.ctx, b.Actor, b.c))
		w.page(page.Key)
		w.answer(b, goodAnswer) // staff work on the case it went to
		_, _, err := w.publish.Propose(w.ctx, b.Actor, b.c, draft())
		wantKind(t, err, errs.Conflict)
		must(t, w.publish.TakeBack(w.ctx, a.Actor, a.c))
		_, err = w.publish.Thread(w.ctx, w.brand, page.Key)
		wantKind(t, err, errs.Gone)
	})
}

func TestDeletingOneOfManyCasesKeepsTheThread(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, page := w.published("Frieda Sommer")
		b := w.addAsker("Gustav Gans", "gustav@post.example")
		w.exec("INSERT INTO thread_cases (thread_id, case_id) VALUES (?, ?)", page.ID, b.c.ID)
		w.answer(b, goodAnswer)
		must(t, w.desk.Delete(w.ctx, w.ole, b.c.ID, desk.ReasonSpam))
		left := w.page(page.Key)
		if len(left.Posts) != 2 || left.Question().Body != text {
			t.Errorf("left: %+v", left)
		}
		if got := w.ofCase(a); got.ID != page.ID {
			t.Error("the asker lost the thread")
		}
	})
}
