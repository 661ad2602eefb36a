package intake

import "time"

// ReportKind says what a message reports about another one.
type ReportKind uint8

// The kinds. They are stored: never renumber.
const (
	Undelivered ReportKind = 1 // it was not delivered and will not be (RFC 3464 "failed")
	Delayed     ReportKind = 2 // it was not delivered yet
	Delivered   ReportKind = 3 // it was delivered, relayed or expanded
	Complaint   ReportKind = 4 // its receiver calls it spam (RFC 5965)
	Absent      ReportKind = 5 // its receiver is away (RFC 3834)
	Read        ReportKind = 6 // it was displayed or deleted (RFC 8098)
	Unexplained ReportKind = 7 // a mail system wrote about it, and nobody knows what
)

// Report is what a message says about the fate of another.
type Report struct {
	Kind       ReportKind  `json:"kind"`
	Recipients []Recipient `json:"recipients,omitempty"` // of whom it speaks; may be empty
	MessageID  string      `json:"message_id,omitempty"` // of the message reported on, without brackets; "" if unknown
	Subject    string      `json:"subject,omitempty"`    // of that message, as far as it is quoted
	Until      time.Time   `json:"until,omitzero"`       // Delayed: when it is given up; Absent: the return; zero if unknown
}

// Recipient is one address a report speaks of.
type Recipient struct {
	Address string `json:"address,omitempty"` // lower case
	Status  string `json:"status,omitempty"`  // enhanced status code such as "5.1.1" (RFC 3463); "" if unknown
	Code    int    `json:"code,omitempty"`    // reply code of the server such as 550; 0 if unknown
	Reason  string `json:"reason,omitempty"`  // what it means, such as "userunknown"; key below "bounce.reason."
	Hard    bool   `json:"hard,omitempty"`    // writing there again is useless
	Words   string `json:"words,omitempty"`   // the server's words, cleaned, one line
}

// Forwarded is a message that was passed on inside another one.
type Forwarded struct {
	From    Address   `json:"from"`
	Date    time.Time `json:"date,omitzero"` // as it stands there; zero if unreadable
	Subject string    `json:"subject,omitempty"`
	At      int       `json:"at,omitempty"`   // byte offset in the text at which it begins
	Body    int       `json:"body,omitempty"` // byte offset at which its own text begins, behind its header lines; 0 if unknown
}

// Verdict is the outcome of one check of where a mail comes from.
type Verdict uint8

// The verdicts (RFC 8601 §2.7). They are stored: never renumber.
const (
	Unchecked Verdict = 0
	Pass      Verdict = 1
	Fail      Verdict = 2
	Neutral   Verdict = 3 // also softfail and policy
	Missing   Verdict = 4 // no signature, no record
	TempError Verdict = 5
	PermError Verdict = 6
)

// Trust is what the checks of where a mail comes from said.
type Trust struct {
	SPF    Verdict `json:"spf,omitempty"`    // RFC 7208
	DKIM   Verdict `json:"dkim,omitempty"`   // RFC 6376, of a signature aligned with From if there is one
	DMARC  Verdict `json:"dmarc,omitempty"`  // RFC 7489
	ARC    Verdict `json:"arc,omitempty"`    // RFC 8617
	Signer string  `json:"signer,omitempty"` // domain of the DKIM signature that counts
	By     string  `json:"by,omitempty"`     // who checked: "" for the desk itself, else the server whose Authentication-Results were taken
	Spam   float64 `json:"spam,omitempty"`   // points of the spam filter
	Action string  `json:"action,omitempty"` // what the spam filter would do, in its words such as "add header"; "away" if it did not answer
	Scan   string  `json:"scan,omitempty"`   // "clean", "infected", "away"; "" if nothing scans
	Virus  string  `json:"virus,omitempty"`  // its name

	// Aligned: a check that passed speaks for the domain of the sender's address,
	// whatever that domain publishes.
	Aligned bool `json:"aligned,omitempty"`
	// Sealer is who vouches for a mail whose DMARC fails: the domain of a believed
	// ARC sealer that saw it pass.
	Sealer string `json:"sealer,omitempty"`
	// Disowned: the sender's domain publishes no DMARC record, but says otherwise
	// (SPF, or a broken signature of its own) that the mail is not as it left it,
	// and nothing vouches for it.
	Disowned bool `json:"disowned,omitempty"`
}

// Forged reports whether the sender may be another than the mail says: it must
// not join a case for its sender's address alone. Which outcome of the checks
// means what is decided in internal/channel/email/trust.
func (t Trust) Forged() bool { return t.DMARC == Fail && t.Sealer == "" || t.Disowned }

// Proven reports whether the domain of the sender's address stands behind the
// mail. A signature that passes is not enough: anybody can sign for themselves.
func (t Trust) Proven() bool { return t.DMARC == Pass || t.Aligned && t.DMARC != Fail }
