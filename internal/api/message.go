package api

import (
	"context"
	"net/http"
	"strconv"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/ids"
)

func messages(s *Server) {
	add(s, op{ID: "listMessages", Method: http.MethodGet, Path: "/cases/{number}/messages", Tag: "Messages", Scope: access.CasesRead, Summary: "List the messages of a case",
		About: "Oldest first, all of them."}, s.listMessages)
	add(s, op{ID: "replyToCase", Method: http.MethodPost, Path: "/cases/{number}/replies", Tag: "Messages", Scope: access.CasesWrite, Status: http.StatusCreated,
		Summary: "Answer the customer", Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}, Places: map[string]string{"next": "body.next", "to": "body.to", "cc": "body.cc", "bcc": "body.bcc", "files": "body.uploads"},
		About: "In the name of the key's staff member. It leaves after the undo time, until when it can be withdrawn. Who answers a case nobody took becomes its owner."}, s.replyToCase)
	add(s, op{ID: "addNote", Method: http.MethodPost, Path: "/cases/{number}/notes", Tag: "Messages", Scope: access.CasesWrite, Status: http.StatusCreated,
		Summary: "Add an internal note", About: "It never reaches the customer.", Errors: []int{http.StatusConflict}}, s.addNote)
	add(s, op{ID: "addCustomerMessage", Method: http.MethodPost, Path: "/cases/{number}/messages", Tag: "Messages", Scope: access.CasesWrite, Status: http.StatusCreated,
		Summary: "Add what the customer said", Errors: []int{http.StatusConflict}, Places: map[string]string{"upload": "body.uploads"},
		About: "What reached the company elsewhere, such as by an app: the case is open again, as when the customer writes a mail."}, s.addCustomerMessage)
	add(s, op{ID: "getMessage", Method: http.MethodGet, Path: "/messages/{id}", Tag: "Messages", Scope: access.CasesRead, Summary: "Read a message",
		About: "With its files and deliveries."}, s.getMessage)
	add(s, op{ID: "withdrawReply", Method: http.MethodPost, Path: "/messages/{id}/withdraw", Tag: "Messages", Scope: access.CasesWrite, Summary: "Take a reply back",
		About: "Within the undo time, before it leaves. What was owed before is owed again.", Errors: []int{http.StatusConflict}}, s.withdrawReply)
	outcomes(s)
	add(s, op{ID: "downloadMessage", Method: http.MethodGet, Path: "/messages/{id}/original", Tag: "Messages", Scope: access.CasesRead, Summary: "Download what a message came in",
		About: "The mail exactly as it came. If a secret link to the case stands in it, it needs the role of a lead."}, s.downloadMessage, binary)
	add(s, op{ID: "moveMessage", Method: http.MethodPost, Path: "/messages/{id}/move", Tag: "Messages", Scope: access.CasesWrite, Summary: "Move a message to another case",
		Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}, Places: map[string]string{"into": "body.into"},
		About: "With its files and deliveries. A line stays in its place; moved back, it stands there again."}, s.moveMessage)
	add(s, op{ID: "setMessageCustomer", Method: http.MethodPost, Path: "/messages/{id}/customer", Tag: "Messages", Scope: access.CasesWrite,
		Summary: "Give the case to who wrote a forwarded message first", Errors: []int{http.StatusConflict, http.StatusPreconditionFailed},
		About: "Answers go to them from now on. With back, to whoever passed it on, as before."}, s.setMessageCustomer)
}

func (s *Server) listMessages(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Paging
}) (*list[Message], error) {
	number, err := in.number()
	if err != nil {
		return nil, err
	}
	after, err := in.afterNumber()
	if err != nil {
		return nil, err
	}
	c, part, more, err := s.Desk.Timeline(ctx, a, number, after, in.Limit)
	if err != nil {
		return nil, err
	}
	items, err := s.messages(ctx, a, c, part)
	if err != nil {
		return nil, err
	}
	next := ""
	if more {
		next = strconv.FormatInt(part[len(part)-1].Seq, 10)
	}
	return page(requestOf(ctx).URL, items, next), nil
}

// messages puts deliveries and names to messages of a case.
func (s *Server) messages(ctx context.Context, a access.Actor, c desk.Case, part []desk.Message) ([]Message, error) {
	sent, err := s.Outbox.ForFile(ctx, a, desk.File{Case: c})
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	return each(part, func(m desk.Message) Message { return known.message(m, sent[m.ID]) }), nil
}

type messageAnswer struct{ Body Message }

type createdMessage struct {
	Location string `header:"Location" doc:"The address of the message."`
	Body     Message
}

// answerMessage answers with a message as it is now.
func (s *Server) answerMessage(ctx context.Context, a access.Actor, id ids.ID) (*messageAnswer, error) {
	c, m, err := s.Desk.CaseOf(ctx, a, id)
	if err != nil {
		return nil, err
	}
	about(ctx, c.ID)
	all, err := s.messages(ctx, a, c, []desk.Message{m})
	if err != nil {
		return nil, err
	}
	return &messageAnswer{Body: all[0]}, nil
}

func (s *Server) created(ctx context.Context, a access.Actor, m desk.Message) (*createdMessage, error) {
	made, err := s.answerMessage(ctx, a, m.ID)
	if err != nil {
		return nil, err
	}
	return &createdMessage{Location: Prefix + "messages/" + made.Body.ID, Body: made.Body}, nil
}

// NewReply is an answer to the customer.
type NewReply struct {
	Text    string   `json:"text" minLength:"1" maxLength:"200000" example:"Guten Tag, der Zähler ist unterwegs." doc:"Markdown."`
	Next    string   `json:"next,omitempty" enum:"open,waiting_customer,waiting_others,answered,solved,closed" example:"answered" doc:"Where the case stands afterwards; answered if it is left out, or waiting_others if the customer does not get the reply."`
	To      []string `json:"to,omitempty" maxItems:"20" example:"[\"Jana Lorenz <jana.lorenz@example.org>\"]" doc:"Addresses it goes to, each perhaps with a name. Left out it goes to the customer. With it nobody else gets it."`
	Cc      []string `json:"cc,omitempty" maxItems:"20" example:"[\"hausverwaltung@example.org\"]" doc:"Who gets a copy; every recipient sees them."`
	Bcc     []string `json:"bcc,omitempty" maxItems:"20" example:"[\"archiv@example.org\"]" doc:"Who gets a copy that no other recipient sees."`
	Uploads []string `json:"uploads,omitempty" maxItems:"10" doc:"Tokens of files that were uploaded before. Beyond the limit of the brand the mail holds a link to them. An image that the text names, as in ![Zähler](cid:zaehler.png), stands in the text."`
}

func (s *Server) replyToCase(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Precondition
	Body NewReply
}) (*createdMessage, error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	c, err := s.find(ctx, a, in.Numbered)
	if err != nil {
		return nil, err
	}
	next, _ := desk.ParseState(in.Body.Next) // the document allows no other
	m, err := s.Desk.Reply(ctx, a, c.ID, desk.ReplyForm{Text: in.Body.Text, Seen: seen, Next: next,
		To: in.Body.To, Cc: in.Body.Cc, Bcc: in.Body.Bcc, Files: in.Body.Uploads})
	if err != nil {
		return nil, err
	}
	return s.created(ctx, a, m)
}

// NewNote is a note for colleagues.
type NewNote struct {
	Text string `json:"text" minLength:"1" maxLength:"200000" example:"Kundin ruft morgen an." doc:"Markdown."`
}

func (s *Server) addNote(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Body NewNote
}) (*createdMessage, error) {
	c, err := s.find(ctx, a, in.Numbered)
	if err != nil {
		return nil, err
	}
	m, err := s.Desk.Note(ctx, a, c.ID, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return s.created(ctx, a, m)
}

// NewMessage is what the customer said.
type NewMessage struct {
	Text    string   `json:"text" minLength:"1" maxLength:"200000" example:"Er ist noch immer nicht da." doc:"Plain text."`
	Uploads []string `json:"uploads,omitempty" maxItems:"10" doc:"Tokens of files that were uploaded before."`
}

func (s *Server) addCustomerMessage(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Body NewMessage
}) (*createdMessage, error) {
	c, err := s.find(ctx, a, in.Numbered)
	if err != nil {
		return nil, err
	}
	m, err := s.Intake.Say(ctx, a, intake.Addition{CaseID: c.ID, Key: repeatName(ctx), Text: in.Body.Text, Uploads: in.Body.Uploads})
	if err != nil {
		return nil, err
	}
	return s.created(ctx, a, desk.Message{ID: m})
}

func (s *Server) getMessage(ctx context.Context, a access.Actor, in *MessagePath) (*messageAnswer, error) {
	id, err := parseID(in.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	return s.answerMessage(ctx, a, id)
}

func (s *Server) withdrawReply(ctx context.Context, a access.Actor, in *MessagePath) (*messageAnswer, error) {
	id, err := parseID(in.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	m, err := s.Desk.Message(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if _, err := s.Desk.Withdraw(ctx, a, m.CaseID, id); err != nil {
		return nil, err
	}
	return s.answerMessage(ctx, a, id)
}

// MessagePath is the path of operations on a message.
type MessagePath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000004" doc:"The message's id."`
}
