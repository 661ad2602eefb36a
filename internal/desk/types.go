package desk

import (
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// State is where a case stands.
type State uint8

// The states. They are stored and compared (below Solved means open): never
// renumber.
const (
	Fresh           State = 1 // "new": nobody has looked yet
	Open            State = 2 // being worked on
	WaitingCustomer State = 3
	WaitingOthers   State = 4
	Answered        State = 5 // awaiting the customer's confirmation
	Solved          State = 6 // the customer confirmed
	Closed          State = 7 // unconfirmed; never counted as solved
)

var stateNames = map[State]string{
	Fresh: "new", Open: "open", WaitingCustomer: "waiting_customer", WaitingOthers: "waiting_others",
	Answered: "answered", Solved: "solved", Closed: "closed",
}

// States returns all states in order.
func States() []State {
	return []State{Fresh, Open, WaitingCustomer, WaitingOthers, Answered, Solved, Closed}
}

// String returns the state's name in forms, the API and the catalogue.
func (s State) String() string { return stateNames[s] }

// ParseState reads a state's name.
func ParseState(name string) (State, bool) {
	for s, n := range stateNames {
		if n == name {
			return s, true
		}
	}
	return 0, false
}

// IsOpen reports whether work may remain.
func (s State) IsOpen() bool { return s < Solved }

// Case is one concern of one customer.
type Case struct {
	ID         ids.ID
	BrandID    ids.ID
	Number     string
	Subject    string
	State      State
	TeamID     ids.ID
	OwnerID    ids.ID // zero: the team's duty roster owns it
	CustomerID ids.ID
	AccountID  ids.ID // the account it came in by; zero if by none
	Channel    string
	Language   string
	Version    int64 // raised by every change
	Messages   int64 // how many the timeline holds
	MergedInto ids.ID
	CreatedAt  clock.Stamp
	ChangedAt  clock.Stamp
	DueAt      clock.Stamp // when the next answer was announced; zero if none is owed
	AnsweredAt clock.Stamp // first answer by a person
	ClosedAt   clock.Stamp
	TrashedAt  clock.Stamp // in the trash since; pages of customers say nothing of it
	ErasureAt  clock.Stamp // the customer asks for erasure since; zero if not, or settled
	Spam       int64       // points of the spam score of what opened it
	Public     Publicity
	Class      Classification
}

// Web is the channel of what customers write on pages: the ask form and the page
// of their case.
const Web = "web"

// API is the channel of what a program hands in for a customer.
const API = "api"

// MessageKind says what an entry of the timeline is.
type MessageKind uint8

// The kinds of message. They are stored: never renumber.
const (
	Inbound   MessageKind = 1 // from a customer or another correspondent
	Reply     MessageKind = 2 // from staff to the customer
	Note      MessageKind = 3 // internal
	Ack       MessageKind = 4 // automatic acknowledgement
	HandOver  MessageKind = 5 // internal: reason of a hand-over
	Withdrawn MessageKind = 6 // a reply taken back before it was sent
	MovedAway MessageKind = 7 // internal: the place of a message that was moved to another case
	SideOut   MessageKind = 8 // internal: from staff to somebody else, in a side conversation
	SideIn    MessageKind = 9 // internal: their answer
)

// Visibility says who may read a message.
type Visibility uint8

// The visibilities. They are stored: never renumber.
const (
	Private  Visibility = 1 // customer and staff
	Internal Visibility = 2 // staff
	Public   Visibility = 3 // everybody, once released
)

// Joined says why a message is in its case.
type Joined uint8

// The reasons. They are stored: never renumber.
const (
	Opened      Joined = 0  // it opened the case
	ByToken     Joined = 1  // a signed reply address
	ByReference Joined = 2  // it answers a message of the case and comes from a participant
	ByHand      Joined = 3  // a staff member said so
	ByStaff     Joined = 4  // written at the desk
	ByLink      Joined = 5  // written on the page that a secret link opens
	ByMerge     Joined = 6  // a staff member merged the case of somebody else into this one
	ByAnswer    Joined = 7  // a message of the case answers it and came before it
	BySibling   Joined = 8  // it answers the same unknown message as one of the same person in the case
	ByForward   Joined = 9  // it opened the case: a colleague passed it on
	ByReport    Joined = 10 // it speaks of what became of a message of the case
)

var joinedNames = map[Joined]string{Opened: "opened", ByToken: "token", ByReference: "reference", ByHand: "hand", ByStaff: "staff", ByLink: "link", ByMerge: "merge",
	ByAnswer: "answer", BySibling: "sibling", ByForward: "forward", ByReport: "report"}

// String returns the reason's name in the catalogue ("case.joined.token").
func (j Joined) String() string { return joinedNames[j] }

// Message is one entry of a case's timeline.
type Message struct {
	ID          ids.ID
	BrandID     ids.ID
	CaseID      ids.ID
	Seq         int64 // from 1
	Kind        MessageKind
	Visibility  Visibility
	AuthorKind  access.Kind
	AuthorID    ids.ID
	AuthorName  string
	Channel     string
	Subject     string
	Body        string // plain text, or Markdown for replies and notes
	HTML        markup.SafeHTML
	ExternalID  string // the channel's id of it, such as Message-ID
	EnvelopeID  ids.ID
	Joined      Joined
	Automation  uint8         // as intake.Automation
	Folds       []markup.Fold // stretches of Body that are shown folded
	Found       Findings
	SideID      ids.ID // of SideOut and SideIn: the conversation
	ToTeam      ids.ID // of a hand-over: the new team
	ToOwner     ids.ID // of a hand-over: the new owner; zero is the team's duty roster
	ClaimedAt   clock.Stamp
	CreatedAt   clock.Stamp
	Attachments []Attachment
	// Addressed are, of what came in, who wrote it and whom its sender named, without
	// addresses of our own; of a reply, whom it goes to.
	Addressed []Addressee
}

// Attachment is a file of a message.
type Attachment struct {
	ID          ids.ID
	BrandID     ids.ID
	CaseID      ids.ID
	MessageID   ids.ID
	Position    int64
	Name        string
	ContentType string
	ContentID   string
	Inline      bool
	Size        int64
	SHA256      []byte
	BlobID      ids.ID
	Virus       string // what a virus scanner calls it; "" if clean or not scanned
	Linked      bool   // of a reply: too large for a mail, which holds a link to it instead
}

// Suggestion is a case that another may belong to.
type Suggestion struct {
	CaseID   ids.ID
	TargetID ids.ID
	Number   string // of the target
	Reason   SuggestReason
}

// SuggestReason says why two cases may belong together.
type SuggestReason uint8

// The reasons. They are stored: never renumber.
const (
	SuggestNumber    SuggestReason = 1 // its number stands in the subject
	SuggestReference SuggestReason = 2 // it answers a message there, but comes from a stranger to the case
	SuggestSubject   SuggestReason = 3 // same customer, same subject
	SuggestSender    SuggestReason = 4 // same customer, still open
	SuggestUnproven  SuggestReason = 5 // it would belong there, but its sender may be forged
)

var suggestNames = map[SuggestReason]string{SuggestNumber: "number", SuggestReference: "reference", SuggestSubject: "subject", SuggestSender: "sender", SuggestUnproven: "unproven"}

// String returns the reason's name in the catalogue ("case.suggest.number").
func (r SuggestReason) String() string { return suggestNames[r] }

// EventKind names what happened to a case.
type EventKind string

// The kinds of event.
const (
	CaseOpened        EventKind = "case.opened"
	MessageReceived   EventKind = "message.received"
	Acknowledged      EventKind = "message.acknowledged"
	Replied           EventKind = "message.replied"
	Noted             EventKind = "message.noted"
	ReplyWithdrawn    EventKind = "message.withdrawn"
	Taken             EventKind = "case.taken"
	HandedOver        EventKind = "case.handed_over"
	StateChanged      EventKind = "case.state_changed"
	Merged            EventKind = "case.merged"
	SuggestionDropped EventKind = "case.suggestion_dropped"
	DeliveryFailed    EventKind = "delivery.failed"
	DeliveryBounced   EventKind = "delivery.bounced"      // params message, delivery, report (the message that says so), reason, hard
	DeliverySettled   EventKind = "delivery.settled"      // a person dealt with it: params message, delivery, way, next (the delivery sent instead)
	Complained        EventKind = "delivery.complained"   // its receiver calls a message of the case spam
	MessageMoved      EventKind = "message.moved"         // params message, from, to: in the events of both cases
	CustomerChanged   EventKind = "case.customer_changed" // params from, to
	Confirmed         EventKind = "case.confirmed"        // solved, says the customer
	Contested         EventKind = "case.contested"        // not solved, says the customer
	ErasureAsked      EventKind = "case.erasure_asked"
	ErasureSettled    EventKind = "case.erasure_settled"
	Trashed           EventKind = "case.trashed"
	Restored          EventKind = "case.restored"
	Deleted           EventKind = "case.deleted"
	LinksRenewed      EventKind = "case.links_renewed"
	SideSent          EventKind = "side.sent"       // params message, side
	SideReceived      EventKind = "side.received"   // params message, side, joined
	SideClosed        EventKind = "side.closed"     // params side
	SideReopened      EventKind = "side.reopened"   // params side
	Classified        EventKind = "case.classified" // params topic, product, region: ids, those that are set
)

// Change is what one action did to one case, as hooks see it.
type Change struct {
	Kind         EventKind
	Actor        access.Actor
	Case         Case     // after the change
	Message      *Message // added or touched; nil if none
	Last         *Message // of a case that a message was moved out of: what came in last and is still there; nil if nothing
	CustomerName string   // set when the case was opened
	To           string   // address to acknowledge to; empty: the customer's
	Side         *Side    // of SideSent: the conversation its Message is of
	From         ids.ID   // whose Message, or whose the case, was before it was moved or became somebody else's
	Removed      *Removal // set when the case is deleted, before its rows go
	Awaits       bool     // the customer waits for an answer
	Moved        bool     // it belongs to the top of lists
	// Past is when it happened, if it was brought in from elsewhere: its place in
	// lists is there. Zero: now.
	Past   clock.Stamp
	Params map[string]any
}

// Removal is what goes with a deleted case and lies with others: each hook takes
// what is its own. The rows of the desk are still there while hooks run.
type Removal struct {
	Cases     []ids.ID // the case, and those that were merged into it
	Messages  []ids.ID
	Envelopes []ids.ID // that became its messages
	Blobs     []ids.ID // of its attachments
}

// Event is a stored change.
type Event struct {
	Seq       int64
	Kind      EventKind
	ActorKind access.Kind
	ActorID   ids.ID
	Params    map[string]any
	CreatedAt time.Time
}
