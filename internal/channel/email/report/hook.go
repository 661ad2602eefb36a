package report

import (
	"encoding/json"
	"strings"

	"lotse/internal/intake"
)

// notification is what Amazon SES tells about a mail, which SNS can send as a
// mail with JSON in it (docs.aws.amazon.com/ses, "notification contents").
type notification struct {
	Message string // of the SNS envelope: a notification as text
	Kind    string `json:"notificationType"`
	Event   string `json:"eventType"`
	Bounce  struct {
		Recipients []hookRecipient `json:"bouncedRecipients"`
	}
	Complaint struct {
		Recipients []hookRecipient `json:"complainedRecipients"`
	}
	Delivery struct {
		Recipients []string
		Response   string `json:"smtpResponse"`
	}
	DeliveryDelay struct {
		Recipients []hookRecipient `json:"delayedRecipients"`
	}
	Mail struct {
		Headers struct {
			ID      string `json:"messageId"`
			Subject string
		} `json:"commonHeaders"`
	}
}

type hookRecipient struct {
	Address    string `json:"emailAddress"`
	Action     string
	Status     string
	Diagnostic string `json:"diagnosticCode"`
}

// readHook reads a notification of Amazon SNS that came as a mail.
func readHook(l *letter) *intake.Report {
	if !strings.Contains(strings.ToLower(l.header("from")), "amazonaws.com") {
		return nil
	}
	for _, note := range l.notes {
		n, ok := decodeHook(note)
		if ok && n.Message != "" {
			n, ok = decodeHook(n.Message)
		}
		if !ok {
			continue
		}
		if r := n.report(); r != nil {
			r.MessageID, r.Subject = bareID(n.Mail.Headers.ID), decodeHeader(n.Mail.Headers.Subject)
			return r
		}
	}
	return nil
}

// decodeHook reads the first JSON object in a text, also one whose long lines a
// mailer folded.
func decodeHook(text string) (notification, bool) {
	var n notification
	i := strings.IndexByte(text, '{')
	if i < 0 {
		return n, false
	}
	text = strings.NewReplacer("!\n ", "", "\n ", "", "\n", "").Replace(text[i:])
	err := json.NewDecoder(strings.NewReader(text)).Decode(&n)
	return n, err == nil
}

// report turns a notification into a report, nil if it is about something else.
func (n notification) report() *intake.Report {
	switch n.Kind + n.Event {
	case "Bounce":
		return hookReport(n.Bounce.Recipients, "failed")
	case "DeliveryDelay":
		return hookReport(n.DeliveryDelay.Recipients, "delayed")
	case "Complaint":
		r := &intake.Report{Kind: intake.Complaint}
		for _, h := range n.Complaint.Recipients {
			r.Recipients = append(r.Recipients, intake.Recipient{Address: strings.ToLower(h.Address), Reason: feedback})
		}
		return r
	case "Delivery":
		var answers []answer
		for _, a := range n.Delivery.Recipients {
			answers = append(answers, answer{address: strings.ToLower(a), action: "delivered", said: n.Delivery.Response})
		}
		return judgedSome(answers)
	}
	return nil
}

func hookReport(recipients []hookRecipient, action string) *intake.Report {
	var answers []answer
	for _, h := range recipients {
		g := group{"final-recipient": h.Address, "action": h.Action, "status": h.Status, "diagnostic-code": h.Diagnostic}
		a := g.answer()
		if a.action == "" {
			a.action = action
		}
		answers = append(answers, a)
	}
	return judgedSome(answers)
}

func judgedSome(answers []answer) *intake.Report {
	if len(answers) == 0 {
		return nil
	}
	return judged(&intake.Report{}, answers[:min(len(answers), maxRecipients)])
}
