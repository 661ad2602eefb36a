package publish

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Hook keeps threads in step with their cases. Package app registers it with the
// desk.
//
//   - A case that is solved, reopened or handed over: so is its thread.
//   - A case in the trash: its question is put aside and its thread hidden;
//     restored, staff look at the question again.
//   - Merged cases: the thread follows, its author stays its author.
//   - A deleted case: its thread is gone, all words with it.
func (p *Publish) Hook(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	for _, c := range changes {
		var err error
		switch c.Kind {
		case desk.Trashed:
			err = p.eachQuestion(ctx, tx, c, (*work).putAside)
		case desk.Restored:
			err = p.eachQuestion(ctx, tx, c, (*work).bringBack)
		case desk.Deleted:
			err = p.forget(ctx, tx, c)
		case desk.Merged:
			err = p.merge(ctx, tx, c.Case, changes)
		}
		if err != nil {
			return err
		}
	}
	return p.follow(ctx, tx, changes)
}

// threadsOf returns the threads in which the cases have posts, in one order for
// everybody.
func threadsOf(ctx context.Context, tx *db.Tx, cases []ids.ID) (threads []ids.ID, err error) {
	err = tx.NewSelect().Model((*postRow)(nil)).ColumnExpr("DISTINCT thread_id").Where("case_id IN (?)", bun.List(cases)).
		Order("thread_id").Scan(ctx, &threads)
	if err != nil {
		return nil, fmt.Errorf("finding threads of cases: %w", err)
	}
	return threads, nil
}

// eachQuestion runs an action on the threads whose question is of the case.
func (p *Publish) eachQuestion(ctx context.Context, tx *db.Tx, c desk.Change, act func(*work) error) error {
	threads, err := threadsOf(ctx, tx, []ids.ID{c.Case.ID})
	if err != nil {
		return err
	}
	for _, id := range threads {
		w, err := p.lock(ctx, tx, c.Actor, id)
		if err != nil {
			return err
		}
		if w.question().caseID != c.Case.ID {
			continue
		}
		if err := act(w); err != nil {
			return err
		}
		if err := w.save(true); err != nil {
			return err
		}
	}
	return nil
}

// putAside hides the question of a case in the trash. A waiting revision becomes
// the text that will be looked at.
func (w *work) putAside() error {
	q := w.question()
	if r := w.revision(); r != nil && r.State == PostRefused {
		r.dropped = true
	} else if r != nil {
		w.adopt(r)
	}
	if q.State == PostShown || q.State.waits() {
		q.State, q.changed = PostDraft, true
	}
	return nil
}

// bringBack lets the question of a restored case wait again. Nothing is shown
// without a look.
func (w *work) bringBack() error {
	q := w.question()
	if q.State != PostDraft {
		return nil
	}
	confirmed, err := w.p.People.Confirmed(w.ctx, q.CustomerID)
	if err != nil {
		return fmt.Errorf("asking whether an address is confirmed: %w", err)
	}
	q.State, q.changed = PostReview, true
	if !confirmed && q.ReleasedAt.IsZero() {
		q.State = PostUnconfirmed
	}
	return nil
}

// merge moves the thread of a merged case to the case that holds its messages
// now, unless that has one. Posts follow only within one customer's cases: what
// somebody published never becomes another customer's to take back.
func (p *Publish) merge(ctx context.Context, tx *db.Tx, source desk.Case, changes []desk.Change) error {
	at := slices.IndexFunc(changes, func(c desk.Change) bool { return c.Case.ID == source.MergedInto })
	if source.MergedInto.IsZero() || at < 0 {
		return nil
	}
	target := changes[at].Case
	_, err := tx.NewRaw(`DELETE FROM thread_cases WHERE case_id = ? AND thread_id IN (SELECT id FROM threads WHERE state = ?)
		AND EXISTS (SELECT 1 FROM thread_cases AS own WHERE own.case_id = ?)`, target.ID, Gone, source.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("parting a case from a thread that is gone: %w", err)
	}
	_, err = tx.NewRaw(`UPDATE thread_cases SET case_id = ? WHERE case_id = ?
		AND NOT EXISTS (SELECT 1 FROM thread_cases AS own WHERE own.case_id = ?)`, target.ID, source.ID, target.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("moving a thread to another case: %w", err)
	}
	if target.Public == desk.NotPublic && source.Public != desk.NotPublic {
		if err := p.Record.MarkPublicTx(ctx, tx, source.Public, target.ID); err != nil {
			return err
		}
	}
	if source.CustomerID != target.CustomerID {
		return nil
	}
	if _, err := tx.NewUpdate().Model((*postRow)(nil)).Set("case_id = ?", target.ID).Where("case_id = ?", source.ID).Exec(ctx); err != nil {
		return fmt.Errorf("moving posts to another case: %w", err)
	}
	return nil
}

// forget erases what the deleted cases published: the threads of their questions
// with all answers, and their posts in other threads. No row names the cases or
// their customer any more.
func (p *Publish) forget(ctx context.Context, tx *db.Tx, c desk.Change) error {
	cases := []ids.ID{c.Case.ID}
	if c.Removed != nil {
		cases = c.Removed.Cases
	}
	threads, err := threadsOf(ctx, tx, cases)
	if err != nil {
		return err
	}
	for _, id := range threads {
		w, err := p.lock(ctx, tx, c.Actor, id)
		if err != nil {
			return err
		}
		w.forget(cases)
		if err := w.save(true); err != nil {
			return err
		}
	}
	if _, err := tx.NewDelete().Model((*linkRow)(nil)).Where("case_id IN (?)", bun.List(cases)).Exec(ctx); err != nil {
		return fmt.Errorf("unlinking threads of deleted cases: %w", err)
	}
	return nil
}

func (w *work) forget(cases []ids.ID) {
	q := w.question()
	whole := slices.Contains(cases, q.caseID)
	if whole && w.t.State != Gone {
		w.vanish("")
	}
	if whole {
		w.owner = w.t.ID
	}
	for _, x := range w.posts {
		its := slices.Contains(cases, x.caseID)
		if whole || (its && x.Kind != Answer) {
			w.erase(x, "")
		}
		if its {
			x.caseID, x.changed = ids.ID{}, true
		}
		if its && x.Kind != Answer {
			x.CustomerID, x.owner = ids.ID{}, x.ID
		}
	}
}

// follow takes over state and team of cases whose question is a thread's.
func (p *Publish) follow(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	cases := map[ids.ID]desk.Change{}
	var which []ids.ID
	for _, c := range changes {
		if c.Kind == desk.CaseOpened || c.Kind == desk.Deleted {
			delete(cases, c.Case.ID)
			continue
		}
		if c.Case.Public == desk.NotPublic && c.Kind != desk.Merged { // most cases: nothing to ask for
			continue
		}
		if _, known := cases[c.Case.ID]; !known {
			which = append(which, c.Case.ID)
		}
		cases[c.Case.ID] = c
	}
	if len(cases) == 0 {
		return nil
	}
	var rows []struct {
		ID, TeamID, CaseID ids.ID
		Solved             bool
	}
	err := tx.NewSelect().TableExpr("posts AS p").ColumnExpr("DISTINCT t.id, t.team_id, t.solved, p.case_id").
		Join("JOIN threads AS t ON t.id = p.thread_id").Where("p.case_id IN (?) AND p.kind = ? AND t.state <> ?", bun.List(which), Question, Gone).
		OrderExpr("t.id").Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("reading threads of changed cases: %w", err)
	}
	for _, r := range rows {
		c := cases[r.CaseID]
		if solved := c.Case.State == desk.Solved; c.Case.ID.IsZero() || (solved == r.Solved && c.Case.TeamID == r.TeamID) {
			continue
		}
		if err := p.followOne(ctx, tx, c.Actor, r.ID, c.Case); err != nil {
			return err
		}
	}
	return nil
}

func (p *Publish) followOne(ctx context.Context, tx *db.Tx, a access.Actor, thread ids.ID, c desk.Case) error {
	w, err := p.lock(ctx, tx, a, thread)
	if err != nil {
		return err
	}
	w.t.Solved, w.t.TeamID = c.State == desk.Solved, c.TeamID
	return w.save(true)
}
