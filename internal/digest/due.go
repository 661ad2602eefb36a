package digest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// batch is how many mails one round queues.
const batch = 200

// Send queues the mails that are due. Run it every minute, in every process: of
// several that find the same mail due, one gets it. After an outage everybody gets
// one mail, not one for each that was missed.
func (d *Digest) Send(ctx context.Context) error {
	var due []row
	err := d.DB.Read().NewSelect().Model(&due).Join("JOIN staff AS s ON s.id = g.staff_id").
		Where("g.next_at <= ? AND s.active = ?", clock.Now(d.Clock), true).Order("g.next_at").Limit(batch).Scan(ctx)
	if err != nil {
		return db.Classify(fmt.Errorf("finding digests that are due: %w", err))
	}
	var faults []error
	for _, r := range due {
		if err := d.send(ctx, r); err != nil {
			faults = append(faults, fmt.Errorf("queueing a digest: %w", err))
		}
	}
	return errors.Join(faults...)
}

func (d *Digest) send(ctx context.Context, r row) error {
	system := access.Lotse(r.BrandID)
	who, err := d.Staff.ByID(ctx, system, r.StaffID)
	if errs.Is(err, errs.NotFound) {
		return d.stop(ctx, r.StaffID)
	}
	if err != nil {
		return err
	}
	next, err := d.next(ctx, r.BrandID, who.Teams, r.Rhythm)
	if err != nil {
		return err
	}
	can, err := d.Post.CanNotify(ctx, r.BrandID)
	if err != nil {
		return err
	}
	return d.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*row)(nil)).Set("next_at = ?", next).Where("staff_id = ? AND next_at = ?", r.StaffID, r.NextAt).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 || !can {
			return err // another process was first, or the choice has changed
		}
		return d.Post.NotifyTx(ctx, tx, outbox.Notice{BrandID: r.BrandID, StaffID: who.ID, Template: Template, Address: who.Email, Name: who.Name, Language: who.Language})
	})
}

// next returns when the next mail is due: at the start of work of the person's
// first team, by name.
func (d *Digest) next(ctx context.Context, brand ids.ID, teams []ids.ID, r Rhythm) (clock.Stamp, error) {
	all, err := d.Staff.Teams(ctx, access.Lotse(brand))
	if err != nil {
		return 0, err
	}
	hours := calendar.Default("")
	for _, t := range all {
		if slices.Contains(teams, t.ID) {
			hours = t.Calendar
			break
		}
	}
	compiled, err := calendar.Compile(hours)
	if err != nil {
		return 0, fmt.Errorf("reading working hours: %w", err)
	}
	return clock.At(nextStart(compiled, d.Clock.Now(), r)), nil
}

// eight is when a day begins where no working hours say so.
const eight = 8 * time.Hour

// nextStart returns the first start of work after now, of a day or of a week.
func nextStart(h *calendar.Hours, now time.Time, r Rhythm) time.Time {
	day := midnight(now.In(h.Zone()))
	step := 1
	if r == Weekly {
		day, step = day.AddDate(0, 0, -(int(day.Weekday())+6)%7), 7
	}
	for range 60 {
		start, ok := h.NextOpen(day)
		if !ok {
			break
		}
		if start.After(now) && start.Before(day.AddDate(0, 0, step)) {
			return start
		}
		day = day.AddDate(0, 0, step)
	}
	return day.AddDate(0, 0, step).Add(eight) // a team that is never at work
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}
