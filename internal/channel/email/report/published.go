package report

import (
	"regexp"
	"strings"
)

// sign is a code or link that a mail provider publishes for a refusal. It says
// more than the sentence around it, which is often the same for all.
type sign struct {
	host   string         // part of a server's name it must come from; "" for any
	form   *regexp.Regexp // in lower case
	reason string
}

func signOf(host, form, reason string) sign {
	return sign{host: host, form: regexp.MustCompile(form), reason: reason}
}

// signs are read from top to bottom.
var signs = []sign{
	// Google: the page a refusal links to, support.google.com/mail/?p=...
	signOf("", `\?p=(?:nosuchuser|nosuchdomain)\b`, userUnknown),
	signOf("", `\?p=(?:disableduser|inactiveuser)\b`, suspended),
	signOf("", `\?p=overquota(?:perm|temp)\b`, mailboxFull),
	signOf("", `\?p=receivingrate(?:perm|temp)?\b`, speeding),
	signOf("", `\?p=(?:unauthenticatedemail|dmarcrejection|unsolicitedauthenticate)\b`, authFailure),
	signOf("", `\?p=rfcmessagenoncompliant\b`, notCompliant),
	signOf("", `\?p=blockedmessage\b`, policy),
	signOf("", `\?p=maxsizeerror\b`, mesgTooBig),
	// Apple.
	signOf("", `\[hm08\]`, policy),
	signOf("", `\[cs01\]`, spamDetected),
	// Exchange: where in the server the mail stopped.
	signOf("", `resolver\.adr\.(?:ex)?recip(?:ient)?notfound|resolver\.adr\.bad|resolver\.adr\.invalid`, userUnknown),
	signOf("", `5\.4\.1 .{0,100}\brecipient address rejected: access denied`, userUnknown),
	signOf("", `resolver\.rst\.(?:authrequired|sendernotauthenticated)`, securityError),
	signOf("", `resolver\.rst\.(?:notauthorized|restricted)`, rejected),
	signOf("", `resolver\.fwd\.notfound`, userUnknown),
	signOf("", `\brecip(?:ient)?limit\b`, tooManyConn),
	signOf("", `smtpsend\.dns\.mxloopback`, networkError),
	signOf("", `resolver\.rst\.recipsizelimit`, exceedLimit),
	signOf("", `resolver\.rst\.(?:sendsizelimit|recvsizelimit)|resolver\.rst\.\w*sizelimit`, mesgTooBig),
	signOf("", `storedrv\.deliver[^;]*quota|quotaexceededexception`, mailboxFull),
	signOf("", `storedrv\.deliver[^;]*(?:accountdisabled|disabled)`, suspended),
	signOf("", `transport\.rules\.reject`, policy),
	signOf("", `routing\.loopdetected|hopcount`, networkError),
	signOf("", `smtpsend\.dns\.nonexistentdomain`, hostUnknown),
	signOf("", `queue\.expired`, expired),
	// Outlook.com: letters for the kind, a number for the case.
	signOf("", `\((?:sc|ru|ou)-00\d\)|\b(?:sc|ru|ou)-00\d\b`, blocked),
	signOf("", `\b(?:dy)-00[12]\b`, blocked),
	signOf("", `\bs(?:3140|3150)\b`, blocked),
	signOf("", `\(as3?\d{3,8}\)[^.]*blocked`, blocked),
	signOf("hotmail.com", `requested action not taken: mailbox unavailable`, userUnknown),
	// Verizon Wireless answers for telephone numbers, not for a domain of others.
	signOf("vtext.com", `no such user here`, userUnknown),
	// Yahoo and AOL (senders.yahooinc.com/smtp-error-codes).
	signOf("", `\[ts(?:s?)0?[1-9]\d?\]|\[tss\d\d\]`, badReputation),
	signOf("", `\[bl\d\d\]`, blocked),
	signOf("", `\[phb?0?1\]|\(dnsbl:|\(dyn:t1\)|\(rtr:`, blocked),
	signOf("", `\(cvu:|\(hvu:`, spamDetected),
	// Orange, Wanadoo and La Poste: a number with the initials of the house.
	signOf("", `\b(?:ofr|lpn)_?(?:\d{3}_)?416\b`, userUnknown),
	signOf("", `\b(?:ofr|lpn)_?(?:\d{3}_)?417\b`, mailboxFull),
	signOf("", `\b(?:ofr|lpn)_?(?:\d{3}_)?420\b`, suspended),
	signOf("", `\b(?:ofr|lpn)_?(?:\d{3}_)?(?:104|109|514)\b`, tooManyConn),
	signOf("", `\b(?:ofr|lpn)_?(?:\d{3}_)?(?:10[1-35-8]|510|999)\b`, blocked),
	signOf("", `\b(?:ofr|lpn)_?(?:\d{3}_)?(?:40[1-9]|415)\b`, rejected),
	signOf("", `\b(?:ofr|lpn)_?(?:\d{3}_)?(?:506|513)\b`, spamDetected),
	// Cox: what stands behind "AUP#".
	signOf("", `aup#(?:cdrbl|cxbl|ipbl\d+|blk)`, blocked),
	signOf("", `aup#cxthrt|aup#cxmxrt|aup#cxcnct`, tooManyConn),
	signOf("", `aup#cxsndr|aup#cxdns`, rejected),
	signOf("", `aup#cxmj|aup#cxsmtp`, policy),
	signOf("", `aup#(?:spf|dk|snd)r`, authFailure),
	// Spectrum: numbers from 1300 on for too much at once, below for listed hosts.
	signOf("", `aup#in-1[3-5]\d\d`, tooManyConn),
	signOf("", `aup#(?:in-)?1[0-2]\d\d`, blocked),
	// Facebook (postmaster.facebook.com/response_codes).
	signOf("", `\brcp-p1\b`, userUnknown),
	signOf("", `\brcp-p2\b`, filtered),
	signOf("", `\bint-t\d\b`, systemError),
	signOf("", `\bpol-p[12]\b`, requirePTR),
	signOf("", `\bpol-[pt]\d\b`, policy),
	signOf("", `\b(?:rcp|dns|msg)-t\d\b`, tooManyConn),
	signOf("", `\bcon-t\d\b`, tooManyConn),
	signOf("", `\bdns-p\d\b`, rejected),
	signOf("", `\bmsg-p1\b|\bcon-p1\b`, blocked),
	// KDDI: with the address it is unknown, without it a filter refused.
	signOf("ezweb.ne.jp", `550 <[^>]*>: user unknown`, userUnknown),
	signOf("au.com", `550 <[^>]*>: user unknown`, userUnknown),
}

// published is the reason a provider's sign stands for, "" without one.
func published(words, hosts string) string {
	for _, s := range signs {
		if (s.host == "" || strings.Contains(hosts, s.host)) && s.form.MatchString(words) {
			return s.reason
		}
	}
	return ""
}
