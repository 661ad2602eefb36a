package workspace

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/ids"
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
	looks   bool     // it has HTML of its own to show
	raw     bool     // it came as a mail
	hints   []string // what a reader should know of it
	fresh   bool     // came while the writer was writing
	files   []desk.Attachment
	sends   []send
}

// send is one delivery of a message.
type send struct {
	props  ui.DeliveryProps
	id     string
	again  bool // a person may decide to send it again
	unsure bool // it may have arrived
	undo   int  // seconds it can still be taken back; 0 if it can't
	report ids.ID
	said   *entry // the message that reports what became of it
	why    string // it came back
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
	for _, d := range p.deliveries[m.ID] {
		e.sends = append(e.sends, p.send(m, d))
	}
	switch m.Kind {
	case desk.Inbound:
		p.inbound(&e)
	case desk.Reply:
		e.props.From, e.props.Role = ui.FromStaff, p.p.T("workspace.role.reply")
		e.props.Channel, e.props.ChannelIcon = channelName(p.p, m.Channel), channelIcon(m.Channel)
	case desk.Note:
		e.props.From = ui.FromNote
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

func failedSend(sends []send) string {
	for _, s := range sends {
		if s.again {
			return s.props.Text
		}
	}
	return ""
}

// automations name what wrote a message if no person did, by intake.Automation.
var automations = map[uint8]string{1: "generated", 2: "replied", 3: "bulk", 4: "bounce", 5: "own"}

func (p casePage) inbound(e *entry) {
	m := e.message
	e.props.From = ui.FromCustomer
	e.props.Channel, e.props.ChannelIcon = channelName(p.p, m.Channel), channelIcon(m.Channel)
	p.found(e)
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

var deliveryStates = map[outbox.State]ui.DeliveryState{
	outbox.Queued: ui.Queued, outbox.Sending: ui.Queued, outbox.Sent: ui.Sent, outbox.Failed: ui.Failed, outbox.Unsure: ui.Failed, outbox.Cancelled: ui.Queued,
}

// send puts a delivery into words: state, address, when, and what the other
// side said if that matters.
func (p casePage) send(m desk.Message, d outbox.Delivery) send {
	text := []string{p.p.T("delivery.state." + d.State.String()), d.Address}
	trouble := d.State == outbox.Failed || d.State == outbox.Unsure
	if d.Reported != 0 {
		return p.reportedSend(m, d)
	}
	switch {
	case d.State == outbox.Sent:
		text = append(text, p.p.DateTime(d.SentAt.Time()))
	case d.State == outbox.Queued && d.Attempts > 0:
		text = append(text, p.p.N("workspace.delivery.retry", int(d.Attempts), "When", p.p.Relative(d.NextAt.Time(), p.now)))
		trouble = true
	case trouble && d.Attempts > 1:
		text = append(text, p.p.N("workspace.delivery.attempts", int(d.Attempts)))
	}
	s := send{id: d.ID.String(), props: ui.DeliveryProps{State: deliveryStates[d.State], Text: strings.Join(text, " · ")}}
	if trouble {
		s.props.Detail = p.said(d)
	}
	s.again = d.State == outbox.Failed || d.State == outbox.Unsure
	s.unsure = d.State == outbox.Unsure
	s.undo = p.undoLeft(m, d)
	return s
}

// said is the server's answer, with its code in front, or what we say ourselves.
func (p casePage) said(d outbox.Delivery) string {
	if d.Words == outbox.NoRelay || d.Words == outbox.Interrupted || d.Words == outbox.Restored {
		return p.p.T(d.Words)
	}
	if code := strconv.FormatInt(d.Code, 10); d.Code > 0 && !strings.HasPrefix(d.Words, code) {
		return strings.TrimSpace(code + " " + d.Words)
	}
	return d.Words
}

// undoLeft is how many seconds the actor can still take the reply back.
func (p casePage) undoLeft(m desk.Message, d outbox.Delivery) int {
	own := m.AuthorID == p.actor.ID || p.actor.May(access.RepairIntake)
	if m.Kind != desk.Reply || !own || d.State != outbox.Queued || d.Attempts > 0 || d.NextAt.IsZero() {
		return 0
	}
	left := d.NextAt.Time().Sub(p.now)
	if left <= 0 {
		return 0
	}
	return int(math.Ceil(float64(left) / float64(time.Second)))
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
	}
	return ui.Attachments(list)
}

func orName(name, fallback string) string {
	if name == "" {
		return fallback
	}
	return name
}
