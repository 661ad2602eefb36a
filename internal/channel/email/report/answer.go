package report

import "lotse/internal/intake"

// Step is a step of the SMTP dialogue.
type Step uint8

// The steps at which a server can refuse a mail of ours.
const (
	AtConnect = Step(connectPhase) // connection, greeting, EHLO
	AtMail    = Step(mailPhase)    // MAIL FROM: about the sender
	AtRcpt    = Step(rcptPhase)    // RCPT TO: about the recipient
	AtData    = Step(dataPhase)    // DATA and the mail itself
)

// Answer judges what a server said to us when it refused a mail: what its words mean,
// by the same rules as in a report that quotes them. Status is empty if the server
// gave none.
func Answer(step Step, address, words string) intake.Recipient {
	r := answer{address: address, said: words, phase: phase(step)}.recipient()
	_, r.Status = codesIn(words)
	return r
}
