package app

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"lotse/internal/channel/email/trust"
	"lotse/internal/channel/scan"
	"lotse/internal/intake"
	"lotse/internal/operate"
	"lotse/internal/platform/clock"
)

// checks is what the desk asks others about each mail: where it comes from
// (package trust), and what is in it (package scan).
type checks struct {
	trust    *trust.Checker
	scanners scan.Scanners
	noted    func(intake.Trust)
}

// newChecks builds the checks the configuration asks for; nil if it asks for none.
func (a *App) newChecks() (*checks, error) {
	c := a.Config
	found := &checks{noted: a.figures.checked, trust: &trust.Checker{
		Relays: c.Relays(), Believe: c.AuthservID, Sealers: c.ARCSealer, Clock: a.Clock, Log: a.Log,
	}}
	if c.MailChecks {
		found.trust.Resolver = trust.Patient(trust.SystemResolver(c.DNS), clock.System{})
	}
	var err error
	if c.Clamd != "" {
		if found.scanners.Clamd, err = scan.NewClamd(c.Clamd, a.Clock); err != nil {
			return nil, err
		}
	}
	if c.Rspamd != "" {
		password, err := c.SpamPassword()
		if err != nil {
			return nil, err
		}
		if found.scanners.Rspamd, err = scan.NewRspamd(c.Rspamd, password, a.Clock); err != nil {
			return nil, err
		}
	}
	if !c.MailChecks && c.Clamd == "" && c.Rspamd == "" {
		return nil, nil
	}
	return found, nil
}

// Check asks about one mail, both at once. It never fails: who does not answer
// until ctx ends is said to be away. raw is nil for what did not come as a mail.
func (c *checks) Check(ctx context.Context, raw []byte, t intake.Trace, in *intake.Incoming) intake.Trust {
	in.Parts = slices.Clone(in.Parts) // they are marked, and the reader's may be in use
	var content intake.Trust
	var wg sync.WaitGroup
	wg.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				c.trust.Log.Error("a scanner panicked", "panic", fmt.Sprint(p))
				content = intake.Trust{Scan: scan.Away, Action: scan.Away}
			}
		}()
		content = c.scanners.Check(ctx, raw, t, in.Parts)
	})
	var origin intake.Trust
	if raw != nil {
		origin = c.trust.Check(ctx, raw, t, in.From.Value)
	}
	wg.Wait()
	origin.Scan, origin.Virus, origin.Spam, origin.Action = content.Scan, content.Virus, content.Spam, content.Action
	c.noted(origin)
	return origin
}

// pingScanners keeps what is said about scanners true while no mail comes.
func (a *App) pingScanners(ctx context.Context) error {
	if a.checks != nil {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		a.checks.scanners.Ping(ctx)
	}
	return nil
}

// scannerStates tells of every scanner of this node whether it answers.
func (a *App) scannerStates() []operate.Scanner {
	if a.checks == nil {
		return nil
	}
	var all []operate.Scanner
	for _, s := range a.checks.scanners.States() {
		all = append(all, operate.Scanner(s))
	}
	return all
}
