package mailbox

import (
	"errors"

	"lotse/internal/platform/errs"
)

// Step is one step on the way to a mailbox or a relay, in the order they are taken.
type Step string

// The steps.
const (
	Lookup  Step = "lookup"  // the server's name becomes an address
	Connect Step = "connect" // it can be reached and greets
	Secure  Step = "secure"  // TLS and the certificate
	Token   Step = "token"   // the authorisation server gives an access token
	SignIn  Step = "signin"  // user and password, or the token, are taken
	Folder  Step = "folder"  // the folder is there and can be read
	Read    Step = "read"    // mail can be fetched
	Keep    Step = "keep"    // what was fetched can be kept here
	Filed   Step = "filed"   // a copy of what was sent is in its folder
	Watch   Step = "watch"   // somebody fetches at all; noted by nobody, see Lost
)

// Result is the outcome of one step.
type Result struct {
	Step Step
	OK   bool
	// Field is the setting to look at, such as "receive_host"; Key the text of the
	// catalogue that says why it failed and what helps, filled in by Args (strings
	// and numbers): the server's words are "Words". All are empty if it went well.
	Field string
	Key   string
	Args  map[string]any
}

// Failed returns the result of a step that failed with err: an errs.Field error
// names the setting and brings the text, any other is put in our own words.
func Failed(step Step, err error) Result {
	r := Result{Step: step, Key: "mailbox.fault.other"}
	var e *errs.Error
	if errors.As(err, &e) && e.Key != "" {
		r.Field, r.Key, r.Args = e.Field, e.Key, e.Args
	}
	return r
}
