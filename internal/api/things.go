package api

import (
	"context"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/views"
)

// What operations give and take. Examples of the document are those of the fields.

// Named is a thing with its name.
type Named struct {
	ID   string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000001" doc:"Its id."`
	Name string `json:"name" example:"Service" doc:"Its name."`
}

// Summary is what a list shows of a case.
type Summary struct {
	Number     string     `json:"number" example:"L-4F7K-92" doc:"The case number."`
	State      string     `json:"state,omitempty" enum:"new,open,waiting_customer,waiting_others,answered,solved,closed" example:"open" doc:"Where it stands; absent in the trash."`
	Subject    string     `json:"subject,omitempty" example:"Zähler kam nicht an" doc:"What it is about."`
	Customer   string     `json:"customer,omitempty" example:"Erika Berg" doc:"Name or address of the customer."`
	Excerpt    string     `json:"excerpt,omitempty" example:"Guten Tag, mein neuer Zähler …" doc:"How the customer's last message begins."`
	Team       Named      `json:"team" doc:"The team in charge."`
	Owner      *Named     `json:"owner,omitempty" doc:"Who works on it; absent: the team's duty roster."`
	Channel    string     `json:"channel,omitempty" example:"email" doc:"How it came in: email, web, api."`
	Messages   int64      `json:"messages,omitempty" example:"3" doc:"How many messages it has."`
	Awaits     bool       `json:"awaits,omitempty" example:"true" doc:"The customer waits for an answer."`
	DueAt      *time.Time `json:"due_at,omitempty" example:"2026-11-24T15:00:00Z" doc:"When the answer is announced."`
	MovedAt    time.Time  `json:"moved_at" example:"2026-11-23T09:15:00Z" doc:"What lists are ordered by."`
	Trashed    bool       `json:"trashed,omitempty" example:"false" doc:"It lies in the trash."`
	Restricted bool       `json:"restricted,omitempty" example:"false" doc:"Only its team reads it: of it you see number, team and state."`
}

// Case is one concern of one customer.
type Case struct {
	Number         string     `json:"number" example:"L-4F7K-92" doc:"The case number, which never changes."`
	ID             string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000002" doc:"The case's id, as events name it."`
	State          string     `json:"state" enum:"new,open,waiting_customer,waiting_others,answered,solved,closed" example:"open" doc:"Where it stands."`
	Subject        string     `json:"subject,omitempty" example:"Zähler kam nicht an" doc:"What it is about, in the customer's words."`
	Team           Named      `json:"team" doc:"The team in charge."`
	Owner          *Named     `json:"owner,omitempty" doc:"Who works on it; absent: the team's duty roster."`
	CustomerID     string     `json:"customer_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000003" doc:"Whose case it is."`
	Channel        string     `json:"channel,omitempty" example:"email" doc:"How it came in: email, web, api."`
	Language       string     `json:"language,omitempty" example:"de" doc:"The language of answers."`
	Version        int64      `json:"version" example:"3" doc:"Raised by every change; part of the ETag."`
	Messages       int64      `json:"messages,omitempty" example:"3" doc:"How many messages it has."`
	MergedInto     string     `json:"merged_into,omitempty" example:"L-7B2M-44" doc:"The case that holds its messages now."`
	Topic          *Labelled  `json:"topic,omitempty" doc:"What it is about."`
	Product        *Labelled  `json:"product,omitempty" doc:"Which product it is about."`
	Region         *Labelled  `json:"region,omitempty" doc:"Where it is about."`
	Public         string     `json:"public,omitempty" enum:"none,waiting,shown,gone" example:"none" doc:"Whether everybody can read something of it."`
	CreatedAt      *time.Time `json:"created_at,omitempty" example:"2026-11-23T09:15:00Z" doc:"When it was opened."`
	ChangedAt      *time.Time `json:"changed_at,omitempty" example:"2026-11-23T10:02:00Z" doc:"When it last changed."`
	DueAt          *time.Time `json:"due_at,omitempty" example:"2026-11-24T15:00:00Z" doc:"When the next answer is announced; absent: none is owed."`
	AnsweredAt     *time.Time `json:"answered_at,omitempty" example:"2026-11-23T10:02:00Z" doc:"When a person first answered."`
	ClosedAt       *time.Time `json:"closed_at,omitempty" example:"2026-11-25T08:00:00Z" doc:"When it was solved or closed."`
	TrashedAt      *time.Time `json:"trashed_at,omitempty" example:"2026-11-25T08:00:00Z" doc:"In the trash since."`
	ErasureAskedAt *time.Time `json:"erasure_asked_at,omitempty" example:"2026-11-25T08:00:00Z" doc:"The customer asks for erasure since."`
	Restricted     bool       `json:"restricted,omitempty" example:"false" doc:"Only its team reads it: of it you see number, team and state."`
}

// CaseFile is a case with its timeline.
type CaseFile struct {
	Case
	Timeline    []Message    `json:"timeline" doc:"The newest 200 messages, oldest first. The operation listMessages gives all."`
	More        bool         `json:"more" example:"false" doc:"There are older messages than the timeline holds."`
	Suggestions []Suggestion `json:"suggestions" doc:"Cases it may belong to."`
}

// Suggestion is a case that another may belong to.
type Suggestion struct {
	Number string `json:"number" example:"L-7B2M-44" doc:"The other case."`
	Reason string `json:"reason" enum:"number,reference,subject,sender,unproven" example:"subject" doc:"Why."`
}

// Message is one entry of a case's timeline.
type Message struct {
	ID          string       `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000004" doc:"The message's id."`
	Seq         int64        `json:"seq" example:"1" doc:"Its place in the timeline, from 1."`
	Kind        string       `json:"kind" enum:"inbound,reply,note,acknowledgement,handover,withdrawn,moved_away,side_out,side_in" example:"inbound" doc:"What it is."`
	Visibility  string       `json:"visibility" enum:"private,internal,public" example:"private" doc:"Who may read it: customer and staff, staff, everybody."`
	Author      Author       `json:"author" doc:"Who wrote it."`
	Channel     string       `json:"channel" example:"email" doc:"How it came or goes."`
	Subject     string       `json:"subject,omitempty" example:"Zähler kam nicht an" doc:"Its subject line."`
	Text        string       `json:"text" example:"Guten Tag, mein neuer Zähler kam nicht an." doc:"What it says; Markdown in replies and notes."`
	HTML        string       `json:"html,omitempty" example:"<p>Guten Tag, mein neuer Zähler kam nicht an.</p>" doc:"The same as HTML, cleaned of all that could run or load."`
	CreatedAt   time.Time    `json:"created_at" example:"2026-11-23T09:15:00Z" doc:"When it reached the desk."`
	Visible     string       `json:"visible_text,omitempty" example:"Guten Tag, mein neuer Zähler kam nicht an." doc:"What its writer says: the text without what is folded. Absent if nothing is."`
	Folds       []Fold       `json:"folds,omitempty" doc:"Stretches of the text that are shown folded, in order."`
	Because     *Because     `json:"joined_because,omitempty" doc:"Why it is in this case."`
	Trust       *Trust       `json:"trust,omitempty" doc:"What the checks of where it comes from said; absent if none were made."`
	Report      *Report      `json:"report,omitempty" doc:"What it reports of another message, such as that it did not arrive."`
	Forwarded   *Forwarded   `json:"forwarded,omitempty" doc:"The message it passes on."`
	Warnings    []string     `json:"warnings,omitempty" example:"[\"mail.warning.charset_guessed\"]" doc:"What was mended or is odd about it, as keys."`
	SideID      string       `json:"side_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000020" doc:"Of side_out and side_in: the side conversation."`
	Enclosed    []Enclosed   `json:"enclosed,omitempty" doc:"Of side_out: files of the case that went along."`
	ToTeam      *Named       `json:"to_team,omitempty" doc:"Of a hand-over: the new team."`
	ToOwner     *Named       `json:"to_owner,omitempty" doc:"Of a hand-over: the new owner; absent: the duty roster."`
	Addressed   []Addressee  `json:"addressed,omitempty" doc:"Of what came in: who wrote it and whom they named; of a reply: whom it goes to. Without addresses of the desk."`
	Attachments []Attachment `json:"attachments" doc:"Files that came with it."`
	Deliveries  []Delivery   `json:"deliveries,omitempty" doc:"What became of its sending."`
}

// Enclosed is a file of the case that went along with a letter to a third party.
type Enclosed struct {
	ID   string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000005" doc:"The file's id."`
	Name string `json:"name" example:"rechnung.pdf" doc:"Its name."`
	Size int64  `json:"size" example:"18230" doc:"In bytes."`
}

// Addressee is somebody who stands in a message.
type Addressee struct {
	Role    string `json:"role" enum:"to,cc,bcc,from" example:"cc" doc:"As what."`
	Address string `json:"address" example:"hausverwaltung@example.org" doc:"The address."`
	Name    string `json:"name,omitempty" example:"Hausverwaltung Nord" doc:"The name beside it, if there was one."`
}

// Author is who wrote a message.
type Author struct {
	Kind string `json:"kind" enum:"nobody,program,staff,customer" example:"customer" doc:"Who: program is the desk itself."`
	ID   string `json:"id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000003" doc:"Id of the staff member or customer."`
	Name string `json:"name,omitempty" example:"Erika Berg" doc:"The name as shown."`
}

// Attachment is a file of a message.
type Attachment struct {
	ID          string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000005" doc:"The file's id."`
	MessageID   string `json:"message_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000004" doc:"The message it came with."`
	Name        string `json:"name" example:"rechnung.pdf" doc:"Its name, made safe."`
	ContentType string `json:"content_type" example:"application/pdf" doc:"What it is, read from its first bytes or declared by the sender; not to be trusted."`
	Size        int64  `json:"size" example:"18230" doc:"In bytes."`
	Inline      bool   `json:"inline" example:"false" doc:"A picture within the text."`
	Linked      bool   `json:"linked,omitempty" example:"false" doc:"Too large for the mail of a reply, which holds a link to it for 14 days."`
}

// Delivery is one intended send of a message to one address.
type Delivery struct {
	ID        string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000006" doc:"The delivery's id."`
	State     string     `json:"state" example:"sent" doc:"queued, sending, sent, failed, uncertain, settled (somebody dealt with it otherwise), cancelled or held (the mailbox sends nothing automatic for now)."`
	Channel   string     `json:"channel" example:"email" doc:"How it goes."`
	Address   string     `json:"address" example:"erika@example.org" doc:"Where to."`
	Attempts  int64      `json:"attempts" example:"1" doc:"How often it was tried."`
	NextAt    *time.Time `json:"next_at,omitempty" example:"2026-11-23T10:02:10Z" doc:"When it is tried next."`
	Code      int64      `json:"code,omitempty" example:"250" doc:"What the server answered, as a number."`
	Words     string     `json:"words,omitempty" example:"OK" doc:"What the server answered, in words."`
	CreatedAt time.Time  `json:"created_at" example:"2026-11-23T10:02:00Z" doc:"When it was intended."`
	SentAt    *time.Time `json:"sent_at,omitempty" example:"2026-11-23T10:02:11Z" doc:"When the server took it."`
	Reported  string     `json:"reported,omitempty" enum:"undelivered,delayed,delivered,complaint,absent,read,unexplained" example:"undelivered" doc:"What others reported of it after it was sent."`
	ReportID  string     `json:"report_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000c" doc:"The message that says so."`
	Status    string     `json:"status,omitempty" example:"5.1.1" doc:"Enhanced status code of the answer or the report (RFC 3463)."`
	Reason    string     `json:"reason,omitempty" example:"userunknown" doc:"What the status means."`
	Hard      bool       `json:"hard,omitempty" example:"true" doc:"Writing to this address again is useless."`
	Role      string     `json:"role,omitempty" enum:"to,cc,bcc" example:"to" doc:"In which field of the mail its receiver stands."`
	Way       string     `json:"way,omitempty" enum:"phone,letter,page,arrived,corrected,again,dropped" example:"phone" doc:"How it was dealt with, if it did not simply arrive."`
	SettledBy string     `json:"settled_by,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000002" doc:"The staff member who did. Without one what came back proved it."`
	SettledAt *time.Time `json:"settled_at,omitempty" example:"2026-11-23T11:00:00Z" doc:"When."`
	Follows   string     `json:"follows,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The delivery it was sent instead of."`
}

func at(s clock.Stamp) *time.Time {
	if s.IsZero() {
		return nil
	}
	t := s.Time()
	return &t
}

// parseID reads an id of the address; what is none leads nowhere.
func parseID(s, key string) (ids.ID, error) {
	id, err := ids.Parse(s)
	if err != nil || id.IsZero() {
		return ids.ID{}, errs.New(errs.NotFound, key)
	}
	return id, nil
}

// names puts the names of teams, colleagues and what cases are about beside their
// ids, from memory.
type names struct {
	teams, people map[ids.ID]string
	entries       map[ids.ID]Labelled
	p             *i18n.Printer
}

func (s *Server) names(ctx context.Context, a access.Actor) (names, error) {
	known := names{teams: map[ids.ID]string{}, people: map[ids.ID]string{}, entries: map[ids.ID]Labelled{}, p: i18n.From(ctx)}
	teams, err := s.Staff.Teams(ctx, access.Lotse(a.BrandID))
	if err != nil {
		return known, err
	}
	for _, t := range teams {
		known.teams[t.ID] = t.Name
	}
	people, err := s.Staff.Colleagues(ctx, access.Lotse(a.BrandID))
	if err != nil {
		return known, err
	}
	for _, p := range people {
		known.people[p.ID] = p.Name
	}
	for _, kind := range catalog.EntryKinds() {
		list, err := s.Catalog.Entries(ctx, a.BrandID, kind)
		if err != nil {
			return known, err
		}
		for _, e := range list {
			known.entries[e.ID] = Labelled{ID: e.ID.String(), Key: e.Key, Name: e.Name(i18n.From(ctx).Locale())}
		}
	}
	return known, nil
}

func (n names) entry(id ids.ID) *Labelled {
	if id.IsZero() {
		return nil
	}
	e, ok := n.entries[id]
	if !ok {
		e = Labelled{ID: id.String()}
	}
	return &e
}

func (n names) team(id ids.ID) Named { return Named{ID: id.String(), Name: n.teams[id]} }

func (n names) teamOrNone(id ids.ID) *Named {
	if id.IsZero() {
		return nil
	}
	return &Named{ID: id.String(), Name: n.teams[id]}
}

func (n names) person(id ids.ID) *Named {
	if id.IsZero() {
		return nil
	}
	return &Named{ID: id.String(), Name: n.people[id]}
}

func (n names) summary(r views.Row) Summary {
	return Summary{Number: r.Number, State: r.State.String(), Subject: r.Subject, Customer: r.CustomerName, Excerpt: r.Excerpt, Team: n.team(r.TeamID),
		Owner: n.person(r.OwnerID), Channel: r.Channel, Messages: r.Messages, Awaits: r.Awaits, DueAt: at(r.DueAt), MovedAt: r.MovedAt.Time(),
		Trashed: r.Trashed, Restricted: r.Restricted}
}

func (n names) caseOf(c desk.Case) Case {
	return Case{Number: c.Number, ID: c.ID.String(), State: c.State.String(), Subject: c.Subject, Team: n.team(c.TeamID), Owner: n.person(c.OwnerID),
		CustomerID: c.CustomerID.String(), Channel: c.Channel, Language: c.Language, Version: c.Version, Messages: c.Messages, Public: c.Public.String(),
		Topic: n.entry(c.Class.Topic), Product: n.entry(c.Class.Product), Region: n.entry(c.Class.Region),
		CreatedAt: at(c.CreatedAt), ChangedAt: at(c.ChangedAt), DueAt: at(c.DueAt), AnsweredAt: at(c.AnsweredAt), ClosedAt: at(c.ClosedAt),
		TrashedAt: at(c.TrashedAt), ErasureAskedAt: at(c.ErasureAt)}
}

var messageKinds = map[desk.MessageKind]string{desk.Inbound: "inbound", desk.Reply: "reply", desk.Note: "note", desk.Ack: "acknowledgement",
	desk.HandOver: "handover", desk.Withdrawn: "withdrawn", desk.MovedAway: "moved_away", desk.SideOut: "side_out", desk.SideIn: "side_in"}

var visibilities = map[desk.Visibility]string{desk.Private: "private", desk.Internal: "internal", desk.Public: "public"}

var actorKinds = map[access.Kind]string{access.Nobody: "nobody", access.System: "program", access.Staff: "staff", access.Customer: "customer"}

func (n names) message(m desk.Message, deliveries []outbox.Delivery) Message {
	shown := Message{ID: m.ID.String(), Seq: m.Seq, Kind: messageKinds[m.Kind], Visibility: visibilities[m.Visibility],
		Author:  Author{Kind: actorKinds[m.AuthorKind], ID: m.AuthorID.String(), Name: m.AuthorName},
		Channel: m.Channel, Subject: m.Subject, Text: m.Body, HTML: string(m.HTML), CreatedAt: m.CreatedAt.Time(),
		ToTeam: n.teamOrNone(m.ToTeam), ToOwner: n.person(m.ToOwner), Addressed: addressees(m.Addressed), Attachments: each(m.Attachments, attachment), Deliveries: each(deliveries, delivery)}
	if !m.SideID.IsZero() {
		shown.SideID = m.SideID.String()
	}
	for _, f := range m.Found.Enclosed {
		shown.Enclosed = append(shown.Enclosed, Enclosed{ID: f.ID.String(), Name: f.Name, Size: f.Size})
	}
	n.find(&shown, m)
	return shown
}

// addressees is absent where nobody is known.
func addressees(all []desk.Addressee) []Addressee {
	if len(all) == 0 {
		return nil
	}
	return each(all, func(x desk.Addressee) Addressee {
		return Addressee{Role: x.Role.String(), Address: x.Address, Name: x.Name}
	})
}

func attachment(a desk.Attachment) Attachment {
	return Attachment{ID: a.ID.String(), MessageID: a.MessageID.String(), Name: a.Name, ContentType: a.ContentType, Size: a.Size, Inline: a.Inline, Linked: a.Linked}
}

func delivery(d outbox.Delivery) Delivery {
	return Delivery{ID: d.ID.String(), State: d.State.String(), Channel: d.Channel, Address: d.Address, Attempts: d.Attempts, NextAt: at(d.NextAt),
		Code: d.Code, Words: d.Words, CreatedAt: d.CreatedAt.Time(), SentAt: at(d.SentAt),
		Reported: reportKinds[d.Reported], ReportID: optional(d.ReportID), Status: d.Status, Reason: d.Reason, Hard: d.Hard,
		Role: recipientRoles[d.Role], Way: d.Way.String(), SettledBy: optional(d.SettledBy), SettledAt: at(d.SettledAt), Follows: optional(d.Follows)}
}
