package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func sides(s *Server) {
	refusals := []int{http.StatusConflict, http.StatusPreconditionFailed}
	add(s, op{ID: "listSides", Method: http.MethodGet, Path: "/cases/{number}/sides", Tag: "Sides", Scope: access.CasesRead, Summary: "List the side conversations of a case",
		About: "The oldest first. What was written is in getSide and among the messages of the case."}, s.listSides)
	add(s, op{ID: "openSide", Method: http.MethodPost, Path: "/cases/{number}/sides", Tag: "Sides", Scope: access.CasesWrite, Status: http.StatusCreated,
		Summary: "Ask somebody else", Errors: refusals, Places: map[string]string{"to": "body.to", "name": "body.name", "subject": "body.subject", "files": "body.attachment_ids"},
		About: "Writes a mail to a third party, in the name of the key's staff member. Subject, thread and reply address are its own; of the case it holds what you give. Answers come into the conversation. Customers never see it."}, s.openSide)
	add(s, op{ID: "getSide", Method: http.MethodGet, Path: "/sides/{id}", Tag: "Sides", Scope: access.CasesRead, Summary: "Read a side conversation",
		About: "With its newest 200 letters, oldest first."}, s.getSide)
	add(s, op{ID: "writeSide", Method: http.MethodPost, Path: "/sides/{id}/messages", Tag: "Sides", Scope: access.CasesWrite, Status: http.StatusCreated,
		Summary: "Write a further letter", About: "Below it stands what the third party wrote last. A closed conversation is open again.", Errors: refusals,
		Places: map[string]string{"files": "body.attachment_ids"}}, s.writeSide)
	add(s, op{ID: "closeSide", Method: http.MethodPost, Path: "/sides/{id}/close", Tag: "Sides", Scope: access.CasesWrite, Summary: "Close a side conversation",
		About: "What still comes into it does not open the case again.", Errors: refusals[:1]}, s.closeSide)
	add(s, op{ID: "reopenSide", Method: http.MethodPost, Path: "/sides/{id}/reopen", Tag: "Sides", Scope: access.CasesWrite, Summary: "Open a side conversation again",
		About: "What comes into it from now on opens the case again.", Errors: refusals[:1]}, s.reopenSide)
}

// Side is a side conversation: what staff talk over with somebody else about a case.
type Side struct {
	ID         string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000020" doc:"Its id."`
	CaseNumber string     `json:"case_number" example:"L-4F7K-92" doc:"The case it belongs to."`
	Subject    string     `json:"subject" example:"Zähler 4711: Liefertermin" doc:"Its subject."`
	Address    string     `json:"address" example:"werkstatt@example.org" doc:"The third party's address."`
	Name       string     `json:"name,omitempty" example:"Werkstatt Huber" doc:"The third party's name."`
	OpenedBy   *Named     `json:"opened_by,omitempty" doc:"Who began it."`
	CreatedAt  time.Time  `json:"created_at" example:"2026-11-23T09:15:00Z" doc:"When it began."`
	ClosedAt   *time.Time `json:"closed_at,omitempty" example:"2026-11-25T08:00:00Z" doc:"When it was closed; absent while it is open."`
}

// SideFile is a side conversation with its letters.
type SideFile struct {
	Side
	Messages []Message `json:"messages" doc:"Its letters, oldest first."`
}

type sideAnswer struct{ Body SideFile }

type createdSide struct {
	Location string `header:"Location" doc:"The address of the side conversation."`
	Body     SideFile
}

// NewSideMessage is a letter to the third party.
type NewSideMessage struct {
	Text          string   `json:"text" minLength:"1" maxLength:"200000" example:"Guten Tag, wann kommt der Zähler?" doc:"Markdown."`
	AttachmentIDs []string `json:"attachment_ids,omitempty" maxItems:"50" doc:"Ids of files of the case to send along."`
	Uploads       []string `json:"uploads,omitempty" maxItems:"10" doc:"Tokens of files that were uploaded before."`
	Wait          bool     `json:"wait,omitempty" example:"false" doc:"The case waits for others afterwards; its customer sees that."`
}

// NewSide begins a side conversation.
type NewSide struct {
	To      string `json:"to" minLength:"1" maxLength:"254" example:"werkstatt@example.org" doc:"The third party's address. The customer's and the desk's own are refused."`
	Name    string `json:"name,omitempty" maxLength:"100" example:"Werkstatt Huber" doc:"Whose it is."`
	Subject string `json:"subject" minLength:"1" maxLength:"200" example:"Zähler 4711: Liefertermin" doc:"A subject of its own."`
	NewSideMessage
}

func (m NewSideMessage) letter(seen int64) (desk.SideLetter, error) {
	l := desk.SideLetter{Text: m.Text, Uploads: m.Uploads, Seen: seen, Wait: m.Wait}
	for _, text := range m.AttachmentIDs {
		id, err := ids.Parse(text)
		if err != nil {
			return l, errs.Field("files", "side.file_gone")
		}
		l.Files = append(l.Files, id)
	}
	return l, nil
}

// SidePath is the path of operations on a side conversation.
type SidePath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000020" doc:"The side conversation's id."`
}

func (p SidePath) id() (ids.ID, error) { return parseID(p.ID, "side.not_found") }

func (n names) side(x desk.Side, number string) Side {
	return Side{ID: x.ID.String(), CaseNumber: number, Subject: x.Subject, Address: x.Address, Name: x.Name, OpenedBy: n.person(x.OpenedBy),
		CreatedAt: x.CreatedAt.Time(), ClosedAt: at(x.ClosedAt)}
}

func (s *Server) listSides(ctx context.Context, a access.Actor, in *Numbered) (*list[Side], error) {
	c, err := s.find(ctx, a, *in)
	if err != nil {
		return nil, err
	}
	all, err := s.Desk.Sides(ctx, a, c.ID)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, func(x desk.Side) Side { return known.side(x, c.Number) }), ""), nil
}

// readSide is a side conversation as it is now.
func (s *Server) readSide(ctx context.Context, a access.Actor, id ids.ID) (SideFile, error) {
	side, c, letters, err := s.Desk.Side(ctx, a, id)
	if err != nil {
		return SideFile{}, err
	}
	about(ctx, c.ID)
	known, err := s.names(ctx, a)
	if err != nil {
		return SideFile{}, err
	}
	f := SideFile{Side: known.side(side, c.Number)}
	f.Messages, err = s.messages(ctx, a, c, letters)
	return f, err
}

func (s *Server) answerSide(ctx context.Context, a access.Actor, id ids.ID) (*sideAnswer, error) {
	f, err := s.readSide(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return &sideAnswer{Body: f}, nil
}

func (s *Server) openSide(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Precondition
	Body NewSide
}) (*createdSide, error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	c, err := s.find(ctx, a, in.Numbered)
	if err != nil {
		return nil, err
	}
	letter, err := in.Body.letter(seen)
	if err != nil {
		return nil, err
	}
	side, _, err := s.Desk.OpenSide(ctx, a, c.ID, desk.SideForm{To: in.Body.To, Name: in.Body.Name, Subject: in.Body.Subject, SideLetter: letter})
	if err != nil {
		return nil, err
	}
	f, err := s.readSide(ctx, a, side.ID)
	if err != nil {
		return nil, err
	}
	return &createdSide{Location: Prefix + "sides/" + f.ID, Body: f}, nil
}

func (s *Server) getSide(ctx context.Context, a access.Actor, in *SidePath) (*sideAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return s.answerSide(ctx, a, id)
}

func (s *Server) writeSide(ctx context.Context, a access.Actor, in *struct {
	SidePath
	Precondition
	Body NewSideMessage
}) (*createdMessage, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	letter, err := in.Body.letter(seen)
	if err != nil {
		return nil, err
	}
	m, err := s.Desk.WriteSide(ctx, a, id, letter)
	if err != nil {
		return nil, err
	}
	return s.created(ctx, a, m)
}

func (s *Server) closeSide(ctx context.Context, a access.Actor, in *SidePath) (*sideAnswer, error) {
	return s.endSide(ctx, a, in, s.Desk.CloseSide)
}

func (s *Server) reopenSide(ctx context.Context, a access.Actor, in *SidePath) (*sideAnswer, error) {
	return s.endSide(ctx, a, in, s.Desk.ReopenSide)
}

func (s *Server) endSide(ctx context.Context, a access.Actor, in *SidePath, end func(context.Context, access.Actor, ids.ID) error) (*sideAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	if err := end(ctx, a, id); err != nil {
		return nil, err
	}
	return s.answerSide(ctx, a, id)
}
