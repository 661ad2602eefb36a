package program

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Letter is what a typical mail to a desk is made from.
type Letter struct {
	ID        string // Message-ID without brackets
	From      string
	Name      string
	Subject   string
	InReplyTo string // Message-ID of the mail it answers, without brackets
	Bytes     int    // length of the text, about
}

// Mail is the letter ready for the wire.
func (l Letter) Mail(seed uint64) Mail { return NewMail(l.ID, l.From, Mailbox, l.Text(seed)) }

// Text writes the letter as a mail program would: a text and an HTML part. What
// it says depends on seed alone.
func (l Letter) Text(seed uint64) []byte {
	text := prose(rand.New(rand.NewPCG(seed, 7)), l.Bytes)
	var b strings.Builder
	fmt.Fprintf(&b, "Received: from mx.%s by relay.example; Mon, 23 Nov 2026 09:00:00 +0100\r\n", domain(l.From))
	fmt.Fprintf(&b, "Message-ID: <%s>\r\nFrom: %q <%s>\r\nTo: <%s>\r\nSubject: %s\r\n", l.ID, l.Name, l.From, Mailbox, l.Subject)
	fmt.Fprintf(&b, "Date: %s\r\n", time.Unix(1795420800+int64(seed%86400), 0).UTC().Format(time.RFC1123Z))
	if l.InReplyTo != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", l.InReplyTo, l.InReplyTo)
	}
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"=-grenze\"\r\n\r\n")
	b.WriteString("--=-grenze\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text)
	b.WriteString("\r\n--=-grenze\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<html><body><p>")
	b.WriteString(strings.ReplaceAll(text, "\r\n", "<br>\r\n"))
	b.WriteString("</p></body></html>\r\n--=-grenze--\r\n")
	return []byte(b.String())
}

var wordsOf = strings.Fields("Guten Tag mein Zähler steht seit gestern still und zeigt nur noch Striche an " +
	"ich bitte um eine kurze Nachricht wann jemand vorbeikommen kann denn die Abrechnung wird bald fällig " +
	"außerdem möchte ich den Abschlag für das kommende Jahr ändern lassen vielen Dank für Ihre Mühe")

func prose(r *rand.Rand, size int) string {
	var b strings.Builder
	line := 0
	for b.Len() < size {
		w := wordsOf[r.IntN(len(wordsOf))]
		if line += len(w) + 1; line > 72 {
			b.WriteString("\r\n")
			line = len(w)
		} else if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String() + ".\r\n"
}

func domain(address string) string {
	_, d, _ := strings.Cut(address, "@")
	return d
}
