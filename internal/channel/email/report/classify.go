package report

import (
	"cmp"
	"regexp"
	"strings"

	"lotse/internal/intake"
)

// answer is what is known of one recipient before it is judged.
type answer struct {
	address  string
	action   string // failed, delayed, delivered, relayed, expanded; "" if unknown
	status   string // as the mailer gave it, "" if it gave none
	said     string // what the server answered (Diagnostic-Code)
	told     string // what the mailer tells people about it
	shown    string // the part of told that is worth showing; "" for all of it
	phase    phase
	hosts    string // the servers that took part, lower case
	category string // reason the mailer itself gave
	local    bool   // a program on the mailer's own machine refused (x-unix)
}

// recipient judges an answer.
func (a answer) recipient() intake.Recipient {
	words := a.said
	if words == "" {
		words = answerIn(cmp.Or(a.shown, a.told))
	}
	code, status := codesIn(words)
	if code == 0 {
		code = codeIn(a.told)
	}
	status = chooseStatus(a.status, status)
	a.status = status
	reason := a.reason()
	if reason == hostUnknown && isTemporary(status, code) {
		reason = networkError
	}
	if status == "" {
		status = ownStatus(reason, isTemporary("", code) || a.action == "delayed")
	}
	if code/100 != int(status[0]-'0') {
		code = 0
	}
	return intake.Recipient{Address: a.address, Status: status, Code: code, Reason: reason, Hard: isHard(reason, status), Words: oneLine(words)}
}

// answerIn cuts what a mailer says before it quotes the server.
func answerIn(told string) string {
	for _, form := range []*regexp.Regexp{pairForm, codeForm} {
		if at := form.FindStringSubmatchIndex(told); at != nil {
			told = told[at[2]:]
			break
		}
	}
	return strings.TrimSpace(finalForm.ReplaceAllString(told, ""))
}

// finalForm is what qmail adds to the answer of a server.
var finalForm = regexp.MustCompile(`(?i)\s*giving up on [\d.:a-f]+\..*$`)

// isHard reports that no later attempt can succeed: there is no such mailbox
// or domain. All else may change: a filter, a quota, a list, a setting.
func isHard(reason, status string) bool {
	switch reason {
	case userUnknown, hostUnknown, hasMoved, notAccept:
		return !isTemporary(status, 0)
	}
	return false
}

// reason weighs what is known, the most telling first: the server's own words,
// the status, what the mailer made of it, and at last the step of the dialogue.
func (a answer) reason() string {
	if a.phase == unknownPhase {
		a.phase = phaseIn(plain(a.said+" "+a.told, a.address))
	}
	r := a.spoken(a.said)
	if r == filtered && a.category != "" {
		return a.category // the mailer knows when it was said
	}
	if r != "" {
		return r
	}
	if r := meaningOf(a.status); r != "" && a.said != "" {
		return r
	}
	if a.category != "" {
		return a.category
	}
	if r := a.spoken(a.shown); r != "" { // what stands above is said to all
		return r
	}
	if r := a.spoken(a.told); r != "" {
		return r
	}
	if r := meaningOf(a.status); r != "" {
		return r
	}
	return a.guess()
}

// guess is the reason when neither words nor status say one.
func (a answer) guess() string {
	switch {
	case a.local:
		return mailerError
	case a.action == "delayed":
		return expired
	case a.said == "" && a.told == "":
		return undefined
	case strings.HasSuffix(a.status, ".2.0"): // "other mailbox status"
		return filtered
	}
	switch a.phase {
	case connectPhase:
		return blocked
	case mailPhase:
		return rejected
	case dataPhase:
		return filtered
	}
	return onHold
}

// spoken is the reason that words give, "" if none is known.
func (a answer) spoken(words string) string {
	if words == "" {
		return ""
	}
	if r := published(strings.ToLower(words), a.hosts); r != "" {
		return r
	}
	text := plain(cutBytes(words, 3*maxWords), a.address)
	certain := true // the rows above what servers say about unknown users
	for _, row := range sayings() {
		certain = certain && row.reason != userUnknown
		if !matches(text, row.phrases) && !(row.reason == hostUnknown && missingDomain.MatchString(strings.ToLower(words))) {
			continue
		}
		r := a.weigh(row)
		if r == "" {
			continue
		}
		if known := meaningOf(a.status); known != "" && !certain && row.reason != userUnknown && !isNetwork(a.status) {
			return known
		}
		return r
	}
	return ""
}

// missingDomain is a domain named together with the claim that it is not there.
var missingDomain = regexp.MustCompile(`(?:^|[\s'"<])[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+[.'">]? (?:does not|doesn't) exist`)

// weigh turns the row that matched into a reason, "" if it proves nothing here.
func (a answer) weigh(row saying) string {
	switch row.reason {
	case "userunknown!":
		return userUnknown
	case userUnknown:
		return a.nobody(row.vague)
	case hostUnknown:
		if a.phase == mailPhase {
			return rejected // it speaks of the sender's domain
		}
	case greyListed: // it lets in who comes back (RFC 6647 §2.7)
		switch code, status := codesIn(a.said + " " + a.told); {
		case a.action == "delayed":
			return greyListed
		case isTemporary(cmp.Or(a.status, status), code):
			return expired // nobody came back in time
		}
		return blocked
	}
	return row.reason
}

// nobody weighs the claim that an address is unknown. In answer to RCPT TO, or
// with a status that says so, it is true. After the whole mail, or where no one
// tells when it was said, it is also what filters and mobile carriers answer
// for addresses that exist: then it counts as filtered.
func (a answer) nobody(vague bool) string {
	known := meaningOf(a.status)
	switch {
	case vague && known != "":
		return known
	case a.phase == rcptPhase, known == userUnknown:
		return userUnknown
	case vague:
		return ""
	}
	return filtered
}

// isNetwork reports a status about the way to the server (X.4.Y), for which
// the words say more.
func isNetwork(status string) bool { return strings.HasPrefix(status[1:], ".4.") }
