package app

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/search"
	"lotse/internal/web/portal"
	"lotse/internal/web/public"
)

// buildPublish makes what the public sees, and joins it to the desk.
func (a *App) buildPublish() {
	a.Publish = publish.New(publish.Parts{
		DB: a.DB, Seal: a.Seal, Clock: a.Clock, Hub: a.Hub, Teams: a.Staff, People: a.People, Catalog: a.Catalog, Record: a.Desk,
		Portraits: a.Staff,
	})
	a.Desk.AddHook(a.Publish.Hook)
	a.People.OnConfirmed(a.Publish.ConfirmedTx)
}

// openIndex opens the public index beside the data. Another process that uses
// the same folder keeps it: then this one does without, and its pages say so.
func (a *App) openIndex(context.Context) error {
	shared, name := db.IsPostgres(a.Config.DatabaseURL()), "public"
	if host, err := os.Hostname(); err == nil && shared { // nodes may share the folder: each has an index
		name += "-" + filepath.Base(host)
	}
	index, err := search.Open(filepath.Join(a.Config.Data, "search", name), a.Log)
	if errs.Is(err, errs.Unavailable) && shared {
		a.Log.Warn("searching is off: another process holds the index in the data folder", "error", err)
		return nil
	}
	a.Index = index
	return err
}

// indexEvery is how long a lost signal can keep a change out of the index.
const indexEvery = 30 * time.Second

// followIndex keeps the public index in step with what is published.
func (a *App) followIndex(ctx context.Context) {
	if a.Index == nil {
		return
	}
	heard := a.Hub.Listen(ids.ID{}, "")
	defer heard.Close()
	wake := make(chan struct{}, 1)
	go func() { // ends when the hub closes
		defer close(wake)
		for s := range heard.C() {
			if s.Topic == "thread" && len(wake) == 0 {
				wake <- struct{}{}
			}
		}
	}()
	a.Index.Follow(ctx, a.Publish, wake, indexEvery)
}

// publicPages are the routes that are the same for everybody.
func (a *App) publicPages() func(*http.ServeMux) {
	parts := public.Parts{
		Publish: a.Publish, Catalog: a.Catalog, Hub: a.Hub, Clock: a.Clock, BaseURL: a.Config.PublicURL(), Alone: !a.DB.Postgres(),
		Fail: a.Kit.Fail, Log: a.Log, Served: a.figures.publicPage,
	}
	if a.Index != nil {
		parts.Search = a.Index
	}
	return public.New(parts).Routes
}

// portal makes the pages of customers.
func (a *App) portal() *portal.Portal {
	return portal.New(portal.Parts{
		Kit: a.Kit, Seal: a.Seal, Desk: a.Desk, Intake: a.Intake, Outbox: a.Outbox, People: a.People, Publish: a.Publish,
		Passes: access.NewPasses(a.DB, a.Clock), Limiter: access.NewLimiter(a.DB, a.Seal, a.Clock),
		Blobs: a.Blobs, Spam: a.Publish.Spam, Signpost: public.Script,
	})
}

// front leads from the bare address to the public start page in the reader's
// language.
func front(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/"+string(i18n.From(r.Context()).Locale())+"/", http.StatusFound)
	return nil
}
