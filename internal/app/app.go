// Package app builds a desk from its configuration and runs it. It is the only
// package that knows all others.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lotse/internal/access"
	"lotse/internal/api"
	"lotse/internal/backup"
	"lotse/internal/catalog"
	"lotse/internal/channel"
	_ "lotse/internal/channel/all" // every built-in channel
	"lotse/internal/config"
	"lotse/internal/desk"
	"lotse/internal/digest"
	"lotse/internal/domains"
	"lotse/internal/intake"
	"lotse/internal/mailbox"
	"lotse/internal/operate"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/search"
	"lotse/internal/setup"
	"lotse/internal/staff"
	"lotse/internal/templates"
	"lotse/internal/views"
	"lotse/internal/web"
	"lotse/internal/web/assets"
)

// App is a desk that is built but not yet running.
type App struct {
	Config  config.Config
	Log     *slog.Logger
	Clock   clock.Clock
	DB      *db.DB
	Seal    *seal.Sealer
	Blobs   *blob.Folder
	Hub     *live.Hub
	Queue   *queue.Queue
	Catalog *catalog.Catalog
	Boxes   *mailbox.Boxes
	Domains *domains.Domains
	Staff   *staff.Directory
	Texts   *templates.Templates // of mails
	Digest  *digest.Digest
	People  *people.People
	Desk    *desk.Desk
	Views   *views.Views
	Intake  *intake.Intake
	Outbox  *outbox.Outbox
	Setup   *setup.Setup
	Jobs    *operate.Jobs
	Publish *publish.Publish
	Keys    *access.Keys
	API     *api.Server
	Index   *search.Index // of what is public; nil where another process holds it
	Kit     *web.Kit

	adapters []channel.Adapter
	figures  *figures
	checks   *checks // of mail that comes in; nil: none
	tls      *certificates
	lock     *folderLock
	byHand   bool
	pages    func(*App, *http.ServeMux)
	program  string
}

// Options change what a desk is built with.
type Options struct {
	Clock clock.Clock // nil: the machine's
	Log   *slog.Logger
	// Program is the version of this program, for backups and messages.
	Program string
	// ByHand is for a desk that is being made: nothing runs by itself. Intake.Drain
	// and Queue.Work do what a running desk does in the background.
	ByHand bool
	// Pages adds pages of its own to those of one person; may be nil.
	Pages func(*App, *http.ServeMux)
}

// New builds a desk: it opens the database, brings its schema up to date and
// wires every part. Close it, also if Run was never called.
func New(ctx context.Context, c config.Config, o Options) (*App, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{Config: c, Log: o.Log, Clock: o.Clock, Hub: live.NewHub(), figures: newFigures(prometheus.NewRegistry()), byHand: o.ByHand, pages: o.Pages, program: cmp.Or(o.Program, "development")}
	for _, step := range []func(context.Context) error{a.openFolder, a.openDatabase, a.openIndex, a.buildDomain, a.buildChannels, a.buildWeb} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// Close gives back what New opened.
func (a *App) Close() error {
	var all []error
	if a.Index != nil {
		all = append(all, a.Index.Close())
	}
	if a.DB != nil {
		all = append(all, a.DB.Close())
	}
	if a.lock != nil {
		all = append(all, a.lock.release())
	}
	return errors.Join(all...)
}

// openFolder claims the data folder: two programs on one SQLite file would each
// believe to be alone.
func (a *App) openFolder(context.Context) (err error) {
	if !db.IsPostgres(a.Config.DatabaseURL()) {
		if a.lock, err = lockFolder(a.Config.Data); err != nil {
			return err
		}
	}
	if a.Blobs, err = blob.Open(filepath.Join(a.Config.Data, "blobs")); err != nil {
		return err
	}
	if a.lock != nil { // else another node may be receiving into it
		return a.Blobs.Sweep()
	}
	return nil
}

func (a *App) openDatabase(ctx context.Context) (err error) {
	if err := backup.CheckFolder(a.Config.Data); err != nil {
		return err
	}
	if a.DB, err = db.Open(ctx, a.Config.DatabaseURL()); err != nil {
		return err
	}
	a.DB.SetWatch(a.figures.watch())
	if err := a.upgrade(ctx); err != nil {
		return err
	}
	a.Seal, err = seal.Load(ctx, a.DB, a.Clock)
	return err
}

func (a *App) buildDomain(context.Context) error {
	a.Catalog = catalog.New(a.DB, a.Seal, a.Clock)
	a.Catalog.SetSignatureCheck(func(field, text string) error { return templates.CheckText(field, templates.Signature, text) })
	a.Staff = staff.New(a.DB, a.Seal, a.Clock, staff.NotifierFunc(a.notify))
	a.People = people.New(a.DB, a.Seal, a.Clock)
	a.Queue = queue.New(a.DB, queue.Options{Log: a.Log, Workers: map[string]int{queue.Delivery: 32}, ByHand: a.byHand, Worked: a.figures.worked})
	a.Desk = desk.New(a.DB, a.Seal, a.Clock, a.Staff, a.Hub, a.Log)
	a.Views = views.New(a.DB, a.Seal, a.Clock, a.Staff)
	a.Desk.AddHook(a.Views.Hook)
	a.Texts = templates.New(a.DB, a.Clock, a.Catalog)
	a.Outbox = outbox.New(outbox.Parts{
		DB: a.DB, Seal: a.Seal, Clock: a.Clock, Queue: a.Queue, Hub: a.Hub, Desk: a.Desk, People: a.People, Catalog: a.Catalog, Templates: a.Texts, Teams: a.Staff, Blobs: a.Blobs,
		Senders: map[string]outbox.Sender{}, BaseURL: a.Config.PublicURL(), Hello: a.Config.MailHost(), Log: a.Log,
		Counted: a.figures.delivered, Colors: assets.LookColors,
	})
	a.Boxes = mailbox.New(mailbox.Parts{DB: a.DB, Seal: a.Seal, Clock: a.Clock, Accounts: a.Catalog, Candidates: a.Catalog, Relays: a.Outbox, Fetchers: map[string]mailbox.Fetcher{}})
	a.Outbox.Boxes = a.Boxes // each needs the other
	for _, template := range []string{staff.InviteTemplate, staff.ResetTemplate} {
		a.Outbox.SetRenderer(template, a.Staff.Render)
	}
	a.Intake = intake.New(intake.Parts{
		DB: a.DB, Seal: a.Seal, Clock: a.Clock, Blobs: a.Blobs, Hub: a.Hub, Desk: a.Desk, People: a.People, Accounts: a.Catalog,
		Readers: map[string]intake.Reader{}, Log: a.Log, Counted: a.figures.settled,
		Token:     func(brand ids.ID, token string) (string, bool) { return outbox.CheckToken(a.Seal, brand, token) },
		Return:    func(token string) (ids.ID, bool) { return outbox.CheckReturnToken(a.Seal, token) },
		SideToken: func(brand ids.ID, token string) (string, bool) { return outbox.CheckSideToken(a.Seal, brand, token) },
		Queue:     a.Queue, FirstTeam: a.firstTeam, Sends: a.Outbox, Colleague: a.colleague, Held: func(ctx context.Context) (bool, error) { return backup.Held(ctx, a.DB, a.Clock) },
	})
	var err error
	if a.checks, err = a.newChecks(); err != nil {
		return err
	}
	if a.checks != nil {
		a.Intake.Checks = a.checks
	}
	a.buildDomains()
	a.Desk.SetEntries(a.Catalog)
	a.buildPublish()
	a.buildTexts()
	a.Setup = setup.New(a.DB, a.Seal, a.Clock, a.Staff, a.Catalog, a.Config.Data)
	a.Jobs = operate.New(operate.Parts{DB: a.DB, Queue: a.Queue, Desk: a.Desk, Deliveries: a.Outbox, Scanners: a.scannerStates})
	a.buildAPI()
	a.Desk.AddHook(a.figures.opened)
	return nil
}

// firstTeam is who gets what comes in by a page of a brand without a mailbox.
func (a *App) firstTeam(ctx context.Context, brand ids.ID) (ids.ID, error) {
	teams, err := a.Staff.Teams(ctx, access.Lotse(brand))
	if err != nil || len(teams) == 0 {
		return ids.ID{}, err
	}
	return teams[0].ID, nil
}

// colleague finds the active staff member of a brand who has an address.
func (a *App) colleague(ctx context.Context, brand ids.ID, address string) (ids.ID, string, bool, error) {
	all, err := a.Staff.Colleagues(ctx, access.Lotse(brand))
	if err != nil {
		return ids.ID{}, "", false, err
	}
	for _, s := range all {
		if s.Active && strings.EqualFold(s.Email, address) {
			return s.ID, s.Name, true, nil
		}
	}
	return ids.ID{}, "", false, nil
}

// notify carries what package staff wants to tell a colleague to the outbox.
func (a *App) notify(ctx context.Context, tx *db.Tx, n staff.Notice) error {
	if n.Template == staff.InviteTemplate { // whoever invites is told, others get nothing
		if err := a.Outbox.CheckRecipient(ctx, "email", n.Address); err != nil {
			return err
		}
	}
	return a.Outbox.NotifyTx(ctx, tx, outbox.Notice{BrandID: n.BrandID, StaffID: n.StaffID, Template: n.Template, Address: n.Address, Name: n.Name, Language: n.Language})
}

func (a *App) buildChannels(ctx context.Context) error {
	var err error
	if a.tls, err = newCertificates(a.Config, a.Log); err != nil {
		return err
	}
	env := channel.Env{Host: host{a}, TLS: a.tls.forMail(), SpoolDir: a.Blobs.TempDir(), Log: a.Log, Clock: a.Clock, Mailboxes: mailboxes{a.Boxes, a.Catalog}, Keys: a.Domains,
		Hooks: a.Catalog, PublicURL: a.Config.PublicURL(), Client: func(r *http.Request) string { return a.Kit.Client(r) },
		Reader: func(kind string) intake.Reader { return a.Intake.Readers[kind] }}
	for _, kind := range channel.Kinds() {
		env.Settings = a.Config.Channel(kind)
		adapter, err := channel.Make(kind, env)
		if err != nil {
			return fmt.Errorf("building channel %s: %w", kind, err)
		}
		a.adapters = append(a.adapters, adapter)
		a.Intake.Readers[kind] = adapter
		if s, ok := adapter.(channel.Sender); ok {
			a.Outbox.Senders[kind] = s
		}
		if t, ok := adapter.(channel.Tester); ok {
			a.Boxes.Fetchers[kind] = t
		}
	}
	return a.Queue.Open(ctx)
}

// host is what channel adapters see of the desk.
type host struct{ app *App }

func (h host) Accounts(ctx context.Context, kind string) ([]catalog.Account, error) {
	all, err := h.app.Catalog.Accounts(ctx, kind)
	if err != nil {
		return nil, err
	}
	active := make([]catalog.Account, 0, len(all))
	for _, a := range all {
		if a.Active {
			active = append(active, a)
		}
	}
	return active, nil
}

func (h host) Accept(ctx context.Context, arrival intake.Arrival) error {
	err := h.app.Intake.Accept(ctx, arrival)
	if err == nil {
		h.app.figures.accepted.Inc()
		h.app.Boxes.Arrived(arrival.AccountID)
	} else if !errs.Is(err, errs.Unavailable) {
		h.app.Log.Error("an arrival could not be kept", "channel", arrival.Channel, "error", err)
	}
	return err
}

// AcceptAll keeps many arrivals at the price of one.
func (h host) AcceptAll(ctx context.Context, all []intake.Arrival) error {
	err := h.app.Intake.AcceptAll(ctx, all)
	if err == nil {
		h.app.figures.accepted.Add(float64(len(all)))
		for _, arrival := range all {
			h.app.Boxes.Arrived(arrival.AccountID)
		}
	} else if !errs.Is(err, errs.Unavailable) {
		h.app.Log.Error("arrivals could not be kept", "arrivals", len(all), "error", err)
	}
	return err
}

// mailboxes keeps what adapters that fetch know.
type mailboxes struct {
	*mailbox.Boxes
	catalog *catalog.Catalog
}

func (m mailboxes) Tokens(ctx context.Context, o catalog.OAuthSettings) (catalog.Tokens, error) {
	return m.catalog.Tokens(ctx, o)
}

func (m mailboxes) KeepTokens(ctx context.Context, o catalog.OAuthSettings, given catalog.Tokens) error {
	return m.catalog.KeepTokens(ctx, o, given)
}

// housekeeping is what has to happen now and then.
func (a *App) housekeeping(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, work := range []func(context.Context) error{
				func(ctx context.Context) error { return access.Sweep(ctx, a.DB, a.Clock) },
				func(ctx context.Context) error { return a.Outbox.Recover(ctx, false) },
				a.Intake.SweepUploads,
				a.Outbox.SweepFileLinks,
				a.Boxes.Flush,
				a.Outbox.SweepFigures,
				a.Digest.Send,
				a.API.Sweep,
				a.Domains.Due,
				a.pingScanners,
			} {
				if err := work(ctx); err != nil && ctx.Err() == nil {
					a.Log.Warn("housekeeping failed", "error", err)
				}
			}
		}
	}
}
