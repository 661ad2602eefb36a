package report

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/intake"
)

// readNotice reads what mailers write in plain text when they do not keep to a
// standard: qmail, Exim, old Exchange, gateways, mobile carriers. It counts only
// from a mailer and only if it says that a mail was not delivered.
func readNotice(l *letter) *intake.Report {
	if !l.fromMailer() && !l.returnsMail() || !l.showsProof() {
		return nil
	}
	late := l.isLate()
	if !late && !l.says(failureWords) {
		return nil
	}
	entries := l.entries()
	if len(entries) == 0 || entries[0].address == "" {
		if entries = l.looseEntries(); len(entries) == 0 {
			return nil
		}
	}
	var answers []answer
	for _, e := range entries {
		a := answer{address: e.address, told: e.told(), shown: e.shown(), hosts: strings.ToLower(l.header("from"))}
		a.phase = e.step()
		if late {
			a.action = "delayed"
		}
		answers = append(answers, a)
	}
	r := judged(&intake.Report{}, answers)
	if late {
		r.Until = l.keptUntil()
	}
	return r
}

// mailers are the local parts and names under which mailers write.
var mailers = anyOf(``, []string{
	`mailer[-_ ]?daemon`, `\bmail[-_ ]?daemon`, `\bmdaemon`, `\bpost[-_]?master`, `\bpoostmaster`, `\bmailadm`, `mail administrator`, `system administrator`,
	`mail deliver`, `mail delivery`, `mail system`, `delivery (?:sub)?system`, `content-filter at`, `notification message`,
}, ``)

// fromMailer reports that a program of a mail server wrote the mail.
func (l *letter) fromMailer() bool {
	return l.namesMailer() || l.mail.Null && !l.isAutoReply()
}

// namesMailer reports that the sender is called like a mailer, or not at all.
func (l *letter) namesMailer() bool {
	from := l.header("from")
	return from == "" || from == "<>" || mailers.MatchString(from)
}

// showsProof reports that a mail from the null sender, whose name says nothing,
// holds more than words: the mail it is about, or the code of a server.
func (l *letter) showsProof() bool {
	return l.namesMailer() || len(l.copies()) > 0 || codeIn(l.ownText()) != 0 || statusIn(l.ownText()) != ""
}

// returnsMail reports a mail from nobody that carries another mail with it.
func (l *letter) returnsMail() bool {
	from := strings.ToLower(l.header("from"))
	return len(l.returned) > 0 && (strings.Contains(from, "no-reply@") || strings.Contains(from, "noreply@") || strings.Contains(from, "donotreply@"))
}

// failureWords are how mailers say that a mail was not delivered, in the subject
// or the text, lower case.
var failureWords = []string{
	"undeliver", "not delivered", "non-delivered", "not be delivered", "not able to deliver", "wasn't able to deliver",
	"was not able to be", "unable to deliver", "unable to be delivered", "cannot be delivered", "can't be delivered", "could not deliver",
	"couldn't be delivered", "could not be sent", "couldn't deliver", "cannot deliver", "wasn't delivered", "not been delivered",
	"delivery failed", "delivery failure", "delivery has failed", "delivery error", "delivery problem", "delivery errors",
	"delivery notification", "failed delivery", "failure notice", "failure delivery", "mail failure", "mail failed", "failure reasons",
	"non-delivery", "nondelivery", "returned mail", "returned message", "mail system error", "error delivering", "error sending your mail",
	"trouble delivering", "problem delivering",
	"fatal error", "has been returned because", "encountered an error while being processed", "encountered delivery problems",
	"could not deliver message", "was not relayed", "did not reach the following", "rejected your message", "recipients was rejected",
	"has been rejected", "was rejected", "message blocked", "was blocked by", "delivery status notification", "delivery report",
	"invalid user address", "error message below", "unknown user", "user unknown", "mailbox is full", "group you tried to contact",
	"mail could not", "message status - undeliverable",
	"unzustellbar", "nicht zugestellt", "nicht zustellbar", "konnte nicht zugestellt", "konnte nicht gesendet", "konnte nicht versandt",
	"nicht übermittelt werden", "zustellung fehlgeschlagen", "zustellung der nachricht", "fehler beim zustellen", "non remis",
	"échec de la remise", "n'a pas pu être remis", "n'a pas pu être distribué", "n'a pas pu être livré", "n'a pas pu être envoyé",
	"n'a pas été remis", "n'a pas été distribué", "n'a pas été livré", "non distribué", "non livré", "no se ha podido entregar", "no se pudo entregar", "error de entrega", "impossibile recapitare",
	"mancato recapito", "não foi possível entregar", "falha na entrega", "niet worden bezorgd", "onbestelbaar",
	"kan niet worden afgeleverd", "nie można dostarczyć", "niedostarczon",
	"не может быть доставлено", "не доставлен", "недоставлен", "не удалось доставить", "送信できません", "送信できませんでした", "配信できませんでした", "送信に失敗",
	"无法投递", "退信", "olevererbart", "kunne ikke leveres", "kunde inte levereras", "toimitus epäonnistui", "nelze doručit", "nedoručitelná",
	"nicht ausgeliefert", "nicht abgeliefert", "unzustellbare", "zustellfehler", "zustellungsfehler", "n'ont pas pu être", "échec d'envoi", "échec de livraison",
	"échec de remise", "échec de distribution", "no pudo ser entregad", "no ha podido ser entregad", "no ha sido entregad", "no entregad", "no pudo entregar", "no fue entregad", "imposible entregar",
	"non è stato recapitato", "non recapitabil", "mancata consegna", "non può essere consegnat", "non è stato possibile recapitare", "não pôde ser entregue", "não foi entregue",
	"não entregue", "não pode ser entregue", "niet bezorgd", "niet worden afgeleverd", "niet afgeleverd", "niet worden bezorgd", "kan niet bezorgd", "niet besteld",
	"nie mogła zostać dostarczona", "nie została dostarczona", "nie może zostać dostarczona", "nie dostarczon", "nebyla doručena", "nebylo možné doručit", "nelze doručit",
	"blev ikke leveret", "ikke levert", "kunde inte leverera", "inte levererats", "kan inte levereras", "teslim edilemedi", "iletilemedi",
	"google groups",
}

// lateWords are how mailers say that they go on trying.
var lateWords = []string{
	"this is a warning message only", "warning message only", "could not send message for past", "still undelivered", "will be retried",
	"will keep trying", "will continue to try", "continue trying", "has been delayed", "is delayed", "message delayed", "delivery delayed",
	"delayed for more than", "delivery is delayed", "has not yet been delivered", "not yet been delivered", "has not been delivered yet",
	"only a temporary failure", "(delay)", "delivery status notification (delay", "notification: delayed", "delay notification",
	"we will keep trying", "no action is required on your part", "attempts will continue",
	"noch nicht zugestellt", "verzögert", "verzögerung", "weitere zustellversuche", "remise retardée", "a été retardé", "se ha retrasado",
	"entrega retrasada", "consegna ritardata", "è stato ritardato", "atrasada", "vertraagd", "opóźnion", "задерж", "försenad", "forsinket",
}

// finalWords take the word late back: the mailer has given up.
var finalWords = []string{"not going to try again", "giving up", "given up", "gave up", "permanent error", "permanent failure", "permanent fatal", "will not be retried", "failed permanently", "will be deleted from queue", "message will not", "endgültig", "wird nicht weiter"}

// isLate reports that the mailer goes on trying.
func (l *letter) isLate() bool { return l.says(lateWords) && !l.says(finalWords) }

// says reports that the subject or the mailer's own text has one of the words.
func (l *letter) says(words []string) bool {
	text := l.ownText()
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// ownText is the subject and what the mailer itself wrote, lower case, on one
// line.
func (l *letter) ownText() string {
	if l.own != "" {
		return l.own
	}
	var b strings.Builder
	b.WriteString(l.subject)
	for _, note := range l.notes {
		said, _ := cutCopy(note)
		b.WriteString("\n" + said)
	}
	text := strings.ReplaceAll(strings.ToLower(b.String()), "’", "'")
	l.own = " " + collapse(text)
	return l.own
}

// forDays finds how long a mailer goes on trying.
var forDays = regexp.MustCompile(`(?i)(?:retried for|additional|up to|for another|weitere|noch|during|pendant|durante)\s+(\d{1,3})\s+(?:more\s+)?(day|hour|tag|stunde|jour|heure|d[ií]a|hora)`)

// keptUntil is when the mailer gives up, zero if it does not say.
func (l *letter) keptUntil() time.Time {
	date, err := parseDate(l.header("date"))
	if err != nil {
		return time.Time{}
	}
	m := forDays.FindStringSubmatch(collapse(strings.Join(l.notes, "\n")))
	if m == nil {
		return time.Time{}
	}
	n, _ := strconv.Atoi(m[1])
	switch strings.ToLower(m[2]) {
	case "hour", "stunde", "heure", "hora":
		return date.Add(time.Duration(n) * time.Hour)
	}
	return date.AddDate(0, 0, n)
}
