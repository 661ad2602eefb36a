package report

import (
	"regexp"
	"strings"

	"lotse/internal/intake"
)

// readComplaint reads an abuse report (RFC 5965, also the kinds of RFC 6591),
// and what providers send in its place.
func readComplaint(l *letter) *intake.Report {
	if len(l.feedback) == 0 && !l.looksLikeComplaint() {
		return nil
	}
	r := &intake.Report{Kind: intake.Complaint}
	for _, f := range l.feedback {
		r.Recipients = append(r.Recipients, complainers(f)...)
	}
	if len(r.Recipients) == 0 {
		r.Recipients = []intake.Recipient{{Address: l.complainant(), Reason: feedback}}
	}
	return r
}

// complainers are the receivers that an abuse report names.
func complainers(fields string) []intake.Recipient {
	var out []intake.Recipient
	for line := range strings.Lines(fields) {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(name), "original-rcpt-to") || len(out) == maxRecipients {
			continue
		}
		if a := bareAddress(value); a != "" {
			out = append(out, intake.Recipient{Address: a, Reason: feedback})
		}
	}
	return out
}

// complaintSubject is how providers without the standard form begin.
var complaintSubject = regexp.MustCompile(`(?i)^(?:complaint about message from|\[?abuse report|spam report for|abuse complaint|email feedback report)`)

// looksLikeComplaint reports a complaint that does not keep to the standard:
// the mail complained about comes with it, or a mail program unsubscribes.
func (l *letter) looksLikeComplaint() bool {
	switch {
	case complaintSubject.MatchString(l.subject):
		return len(l.copies()) > 0
	case len(l.returned) > 0:
		return strings.Contains(l.ownText(), "this is an email abuse report for an email message")
	}
	return isMachineReply(l) && strings.Contains(l.ownText(), "sent this email to unsubscribe from the message")
}

// complainant is the receiver of the mail complained about, else the sender.
func (l *letter) complainant() string {
	if to := l.returnedTo(); to != "" {
		return to
	}
	if len(l.copies()) > 0 {
		return ""
	}
	return strings.ToLower(addressForm.FindString(l.header("from")))
}
