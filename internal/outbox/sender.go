package outbox

import (
	"context"
	"errors"
	"time"

	"lotse/internal/platform/ids"
)

// Outgoing is one message for one recipient, ready to be put into the form of
// a channel.
type Outgoing struct {
	DeliveryID ids.ID
	ExternalID string // the id to give the message, such as Message-ID without brackets
	InReplyTo  string // id of the message it answers; "" if none
	References []string
	FromName   string
	From       string // address of the account
	ReplyTo    string // with the signed token; "" if none
	ReturnPath string // envelope sender; "" is the null sender
	ToName     string
	To         string
	Subject    string
	Text       string
	HTML       string // sanitised; "" for plain text only
	Language   string
	Automatic  bool // adds Auto-Submitted (RFC 3834 §5)
	Date       time.Time
	Files      []File
}

// File is an attachment to send.
type File struct {
	Name        string
	ContentType string
	ContentID   string // set for inline images
	Content     []byte
}

// Relay is where an account hands its messages over, and how. Secrets in it are
// opened just for the send.
type Relay struct {
	Host     string
	Port     int
	Security string // "none", "starttls" (required), "tls"
	User     string
	Password string
	Hello    string // name to give ourselves
}

// Sender delivers through a channel. An adapter provides it.
//
// Send calls commit just before the point of no return (for SMTP: before the
// final dot of DATA); if commit fails, Send gives up without sending. It
// returns the server's words on success. A failure is a *SendError.
type Sender interface {
	Send(ctx context.Context, r Relay, m Outgoing, commit func() error) (words string, err error)
}

// SendError says what became of a send that did not succeed.
type SendError struct {
	Outcome Outcome
	Code    int    // the server's code, 0 if there was none
	Words   string // the server's words, cleaned, or the network's error
	Cause   error
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
