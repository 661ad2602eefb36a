package intake

import (
	"context"
	"io"
	"time"

	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Arrival is what an adapter received and wants kept: raw bytes and where they
// came from. Accept puts it on disk; nothing is read before that.
type Arrival struct {
	BrandID   ids.ID
	AccountID ids.ID // the mailbox or channel account it came to: its lane
	Channel   string // kind of the adapter that can read it, such as "email"
	Trace     Trace
	Raw       []byte // the bytes as received; nil if Spool holds them
	Spool     Spool  // larger input that was written to disk while it came in
	// Key is what makes the arrival unique within its account, at most once kept
	// whatever its bytes; nil for the bytes themselves.
	Key []byte
}

// Spool is input on disk that Accept may keep instead of copying.
type Spool interface {
	io.ReaderAt
	Size() int64
}

// Trace is what the transport knew. It is customer data and is stored sealed.
type Trace struct {
	Peer  string   // network address of the sender; empty for what was fetched
	Hello string   // name the peer gave itself
	From  string   // return path; empty for the null sender
	To    []string // recipients as given, with any address token
	TLS   bool
	Host  string    // server it was fetched from; empty for what was handed over
	At    time.Time `json:",omitzero"` // when that server took it; zero for what was handed over
	Fault string    // why the rest is missing, a key below "look.reason."; empty if all is there
}

// Address is one correspondent as an adapter saw it.
type Address struct {
	Kind  string `json:"kind,omitempty"` // "email", "phone", "handle"
	Value string `json:"value"`          // normalised: lower case for mail
	Name  string `json:"name,omitempty"` // display name, cleaned; may be empty
}

// Automation says whether a person wrote the message (RFC 3834 §2).
type Automation uint8

// The verdicts. Anything but Person gets no automatic answer.
const (
	Person    Automation = 0
	Generated Automation = 1 // Auto-Submitted: auto-generated, machine senders
	Replied   Automation = 2 // vacation notices and other auto-replies
	Bulk      Automation = 3 // lists and newsletters
	Bounce    Automation = 4 // delivery reports, what a mail system sends from the null sender
	Own       Automation = 5 // sent by this desk itself
)

// Part is one attachment or inline file.
type Part struct {
	Name        string // cleaned file name, never a path
	ContentType string // media type without parameters, lower case
	ContentID   string // without angle brackets; "" if none
	Inline      bool
	Content     []byte
	Virus       string // what the virus scanner calls it; "" if clean or not scanned
}

// Incoming is what an adapter read out of one envelope: pure data, no case yet.
type Incoming struct {
	ExternalID string   // the channel's own id of the message, such as Message-ID without brackets
	References []string // ids it answers, nearest first: In-Reply-To, then References backwards
	Identity   [32]byte // hash that is equal exactly for copies of the same message
	From       Address
	To, Cc     []Address
	Tokens     []string // reply tokens found in recipient addresses, not yet verified
	Subject    string
	Date       time.Time // as claimed by the sender; zero if absent or absurd
	Text       string    // what a person reads, plain
	HTML       markup.SafeHTML
	Parts      []Part
	Automation Automation
	Language   string   // "de", "en" or "" if unknown
	Warnings   []string // what was mended, as catalogue keys ("mail.warning.…")
	Folds      []markup.Fold
	Forwarded  *Forwarded // the text passes a message on; nil if not
	Report     *Report    // it speaks of the fate of another message; nil if not
}

// Reader turns stored raw bytes into an Incoming. It is pure: no database, no
// network, safe for concurrent use. It returns an *Unreadable error for input
// that a person must look at.
type Reader interface {
	Read(ctx context.Context, raw io.Reader, t Trace) (*Incoming, error)
}

// Unreadable says why an envelope can't become a message. The raw bytes stay.
type Unreadable struct {
	Reason string // catalogue key below "look.reason."
	Cause  error
}

// Error returns the reason and the cause.
func (u *Unreadable) Error() string {
	if u.Cause == nil {
		return "unreadable: " + u.Reason
	}
	return "unreadable: " + u.Reason + ": " + u.Cause.Error()
}

// Unwrap returns the cause.
func (u *Unreadable) Unwrap() error { return u.Cause }
