package api

import (
	"context"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// What is done to a case. Every act answers with the case as it is afterwards.

func caseActions(s *Server) {
	act := func(id, path, summary, about string, places map[string]string) op {
		return op{ID: id, Method: http.MethodPost, Path: "/cases/{number}/" + path, Tag: "Cases", Scope: access.CasesWrite, Summary: summary, About: about,
			Places: places, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}
	}
	add(s, act("takeCase", "take", "Take a case", "The key's staff member becomes its owner.", nil), s.takeCase)
	add(s, act("handOverCase", "handover", "Hand a case over", "To a team's duty roster or to one of its members. The reason stays on the timeline, internally.",
		map[string]string{"team": "body.team_id", "owner": "body.owner_id"}), s.handOverCase)
	add(s, act("setCaseState", "state", "Set where a case stands", "A case can't become new again.", nil), s.setCaseState)
	add(s, act("trashCase", "trash", "Move a case to the trash", "Nothing of it is lost, and what arrives for it still joins it.", nil), s.trashCase)
	add(s, act("restoreCase", "restore", "Take a case out of the trash", "In the state it was in.", nil), s.restoreCase)
	add(s, act("mergeCase", "merge", "Merge a case into another", "All its messages move there; its number leads there from then on. The answer is the other case.",
		map[string]string{"target": "body.into"}), s.mergeCase)
	add(s, act("dismissSuggestion", "dismiss", "Dismiss a suggestion", "The two cases do not belong together.", nil), s.dismissSuggestion)
	settle := act("settleErasure", "erasure", "Settle a wish for erasure without erasing", "Needs the role of a lead.", nil)
	settle.Scope = access.CasesDelete
	add(s, settle, s.settleErasure)
	add(s, op{ID: "deleteCase", Method: http.MethodDelete, Path: "/cases/{number}", Tag: "Cases", Scope: access.CasesDelete, Status: http.StatusNoContent,
		Summary: "Erase a case for good", Places: map[string]string{"reason": "query.reason"}, Errors: []int{http.StatusConflict},
		About: "Its messages, files, deliveries and links, with the cases merged into it. It can't be undone. Needs the role of a lead."}, s.deleteCase)
}

// CaseVersion names a case and the version of it to be changed.
type CaseVersion struct {
	Numbered
	Precondition
}

// do runs an act on the case the input names, at the version it names, and
// answers with the case.
func (s *Server) do(ctx context.Context, a access.Actor, n string, m Precondition, act func(c desk.Case, seen int64) error) (*caseAnswer, error) {
	seen, err := m.version()
	if err != nil {
		return nil, err
	}
	c, err := s.find(ctx, a, Numbered{Number: n})
	if err != nil {
		return nil, err
	}
	if err := act(c, seen); err != nil {
		return nil, err
	}
	return s.answerCase(ctx, a, c.Number)
}

func (s *Server) takeCase(ctx context.Context, a access.Actor, in *CaseVersion) (*caseAnswer, error) {
	return s.do(ctx, a, in.Number, in.Precondition, func(c desk.Case, seen int64) error { return s.Desk.Take(ctx, a, c.ID, seen) })
}

// HandOver names the new owner of a case.
type HandOver struct {
	TeamID  string `json:"team_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000001" doc:"The new team."`
	OwnerID string `json:"owner_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000007" doc:"One of its members; absent: its duty roster."`
	Reason  string `json:"reason" minLength:"1" maxLength:"200000" example:"Kennt den Anschluss." doc:"Why; the next one must know."`
}

func (s *Server) handOverCase(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Precondition
	Body HandOver
}) (*caseAnswer, error) {
	return s.do(ctx, a, in.Number, in.Precondition, func(c desk.Case, seen int64) error {
		form := desk.HandOverForm{Reason: in.Body.Reason, Seen: seen}
		var err error
		if form.TeamID, err = ids.Parse(in.Body.TeamID); err != nil {
			return errs.Field("team", "case.team_missing")
		}
		if in.Body.OwnerID != "" {
			if form.Owner, err = ids.Parse(in.Body.OwnerID); err != nil {
				return errs.Field("owner", "case.owner_unknown")
			}
		}
		return s.Desk.HandOver(ctx, a, c.ID, form)
	})
}

// StateChange is where a case is to stand.
type StateChange struct {
	State string `json:"state" enum:"open,waiting_customer,waiting_others,answered,solved,closed" example:"waiting_others" doc:"The new state."`
}

func (s *Server) setCaseState(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Precondition
	Body StateChange
}) (*caseAnswer, error) {
	return s.do(ctx, a, in.Number, in.Precondition, func(c desk.Case, seen int64) error {
		to, _ := desk.ParseState(in.Body.State) // what is none is refused by the desk
		return s.Desk.SetState(ctx, a, c.ID, to, seen)
	})
}

func (s *Server) trashCase(ctx context.Context, a access.Actor, in *Numbered) (*caseAnswer, error) {
	return s.do(ctx, a, in.Number, Precondition{}, func(c desk.Case, _ int64) error { return s.Desk.Trash(ctx, a, c.ID) })
}

func (s *Server) restoreCase(ctx context.Context, a access.Actor, in *Numbered) (*caseAnswer, error) {
	return s.do(ctx, a, in.Number, Precondition{}, func(c desk.Case, _ int64) error { return s.Desk.Restore(ctx, a, c.ID) })
}

// Merge names the case that another goes into.
type Merge struct {
	Into string `json:"into" minLength:"1" maxLength:"40" example:"L-7B2M-44" doc:"The number of the case that stays."`
}

func (s *Server) mergeCase(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Body Merge
}) (*caseAnswer, error) {
	from, err := s.find(ctx, a, in.Numbered)
	if err != nil {
		return nil, err
	}
	into, err := s.find(ctx, a, Numbered{Number: in.Body.Into})
	if errs.Is(err, errs.NotFound) {
		err = errs.Field("target", "case.not_found")
	}
	if err != nil {
		return nil, err
	}
	if err := s.Desk.Merge(ctx, a, from.ID, into.ID); err != nil {
		return nil, err
	}
	return s.answerCase(ctx, a, into.Number)
}

// Dismissal names a suggestion that is wrong.
type Dismissal struct {
	Number string `json:"number" minLength:"1" maxLength:"40" example:"L-7B2M-44" doc:"The number of the other case."`
}

func (s *Server) dismissSuggestion(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Body Dismissal
}) (*caseAnswer, error) {
	return s.do(ctx, a, in.Number, Precondition{}, func(c desk.Case, _ int64) error {
		other, err := s.Desk.File(ctx, a, ids.ParseNumber(in.Body.Number)) // its number is all that is needed
		if err != nil {
			return err
		}
		return s.Desk.Dismiss(ctx, a, c.ID, other.Case.ID)
	})
}

// Settlement says why a wish for erasure was settled without erasing.
type Settlement struct {
	Reason string `json:"reason" enum:"declined_duty,done_otherwise,taken_back" example:"taken_back" doc:"A law says it must be kept, it was done another way, or the customer no longer wants it."`
}

func (s *Server) settleErasure(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Body Settlement
}) (*caseAnswer, error) {
	return s.do(ctx, a, in.Number, Precondition{}, func(c desk.Case, _ int64) error { return s.Desk.SettleErasure(ctx, a, c.ID, in.Body.Reason) })
}

func (s *Server) deleteCase(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Reason string `query:"reason" required:"true" enum:"spam,erasure,mistake" example:"spam" doc:"Why: spam, the customer asked for it, or it should never have been here."`
}) (*struct{}, error) {
	c, err := s.find(ctx, a, in.Numbered)
	if err != nil {
		return nil, err
	}
	return nil, s.Desk.Delete(ctx, a, c.ID, in.Reason)
}
