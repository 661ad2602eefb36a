package portal

import (
	"strconv"

	"github.com/a-h/templ"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/i18n"
	"lotse/internal/publish"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

// What the page of a case says, in words.

func stateName(p *i18n.Printer, s desk.State) string { return p.T("portal.state." + s.String()) }

func stateTone(s desk.State) ui.Tone {
	switch s {
	case desk.Fresh, desk.Open:
		return ui.Brand
	case desk.WaitingCustomer:
		return ui.Warning
	case desk.Answered, desk.Solved:
		return ui.Success
	}
	return ui.Neutral
}

// ownerLine says who is responsible: a person with the team, or the team.
func (p casePage) ownerLine() string {
	if p.owner == "" {
		return p.p.T("portal.case.by_team", "Team", p.team)
	}
	return p.p.T("portal.case.by_person", "Name", p.owner, "Team", p.team)
}

// next says what happens next.
func (p casePage) next() string { return p.p.T("portal.next." + p.file.Case.State.String()) }

// overdue reports whether what was announced is late.
func (p casePage) overdue() bool {
	due := p.file.Case.DueAt
	return p.file.Case.State.IsOpen() && !due.IsZero() && due.Time().Before(p.now)
}

// until says until when one hears from us; "" if nothing is owed. It never names
// a moment that is past.
func (p casePage) until() string {
	c := p.file.Case
	switch {
	case !c.State.IsOpen(), c.DueAt.IsZero(), p.overdue():
		return ""
	}
	return p.p.T("portal.case.until", "When", p.p.LongDateTime(c.DueAt.Time()))
}

func (p casePage) facts() []ui.KeyValue {
	c := p.file.Case
	var facts []ui.KeyValue
	if p.asked { // else it is the title of the page
		facts = append(facts, ui.KeyValue{Label: p.p.T("portal.ask.subject"), Text: subjectOr(p.p, c.Subject)})
	}
	facts = append(facts, []ui.KeyValue{
		{Label: p.p.T("portal.case.state"), Value: ui.Badge(stateTone(c.State), stateName(p.p, c.State))},
		{Label: p.p.T("portal.case.owner"), Text: p.ownerLine()},
		{Label: p.p.T("portal.case.next"), Text: p.next()},
	}...)
	if until := p.until(); until != "" {
		facts = append(facts, ui.KeyValue{Label: p.p.T("portal.case.hear"), Text: until})
	}
	return append(facts,
		ui.KeyValue{Label: p.p.T("portal.case.number"), Value: ui.CopyText("case-number", c.Number)},
		ui.KeyValue{Label: p.p.T("portal.case.received"), Value: ui.DateTime(c.CreatedAt.Time())})
}

// steps tell how a case that was just opened goes on.
func (p casePage) steps() []ui.StepItem {
	mail := p.p.T("portal.steps.mail")
	if p.sentTo != "" {
		mail = p.p.T("portal.steps.mail_to", "Address", p.sentTo)
	}
	return []ui.StepItem{
		{Title: p.p.T("portal.steps.here"), When: p.p.DateTime(p.file.Case.CreatedAt.Time()), Text: mail, State: ui.StepDone},
		{Title: p.p.T("portal.steps.read"), Text: p.ownerLine(), State: ui.StepNow},
		{Title: p.p.T("portal.steps.answer"), Text: p.p.T("portal.steps.answer_text")},
		{Title: p.p.T("portal.steps.yours"), Text: p.p.T("portal.steps.yours_text")},
	}
}

// asksWhetherSolved reports whether the answer to that is due now.
func (p casePage) asksWhetherSolved() bool { return p.file.Case.State == desk.Answered }

// may reports whether the case can still be called solved.
func (p casePage) maySolve() bool {
	s := p.file.Case.State
	return s.IsOpen() && s != desk.Answered
}

// entry is one message of the history.
type entry struct {
	props  ui.MessageProps
	body   letter.Text
	folded string // what stands for it until it is unfolded
}

// entries put the history into words.
func (p casePage) entries() []entry {
	list := make([]entry, 0, len(p.file.Messages))
	for _, m := range p.file.Messages {
		e := entry{body: letter.TextOf(m, p.p, nil), props: ui.MessageProps{ID: "m-" + strconv.FormatInt(m.Seq, 10),
			Author: p.author(m), At: m.CreatedAt.Time(), Now: p.now, Attachments: p.files(m)}}
		switch m.Kind {
		case desk.Inbound:
			e.props.From = ui.FromCustomer
		case desk.Ack:
			e.props.From, e.props.Icon, e.folded = ui.FromSystem, "mail", p.p.T("portal.case.ack")
		default:
			e.props.From, e.props.Role = ui.FromStaff, p.team
		}
		list = append(list, e)
	}
	return list
}

// author is who wrote a message. What the customer wrote is theirs; others who
// wrote into the case keep their names.
func (p casePage) author(m desk.Message) string {
	switch {
	case m.Kind == desk.Inbound && m.AuthorID == p.actor.ID:
		return p.p.T("portal.case.you")
	case m.AuthorKind == access.Staff && p.names[m.AuthorID] != "":
		return p.names[m.AuthorID]
	case m.AuthorName != "":
		return m.AuthorName
	}
	return p.team
}

func (p casePage) files(m desk.Message) templ.Component {
	if len(m.Attachments) == 0 {
		return nil
	}
	var list []ui.AttachmentProps
	for _, a := range m.Attachments {
		name := a.Name
		if name == "" {
			name = p.p.T("portal.form.file")
		}
		list = append(list, ui.AttachmentProps{Name: name, Href: letter.Path(p.path+"/files", a), Size: p.p.Bytes(a.Size), Icon: letter.Icon(a)})
	}
	return ui.Attachments(list)
}

// publicity is where the public side of a case stands.
type publicity struct {
	key  string // of its texts: portal.publicity.KEY, and KEY_text
	tone ui.Tone
	path string // of the thread's page, once it is shown
	own  bool   // there is something to change or take back
}

// publicityOf says where a thread stands. A change that waits counts before the
// text it would replace.
func publicityOf(t *publish.CaseThread) publicity {
	if t == nil || t.State == publish.Gone {
		return publicity{key: "private", tone: ui.Neutral}
	}
	q, change := t.Question(), t.Revision()
	if q.Version == 0 || q.State == publish.PostWithdrawn {
		return publicity{key: "private", tone: ui.Neutral}
	}
	s := publicity{own: true}
	if t.State == publish.Shown {
		s.path = t.Path()
	}
	switch state := q.State; {
	case change.Version > 0 && change.State == publish.PostRefused:
		s.key, s.tone = "change_refused", ui.Warning
	case change.Version > 0 && change.State == publish.PostUnconfirmed:
		s.key, s.tone = "change_unconfirmed", ui.Warning
	case change.Version > 0:
		s.key, s.tone = "change_review", ui.Info
	case state == publish.PostShown:
		s.key, s.tone = "shown", ui.Info
	case state == publish.PostUnconfirmed:
		s.key, s.tone = "unconfirmed", ui.Warning
	case state == publish.PostRefused:
		s.key, s.tone = "refused", ui.Warning
	default:
		s.key, s.tone = "review", ui.Info
	}
	return s
}

// public reports whether everybody can read something of the case now.
func (s publicity) public() bool { return s.path != "" }
