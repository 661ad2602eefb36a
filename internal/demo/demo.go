// Package demo makes one believable desk: a utility and telecom named Stadtwerke
// Lindenau, its staff, and customers who write to it. `lotse demo` shows it, and
// tests may build it.
//
// Nothing is put into the database behind the desk's back: every mail goes
// through the intake, every answer through the desk and the outbox, every
// question on a page through the intake too, under a clock that is moved from
// story to story. The stories are written down in stories/*.txt (see outline.go);
// plan.go gives them persons and days, the same for the same day; world.go and
// play.go let them happen. What the desk sends is kept in a folder, which the
// mailbox page shows.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/catalog"
	"lotse/internal/config"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
)

// Password signs every staff member of the demo in.
const Password = "am-lindenufer-7"

// Mailbox is the address customers write to.
const Mailbox = "hilfe@lindenau.example"

// Options say which demo is shown.
type Options struct {
	Log     *slog.Logger
	Size    Size
	Program string // version of this program
	// Building is told that a new world is being made; may be nil.
	Building func()
}

// Run shows the full demo.
func Run(ctx context.Context, c config.Config, log *slog.Logger, ready func(app.Started)) error {
	return Show(ctx, c, Options{Log: log}, ready)
}

// Show builds the desk in the data folder if that is empty or holds a demo that
// was never finished, then serves it until ctx ends. While it is being built, the
// web address shows how far it is. ready is told once everything listens. A
// folder that holds anything but a demo is refused, and an address that is taken
// too, before anything is built.
func Show(ctx context.Context, c config.Config, o Options, ready func(app.Started)) error {
	if err := free(c); err != nil {
		return err
	}
	built, err := prepare(c.Data)
	if err != nil {
		return err
	}
	if !built {
		if o.Building != nil {
			o.Building()
		}
		if err := makeWorld(ctx, c, o.Size); err != nil {
			return err
		}
	}
	sink, err := openSink(SentFolder(c.Data))
	if err != nil {
		return err
	}
	defer sink.close()
	g := &guide{box: newBox(SentFolder(c.Data))}
	a, err := app.New(ctx, c, app.Options{Log: o.Log, Program: o.Program, Pages: g.routes})
	if err != nil {
		return err
	}
	defer a.Close()
	if err := pointTo(ctx, a, sink.relay()); err != nil {
		return err
	}
	return a.Run(ctx, func(s app.Started) {
		g.smtp.Store(s.Addresses["email"])
		if ready != nil {
			ready(s)
		}
	})
}

// makeWorld builds a world for Show and marks its folder.
func makeWorld(ctx context.Context, c config.Config, size Size) error {
	p, err := showProgress(c.HTTP)
	if err != nil {
		return err
	}
	usual := debug.SetGCPercent(400) // a few seconds' garbage is not worth the time
	err = Build(ctx, c, size, time.Now(), p.tell)
	debug.SetGCPercent(usual)
	debug.FreeOSMemory()
	p.close()
	if err != nil {
		return err
	}
	return setMark(c.Data, finished)
}

// free makes sure that both addresses can be opened: a world is not made for
// nothing.
func free(c config.Config) error {
	for flag, address := range map[string]string{"--http": c.HTTP, "--smtp": c.SMTP} {
		if address == "" {
			continue
		}
		l, err := net.Listen("tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%s is taken by another program: choose another address with %s", address, flag)
		}
		if err != nil {
			return fmt.Errorf("opening %s, as %s says: %w", address, flag, err)
		}
		_ = l.Close()
	}
	return nil
}

// Build makes the world that ends now in the database of c, which must be empty.
// What it sends lies in the folder of sent mail afterwards. told hears how many
// of all steps are done; it may be nil.
func Build(ctx context.Context, c config.Config, size Size, now time.Time, told func(done, all int)) error {
	c.SMTP = "" // mail arrives by hand
	now = now.UTC().Truncate(time.Microsecond)
	moved := clock.NewFixed(now.AddDate(0, 0, -Days-2))
	a, err := app.New(ctx, c, app.Options{Clock: moved, ByHand: true})
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.DB.Careless(ctx); err != nil {
		return err
	}
	out, err := newDrawer(a.Outbox.Senders["email"])
	if err != nil {
		return err
	}
	a.Outbox.Senders["email"] = out
	w := &world{app: a, clock: moved, now: now, size: size, told: told,
		staff: map[string]access.Actor{}, teams: map[string]ids.ID{}, entries: map[string]ids.ID{}}
	if err := w.open(ctx, relay{"127.0.0.1", 25}); err != nil {
		return fmt.Errorf("furnishing the demo: %w", err)
	}
	if err := w.live(ctx); err != nil {
		return err
	}
	return out.store(SentFolder(c.Data))
}

// relay is where mail is handed over.
type relay struct {
	host string
	port int
}

// pointTo makes the mailbox hand its mail to this run's sink, whose port is
// another than last time.
func pointTo(ctx context.Context, a *app.App, to relay) error {
	accounts, err := a.Catalog.Accounts(ctx, "email")
	if err != nil {
		return err
	}
	for _, acc := range accounts {
		if acc.Relay.Host != to.host || acc.Relay.Port == to.port {
			continue
		}
		acc.Relay.Port = to.port
		system := access.Lotse(acc.BrandID)
		_, err := a.Catalog.UpdateAccount(ctx, system, acc.ID, catalog.AccountForm{
			TeamID: acc.TeamID, Address: acc.Address, Aliases: acc.Aliases, Name: acc.Name, Language: acc.Language, Relay: acc.Relay})
		if err != nil {
			return err
		}
	}
	return nil
}

// SentFolder is where a demo keeps what it sends.
func SentFolder(data string) string { return filepath.Join(data, "sent") }
