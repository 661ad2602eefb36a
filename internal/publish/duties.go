package publish

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// What staff and the customers concerned read: released or not.

// OfCase returns the thread of a case, nil if there is none. For a customer the
// case is their own, and they see what is shown and what is theirs, without what
// staff think of it. Staff give a case the desk let them see, and see all.
func (p *Publish) OfCase(ctx context.Context, a access.Actor, c desk.Case) (*CaseThread, error) {
	if a.Kind == access.Customer {
		if err := ownCase(a, c); err != nil {
			return nil, err
		}
	} else if err := a.Require(access.ReadCases); err != nil {
		return nil, err
	}
	id, err := p.threadOf(ctx, p.DB.Read().NewSelect(), a, c)
	if err != nil || id.IsZero() {
		return nil, err
	}
	var row threadRow
	if err := p.DB.Read().NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading a case's thread: %w", err))
	}
	var rows []postRow
	if err := p.DB.Read().NewSelect().Model(&rows).Where("thread_id = ?", id).OrderExpr("kind <> 1, seq").Limit(maxPosts).Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading posts: %w", err))
	}
	t := &CaseThread{Thread: p.threadFromRow(row)}
	for _, r := range rows {
		if a.Kind != access.Customer {
			t.Posts = append(t.Posts, p.postFromRow(r))
			continue
		}
		if x, ok := p.ownPost(a, row.State, r); ok {
			t.Posts = append(t.Posts, x)
		}
	}
	return t, nil
}

// ownPost is a post as a customer sees it in the thread of the own case.
func (p *Publish) ownPost(a access.Actor, thread ThreadState, r postRow) (Post, bool) {
	if r.CustomerID == a.ID {
		x := p.postFromRow(r)
		x.Doubts, x.Spam, x.StaffID = nil, 0, ids.ID{}
		return x, true
	}
	public := r.State == PostShown || r.State == PostWithdrawn
	return p.publicPost(r), public && thread == Shown
}

// threadOf finds the thread of a case: for customers the one of their question,
// which stays theirs when their case is merged; for staff the one linked to it.
func (p *Publish) threadOf(ctx context.Context, q *bun.SelectQuery, a access.Actor, c desk.Case) (ids.ID, error) {
	if a.Kind == access.Customer {
		q = q.Model((*postRow)(nil)).Column("thread_id").Where("case_id = ? AND customer_id = ? AND kind = ?", c.ID, a.ID, Question).
			Order("created_at DESC", "id DESC").Limit(1)
	} else {
		if c.BrandID != a.BrandID {
			return ids.ID{}, errs.New(errs.NotFound, "case.not_found")
		}
		if c.OwnerID.IsZero() || c.OwnerID != a.ID {
			if err := p.admitTeam(ctx, a, c.TeamID); err != nil {
				return ids.ID{}, err
			}
		}
		q = q.Model((*linkRow)(nil)).Column("thread_id").Where("case_id = ?", c.ID)
	}
	var id ids.ID
	err := db.Classify(q.Scan(ctx, &id))
	if errs.Is(err, errs.NotFound) {
		return ids.ID{}, nil
	}
	if err != nil {
		return ids.ID{}, fmt.Errorf("finding a case's thread: %w", err)
	}
	return id, nil
}

type waitingRow struct {
	postRow
	ThreadKey   string
	ThreadTitle []byte
	ThreadOwner ids.ID
	ThreadTeam  ids.ID
	ThreadState ThreadState
	CaseNumber  string
}

// Queue returns posts that wait for review, the oldest first. Of those of a
// restricted team, others see that they exist.
func (p *Publish) Queue(ctx context.Context, a access.Actor, after Cursor) (Queue, error) {
	if err := a.Require(access.ReviewPosts); err != nil {
		return Queue{}, err
	}
	var rows []waitingRow
	q := p.DB.Read().NewSelect().Model(&rows).ModelTableExpr("posts AS p").ColumnExpr("p.*").
		ColumnExpr("t.key AS thread_key, t.title AS thread_title, t.owner_id AS thread_owner, t.team_id AS thread_team, t.state AS thread_state").
		ColumnExpr("COALESCE(c.number, '') AS case_number").
		Join("JOIN threads AS t ON t.id = p.thread_id").Join("LEFT JOIN cases AS c ON c.id = p.case_id").
		Where("p.brand_id = ? AND p.state = 2", a.BrandID).OrderExpr("p.created_at, p.id").Limit(PageSize + 1)
	if !after.IsZero() {
		q = q.Where("(p.created_at, p.id) > (?, ?)", after.At, after.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return Queue{}, db.Classify(fmt.Errorf("reading posts that wait: %w", err))
	}
	var page Queue
	if len(rows) > PageSize {
		rows = rows[:PageSize]
		page.Next = Cursor{At: rows[PageSize-1].CreatedAt, ID: rows[PageSize-1].ID}
	}
	for _, r := range rows {
		shown, err := p.waiting(ctx, a, r)
		if err != nil {
			return Queue{}, err
		}
		page.Posts = append(page.Posts, shown)
	}
	return page, nil
}

func (p *Publish) waiting(ctx context.Context, a access.Actor, r waitingRow) (Waiting, error) {
	found := Waiting{ThreadKey: r.ThreadKey, TeamID: r.ThreadTeam, CaseNumber: r.CaseNumber, Revision: r.ThreadState == Shown && r.Kind == Question}
	err := p.admitTeam(ctx, a, r.ThreadTeam)
	if errs.Is(err, errs.Forbidden) {
		found.Restricted = true
		found.Post = Post{ID: r.ID, ThreadID: r.ThreadID, Kind: r.Kind, State: r.State, Version: r.Version, CreatedAt: r.CreatedAt}
		return found, nil
	}
	found.Post, found.ThreadTitle = p.postFromRow(r.postRow), p.Seal.Open(r.ThreadOwner, r.ThreadTitle)
	return found, err
}

type overdueRow struct {
	threadRow
	CaseNumber string
}

// Overdue returns threads without a substantive answer whose time is over, the
// longest waiting first. They are public, so nobody's team hides them.
func (p *Publish) Overdue(ctx context.Context, a access.Actor, after Cursor) (OverdueList, error) {
	if err := a.Require(access.ReviewPosts); err != nil {
		return OverdueList{}, err
	}
	var rows []overdueRow
	q := p.DB.Read().NewSelect().Model(&rows).ModelTableExpr("threads AS t").ColumnExpr("t.*").
		ColumnExpr("COALESCE((SELECT c.number FROM thread_cases AS tc JOIN cases AS c ON c.id = tc.case_id WHERE tc.thread_id = t.id ORDER BY c.id LIMIT 1), '') AS case_number").
		Where("t.brand_id = ? AND t.state = 2 AND t.answered_at IS NULL AND t.due_at IS NOT NULL AND t.due_at <= ?", a.BrandID, clock.Now(p.Clock)).
		OrderExpr("t.due_at, t.id").Limit(PageSize + 1)
	if !after.IsZero() {
		q = q.Where("(t.due_at, t.id) > (?, ?)", after.At, after.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return OverdueList{}, db.Classify(fmt.Errorf("reading threads past their time: %w", err))
	}
	var page OverdueList
	if len(rows) > PageSize {
		rows = rows[:PageSize]
		page.Next = Cursor{At: rows[PageSize-1].DueAt, ID: rows[PageSize-1].ID}
	}
	for _, r := range rows {
		page.Threads = append(page.Threads, Overdue{Card: p.cardFromRow(r.threadRow), DueAt: r.DueAt, CaseNumber: r.CaseNumber})
	}
	return page, nil
}

// Duties counts what waits for staff, with one statement whose cost is bounded.
func (p *Publish) Duties(ctx context.Context, a access.Actor) (Duties, error) {
	if err := a.Require(access.ReviewPosts); err != nil {
		return Duties{}, err
	}
	var d Duties
	err := p.DB.Read().NewRaw(`SELECT
		(SELECT COUNT(*) FROM (SELECT 1 FROM posts WHERE brand_id = ? AND state = 2 LIMIT ?) AS waiting),
		(SELECT COUNT(*) FROM (SELECT 1 FROM threads WHERE brand_id = ? AND state = 2 AND answered_at IS NULL AND due_at IS NOT NULL AND due_at <= ? LIMIT ?) AS late)`,
		a.BrandID, MaxDuties, a.BrandID, clock.Now(p.Clock), MaxDuties).Scan(ctx, &d.Review, &d.Overdue)
	if err != nil {
		return Duties{}, db.Classify(fmt.Errorf("counting what waits: %w", err))
	}
	return d, nil
}
