package report

import (
	"strings"
	"testing"

	"lotse/internal/platform/i18n"
)

// TestCodes finds reply code and status in the words of servers.
func TestCodes(t *testing.T) {
	for words, want := range map[string]struct {
		code   int
		status string
	}{
		"550 5.1.1 <a@b.example>... User unknown":                         {550, "5.1.1"},
		"550-5.7.26 Unauthenticated\n550 5.7.26 see":                      {550, "5.7.26"},
		"5.1.0 - Unknown address error 550-'5.2.2 <a@b.example>... Full'": {550, "5.2.2"},
		"554 4.4.7 Message expired.<421 4.4.2 Connection timed out>":      {421, "4.4.2"},
		"Sorry, no mailbox here by that name. (#5.1.1)":                   {0, "5.1.1"},
		"host mx[192.0.2.244], 554 Service unavailable":                   {554, ""},
		"see 4.16.55.1 for help":                                          {0, ""},
		"server 5.7.1.3 refused":                                          {0, ""},
		"Exim 4.96.2 says 999":                                            {0, ""},
		"":                                                                {0, ""},
	} {
		if code, status := codesIn(words); code != want.code || status != want.status {
			t.Errorf("%q: %d %q, expected %v", words, code, status, want)
		}
	}
}

// TestReasons judges answers of servers by their words, their status and the
// step of the dialogue.
func TestReasons(t *testing.T) {
	for _, c := range []struct {
		said   string
		phase  phase
		status string
		want   string
	}{
		{"550 User unknown", rcptPhase, "", userUnknown},
		{"550 User unknown", dataPhase, "", filtered},
		{"550 User unknown", unknownPhase, "5.1.1", userUnknown},
		{"550 5.2.2 Mailbox full", rcptPhase, "5.2.2", mailboxFull},
		{"552 5.2.2 The email account that you tried to reach is over quota", dataPhase, "5.2.2", mailboxFull},
		{"550 Recipient address rejected: Access denied", rcptPhase, "5.4.1", userUnknown},
		{"550 Access denied", mailPhase, "5.7.1", rejected},
		{"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", connectPhase, "5.7.1", blocked},
		{"550-5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, 550-5.7.1 this message has been blocked.", dataPhase, "5.7.1", spamDetected},
		{"421-4.7.0 Our system has detected that this message is suspicious due to the very low reputation of the sending domain.", dataPhase, "4.7.0", badReputation},
		{"554 5.7.5 Permanent error evaluating DMARC policy", dataPhase, "5.7.5", authFailure},
		{"550 5.7.23 The message was rejected because of Sender Policy Framework violation", dataPhase, "5.7.23", authFailure},
		{"550 5.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", rcptPhase, "5.7.1", requirePTR},
		{"552 5.3.4 Message size exceeds fixed maximum message size", dataPhase, "5.3.4", mesgTooBig},
		{"552 Requested mail action aborted: exceeded storage allocation", dataPhase, "", mailboxFull},
		{"452 4.3.1 Insufficient system storage", mailPhase, "4.3.1", systemFull},
		{"550 5.7.1 Sender address rejected: Domain not found", mailPhase, "5.7.1", rejected},
		{"554 5.4.14 Hop count exceeded - possible mail loop", dataPhase, "5.4.14", networkError},
		{"530 5.7.0 Must issue a STARTTLS command first", mailPhase, "5.7.0", failedStartTLS},
		{"554 5.1.0 Null MX: the domain does not accept mail", unknownPhase, "5.1.0", notAccept},
		{"Host or domain name not found. Name service error for name=nix.example type=A: Host not found", unknownPhase, "5.4.4", hostUnknown},
		{"Host or domain name not found. Name service error for name=nix.example type=MX: Host not found, try again", unknownPhase, "4.4.3", networkError},
		{"connect to mx.ziel.example[192.0.2.1]:25: Connection timed out", unknownPhase, "4.4.1", expired},
		{"connect to mx.ziel.example[192.0.2.1]:25: Connection refused", unknownPhase, "4.4.1", networkError},
		{"550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy", unknownPhase, "5.7.1", policy},
		{"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", unknownPhase, "5.1.10", userUnknown},
		{"550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", unknownPhase, "5.7.133", securityError},
		{"554 5.2.2 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded", unknownPhase, "5.2.2", mailboxFull},
		{"550 <virus@ziel.example>: Mailbox is full, see https://ziel.example/spam/blocked", dataPhase, "", mailboxFull},
		{"Benutzer anna nicht im Domino-Verzeichnis aufgeführt", unknownPhase, "5.0.0", userUnknown},
		{"550 Requested action not taken", connectPhase, "", blocked},
		{"550 Requested action not taken", rcptPhase, "", onHold},
		{"", unknownPhase, "", undefined},
		{"", unknownPhase, "5.4.7", expired},
	} {
		a := answer{address: "anna@ziel.example", said: c.said, phase: c.phase, status: c.status}
		if got := a.recipient().Reason; got != c.want {
			t.Errorf("%q at %d, %s: %s, expected %s", c.said, c.phase, c.status, got, c.want)
		}
	}
}

// TestHard asserts what is worth another attempt.
func TestHard(t *testing.T) {
	for _, c := range []struct {
		said string
		hard bool
	}{
		{"550 5.1.1 User unknown", true},
		{"450 4.1.1 User unknown", false},
		{"550 5.2.2 Mailbox full", false},
		{"550 5.1.2 Host unknown", true},
		{"550 5.1.6 Recipient has moved", true},
		{"554 5.7.1 Relay access denied", false},
	} {
		a := answer{said: c.said, phase: rcptPhase}
		if p := a.recipient(); p.Hard != c.hard {
			t.Errorf("%q: %+v", c.said, p)
		}
	}
}

// TestPhraseFile asserts that the phrases can be found the way they are sought.
func TestPhraseFile(t *testing.T) {
	seen := map[string]string{}
	for _, row := range sayings() {
		reason := strings.TrimSuffix(row.reason, "!")
		if ownDetails[reason] == "" {
			t.Errorf("[%s] is no reason", row.reason)
		}
		if len(row.phrases) == 0 {
			t.Errorf("[%s] is empty", row.reason)
		}
		for _, p := range row.phrases {
			if seen[p] != "" {
				t.Errorf("%q is below [%s] and [%s]", p, seen[p], row.reason)
			}
			seen[p] = row.reason
			if p != strings.ToLower(p) || strings.Count(p, "*") > 1 || strings.HasPrefix(p, "*") || strings.Contains(p, "  ") {
				t.Errorf("%q in [%s] can not be found", p, row.reason)
			}
			if text := strings.ReplaceAll(plain("550 "+strings.Replace(p, "*", "x", 1)+" ", ""), "<rcpt>", "<rcpt>"); !has(text, p) {
				t.Errorf("%q in [%s] is not found in %q", p, row.reason, text)
			}
		}
	}
}

// TestEveryReasonHasWords asserts that each reason is explained in every
// language.
func TestEveryReasonHasWords(t *testing.T) {
	reasons := []string{delivered, displayed, deleted, feedback, vacation}
	for reason := range ownDetails {
		reasons = append(reasons, reason)
	}
	for _, l := range i18n.Locales() {
		for _, reason := range reasons {
			key := "bounce.reason." + reason
			if text := i18n.For(l).T(key); text == key {
				t.Errorf("%s: %s has no words", l, key)
			}
		}
	}
}

// TestHas tells words from parts of words.
func TestHas(t *testing.T) {
	for _, c := range []struct {
		text, phrase string
		want         bool
	}{
		{"the mailbox is full", "mailbox is full", true},
		{"marble", "rbl", false},
		{"x rbl", "rbl", true},
		{"marble rbl", "rbl", true},
		{"mailbox of anna is full", "mailbox * is full", true},
		{"mailbox " + strings.Repeat("x ", 40) + "is full", "mailbox * is full", false},
		{"", "x", false},
	} {
		if got := has(c.text, c.phrase); got != c.want {
			t.Errorf("%q in %q: %v", c.phrase, c.text, got)
		}
	}
}

// TestGreylisting judges the same words by what became of the mail.
func TestGreylisting(t *testing.T) {
	for want, a := range map[string]answer{
		greyListed: {action: "delayed", status: "4.2.0", said: "450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted"},
		expired:    {action: "failed", status: "4.7.1", said: "451 4.7.1 Greylisting in action, please come back later"},
		blocked:    {action: "failed", status: "5.7.1", said: "550 5.7.1 greylisted for good"},
	} {
		if got := a.recipient(); got.Reason != want || got.Hard {
			t.Errorf("%q: %s, expected %s", a.said, got.Reason, want)
		}
	}
}
