package workspace

import (
	"cmp"
	"context"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web/ui"
)

// What reading a mail found, in words: where it comes from, what was mended, what
// it reports, and what can be done about it.

// trust is what the checks of a sender said.
type trust struct {
	tone  ui.Tone
	icon  string
	label string
	about string
	lines []string
}

// offer is to make somebody else the customer of the case.
type offer struct {
	text, do string
	back     bool // to whoever passed the message on
}

// found fills in what is known of a message that came in.
func (p casePage) found(e *entry) {
	m := e.message
	e.looks, e.raw = m.HTML != "" && len(m.Found.Report) == 0 && m.Joined != desk.ByForward, !m.EnvelopeID.IsZero()
	for _, w := range m.Found.Warnings {
		e.hints = append(e.hints, p.p.T(w))
	}
	if t, ok := intake.TrustOf(m); ok {
		e.trust = p.trusted(m, t)
		if t.Scan == "infected" {
			e.hints = append(e.hints, p.p.T("workspace.virus.mail", "Virus", t.Virus))
		} else if t.Scan == "away" {
			e.hints = append(e.hints, p.p.T("workspace.virus.away"))
		}
		if t.Action == "away" {
			e.hints = append(e.hints, p.p.T("workspace.virus.spam_away"))
		}
	}
	if r := intake.ReportOf(m); r != nil {
		e.props.From, e.props.Icon = ui.FromSystem, "mail-failed"
		if r.Kind == intake.Absent || r.Kind == intake.Read || r.Kind == intake.Delivered {
			e.props.Icon = "clock"
		}
		e.folded = p.reported(m, *r)
	}
	if f := intake.ForwardedOf(m); f != nil {
		e.offer = p.offered(m, *f)
	}
}

// whereFrom says why a message is in this case. What was written here needs no
// reason unless it was moved.
func (p casePage) whereFrom(e *entry) {
	m := e.message
	moved := len(m.Found.Moved) > 0 && (m.Joined == desk.ByHand || m.Joined == desk.ByMerge)
	if m.Kind != desk.Inbound && !moved {
		return
	}
	key, args := m.Because()
	e.origin, e.key = p.p.T(key, args...), m.Found.Key
	if moved {
		e.back = m.Found.Moved[len(m.Found.Moved)-1].Number
	}
}

// withReports puts what reports the fate of a message below the send it speaks of.
func withReports(entries []entry) []entry {
	at := map[ids.ID]int{}
	for i, e := range entries {
		if len(e.message.Found.Report) > 0 {
			at[e.message.ID] = i
		}
	}
	gone := map[int]bool{}
	for i := range entries {
		for k := range entries[i].sends {
			n, ok := at[entries[i].sends[k].report]
			if ok && n != i && !gone[n] {
				said := entries[n]
				entries[i].sends[k].said, gone[n] = &said, true
			}
		}
	}
	kept := make([]entry, 0, len(entries))
	for i, e := range entries {
		if !gone[i] {
			kept = append(kept, e)
		}
	}
	return kept
}

// trusted puts the outcome of the checks into words, nil if none were made.
func (p casePage) trusted(m desk.Message, t intake.Trust) *trust {
	if t.SPF == intake.Unchecked && t.DKIM == intake.Unchecked && t.DMARC == intake.Unchecked {
		return nil
	}
	shown := &trust{tone: ui.Neutral, icon: "help", label: p.p.T("workspace.trust.unproven"), about: p.p.T("workspace.trust.unproven_about")}
	switch {
	case t.Forged():
		shown.tone, shown.icon, shown.label, shown.about = ui.Danger, "alert", p.p.T("workspace.trust.forged"), p.p.T("workspace.trust.forged_about")
		if m.Joined == desk.ByToken {
			shown.about = p.p.T("workspace.trust.forged_token")
		}
	case t.Proven():
		shown.tone, shown.icon = ui.Success, "shield"
		shown.label, shown.about = p.p.T("workspace.trust.proven"), p.p.T("workspace.trust.proven_about")
	}
	for _, check := range []struct {
		name    string
		verdict intake.Verdict
		more    string
	}{{"SPF", t.SPF, ""}, {"DKIM", t.DKIM, t.Signer}, {"DMARC", t.DMARC, ""}, {"ARC", t.ARC, t.Sealer}} {
		if check.verdict == intake.Unchecked {
			continue
		}
		line := check.name + ": " + p.p.T("workspace.verdict."+verdictNames[check.verdict])
		if check.more != "" {
			line += " (" + check.more + ")"
		}
		shown.lines = append(shown.lines, line)
	}
	if t.By != "" {
		shown.lines = append(shown.lines, p.p.T("workspace.trust.by", "Server", t.By))
	}
	return shown
}

var verdictNames = map[intake.Verdict]string{intake.Pass: "pass", intake.Fail: "fail", intake.Neutral: "neutral", intake.Missing: "none",
	intake.TempError: "temperror", intake.PermError: "permerror"}

var reportNames = map[intake.ReportKind]string{intake.Undelivered: "undelivered", intake.Delayed: "delayed", intake.Delivered: "delivered",
	intake.Complaint: "complaint", intake.Absent: "absent", intake.Read: "read", intake.Unexplained: "unexplained"}

// reported is what a report says, as one line: "Jonas Ott ist abwesend bis 3.
// Dezember".
func (p casePage) reported(m desk.Message, r intake.Report) string {
	name := reportNames[r.Kind]
	var who []string
	for _, to := range r.Recipients {
		if to.Address != "" && len(who) < 3 {
			who = append(who, to.Address)
		}
	}
	if r.Kind == intake.Absent || len(who) == 0 {
		who = []string{p.author(m)}
	}
	args := []any{"Who", strings.Join(who, ", ")}
	if !r.Until.IsZero() && (r.Kind == intake.Absent || r.Kind == intake.Delayed) {
		name += "_until"
		args = append(args, "When", p.p.Date(r.Until))
	}
	return p.p.T("workspace.report."+name, args...)
}

// offered is what can be done with a message that somebody passed on.
func (p casePage) offered(m desk.Message, f intake.Forwarded) *offer {
	if m.Kind != desk.Inbound || m.AuthorID.IsZero() || m.Joined == desk.ByForward || f.From.Value == "" || m.Joined == desk.ByReport {
		return nil
	}
	first := cmp.Or(f.From.Name, f.From.Value)
	for _, i := range p.customer.Identities {
		if strings.EqualFold(i.Value, f.From.Value) {
			if m.AuthorID == p.file.Case.CustomerID {
				return nil // they passed on what they wrote themselves
			}
			return &offer{text: p.p.T("workspace.forward.done", "Name", first), do: p.p.T("workspace.forward.back", "Name", p.author(m)), back: true}
		}
	}
	return &offer{text: p.p.T("workspace.forward.text", "Name", first), do: p.p.T("workspace.forward.do", "Name", first)}
}

// movable are the messages that can be moved, the newest first.
func (p casePage) movable() []ui.Option {
	var options []ui.Option
	for i := len(p.file.Messages) - 1; i >= 0; i-- {
		if m := p.file.Messages[i]; m.CanMove() {
			options = append(options, ui.Option{Value: m.ID.String(), Label: p.author(m) + ", " + p.p.DateTime(m.CreatedAt.Time())})
		}
	}
	return options
}

var move = action{
	done:   "workspace.flash.moved",
	fields: map[string]string{},
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		message, err := ids.Parse(d.Moving)
		if err != nil {
			return "", errs.Field("moving", "case.not_found")
		}
		form := desk.MoveForm{Seen: d.Seen}
		if typed := strings.TrimSpace(d.Into); typed != "" {
			number := ids.ParseNumber(typed)
			if number == "" {
				return "", errs.Field("into", "case.move_number")
			}
			into, err := w.Desk.Find(ctx, a, number)
			if errs.Is(err, errs.NotFound) {
				err = errs.Field("into", "case.not_found")
			}
			if err != nil {
				return "", err
			}
			form.Into = into.ID
		}
		if _, m, err := w.Desk.CaseOf(ctx, a, message); err != nil || m.CaseID != c.ID {
			return "", errs.Wrap(errs.Conflict, err, "moving a message that is elsewhere")
		}
		_, err = w.Desk.Move(ctx, a, message, form)
		return "", err
	},
}

var makeCustomer = action{
	done: "workspace.flash.customer",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		message, err := ids.Parse(d.Message)
		if err != nil {
			return "", errs.New(errs.NotFound, "case.not_found")
		}
		return "", w.Intake.MakeCustomer(ctx, a, intake.Handing{Message: message, Back: d.Back, Seen: d.Seen})
	},
}
