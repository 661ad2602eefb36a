// Package digest owns a mail that staff members may choose: "your cases and
// duties", at the start of work on each working day or of each week. It holds
// counts and links and nothing a customer wrote, and who has nothing to do gets
// none.
//
// Nobody gets it who did not choose it. Each mail can be unsubscribed from with
// one click, without signing in (RFC 8058): its token is signed, works for good
// and can do nothing else.
package digest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/staff"
	"lotse/internal/views"
)

// Template names the mail among the notices of the outbox.
const Template = "digest"

// Rhythm is how often somebody gets the mail.
type Rhythm uint8

// The rhythms. They are stored: never renumber.
const (
	Never  Rhythm = 0
	Daily  Rhythm = 1 // on working days
	Weekly Rhythm = 2 // on the first working day of a week
)

var rhythmNames = map[Rhythm]string{Never: "never", Daily: "daily", Weekly: "weekly"}

// Rhythms returns all rhythms, in the order of forms.
func Rhythms() []Rhythm { return []Rhythm{Never, Daily, Weekly} }

// String returns the rhythm's name in forms and the catalogue ("digest.rhythm.daily").
func (r Rhythm) String() string { return rhythmNames[r] }

// ParseRhythm reads a rhythm's name.
func ParseRhythm(name string) (Rhythm, bool) {
	for r, n := range rhythmNames {
		if n == name {
			return r, true
		}
	}
	return Never, false
}

// Post carries the mails; the outbox is one.
type Post interface {
	// NotifyTx queues a mail to a colleague within the transaction.
	NotifyTx(ctx context.Context, tx *db.Tx, n outbox.Notice) error
	// CanNotify reports whether the brand has a mailbox to write from.
	CanNotify(ctx context.Context, brand ids.ID) (bool, error)
}

// Parts are what the digest is made of.
type Parts struct {
	DB      *db.DB
	Seal    *seal.Sealer
	Clock   clock.Clock
	Staff   *staff.Directory
	Views   *views.Views
	Publish *publish.Publish
	Post    Post
}

// Digest knows who chose the mail and writes it.
type Digest struct{ Parts }

// New returns the digest.
func New(p Parts) *Digest { return &Digest{p} }

type row struct {
	bun.BaseModel `bun:"table:digests,alias:g"`
	StaffID       ids.ID `bun:",pk"`
	BrandID       ids.ID
	Rhythm        Rhythm
	NextAt        clock.Stamp
	ChangedAt     clock.Stamp
}

// Chosen returns the actor's own choice. It needs ReadStaff.
func (d *Digest) Chosen(ctx context.Context, a access.Actor) (Rhythm, error) {
	if err := own(a); err != nil {
		return Never, err
	}
	return d.chosen(ctx, a.ID)
}

// own lets staff members in: each has a choice of their own, nobody else has one.
func own(a access.Actor) error {
	if err := a.Require(access.ReadStaff); err != nil {
		return err
	}
	if a.Kind != access.Staff {
		return errs.New(errs.Forbidden, "access.forbidden")
	}
	return nil
}

func (d *Digest) chosen(ctx context.Context, who ids.ID) (Rhythm, error) {
	var rows []row
	if err := d.DB.Read().NewSelect().Model(&rows).Where("staff_id = ?", who).Scan(ctx); err != nil {
		return Never, db.Classify(fmt.Errorf("reading a digest: %w", err))
	}
	if len(rows) == 0 {
		return Never, nil
	}
	return rows[0].Rhythm, nil
}

// Choose changes the actor's own choice. Field: rhythm. It needs ReadStaff.
func (d *Digest) Choose(ctx context.Context, a access.Actor, r Rhythm) error {
	if err := own(a); err != nil {
		return err
	}
	if _, ok := rhythmNames[r]; !ok {
		return errs.Field("rhythm", "digest.rhythm.unknown")
	}
	if r == Never {
		return d.stop(ctx, a.ID)
	}
	now := clock.Now(d.Clock)
	next, err := d.next(ctx, a.BrandID, a.Teams, r)
	if err != nil {
		return err
	}
	chosen := row{StaffID: a.ID, BrandID: a.BrandID, Rhythm: r, NextAt: next, ChangedAt: now}
	return d.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&chosen).On("CONFLICT (staff_id) DO UPDATE").Set("rhythm = EXCLUDED.rhythm").
			Set("next_at = EXCLUDED.next_at").Set("changed_at = EXCLUDED.changed_at").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("choosing a digest: %w", err)
		}
		return nil
	})
}

func (d *Digest) stop(ctx context.Context, who ids.ID) error {
	return d.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.NewDelete().Model((*row)(nil)).Where("staff_id = ?", who).Exec(ctx); err != nil {
			return fmt.Errorf("stopping a digest: %w", err)
		}
		return nil
	})
}

const purpose = "digest"

// Token returns what unsubscribes a person, for the mail to them. It has no actor:
// the program writes the mail.
func (d *Digest) Token(who ids.ID) string {
	return who.String() + "." + d.Seal.Sign(purpose, who.String())
}

// Peek returns how often whom a token from a mail is for gets the mail, and changes
// nothing, so that a mail scanner may follow the link. One that is none is
// errs.NotFound. It has no actor: the token is what the asker has.
func (d *Digest) Peek(ctx context.Context, token string) (Rhythm, error) {
	who, err := d.whose(token)
	if err != nil {
		return Never, err
	}
	return d.chosen(ctx, who)
}

func (d *Digest) whose(token string) (ids.ID, error) {
	id, signature, _ := strings.Cut(token, ".")
	who, err := ids.Parse(id)
	if err != nil || !d.Seal.Verify(purpose, who.String(), signature) {
		return ids.ID{}, errs.Wrap(errs.NotFound, errors.New("no token of a digest"), "unsubscribing")
	}
	return who, nil
}

// Unsubscribe ends the mail for whom the token is, as often as it is asked. It has
// no actor: the token is what the asker has.
func (d *Digest) Unsubscribe(ctx context.Context, token string) error {
	who, err := d.whose(token)
	if err != nil {
		return err
	}
	return d.stop(ctx, who)
}
