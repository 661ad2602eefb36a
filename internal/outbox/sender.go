package outbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/ids"
)

// Outgoing is one message for one recipient, ready to be put into the form of
// a channel.
type Outgoing struct {
	DeliveryID  ids.ID
	ExternalID  string // the id to give the message, such as Message-ID without brackets
	InReplyTo   string // id of the message it answers; "" if none
	References  []string
	FromName    string
	From        string // address of the account
	ReplyTo     string // with the signed token; "" if none
	ReturnPath  string // envelope sender; "" is the null sender
	ToName      string
	To          string      // the one it is handed over for
	Shown       []Addressee // whom it names as recipients; empty: To alone
	Subject     string
	Text        string // one line for each paragraph; the channel breaks lines
	HTML        string // a whole document, sanitised; "" for plain text only
	Language    string
	Automatic   bool   // adds Auto-Submitted (RFC 3834 §5)
	Unsubscribe string // https address that takes one POST to unsubscribe (RFC 8058); "" if none
	Date        time.Time
	Files       []File
}

// Size estimates how many bytes the message will have in its channel's form.
func (m Outgoing) Size() int64 {
	n := int64(len(m.Text) + len(m.HTML))
	for _, f := range m.Files {
		n += f.Size
	}
	return n + n*3/8 // base64 with its line ends
}

// Role says how somebody stands in a mail.
type Role = desk.Role

// The roles of recipients. One of RoleBcc is never named.
const (
	RoleTo  = desk.RoleTo
	RoleCc  = desk.RoleCc
	RoleBcc = desk.RoleBcc
)

// Addressee is somebody a mail names as a recipient.
type Addressee = desk.Addressee

// File is an attachment to send, or an image its HTML shows.
type File struct {
	Name        string
	ContentType string
	ContentID   string // of an inline image, as the HTML names it behind "cid:"
	Size        int64  // bytes that Open yields
	Open        func() (io.ReadCloser, error)
}

// FileOf returns a file that is in memory.
func FileOf(name, contentType string, content []byte) File {
	return File{Name: name, ContentType: contentType, Size: int64(len(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }}
}

// Relay is where an account hands its messages over, and how. Secrets in it are
// opened just for the send. It is comparable: connections are kept by it.
type Relay struct {
	AccountID ids.ID // whose it is; zero for one that is tried before it is stored
	Host      string
	Port      int
	Security  string // "none", "starttls" (required), "tls"
	User      string
	Auth      string                // catalog.ByPassword, ByXOAuth2 or ByOAuthBearer; "" is by password
	Password  string                // by password
	OAuth     catalog.OAuthSettings // by token: the adapter gets and remembers them
	Hello     string                // name to give ourselves
}

// Sender delivers through a channel. An adapter provides it.
//
// Send calls commit just before the point of no return (for SMTP: before the
// final dot of DATA); if commit fails, Send gives up without sending. It
// returns the server's words on success. A failure is a *SendError.
type Sender interface {
	Send(ctx context.Context, r Relay, m Outgoing, commit func() error) (words string, err error)
}

// Composer is a Sender that can put a message into its form without sending it.
type Composer interface {
	// Compose returns what Send would hand over, without the signature of a domain.
	Compose(m Outgoing) (Composed, error)
}

// Composed is a message in the form of its channel. Whoever got one closes it.
type Composed interface {
	io.ReadCloser
	Size() int64 // bytes in all
}

// ErrBusy is what a Sender returns when it has no room for another message now.
// Nothing happened; the same message may be tried again in a moment.
var ErrBusy = errors.New("too many messages are on their way")

// SendError says what became of a send that did not succeed.
type SendError struct {
	Outcome Outcome
	Code    int // the server's code, 0 if there was none
	// Relay is set if not the mail but the mailbox can't be sent from: the server could
	// not be reached or refused the sign-in. It says which setting to look at and why.
	Relay  error
	Words  string // the server's words, cleaned, or the network's error
	Status string // enhanced status code such as "5.1.1" (RFC 3463); "" if the server gave none
	Reason string // what the answer means: key of the catalogue below "bounce.reason."; "" if unknown
	Hard   bool   // writing there again is useless
	Cause  error
}

// Outcome classifies a failed send.
type Outcome uint8

// The outcomes of a failed send.
const (
	Retry     Outcome = 1 // a passing fault (4xx, network): try again later
	Rejected  Outcome = 2 // the server refused for good (5xx): a person must act
	Uncertain Outcome = 3 // the connection broke after the point of no return
)

// Error returns the server's words.
func (e *SendError) Error() string { return e.Words }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Cause }

// AsSendError returns the SendError in err's tree; any other error counts as a
// passing fault before the point of no return.
func AsSendError(err error) *SendError {
	var s *SendError
	if errors.As(err, &s) {
		return s
	}
	return &SendError{Outcome: Retry, Words: err.Error(), Cause: err}
}
