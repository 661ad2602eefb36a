package email

import (
	"time"

	"lotse/internal/channel/email/report"
	"lotse/internal/outbox"
)

// answerTimeout is how long a server may think about a mail after its final dot
// (RFC 5321 §4.5.3.2.6). Whoever gives up earlier does not know what became of it.
const answerTimeout = 10 * time.Minute

// judged puts the words of a server that refused a mail into what they mean, so that
// a person need not know SMTP to act on them.
func judged(e *outbox.SendError, step report.Step, to string) *outbox.SendError {
	if e.Code == 0 || e.Relay != nil {
		return e
	}
	about := report.Answer(step, to, e.Words)
	e.Status, e.Reason, e.Hard = about.Status, about.Reason, about.Hard && e.Outcome == outbox.Rejected
	return e
}
