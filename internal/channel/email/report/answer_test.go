package report

import "testing"

// TestAnswersOfServers: what a server says to us means what it means in a report.
func TestAnswersOfServers(t *testing.T) {
	for _, c := range []struct {
		step           Step
		words          string
		status, reason string
		hard           bool
	}{
		{AtRcpt, "550 5.1.1 No such user here", "5.1.1", "userunknown", true},
		{AtRcpt, "550 No such user here", "", "userunknown", true},
		{AtRcpt, "450 4.2.2 Mailbox full", "4.2.2", "mailboxfull", false},
		{AtData, "550 5.7.1 Message rejected as spam", "5.7.1", "spamdetected", false},
		{AtData, "552 5.3.4 Message too big for system", "5.3.4", "mesgtoobig", false},
		{AtMail, "550 5.7.1 Sender address rejected: not owned by user", "5.7.1", "rejected", false},
	} {
		got := Answer(c.step, "anna@kunde.example", c.words)
		if got.Status != c.status || got.Reason != c.reason || got.Hard != c.hard {
			t.Errorf("%q: %+v", c.words, got)
		}
	}
}
