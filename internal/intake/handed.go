package intake

import (
	"context"
	"regexp"
	"strings"

	"lotse/internal/desk"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// colleague is who of us passed a letter on.
type colleague struct {
	id   ids.ID
	name string
}

// sender is whose letter it is: of what a colleague passes on, its first sender.
// Whether a colleague did is not believed where the sender may be forged.
func (j *joiner) sender(ctx context.Context, l *letter) (Address, error) {
	m := l.incoming
	f := m.Forwarded
	if j.past || f == nil || f.From.Value == "" || j.in.Colleague == nil || l.forged() || strings.EqualFold(f.From.Value, m.From.Value) {
		return m.From, nil
	}
	own, err := j.in.isOwn(ctx, f.From.Value)
	if err != nil || own {
		return m.From, err
	}
	id, name, ok, err := j.in.Colleague(ctx, j.account.BrandID, m.From.Value)
	if err != nil || !ok {
		return m.From, err
	}
	first := f.From
	if first.Kind == "" {
		first.Kind = m.From.Kind
	}
	first.Value = strings.ToLower(first.Value)
	j.handed[l] = colleague{id: id, name: name}
	return first, nil
}

// isOwn reports whether an address is one of ours.
func (in *Intake) isOwn(ctx context.Context, address string) (bool, error) {
	all, err := in.Accounts.Accounts(ctx, "email")
	if err != nil {
		return false, err
	}
	for _, a := range all {
		if a.Receives(address) {
			return true, nil
		}
	}
	return false, nil
}

// handOn makes a letter that a colleague passed on one of its first sender: what
// was passed on is the message, what the colleague wrote above it a note. The
// HTML would hold both, so the text alone is kept; the original is at hand.
func (j *joiner) handOn(l *letter, r *desk.Receipt, by colleague) {
	f, text := l.incoming.Forwarded, l.incoming.Text
	at := min(max(f.At, 0), len(text))
	above := text[:at]
	begins := min(max(at, f.Body), len(text)) // behind its header lines, which findings hold
	r.Text, r.Folds = hideLinksIn(passedOn(text, l.incoming.Folds, begins))
	r.HTML = ""
	r.AuthorName, r.Address = f.From.Name, f.From.Value
	r.Addressed = j.addressed(f.From, nil, nil)
	if machine.MatchString(r.Address) {
		r.Address = ""
	}
	if r.AuthorName == "" {
		r.AuthorName = f.From.Value
	}
	if f.Subject != "" {
		r.Subject = markup.CleanLine(f.Subject, maxSubject)
	}
	if !f.Date.IsZero() {
		r.ClaimedAt = f.Date
	}
	r.Joined, r.Found.By = desk.ByForward, by.name
	if above = strings.TrimSpace(hideLinks(above)); above != "" {
		r.Aside = &desk.Aside{StaffID: by.id, Name: by.name, Text: above}
	}
}

// machine finds addresses nobody reads: no acknowledgement goes there.
var machine = regexp.MustCompile(`(?i)^(no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?|notifications?)([-+_.][^@]*)?@`)

// passedOn is the part of a text from a place on, with its folds.
func passedOn(text string, folds []markup.Fold, at int) (string, []markup.Fold) {
	var own []markup.Fold
	for _, f := range folds {
		if f.From >= at && f.Kind != markup.FoldForward {
			own = append(own, markup.Fold{Kind: f.Kind, From: f.From - at, To: f.To - at})
		}
	}
	return text[at:], own
}
