package desk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// ReplyForm is an answer to the customer, or to others who take part.
type ReplyForm struct {
	Text string // Markdown; ![text](cid:name) shows the image of Files with that name
	Seen int64  // version of the case the writer saw; 0 skips the check
	Next State  // state afterwards; 0 is Answered, or WaitingOthers if the customer does not get it
	// To, Cc and Bcc are addresses, each perhaps with a name: "Mia <mia@example.org>".
	// No To is the customer's own address. Nobody else ever gets a reply.
	To, Cc, Bcc []string
	// Files are tokens of staged files (intake.Stage), attached in this order.
	Files []string
	// Again are files of replies of the case that were taken back: they become files
	// of this one, before Files.
	Again []ids.ID
}

// Reply adds an answer and, through the hooks, its deliveries. Whoever answers a
// case nobody owns becomes its owner. If the case changed since Seen, nothing is
// sent and the error is errs.Conflict. A reply the customer does not get is
// internal: they do not see it on their page either, and what is owed to them
// stays owed. Field errors: text, next, to, cc, bcc, files.
func (d *Desk) Reply(ctx context.Context, a access.Actor, id ids.ID, form ReplyForm) (Message, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return Message{}, err
	}
	var err error
	if form.Text, err = CheckText("text", form.Text); err != nil {
		return Message{}, err
	}
	if form.Next == Fresh || form.Next != 0 && stateNames[form.Next] == "" {
		return Message{}, errs.Field("next", "case.state_unknown")
	}
	var sent Message
	err = d.change(ctx, a, id, form.Seen, func(e *edit) (err error) {
		sent, err = e.reply(form)
		return err
	})
	return sent, err
}

func (e *edit) reply(form ReplyForm) (Message, error) {
	files, err := e.enclose(form)
	if err != nil {
		return Message{}, err
	}
	text, err := illustrate(form.Text, files)
	if err != nil {
		return Message{}, err
	}
	m := Message{Kind: Reply, Visibility: Private, Channel: e.c.Channel, Subject: e.c.Subject, Body: text, HTML: markup.HTMLFromMarkdown(text)}
	own := true
	if e.desk.prepare != nil {
		if m.Addressed, own, err = e.desk.prepare(e.ctx, e.tx, *e.c, form, files); err != nil {
			return Message{}, err
		}
	}
	if !own {
		m.Visibility = Internal
	}
	due := e.answered(form.Next, own)
	written := e.write(m)
	written.Attachments = e.attach(written.ID, files)
	e.note(Change{Kind: Replied, Message: written, Awaits: !e.c.DueAt.IsZero(), Moved: true,
		Params: map[string]any{"message": written.ID, "state": e.c.State, "due": due}})
	return *written, nil
}

// answered says where the case stands after a reply, and returns what was due
// before. Only what the customer gets answers them.
func (e *edit) answered(next State, own bool) clock.Stamp {
	if e.c.OwnerID.IsZero() && e.actor.Kind == access.Staff {
		e.c.OwnerID = e.actor.ID
	}
	due := e.c.DueAt
	switch {
	case next == 0 && own:
		next = Answered
	case next == 0:
		next = WaitingOthers
	}
	e.setState(next)
	if !own {
		return due
	}
	if e.c.AnsweredAt.IsZero() {
		e.c.AnsweredAt = e.now
	}
	e.c.DueAt = 0
	return due
}

// enclose gathers the files of a reply: those of a reply that was taken back, and
// those that were staged.
func (e *edit) enclose(form ReplyForm) ([]Attachment, error) {
	files, err := e.takenBack(form.Again)
	if err != nil || len(form.Files) == 0 {
		return files, err
	}
	if e.desk.claim == nil {
		return nil, errs.Field("files", "upload.gone")
	}
	staged, err := e.desk.claim(e.ctx, e.tx, e.c.BrandID, form.Files)
	if err != nil {
		return nil, err
	}
	return append(files, staged...), nil
}

// takenBack returns files of replies of this case that were taken back.
func (e *edit) takenBack(which []ids.ID) ([]Attachment, error) {
	if len(which) == 0 {
		return nil, nil
	}
	var rows []attachmentRow
	err := e.tx.NewSelect().Model(&rows).Join("JOIN messages AS m ON m.id = a.message_id").
		Where("a.id IN (?) AND a.case_id = ? AND m.kind = ?", bun.List(which), e.c.ID, Withdrawn).Order("a.message_id", "a.position").Scan(e.ctx)
	if err != nil {
		return nil, fmt.Errorf("reading files of a reply that was taken back: %w", err)
	}
	if len(rows) != len(which) {
		return nil, errs.Field("files", "upload.gone")
	}
	files := make([]Attachment, len(rows))
	for i, r := range rows {
		files[i] = e.desk.attachmentFromRow(e.c.CustomerID, r)
	}
	return files, nil
}

// attach makes files those of a message: new ones are stored with it, others move
// to it.
func (e *edit) attach(message ids.ID, files []Attachment) []Attachment {
	for i := range files {
		a := &files[i]
		a.BrandID, a.CaseID, a.MessageID, a.Position = e.c.BrandID, e.c.ID, message, int64(i)
		rows := &e.again
		if a.ID.IsZero() {
			a.ID, rows = ids.New(), &e.files
		}
		*rows = append(*rows, e.desk.attachmentToRow(e.c.CustomerID, *a))
	}
	return files
}
