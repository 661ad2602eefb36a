package email

import (
	"strings"
	"time"

	"lotse/internal/channel/email/fold"
	"lotse/internal/intake"
	"lotse/internal/platform/markup"
)

// maxAttached is the largest attached mail that is read as one passed on.
const maxAttached = 1 << 20

// passedOn recognises a message that passes another one on, in its text or as
// the only mail attached to it while it says nothing itself or its subject is
// the other's with the prefix of a forward.
func (a *Adapter) passedOn(in *intake.Incoming) {
	if f, ok := fold.Forwarded(in.Subject, in.Text); ok {
		in.Forwarded = &intake.Forwarded{
			From:    intake.Address{Kind: Kind, Value: strings.ToLower(f.Address), Name: markup.CleanLine(f.Name, maxNameRunes)},
			Date:    f.At.UTC(),
			Subject: markup.CleanLine(f.Subject, maxSubject),
			At:      f.From,
			Body:    f.Body,
		}
		return
	}
	raw, ok := attached(in.Parts)
	if !ok || len(raw) > maxAttached {
		return
	}
	w := &warnings{} // about the other mail; it stays attached
	l, err := takeApart(raw, w)
	if err != nil {
		return
	}
	l.in.Subject = markup.CleanLine(decodeWords(l.header.get("subject")), maxSubject)
	if !fold.Forwards(in.Subject, l.in.Subject) && fold.Visible(in.Text, in.Folds) != "" {
		return
	}
	l.in.From = correspondent(l.header, intake.Trace{}, nil, w).address()
	if l.in.From.Value == "" {
		return
	}
	l.in.Date = readDate(l.header, w)
	l.readParts(w)
	in.Text, in.Folds = joinForward(in.Text, in.Folds, l.in)
	in.Forwarded = &intake.Forwarded{From: l.in.From, Date: l.in.Date, Subject: l.in.Subject, At: in.Folds[len(in.Folds)-1].From}
}

// joinForward shows a mail that is attached below the text it came with, as
// mail programs write it into the text.
func joinForward(text string, folds []markup.Fold, inner *intake.Incoming) (string, []markup.Fold) {
	var b strings.Builder
	b.WriteString(text)
	if text != "" {
		b.WriteString("\n\n")
	}
	from := b.Len()
	b.WriteString("---------- Forwarded message ----------\nFrom: ")
	if inner.From.Name != "" {
		b.WriteString(inner.From.Name + " ")
	}
	b.WriteString("<" + inner.From.Value + ">\n")
	if !inner.Date.IsZero() {
		b.WriteString("Date: " + inner.Date.Format(time.RFC1123Z) + "\n")
	}
	b.WriteString("Subject: " + inner.Subject + "\n\n" + inner.Text)
	whole := strings.TrimRight(b.String(), "\n")
	return whole, append(folds, markup.Fold{Kind: markup.FoldForward, From: from, To: len(whole)})
}
