package intake

import (
	"encoding/json"
	"time"

	"lotse/internal/desk"
	"lotse/internal/platform/markup"
)

// TrustOf returns what the checks of a message said; false if none were made.
func TrustOf(m desk.Message) (t Trust, ok bool) { return t, unpack(m.Found.Trust, &t) }

// ReportOf returns what a message reports of another, nil if nothing.
func ReportOf(m desk.Message) *Report {
	var r Report
	if !unpack(m.Found.Report, &r) {
		return nil
	}
	return &r
}

// ForwardedOf returns the message that m passes on, nil if none.
func ForwardedOf(m desk.Message) *Forwarded {
	var f Forwarded
	if !unpack(m.Found.Forwarded, &f) {
		return nil
	}
	return &f
}

func unpack(raw json.RawMessage, to any) bool { return len(raw) > 0 && json.Unmarshal(raw, to) == nil }

// pack returns v as it is kept with a message. What can't be written is left out.
func pack(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// findings are what reading a letter found, as they are kept with its message.
func (l *letter) findings() desk.Findings {
	m := l.incoming
	f := desk.Findings{Warnings: m.Warnings}
	if l.trust != nil {
		f.Trust = pack(l.trust)
	}
	if m.Forwarded != nil {
		f.Forwarded = pack(m.Forwarded)
	}
	if m.Report != nil {
		f.Report = pack(m.Report)
	}
	return f
}

// forged reports whether the sender of a letter may be another than it says.
func (l *letter) forged() bool { return l.trust != nil && l.trust.Forged() }

// longAgo is how long a mail may have lain in a mailbox elsewhere and still be
// acknowledged: an outage of some days is caught up with, what a mailbox held
// before the desk came to it is history.
const longAgo = 7 * 24 * time.Hour

func (l *letter) isHistory() bool {
	return !l.trace.At.IsZero() && l.row.ReceivedAt.Time().Sub(l.trace.At) > longAgo
}

// hideLinksIn is hideLinks for a text with folds: they stay at their words.
func hideLinksIn(text string, folds []markup.Fold) (string, []markup.Fold) {
	cuts := secretLink.FindAllStringIndex(text, -1)
	if len(cuts) == 0 {
		return text, folds
	}
	hidden := func(at int) int { // where a place of the text is afterwards
		shrunk := 0
		for _, c := range cuts {
			if c[0] >= at {
				break
			}
			at = max(at, c[1]) // within a link: behind it
			shrunk += c[1] - c[0] - len(hiddenLink)
		}
		return at - shrunk
	}
	kept := make([]markup.Fold, len(folds))
	for i, f := range folds {
		kept[i] = markup.Fold{Kind: f.Kind, From: hidden(f.From), To: hidden(f.To)}
	}
	return hideLinks(text), kept
}

// hiddenLink is as long as what is left of a secret link.
const hiddenLink = "/l/…"
