package workspace

import (
	"github.com/a-h/templ"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

// entry is one message of the timeline, put into words.
type entry struct {
	message desk.Message
	props   ui.MessageProps
	body    letter.Text
	said    string // in place of a message: what happened, as one line
	to      string // number of the case it leads to
	folded  string // what stands for it until it is unfolded; "" shows it at once
	origin  string // why it is in this case
	key     string // id of the message that decided on that
	back    string // number of the case it can be moved back to
	trust   *trust
	offer   *offer
	side    string   // path of the side conversation it is of
	looks   bool     // it has HTML of its own to show
	raw     bool     // it came as a mail
	hints   []string // what a reader should know of it
	fresh   bool     // came while the writer was writing
	files   []desk.Attachment
	sends   []send
}

// describe puts the timeline into words.
func (p casePage) describe() []entry {
	entries := make([]entry, len(p.file.Messages))
	for i, m := range p.file.Messages {
		entries[i] = p.entry(m)
	}
	return p.withFilings(withReports(entries))
}

func (p casePage) entry(m desk.Message) entry {
	e := entry{message: m, body: letter.TextOf(m, p.p, picture), props: ui.MessageProps{
		ID: "m-" + m.ID.String(), Author: p.author(m), Portrait: p.portrait(m), At: m.CreatedAt.Time(), Now: p.now,
	}}
	for _, a := range m.Attachments {
		if a.Virus != "" {
			e.hints = append(e.hints, p.p.T("workspace.virus.file", "File", orName(a.Name, p.p.T("workspace.file")), "Virus", a.Virus))
		}
		if !e.body.Inline[a.ID] {
			e.files = append(e.files, a)
		}
	}
	e.sends = p.sends(m)
	switch m.Kind {
	case desk.Inbound:
		p.inbound(&e)
	case desk.Reply:
		if m.Visibility == desk.Internal {
			e.hints = append(e.hints, p.p.T("reply.internal"))
		}
		e.props.From, e.props.Role = ui.FromStaff, p.p.T("workspace.role.reply")
		e.props.Channel, e.props.ChannelIcon = channelName(p.p, m.Channel), channelIcon(m.Channel)
	case desk.Note:
		e.props.From = ui.FromNote
	case desk.SideOut, desk.SideIn:
		p.sideEntry(&e)
	case desk.HandOver:
		e.props.From, e.props.Role = ui.FromNote, p.handedTo(m)
	case desk.Withdrawn:
		e.props.From, e.props.Icon = ui.FromSystem, "undo"
		e.folded = p.p.T("workspace.folded.withdrawn", "Name", e.props.Author)
	case desk.MovedAway:
		e.props.From, e.props.Icon = ui.FromSystem, "arrow-right"
		e.said, e.to = p.p.T("workspace.moved.away", "Name", e.props.Author), m.Found.To
	case desk.Ack:
		e.props.From, e.props.Icon = ui.FromSystem, "bot"
		e.folded = p.p.T("workspace.folded.ack")
		if trouble := failedSend(e.sends); trouble != "" {
			e.folded += ": " + trouble
		}
	}
	p.whereFrom(&e)
	return e
}

// handedTo says to whom a hand-over went.
func (p casePage) handedTo(m desk.Message) string {
	team, person := p.crew.team(m.ToTeam), p.crew.person(m.ToOwner)
	switch {
	case team == "": // handed over before that was kept
		return p.p.T("workspace.role.handover")
	case person == "":
		return p.p.T("workspace.role.handover_team", "Team", team)
	}
	return p.p.T("workspace.role.handover_person", "Name", person, "Team", team)
}

// automations name what wrote a message if no person did, by intake.Automation.
var automations = map[uint8]string{1: "generated", 2: "replied", 3: "bulk", 4: "bounce", 5: "own"}

func (p casePage) inbound(e *entry) {
	m := e.message
	e.props.From = ui.FromCustomer
	e.props.Channel, e.props.ChannelIcon = channelName(p.p, m.Channel), channelIcon(m.Channel)
	p.found(e)
	if others := alsoTo(m); others != "" {
		e.hints = append(e.hints, p.p.T("reply.also", "Names", others))
	}
	if name, ok := automations[m.Automation]; ok {
		e.hints = append(e.hints, p.p.T("workspace.automation."+name))
	}
	if e.body.Blocked > 0 {
		e.hints = append(e.hints, p.p.N("workspace.blocked", e.body.Blocked))
	}
}

// portrait is the address of the picture of the colleague who wrote a message.
func (p casePage) portrait(m desk.Message) string {
	if m.AuthorKind != access.Staff {
		return ""
	}
	return p.crew.portrait(m.AuthorID)
}

func (p casePage) author(m desk.Message) string {
	switch {
	case m.AuthorName != "":
		return m.AuthorName
	case m.AuthorKind == access.Staff:
		return p.crew.person(m.AuthorID)
	case m.AuthorKind == access.System:
		return "Lotse"
	}
	return p.customerName()
}

// markFresh marks what came after the message the writer saw last.
func (p casePage) markFresh() {
	for i := range p.entries {
		p.entries[i].fresh = p.read >= 0 && p.entries[i].message.Seq > p.read
	}
}

// attachments lists the files of a message, nil if there are none.
func (p casePage) attachments(e entry) templ.Component {
	if len(e.files) == 0 {
		return nil
	}
	list := make([]ui.AttachmentProps, len(e.files))
	for i, a := range e.files {
		list[i] = ui.AttachmentProps{Name: orName(a.Name, p.p.T("workspace.file")), Href: attachmentPath(a), Size: p.p.Bytes(a.Size), Icon: letter.Icon(a)}
		if a.Linked {
			list[i].Size += " · " + p.p.T("reply.linked")
		}
	}
	return ui.Attachments(list)
}

func orName(name, fallback string) string {
	if name == "" {
		return fallback
	}
	return name
}
