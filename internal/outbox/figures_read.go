package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

const (
	// MaxFigureDays is how many days figures can be asked for at once: as long as
	// domains are kept.
	MaxFigureDays = 90
	// fewMails is how many mails a domain must have had to be named: a domain with less
	// may be one person's.
	fewMails = 5
	// topDomains is how many domains are named.
	topDomains = 10
)

// Figures are what became of mails in a number of days.
type Figures struct {
	Days    []DayFigures    // each day, the oldest first
	Sum     DayFigures      // of all days
	Domains []DomainFigures // those with most mails that were refused or came back, ten at most
	Others  DomainFigures   // all other domains together
}

// DayFigures are those of a day. Returned and Complained count the day it became
// known, whenever the mail was sent.
type DayFigures struct {
	Day        calendar.Date
	Sent       int64         // taken over by a server
	Later      int64         // of those sent, which needed more than one attempt
	Failed     int64         // refused, or given up
	Unsure     int64         // connection lost at the end
	Returned   int64         // came back after they were sent
	Complained int64         // called spam
	Median     time.Duration // how long half of those sent took at most; 0 if none was
	Slow       time.Duration // how long 95 of 100 took at most
}

// DomainFigures are those of the mails to one domain.
type DomainFigures struct {
	Domain   string
	Mails    int64 // with an outcome
	Failed   int64
	Returned int64
}

// Lost is how many did not arrive.
func (d DomainFigures) Lost() int64 { return d.Failed + d.Returned }

// Figures returns what became of the mails of the actor's brand in the last days (1 to
// MaxFigureDays), today included; account narrows them to a mailbox, unless it is zero.
// It needs RepairIntake, so that leads see them too, and costs two statements.
func (o *Outbox) Figures(ctx context.Context, a access.Actor, account ids.ID, days int) (Figures, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return Figures{}, err
	}
	if days < 1 || days > MaxFigureDays {
		return Figures{}, errs.Field("days", "catalog.setting.range", "Min", 1, "Max", MaxFigureDays)
	}
	first := o.dayOf(o.Clock.Now()).AddDays(1 - days)
	of := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("brand_id = ? AND day >= ?", a.BrandID, first.String())
		if !account.IsZero() {
			q = q.Where("account_id = ?", account)
		}
		return q
	}
	var rows []figureRow
	q := of(o.DB.Read().NewSelect().Model(&rows).Column("day")).Group("day").Order("day")
	for _, column := range counted {
		q = q.ColumnExpr("CAST(sum(?) AS bigint) AS ?", bun.Ident(column), bun.Ident(column))
	}
	if err := q.Scan(ctx); err != nil {
		return Figures{}, db.Classify(fmt.Errorf("reading figures: %w", err))
	}
	figures := fillDays(first, days, rows)
	err := of(o.DB.Read().NewSelect().Model((*figureRow)(nil)).Column("domain")).
		ColumnExpr("CAST(sum(sent + failed + unsure) AS bigint) AS mails, CAST(sum(failed) AS bigint) AS failed, CAST(sum(returned) AS bigint) AS returned").
		Where("domain <> ''").Group("domain").Having("sum(sent + failed + unsure) >= ? AND sum(failed + returned) > 0", fewMails).
		OrderExpr("sum(failed + returned) DESC, domain").Limit(topDomains).Scan(ctx, &figures.Domains)
	if err != nil {
		return Figures{}, db.Classify(fmt.Errorf("reading figures of domains: %w", err))
	}
	figures.Others = DomainFigures{Mails: figures.Sum.mails(), Failed: figures.Sum.Failed, Returned: figures.Sum.Returned}
	for _, d := range figures.Domains {
		figures.Others.Mails -= d.Mails
		figures.Others.Failed -= d.Failed
		figures.Others.Returned -= d.Returned
	}
	return figures, nil
}

func (d DayFigures) mails() int64 { return d.Sent + d.Failed + d.Unsure }

// fillDays makes figures of rows, with the days on which nothing was sent.
func fillDays(first calendar.Date, days int, rows []figureRow) Figures {
	byDay := map[string]figureRow{}
	var sum figureRow
	for _, r := range rows {
		byDay[r.Day] = r
		sum.plus(r)
	}
	f := Figures{Sum: sum.figures(calendar.Date{})}
	for i := range days {
		day := first.AddDays(i)
		r := byDay[day.String()]
		f.Days = append(f.Days, r.figures(day))
	}
	return f
}

func (f *figureRow) plus(r figureRow) {
	f.Sent += r.Sent
	f.Later += r.Later
	f.Failed += r.Failed
	f.Unsure += r.Unsure
	f.Returned += r.Returned
	f.Complained += r.Complained
	more := r.waits()
	for i, n := range f.waits() {
		*n += *more[i]
	}
}

func (f *figureRow) figures(day calendar.Date) DayFigures {
	var waits [waitBuckets]int64
	for i, n := range f.waits() {
		waits[i] = *n
	}
	return DayFigures{Day: day, Sent: f.Sent, Later: f.Later, Failed: f.Failed, Unsure: f.Unsure, Returned: f.Returned, Complained: f.Complained,
		Median: quantile(waits, 50), Slow: quantile(waits, 95)}
}

// quantile is how long percent of the mails took at most, read from buckets: within
// one, mails count as spread evenly. What took longer than the last limit counts as
// twice that.
func quantile(waits [waitBuckets]int64, percent int64) time.Duration {
	var all int64
	for _, n := range waits {
		all += n
	}
	rank := (all*percent + 99) / 100
	lower, seen := time.Duration(0), int64(0)
	for i, n := range waits {
		upper := 2 * waitLimits[len(waitLimits)-1]
		if i < len(waitLimits) {
			upper = waitLimits[i]
		}
		if n > 0 && seen+n >= rank {
			return lower + time.Duration(float64(upper-lower)*float64(rank-seen)/float64(n))
		}
		lower, seen = upper, seen+n
	}
	return 0
}

// SweepFigures forgets the domains of days that are no longer asked for; the sums
// stay. It is called now and then by one, and works once an hour.
func (o *Outbox) SweepFigures(ctx context.Context) error {
	now := clock.Now(o.Clock)
	if now < o.swept.Add(time.Hour) {
		return nil
	}
	o.swept = now
	last := o.dayOf(o.Clock.Now()).AddDays(-MaxFigureDays).String()
	old, err := o.DB.Read().NewSelect().Model((*figureRow)(nil)).Where("day < ? AND domain <> ''", last).Limit(1).Exists(ctx)
	if err != nil || !old {
		return db.Classify(err)
	}
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		var rows []figureRow
		q := tx.NewSelect().Model(&rows).Column("brand_id", "day", "account_id").Where("day < ? AND domain <> ''", last).Group("brand_id", "day", "account_id").Order("day").Limit(100)
		for _, column := range counted {
			q = q.ColumnExpr("CAST(sum(?) AS bigint) AS ?", bun.Ident(column), bun.Ident(column))
		}
		if err := q.Scan(ctx); err != nil {
			return fmt.Errorf("reading old figures: %w", err)
		}
		for _, r := range rows {
			_, err := tx.NewDelete().Model((*figureRow)(nil)).Where("brand_id = ? AND day = ? AND account_id = ? AND domain <> ''", r.BrandID, r.Day, r.AccountID).Exec(ctx)
			if err != nil {
				return fmt.Errorf("forgetting domains: %w", err)
			}
			if err := r.add(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// startOf is the moment a day begins in the zone pages show times in.
func startOf(d calendar.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, i18n.For(i18n.German).Zone())
}
