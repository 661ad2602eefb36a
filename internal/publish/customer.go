package publish

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/privacy"
)

// ownCase returns nil if the case is the customer's and open to the actor.
func ownCase(a access.Actor, c desk.Case) error {
	if err := a.RequireCustomer(); err != nil {
		return err
	}
	if c.ID.IsZero() || c.BrandID != a.BrandID || c.CustomerID != a.ID || (!a.Case.IsZero() && a.Case != c.ID) {
		return errs.New(errs.NotFound, "case.not_found")
	}
	return nil
}

// Propose says yes to a text. What is certainly personal data in it is masked
// again, also where the customer typed it back in; the findings say what was
// (their places are those of title, text or name). The post that comes back is
// shown at once, or waits: for the address, or for staff who look at what
// first-time authors write and at what leaves a doubt.
//
// Proposing again changes the text; the same text again changes nothing. While
// the change of a shown question waits, the old text stays shown; proposing the
// shown text again drops it.
func (p *Publish) Propose(ctx context.Context, a access.Actor, c desk.Case, d Draft) (Post, []privacy.Finding, error) {
	if err := ownCase(a, c); err != nil {
		return Post{}, nil, err
	}
	words, found, err := p.prepare(ctx, c, d)
	if err != nil {
		return Post{}, found, err
	}
	post, err := p.propose(ctx, a, c, words)
	if errs.Is(err, errs.Conflict) { // the same form, sent twice at the same moment: the other made the thread
		post, err = p.propose(ctx, a, c, words)
	}
	return post, found, err
}

func (p *Publish) propose(ctx context.Context, a access.Actor, c desk.Case, d wording) (Post, error) {
	var made Post
	err := p.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := holdCase(ctx, tx, c); err != nil {
			return err
		}
		w, err := p.ofCustomer(ctx, tx, a, c)
		if err != nil {
			return err
		}
		if w == nil || w.t.State == Gone {
			if w, err = p.start(ctx, tx, a, c, d.Language); err != nil {
				return err
			}
		}
		x, err := w.propose(c, d)
		if err != nil {
			return err
		}
		made = x.Post
		return nil
	})
	return made, err
}

// holdCase sees to it that the case stays as it is until the transaction ends,
// and returns nil if something of it may be published now: the one the caller
// holds may be old.
func holdCase(ctx context.Context, tx *db.Tx, c desk.Case) error {
	var now struct {
		CustomerID, MergedInto ids.ID
		TrashedAt              clock.Stamp
	}
	q := tx.NewSelect().TableExpr("cases AS c").Column("customer_id", "merged_into").
		ColumnExpr("COALESCE(trashed_at, 0) AS trashed_at").Where("id = ?", c.ID)
	if tx.Postgres() {
		q = q.For("NO KEY UPDATE") // it will be marked as public: a shared lock would have to grow
	}
	if err := q.Scan(ctx, &now); err != nil {
		return db.Classify(fmt.Errorf("reading the case of a proposal: %w", err))
	}
	if now.CustomerID != c.CustomerID || !now.MergedInto.IsZero() || !now.TrashedAt.IsZero() {
		return errs.New(errs.Conflict, "publish.case_closed")
	}
	return nil
}

// ofCustomer locks the thread of the customer's own question of a case, the
// latest if there were several; nil if there is none.
func (p *Publish) ofCustomer(ctx context.Context, tx *db.Tx, a access.Actor, c desk.Case) (*work, error) {
	var thread ids.ID
	err := tx.NewSelect().Model((*postRow)(nil)).Column("thread_id").
		Where("case_id = ? AND customer_id = ? AND kind = ?", c.ID, a.ID, Question).
		Order("created_at DESC", "id DESC").Limit(1).Scan(ctx, &thread)
	if err = db.Classify(err); errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("finding a case's thread: %w", err)
	}
	return p.lock(ctx, tx, a, thread)
}

// start makes a thread for a case that has none, or none any more.
func (p *Publish) start(ctx context.Context, tx *db.Tx, a access.Actor, c desk.Case, language string) (*work, error) {
	_, err := tx.NewDelete().Model((*linkRow)(nil)).Where("case_id = ?", c.ID).
		Where("thread_id IN (SELECT id FROM threads WHERE state = ?)", Gone).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("parting a case from a thread that is gone: %w", err)
	}
	now := clock.Now(p.Clock)
	w := &work{p: p, ctx: ctx, tx: tx, actor: a, now: now, owner: a.ID, fresh: true}
	w.t = Thread{ID: ids.New(), BrandID: c.BrandID, Key: ids.NewKey(), Language: language, State: Hidden, TeamID: c.TeamID,
		Solved: c.State == desk.Solved, ChangedAt: now, CreatedAt: now}
	return w, nil
}

// propose puts the words where they belong: a new question, a waiting one, or
// the revision of the one that is shown.
func (w *work) propose(c desk.Case, d wording) (*post, error) {
	q := w.question()
	stays := false // the same words again: only where they stand may change
	switch {
	case q == nil:
		q = w.add(&post{Post: Post{Kind: Question, CustomerID: w.actor.ID}, owner: w.actor.ID, caseID: c.ID})
		w.write(q, d)
	case q.State == PostDraft:
		return nil, errs.New(errs.Conflict, "publish.case_closed")
	case q.State == PostShown:
		return w.revise(q, c, d)
	case !q.says(d):
		w.write(q, d)
		q.Version++
	case q.State != PostUnconfirmed:
		return q, nil
	default:
		stays = true
	}
	if err := w.admit(q); err != nil || (stays && q.State == PostUnconfirmed) {
		return q, err
	}
	if err := w.save(true); err != nil {
		return nil, err
	}
	return q, w.link(c)
}

// revise handles the change of a shown question. Until it is released nothing
// of the thread changes.
func (w *work) revise(q *post, c desk.Case, d wording) (*post, error) {
	r := w.revision()
	stays := false // the same words again: only where they stand may change
	switch {
	case q.says(d) && r == nil:
		return q, nil
	case q.says(d):
		r.dropped = true
		return q, w.save(false)
	case r == nil:
		r = w.add(&post{Post: Post{Kind: Question, CustomerID: w.actor.ID}, owner: w.actor.ID, caseID: c.ID})
		w.write(r, d)
	case !r.says(d):
		w.write(r, d)
		r.Version++
	case r.State != PostUnconfirmed:
		return r, nil
	default:
		stays = true
	}
	if err := w.admit(r); err != nil || (stays && r.State == PostUnconfirmed) {
		return r, err
	}
	if r.dropped {
		return q, w.save(true)
	}
	return r, w.save(false)
}

// says reports whether the post holds these words already.
func (x *post) says(d wording) bool {
	return x.Title == d.Title && x.Body == d.Text && x.AuthorName == d.AuthorName
}

func (w *work) write(x *post, d wording) {
	x.Title, x.Body, x.HTML = d.Title, d.Text, markup.HTMLFromText(d.Text)
	x.AuthorName, x.Language, x.Doubts, x.Spam, x.changed = d.AuthorName, d.Language, d.doubts, d.points, true
}

// admit decides how a customer's words go on. They are released without a
// person only if the address is confirmed, the author known, and nothing is in
// doubt.
func (w *work) admit(x *post) error {
	confirmed, err := w.p.People.Confirmed(w.ctx, x.CustomerID)
	if err != nil {
		return fmt.Errorf("asking whether an address is confirmed: %w", err)
	}
	x.changed = true
	if !confirmed {
		x.State = PostUnconfirmed
		return nil
	}
	trusted, err := w.trusted(x)
	if err != nil {
		return err
	}
	if !trusted {
		x.State = PostReview
		return nil
	}
	w.release(x, ids.ID{})
	return nil
}

// release shows a waiting question, in the place of the shown one if there is
// one.
func (w *work) release(x *post, by ids.ID) *post {
	if x != w.question() {
		x = w.adopt(x)
	}
	w.show(x, by)
	return x
}

// trusted reports whether a text needs nobody's look: it leaves no doubt, its
// author published before and was never refused or taken down by staff, and its
// team's cases are no secret.
func (w *work) trusted(x *post) (bool, error) {
	if len(x.Doubts) > 0 || x.State == PostRefused {
		return false, nil
	}
	restricted, err := w.p.Teams.Restricted(w.ctx, w.t.TeamID)
	if err != nil || restricted {
		return false, err
	}
	var past struct{ Good, Bad int64 }
	err = w.tx.NewSelect().Model((*postRow)(nil)).
		ColumnExpr("COALESCE(SUM(CASE WHEN released_at IS NOT NULL AND withdrawn_by <> ? THEN 1 ELSE 0 END), 0) AS good", access.Staff).
		ColumnExpr("COALESCE(SUM(CASE WHEN withdrawn_by = ? OR state = ? THEN 1 ELSE 0 END), 0) AS bad", access.Staff, PostRefused).
		Where("customer_id = ?", x.CustomerID).Scan(w.ctx, &past)
	if err != nil {
		return false, fmt.Errorf("reading what an author published before: %w", err)
	}
	return past.Good > 0 && past.Bad == 0, nil
}

// link ties a new thread to its case. A case has one thread: the database sees
// to it.
func (w *work) link(c desk.Case) error {
	if !w.fresh {
		return nil
	}
	row := linkRow{ThreadID: w.t.ID, CaseID: c.ID}
	if _, err := w.tx.NewInsert().Model(&row).Returning("NULL").Exec(w.ctx); err != nil {
		return db.Classify(fmt.Errorf("linking a thread to its case: %w", err))
	}
	return nil
}

// TakeBack takes all back that the customer published or wanted to publish of a
// case. The thread is gone for everybody and for good; a later proposal makes a
// new one. Taking back again changes nothing.
func (p *Publish) TakeBack(ctx context.Context, a access.Actor, c desk.Case) error {
	if err := ownCase(a, c); err != nil {
		return err
	}
	return p.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var threads []ids.ID
		err := tx.NewSelect().Model((*postRow)(nil)).ColumnExpr("DISTINCT thread_id").
			Where("case_id = ? AND customer_id = ? AND state <> ?", c.ID, a.ID, PostWithdrawn).Order("thread_id").Scan(ctx, &threads)
		if err != nil {
			return fmt.Errorf("finding what a customer published: %w", err)
		}
		for _, id := range threads {
			w, err := p.lock(ctx, tx, a, id)
			if err != nil {
				return err
			}
			w.takeBack(a.ID, c.ID, "")
			if err := w.save(true); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeBack withdraws what a customer wrote in the thread from a case.
func (w *work) takeBack(customer, caseID ids.ID, reason string) {
	if q := w.question(); q.CustomerID == customer && q.caseID == caseID && q.State != PostWithdrawn {
		w.vanish(reason)
		return
	}
	for _, x := range w.posts {
		if x.CustomerID == customer && x.caseID == caseID && x.Kind != Answer {
			w.erase(x, reason)
		}
	}
}

// ConfirmedTx lets go on what waited because its author's address was not
// confirmed. The caller confirms it in the same transaction or did before.
func (p *Publish) ConfirmedTx(ctx context.Context, tx *db.Tx, customer ids.ID) error {
	var threads []ids.ID
	err := tx.NewSelect().Model((*postRow)(nil)).ColumnExpr("DISTINCT thread_id").
		Where("customer_id = ? AND state = ?", customer, PostUnconfirmed).Order("thread_id").Scan(ctx, &threads)
	if err != nil {
		return fmt.Errorf("finding posts that wait for an address: %w", err)
	}
	for _, id := range threads {
		w, err := p.lock(ctx, tx, access.Actor{Kind: access.Customer, ID: customer}, id)
		if err != nil {
			return err
		}
		if err := w.confirmed(customer); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) confirmed(customer ids.ID) error {
	first := w.question()
	visible := false
	for _, x := range w.posts {
		if x.State != PostUnconfirmed || x.CustomerID != customer {
			continue
		}
		trusted, err := w.trusted(x)
		if err != nil {
			return err
		}
		x.State, x.changed = PostReview, true
		visible = visible || x == first || trusted
		if trusted {
			w.release(x, ids.ID{})
		}
	}
	return w.save(visible)
}
