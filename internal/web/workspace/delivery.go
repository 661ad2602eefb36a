package workspace

import (
	"cmp"
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web/ui"
)

// send is one delivery of a message: where it stands, and what a person can do.
type send struct {
	props   ui.DeliveryProps
	id      string
	address string
	own     bool // the case's customer is its receiver
	again   bool // a person may decide to send it again
	mend    bool // … to send it elsewhere, or to settle it in another way
	unsure  bool // it may have arrived
	hard    bool // nothing can arrive there
	undo    int  // seconds it can still be taken back; 0 if it can't
	report  ids.ID
	said    *entry // the message that reports what became of it
	why     string // what happened, in plain words
}

// sends are the deliveries of a message. What is taken back is taken back for all of
// them.
func (p casePage) sends(m desk.Message) []send {
	var all []send
	undo := false
	for _, d := range p.deliveries[m.ID] {
		s := p.send(m, d)
		if undo {
			s.undo = 0
		}
		undo = undo || s.undo > 0
		all = append(all, s)
	}
	return all
}

// failedSend is what a folded message says of the send that needs a person.
func failedSend(sends []send) string {
	for _, s := range sends {
		if s.again {
			return s.props.Text
		}
	}
	return ""
}

var deliveryStates = map[outbox.State]ui.DeliveryState{
	outbox.Queued: ui.Queued, outbox.Sending: ui.Queued, outbox.Sent: ui.Sent, outbox.Failed: ui.Failed, outbox.Unsure: ui.Failed,
	outbox.Settled: ui.Settled, outbox.Cancelled: ui.Queued, outbox.Held: ui.Queued,
}

// send puts a delivery into words: where it stands, to whom, when; and why, if it is
// not simply sent.
func (p casePage) send(m desk.Message, d outbox.Delivery) send {
	s := send{
		id: d.ID.String(), address: d.Address, own: p.isCustomer(d.Address) && d.Kind != outbox.SideKind, props: ui.DeliveryProps{State: deliveryStates[d.State]},
		again: d.State == outbox.Failed || d.State == outbox.Unsure, unsure: d.State == outbox.Unsure, hard: d.Hard && d.State == outbox.Failed,
		report: d.ReportID, undo: p.undoLeft(m, d),
	}
	s.mend = s.again || d.State == outbox.Queued && d.Attempts > 0
	text := []string{p.p.T("delivery.state." + d.State.String()), p.receiver(d)}
	switch {
	case d.State == outbox.Settled:
		text[0] = p.p.T("workspace.send.settled", "How", p.p.T("delivery.way."+d.Way.String()))
		text = append(text, p.settled(d))
		s.props.Detail = p.said(d)
	case d.Reported != 0:
		text[0] = p.reportedState(d)
		s.props.State = p.reportedMark(d)
		s.props.Detail, s.why = p.reportedDetail(d), p.reportedWhy(d)
	case d.State == outbox.Sent && d.Way == outbox.Arrived:
		s.props.State = ui.Delivered
		text[0] = p.p.T("workspace.sent.delivered")
		text = append(text, p.p.DateTime(d.SettledAt.Time()))
		s.why = p.p.T("workspace.send.proven")
	case d.State == outbox.Sent:
		text = append(text, p.p.DateTime(d.SentAt.Time()))
	case p.waits(d):
		text[0] = p.p.T("workspace.send.waits")
		text = append(text, p.nextTry(d))
		s.props.Detail, s.why = p.said(d), p.waitsFor(d)
	case s.again:
		if d.Attempts > 1 {
			text = append(text, p.p.N("workspace.delivery.attempts", int(d.Attempts)))
		}
		s.props.Detail, s.why = p.said(d), p.whyTroubled(d)
		if s.unsure && d.Code == 0 && !ours(d.Words) {
			s.props.Detail = "" // how the network puts it says less than why
		}
	}
	s.props.Text = strings.Join(text, " · ")
	return s
}

// receiver is the address, with how it stands in the mail if not as who it is to.
func (p casePage) receiver(d outbox.Delivery) string {
	switch d.Role {
	case outbox.RoleCc:
		return p.p.T("workspace.send.cc", "Address", d.Address)
	case outbox.RoleBcc:
		return p.p.T("workspace.send.bcc", "Address", d.Address)
	}
	return d.Address
}

func (p casePage) isCustomer(address string) bool {
	for _, i := range p.customer.Identities {
		if strings.EqualFold(i.Value, address) {
			return true
		}
	}
	return false
}

// waits reports whether a delivery was tried, or could not be, and is tried again.
func (p casePage) waits(d outbox.Delivery) bool {
	return d.State == outbox.Queued && (d.Attempts > 0 || d.Reason == outbox.Resting)
}

// nextTry says how often it was tried and when it is again: the time of day too, for
// whoever is asked on the phone.
func (p casePage) nextTry(d outbox.Delivery) string {
	next := d.NextAt.Time()
	when := p.p.Relative(next, p.now)
	if d.Attempts == 0 {
		return p.p.T("workspace.send.next", "When", when)
	}
	tries := p.p.N("workspace.delivery.retry", int(d.Attempts), "When", when)
	if next.Sub(p.now) < time.Minute {
		return tries
	}
	return tries + p.p.T("workspace.send.at", "Time", p.p.Clock(next))
}

// waitsFor says in plain words why a delivery waits, "" if only the server's words do.
func (p casePage) waitsFor(d outbox.Delivery) string {
	if d.Reason == outbox.Greylisted || d.Reason == outbox.Resting {
		return p.p.T("bounce.reason." + d.Reason)
	}
	return ""
}

// whyTroubled says in plain words why nobody knows what became of a delivery, or what
// the server's refusal means.
func (p casePage) whyTroubled(d outbox.Delivery) string {
	switch {
	case d.State == outbox.Unsure && d.Words == outbox.Restored:
		return p.p.T("workspace.send.unsure_restored")
	case d.State == outbox.Unsure:
		return p.p.T("workspace.send.unsure")
	case d.Reason != "":
		return p.meaning(d)
	}
	return ""
}

// settled says who dealt with a delivery, and when.
func (p casePage) settled(d outbox.Delivery) string {
	when := p.p.DateTime(d.SettledAt.Time())
	if by := p.crew.person(d.SettledBy); by != "" {
		return by + ", " + when
	}
	return when
}

// said is the server's answer, with its code in front, or what we say ourselves.
func (p casePage) said(d outbox.Delivery) string {
	if ours(d.Words) {
		return p.p.T(d.Words)
	}
	if code := strconv.FormatInt(d.Code, 10); d.Code > 0 && !strings.HasPrefix(d.Words, code) {
		return strings.TrimSpace(code + " " + d.Words)
	}
	return d.Words
}

// ours reports whether words are a key of the catalogue: no server said anything.
func ours(words string) bool { return strings.HasPrefix(words, "delivery.") }

// meaning says in plain words why a message was refused or came back.
func (p casePage) meaning(d outbox.Delivery) string {
	key := "bounce.reason." + cmp.Or(d.Reason, "undefined")
	reason := p.p.T(key)
	if reason == key {
		reason = p.p.T("workspace.sent.unknown")
	}
	return reason
}

// reportedState says what others reported of a delivery.
func (p casePage) reportedState(d outbox.Delivery) string {
	name := reportNames[d.Reported]
	switch {
	case d.Reported == intake.Undelivered && d.Hard:
		return p.p.T("workspace.sent.hard")
	case d.Reported == intake.Undelivered:
		return p.p.T("workspace.sent.soft")
	case d.Reported == intake.Unexplained && d.State == outbox.Unsure:
		return p.p.T("delivery.state.uncertain")
	case !d.Until.IsZero() && (d.Reported == intake.Absent || d.Reported == intake.Delayed):
		return p.p.T("workspace.sent."+name+"_until", "When", p.p.Date(d.Until.Time()))
	}
	return p.p.T("workspace.sent." + name)
}

func (p casePage) reportedMark(d outbox.Delivery) ui.DeliveryState {
	switch d.Reported {
	case intake.Undelivered, intake.Complaint, intake.Unexplained:
		return ui.Failed
	case intake.Delayed:
		return ui.Queued
	case intake.Delivered, intake.Read:
		return ui.Delivered
	}
	return ui.Sent
}

// reportedDetail is what the server said, with its status if it did not say that.
func (p casePage) reportedDetail(d outbox.Delivery) string {
	switch d.Reported {
	case intake.Undelivered:
		said := p.said(d)
		if !strings.Contains(said, d.Status) {
			said = strings.TrimSpace(d.Status + " " + said)
		}
		return said
	case intake.Delayed:
		return p.said(d)
	}
	return ""
}

func (p casePage) reportedWhy(d outbox.Delivery) string {
	switch d.Reported {
	case intake.Undelivered:
		return p.meaning(d)
	case intake.Unexplained:
		return p.p.T("workspace.send.unexplained")
	}
	return ""
}

// undoLeft is how many seconds the actor can still take the reply back.
func (p casePage) undoLeft(m desk.Message, d outbox.Delivery) int {
	own := m.AuthorID == p.actor.ID || p.actor.May(access.RepairIntake)
	if m.Kind != desk.Reply || !own || d.State != outbox.Queued || d.Attempts > 0 || d.Reason != "" || !d.Follows.IsZero() || d.NextAt.IsZero() {
		return 0
	}
	left := d.NextAt.Time().Sub(p.now)
	if left <= 0 {
		return 0
	}
	return int(math.Ceil(float64(left) / float64(time.Second)))
}

// fieldID keeps the controls of several deliveries apart. The one that was refused has
// the plain id, to which the summary of what is wrong leads.
func (p casePage) fieldID(s send, name string) string {
	if p.refused(s, name) {
		return ui.FieldID(name)
	}
	return ui.FieldID(name + "-" + s.id)
}

// refused reports whether a field of the form of a delivery was.
func (p casePage) refused(s send, name string) bool {
	return p.draft.Delivery == s.id && p.wrong(name) != ""
}

// wrongOf is what is wrong with a field of the form of a delivery.
func (p casePage) wrongOf(s send, name string) string {
	if p.draft.Delivery != s.id {
		return ""
	}
	return p.wrong(name)
}

// keepLabel offers to keep a corrected address. One that works is not taken away for it.
func (p casePage) keepLabel(s send) string {
	if s.hard {
		return p.p.T("workspace.correct.keep_instead", "Name", p.customerName(), "Address", s.address)
	}
	return p.p.T("workspace.correct.keep", "Name", p.customerName())
}

// typedAddress is what the field for another address holds.
func (p casePage) typedAddress(s send) string {
	if p.draft.Delivery == s.id && p.draft.Address != "" {
		return p.draft.Address
	}
	return s.address
}

// waysOf are the ways in which a person can have dealt with a delivery.
func (p casePage) waysOf(s send) []ui.Option {
	ways := []outbox.Way{outbox.ByPhone, outbox.ByLetter, outbox.ByPage, outbox.Dropped}
	if s.unsure {
		ways = append([]outbox.Way{outbox.Arrived}, ways...)
	}
	options := []ui.Option{{Label: p.p.T("workspace.settle.choose")}}
	for _, w := range ways {
		options = append(options, ui.Option{Value: w.String(), Label: p.p.T("workspace.settle.way." + w.String())})
	}
	return options
}

func readDelivery(value string) (ids.ID, error) {
	id, err := ids.Parse(value)
	if err != nil {
		return ids.ID{}, errs.New(errs.NotFound, "delivery.not_found")
	}
	return id, nil
}

var resend = action{
	done: "workspace.flash.resent",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		delivery, err := readDelivery(d.Delivery)
		if err != nil {
			return "", err
		}
		return "", w.Outbox.SendAgain(ctx, a, delivery, d.Sure)
	},
}

var correct = action{
	done: "workspace.flash.corrected",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		delivery, err := readDelivery(d.Delivery)
		if err != nil {
			return "", err
		}
		return "", w.Outbox.Correct(ctx, a, delivery, d.Address, d.Keep)
	},
}

var settleDelivery = action{
	done: "workspace.flash.settled",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		delivery, err := readDelivery(d.Delivery)
		if err != nil {
			return "", err
		}
		way, _ := outbox.ParseWay(d.Way) // what is none is refused by the outbox
		return "", w.Outbox.Settle(ctx, a, delivery, way)
	},
}
