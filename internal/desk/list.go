package desk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// MaxPage is the most entries one page of a list holds.
const MaxPage = 100

// Timeline returns a part of a case's timeline, oldest first: at most limit
// messages (1 to MaxPage) behind number after. more says that others follow.
func (d *Desk) Timeline(ctx context.Context, a access.Actor, number string, after int64, limit int) (c Case, part []Message, more bool, err error) {
	if c, err = d.Find(ctx, a, number); err != nil {
		return Case{}, nil, false, err
	}
	limit = min(max(limit, 1), MaxPage)
	var rows []messageRow
	err = d.db.Read().NewSelect().Model(&rows).Where("case_id = ? AND seq > ?", c.ID, after).Order("seq").Limit(int64(limit) + 1).Scan(ctx)
	if err != nil {
		return Case{}, nil, false, db.Classify(fmt.Errorf("reading the timeline: %w", err))
	}
	if len(rows) > limit {
		rows, more = rows[:limit], true
	}
	files, err := d.attachments(ctx, c)
	if err != nil {
		return Case{}, nil, false, err
	}
	for _, r := range rows {
		m := d.messageFromRow(c.CustomerID, r)
		m.Attachments = files[m.ID]
		part = append(part, m)
	}
	return c, part, more, nil
}

// CaseOf returns the case of a message, if the actor may see it.
func (d *Desk) CaseOf(ctx context.Context, a access.Actor, message ids.ID) (Case, Message, error) {
	m, err := d.Message(ctx, a, message)
	if err != nil {
		return Case{}, Message{}, err
	}
	c, err := d.byID(ctx, m.CaseID)
	if err != nil {
		return Case{}, Message{}, err
	}
	files, err := d.attachments(ctx, c)
	m.Attachments = files[m.ID]
	return c, m, err
}

// CasesOf returns a customer's cases, the newest first, as far as the actor may
// see them: at most limit (1 to MaxPage) behind after. next is zero on the last
// page.
func (d *Desk) CasesOf(ctx context.Context, a access.Actor, customer, after ids.ID, limit int) (cases []Case, next ids.ID, err error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, ids.ID{}, err
	}
	limit = min(max(limit, 1), MaxPage)
	var rows []caseRow
	q := d.db.Read().NewSelect().Model(&rows).Where("customer_id = ? AND brand_id = ?", customer, a.BrandID).Order("id DESC").Limit(int64(limit) + 1)
	if !after.IsZero() {
		q = q.Where("id < ?", after)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, ids.ID{}, db.Classify(fmt.Errorf("reading a customer's cases: %w", err))
	}
	if len(rows) > limit {
		rows, next = rows[:limit], rows[limit-1].ID
	}
	for _, r := range rows {
		c := d.caseFromRow(r)
		ok, err := d.visible(ctx, a, c)
		if err != nil {
			return nil, ids.ID{}, err
		}
		if ok {
			cases = append(cases, c)
		}
	}
	return cases, next, nil
}

// KnownTo says which of the customers the actor may know of: those without a
// case, and those with one the actor may see. Who wrote to a restricted team
// only is nobody else's business.
func (d *Desk) KnownTo(ctx context.Context, a access.Actor, customers []ids.ID) (map[ids.ID]bool, error) {
	if err := a.Require(access.ReadCustomers); err != nil {
		return nil, err
	}
	known := make(map[ids.ID]bool, len(customers))
	if len(customers) == 0 {
		return known, nil
	}
	var rows []struct{ CustomerID, TeamID, OwnerID ids.ID }
	err := d.db.Read().NewSelect().TableExpr("participants AS p").
		ColumnExpr("DISTINCT p.customer_id, c.team_id, c.owner_id").Join("JOIN cases AS c ON c.id = p.case_id").
		Where("p.customer_id IN (?) AND c.brand_id = ?", bun.List(customers), a.BrandID).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading whose cases there are: %w", err))
	}
	wrote := map[ids.ID]bool{}
	for _, r := range rows {
		wrote[r.CustomerID] = true
		ok, err := d.visible(ctx, a, Case{TeamID: r.TeamID, OwnerID: r.OwnerID})
		if err != nil {
			return nil, err
		}
		known[r.CustomerID] = known[r.CustomerID] || ok
	}
	for _, id := range customers {
		known[id] = known[id] || !wrote[id]
	}
	return known, nil
}

// AdmitTx returns the case for a change that staff ask for and another package
// makes, such as a message that a program hands in for its customer. It is
// locked until the transaction ends.
func (d *Desk) AdmitTx(ctx context.Context, tx *db.Tx, a access.Actor, id ids.ID) (Case, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return Case{}, err
	}
	found, err := d.lockCases(ctx, tx, []ids.ID{id})
	if err != nil {
		return Case{}, err
	}
	if len(found) == 0 {
		return Case{}, errs.New(errs.NotFound, "case.not_found")
	}
	c := found[0]
	if err := d.admit(ctx, a, c); err != nil {
		return Case{}, err
	}
	if !c.MergedInto.IsZero() {
		return Case{}, errs.New(errs.Conflict, "case.merged")
	}
	return c, nil
}

// Takes returns nil if a team takes cases of the actor's brand, else a field
// error for "team". It needs WorkCases.
func (d *Desk) Takes(ctx context.Context, a access.Actor, team ids.ID) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	ok, err := d.teams.Assignable(ctx, a.BrandID, team, ids.ID{})
	if err == nil && !ok {
		err = errs.Field("team", "case.team_missing")
	}
	return err
}
