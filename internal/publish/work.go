package publish

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/markup"
)

const excerptRunes = 200

// answerWithin is until when a thread should be answered whose team promises
// nothing.
const answerWithin = 3 * 24 * time.Hour

// post is a stored post in a running transaction.
type post struct {
	Post
	owner      ids.ID
	caseID     ids.ID
	releasedBy ids.ID
	fresh      bool // not stored yet
	changed    bool
	dropped    bool // to be deleted: it was never shown
	erased     bool // its older versions go too
}

// work is one action on one thread, which it holds locked.
type work struct {
	p        *Publish
	ctx      context.Context
	tx       *db.Tx
	actor    access.Actor
	now      clock.Stamp
	owner    ids.ID // of the thread's own words
	t        Thread
	posts    []*post
	versions []versionRow
	events   []desk.Change
	fresh    bool // the thread is not stored yet
}

// lock reads a thread for change. Its row is locked first by everybody, so that
// all actions on it take turns.
func (p *Publish) lock(ctx context.Context, tx *db.Tx, a access.Actor, thread ids.ID) (*work, error) {
	var row threadRow
	q := tx.NewSelect().Model(&row).Where("id = ?", thread)
	if tx.Postgres() {
		q = q.For("UPDATE")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading a thread for change: %w", err))
	}
	var rows []postRow
	if err := tx.NewSelect().Model(&rows).Where("thread_id = ?", thread).Order("seq").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading posts for change: %w", err)
	}
	w := &work{p: p, ctx: ctx, tx: tx, actor: a, now: clock.Now(p.Clock), owner: row.OwnerID, t: p.threadFromRow(row)}
	for _, r := range rows {
		w.posts = append(w.posts, &post{Post: p.postFromRow(r), owner: r.OwnerID, caseID: r.CaseID, releasedBy: r.ReleasedBy})
	}
	return w, nil
}

// lockPost is lock for the thread of a post of the actor's brand.
func (p *Publish) lockPost(ctx context.Context, tx *db.Tx, a access.Actor, id ids.ID) (*work, *post, error) {
	var thread ids.ID
	err := tx.NewSelect().Model((*postRow)(nil)).Column("thread_id").Where("id = ? AND brand_id = ?", id, a.BrandID).Scan(ctx, &thread)
	if err = db.Classify(err); errs.Is(err, errs.NotFound) {
		return nil, nil, errs.New(errs.NotFound, "publish.post_unknown")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("finding a post: %w", err)
	}
	w, err := p.lock(ctx, tx, a, thread)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range w.posts {
		if x.ID == id {
			return w, x, nil
		}
	}
	return nil, nil, errs.New(errs.Conflict, "publish.changed") // it took another's place meanwhile
}

// question returns the thread's question: shown, or waiting to be the first.
func (w *work) question() *post {
	for _, x := range w.posts {
		if x.Kind == Question && !x.dropped {
			return x
		}
	}
	return nil
}

// revision returns the post that is to take the question's place, if any.
func (w *work) revision() *post {
	first := w.question()
	for _, x := range w.posts {
		if x.Kind == Question && !x.dropped && x != first {
			return x
		}
	}
	return nil
}

// add puts a new post behind the others.
func (w *work) add(x *post) *post {
	x.ID, x.ThreadID, x.Version, x.CreatedAt, x.fresh = ids.New(), w.t.ID, 1, w.now, true
	if x.owner.IsZero() {
		x.owner = x.ID
	}
	x.Seq = 1
	if n := len(w.posts); n > 0 {
		x.Seq = w.posts[n-1].Seq + 1
	}
	w.posts = append(w.posts, x)
	return x
}

// keep stores the words of a shown post before they change.
func (w *work) keep(x *post) {
	if x.State != PostShown {
		return
	}
	w.versions = append(w.versions, versionRow{PostID: x.ID, Version: x.Version, Title: w.p.Seal.Seal(x.owner, x.Title),
		Body: w.p.Seal.Seal(x.owner, x.Body), CreatedAt: w.now})
	x.EditedAt = w.now
}

// show releases a post. by is the colleague who looked at it; zero if nobody
// had to.
func (w *work) show(x *post, by ids.ID) {
	if x.ReleasedAt.IsZero() {
		x.ReleasedAt = w.now
	}
	x.State, x.releasedBy, x.Reason, x.changed = PostShown, by, "", true
	w.note(PostReleased, map[string]any{"thread": w.t.ID, "post": x.ID, "version": x.Version})
}

// adopt gives the question the words of its revision, which disappears.
func (w *work) adopt(r *post) *post {
	q := w.question()
	w.keep(q)
	q.Title, q.Body, q.HTML, q.AuthorName = r.Title, r.Body, r.HTML, r.AuthorName
	q.Doubts, q.Spam, q.changed = r.Doubts, r.Spam, true
	q.Version++
	r.dropped = true
	return q
}

// erase makes a tombstone of a post: the place stays, the words go.
func (w *work) erase(x *post, reason string) {
	if x.State != PostWithdrawn {
		x.State, x.WithdrawnAt, x.WithdrawnBy, x.Reason = PostWithdrawn, w.now, w.actor.Kind, reason
		w.note(PostTakenBack, map[string]any{"thread": w.t.ID, "post": x.ID, "reason": reason})
	}
	x.Title, x.Body, x.HTML, x.AuthorName, x.Doubts = "", "", "", "", nil
	x.changed, x.erased = true, true
}

// vanish takes the thread from the public for good and erases what the author
// of its question wrote in it. Answers stay stored for staff, but are not shown.
func (w *work) vanish(reason string) {
	author := w.question().CustomerID
	if r := w.revision(); r != nil {
		r.dropped = true
	}
	for _, x := range w.posts {
		if !x.dropped && x.Kind != Answer && x.CustomerID == author {
			w.erase(x, reason)
		}
	}
	w.t.State, w.t.GoneAt, w.t.DueAt, w.t.Posts = Gone, w.now, 0, 0
	w.t.Title, w.t.Slug, w.t.Excerpt = "", "", ""
	if !w.t.PublishedAt.IsZero() {
		w.note(ThreadGone, map[string]any{"thread": w.t.ID, "reason": reason})
	}
}

// settle derives the thread from its posts.
func (w *work) settle() error {
	if w.t.State == Gone {
		return nil
	}
	q := w.question()
	if q.State != PostShown {
		w.t.State, w.t.Title, w.t.Slug, w.t.Excerpt, w.t.DueAt = Hidden, "", "", "", 0
		return nil
	}
	w.t.State, w.t.Title, w.t.Slug = Shown, q.Title, Slug(q.Title)
	w.t.Excerpt = markup.Excerpt(q.Body, excerptRunes)
	w.t.Posts, w.t.AnsweredAt = 0, 0
	for _, x := range w.posts {
		if x.State != PostShown || x.dropped {
			continue
		}
		w.t.Posts++
		if x.Kind == Answer && x.Substantive && (w.t.AnsweredAt.IsZero() || x.ReleasedAt < w.t.AnsweredAt) {
			w.t.AnsweredAt = x.ReleasedAt
		}
	}
	if w.t.PublishedAt.IsZero() {
		w.t.PublishedAt = w.now
		w.note(ThreadPublished, map[string]any{"thread": w.t.ID})
	}
	return w.settleDue()
}

func (w *work) settleDue() error {
	if !w.t.AnsweredAt.IsZero() {
		w.t.DueAt = 0
		return nil
	}
	if !w.t.DueAt.IsZero() {
		return nil
	}
	due, err := w.p.Teams.AnswerBy(w.ctx, w.t.TeamID, w.t.PublishedAt.Time())
	if err != nil {
		return fmt.Errorf("asking until when a thread is answered: %w", err)
	}
	if due.IsZero() {
		due = w.t.PublishedAt.Time().Add(answerWithin)
	}
	w.t.DueAt = clock.At(due)
	return nil
}

func (w *work) note(kind desk.EventKind, params map[string]any) {
	c := desk.Case{BrandID: w.t.BrandID}
	if q := w.question(); q != nil {
		c.ID = q.caseID
	}
	w.events = append(w.events, desk.Change{Kind: kind, Actor: w.actor, Case: c, Params: params})
}

// save writes what changed. What only waits, and so changes nothing that can be
// seen, leaves the thread's version alone.
func (w *work) save(visible bool) error {
	if visible {
		if err := w.settle(); err != nil {
			return err
		}
		w.t.Version++
		w.t.ChangedAt = w.now
	}
	if err := w.saveThread(visible); err != nil {
		return err
	}
	if err := w.savePosts(); err != nil {
		return err
	}
	if len(w.versions) > 0 {
		if _, err := w.tx.NewInsert().Model(&w.versions).Returning("NULL").Exec(w.ctx); err != nil {
			return fmt.Errorf("adding versions of posts: %w", err)
		}
	}
	if err := w.p.Record.RecordTx(w.ctx, w.tx, w.events...); err != nil {
		return err
	}
	return w.signal()
}

func (w *work) saveThread(visible bool) error {
	row := w.p.threadToRow(w.owner, w.t)
	var err error
	switch {
	case w.fresh:
		_, err = w.tx.NewInsert().Model(&row).Returning("NULL").Exec(w.ctx)
	case visible:
		_, err = w.tx.NewUpdate().Model(&row).ExcludeColumn("id", "brand_id", "key", "created_at").WherePK().Returning("NULL").Exec(w.ctx)
	}
	if err != nil {
		return db.Classify(fmt.Errorf("saving a thread: %w", err))
	}
	return nil
}

func (w *work) savePosts() error {
	var gone, bare []ids.ID
	for _, x := range w.posts {
		if x.dropped {
			gone = append(gone, x.ID)
			continue
		}
		if x.erased {
			bare = append(bare, x.ID)
		}
		if err := w.savePost(x); err != nil {
			return err
		}
	}
	if bare = append(bare, gone...); len(bare) > 0 {
		if _, err := w.tx.NewDelete().Model((*versionRow)(nil)).Where("post_id IN (?)", bun.List(bare)).Exec(w.ctx); err != nil {
			return fmt.Errorf("erasing versions of posts: %w", err)
		}
	}
	if len(gone) > 0 {
		if _, err := w.tx.NewDelete().Model((*postRow)(nil)).Where("id IN (?)", bun.List(gone)).Exec(w.ctx); err != nil {
			return fmt.Errorf("dropping posts: %w", err)
		}
	}
	return nil
}

func (w *work) savePost(x *post) error {
	if !x.fresh && !x.changed {
		return nil
	}
	x.ChangedAt = w.now
	row := w.p.postToRow(w.t.BrandID, x)
	var err error
	if x.fresh {
		_, err = w.tx.NewInsert().Model(&row).Returning("NULL").Exec(w.ctx)
	} else {
		_, err = w.tx.NewUpdate().Model(&row).ExcludeColumn("id", "brand_id", "thread_id", "seq", "created_at", "message_id").
			WherePK().Returning("NULL").Exec(w.ctx)
	}
	if err != nil {
		return db.Classify(fmt.Errorf("saving a post: %w", err))
	}
	return nil
}

// publicity is how far the thread makes its cases public.
func (w *work) publicity() desk.Publicity {
	switch {
	case w.t.State == Shown:
		return desk.PublicShown
	case w.t.State == Gone:
		return desk.PublicGone
	}
	return desk.PublicWaiting
}

// signal marks the thread's cases and promises to tell open screens and caches
// after the commit.
func (w *work) signal() error {
	var cases []ids.ID
	err := w.tx.NewSelect().Model((*linkRow)(nil)).Column("case_id").Where("thread_id = ?", w.t.ID).Limit(50).Scan(w.ctx, &cases)
	if err != nil {
		return fmt.Errorf("reading the cases of a thread: %w", err)
	}
	for _, x := range w.posts {
		if !x.caseID.IsZero() && !slices.Contains(cases, x.caseID) {
			cases = append(cases, x.caseID)
		}
	}
	if err := w.p.Record.MarkPublicTx(w.ctx, w.tx, w.publicity(), cases...); err != nil {
		return err
	}
	brand, thread := w.t.BrandID, w.t.ID
	w.tx.AfterCommit(func() {
		w.p.Hub.Send(live.Signal{Topic: "thread", Brand: brand, ID: thread})
		for _, id := range cases {
			w.p.Hub.Send(live.Signal{Topic: "case", Brand: brand, ID: id})
		}
	})
	return nil
}
