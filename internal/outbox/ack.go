package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// An acknowledgement can be abused to send mail to a third person: whoever
// forges a sender makes us write to it. So it carries nothing the sender wrote,
// and one address gets only a few within a day.
const (
	maxAcks   = 5
	ackWindow = 24 * time.Hour
	// complaintWindow is how long somebody who called a mail of ours spam gets no
	// automatic one.
	complaintWindow = 365 * 24 * time.Hour
)

// acknowledge drafts the answers to new cases: number, owner and an honest time
// of the next answer. Machines and own addresses get none (RFC 3834 §2).
func (o *Outbox) acknowledge(ctx context.Context, tx *db.Tx, openings []desk.Opening) ([]*desk.Draft, error) {
	drafts := make([]*desk.Draft, len(openings))
	sent, err := o.recentAcks(ctx, tx, openings)
	if err != nil {
		return nil, err
	}
	for i, opening := range openings {
		account, err := o.account(ctx, sendBy(opening.Case), opening.Case.BrandID, opening.Case.AccountID)
		if noAccount(err) {
			continue // a page opened the case, and there is no mailbox to write from
		}
		if err != nil {
			return nil, err
		}
		key := string(o.lookup(opening.Receipt.Address))
		if !o.mayAcknowledge(ctx, opening, account) || sent[key] >= maxAcks { // who complained has had as many
			continue
		}
		sent[key]++
		if drafts[i], err = o.ackDraft(ctx, opening.Case, account); err != nil {
			return nil, err
		}
	}
	return drafts, nil
}

func (o *Outbox) mayAcknowledge(ctx context.Context, opening desk.Opening, account catalog.Account) bool {
	if opening.Receipt.Automation != 0 || opening.Receipt.Quiet || opening.Receipt.Address == "" || account.Relay.Host == "" {
		return false
	}
	if wanted, err := catalog.Acknowledge.Get(ctx, o.Catalog, opening.Case.BrandID); err != nil || !wanted {
		return false
	}
	own, err := o.Catalog.Accounts(ctx, sendBy(opening.Case))
	if err != nil {
		return false // no answer is safer than a loop
	}
	for _, a := range own {
		if a.Receives(opening.Receipt.Address) {
			return false
		}
	}
	return true
}

// recentAcks counts what each address got within the window. Whoever called a mail
// of ours spam gets none.
func (o *Outbox) recentAcks(ctx context.Context, tx *db.Tx, openings []desk.Opening) (map[string]int, error) {
	lookups := make([][]byte, len(openings))
	for i, opening := range openings {
		lookups[i] = o.lookup(opening.Receipt.Address)
	}
	var rows []struct {
		AddressLookup []byte
		N             int
	}
	now := clock.Now(o.Clock) // literals: the partial indexes say the same
	err := tx.NewRaw(`SELECT address_lookup, count(*) AS n FROM deliveries
		WHERE kind < 3 AND kind = 2 AND address_lookup IN (?) AND created_at > ? GROUP BY address_lookup
		UNION ALL SELECT address_lookup, CAST(? AS integer) AS n FROM deliveries
		WHERE reported = 4 AND address_lookup IN (?) AND created_at > ?`,
		bun.List(lookups), now.Add(-ackWindow), maxAcks, bun.List(lookups), now.Add(-complaintWindow)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("counting acknowledgements: %w", err)
	}
	sent := map[string]int{}
	for _, r := range rows {
		sent[string(r.AddressLookup)] += r.N
	}
	return sent, nil
}

func (o *Outbox) ackDraft(ctx context.Context, c desk.Case, account catalog.Account) (*desk.Draft, error) {
	brand, err := o.Catalog.Brand(ctx, c.BrandID)
	if err != nil {
		return nil, err
	}
	p := i18n.For(i18n.Match(c.Language))
	d := &desk.Draft{
		Subject:    p.T("ack.subject", "Brand", brand.Name, "Number", c.Number),
		ExternalID: externalID(ids.New(), account.Address),
	}
	if c.DueAt.IsZero() {
		d.Body = p.T("ack.body_open", "Brand", brand.Name, "Number", c.Number)
		return d, nil
	}
	d.Body = p.T("ack.body", "Brand", brand.Name, "Number", c.Number, "Due", p.LongDateTime(c.DueAt.Time()))
	return d, nil
}
