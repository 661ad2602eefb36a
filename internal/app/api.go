package app

import (
	"context"

	"lotse/internal/access"
	"lotse/internal/api"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// buildAPI makes what programs use, and joins it to the desk: whom they may know
// of follows from cases, and what they were answered goes with what is erased.
func (a *App) buildAPI() {
	a.Keys = access.NewKeys(a.DB, a.Clock)
	a.API = api.New(api.Parts{
		DB: a.DB, Seal: a.Seal, Clock: a.Clock, Log: a.Log, Keys: a.Keys, Staff: a.Staff, Catalog: a.Catalog, Boxes: a.Boxes, Domains: a.Domains, People: a.People, Desk: a.Desk,
		Views: a.Views, Intake: a.Intake, Outbox: a.Outbox, Publish: a.Publish, Blobs: a.Blobs, Hub: a.Hub, Jobs: a.Jobs,
		Templates: a.Texts, Digest: a.Digest,
	})
	a.People.SetGuard(a.Desk.KnownTo)
	a.Desk.AddHook(a.forgetAnswers)
	a.Desk.SetForgetter(func(ctx context.Context, tx *db.Tx, customers []ids.ID) error {
		if err := a.API.ForgetTx(ctx, tx, customers); err != nil {
			return err
		}
		return a.People.ForgetTx(ctx, tx, customers)
	})
}

// forgetAnswers drops what programs were answered about cases that are erased.
func (a *App) forgetAnswers(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	for _, c := range changes {
		if c.Kind != desk.Deleted {
			continue
		}
		if err := a.API.ForgetTx(ctx, tx, c.Removed.Cases); err != nil {
			return err
		}
	}
	return nil
}
