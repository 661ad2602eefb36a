package desk

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// SetCustomerTx makes somebody else the customer of a case: answers go to them,
// and the case stands in their file. What others wrote stays theirs. name is how
// lists call them. Whoever was the customer still takes part. It needs WorkCases;
// a case of which something is or was public is errs.Conflict, for those words
// are the first customer's.
func (d *Desk) SetCustomerTx(ctx context.Context, tx *db.Tx, a access.Actor, id, customer ids.ID, name string, seen int64) error {
	if err := a.Require(access.WorkCases); err != nil {
		return err
	}
	return d.changeTx(ctx, tx, a, id, seen, func(e *edit) error {
		switch {
		case !e.c.TrashedAt.IsZero():
			return errs.New(errs.Conflict, "case.trashed")
		case e.c.CustomerID == customer:
			return nil
		case e.c.Public != NotPublic:
			return errs.New(errs.Conflict, "case.customer_public")
		}
		from := e.c.CustomerID
		if err := e.reseal(from, customer); err != nil {
			return err
		}
		e.c.CustomerID = customer
		rows := []participantRow{{CaseID: e.c.ID, CustomerID: from}, {CaseID: e.c.ID, CustomerID: customer}}
		if err := insert(e.ctx, e.tx, rows, "participants", "CONFLICT DO NOTHING"); err != nil {
			return err
		}
		e.note(Change{Kind: CustomerChanged, CustomerName: name, From: from, Awaits: !e.c.DueAt.IsZero(), Moved: true, Params: map[string]any{"from": from, "to": customer}})
		return nil
	})
}

// reseal gives all that the case holds to another customer.
func (e *edit) reseal(from, to ids.ID) error {
	var messages []messageRow
	if err := e.tx.NewSelect().Model(&messages).Where("case_id = ?", e.c.ID).Scan(e.ctx); err != nil {
		return fmt.Errorf("reading messages: %w", err)
	}
	for _, m := range messages {
		row := e.desk.messageToRow(to, e.desk.messageFromRow(from, m), m.Identity)
		_, err := e.tx.NewUpdate().Model(&row).Column("author_name", "subject", "body", "html", "external_id", "findings", "addressed").WherePK().Returning("NULL").Exec(e.ctx)
		if err != nil {
			return fmt.Errorf("giving messages to another customer: %w", err)
		}
		if err := e.desk.resealReferences(e.ctx, e.tx, from, to, m.ID); err != nil {
			return err
		}
	}
	var files []attachmentRow
	if err := e.tx.NewSelect().Model(&files).Where("case_id = ?", e.c.ID).Scan(e.ctx); err != nil {
		return fmt.Errorf("reading attachments: %w", err)
	}
	for _, f := range files {
		row := e.desk.attachmentToRow(to, e.desk.attachmentFromRow(from, f))
		if _, err := e.tx.NewUpdate().Model(&row).Column("name", "content_id").WherePK().Returning("NULL").Exec(e.ctx); err != nil {
			return fmt.Errorf("giving attachments to another customer: %w", err)
		}
	}
	return nil
}
