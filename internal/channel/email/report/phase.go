package report

import "strings"

// phase is the step of the SMTP dialogue at which a server refused.
type phase uint8

const (
	unknownPhase phase = iota
	connectPhase       // connection, greeting, EHLO
	mailPhase          // MAIL FROM: about the sender
	rcptPhase          // RCPT TO: about the recipient
	dataPhase          // DATA and the mail itself
)

// phaseWords are how mailers name the step, in text as plain makes it.
var phaseWords = []struct {
	phase phase
	words []string
}{
	{connectPhase, []string{
		"initial connection", "refused to talk to me", "greeting failed", "initial server greeting", "greeting wait",
		"server after connect", "ehlo handshake",
		">>> ehlo", ">>> helo", "ehlo command", "helo command", "after ehlo", "after helo", "my name was rejected", "like our ehlo",
		"like our helo", "smtp command ehlo", "[connect]", "[helo]", "[greeting]", "for ehlo command",
	}},
	{mailPhase, []string{
		"mail from command", "after mail from", "after sender verify", "like our mail", "[mail_from]", ">>> mail from",
		"does not like sender", "sender was rejected", "error following mail", "for mail from", "in mail from", "(mail from)",
		"smtp command mail", "(state 13)", "while sending mail from", "sent: mail from", "reply to mail from",
	}},
	{rcptPhase, []string{
		"rcpt to command", "after rcpt to", "like our rcpt", "[rcpt_to]", ">>> rcpt to", "does not like recipient", "in rcpt to",
		"error following rcpt", "for rcpt to", "rejected recipient", "(rcpt to)", "smtp command rcpt", "(state 14)", "rcpt command",
		"while sending rcpt to", "sent: rcpt to",
	}},
	{dataPhase, []string{
		"end of data", "data command", ">>> data", "server after data", "reply after data", "like our data",
		"failed after i sent the message", "for text command", "(data)", "smtp command data", "[data]", "[body]", "[eod]",
		"error following data", "(state 15)", "(state 16)", "(state 17)", "(state 18)", ">>> .", "message body command",
		"while sending message", "after end-of-data", "reply to data", "while sending end of data", "while sending data", "sent: data",
	}},
}

// phaseIn finds the step named last in text, which is where the mailer got to.
func phaseIn(text string) phase {
	found, at := unknownPhase, -1
	for _, p := range phaseWords {
		for _, w := range p.words {
			if i := strings.LastIndex(text, w); i > at {
				found, at = p.phase, i
			}
		}
	}
	return found
}
