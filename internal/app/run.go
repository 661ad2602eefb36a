package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"lotse/internal/channel"
)

// graceTime bounds how long a stop waits for requests and jobs under way.
const graceTime = 20 * time.Second

// Started says where a running desk is reached.
type Started struct {
	HTTP      string // address of the web server
	Addresses map[string]string
	URL       string
	SetupCode string // to type on the setup page; "" if the desk is set up
}

// Run serves until ctx ends, then stops in order: no new requests and mails,
// those under way finish, jobs under way finish. ready is called once everything
// listens.
func (a *App) Run(ctx context.Context, ready func(Started)) error {
	if err := a.recoverInterrupted(ctx); err != nil {
		return err
	}
	if err := a.Queue.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.Config.HTTP)
	if err != nil {
		return errors.Join(fmt.Errorf("opening the web server: %w", err), a.stopQueue())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	background := func(f func(context.Context)) { wg.Go(func() { f(ctx) }) }
	background(a.Intake.Run)
	background(a.housekeeping)
	background(func(ctx context.Context) { _ = a.pingScanners(ctx) }) // the page of jobs says how they are
	background(a.followIndex)
	if a.DB.Postgres() {
		background(func(ctx context.Context) { a.Hub.Relay(ctx, a.DB.URL(), a.Log) })
	}
	addresses := a.receive(ctx, &wg, cancel)
	server := a.server(ctx)
	wg.Go(func() {
		if err := a.serve(server, listener); !errors.Is(err, http.ErrServerClosed) {
			cancel(fmt.Errorf("the web server ended: %w", err))
		}
	})
	if err := a.serveMetrics(ctx, &wg); err != nil {
		cancel(err)
	}
	if ctx.Err() == nil {
		if ready != nil {
			ready(a.started(ctx, listener, addresses))
		}
		<-ctx.Done()
	}
	return errors.Join(a.stop(server, &wg), failure(ctx))
}

// failure is why the desk stopped, unless it was told to.
func failure(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// recoverInterrupted settles what a process before this one left unfinished. On
// SQLite it can only have been this desk's own.
func (a *App) recoverInterrupted(ctx context.Context) error {
	alone := !a.DB.Postgres()
	if alone {
		if err := errors.Join(a.Intake.ReleaseAll(ctx), a.Boxes.ReleaseAll(ctx)); err != nil {
			return err
		}
	}
	if err := a.settleRestored(ctx); err != nil {
		return err
	}
	if err := a.Desk.MendFeed(ctx); err != nil {
		return err
	}
	return a.Outbox.Recover(ctx, alone)
}

// receive starts every channel that listens and returns where.
func (a *App) receive(ctx context.Context, wg *sync.WaitGroup, cancel context.CancelCauseFunc) map[string]string {
	addresses := map[string]string{}
	for _, adapter := range a.adapters {
		r, ok := adapter.(channel.Receiver)
		if !ok {
			continue
		}
		wg.Go(func() {
			if err := r.Receive(ctx); err != nil {
				cancel(fmt.Errorf("channel %s ended: %w", adapter.Kind(), err))
			}
		})
		select {
		case <-r.Ready():
			addresses[adapter.Kind()] = r.Address()
		case <-ctx.Done():
		}
	}
	return addresses
}

func (a *App) server(ctx context.Context) *http.Server {
	return &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		WriteTimeout:      2 * time.Minute, // event streams lift it for themselves
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		TLSConfig:         a.tls.forWeb(),
		ErrorLog:          serverLog(a.Log),
	}
}

func (a *App) serve(s *http.Server, l net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}

func (a *App) started(ctx context.Context, l net.Listener, addresses map[string]string) Started {
	s := Started{HTTP: l.Addr().String(), Addresses: addresses, URL: a.Config.PublicURL()}
	if needed, err := a.Setup.Needed(ctx); err == nil && needed {
		if s.SetupCode, err = a.Setup.Code(ctx); err != nil {
			a.Log.Error("the setup code can't be made", "error", err)
		}
	}
	return s
}

func (a *App) stop(server *http.Server, wg *sync.WaitGroup) error {
	a.Hub.Close() // open event streams end, or the web server would wait for them
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	err := server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	wg.Wait()
	return errors.Join(err, a.stopQueue())
}

func (a *App) stopQueue() error {
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	return a.Queue.Stop(ctx)
}
