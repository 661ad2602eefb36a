package report

import (
	"net/mail"
	"regexp"
	"strings"
	"time"

	"lotse/internal/intake"
)

// readDelivery reads a delivery status notification (RFC 3464): the part that
// lists the recipients, also where a mailer wrote its fields into the text.
func readDelivery(l *letter) *intake.Report {
	groups := l.deliveryGroups()
	if len(groups) == 0 {
		return l.emptyDelivery()
	}
	entries := l.entries()
	var answers []answer
	r := &intake.Report{}
	for _, g := range groups {
		if !g.isRecipient() || len(l.fields) == 0 && g["final-recipient"] == "" {
			continue
		}
		a := g.answer()
		a.hosts += " " + reporters(groups)
		a.fill(entries, bareAddress(g["final-recipient"]), len(groups))
		answers = append(answers, a)
		if t, err := mail.ParseDate(g["will-retry-until"]); err == nil {
			r.Until = t
		}
		if len(answers) == maxRecipients {
			break
		}
	}
	if len(answers) == 0 {
		return l.emptyDelivery()
	}
	l.nameMissing(answers, entries)
	return judged(r, answers)
}

// deliveryGroups are the groups of fields that tell of a delivery.
func (l *letter) deliveryGroups() []group {
	sources := l.fields
	if len(sources) == 0 && l.fromMailer() {
		sources = l.notes
	}
	var groups []group
	for _, s := range sources {
		groups = append(groups, readFields(s)...)
	}
	return groups
}

// emptyDelivery is the report of a mailer that names no recipient at all.
func (l *letter) emptyDelivery() *intake.Report {
	if len(l.fields) == 0 || !l.fromMailer() || len(l.entries()) > 0 {
		return nil
	}
	a := answer{address: l.returnedTo()}
	return judged(&intake.Report{}, []answer{a})
}

// isRecipient reports a group about one recipient, not about the whole mail.
func (g group) isRecipient() bool {
	return g["final-recipient"] != "" || g["original-recipient"] != "" && g["status"] != "" || g["action"] != "" || g["diagnostic-code"] != ""
}

var wholeStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}$`)

// answer is what a group says of its recipient. The address is the one the
// mail was sent to (Original-Recipient) rather than where it ended up.
func (g group) answer() answer {
	a := answer{category: categories[strings.ToLower(g["x-powermta-bouncecategory"])], hosts: strings.ToLower(g["remote-mta"])}
	for _, field := range []string{"original-recipient", "final-recipient", "x-actual-recipient"} {
		if a.address == "" {
			a.address = bareAddress(g[field])
		}
	}
	status, comment := uncomment(g["status"])
	if wholeStatus.MatchString(status) {
		a.status = status
	}
	a.action = strings.ToLower(firstWord(g["action"]))
	a.said = g["diagnostic-code"]
	if kind, said, ok := strings.Cut(a.said, ";"); ok && !strings.ContainsAny(kind, " ") {
		a.said = strings.TrimSpace(said)
		a.local = strings.EqualFold(kind, "x-unix")
	}
	if a.local && len(a.said) < 4 {
		a.said = "" // an exit code alone
	}
	if a.said == "" {
		a.told = comment
	}
	return a
}

// reporters are the servers that wrote the report, lower case.
func reporters(groups []group) string {
	var b strings.Builder
	for _, g := range groups {
		b.WriteString(strings.ToLower(g["reporting-mta"]) + " ")
	}
	return b.String()
}

// fill adds what the text for people says of the same recipient.
// A report on one recipient speaks of no other, whatever address it uses.
func (a *answer) fill(entries []entry, final string, groups int) {
	for _, e := range entries {
		if groups > 2 && e.address != a.address && e.address != final {
			continue
		}
		a.told = cutBytes(strings.TrimSpace(a.told+" "+e.told()), 4*maxWords)
		if a.phase == unknownPhase {
			a.phase = e.step()
		}
	}
}

// nameMissing gives recipients without an address the one the text names.
func (l *letter) nameMissing(answers []answer, entries []entry) {
	for i := range answers {
		a := &answers[i]
		if a.address == "" {
			a.address = strings.ToLower(addressForm.FindString(a.said))
		}
		if a.address == "" && len(entries) > i {
			a.address = entries[i].address
		}
		if a.address == "" && len(answers) == 1 {
			a.address = l.returnedTo()
		}
	}
}

// judged turns answers into a report: its kind is the worst of them.
func judged(r *intake.Report, answers []answer) *intake.Report {
	r.Kind = intake.Delivered
	for _, a := range answers {
		switch kind := a.kind(); {
		case kind == intake.Undelivered:
			r.Kind = intake.Undelivered
		case kind == intake.Delayed && r.Kind == intake.Delivered:
			r.Kind = intake.Delayed
		}
	}
	for _, a := range answers {
		if a.kind() == intake.Delivered {
			r.Recipients = append(r.Recipients, a.arrival())
			continue
		}
		r.Recipients = append(r.Recipients, a.recipient())
	}
	if r.Kind != intake.Delayed {
		r.Until = time.Time{}
	}
	return r
}

// kind is what an answer says of its recipient (RFC 3464 §2.3.3).
func (a answer) kind() intake.ReportKind {
	switch a.action {
	case "delivered", "relayed", "expanded", "deliverable":
		return intake.Delivered
	case "delayed":
		return intake.Delayed
	case "":
		if strings.HasPrefix(a.status, "2") {
			return intake.Delivered
		}
	}
	return intake.Undelivered
}

// arrival is a recipient whose mail arrived.
func (a answer) arrival() intake.Recipient {
	code, status := codesIn(a.said)
	status = chooseStatus(a.status, status)
	if status == "" {
		status = "2.0.0"
	}
	if code == 0 && strings.Contains(a.said, "250") {
		code = 250
	}
	return intake.Recipient{Address: a.address, Status: status, Code: code, Reason: delivered, Words: oneLine(a.said)}
}

func firstWord(s string) string {
	if fields := strings.Fields(s); len(fields) > 0 {
		return strings.TrimRight(fields[0], ";(,")
	}
	return ""
}
