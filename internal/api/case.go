package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/views"
)

// Numbered is the path of operations on one case.
type Numbered struct {
	Number string `path:"number" maxLength:"40" example:"L-4F7K-92" doc:"The case number, as people type it."`
}

// number returns the case number as it is stored.
func (n Numbered) number() (string, error) {
	number := ids.ParseNumber(n.Number)
	if number == "" {
		return "", errs.New(errs.NotFound, "case.not_found")
	}
	return number, nil
}

// find returns the case, which the actor must be allowed to see whole.
func (s *Server) find(ctx context.Context, a access.Actor, n Numbered) (desk.Case, error) {
	number, err := n.number()
	if err != nil {
		return desk.Case{}, err
	}
	c, err := s.Desk.Find(ctx, a, number)
	about(ctx, c.ID)
	return c, err
}

func cases(s *Server) {
	add(s, op{ID: "listCases", Method: http.MethodGet, Path: "/cases", Tag: "Cases", Scope: access.CasesRead, Summary: "List cases",
		Places: map[string]string{"team_id": "query.team_id"}, About: "The latest moved first. `scope` chooses which. Of cases of restricted teams you see number, team and state."}, s.listCases)
	add(s, op{ID: "createCase", Method: http.MethodPost, Path: "/cases", Tag: "Cases", Scope: access.CasesWrite, Status: http.StatusCreated, Summary: "Open a case",
		About:  "What reached the company elsewhere becomes a case of its customer, who is found by address or made. When the answer comes, the case is on disk. With an Idempotency-Key it is opened once, whatever happens in between.",
		Places: map[string]string{"email": "body.customer.email", "customer": "body.customer.id", "team": "body.team_id", "upload": "body.uploads"}}, s.createCase)
	add(s, op{ID: "getCase", Method: http.MethodGet, Path: "/cases/{number}", Tag: "Cases", Scope: access.CasesRead, Summary: "Read a case",
		About: "With its timeline, files, deliveries, and cases it may belong to. The ETag begins with the case's version."}, s.getCase)
	add(s, op{ID: "listErasures", Method: http.MethodGet, Path: "/erasures", Tag: "Cases", Scope: access.CasesRead, Summary: "List wishes for erasure",
		About: "Cases whose customers ask for erasure, the oldest wish first."}, s.listErasures)
	add(s, op{ID: "listCaseEvents", Method: http.MethodGet, Path: "/cases/{number}/events", Tag: "Cases", Scope: access.CasesRead, Summary: "List what happened to a case",
		About: "Oldest first. Events hold ids and no words."}, s.listCaseEvents)
}

type listCasesInput struct {
	Paging
	Scope  string `query:"scope" enum:"open,mine,unowned,team,all,trash" default:"open" example:"open" doc:"Open ones, those of the key's staff member, those nobody took, those of one team, closed ones too, or the trash."`
	TeamID string `query:"team_id" format:"uuid" doc:"The team, for the scope team."`
}

func (s *Server) listCases(ctx context.Context, a access.Actor, in *listCasesInput) (*list[Summary], error) {
	f := views.Filter{Scope: views.ParseScope(in.Scope), Limit: in.Limit}
	var err error
	if f.After, err = db.ParseCursor(in.After); err != nil {
		return nil, err
	}
	if in.TeamID != "" {
		if f.TeamID, err = ids.Parse(in.TeamID); err != nil {
			return nil, errs.Field("team_id", "case.team_missing")
		}
	}
	if (f.Scope == views.Team) == f.TeamID.IsZero() {
		return nil, errs.Field("team_id", "api.team_scope")
	}
	found, err := s.Views.List(ctx, a, f)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(found.Rows, known.summary), found.Next.String()), nil
}

// NewCase is a case to be opened.
type NewCase struct {
	Customer    Party    `json:"customer" doc:"Whose case it is: somebody known by id, or an address with a name."`
	Subject     string   `json:"subject" minLength:"1" maxLength:"200" example:"Zähler kam nicht an" doc:"What it is about."`
	Text        string   `json:"text" minLength:"1" maxLength:"200000" example:"Guten Tag, mein neuer Zähler kam nicht an." doc:"What the customer says, as plain text."`
	Language    string   `json:"language,omitempty" enum:"de,en" default:"de" example:"de" doc:"The language of answers."`
	TeamID      string   `json:"team_id,omitempty" format:"uuid" doc:"The team in charge; absent: that of the brand's first mailbox."`
	Uploads     []string `json:"uploads,omitempty" maxItems:"10" doc:"Tokens of files that were uploaded before."`
	Acknowledge bool     `json:"acknowledge,omitempty" example:"false" doc:"Tell the customer by mail that the case was opened."`
}

// Party is the customer of a new case.
type Party struct {
	ID    string `json:"id,omitempty" format:"uuid" doc:"A customer the desk knows."`
	Email string `json:"email,omitempty" maxLength:"254" example:"erika@example.org" doc:"An address; a customer who is new is made of it."`
	Name  string `json:"name,omitempty" maxLength:"100" example:"Erika Berg" doc:"The name of a customer who is new."`
}

type createdCase struct {
	Location string `header:"Location" doc:"The address of the case."`
	ETag     string `header:"ETag" doc:"Its version."`
	Body     CaseFile
}

func (s *Server) createCase(ctx context.Context, a access.Actor, in *struct{ Body NewCase }) (*createdCase, error) {
	b := in.Body
	h := intake.Handed{Key: repeatName(ctx), Name: b.Customer.Name, Email: b.Customer.Email, Subject: b.Subject, Text: b.Text,
		Language: b.Language, Uploads: b.Uploads, Acknowledge: b.Acknowledge}
	var err error
	if b.Customer.ID != "" {
		if h.CustomerID, err = ids.Parse(b.Customer.ID); err != nil {
			return nil, errs.Field("customer", "question.customer_unknown")
		}
	}
	if b.TeamID != "" {
		if h.TeamID, err = ids.Parse(b.TeamID); err != nil {
			return nil, errs.Field("team", "case.team_missing")
		}
	}
	asked, err := s.Intake.Open(ctx, a, h)
	if err != nil {
		return nil, err
	}
	about(ctx, asked.CaseID)
	file, err := s.file(ctx, a, asked.Number)
	if err != nil {
		return nil, err
	}
	return &createdCase{Location: Prefix + "cases/" + asked.Number, ETag: versionTag(file.Version), Body: file}, nil
}

// file is a case as the actor may see it.
func (s *Server) file(ctx context.Context, a access.Actor, number string) (CaseFile, error) {
	f, err := s.Desk.File(ctx, a, number)
	if err != nil {
		return CaseFile{}, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return CaseFile{}, err
	}
	file := CaseFile{Timeline: []Message{}, Suggestions: []Suggestion{}, More: f.More}
	if f.Restricted {
		file.Case = Case{Number: f.Case.Number, ID: f.Case.ID.String(), State: f.Case.State.String(), Team: known.team(f.Case.TeamID), Version: f.Case.Version, Restricted: true}
		return file, nil
	}
	sent, err := s.Outbox.ForFile(ctx, a, f)
	if err != nil {
		return CaseFile{}, err
	}
	file.Case = known.caseOf(f.Case)
	file.MergedInto = f.MergedInto
	for _, m := range f.Messages {
		file.Timeline = append(file.Timeline, known.message(m, sent[m.ID]))
	}
	for _, x := range f.Suggestions {
		file.Suggestions = append(file.Suggestions, Suggestion{Number: x.Number, Reason: x.Reason.String()})
	}
	return file, nil
}

// caseAnswer is a case as the answer of an operation.
type caseAnswer struct {
	ETag string `header:"ETag" doc:"The case's version and what it looks like; give it as If-Match when you change it."`
	Body CaseFile
}

func (s *Server) getCase(ctx context.Context, a access.Actor, in *Numbered) (*caseAnswer, error) {
	number, err := in.number()
	if err != nil {
		return nil, err
	}
	return s.answerCase(ctx, a, number)
}

// answerCase answers with the case as it is now.
func (s *Server) answerCase(ctx context.Context, a access.Actor, number string) (*caseAnswer, error) {
	file, err := s.file(ctx, a, number)
	if err != nil {
		return nil, err
	}
	return &caseAnswer{ETag: versionTag(file.Version), Body: file}, nil
}

// Erasure is a case whose customer asks for erasure.
type Erasure struct {
	Number  string    `json:"number" example:"L-4F7K-92" doc:"The case number."`
	Team    Named     `json:"team" doc:"The team in charge."`
	State   string    `json:"state" enum:"new,open,waiting_customer,waiting_others,answered,solved,closed" example:"closed" doc:"Where it stands."`
	AskedAt time.Time `json:"asked_at" example:"2026-11-25T08:00:00Z" doc:"When the customer asked."`
}

func (s *Server) listErasures(ctx context.Context, a access.Actor, in *struct {
	After string `query:"after" maxLength:"100" doc:"What the page before gave as next."`
}) (*list[Erasure], error) {
	after, err := Paging{After: in.After}.afterID()
	if err != nil {
		return nil, err
	}
	found, next, err := s.Desk.Erasures(ctx, a, after)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	items := each(found, func(c desk.Case) Erasure {
		return Erasure{Number: c.Number, Team: known.team(c.TeamID), State: c.State.String(), AskedAt: c.ErasureAt.Time()}
	})
	return page(requestOf(ctx).URL, items, next.String()), nil
}

func (s *Server) listCaseEvents(ctx context.Context, a access.Actor, in *Numbered) (*list[Event], error) {
	c, err := s.find(ctx, a, *in)
	if err != nil {
		return nil, err
	}
	found, err := s.Desk.Events(ctx, a, c.ID)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(found, func(e desk.Event) Event {
		return event(desk.FeedEntry{Event: e, CaseID: c.ID, CaseNumber: c.Number})
	}), ""), nil
}
