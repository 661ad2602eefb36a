package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/privacy"
)

// admitTeam returns nil if the actor may see what belongs to a team's cases.
func (p *Publish) admitTeam(ctx context.Context, a access.Actor, team ids.ID) error {
	restricted, err := p.Teams.Restricted(ctx, team)
	if err == nil && !a.Sees(restricted, team, ids.ID{}) {
		err = errs.New(errs.Forbidden, "case.restricted")
	}
	return err
}

// Answer publishes an official answer to the thread of a case the desk let the
// actor see. Writing it is releasing it. The same text by the same colleague
// again changes nothing. Text is Markdown; it must not hold the name or an
// address of the asker, nor a case or customer number.
func (p *Publish) Answer(ctx context.Context, a access.Actor, c desk.Case, text string) (Post, error) {
	if err := a.Require(access.PublishPosts); err != nil {
		return Post{}, err
	}
	thread, err := p.threadOf(ctx, p.DB.Read().NewSelect(), a, c)
	if err != nil {
		return Post{}, err
	}
	if thread.IsZero() {
		return Post{}, errs.New(errs.NotFound, "publish.not_found")
	}
	return p.answer(ctx, a, thread, c.ID, text)
}

// AnswerThread is Answer for a thread found in a list of duties.
func (p *Publish) AnswerThread(ctx context.Context, a access.Actor, thread ids.ID, text string) (Post, error) {
	if err := a.Require(access.PublishPosts); err != nil {
		return Post{}, err
	}
	return p.answer(ctx, a, thread, ids.ID{}, text)
}

func (p *Publish) answer(ctx context.Context, a access.Actor, thread, caseID ids.ID, text string) (Post, error) {
	if a.Kind != access.Staff {
		return Post{}, errs.New(errs.Forbidden, "access.forbidden") // an official answer has a person who stands for it
	}
	text, err := CheckAnswer(text)
	if err != nil {
		return Post{}, err
	}
	var made Post
	err = p.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		w, err := p.lockThread(ctx, tx, a, thread)
		if err != nil {
			return err
		}
		if err := w.mayAnswer(text); err != nil {
			return err
		}
		if x := w.sameAnswer(text); x != nil {
			made = x.Post
			return nil
		}
		x, err := w.answer(caseID, text)
		if err != nil {
			return err
		}
		made = x.Post
		return w.save(true)
	})
	return made, err
}

// CheckAnswer returns the text as Answer would take it, or a field error for
// "text". With AnswerHTML a page shows exactly what would be published.
func CheckAnswer(text string) (string, error) {
	text = strings.TrimSpace(markup.Clean(text))
	return text, checkLength("text", text, MinText, MaxText)
}

// AnswerHTML returns what Answer makes of a text that CheckAnswer returned.
func AnswerHTML(text string) markup.SafeHTML { return markup.HTMLFromMarkdown(text) }

// lockThread is lock for a thread of the actor's brand and teams.
func (p *Publish) lockThread(ctx context.Context, tx *db.Tx, a access.Actor, thread ids.ID) (*work, error) {
	w, err := p.lock(ctx, tx, a, thread)
	if errs.Is(err, errs.NotFound) || (err == nil && w.t.BrandID != a.BrandID) {
		return nil, notShown()
	}
	if err != nil {
		return nil, err
	}
	return w, p.admitTeam(ctx, a, w.t.TeamID)
}

// mayAnswer refuses what does not belong into a public answer.
func (w *work) mayAnswer(text string) error {
	if w.t.State != Shown {
		return errs.New(errs.Conflict, "publish.not_shown")
	}
	asker := w.question().CustomerID
	if asker.IsZero() {
		return nil
	}
	own, err := w.p.ownWords(w.ctx, w.t.BrandID, asker)
	if err != nil {
		return err
	}
	if betrays(text, own) {
		return errs.Field("text", "publish.names_asker")
	}
	return nil
}

// betrays reports whether a text tells who asked: by name, by an address, by a
// number. The organisation's own addresses and telephone numbers are no secret.
func betrays(text string, own privacy.Own) bool {
	plain := markup.TextFromMarkdown(text)
	usual := privacy.Find(plain, privacy.Own{})
	for _, f := range privacy.Find(plain, own) {
		if f.Kind == privacy.Name || f.Kind == privacy.CustomerNumber || f.Kind == privacy.BirthDate || f.Kind == privacy.Card {
			return true
		}
		if !slices.Contains(usual, f) {
			return true // found only because it is the asker's
		}
		for _, l := range own.Literals {
			if strings.EqualFold(plain[f.Start:f.End], l) {
				return true
			}
		}
	}
	return false
}

func (w *work) sameAnswer(text string) *post {
	for _, x := range w.posts {
		if x.Kind == Answer && x.State == PostShown && x.StaffID == w.actor.ID && x.Body == text {
			return x
		}
	}
	return nil
}

func (w *work) answer(caseID ids.ID, text string) (*post, error) {
	team, err := w.p.Teams.Team(w.ctx, access.Lotse(w.t.BrandID), w.t.TeamID)
	if err != nil {
		return nil, fmt.Errorf("reading who answers: %w", err)
	}
	x := w.add(&post{Post: Post{Kind: Answer, StaffID: w.actor.ID, AuthorName: w.actor.Name, AuthorRole: team.Name, Language: w.t.Language}, caseID: caseID})
	w.writeAnswer(x, text)
	w.show(x, w.actor.ID)
	return x, nil
}

func (w *work) writeAnswer(x *post, text string) {
	x.Body, x.HTML, x.Substantive, x.changed = text, AnswerHTML(text), Substantive(text), true
}

// EditPost changes an official answer, a colleague's too. version is that of the
// text the writer saw; if it changed since, the error is errs.Conflict. The old
// text becomes a version of the post.
func (p *Publish) EditPost(ctx context.Context, a access.Actor, id ids.ID, version int64, text string) (Post, error) {
	if err := a.Require(access.PublishPosts); err != nil {
		return Post{}, err
	}
	text, err := CheckAnswer(text)
	if err != nil {
		return Post{}, err
	}
	var edited Post
	err = p.onPost(ctx, a, id, func(w *work, x *post) error {
		if x.Kind != Answer {
			return errs.New(errs.Forbidden, "publish.not_yours") // nobody puts words into a customer's mouth
		}
		if x.State != PostShown || x.Version != version {
			return errs.New(errs.Conflict, "publish.changed")
		}
		if err := w.mayAnswer(text); err != nil {
			return err
		}
		if x.Body != text {
			w.keep(x)
			x.Version++
			w.writeAnswer(x, text)
			w.show(x, a.ID)
		}
		edited = x.Post
		return nil
	})
	return edited, err
}

// onPost runs one action on a post of the actor's brand and teams and stores
// what it changed.
func (p *Publish) onPost(ctx context.Context, a access.Actor, id ids.ID, act func(*work, *post) error) error {
	return p.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		w, x, err := p.lockPost(ctx, tx, a, id)
		if err != nil {
			return err
		}
		if err := p.admitTeam(ctx, a, w.t.TeamID); err != nil {
			return err
		}
		alone := x != w.question() && x.Kind == Question // a revision that may stay one
		if err := act(w, x); err != nil {
			return err
		}
		if !slices.ContainsFunc(w.posts, func(x *post) bool { return x.changed || x.dropped }) {
			return nil
		}
		return w.save(!alone || x.dropped)
	})
}

// Withdraw takes a post down. An official answer needs no reason. A customer's
// post stays its author's: staff take it down for one of WithdrawReasons only,
// and an event says who did. Withdrawing a question ends its thread.
func (p *Publish) Withdraw(ctx context.Context, a access.Actor, id ids.ID, reason string) error {
	if !a.May(access.PublishPosts) {
		return a.Require(access.ReviewPosts)
	}
	return p.onPost(ctx, a, id, func(w *work, x *post) error {
		if x.State == PostWithdrawn {
			return nil
		}
		if x.Kind == Answer {
			w.erase(x, "")
			return nil
		}
		if err := a.Require(access.ReviewPosts); err != nil {
			return err
		}
		if err := checkReason(reason, WithdrawReasons()); err != nil {
			return err
		}
		switch {
		case x == w.question():
			w.vanish(reason)
		case x.Kind == Question:
			return errs.New(errs.Conflict, "publish.changed") // a revision is refused, not withdrawn
		default:
			w.erase(x, reason)
		}
		return nil
	})
}

// Release releases the version of a post the reviewer saw. If its author changed
// it since, or somebody else was first, the error is errs.Conflict.
func (p *Publish) Release(ctx context.Context, a access.Actor, id ids.ID, version int64) error {
	if err := a.Require(access.ReviewPosts); err != nil {
		return err
	}
	return p.onPost(ctx, a, id, func(w *work, x *post) error {
		if x.State != PostReview || x.Version != version {
			return errs.New(errs.Conflict, "publish.changed")
		}
		w.release(x, a.ID)
		return nil
	})
}

// Refuse keeps the version of a post the reviewer saw from the public, for one
// of RefuseReasons. Its author reads the reason and may mend the text.
func (p *Publish) Refuse(ctx context.Context, a access.Actor, id ids.ID, version int64, reason string) error {
	if err := a.Require(access.ReviewPosts); err != nil {
		return err
	}
	if err := checkReason(reason, RefuseReasons()); err != nil {
		return err
	}
	return p.onPost(ctx, a, id, func(w *work, x *post) error {
		if x.State != PostReview || x.Version != version {
			return errs.New(errs.Conflict, "publish.changed")
		}
		x.State, x.Reason, x.changed = PostRefused, reason, true
		w.note(PostNotReleased, map[string]any{"thread": w.t.ID, "post": x.ID, "reason": reason})
		return nil
	})
}
