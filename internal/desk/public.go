package desk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Publicity says how far a case is public. Its customer decides; package publish
// owns the public text and keeps this mark in step, so that the page of a case
// can say who reads it without asking.
type Publicity uint8

// The degrees. They are stored: never renumber.
const (
	NotPublic     Publicity = 0
	PublicWaiting Publicity = 1 // the customer wants it, nothing is released yet
	PublicShown   Publicity = 2 // everybody reads the question
	PublicGone    Publicity = 3 // it was public and is no longer
)

var publicityNames = map[Publicity]string{NotPublic: "none", PublicWaiting: "waiting", PublicShown: "shown", PublicGone: "gone"}

// String returns the degree's name in the catalogue ("care.public.shown").
func (p Publicity) String() string { return publicityNames[p] }

// MarkPublicTx notes how far cases are public. It changes no version: nobody's
// running answer becomes out of date by it. Only package publish calls it.
func (d *Desk) MarkPublicTx(ctx context.Context, tx *db.Tx, to Publicity, cases ...ids.ID) error {
	if len(cases) == 0 {
		return nil
	}
	_, err := tx.NewUpdate().Model((*caseRow)(nil)).Set("public = ?", to).Where("id IN (?) AND public <> ?", bun.List(cases), to).Exec(ctx)
	if err != nil {
		return fmt.Errorf("marking cases as public: %w", err)
	}
	return nil
}
