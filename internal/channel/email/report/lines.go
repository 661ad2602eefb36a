package report

import (
	"regexp"
	"strings"

	"lotse/internal/platform/markup"
)

// plainLines cuts text to what is read of it and ends its lines with LF,
// whichever of CRLF, CR and LF the mailer used.
func plainLines(text string) string {
	text = text[:min(len(text), maxText)]
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	return strings.ToValidUTF8(text, "�")
}

// pageTexts are HTML parts as plain text.
func pageTexts(pages []string) []string {
	texts := make([]string, 0, len(pages))
	for _, p := range pages {
		texts = append(texts, markup.TextFromHTML(p))
	}
	return texts
}

// copyMarks are how the line begins or reads, without dashes, behind which a
// mailer copies the mail it reports on.
var copyMarks = []string{
	"below this line is a copy of", "this is a copy of", "enclosed is a copy of", "below is a copy of", "a copy of the original message",
	"copy of the message follows",
	"original message follows", "the original message follows", "original message headers", "original message header", "original mail info",
	"original message is attached", "the header of the original message", "the original message was:", "headers of the original message",
	"unsent message follows", "message header follows", "message headers follow", "message headers:", "message text follows",
	"undelivered message follows", "returned message", "returned mail follows", "the header and top ", "text of the original message",
	"start of returned message", "begin original message",
	"ursprüngliche nachrichtenköpfe", "kopfzeilen der ursprünglichen nachricht", "ursprüngliche nachrichtenkopfzeilen",
	"originalnachrichtenkopf", "die ursprüngliche nachricht folgt", "der header der originalnachricht", "unten folgt eine kopie",
	"en-têtes de message d'origine", "en-tête de message d'origine", "en-têtes d'origine", "encabezados de mensajes originales",
	"encabezados del mensaje original", "intestazioni originali del messaggio", "intestazioni del messaggio originale",
	"cabeçalhos da mensagem original", "cabeçalhos de mensagem original", "oorspronkelijke berichtkoppen", "oorspronkelijke berichtkop",
	"oryginalne nagłówki wiadomości", "исходные заголовки сообщения", "originala meddelandehuvuden", "oprindelige brevhoveder",
}

// cutCopy splits a note into what the mailer says and the copy of the mail
// below it, which no longer counts as words of the mailer.
func cutCopy(note string) (said, copied string) {
	addressed := false
	for at := 0; at < len(note); {
		line, rest, _ := strings.Cut(note[at:], "\n")
		if isCopyMark(line) || addressed && startsHeader(line) {
			return note[:at], rest
		}
		addressed = addressed || strings.Contains(line, "@")
		at = len(note) - len(rest)
	}
	return note, ""
}

func isCopyMark(line string) bool {
	if len(line) > 160 {
		return false
	}
	bare := strings.ToLower(strings.Trim(line, " \t-=*|_>"))
	if bare == "original message" || bare == "original mail" || bare == "ursprüngliche nachricht" {
		return strings.Contains(line, "--")
	}
	for _, m := range copyMarks {
		if strings.HasPrefix(bare, m) {
			return true
		}
	}
	return false
}

// startsHeader reports whether a line can only be the first of a mail header.
func startsHeader(line string) bool {
	lower := strings.ToLower(line[:min(len(line), 16)])
	return strings.HasPrefix(lower, "received:") || strings.HasPrefix(lower, "return-path: <")
}

// addressForm is a mail address in running text. The domain may be one label,
// as in the reports of a single machine.
var addressForm = regexp.MustCompile(`(?:"[^"\s]{1,64}"|[^\s<>()\[\]",:;'|=][^\s<>()\[\]",:;|@]{0,127})@[\pL\pN](?:[\pL\pN_.-]{0,250}[\pL\pN])?`)

// leadingAddress reads an address at the beginning of a line, behind a bullet
// and in angle brackets if need be, and what stands behind it.
func leadingAddress(line string) (address, rest string, ok bool) {
	line = strings.TrimLeft(line, " \t>*-•<")
	at := addressForm.FindStringIndex(line[:min(len(line), 400)])
	if at == nil || at[0] != 0 {
		return "", "", false
	}
	return strings.ToLower(line[:at[1]]), strings.TrimLeft(line[at[1]:], ">])"), true
}

// bareAddress reads the address of a field such as "rfc822; <a@b.example>",
// "" if it holds none.
func bareAddress(value string) string {
	if _, after, ok := strings.Cut(value, ";"); ok {
		value = after
	}
	return strings.ToLower(addressForm.FindString(value))
}

var (
	linkForm = regexp.MustCompile(`(?i)<?\bhttps?://[^\s>]+>?`)
	// againForm is the code of a reply that goes on in the next line, as it
	// stands in the middle of a text once the lines are joined (RFC 5321 §4.2.1).
	againForm = regexp.MustCompile(`\s[245]\d\d[- ](?:[245]\.\d{1,3}\.\d{1,3}\s)?`)
	// closing are sentences of mailers about what they did and will do, not why.
	closing = anyOf(``, []string{
		`google tried to deliver your message[^.]*\.(?: we recommend contacting[^.]*\.)?`, `giving up on [\d.:a-f]+\.?`, `connected to [\d.:a-f]+ but`,
		`you do not need to re-?send (?:your|the) message[^.]*\.`, `this is a permanent error[;.]?(?: i've given up\.)?`,
	}, ``)
)

// anyOf is a pattern for one of several alternatives.
func anyOf(before string, alternatives []string, after string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + before + `(?:` + strings.Join(alternatives, "|") + `)` + after)
}

// plain makes words ready for the search for phrases.
func plain(words, recipient string) string {
	s := strings.ToLower(words)
	s = linkForm.ReplaceAllString(s, " ")
	s = strings.NewReplacer("’", "'", "`", "'", "“", `"`, "”", `"`).Replace(s)
	s = addressForm.ReplaceAllStringFunc(s, func(a string) string {
		if recipient != "" && a == recipient {
			return "<rcpt>"
		}
		return "<>"
	})
	s = strings.NewReplacer("<<>>", "<>", "<<rcpt>>", "<rcpt>", "[<rcpt>]", "<rcpt>").Replace(s)
	s = closing.ReplaceAllString(s, " ")
	s = againForm.ReplaceAllString(s, " ")
	return " " + collapse(s) + " "
}

// collapse turns every run of white space into one space.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }

// oneLine makes the words of a server fit to show.
func oneLine(words string) string {
	return markup.CleanLine(words, maxWords)
}
