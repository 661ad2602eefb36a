// Package errs gives every error of Lotse one of a few kinds.
//
// A kind decides, in one table per face, what the caller sees: an HTTP status
// in web and api, an SMTP code in the mail server, an exit code in the command
// line. The cause is kept for logs and never shown; the safe text is a key of
// the message catalogue and is shown as it is. Every package may import errs;
// errs imports nothing of Lotse.
package errs

import (
	"errors"
	"fmt"
	"net/http"
)

// Kind says what sort of failure an error is.
type Kind uint8

// The kinds. Internal is the zero value: an error nobody classified is ours.
const (
	Internal    Kind = iota // a fault of Lotse itself
	Invalid                 // the input is wrong; Field names where
	NotFound                // no such thing, or none this actor may know of
	Forbidden               // the actor is known and may not do this
	SignedOut               // the actor is not known: sign in first
	Conflict                // the thing changed meanwhile, or exists already
	TooLarge                // the input exceeds a limit
	TooMany                 // a rate limit was reached
	Gone                    // it existed and was taken back
	Unavailable             // something we depend on is away; try again
)

var statuses = map[Kind]int{
	Internal:    http.StatusInternalServerError,
	Invalid:     http.StatusUnprocessableEntity,
	NotFound:    http.StatusNotFound,
	Forbidden:   http.StatusForbidden,
	SignedOut:   http.StatusUnauthorized,
	Conflict:    http.StatusConflict,
	TooLarge:    http.StatusRequestEntityTooLarge,
	TooMany:     http.StatusTooManyRequests,
	Gone:        http.StatusGone,
	Unavailable: http.StatusServiceUnavailable,
}

// Status maps the kind to its HTTP status (RFC 9110).
func (k Kind) Status() int { return statuses[k] }

// Error is a classified error.
type Error struct {
	Kind  Kind
	Field string // name of the offending form field or parameter; empty unless Kind is Invalid or Conflict
	Key   string // key of the message catalogue with the safe text; may be empty
	Args  map[string]any
	Cause error // never shown to a user; may be nil
}

// Error describes the failure for logs: kind, field and cause.
func (e *Error) Error() string {
	s := http.StatusText(e.Kind.Status())
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Key != "" {
		s += " [" + e.Key + "]"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns an error of a kind with the catalogue key of its safe text.
func New(k Kind, key string) *Error { return &Error{Kind: k, Key: key} }

// Field returns an Invalid error for one input field. The key's text says what
// is wrong and how to mend it; args fill its variables (key, value pairs).
func Field(field, key string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Key: key, Args: pairs(args)}
}

// Wrap classifies cause and says what was being done.
func Wrap(k Kind, cause error, doing string) *Error {
	return &Error{Kind: k, Cause: fmt.Errorf("%s: %w", doing, cause)}
}

// KindOf returns the kind of the first classified error in err's tree,
// Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Fields returns every field error in err's tree, in order: errors.Join of
// several Field errors is how a form reports all its faults at once.
func Fields(err error) []*Error {
	var found []*Error
	collect(err, &found)
	return found
}

func collect(err error, found *[]*Error) {
	switch e := err.(type) {
	case nil:
	case *Error:
		if e.Field != "" {
			*found = append(*found, e)
		}
		collect(e.Cause, found)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			collect(inner, found)
		}
	case interface{ Unwrap() error }:
		collect(e.Unwrap(), found)
	}
}

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if k, ok := args[i].(string); ok {
			m[k] = args[i+1]
		}
	}
	return m
}
