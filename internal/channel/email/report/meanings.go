package report

import "strings"

// The reasons why a mail was not delivered, and what else a report may say of
// a recipient. Each is a key below "bounce.reason." and, for what servers say,
// a row of phrases.txt.
const (
	authFailure    = "authfailure"
	badReputation  = "badreputation"
	blocked        = "blocked"
	contentError   = "contenterror"
	delivered      = "delivered"
	exceedLimit    = "exceedlimit"
	expired        = "expired"
	failedStartTLS = "failedstarttls"
	feedback       = "feedback"
	filtered       = "filtered"
	greyListed     = "greylisted"
	hasMoved       = "hasmoved"
	hostUnknown    = "hostunknown"
	mailboxFull    = "mailboxfull"
	mailerError    = "mailererror"
	mesgTooBig     = "mesgtoobig"
	networkError   = "networkerror"
	noRelaying     = "norelaying"
	notAccept      = "notaccept"
	notCompliant   = "notcompliantrfc"
	onHold         = "onhold"
	policy         = "policyviolation"
	rejected       = "rejected"
	requirePTR     = "requireptr"
	securityError  = "securityerror"
	spamDetected   = "spamdetected"
	speeding       = "speeding"
	suspended      = "suspend"
	syntaxError    = "syntaxerror"
	systemError    = "systemerror"
	systemFull     = "systemfull"
	tooManyConn    = "toomanyconn"
	undefined      = "undefined"
	userUnknown    = "userunknown"
	vacation       = "vacation"
	virusDetected  = "virusdetected"
)

// meanings are the reasons that an enhanced status stands for, without its
// class (RFC 3463, RFC 7372, RFC 7505, RFC 8689 and the IANA registry; those
// with three digits are what Exchange Online documents). Missing are those that
// only say "other" or are used for everything, such as X.7.1: there the words
// decide.
var meanings = map[string]string{
	"1.1": userUnknown, "1.2": hostUnknown, "1.3": userUnknown, "1.4": filtered, "1.5": delivered, "1.6": hasMoved,
	"1.7": rejected, "1.8": rejected, "1.10": notAccept, "1.20": notCompliant, "1.90": tooManyConn, "1.350": filtered, "1.351": userUnknown,
	"2.1": suspended, "2.2": mailboxFull, "2.3": exceedLimit, "2.4": filtered, "2.121": speeding, "2.122": speeding,
	"3.1": systemFull, "3.2": notAccept, "3.3": systemError, "3.4": mesgTooBig, "3.5": systemError, "3.6": systemError,
	"4.1": expired, "4.2": expired, "4.3": systemError, "4.4": hostUnknown, "4.5": networkError, "4.6": networkError, "4.7": expired,
	"4.14":  networkError,
	"4.300": expired, "4.310": hostUnknown, "4.311": hostUnknown, "4.312": networkError, "4.316": networkError, "4.317": failedStartTLS,
	"5.1": syntaxError, "5.2": syntaxError, "5.3": tooManyConn, "5.4": syntaxError, "5.5": syntaxError, "5.6": syntaxError,
	"6.0": contentError, "6.1": contentError, "6.2": contentError, "6.3": contentError, "6.4": contentError, "6.5": contentError,
	"6.6": contentError, "6.7": contentError, "6.8": contentError, "6.9": contentError, "6.10": contentError,
	"7.2": rejected, "7.3": securityError, "7.4": securityError, "7.5": securityError, "7.6": securityError, "7.7": securityError,
	"7.8": securityError, "7.9": policy, "7.10": failedStartTLS, "7.11": failedStartTLS,
	"7.17": hasMoved, "7.18": hasMoved, "7.20": authFailure, "7.21": authFailure, "7.22": authFailure, "7.23": authFailure,
	"7.24": authFailure, "7.25": requirePTR, "7.26": authFailure, "7.27": notAccept,
	"7.28": speeding, "7.29": authFailure, "7.30": failedStartTLS, "7.57": securityError, "7.64": noRelaying,
	"7.124": securityError, "7.133": securityError, "7.134": securityError, "7.135": securityError, "7.136": securityError,
	"7.501": spamDetected, "7.502": spamDetected, "7.503": spamDetected, "7.508": tooManyConn, "7.509": authFailure, "7.511": blocked,
	"7.512": notCompliant, "7.515": authFailure, "7.705": spamDetected, "7.708": blocked, "7.750": authFailure,
}

// meaningOf is the reason a status stands for, "" if it says too little.
func meaningOf(status string) string {
	_, detail, _ := strings.Cut(status, ".")
	reason := meanings[detail]
	switch {
	case status == "5.4.1":
		return "" // "no answer", but Exchange answers so to unknown users
	case reason == "" && strings.HasPrefix(detail, "7.6") && len(detail) == 5:
		return blocked // 5.7.606-649: a banned sending IP
	case reason == hostUnknown && isTemporary(status, 0):
		return networkError
	}
	return reason
}

// ownDetails are the last numbers of the status made up for a refusal in which
// no server gave one: class, subject 0 ("other or undefined", RFC 3463 §3.1)
// and one of these, above all that are registered, as bounce analysers commonly
// number them. So a made-up status is never taken for one that was given.
var ownDetails = map[string]string{
	undefined: "900", onHold: "901", syntaxError: "902", noRelaying: "909", filtered: "910", userUnknown: "911", hostUnknown: "912",
	hasMoved: "916", rejected: "918", suspended: "921", mailboxFull: "922", exceedLimit: "923", systemError: "930", systemFull: "931", notAccept: "932",
	mesgTooBig: "934", mailerError: "939", networkError: "944", speeding: "945", tooManyConn: "945", expired: "947",
	greyListed: "971", contentError: "960", securityError: "970", virusDetected: "971", blocked: "971", policy: "972", requirePTR: "973", notCompliant: "974",
	badReputation: "975", failedStartTLS: "976", authFailure: "977", spamDetected: "980",
}

// ownStatus is the status of a refusal for which no server gave one.
func ownStatus(reason string, temporary bool) string {
	if temporary {
		return "4.0." + ownDetails[reason]
	}
	return "5.0." + ownDetails[reason]
}

// categories are the reasons PowerMTA writes into X-PowerMTA-BounceCategory.
var categories = map[string]string{
	"bad-mailbox": userUnknown, "bad-domain": hostUnknown, "bad-configuration": systemError, "bad-connection": networkError,
	"no-answer-from-host": expired, "routing-errors": networkError, "protocol-errors": syntaxError,
	"inactive-mailbox": suspended, "quota-issues": mailboxFull, "invalid-sender": rejected, "message-expired": expired,
	"policy-related": policy, "relaying-issues": noRelaying, "spam-related": spamDetected, "spam-block": spamDetected,
	"content-related": contentError, "virus-related": virusDetected,
}
