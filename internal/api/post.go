package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
)

func posts(s *Server) {
	act := func(id, path, summary, about string) op {
		return op{ID: id, Method: http.MethodPost, Path: "/posts/{id}/" + path, Tag: "Public", Scope: access.PublishScope, Status: http.StatusNoContent,
			Summary: summary, About: about, Errors: []int{http.StatusConflict}}
	}
	add(s, op{ID: "listReviews", Method: http.MethodGet, Path: "/duties/review", Tag: "Public", Scope: access.PublishScope, Summary: "List posts that wait for review",
		About: "The oldest first. Of those of restricted teams you see that they exist."}, s.listReviews)
	add(s, op{ID: "editAnswer", Method: http.MethodPatch, Path: "/posts/{id}", Tag: "Public", Scope: access.PublishScope, Summary: "Change an official answer",
		About: "A colleague's too. The old text stays as a version.", Errors: []int{http.StatusConflict}}, s.editAnswer)
	add(s, act("releasePost", "release", "Release a post", "Of the version you saw: if its author changed it since, the answer is 409."), s.releasePost)
	add(s, act("refusePost", "refuse", "Refuse a post", "Its author reads the reason and may mend the text."), s.refusePost)
	add(s, act("withdrawPost", "withdraw", "Take a post down", "An official answer needs no reason, a customer's post does. Taking a question down ends its thread."), s.withdrawPost)
}

// Review is a post that waits for staff.
type Review struct {
	Post        Post      `json:"post" doc:"The post; without words if it is of a restricted team."`
	ThreadKey   string    `json:"thread_key" example:"4f7k92bd" doc:"The question it belongs to."`
	ThreadTitle string    `json:"thread_title,omitempty" example:"Wie lese ich den neuen Zähler ab?" doc:"As everybody sees it; absent while it is hidden."`
	Team        Named     `json:"team" doc:"The team in charge."`
	CaseNumber  string    `json:"case_number,omitempty" example:"L-4F7K-92" doc:"The case it came from."`
	Restricted  bool      `json:"restricted,omitempty" example:"false" doc:"Of a team you are not in."`
	Revision    bool      `json:"revision,omitempty" example:"false" doc:"It replaces a question that is shown."`
	CreatedAt   time.Time `json:"created_at" example:"2026-11-20T12:00:00Z" doc:"Since when it waits."`
}

func (s *Server) listReviews(ctx context.Context, a access.Actor, in *struct {
	After string `query:"after" maxLength:"100" doc:"What the page before gave as next."`
}) (*list[Review], error) {
	after, err := db.ParseCursor(in.After)
	if err != nil {
		return nil, err
	}
	found, err := s.Publish.Queue(ctx, a, after)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	items := each(found.Posts, func(w publish.Waiting) Review {
		return Review{Post: post(w.Post), ThreadKey: w.ThreadKey, ThreadTitle: w.ThreadTitle, Team: known.team(w.TeamID), CaseNumber: w.CaseNumber,
			Restricted: w.Restricted, Revision: w.Revision, CreatedAt: w.Post.CreatedAt.Time()}
	})
	return page(requestOf(ctx).URL, items, found.Next.String()), nil
}

// AnswerChange is the new text of an official answer.
type AnswerChange struct {
	Text    string `json:"text" minLength:"20" maxLength:"10000" example:"Drücken Sie die Taste am Gehäuse dreimal, dann erscheint der Zählerstand." doc:"Markdown."`
	Version int64  `json:"version" minimum:"1" example:"1" doc:"The version you saw."`
}

func (s *Server) editAnswer(ctx context.Context, a access.Actor, in *struct {
	PostPath
	Body AnswerChange
}) (*createdPost, error) {
	id, err := parseID(in.ID, "publish.not_found")
	if err != nil {
		return nil, err
	}
	edited, err := s.Publish.EditPost(ctx, a, id, in.Body.Version, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &createdPost{Body: post(edited)}, nil
}

// Verdict is about the version of a post that was seen.
type Verdict struct {
	Version int64 `json:"version" minimum:"1" example:"1" doc:"The version you saw."`
}

// onPost runs an act on the post with an id.
func onPost(id string, act func(ids.ID) error) (*struct{}, error) {
	post, err := parseID(id, "publish.not_found")
	if err != nil {
		return nil, err
	}
	return nil, act(post)
}

func (s *Server) releasePost(ctx context.Context, a access.Actor, in *struct {
	PostPath
	Body Verdict
}) (*struct{}, error) {
	return onPost(in.ID, func(id ids.ID) error { return s.Publish.Release(ctx, a, id, in.Body.Version) })
}

// Refusal says why a post is not released.
type Refusal struct {
	Version int64  `json:"version" minimum:"1" example:"1" doc:"The version you saw."`
	Reason  string `json:"reason" enum:"personal_data,unlawful,spam,abuse,off_topic" example:"off_topic" doc:"Why."`
}

func (s *Server) refusePost(ctx context.Context, a access.Actor, in *struct {
	PostPath
	Body Refusal
}) (*struct{}, error) {
	return onPost(in.ID, func(id ids.ID) error { return s.Publish.Refuse(ctx, a, id, in.Body.Version, in.Body.Reason) })
}

// TakeDown says why a post is taken down.
type TakeDown struct {
	Reason string `json:"reason,omitempty" enum:"personal_data,unlawful,spam,abuse" example:"personal_data" doc:"Why; an official answer needs none."`
}

func (s *Server) withdrawPost(ctx context.Context, a access.Actor, in *struct {
	PostPath
	Body TakeDown
}) (*struct{}, error) {
	return onPost(in.ID, func(id ids.ID) error { return s.Publish.Withdraw(ctx, a, id, in.Body.Reason) })
}

// PostPath is the path of operations on a post.
type PostPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000009" doc:"The post's id."`
}
