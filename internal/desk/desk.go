package desk

import (
	"context"
	"log/slog"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/markup"
	"lotse/internal/platform/seal"
)

// Teams is what the desk asks about teams; package staff answers.
type Teams interface {
	// AnswerBy returns until when the team answers what comes in at from, by its
	// working hours. The zero time means that nothing can be promised.
	AnswerBy(ctx context.Context, team ids.ID, from time.Time) (time.Time, error)
	// Restricted reports whether only members see the team's cases.
	Restricted(ctx context.Context, team ids.ID) (bool, error)
	// Assignable reports whether an active staff member of the brand may own the
	// team's cases.
	Assignable(ctx context.Context, brand, team, staff ids.ID) (bool, error)
}

// Hook reacts to changes inside their transaction. An error undoes them.
type Hook func(ctx context.Context, tx *db.Tx, changes []Change) error

// Acknowledger writes the automatic answers to newly opened cases: one draft per
// opening, nil where none may be sent.
type Acknowledger func(ctx context.Context, tx *db.Tx, openings []Opening) ([]*Draft, error)

// Opening is a new case and the message that opened it.
type Opening struct {
	Case    Case
	Receipt Receipt
}

// Draft is the text of an automatic message.
type Draft struct {
	Subject    string
	Body       string
	HTML       markup.SafeHTML // the same with its links; "" for plain text only
	ExternalID string
}

// Desk keeps cases.
type Desk struct {
	db          *db.DB
	seal        *seal.Sealer
	clock       clock.Clock
	teams       Teams
	hub         *live.Hub
	log         *slog.Logger
	passes      *access.Passes
	hooks       []Hook
	acknowledge Acknowledger
	forget      Forgetter
	prepare     Preparer
	claim       Claimer
	entries     Entries
	draw        func() string // a case number, perhaps a taken one
}

// New returns the desk over d.
func New(d *db.DB, s *seal.Sealer, c clock.Clock, teams Teams, hub *live.Hub, log *slog.Logger) *Desk {
	return &Desk{db: d, seal: s, clock: c, teams: teams, hub: hub, log: log, passes: access.NewPasses(d, c), draw: ids.NewNumber}
}

// AddHook registers a hook behind those registered before. Not for use once the
// desk works.
func (d *Desk) AddHook(h Hook) { d.hooks = append(d.hooks, h) }

// SetAcknowledger registers who writes acknowledgements. Without one there are
// none.
func (d *Desk) SetAcknowledger(a Acknowledger) { d.acknowledge = a }

// Forgetter drops customers who have nothing left at the desk.
type Forgetter func(ctx context.Context, tx *db.Tx, customers []ids.ID) error

// SetForgetter registers who drops customers. Without one they stay.
func (d *Desk) SetForgetter(f Forgetter) { d.forget = f }

// Preparer settles, within the transaction of a reply, whom it goes to and marks
// those of its files that are too large for a mail. own says that the customer is
// among them. Field errors: those of ReplyForm, in lower case.
type Preparer func(ctx context.Context, tx *db.Tx, c Case, form ReplyForm, files []Attachment) (to []Addressee, own bool, err error)

// SetPreparer registers who prepares replies. Without one they go to nobody but
// the page of their case.
func (d *Desk) SetPreparer(p Preparer) { d.prepare = p }

// Claimer turns staged files into attachments, in the order of their tokens. A
// token can be claimed once.
type Claimer func(ctx context.Context, tx *db.Tx, brand ids.ID, tokens []string) ([]Attachment, error)

// SetClaimer registers who keeps staged files. Without one a reply takes none.
func (d *Desk) SetClaimer(c Claimer) { d.claim = c }

// finish writes the events of changes, runs the hooks and promises a live signal
// for after the commit.
func (d *Desk) finish(ctx context.Context, tx *db.Tx, changes []Change) error {
	if err := d.RecordTx(ctx, tx, changes...); err != nil {
		return err
	}
	for _, hook := range d.hooks {
		if err := hook(ctx, tx, changes); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { d.signal(changes) })
	return nil
}

func (d *Desk) signal(changes []Change) {
	sent := map[ids.ID]bool{}
	for _, c := range changes {
		if !sent[c.Case.ID] {
			sent[c.Case.ID] = true
			d.hub.Send(live.Signal{Topic: "case", Brand: c.Case.BrandID, ID: c.Case.ID})
		}
	}
}

// visible reports whether the actor may see more of the case than its number,
// team and state.
func (d *Desk) visible(ctx context.Context, a access.Actor, c Case) (bool, error) {
	if a.Sees(true, c.TeamID, c.OwnerID) {
		return true, nil
	}
	restricted, err := d.teams.Restricted(ctx, c.TeamID)
	return !restricted, err
}

// readable returns a case the actor may read.
func (d *Desk) readable(ctx context.Context, a access.Actor, id ids.ID) (Case, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Case{}, err
	}
	c, err := d.byID(ctx, id)
	if err != nil {
		return Case{}, err
	}
	return c, d.admit(ctx, a, c)
}

// admit returns nil if the actor may work on the case.
func (d *Desk) admit(ctx context.Context, a access.Actor, c Case) error {
	if c.BrandID != a.BrandID {
		return errs.New(errs.NotFound, "case.not_found")
	}
	ok, err := d.visible(ctx, a, c)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Forbidden, "case.restricted")
	}
	return nil
}
