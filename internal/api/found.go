package api

import (
	"context"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// What reading a message found, and what is done because of it.

// Fold is a stretch of a text that is shown folded.
type Fold struct {
	Kind string `json:"kind" enum:"quote,signature,disclaimer,forward" example:"quote" doc:"What it is: an earlier message, who wrote, a legal notice, a message passed on."`
	From int    `json:"from" example:"45" doc:"Where it begins, in bytes of the text (UTF-8)."`
	To   int    `json:"to" example:"120" doc:"Behind its last byte."`
}

// Because says why a message is in its case.
type Because struct {
	Reason    string `json:"reason" enum:"opened,token,reference,hand,staff,link,merge,answer,sibling,forward,report" example:"reference" doc:"In one word: it opened the case, came to its signed address, answers a message of it, was put there by a colleague, written at the desk or on the page of the case, came with a merged case, is answered by an earlier one, answers the same unknown message as another of the same person, was passed on by a colleague, or reports on a message of the case."`
	Text      string `json:"text" example:"Zugeordnet, weil sie auf eine Nachricht dieses Vorgangs antwortet" doc:"In words."`
	MessageID string `json:"message_id,omitempty" example:"20261123.4711@example.org" doc:"The id of the message that decided, without brackets."`
	MovedFrom string `json:"moved_from,omitempty" example:"L-7B2M-44" doc:"The case it was moved out of by hand."`
}

// Trust is what the checks of where a mail comes from said.
type Trust struct {
	SPF    string `json:"spf" enum:"unchecked,pass,fail,neutral,none,temperror,permerror" example:"pass" doc:"May the server send for this domain (RFC 7208)."`
	DKIM   string `json:"dkim" enum:"unchecked,pass,fail,neutral,none,temperror,permerror" example:"pass" doc:"Is it signed (RFC 6376)."`
	DMARC  string `json:"dmarc" enum:"unchecked,pass,fail,neutral,none,temperror,permerror" example:"pass" doc:"Do both belong to the sender (RFC 7489)."`
	ARC    string `json:"arc" enum:"unchecked,pass,fail,neutral,none,temperror,permerror" example:"unchecked" doc:"What servers on the way vouch for (RFC 8617)."`
	Signer string `json:"signer,omitempty" example:"example.org" doc:"The domain that signed it."`
	Scan   string `json:"scan,omitempty" enum:"clean,infected,away" example:"clean" doc:"What the virus scanner said."`
	Virus  string `json:"virus,omitempty" example:"Eicar-Signature" doc:"What it found."`
	Forged bool   `json:"forged" example:"false" doc:"Its sender may be another than it says: it joins no case by who wrote it."`
}

// Report is what a message says about the fate of another.
type Report struct {
	Kind       string      `json:"kind" enum:"undelivered,delayed,delivered,complaint,absent,read,unexplained" example:"undelivered" doc:"What became of the other message."`
	Recipients []Recipient `json:"recipients" doc:"Of whom it speaks."`
	MessageID  string      `json:"message_id,omitempty" example:"20261123.4711@example.org" doc:"The other message, without brackets."`
	Until      *time.Time  `json:"until,omitempty" example:"2026-11-25T08:00:00Z" doc:"Until when it is tried, or its receiver is away."`
}

// Recipient is one address a report speaks of.
type Recipient struct {
	Address string `json:"address,omitempty" example:"erika@example.org" doc:"The address."`
	Status  string `json:"status,omitempty" example:"5.1.1" doc:"Enhanced status code (RFC 3463)."`
	Code    int    `json:"code,omitempty" example:"550" doc:"The server's code."`
	Reason  string `json:"reason,omitempty" example:"userunknown" doc:"What it means."`
	Hard    bool   `json:"hard" example:"true" doc:"Writing there again is useless."`
	Words   string `json:"words,omitempty" example:"550 5.1.1 no such mailbox" doc:"What the server said."`
}

// Forwarded is a message that was passed on inside another one.
type Forwarded struct {
	Name    string     `json:"name,omitempty" example:"Erika Berg" doc:"Who wrote it."`
	Address string     `json:"address,omitempty" example:"erika@example.org" doc:"Their address."`
	Subject string     `json:"subject,omitempty" example:"Zähler kam nicht an" doc:"Its subject."`
	SentAt  *time.Time `json:"sent_at,omitempty" example:"2026-11-23T08:02:00Z" doc:"When it was written, as it says."`
}

var foldKinds = map[markup.FoldKind]string{markup.FoldQuote: "quote", markup.FoldSignature: "signature", markup.FoldDisclaimer: "disclaimer", markup.FoldForward: "forward"}

var verdicts = map[intake.Verdict]string{intake.Unchecked: "unchecked", intake.Pass: "pass", intake.Fail: "fail", intake.Neutral: "neutral",
	intake.Missing: "none", intake.TempError: "temperror", intake.PermError: "permerror"}

var reportKinds = map[intake.ReportKind]string{intake.Undelivered: "undelivered", intake.Delayed: "delayed", intake.Delivered: "delivered",
	intake.Complaint: "complaint", intake.Absent: "absent", intake.Read: "read", intake.Unexplained: "unexplained"}

// find fills in what reading a message found.
func (n names) find(shown *Message, m desk.Message) {
	for _, f := range markup.SoundFolds(m.Body, m.Folds) {
		shown.Folds = append(shown.Folds, Fold{Kind: foldKinds[f.Kind], From: f.From, To: f.To})
	}
	if len(shown.Folds) > 0 {
		shown.Visible = m.Visible()
	}
	shown.Warnings = m.Found.Warnings
	if m.Kind != desk.Inbound && len(m.Found.Moved) == 0 {
		return
	}
	key, args := m.Because()
	shown.Because = &Because{Reason: m.Joined.String(), Text: n.p.T(key, args...), MessageID: m.Found.Key}
	if moved := m.Found.Moved; len(moved) > 0 {
		shown.Because.MovedFrom = moved[len(moved)-1].Number
	}
	if t, ok := intake.TrustOf(m); ok {
		shown.Trust = &Trust{SPF: verdicts[t.SPF], DKIM: verdicts[t.DKIM], DMARC: verdicts[t.DMARC], ARC: verdicts[t.ARC], Signer: t.Signer, Scan: t.Scan, Virus: t.Virus, Forged: t.Forged()}
	}
	if r := intake.ReportOf(m); r != nil {
		shown.Report = &Report{Kind: reportKinds[r.Kind], MessageID: r.MessageID, Until: at(clock.At(r.Until)), Recipients: each(r.Recipients, recipient)}
	}
	if f := intake.ForwardedOf(m); f != nil {
		shown.Forwarded = &Forwarded{Name: f.From.Name, Address: f.From.Value, Subject: f.Subject, SentAt: at(clock.At(f.Date))}
	}
}

func recipient(r intake.Recipient) Recipient {
	return Recipient{Address: r.Address, Status: r.Status, Code: r.Code, Reason: r.Reason, Hard: r.Hard, Words: r.Words}
}

// optional is an id as text, "" for none.
func optional(id ids.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func (s *Server) downloadMessage(ctx context.Context, a access.Actor, in *MessagePath) (*bytesAnswer, error) {
	id, err := parseID(in.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	raw, err := s.Intake.Original(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return rawMail(raw, id), nil
}

// NewPlace says where a message goes.
type NewPlace struct {
	Into string `json:"into,omitempty" maxLength:"40" example:"L-7B2M-44" doc:"The number of another case; absent: a case of its own."`
}

func (s *Server) moveMessage(ctx context.Context, a access.Actor, in *struct {
	MessagePath
	Precondition
	Body NewPlace
}) (*messageAnswer, error) {
	id, err := parseID(in.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	form := desk.MoveForm{}
	if form.Seen, err = in.version(); err != nil {
		return nil, err
	}
	if in.Body.Into != "" {
		into, err := s.find(ctx, a, Numbered{Number: in.Body.Into})
		if errs.Is(err, errs.NotFound) {
			err = errs.Field("into", "case.not_found")
		}
		if err != nil {
			return nil, err
		}
		form.Into = into.ID
	}
	if _, err := s.Desk.Move(ctx, a, id, form); err != nil {
		return nil, err
	}
	return s.answerMessage(ctx, a, id)
}

// Handing says whose case a forwarded message is to be.
type Handing struct {
	Back bool `json:"back,omitempty" example:"false" doc:"Of whoever passed it on, as before."`
}

func (s *Server) setMessageCustomer(ctx context.Context, a access.Actor, in *struct {
	MessagePath
	Precondition
	Body Handing
}) (*messageAnswer, error) {
	id, err := parseID(in.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	if err := s.Intake.MakeCustomer(ctx, a, intake.Handing{Message: id, Back: in.Body.Back, Seen: seen}); err != nil {
		return nil, err
	}
	return s.answerMessage(ctx, a, id)
}
