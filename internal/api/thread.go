package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/publish"
)

func threads(s *Server) {
	add(s, op{ID: "listThreads", Method: http.MethodGet, Path: "/threads", Tag: "Public", Summary: "List public questions", Places: map[string]string{"language": "query.language"},
		About: "The newest first; with `unanswered` those without a substantive answer, the longest waiting first. Any key may."}, s.listThreads)
	add(s, op{ID: "getThread", Method: http.MethodGet, Path: "/threads/{key}", Tag: "Public", Summary: "Read a public question", Errors: []int{http.StatusGone},
		About: "With its answers, as everybody sees them. What was taken back is 410. Any key may."}, s.getThread)
	add(s, op{ID: "answerThread", Method: http.MethodPost, Path: "/threads/{key}/answers", Tag: "Public", Scope: access.PublishScope, Status: http.StatusCreated,
		Summary: "Answer a public question", Errors: []int{http.StatusConflict}, Places: map[string]string{"text": "body.text"},
		About: "An official answer by the key's staff member. Writing it is releasing it: everybody sees it at once. It must not tell who asked."}, s.answerThread)
	add(s, op{ID: "getCaseThread", Method: http.MethodGet, Path: "/cases/{number}/thread", Tag: "Public", Scope: access.PublishScope, Summary: "Read what of a case is public",
		About: "All posts of its thread, also those that wait, were refused or taken back. 404 if its customer published nothing."}, s.getCaseThread)
	add(s, op{ID: "listOverdueThreads", Method: http.MethodGet, Path: "/duties/overdue", Tag: "Public", Scope: access.PublishScope, Summary: "List public questions past their time",
		About: "Without a substantive answer, the longest waiting first."}, s.listOverdue)
	add(s, op{ID: "getDuties", Method: http.MethodGet, Path: "/duties", Tag: "Public", Scope: access.PublishScope, Summary: "Count what waits",
		About: "Posts to be reviewed and questions past their time, each counted up to 100."}, s.getDuties)
}

// ThreadCard is what a list shows of a public question.
type ThreadCard struct {
	Key         string    `json:"key" example:"4f7k92bd" doc:"Its name in addresses."`
	Path        string    `json:"path" example:"/de/questions/4f7k92bd/zaehler-ablesen" doc:"The address of its page on this desk."`
	Title       string    `json:"title" example:"Wie lese ich den neuen Zähler ab?" doc:"The question in a line."`
	Excerpt     string    `json:"excerpt,omitempty" example:"Seit gestern hängt bei uns …" doc:"How it begins."`
	Language    string    `json:"language" example:"de" doc:"Its language."`
	Posts       int64     `json:"posts" example:"2" doc:"How many posts are shown."`
	Answered    bool      `json:"answered" example:"true" doc:"Staff have answered it substantively."`
	Solved      bool      `json:"solved" example:"false" doc:"Who asked said so."`
	PublishedAt time.Time `json:"published_at" example:"2026-11-20T12:00:00Z" doc:"When it was first shown."`
}

// Thread is a public question with its answers.
type Thread struct {
	ThreadCard
	State string `json:"state" enum:"hidden,shown,gone" example:"shown" doc:"Whether everybody sees it."`
	Items []Post `json:"items" doc:"The question, then what was said to it."`
}

// Post is one text of a public question.
type Post struct {
	ID          string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000009" doc:"The post's id."`
	Kind        string     `json:"kind" enum:"question,answer,contribution" example:"answer" doc:"What it is; an answer is official."`
	State       string     `json:"state" enum:"unconfirmed,review,shown,withdrawn,refused,draft" example:"shown" doc:"Where it stands."`
	Title       string     `json:"title,omitempty" example:"Wie lese ich den neuen Zähler ab?" doc:"Of questions."`
	Author      string     `json:"author,omitempty" example:"Mia Sommer" doc:"As shown; absent: a customer who gave no name."`
	Role        string     `json:"role,omitempty" example:"Service" doc:"Of staff: the team."`
	Text        string     `json:"text,omitempty" example:"Drücken Sie die Taste am Gehäuse zweimal." doc:"Plain text; Markdown in official answers."`
	HTML        string     `json:"html,omitempty" example:"<p>Drücken Sie die Taste am Gehäuse zweimal.</p>" doc:"The same as HTML."`
	Language    string     `json:"language,omitempty" example:"de" doc:"Its language."`
	Version     int64      `json:"version" example:"1" doc:"Of the text; to be given when it is changed, released or refused."`
	Substantive bool       `json:"substantive,omitempty" example:"true" doc:"Says something, and not only where to turn to."`
	Reason      string     `json:"reason,omitempty" example:"personal_data" doc:"Why it was refused or taken down."`
	Doubts      []string   `json:"doubts,omitempty" doc:"What staff should look at before it is released."`
	ReleasedAt  *time.Time `json:"released_at,omitempty" example:"2026-11-20T12:00:00Z" doc:"When everybody first saw it."`
	EditedAt    *time.Time `json:"edited_at,omitempty" example:"2026-11-21T12:00:00Z" doc:"When its words were last changed."`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty" example:"2026-11-21T12:00:00Z" doc:"When it was taken back."`
}

func post(p publish.Post) Post {
	return Post{ID: p.ID.String(), Kind: p.Kind.String(), State: p.State.String(), Title: p.Title, Author: p.AuthorName, Role: p.AuthorRole, Text: p.Body,
		HTML: string(p.HTML), Language: p.Language, Version: p.Version, Substantive: p.Substantive, Reason: p.Reason, Doubts: p.Doubts,
		ReleasedAt: at(p.ReleasedAt), EditedAt: at(p.EditedAt), WithdrawnAt: at(p.WithdrawnAt)}
}

func card(c publish.Card) ThreadCard {
	return ThreadCard{Key: c.Key, Path: c.Path(), Title: c.Title, Excerpt: c.Excerpt, Language: c.Language, Posts: c.Posts, Answered: c.Answered,
		Solved: c.Solved, PublishedAt: c.PublishedAt.Time()}
}

var threadStates = map[publish.ThreadState]string{publish.Hidden: "hidden", publish.Shown: "shown", publish.Gone: "gone"}

func thread(t publish.Thread, posts []publish.Post) Thread {
	c := ThreadCard{Key: t.Key, Path: t.Path(), Title: t.Title, Excerpt: t.Excerpt, Language: t.Language, Posts: t.Posts,
		Answered: !t.AnsweredAt.IsZero(), Solved: t.Solved, PublishedAt: t.PublishedAt.Time()}
	return Thread{ThreadCard: c, State: threadStates[t.State], Items: each(posts, post)}
}

func (s *Server) listThreads(ctx context.Context, a access.Actor, in *struct {
	After      string `query:"after" maxLength:"100" doc:"What the page before gave as next."`
	Language   string `query:"language" enum:"de,en" doc:"Only those in this language; not with unanswered."`
	Unanswered bool   `query:"unanswered" example:"false" doc:"Only those without a substantive answer."`
}) (*list[ThreadCard], error) {
	after, err := db.ParseCursor(in.After)
	if err != nil {
		return nil, err
	}
	var found publish.List
	if in.Unanswered {
		if in.Language != "" {
			return nil, errs.Field("language", "api.unanswered_language")
		}
		found, err = s.Publish.Unanswered(ctx, a.BrandID, after)
	} else {
		found, err = s.Publish.Latest(ctx, a.BrandID, publish.Filter{Language: in.Language, After: after})
	}
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(found.Cards, card), found.Next.String()), nil
}

// Keyed is the path of operations on a public question.
type Keyed struct {
	Key string `path:"key" maxLength:"20" example:"4f7k92bd" doc:"Its name in addresses."`
}

type threadAnswer struct{ Body Thread }

func (s *Server) getThread(ctx context.Context, a access.Actor, in *Keyed) (*threadAnswer, error) {
	found, err := s.Publish.Thread(ctx, a.BrandID, in.Key)
	if err != nil {
		return nil, err
	}
	return &threadAnswer{Body: thread(found.Thread, found.Posts)}, nil
}

// PublicText is what everybody will read.
type PublicText struct {
	Text string `json:"text" minLength:"20" maxLength:"10000" example:"Drücken Sie die Taste am Gehäuse zweimal, dann erscheint der Zählerstand." doc:"Markdown."`
}

type createdPost struct{ Body Post }

func (s *Server) answerThread(ctx context.Context, a access.Actor, in *struct {
	Keyed
	Body PublicText
}) (*createdPost, error) {
	if err := a.Require(access.PublishPosts); err != nil {
		return nil, err
	}
	found, err := s.Publish.Thread(ctx, a.BrandID, in.Key)
	if err != nil {
		return nil, err
	}
	made, err := s.Publish.AnswerThread(ctx, a, found.ID, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &createdPost{Body: post(made)}, nil
}

func (s *Server) getCaseThread(ctx context.Context, a access.Actor, in *Numbered) (*threadAnswer, error) {
	c, err := s.find(ctx, a, *in)
	if err != nil {
		return nil, err
	}
	found, err := s.Publish.OfCase(ctx, a, c)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errs.New(errs.NotFound, "publish.not_found")
	}
	return &threadAnswer{Body: thread(found.Thread, found.Posts)}, nil
}

// Overdue is a public question that should have been answered.
type Overdue struct {
	ThreadCard
	DueAt      time.Time `json:"due_at" example:"2026-11-22T12:00:00Z" doc:"Until when it should have been."`
	CaseNumber string    `json:"case_number,omitempty" example:"L-4F7K-92" doc:"A case it came from."`
}

func (s *Server) listOverdue(ctx context.Context, a access.Actor, in *struct {
	After string `query:"after" maxLength:"100" doc:"What the page before gave as next."`
}) (*list[Overdue], error) {
	after, err := db.ParseCursor(in.After)
	if err != nil {
		return nil, err
	}
	found, err := s.Publish.Overdue(ctx, a, after)
	if err != nil {
		return nil, err
	}
	items := each(found.Threads, func(o publish.Overdue) Overdue {
		return Overdue{ThreadCard: card(o.Card), DueAt: o.DueAt.Time(), CaseNumber: o.CaseNumber}
	})
	return page(requestOf(ctx).URL, items, found.Next.String()), nil
}

// Duties says how much waits for staff.
type Duties struct {
	Review  int `json:"review" example:"2" doc:"Posts that wait to be released."`
	Overdue int `json:"overdue" example:"1" doc:"Public questions past their time."`
}

func (s *Server) getDuties(ctx context.Context, a access.Actor, _ *struct{}) (*struct{ Body Duties }, error) {
	d, err := s.Publish.Duties(ctx, a)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Duties }{Duties{Review: d.Review, Overdue: d.Overdue}}, nil
}
