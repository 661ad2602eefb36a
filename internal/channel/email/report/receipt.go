package report

import (
	"strings"

	"lotse/internal/intake"
)

// The reasons of a receipt, keys below "bounce.reason.".
const (
	displayed = "displayed"
	deleted   = "deleted"
)

// readReceipt reads a disposition notification (RFC 8098): the mail was opened
// or deleted. A mail store that refuses a mail may answer in this form too.
func readReceipt(l *letter) *intake.Report {
	for _, text := range l.receipts {
		for _, g := range readFields(text) {
			if g["disposition"] == "" && g["final-recipient"] == "" {
				continue
			}
			r := &intake.Report{Kind: intake.Read}
			if l.says(refusedWords) {
				a := g.answer()
				a.told = tail(l.ownText(), 2*maxWords)
				r = judged(r, []answer{a})
			} else {
				r.Recipients = []intake.Recipient{g.receipt()}
			}
			r.MessageID = bareID(g["original-message-id"])
			return r
		}
	}
	return nil
}

// refusedWords are how mail stores refuse a mail in the form of a receipt.
var refusedWords = []string{"was automatically rejected", "could not be delivered", "has been rejected"}

// receipt is the recipient of a receipt.
func (g group) receipt() intake.Recipient {
	a := g.answer()
	reason := displayed
	if _, kind, _ := strings.Cut(strings.ToLower(g["disposition"]), ";"); strings.Contains(kind, "deleted") {
		reason = deleted
	}
	return intake.Recipient{Address: a.address, Reason: reason}
}
