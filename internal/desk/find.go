package desk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// What the intake asks to find the case of a message. Each question is one
// statement for a whole batch; none checks an actor, for only the program asks.

// Place says where a message or number leads.
type Place struct {
	CaseID     ids.ID
	MessageID  ids.ID // zero for numbers
	CustomerID ids.ID // of the case
	Subject    string // of the case
	SideID     ids.ID // the side conversation of the message; zero if it is of none
}

// StoredTx returns for each identity that is stored already where its message
// is, by the identity's bytes.
func (d *Desk) StoredTx(ctx context.Context, tx *db.Tx, identities [][]byte) (map[string]Place, error) {
	found := map[string]Place{}
	if len(identities) == 0 {
		return found, nil
	}
	var rows []messageRow
	err := tx.NewSelect().Model(&rows).Column("id", "case_id", "identity").Where("identity IN (?)", bun.List(identities)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding stored messages: %w", err)
	}
	for _, r := range rows {
		found[string(r.Identity)] = Place{CaseID: r.CaseID, MessageID: r.ID}
	}
	return found, nil
}

// externalLookups returns what ids of a channel are found by, and the id by that.
func (d *Desk) externalLookups(brand ids.ID, externalIDs []string) (lookups [][]byte, name map[string]string) {
	name = make(map[string]string, len(externalIDs))
	for _, id := range externalIDs {
		lookup := d.externalLookup(brand, id)
		lookups = append(lookups, lookup)
		name[string(lookup)] = id
	}
	return lookups, name
}

// ByExternalTx returns the messages of a brand that carry one of the channel's
// ids, by that id.
func (d *Desk) ByExternalTx(ctx context.Context, tx *db.Tx, brand ids.ID, externalIDs []string) (map[string]Place, error) {
	found := map[string]Place{}
	if len(externalIDs) == 0 {
		return found, nil
	}
	lookups, name := d.externalLookups(brand, externalIDs)
	var rows []messageRow
	err := tx.NewSelect().Model(&rows).Column("id", "case_id", "side_id", "external_lookup").
		Where("external_lookup IN (?)", bun.List(lookups)).Order("created_at DESC", "id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding referenced messages: %w", err)
	}
	for _, r := range rows { // the oldest comes last and stays: a copied id does not steal the thread
		found[name[string(r.ExternalLookup)]] = Place{CaseID: r.CaseID, MessageID: r.ID, SideID: r.SideID}
	}
	return found, nil
}

// ByNumberTx returns the cases of a brand with the numbers, by number. A number
// that was merged leads to the case that holds its messages now.
func (d *Desk) ByNumberTx(ctx context.Context, tx *db.Tx, brand ids.ID, numbers []string) (map[string]Place, error) {
	found := map[string]Place{}
	if len(numbers) == 0 {
		return found, nil
	}
	var rows []caseRow
	err := tx.NewSelect().Model(&rows).Where("brand_id = ? AND number IN (?)", brand, bun.List(numbers)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding cases by number: %w", err)
	}
	for _, r := range rows {
		at, err := follow(ctx, tx, r)
		if err != nil {
			return nil, err
		}
		found[r.Number] = Place{CaseID: at.ID, CustomerID: at.CustomerID, Subject: d.seal.Open(at.CustomerID, at.Subject)}
	}
	return found, nil
}

// HomeTx returns the case that holds the messages of a case now: itself, unless it was
// merged. One that is gone is returned as it is. The outbox asks.
func (d *Desk) HomeTx(ctx context.Context, tx *db.Tx, id ids.ID) (ids.ID, error) {
	var row caseRow
	err := db.Classify(tx.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx))
	if errs.Is(err, errs.NotFound) {
		return id, nil
	}
	if err != nil {
		return id, fmt.Errorf("reading a case: %w", err)
	}
	at, err := follow(ctx, tx, row)
	return at.ID, err
}

// NumberedTx returns the case with a number, to tell its customer how to open it.
// A merged case is returned as itself: a link to it opens what it became. A case
// in the trash is not found.
func (d *Desk) NumberedTx(ctx context.Context, tx *db.Tx, brand ids.ID, number string) (c Case, found bool, err error) {
	var row caseRow
	err = db.Classify(tx.NewSelect().Model(&row).Where("number = ? AND brand_id = ? AND trashed_at IS NULL", number, brand).Scan(ctx))
	if errs.Is(err, errs.NotFound) {
		return Case{}, false, nil
	}
	if err != nil {
		return Case{}, false, fmt.Errorf("reading a case by its number: %w", err)
	}
	return d.caseFromRow(row), true, nil
}

// Awaiting is a message that answers one which was not there when it came.
type Awaiting struct {
	CaseID     ids.ID // of the message
	CustomerID ids.ID // who wrote it; zero if no customer
}

// CustomersTx returns whose the cases are, by case. The outbox asks: what it keeps of
// a case is sealed for its customer.
func (d *Desk) CustomersTx(ctx context.Context, tx *db.Tx, cases []ids.ID) (map[ids.ID]ids.ID, error) {
	customers := map[ids.ID]ids.ID{}
	if len(cases) == 0 {
		return customers, nil
	}
	var rows []caseRow
	if err := tx.NewSelect().Model(&rows).Column("id", "customer_id").Where("id IN (?)", bun.List(cases)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("finding whose cases they are: %w", err)
	}
	for _, r := range rows {
		customers[r.ID] = r.CustomerID
	}
	return customers, nil
}

// AwaitingTx returns for each of the channel's ids the messages of a brand that
// await the message which carries it, the oldest first, a few at most.
func (d *Desk) AwaitingTx(ctx context.Context, tx *db.Tx, brand ids.ID, externalIDs []string) (map[string][]Awaiting, error) {
	found := map[string][]Awaiting{}
	if len(externalIDs) == 0 {
		return found, nil
	}
	lookups, name := d.externalLookups(brand, externalIDs)
	var rows []struct {
		Lookup           []byte
		CaseID, AuthorID ids.ID
	}
	err := tx.NewSelect().TableExpr("message_references AS r").ColumnExpr("r.lookup, m.case_id, m.author_id").
		Join("JOIN messages AS m ON m.id = r.message_id").Where("r.lookup IN (?) AND m.kind = ?", bun.List(lookups), Inbound).
		OrderExpr("m.created_at, m.id").Limit(maxAwaiting).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("finding messages that await others: %w", err)
	}
	for _, r := range rows {
		id := name[string(r.Lookup)]
		found[id] = append(found[id], Awaiting{CaseID: r.CaseID, CustomerID: r.AuthorID})
	}
	return found, nil
}

// maxAwaiting bounds how many messages AwaitingTx returns in all: many people
// may answer a circular that never came here.
const maxAwaiting = 5000

// Member is one customer who takes part in one case.
type Member struct{ CaseID, CustomerID ids.ID }

// MembersTx returns who takes part in the cases.
func (d *Desk) MembersTx(ctx context.Context, tx *db.Tx, cases []ids.ID) (map[Member]bool, error) {
	members := map[Member]bool{}
	if len(cases) == 0 {
		return members, nil
	}
	var rows []participantRow
	if err := tx.NewSelect().Model(&rows).Where("case_id IN (?)", bun.List(cases)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading participants: %w", err)
	}
	for _, r := range rows {
		members[Member{r.CaseID, r.CustomerID}] = true
	}
	return members, nil
}

// OpenOfTx returns open cases of the customers, newest first for each, at most
// a few hundred in all.
func (d *Desk) OpenOfTx(ctx context.Context, tx *db.Tx, brand ids.ID, customers []ids.ID) (map[ids.ID][]Place, error) {
	open := map[ids.ID][]Place{}
	if len(customers) == 0 {
		return open, nil
	}
	var rows []caseRow
	err := tx.NewSelect().Model(&rows).Column("id", "customer_id", "subject").
		Where("customer_id IN (?) AND brand_id = ? AND state < ? AND trashed_at IS NULL", bun.List(customers), brand, Solved).
		Order("id DESC").Limit(500).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding open cases: %w", err)
	}
	for _, r := range rows {
		open[r.CustomerID] = append(open[r.CustomerID], Place{CaseID: r.ID, CustomerID: r.CustomerID, Subject: d.seal.Open(r.CustomerID, r.Subject)})
	}
	return open, nil
}
