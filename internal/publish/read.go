package publish

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/search"
	"lotse/internal/staff"
)

// What the public reads. No function here takes an actor, because all of it is
// released: each statement asks for the released states itself.

// maxPosts bounds one page.
const maxPosts = 500

// The two statements of a thread's page. What is for staff only (doubts, whose it
// is) is not even read; the owner is whose key opens the words, and the colleague
// who answered stands for their public picture alone. The
// states stand in the text: SQLite would plan anew for each value of a place that
// may decide whether one of the partial indexes fits.
var (
	readThread = fmt.Sprintf("SELECT id, brand_id, key, slug, title, excerpt, owner_id, team_id, language, state, version, posts, "+
		"solved, published_at, answered_at, due_at, gone_at, changed_at, created_at FROM threads "+
		"WHERE key = $1 AND brand_id = $2 AND state IN (%d, %d) AND published_at IS NOT NULL", Shown, Gone)
	readPosts = fmt.Sprintf("SELECT id, thread_id, seq, kind, state, owner_id, author_name, author_role, title, body, html, "+
		"language, version, substantive, reason, released_at, edited_at, withdrawn_at, withdrawn_by, created_at, changed_at, staff_id "+
		"FROM posts WHERE thread_id = $1 AND state IN (%d, %d) ORDER BY seq LIMIT %d", PostShown, PostWithdrawn, maxPosts)
)

// Thread returns a thread's page with two statements. Of a thread that was taken
// back, the error is errs.Gone and the page holds key, language, GoneAt and the
// question's tombstone only; of one that was never shown, errs.NotFound.
func (p *Publish) Thread(ctx context.Context, brand ids.ID, key string) (Page, error) {
	page, isWhole, err := p.page(ctx, brand, key)
	if err == nil && !isWhole { // taken back between the two statements: now the first one says so
		page, isWhole, err = p.page(ctx, brand, key)
	}
	if err == nil && !isWhole {
		return Page{}, notShown()
	}
	return page, err
}

// PortraitVersion changes whenever a portrait on a brand's public pages does: pages
// that were made before are out of date. It costs no statement.
func (p *Publish) PortraitVersion(ctx context.Context, brand ids.ID) (string, error) {
	faces, err := p.portraits(ctx, brand)
	return faces.Version, err
}

func (p *Publish) portraits(ctx context.Context, brand ids.ID) (staff.PublicPortraits, error) {
	if p.Portraits == nil {
		return staff.PublicPortraits{}, nil
	}
	return p.Portraits.PublicPortraits(ctx, brand)
}

// page reads a thread's page once. One without its question is not whole.
func (p *Publish) page(ctx context.Context, brand ids.ID, key string) (page Page, isWhole bool, err error) {
	row, err := p.publicThread(ctx, brand, key)
	if err != nil {
		return Page{}, false, err
	}
	if row.State == Gone {
		gone := Thread{ID: row.ID, BrandID: row.BrandID, Key: row.Key, Language: row.Language, State: Gone, Version: row.Version,
			PublishedAt: row.PublishedAt, GoneAt: row.GoneAt}
		tombstone, err := p.tombstone(ctx, row.ID)
		if err != nil {
			return Page{}, false, err
		}
		return Page{Thread: gone, Posts: tombstone}, true, errs.New(errs.Gone, "publish.gone")
	}
	var rows []postRow
	if err := p.DB.Often(ctx, &rows, readPosts, row.ID); err != nil {
		return Page{}, false, fmt.Errorf("reading posts: %w", err)
	}
	if !slices.ContainsFunc(rows, func(r postRow) bool { return r.Kind == Question && r.State == PostShown }) {
		return Page{}, false, nil
	}
	page = Page{Thread: p.threadFromRow(row)}
	faces, err := p.portraits(ctx, brand)
	if err != nil {
		return Page{}, false, err
	}
	for _, r := range rows {
		post := p.publicPost(r)
		if r.Kind == Answer && r.State == PostShown {
			post.Portrait = faces.Path(r.StaffID)
		}
		page.Posts = append(page.Posts, post)
	}
	slices.SortStableFunc(page.Posts, func(a, b Post) int { return cmp.Compare(a.rank(), b.rank()) })
	return page, true, nil
}

// tombstone returns what is left of a question that was taken back: when and by
// whom; nothing if the whole row is gone.
func (p *Publish) tombstone(ctx context.Context, thread ids.ID) ([]Post, error) {
	var rows []postRow
	err := p.DB.Read().NewSelect().Model(&rows).Where("thread_id = ? AND kind = ? AND state = ?", thread, Question, PostWithdrawn).
		Order("seq").Limit(1).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading a tombstone: %w", err))
	}
	var posts []Post
	for _, r := range rows {
		posts = append(posts, p.publicPost(r))
	}
	return posts, nil
}

// rank orders the posts of a page.
func (p Post) rank() int {
	switch {
	case p.Kind == Question:
		return 0
	case p.Kind == Answer && p.Substantive && p.State == PostShown:
		return 1
	}
	return 2
}

func notShown() error { return errs.New(errs.NotFound, "publish.not_found") }

// publicThread reads a thread that is shown or gone. A key may be written in
// capitals: the page it leads to names the right one.
func (p *Publish) publicThread(ctx context.Context, brand ids.ID, key string) (threadRow, error) {
	var row threadRow
	if key = strings.ToLower(key); !ids.IsKey(key) {
		return row, notShown()
	}
	var rows []threadRow
	if err := p.DB.Often(ctx, &rows, readThread, key, brand); err != nil {
		return row, fmt.Errorf("reading a thread: %w", err)
	}
	if len(rows) == 0 {
		return row, notShown()
	}
	return rows[0], nil
}

// Version returns version and state of a thread that is shown or gone, with one
// statement. A page rendered for a version stands until the version changes.
func (p *Publish) Version(ctx context.Context, brand ids.ID, key string) (int64, ThreadState, error) {
	row, err := p.publicThread(ctx, brand, key)
	return row.Version, row.State, err
}

// Cards returns those of the threads that are shown, in the order asked.
func (p *Publish) Cards(ctx context.Context, brand ids.ID, which []ids.ID) ([]Card, error) {
	if len(which) == 0 {
		return nil, nil
	}
	var rows []threadRow
	err := p.DB.Read().NewSelect().Model(&rows).Where("id IN (?)", bun.List(which)).
		Where("brand_id = ? AND state = 2", brand).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading threads: %w", err))
	}
	var cards []Card
	for _, id := range which {
		if i := slices.IndexFunc(rows, func(r threadRow) bool { return r.ID == id }); i >= 0 {
			cards = append(cards, p.cardFromRow(rows[i]))
		}
	}
	return cards, nil
}

// Latest returns the newest threads first.
func (p *Publish) Latest(ctx context.Context, brand ids.ID, f Filter) (List, error) {
	q := p.shown(brand, f.After)
	if f.Language != "" {
		q = q.Where("language = ?", f.Language)
	}
	cards, next, err := p.list(ctx, q, PageSize)
	return List{Cards: cards, Next: next}, err
}

// Sitemap returns shown threads, the oldest first, up to limit of them: so that a
// part that is full keeps its beginning and end when threads are added.
func (p *Publish) Sitemap(ctx context.Context, brand ids.ID, after Cursor, limit int) ([]Card, Cursor, error) {
	q := p.DB.Read().NewSelect().Model((*threadRow)(nil)).Where("brand_id = ? AND state = 2", brand).Order("published_at", "id")
	if !after.IsZero() {
		q = q.Where("(published_at, id) > (?, ?)", after.At, after.ID)
	}
	return p.list(ctx, q, limit)
}

func (p *Publish) shown(brand ids.ID, after Cursor) *bun.SelectQuery {
	q := p.DB.Read().NewSelect().Model((*threadRow)(nil)).Where("brand_id = ? AND state = 2", brand).
		Order("published_at DESC", "id DESC")
	if !after.IsZero() {
		q = q.Where("(published_at, id) < (?, ?)", after.At, after.ID)
	}
	return q
}

// Unanswered returns all shown threads without a substantive answer, the longest
// waiting first. It takes no filter: what is unanswered can't be hidden.
func (p *Publish) Unanswered(ctx context.Context, brand ids.ID, after Cursor) (List, error) {
	q := p.DB.Read().NewSelect().Model((*threadRow)(nil)).Where("brand_id = ? AND state = 2 AND answered_at IS NULL", brand).
		Order("published_at", "id")
	if !after.IsZero() {
		q = q.Where("(published_at, id) > (?, ?)", after.At, after.ID)
	}
	cards, next, err := p.list(ctx, q, PageSize)
	return List{Cards: cards, Next: next}, err
}

func (p *Publish) list(ctx context.Context, q *bun.SelectQuery, limit int) ([]Card, Cursor, error) {
	var rows []threadRow
	if err := q.Model(&rows).Limit(int64(limit) + 1).Scan(ctx); err != nil {
		return nil, Cursor{}, db.Classify(fmt.Errorf("reading a list of threads: %w", err))
	}
	var next Cursor
	if len(rows) > limit {
		rows = rows[:limit]
		next = Cursor{At: rows[limit-1].PublishedAt, ID: rows[limit-1].ID}
	}
	cards := make([]Card, len(rows))
	for i, r := range rows {
		cards[i] = p.cardFromRow(r)
	}
	return cards, next, nil
}

// Docs tells the public index what changed: it makes Publish a search.Source.
func (p *Publish) Docs(ctx context.Context, after search.Mark, limit int) ([]search.Change, search.Mark, error) {
	var rows []threadRow
	q := p.DB.Read().NewSelect().Model(&rows).Where("published_at IS NOT NULL").Order("changed_at", "id").Limit(int64(limit))
	if after != (search.Mark{}) {
		q = q.Where("(changed_at, id) > (?, ?)", after.At, markID(after.ID))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, after, db.Classify(fmt.Errorf("reading changed threads: %w", err))
	}
	if len(rows) == 0 {
		return nil, after, nil
	}
	texts, err := p.texts(ctx, rows)
	if err != nil {
		return nil, after, err
	}
	batch := make([]search.Change, len(rows))
	for i, r := range rows {
		batch[i] = search.Change{Doc: search.Doc{ID: r.ID, Brand: r.BrandID}, Gone: true}
		if doc, ok := texts[r.ID]; ok {
			doc.ID, doc.Brand, doc.Language, doc.Title = r.ID, r.BrandID, r.Language, p.Seal.Open(r.OwnerID, r.Title)
			doc.Answered, doc.At = !r.AnsweredAt.IsZero(), r.PublishedAt.Time()
			batch[i] = search.Change{Doc: *doc}
		}
		after = search.Mark{At: int64(r.ChangedAt), ID: r.ID}
	}
	return batch, after, nil
}

// markID lets a mark without id stand before all ids of its time.
func markID(id ids.ID) ids.ID {
	if id.IsZero() {
		id[15] = 1 // the zero id is NULL in SQL
	}
	return id
}

// texts returns the words of those threads whose question is shown.
func (p *Publish) texts(ctx context.Context, threads []threadRow) (map[ids.ID]*search.Doc, error) {
	docs := map[ids.ID]*search.Doc{}
	var shown []ids.ID
	for _, t := range threads {
		if t.State == Shown {
			shown = append(shown, t.ID)
		}
	}
	if len(shown) == 0 {
		return docs, nil
	}
	var rows []postRow
	err := p.DB.Read().NewSelect().Model(&rows).Column("thread_id", "owner_id", "kind", "body").
		Where("thread_id IN (?) AND state = ?", bun.List(shown), PostShown).Order("thread_id", "seq").Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading changed posts: %w", err))
	}
	for _, r := range rows {
		if r.Kind == Question {
			docs[r.ThreadID] = &search.Doc{Question: p.Seal.Open(r.OwnerID, r.Body)}
		}
	}
	for _, r := range rows {
		doc := docs[r.ThreadID]
		switch text := p.Seal.Open(r.OwnerID, r.Body); {
		case doc == nil: // its question was taken back just now
		case r.Kind == Answer:
			doc.Answers += markup.TextFromMarkdown(text) + "\n"
		case r.Kind == Contribution:
			doc.Posts += text + "\n"
		}
	}
	return docs, nil
}
