package intake

import (
	"context"
	"fmt"

	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Sends is what the intake asks about what left the desk; package outbox answers.
type Sends interface {
	// FindTx returns for each question the delivery it speaks of, in order; one
	// without an ID where none is known.
	FindTx(ctx context.Context, tx *db.Tx, asked []SpokenOf) ([]Sent, error)
	// ReportTx notes what was reported of deliveries, and raises cases that need a
	// person because of it. The same report again changes nothing.
	ReportTx(ctx context.Context, tx *db.Tx, all []Reported) error
	// AnsweredTx notes that messages arrived of which nobody knew.
	AnsweredTx(ctx context.Context, tx *db.Tx, all []Answered) error
}

// SpokenOf is what a letter says of the message it speaks of. The first that is
// known decides.
type SpokenOf struct {
	BrandID   ids.ID
	AccountID ids.ID   // of the mailbox the report came to
	Delivery  ids.ID   // it came to the return path of this delivery
	Message   ids.ID   // it names this message of ours
	Case      ids.ID   // it came to the signed address of this case
	Addresses []string // it speaks of these receivers; lower case
}

// Sent is one delivery. The zero Sent is none.
type Sent struct {
	Delivery ids.ID
	Case     ids.ID // zero for a mail of no case, such as an invitation
	Message  ids.ID
}

// Answered is a message of ours that was answered: so it arrived.
type Answered struct {
	Message ids.ID
	From    string // address of who answers; lower case
}

// Reported is one report about one delivery.
type Reported struct {
	Sent
	By        ids.ID // message that says so
	Kind      ReportKind
	Recipient Recipient // of the delivery, as far as it is known
	Report    Report
}

// askSends finds the deliveries that letters speak of, or came back for.
func (j *joiner) askSends(ctx context.Context, tx *db.Tx, letters []*letter) error {
	if j.past || j.in.Sends == nil {
		return nil
	}
	var asked []SpokenOf
	var of []*letter
	for _, l := range letters {
		x := SpokenOf{BrandID: j.account.BrandID, AccountID: j.account.ID, Delivery: j.returnedTo(l)}
		switch {
		case l.incoming.Report != nil:
			x = j.spokenOf(l, x)
		case x.Delivery.IsZero():
			continue
		}
		asked, of = append(asked, x), append(of, l)
	}
	if len(asked) == 0 {
		return nil
	}
	found, err := j.in.Sends.FindTx(ctx, tx, asked)
	if err != nil {
		return fmt.Errorf("finding what reports speak of: %w", err)
	}
	for i, sent := range found {
		if !sent.Delivery.IsZero() {
			j.speaks(of[i], sent)
		}
	}
	return nil
}

// returnedTo is the delivery to whose return path a letter came, zero if to none.
func (j *joiner) returnedTo(l *letter) ids.ID {
	if j.in.Return == nil {
		return ids.ID{}
	}
	for _, token := range l.incoming.Tokens {
		if id, ok := j.in.Return(token); ok {
			return id
		}
	}
	return ids.ID{}
}

// speaks notes which delivery a letter speaks of. What a mail system sends to the
// return path of a delivery is a report about it, even if nobody can read it.
func (j *joiner) speaks(l *letter, sent Sent) {
	if l.incoming.Report == nil && l.incoming.Automation == Bounce {
		l.incoming.Report = &Report{Kind: Unexplained}
	}
	switch {
	case l.incoming.Report == nil:
		j.returned[l] = sent
	case sent.Case.IsZero():
		j.apart[l] = sent
	default:
		j.spoken[l] = sent
	}
}

func (j *joiner) spokenOf(l *letter, x SpokenOf) SpokenOf {
	r := l.incoming.Report
	for _, id := range append([]string{r.MessageID}, l.incoming.References...) {
		if p, ok := j.external[id]; ok {
			x.Message = p.MessageID
			break
		}
	}
	x.Case, _ = j.byToken(l)
	for _, to := range r.Recipients {
		x.Addresses = append(x.Addresses, to.Address)
	}
	if len(x.Addresses) == 0 && r.Kind == Absent { // the one who is away writes
		x.Addresses = []string{l.incoming.From.Value}
	}
	return x
}

// report tells the outbox what the letters of the batch say of deliveries.
func (j *joiner) report(ctx context.Context, tx *db.Tx, received []desk.Received) error {
	var all []Reported
	note := func(l *letter, sent Sent) {
		all = append(all, Reported{Sent: sent, By: received[j.places[l]].MessageID, Kind: l.incoming.Report.Kind, Report: *l.incoming.Report})
	}
	for l, sent := range j.spoken {
		if at, ok := j.places[l]; ok && j.receipts[at].Report { // else a copy, or from somebody blocked
			note(l, sent)
		}
	}
	for l, sent := range j.apart {
		if at, ok := j.places[l]; ok && !j.receipts[at].Trash {
			note(l, sent)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := j.in.Sends.ReportTx(ctx, tx, all); err != nil {
		return fmt.Errorf("noting reports at deliveries: %w", err)
	}
	return nil
}

// answers tells the outbox which messages of ours people answer. Who may be somebody
// else proves nothing.
func (j *joiner) answers(ctx context.Context, tx *db.Tx) error {
	if j.past || j.in.Sends == nil {
		return nil
	}
	var all []Answered
	for l, at := range j.places {
		if l.forged() || l.incoming.Report != nil || j.receipts[at].Trash {
			continue
		}
		for _, ref := range l.incoming.References {
			if p, ok := j.external[ref]; ok && p.CaseID == j.receipts[at].CaseID {
				all = append(all, Answered{Message: p.MessageID, From: l.incoming.From.Value})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := j.in.Sends.AnsweredTx(ctx, tx, all); err != nil {
		return fmt.Errorf("noting what was answered: %w", err)
	}
	return nil
}
