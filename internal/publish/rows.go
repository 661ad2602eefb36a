package publish

import (
	"encoding/json"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// The rows below are the stored forms: what somebody wrote is sealed, for its
// author, or for the thread or post itself where the author is staff.

type threadRow struct {
	bun.BaseModel `bun:"table:threads,alias:t"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	Key           string
	Slug          string
	Title         []byte
	Excerpt       []byte
	OwnerID       ids.ID
	TeamID        ids.ID
	Language      string
	State         ThreadState
	Version       int64
	Posts         int64
	Solved        bool
	PublishedAt   clock.Stamp `bun:",nullzero"`
	AnsweredAt    clock.Stamp `bun:",nullzero"`
	DueAt         clock.Stamp `bun:",nullzero"`
	GoneAt        clock.Stamp `bun:",nullzero"`
	ChangedAt     clock.Stamp
	CreatedAt     clock.Stamp
}

type linkRow struct {
	bun.BaseModel `bun:"table:thread_cases,alias:tc"`
	ThreadID      ids.ID `bun:",pk"`
	CaseID        ids.ID `bun:",pk"`
}

type postRow struct {
	bun.BaseModel `bun:"table:posts,alias:p"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	ThreadID      ids.ID
	Seq           int64
	Kind          PostKind
	State         PostState
	OwnerID       ids.ID
	CaseID        ids.ID `bun:",nullzero"`
	MessageID     ids.ID `bun:",nullzero"`
	CustomerID    ids.ID `bun:",nullzero"`
	StaffID       ids.ID `bun:",nullzero"`
	AuthorName    []byte
	AuthorRole    string
	Title         []byte
	Body          []byte
	HTML          []byte `bun:"html"`
	Language      string
	Version       int64
	Substantive   bool
	Doubts        []byte
	Spam          int64
	ReleasedBy    ids.ID      `bun:",nullzero"`
	ReleasedAt    clock.Stamp `bun:",nullzero"`
	EditedAt      clock.Stamp `bun:",nullzero"`
	WithdrawnAt   clock.Stamp `bun:",nullzero"`
	WithdrawnBy   access.Kind
	Reason        string
	CreatedAt     clock.Stamp
	ChangedAt     clock.Stamp
}

type versionRow struct {
	bun.BaseModel `bun:"table:post_versions,alias:v"`
	PostID        ids.ID `bun:",pk"`
	Version       int64  `bun:",pk"`
	Title         []byte
	Body          []byte
	CreatedAt     clock.Stamp
}

func (p *Publish) threadFromRow(r threadRow) Thread {
	return Thread{
		ID: r.ID, BrandID: r.BrandID, Key: r.Key, Slug: r.Slug, Title: p.Seal.Open(r.OwnerID, r.Title),
		Excerpt: p.Seal.Open(r.OwnerID, r.Excerpt), Language: r.Language, State: r.State, Version: r.Version,
		Posts: r.Posts, Solved: r.Solved, TeamID: r.TeamID, PublishedAt: r.PublishedAt, AnsweredAt: r.AnsweredAt,
		DueAt: r.DueAt, GoneAt: r.GoneAt, ChangedAt: r.ChangedAt, CreatedAt: r.CreatedAt,
	}
}

func (p *Publish) threadToRow(owner ids.ID, t Thread) threadRow {
	return threadRow{
		ID: t.ID, BrandID: t.BrandID, Key: t.Key, Slug: t.Slug, Title: p.Seal.Seal(owner, t.Title),
		Excerpt: p.Seal.Seal(owner, t.Excerpt), OwnerID: owner, TeamID: t.TeamID, Language: t.Language, State: t.State,
		Version: t.Version, Posts: t.Posts, Solved: t.Solved, PublishedAt: t.PublishedAt, AnsweredAt: t.AnsweredAt,
		DueAt: t.DueAt, GoneAt: t.GoneAt, ChangedAt: t.ChangedAt, CreatedAt: t.CreatedAt,
	}
}

func (p *Publish) cardFromRow(r threadRow) Card {
	return Card{
		ID: r.ID, Key: r.Key, Slug: r.Slug, Title: p.Seal.Open(r.OwnerID, r.Title), Excerpt: p.Seal.Open(r.OwnerID, r.Excerpt),
		Language: r.Language, Posts: r.Posts, Answered: !r.AnsweredAt.IsZero(), Solved: r.Solved, TeamID: r.TeamID,
		PublishedAt: r.PublishedAt, ChangedAt: r.ChangedAt,
	}
}

func (p *Publish) postFromRow(r postRow) Post {
	return Post{
		ID: r.ID, ThreadID: r.ThreadID, Seq: r.Seq, Kind: r.Kind, State: r.State, Title: p.Seal.Open(r.OwnerID, r.Title),
		AuthorName: p.Seal.Open(r.OwnerID, r.AuthorName), AuthorRole: r.AuthorRole, Body: p.Seal.Open(r.OwnerID, r.Body),
		HTML: markup.SafeHTML(p.Seal.Open(r.OwnerID, r.HTML)), Language: r.Language, Version: r.Version,
		Substantive: r.Substantive, Reason: r.Reason, ReleasedAt: r.ReleasedAt, EditedAt: r.EditedAt,
		WithdrawnAt: r.WithdrawnAt, WithdrawnBy: r.WithdrawnBy, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt,
		Doubts: p.openDoubts(r), Spam: r.Spam, StaffID: r.StaffID, CustomerID: r.CustomerID,
	}
}

// publicPost is postFromRow for everybody: released words or a tombstone, and
// nothing that says who it was.
func (p *Publish) publicPost(r postRow) Post {
	post := p.postFromRow(r)
	post.Doubts, post.Spam, post.StaffID, post.CustomerID = nil, 0, ids.ID{}, ids.ID{}
	if r.State != PostShown {
		post.Title, post.AuthorName, post.Body, post.HTML = "", "", "", ""
	}
	return post
}

func (p *Publish) postToRow(brand ids.ID, x *post) postRow {
	return postRow{
		ID: x.ID, BrandID: brand, ThreadID: x.ThreadID, Seq: x.Seq, Kind: x.Kind, State: x.State, OwnerID: x.owner,
		CaseID: x.caseID, CustomerID: x.CustomerID, StaffID: x.StaffID, AuthorName: p.Seal.Seal(x.owner, x.AuthorName),
		AuthorRole: x.AuthorRole, Title: p.Seal.Seal(x.owner, x.Title), Body: p.Seal.Seal(x.owner, x.Body),
		HTML: p.Seal.Seal(x.owner, string(x.HTML)), Language: x.Language, Version: x.Version, Substantive: x.Substantive,
		Doubts: p.sealDoubts(x), Spam: x.Spam, ReleasedBy: x.releasedBy, ReleasedAt: x.ReleasedAt, EditedAt: x.EditedAt,
		WithdrawnAt: x.WithdrawnAt, WithdrawnBy: x.WithdrawnBy, Reason: x.Reason, CreatedAt: x.CreatedAt, ChangedAt: x.ChangedAt,
	}
}

func (p *Publish) sealDoubts(x *post) []byte {
	if len(x.Doubts) == 0 {
		return []byte{}
	}
	list, err := json.Marshal(x.Doubts)
	if err != nil {
		panic("strings can't be encoded: " + err.Error())
	}
	return p.Seal.SealBytes(x.owner, list)
}

func (p *Publish) openDoubts(r postRow) []string {
	if len(r.Doubts) == 0 {
		return nil
	}
	var list []string
	if json.Unmarshal(p.Seal.OpenBytes(r.OwnerID, r.Doubts), &list) != nil {
		return []string{"unreadable"} // a doubt all the same
	}
	return list
}
