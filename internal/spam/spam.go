// Package spam scores what strangers write: a message from a form, or a post
// meant for the public. It looks at the text and at how it was sent, asks nobody
// outside and learns nothing.
//
// A score is a sum of signs. From 100 points on it is spam and goes to the trash,
// where staff can find it; from 40 on somebody looks before it is public. Being
// angry is no sign: capitals and swearing alone never make spam, nor does being
// short or writing with mistakes. Who speaks of a contract, an order or a device
// of their own is believed a little, a known customer more.
//
// The package is pure: no database, no network. Whoever accepts messages may call
// it; the reasons are keys of the catalogue (spam.toml), for staff.
package spam

import (
	"slices"
	"strings"
	"time"

	"lotse/internal/platform/i18n"
)

// Input is what is known about one message.
type Input struct {
	Subject, Text, Name, Address string
	Trap                         string        // what was typed into the field that people don't see
	Open                         time.Duration // how long the form was open; 0: unknown
	Known                        bool          // there were real dealings before
	Locale                       i18n.Locale   // the language of the page
}

// Verdict is the score of one message.
type Verdict struct {
	Points  int      // 0 and more
	Reasons []string // keys of the catalogue, the weightiest first
}

const (
	spamFrom     = 100
	doubtfulFrom = 40

	maxRead   = 32 << 10        // bytes of a field that are looked at
	hasty     = 2 * time.Second // faster than anybody types
	ownCredit = 30              // points off for a matter of one's own
	known     = 40              // points off for a known customer
)

// Spam reports whether the message is spam.
func (v Verdict) Spam() bool { return v.Points >= spamFrom }

// Doubtful reports whether somebody should look first.
func (v Verdict) Doubtful() bool { return v.Points >= doubtfulFrom }

// sign is something that speaks for spam; 0 points: it was not there.
type sign struct {
	reason string
	points int
}

// Score judges a message. Time grows with the text up to maxRead.
func Score(in Input) Verdict {
	m := read(in)
	v := sum(slices.Concat(m.form(in), m.links(), m.letters(), m.topics()))
	if v.Points > 0 && m.ownMatter() {
		v.Points -= ownCredit
	}
	if v.Points > 0 && in.Known {
		v.Points -= known
	}
	v.Points = max(v.Points, 0)
	if strings.TrimSpace(in.Trap) != "" {
		v.Points = max(v.Points, spamFrom) // no person falls into the trap
	}
	return v
}

// sum adds the signs up.
func sum(found []sign) Verdict {
	slices.SortStableFunc(found, func(a, b sign) int { return b.points - a.points })
	var v Verdict
	for _, s := range found {
		if s.points == 0 {
			continue
		}
		v.Points += s.points
		if reason := "spam.reason." + s.reason; !slices.Contains(v.Reasons, reason) {
			v.Reasons = append(v.Reasons, reason)
		}
	}
	return v
}

// form looks at how the message was sent and who is said to have sent it.
func (m *message) form(in Input) []sign {
	var found []sign
	if strings.TrimSpace(in.Trap) != "" {
		found = append(found, sign{"trap", spamFrom})
	}
	if in.Open > 0 && in.Open < hasty {
		found = append(found, sign{"hasty", 60})
	}
	if link.MatchString(cut(in.Name)) {
		found = append(found, sign{"name", 60})
	}
	if slices.ContainsFunc(strings.Fields(cut(in.Name)), random) {
		found = append(found, sign{"gibberish", 40})
	}
	return found
}
