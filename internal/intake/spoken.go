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
}

// SpokenOf is what a report says of the message it speaks of. The first that is
// known decides.
type SpokenOf struct {
	BrandID   ids.ID
	AccountID ids.ID   // of the mailbox the report came to
	Message   ids.ID   // it names this message of ours
	Case      ids.ID   // it came to the signed address of this case
	Addresses []string // it speaks of these receivers; lower case
}

// Sent is one delivery. The zero Sent is none.
type Sent struct {
	Delivery ids.ID
	Case     ids.ID
	Message  ids.ID
}

// Reported is one report about one delivery.
type Reported struct {
	Sent
	By        ids.ID // message that says so
	Kind      ReportKind
	Recipient Recipient // of the delivery, as far as it is known
	Report    Report
}

// askSends finds the deliveries that letters speak of.
func (j *joiner) askSends(ctx context.Context, tx *db.Tx, letters []*letter) error {
	if j.past || j.in.Sends == nil {
		return nil
	}
	var asked []SpokenOf
	var of []*letter
	for _, l := range letters {
		if l.incoming.Report != nil {
			asked, of = append(asked, j.spokenOf(l)), append(of, l)
		}
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
			j.spoken[of[i]] = sent
		}
	}
	return nil
}

func (j *joiner) spokenOf(l *letter) SpokenOf {
	r := l.incoming.Report
	x := SpokenOf{BrandID: j.account.BrandID, AccountID: j.account.ID}
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
	for l, sent := range j.spoken {
		at, ok := j.places[l]
		if !ok || !j.receipts[at].Report {
			continue // a copy, or from somebody blocked
		}
		all = append(all, Reported{Sent: sent, By: received[at].MessageID, Kind: l.incoming.Report.Kind, Report: *l.incoming.Report})
	}
	if len(all) == 0 {
		return nil
	}
	if err := j.in.Sends.ReportTx(ctx, tx, all); err != nil {
		return fmt.Errorf("noting reports at deliveries: %w", err)
	}
	return nil
}
