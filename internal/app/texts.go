package app

import (
	"context"

	"lotse/internal/digest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/templates"
)

// buildTexts tells the texts of mails where our own pages are, and makes the mail
// with the cases and duties of one person.
func (a *App) buildTexts() {
	a.Texts.SetSite(templates.Site{BaseURL: a.Config.PublicURL(), Shown: a.threadShown})
	a.Digest = digest.New(digest.Parts{
		DB: a.DB, Seal: a.Seal, Clock: a.Clock, Staff: a.Staff, Views: a.Views, Publish: a.Publish, Post: a.Outbox,
	})
	a.Outbox.SetRenderer(digest.Template, a.Digest.Render)
}

// threadShown reports whether everybody can read a thread.
func (a *App) threadShown(ctx context.Context, brand ids.ID, key string) (bool, error) {
	_, state, err := a.Publish.Version(ctx, brand, key)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil && state == publish.Shown, err
}
