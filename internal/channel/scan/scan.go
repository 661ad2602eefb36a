package scan

import (
	"context"
	"errors"
	"sync"

	"lotse/internal/intake"
)

// The outcomes of looking for viruses (intake.Trust.Scan). Away is also what is
// said of the spam filter (intake.Trust.Action).
const (
	Clean    = "clean"
	Infected = "infected"
	Away     = "away" // not scanned
)

// Scanners are the programs a desk asks. Either may be nil.
type Scanners struct {
	Clamd  *Clamd
	Rspamd *Rspamd
}

// Check shows a mail to the scanners and marks the files that are infected. raw
// is nil for what came as files alone.
func (s Scanners) Check(ctx context.Context, raw []byte, t intake.Trace, parts []intake.Part) intake.Trust {
	var found intake.Trust
	var wg sync.WaitGroup
	if s.Rspamd != nil && raw != nil {
		wg.Go(func() {
			score, action, err := s.Rspamd.Check(ctx, raw, t)
			if found.Spam, found.Action = score, action; err != nil {
				found.Action = Away
			}
		})
	}
	if s.Clamd != nil {
		wg.Go(func() { found.Scan, found.Virus = s.viruses(ctx, raw, parts) })
	}
	wg.Wait()
	return found
}

// viruses scans the mail as it came and each file as the desk read it out: the
// scanner may take a broken mail apart otherwise, and it is our files that are
// opened here.
func (s Scanners) viruses(ctx context.Context, raw []byte, parts []intake.Part) (outcome, virus string) {
	virus, failure := s.Clamd.Scan(ctx, raw)
	inMail, marked := virus, false
	for i := range parts {
		name, err := s.Clamd.Scan(ctx, parts[i].Content)
		failure = errors.Join(failure, err)
		if parts[i].Virus = name; name != "" {
			virus, marked = name, true
		}
	}
	if inMail != "" && !marked { // in none, or in one it could not be found in
		for i := range parts {
			parts[i].Virus = inMail
		}
	}
	switch {
	case virus != "":
		return Infected, virus
	case failure != nil:
		return Away, ""
	}
	return Clean, ""
}

// Ping asks every scanner whether it is there, so that State is true of now.
func (s Scanners) Ping(ctx context.Context) {
	if s.Clamd != nil {
		s.Clamd.ping(ctx)
	}
	if s.Rspamd != nil {
		s.Rspamd.ping(ctx)
	}
}

// States tells of each scanner whether it answers.
func (s Scanners) States() []State {
	var all []State
	if s.Clamd != nil {
		all = append(all, s.Clamd.watch.state())
	}
	if s.Rspamd != nil {
		all = append(all, s.Rspamd.watch.state())
	}
	return all
}
