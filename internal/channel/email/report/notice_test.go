package report

import (
	"fmt"
	"strings"
	"testing"

	"lotse/internal/intake"
)

// fromDaemon is the header of a mailer's mail.
func fromDaemon(subject string) map[string]string {
	return map[string]string{"from": "Mail Delivery System <mailer-daemon@mx.post.example>", "subject": subject, "date": "Mon, 05 May 2025 10:00:00 +0200"}
}

// TestNotices reads reports in plain text, as servers of many kinds write them.
func TestNotices(t *testing.T) {
	for _, c := range []struct {
		name, subject, text string
		kind                intake.ReportKind
		want                []string // address status code reason hard
	}{
		{"qmail, two recipients", "failure notice", `Hi. This is the qmail-send program at mx.post.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@ziel.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 No such user here
Giving up on 192.0.2.7.

<boris@ziel.example>:
192.0.2.7 failed after I sent the message.
Remote host said: 554 5.7.1 Message looks like spam to us

--- Below this line is a copy of the message.

Message-ID: <1@lindenau.example>
Subject: Ihre Bestellung
`, intake.Undelivered, []string{"anna@ziel.example 5.1.1 550 userunknown true", "boris@ziel.example 5.7.1 554 spamdetected false"}},
		{"Exim over SMTP", "Mail delivery failed: returning message to sender", `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  carla@ziel.example
    host mx.ziel.example [192.0.2.9]
    SMTP error from remote mail server after RCPT TO:<carla@ziel.example>:
    550 Mailbox unknown or not accepting mail.

------ This is a copy of the message, including all the headers. ------
`, intake.Undelivered, []string{"carla@ziel.example 5.0.911 550 userunknown true"}},
		{"Exim, unrouteable", "Mail delivery failed", `A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  dora@nirgends.example
    Unrouteable address
`, intake.Undelivered, []string{"dora@nirgends.example 5.0.912 0 hostunknown true"}},
		{"Exim, quota", "Mail delivery failed", `A message that you sent could not be delivered. The following address(es) failed:

  emil@ziel.example
    mailbox is full: retry timeout exceeded
`, intake.Undelivered, []string{"emil@ziel.example 5.0.922 0 mailboxfull false"}},
		{"late, Exim", "Warning: message 1abc delayed 24 hours", `This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.post.example.

The address to which the message has not yet been delivered is:

  frida@ziel.example
    host mx.ziel.example [192.0.2.9]
    Delay reason: Connection timed out

No action is required on your part. Delivery attempts will continue for
some time.
`, intake.Delayed, []string{"frida@ziel.example 4.0.947 0 expired false"}},
		{"German gateway", "Unzustellbar: Rechnung", `Die Nachricht konnte nicht zugestellt werden an:

gerd@ziel.example: 550 Unbekannter Empfänger (RCPT TO)
`, intake.Undelivered, []string{"gerd@ziel.example 5.0.911 550 userunknown true"}},
		{"sentence", "Undeliverable mail", `Your message to <hans@ziel.example> could not be delivered: the mailbox is full.
`, intake.Undelivered, []string{"hans@ziel.example 5.0.922 0 mailboxfull false"}},
		{"sendmail transcript", "Returned mail: see transcript for details", `The original message was received at Mon, 5 May 2025 09:00:00 +0200

   ----- The following addresses had permanent fatal errors -----
<ida@ziel.example>
    (reason: 550 5.7.1 <ida@ziel.example>... Relaying denied)

   ----- Transcript of session follows -----
... while talking to mx.ziel.example.:
>>> RCPT To:<ida@ziel.example>
<<< 550 5.7.1 <ida@ziel.example>... Relaying denied
550 5.1.1 <ida@ziel.example>... User unknown
`, intake.Undelivered, []string{"ida@ziel.example 5.1.1 550 norelaying false"}},
		{"sender's domain refused", "failure notice", `I'm afraid I wasn't able to deliver your message to the following addresses.

<jan@ziel.example>:
Connected to 192.0.2.7 but sender was rejected.
Remote host said: 553 lindenau.example does not exist
`, intake.Undelivered, []string{"jan@ziel.example 5.0.918 553 rejected false"}},
		{"connection refused at the door", "Mail delivery failed", `The following address(es) failed:

  karl@ziel.example
    host mx.ziel.example [192.0.2.9]
    SMTP error from remote mail server after initial connection:
    554 Go away
`, intake.Undelivered, []string{"karl@ziel.example 5.0.971 554 blocked false"}},
		{"recipient behind a word", "Delivery Failure", `Could not deliver message to the following recipient(s):

Failed Recipient: mara@ziel.example
Reason: Remote host said: 550 unknown user (in reply to RCPT TO command)

   -- The header and top 20 lines of the message follows --
`, intake.Undelivered, []string{"mara@ziel.example 5.0.911 550 userunknown true"}},
		{"late, on a German host", "Warning: message delayed 2 days", `A message that you sent has not yet been delivered to one or more of
its recipients after 2 days.

The message has not yet been delivered to the following addresses:

  <nora@ziel.example>

host mx.ziel.example[192.0.2.9]:
connection to mail exchanger failed

No action is required on your part.

--- The header of the original message is following. ---
`, intake.Delayed, []string{"nora@ziel.example 4.0.944 0 networkerror false"}},
		{"returned while processed", "Processing Error", `Intended recipient: olga@ziel.example

The following mail has been returned because it encountered an error
while being processed.

--------RETURNED MAIL FOLLOWS--------
`, intake.Undelivered, []string{"olga@ziel.example 5.0.901 0 onhold false"}},
		{"nothing said", "failure notice", `I'm afraid I wasn't able to deliver your message to the following addresses.

<lena@ziel.example>:
554 Nö.
`, intake.Undelivered, []string{"lena@ziel.example 5.0.901 554 onhold false"}},
	} {
		r, ok := Read(textMail(fromDaemon(c.subject), c.text))
		if !ok {
			t.Errorf("%s: no report", c.name)
			continue
		}
		var got []string
		for _, p := range r.Recipients {
			got = append(got, fmt.Sprint(p.Address, " ", p.Status, " ", p.Code, " ", p.Reason, " ", p.Hard))
		}
		if r.Kind != c.kind || strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: kind %d\n%s\nexpected %d\n%s", c.name, r.Kind, strings.Join(got, "\n"), c.kind, strings.Join(c.want, "\n"))
		}
	}
}

// TestOriginal finds which mail a report is about.
func TestOriginal(t *testing.T) {
	attached := textMail(fromDaemon("Undelivered Mail Returned to Sender"), "<a@ziel.example>: 550 5.1.1 unknown\n")
	attached.Parts = append(attached.Parts, Part{MediaType: "message/rfc822", Text: "Received: from x\r\n by y\r\nMessage-ID:\r\n <77@lindenau.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHallo"})
	below := textMail(fromDaemon("failure notice"), "<a@ziel.example>:\n550 5.1.1 unknown\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <x@lindenau.example>\nMessage-Id: <77@lindenau.example>\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nHallo\n")
	for name, m := range map[string]Mail{"attached": attached, "below": below} {
		r, ok := Read(m)
		if !ok || r.MessageID != "77@lindenau.example" || r.Subject != "Grüße" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestUntil reads how long a mailer goes on trying.
func TestUntil(t *testing.T) {
	m := textMail(fromDaemon("Delivery Status Notification (Delay)"), "Delivery to the following recipient has been delayed:\n\n     a@ziel.example\n\nMessage will be retried for 2 more day(s)\n")
	r, ok := Read(m)
	if !ok || r.Kind != intake.Delayed || r.Until.UTC().Format("2006-01-02 15:04") != "2025-05-07 08:00" {
		t.Errorf("text: %+v", r)
	}
	m.Parts = append(m.Parts, Part{MediaType: "message/delivery-status", Text: "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@ziel.example\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: Thu, 8 May 2025 10:00:00 +0200\n"})
	r, _ = Read(m)
	if r.Until.UTC().Format("2006-01-02 15:04") != "2025-05-08 08:00" || r.Recipients[0].Status != "4.4.1" {
		t.Errorf("fields: %+v", r)
	}
}

// TestPeople finds no report in what people write about reports.
func TestPeople(t *testing.T) {
	bounce := "> <a@ziel.example>:\n> 550 5.1.1 User unknown\n"
	for name, m := range map[string]Mail{
		"asks about a bounce":    textMail(map[string]string{"from": "Anna <anna@kunde.example>", "subject": "Undelivered Mail Returned to Sender"}, "Guten Tag,\n\nmeine Nachricht kam nicht an:\n\n"+bounce+"\nWas tun?\n"),
		"forwards a bounce":      textMail(map[string]string{"from": "Anna <anna@kunde.example>", "subject": "Fwd: failure notice"}, "Begin forwarded message:\n\n> From: MAILER-DAEMON@x.example\n> Subject: failure notice\n>\n"+bounce+"> Final-Recipient: rfc822; a@ziel.example\n> Action: failed\n"),
		"writes of a holiday":    textMail(map[string]string{"from": "Anna <anna@kunde.example>", "subject": "Urlaub"}, "Guten Tag, kann ich die Ware nach dem Urlaub bekommen?\n"),
		"acknowledgement":        textMail(map[string]string{"from": "service@firma.example", "subject": "Ihre Anfrage", "auto-submitted": "auto-replied"}, "Wir haben Ihre Anfrage erhalten und melden uns.\n"),
		"newsletter":             textMail(map[string]string{"from": "no-reply@firma.example", "subject": "Returned goods: delivery failed"}, "Ihre Lieferung konnte nicht zugestellt werden. Fragen an service@firma.example.\n"),
		"postmaster, a person":   textMail(map[string]string{"from": "postmaster@firma.example", "subject": "Frage zu unserem Vertrag"}, "Guten Tag,\n\nbitte rufen Sie mich an.\n\nAnna Beispiel <anna@firma.example>\n"),
		"empty":                  {Header: func(string) []string { return nil }},
		"monitoring of a server": textMail(map[string]string{"from": "root@host.example", "subject": "Cron <root@host> backup"}, "550 5.1.1 x\n"),
	} {
		if r, ok := Read(m); ok {
			t.Errorf("%s: %+v", name, r)
		}
	}
	attached := textMail(map[string]string{"from": "Anna <anna@kunde.example>", "subject": "Kam nicht an"}, "siehe Anhang\n")
	attached.Parts = append(attached.Parts, Part{MediaType: "message/rfc822", Text: "From: MAILER-DAEMON\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@ziel.example\nAction: failed\n"})
	if r, ok := Read(attached); ok {
		t.Errorf("bounce attached: %+v", r)
	}
}

// TestComplaint reads complaints in the standard form and without it.
func TestComplaint(t *testing.T) {
	m := textMail(map[string]string{"from": "fbl@anbieter.example", "subject": "FW: Ihr Angebot"}, "This is an abuse report.\n")
	m.Parts = append(m.Parts,
		Part{MediaType: "message/feedback-report", Text: "Feedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\nOriginal-Rcpt-To: <Anna@Ziel.example>\n"},
		Part{MediaType: "message/rfc822", Text: "Message-ID: <5@lindenau.example>\nTo: anna@ziel.example\n\nx"})
	r, ok := Read(m)
	if !ok || r.Kind != intake.Complaint || r.MessageID != "5@lindenau.example" || r.Recipients[0].Address != "anna@ziel.example" || r.Recipients[0].Reason != feedback {
		t.Errorf("standard: %+v", r)
	}
	m = textMail(map[string]string{"from": "staff@hotmail.com", "subject": "complaint about message from 192.0.2.1"}, "")
	m.Parts = append(m.Parts, Part{MediaType: "message/rfc822", Text: "Message-ID: <5@lindenau.example>\nTo: anna@ziel.example\n\nx"})
	if r, ok = Read(m); !ok || r.Kind != intake.Complaint || r.Recipients[0].Address != "anna@ziel.example" {
		t.Errorf("without: %+v", r)
	}
}

// TestReceipt reads what a receiver's program says of a mail it showed.
func TestReceipt(t *testing.T) {
	fields := "Reporting-UA: x; y\nFinal-Recipient: rfc822; anna@ziel.example\nOriginal-Message-ID: <5@lindenau.example>\nDisposition: %s\n"
	for disposition, reason := range map[string]string{
		"manual-action/MDN-sent-manually; displayed":             displayed,
		"automatic-action/MDN-sent-automatically; deleted/error": deleted,
	} {
		m := textMail(map[string]string{"from": "anna@ziel.example", "subject": "Gelesen: Angebot"}, "Ihre Nachricht wurde angezeigt.\n")
		m.Parts = append(m.Parts, Part{MediaType: "message/disposition-notification", Text: fmt.Sprintf(fields, disposition)})
		r, ok := Read(m)
		if !ok || r.Kind != intake.Read || r.MessageID != "5@lindenau.example" || r.Recipients[0].Reason != reason {
			t.Errorf("%s: %+v", disposition, r)
		}
	}
	m := textMail(map[string]string{"from": "Mail Delivery Subsystem <postmaster@ziel.example>", "subject": "Rejected: Angebot"}, "Your message to <anna@ziel.example> was automatically rejected:\nQuota exceeded (mailbox for user is full)\n")
	m.Parts = append(m.Parts, Part{MediaType: "message/disposition-notification", Text: fmt.Sprintf(fields, "automatic-action/MDN-sent-automatically; deleted")})
	r, ok := Read(m)
	if !ok || r.Kind != intake.Undelivered || r.Recipients[0].Reason != mailboxFull {
		t.Errorf("refused by the mail store: %+v", r)
	}
}
